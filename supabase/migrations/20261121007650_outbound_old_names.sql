-- Chapter: outbound, the names older documents use for writing to contractors and for what became of it. Views: each
-- row is one queue row, one try or one receipt, seen under its reader's own rights.
--
--   et_outbound_queue, to a lead or provider, not a reply ──▶ contractor_outreach_attempts
--     its tries and receipts, on e-mail ──▶ email_tracking_events

create function private.tracking_details(p_tenant_id uuid, p_receipt_id uuid, p_event_id text, p_with_origin boolean)
returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_link text := split_part(p_event_id, ':', 1);
begin
  return jsonb_strip_nulls(jsonb_build_object(
    'click_target', (
      select l.target_url from private.tracking_links as l
      where l.tenant_id = p_tenant_id and l.id = case when pg_input_is_valid(v_link, 'uuid') then v_link::uuid end)))
    || coalesce((
      select jsonb_strip_nulls(jsonb_build_object('ip', host(o.ip), 'user_agent', o.user_agent))
      from private.tracking_origins as o
      where p_with_origin and o.tenant_id = p_tenant_id and o.receipt_id = p_receipt_id), '{}');
end
$$;
comment on function private.tracking_details(uuid, uuid, text, boolean) is
'Definer, for public.email_tracking_events alone, which asks RLS first: where a click led and, for admins while it is '
'kept, from where.';

-- ── views ────────────────────────────────────────────────────────────────────────────────────────────────────────

create view public.contractor_outreach_attempts with (security_invoker = on) as
select
  q.tenant_id,
  q.id as attempt_id,
  case when t.context_kind = 'bid_card' then t.context_id end as bid_card_id,
  null::uuid as campaign_id,
  c.id as contractor_lead_id,
  q.channel,
  q.template ->> 'name' as message_template_id,
  m.body as personalized_content,
  case when q.status in ('sent', 'delivered', 'read', 'bounced') then q.finished_at end as sent_at,
  case q.status when 'read' then 'delivered' when 'cancelled' then 'failed' else q.status end as status,
  jsonb_build_object(
    'status', q.status, 'reason', q.status_reason, 'purpose', q.purpose, 'recipient', q.recipient,
    'tries', q.attempts, 'provider', q.provider, 'provider_message_id', q.provider_message_id
  ) as delivery_metadata,
  q.created_at,
  q.message_id,
  q.thread_id
from public.et_outbound_queue as q
inner join public.et_messages as m on q.tenant_id = m.tenant_id and q.message_id = m.id
inner join public.et_threads as t on q.tenant_id = t.tenant_id and q.thread_id = t.id
inner join public.contacts as n on t.tenant_id = n.tenant_id and t.contact_id = n.id
inner join public.contacts as c
  on n.tenant_id = c.tenant_id and coalesce(n.merged_into, n.id) = c.id and c.kind in ('lead', 'provider')
where q.purpose <> 'reply';
comment on view public.contractor_outreach_attempts is
'What was sent, or is to be, to leads and providers who had not asked: one row per queue row. campaign_id is null '
'until there are campaigns; bid_card_id is the context of the conversation.';
comment on column public.contractor_outreach_attempts.contractor_lead_id is
'The contact, after merges: a row of contractor_leads or contractors.';
comment on column public.contractor_outreach_attempts.message_template_id is
'The name of the approved template it was sent as; null for text.';
comment on column public.contractor_outreach_attempts.status is
'sent, delivered (also when read), failed (also when a rule cancelled it) or bounced; before that queued or sending, '
'and dispatch_unknown where nobody knows. The core''s own word is in delivery_metadata.';
comment on column public.contractor_outreach_attempts.sent_at is 'When it left; null while it has not, or never did.';

create view public.email_tracking_events with (security_invoker = on) as
select
  a.tenant_id,
  d.id as event_id,
  a.attempt_id as outreach_attempt_id,
  'sent' as event_type,
  d.finished_at as event_timestamp,
  jsonb_strip_nulls(
    jsonb_build_object('provider', d.provider, 'provider_message_id', d.provider_message_id, 'try', d.number)
  ) as event_data,
  a.contractor_lead_id as contractor_id
from public.contractor_outreach_attempts as a
inner join public.dispatch_attempts as d
  on a.tenant_id = d.tenant_id and a.attempt_id = d.queue_id and d.outcome = 'accepted'
where a.channel = 'email'
union all
select
  a.tenant_id,
  r.id as event_id,
  a.attempt_id as outreach_attempt_id,
  case when r.kind in ('bounced_hard', 'bounced_soft') then 'bounced' else r.kind end as event_type,
  coalesce(r.occurred_at, r.received_at) as event_timestamp,
  jsonb_strip_nulls(
    jsonb_build_object(
      'provider', r.provider, 'kind', r.kind, 'code', r.status_code, 'diagnostic', r.diagnostic, 'machine', r.machine
    )
  ) || case
    when r.kind in ('opened', 'clicked')
      then private.tracking_details(r.tenant_id, r.id, r.event_id, (select private.is_admin()))
    else '{}'::jsonb
  end as event_data,
  a.contractor_lead_id as contractor_id
from public.contractor_outreach_attempts as a
inner join public.delivery_receipts as r on a.tenant_id = r.tenant_id and a.message_id = r.message_id
where
  a.channel = 'email' and (
    r.kind in ('delivered', 'opened', 'clicked', 'bounced_hard', 'bounced_soft')
    or (r.kind = 'sent' and not exists (
      select from public.dispatch_attempts as d
      where d.tenant_id = a.tenant_id and d.queue_id = a.attempt_id and d.outcome = 'accepted'
    ))
  );
comment on view public.email_tracking_events is
'What became of outreach by e-mail: sent, delivered, opened, clicked, bounced. Append-only, as the tries and receipts '
'behind it are.';
comment on column public.email_tracking_events.event_data is
'The provider''s words; whether a machine did it; where a click led; for admins the reader''s ip and user_agent, as '
'long as they are kept (30 days).';

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.contractor_outreach_attempts, public.email_tracking_events
from public, anon, authenticated, service_role;
grant select on public.contractor_outreach_attempts, public.email_tracking_events to authenticated, service_role;
grant execute on function private.tracking_details(uuid, uuid, text, boolean) to authenticated, service_role;
