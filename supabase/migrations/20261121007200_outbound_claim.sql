-- Chapter: outbound, part five. What the router calls: claim, mark, complete; and what comes back: receipts.

create function private.claim_outbound(
  p_worker text, p_limit integer, p_watermark timestamptz default '-infinity', p_after_tenant uuid default null,
  p_except uuid[] default '{}'
) returns table (
  tenant_id uuid, queue_id uuid, message_id uuid, thread_id uuid, fence bigint, attempt smallint, channel text,
  run_at timestamptz
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_tenants uuid[] := private.waiting_tenants('private.outbound_work', p_limit, p_after_tenant, p_except, p_watermark);
  v_share integer := ceil(p_limit::numeric / greatest(1, cardinality(v_tenants)));
  v_work private.outbound_work;
begin
  for v_work in
    -- In the order of the tenants, whoever's turn it is: see private.lock_limits().
    select x.* from (
      select o.* from private.one_suspect('private.outbound_work', p_worker) as s
      inner join private.outbound_work as o on o.tenant_id = s.tenant_id and o.queue_id = s.item_id
      union all
      (select w.*
      from unnest(v_tenants) with ordinality as t (tenant_id, n)
      cross join lateral (
        select o.* from private.outbound_work as o
        where o.tenant_id = t.tenant_id and not o.is_later and o.run_at >= p_watermark
          and o.run_at <= clock_timestamp()
          and (o.lease_until is null or o.lease_until < clock_timestamp())
          and o.expiries + (o.lease_until is not null)::integer < 3
        order by o.run_at
        limit v_share
        for update skip locked
      ) as w
      order by t.n)
      limit p_limit
    ) as x
    order by x.tenant_id, x.run_at
  loop
    return query select * from private.claim_one_outbound(p_worker, v_work);
  end loop;
end
$$;
comment on function private.claim_outbound(text, integer, timestamptz, uuid, uuid[]) is
'Definer, for the outbound router: up to p_limit rows that may leave now, shared among the tenants.';

create function private.claim_one_outbound(p_worker text, p_work private.outbound_work) returns table (
  tenant_id uuid, queue_id uuid, message_id uuid, thread_id uuid, fence bigint, attempt smallint, channel text,
  run_at timestamptz
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_queue public.et_outbound_queue%rowtype;
  v_verdict record;
  v_fence bigint := nextval('private.fences');
  v_lost integer := p_work.expiries + (p_work.lease_until is not null)::integer;
begin
  select q.* into v_queue from public.et_outbound_queue as q
  where q.tenant_id = p_work.tenant_id and q.id = p_work.queue_id for no key update skip locked;
  if not found then
    -- Somebody is cancelling it and will want the work row next: waiting here would be a deadlock.
    return;
  end if;
  perform private.lock_limits(v_queue);
  if p_work.lease_until is not null and v_queue.status = 'sending' then
    if not private.settle_lost_attempt(v_queue, v_lost) then
      return;
    end if;
    v_queue.status := 'queued';
  end if;
  if v_queue.status <> 'queued' then
    delete from private.outbound_work as w where w.tenant_id = p_work.tenant_id and w.queue_id = p_work.queue_id;
    return;
  end if;
  if v_queue.attempts > 0 and private.is_key_spent(v_queue) then
    perform private.leave_unknown(v_queue, 'key_expired');
    return;
  end if;
  select d.verdict, d.reason, d.until into v_verdict from private.dispatch_verdict(v_queue) as d;
  if v_verdict.verdict = 'send' then
    select d.verdict, d.reason, d.until into v_verdict from private.take_turn(v_queue, p_work.slot_at) as d;
  end if;
  if v_verdict.verdict = 'cancel' and v_queue.attempts > 0 and private.may_have_left(v_queue) then
    perform private.leave_unknown(v_queue, v_verdict.reason);
    return;
  elsif v_verdict.verdict = 'cancel' then
    update public.et_outbound_queue as q set status = 'cancelled', status_reason = v_verdict.reason
    where q.tenant_id = p_work.tenant_id and q.id = p_work.queue_id;
    delete from private.outbound_work as w where w.tenant_id = p_work.tenant_id and w.queue_id = p_work.queue_id;
    if v_queue.purpose = 'reply' and v_verdict.reason in ('ai_disabled', 'window_closed') then
      -- Somebody waits for an answer that no machine gives him now.
      insert into public.notifications (tenant_id, kind, title, thread_id)
      values (p_work.tenant_id, 'human_takeover', 'A conversation needs a person', v_queue.thread_id);
    end if;
    return;
  elsif v_verdict.verdict = 'defer' then
    update public.et_outbound_queue as q set status_reason = v_verdict.reason
    where q.tenant_id = p_work.tenant_id and q.id = p_work.queue_id
      and q.status_reason is distinct from v_verdict.reason;
    update private.outbound_work as w set run_at = v_verdict.until, lease_until = null, claimed_by = null,
      expiries = v_lost,
      slot_at = case v_verdict.reason when 'pace' then v_verdict.until end
    where w.tenant_id = p_work.tenant_id and w.queue_id = p_work.queue_id;
    return;
  end if;
  update private.outbound_work as w
  set lease_until = clock_timestamp() + private.lease_length(), fence = v_fence, claimed_by = p_worker, slot_at = null,
    expiries = v_lost
  where w.tenant_id = p_work.tenant_id and w.queue_id = p_work.queue_id;
  update public.et_outbound_queue as q set status = 'sending', status_reason = null, attempts = q.attempts + 1
  where q.tenant_id = p_work.tenant_id and q.id = p_work.queue_id
  returning q.* into v_queue;
  insert into public.dispatch_attempts (tenant_id, queue_id, number, fence, delivery_class, idempotency_key, worker)
  values (p_work.tenant_id, p_work.queue_id, v_queue.attempts, v_fence,
    private.delivery_class(p_work.tenant_id, v_queue.channel_session_id), p_work.queue_id::text, p_worker);
  return query select p_work.tenant_id, p_work.queue_id, v_queue.message_id, v_queue.thread_id, v_fence,
    v_queue.attempts, v_queue.channel, p_work.run_at;
end
$$;
comment on function private.claim_one_outbound(text, private.outbound_work) is
'Definer: one locked work row becomes an attempt, or is cancelled or put off by a rule.';

create function private.delivery_class(p_tenant_id uuid, p_session_id uuid) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((
    select p.delivery_class from public.et_channel_sessions as s
    inner join private.channel_providers as p on p.provider = s.provider
    where s.tenant_id = p_tenant_id and s.id = p_session_id), 'N');
end
$$;
comment on function private.delivery_class(uuid, uuid) is
'Definer: I or N, as the account''s provider declared; N when nobody declared it.';

create function private.dispatch_details(p_tenant_id uuid, p_queue_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  q public.et_outbound_queue%rowtype;
  m public.et_messages%rowtype;
  s public.et_channel_sessions%rowtype;
  t public.tenants%rowtype;
  v_contact_id uuid;
  v_sender text;
begin
  select r.* into q from public.et_outbound_queue as r where r.tenant_id = p_tenant_id and r.id = p_queue_id;
  if not found then
    return null;
  end if;
  select r.* into m from public.et_messages as r where r.tenant_id = p_tenant_id and r.id = q.message_id;
  select r.* into s from public.et_channel_sessions as r
  where r.tenant_id = p_tenant_id and r.id = q.channel_session_id;
  select r.* into t from public.tenants as r where r.id = p_tenant_id;
  select r.contact_id into v_contact_id from public.et_threads as r
  where r.tenant_id = p_tenant_id and r.id = m.thread_id;
  v_sender := coalesce(s.sender_address, case q.channel when 'email' then t.sender_address end, s.address);
  return jsonb_build_object(
    'tenant_id', q.tenant_id, 'queue_id', q.id, 'message_id', m.id, 'thread_id', m.thread_id, 'channel', q.channel,
    'provider', s.provider, 'message_type', m.message_type, 'template', q.template,
    'template_shape', case when q.template is not null then (
      select x.shape from public.message_templates as x
      where x.tenant_id = p_tenant_id and x.session_id = s.id and x.name = q.template ->> 'name'
        and x.language = q.template ->> 'language') end,
    'metadata', m.metadata,
    'session_address', s.address, 'session_id', s.id, 'attempt', q.attempts, 'idempotency_key', q.id, 'recipient', q.recipient,
    'purpose', q.purpose, 'body', m.body, 'subject', m.subject, 'sender_kind', m.sender_kind,
    'recipient_name', coalesce((
      select c.display_name from public.contacts as c where c.tenant_id = p_tenant_id and c.id = v_contact_id), ''),
    'sender_address', case when v_sender <> s.address and private.is_platforms_way(s)
      and not private.may_send_as(q.tenant_id, v_sender) then s.address else v_sender end,
    'sender_name', coalesce(s.sender_name, t.sender_name, t.name),
    'external_message_id', m.external_message_id, 'in_reply_to', m.reference_ids[cardinality(m.reference_ids)],
    'references', coalesce(to_jsonb(m.reference_ids), '[]'), 'session_config', case when private.is_platforms_way(s)
      then s.config #- '{smtp,envelope_from}' else s.config end,
    'links', private.dispatch_links(q.tenant_id, q.id), 'attachments', (
      select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'filename', a.filename, 'content_type', a.content_type,
        'size_bytes', a.size_bytes, 'link',
        private.file_link(a.tenant_id, a.id, s.provider)) order by a.position, a.id), '[]')
      from public.message_attachments as a
      where a.tenant_id = p_tenant_id and a.message_id = m.id and a.status = 'released'),
    'secrets', (
      select coalesce(jsonb_object_agg(x.name, encode(x.ciphertext, 'base64')), '{}') from private.channel_secrets as x
      where x.tenant_id = p_tenant_id and x.session_id = s.id));
end
$$;
comment on function private.dispatch_details(uuid, uuid) is
'Definer, for the router: all an adapter needs to send one claimed row; secrets still encrypted. Volatile, so that '
'it sees what a claim in the same statement saw.';

create function private.renew_outbound(p_tenant_ids uuid[], p_queue_ids uuid[], p_fences bigint[]) returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.outbound_work as w set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_queue_ids, p_fences) as h (tenant_id, queue_id, fence)
  where w.tenant_id = h.tenant_id and w.queue_id = h.queue_id
    and w.fence = h.fence and w.lease_until > clock_timestamp()
  returning w.fence
$$;
comment on function private.renew_outbound(uuid[], uuid[], bigint[]) is
'Definer, for the router: extends leases still held.';

create function private.mark_send_started(p_tenant_id uuid, p_queue_id uuid, p_fence bigint) returns text
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from private.outbound_work as w
  where w.tenant_id = p_tenant_id and w.queue_id = p_queue_id
    and w.fence = p_fence and w.lease_until > clock_timestamp()
  for update;
  if not found then
    return 'lost';
  end if;
  -- The last look before the call: what a person did since the claim still stops an AI message. The lock makes a
  -- takeover come before the mark or after it, never beside it.
  perform from public.et_outbound_queue as q
  inner join public.et_threads as t on t.tenant_id = q.tenant_id and t.id = q.thread_id
  where q.tenant_id = p_tenant_id and q.id = p_queue_id
  for share of t;
  if exists (
    select from public.et_outbound_queue as q
    inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
    inner join public.et_threads as t on t.tenant_id = m.tenant_id and t.id = m.thread_id
    where q.tenant_id = p_tenant_id and q.id = p_queue_id and (t.erased_at is not null or (
      m.sender_kind = 'ai' and (t.control <> 'ai' or t.control_epoch <> m.control_epoch)))
  ) then
    return 'superseded';
  end if;
  update public.dispatch_attempts as a set send_started_at = clock_timestamp()
  where a.tenant_id = p_tenant_id and a.queue_id = p_queue_id and a.fence = p_fence and a.outcome is null;
  return case when found then 'ok' else 'lost' end;
end
$$;
comment on function private.mark_send_started(uuid, uuid, bigint) is
'Definer, for the router: ok, and from the commit on this try may have delivered; superseded: a person took over, or '
'the conversation was erased; '
'lost: somebody else has the row.';

create function private.retry_delay(p_attempt integer, p_retry_after double precision) returns interval
language plpgsql volatile set search_path = '' as $$
begin
  return make_interval(secs => greatest(
    least(coalesce(p_retry_after, 0), 3600),
    random() * least(900, 2 * power(2, least(p_attempt, 12) - 1))));
end
$$;
comment on function private.retry_delay(integer, double precision) is
'Exponential backoff with full jitter, at most 15 minutes; a Retry-After is honoured up to an hour.';

create function private.complete_outbound(p_tenant_id uuid, p_queue_id uuid, p_fence bigint,
  p_outcome jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_queue public.et_outbound_queue%rowtype;
  v_kind text := p_outcome ->> 'kind';
  v_class text;
  v_claimed_at timestamptz;
  v_tries integer;
  v_status text;
begin
  -- A receipt that names this provider id may be on its way in: one of the two must see the other.
  if p_outcome ->> 'provider_message_id' is not null then
    perform pg_advisory_xact_lock(hashtextextended(p_tenant_id::text || 'receipt:' || (p_outcome ->>
      'provider_message_id'), 4));
  end if;
  select q.* into v_queue from public.et_outbound_queue as q
  where q.tenant_id = p_tenant_id and q.id = p_queue_id for no key update;
  perform from private.outbound_work as w
  where w.tenant_id = p_tenant_id and w.queue_id = p_queue_id
    and w.fence = p_fence and w.lease_until > clock_timestamp()
  for update;
  if not found then
    return 'lost';
  end if;
  if v_kind <> 'accepted' or v_queue.purpose <> 'reply' then
    perform private.lock_limits(v_queue);
  end if;
  update public.dispatch_attempts as a
  set outcome = v_kind, finished_at = clock_timestamp(), provider = p_outcome ->> 'provider',
    provider_message_id = p_outcome ->> 'provider_message_id', error_code = p_outcome ->> 'error_code',
    error = left(p_outcome ->> 'error', 2000)
  where a.tenant_id = p_tenant_id and a.queue_id = p_queue_id and a.fence = p_fence
  returning a.delivery_class, a.claimed_at into v_class, v_claimed_at;
  -- A worker that died says nothing about the provider: lost leases are not tries that count.
  select count(*) into v_tries from public.dispatch_attempts as a
  where a.tenant_id = p_tenant_id and a.queue_id = p_queue_id and a.error_code is distinct from 'lease_expired';
  v_status := case v_kind
    when 'accepted' then 'sent'
    when 'rejected' then case when (p_outcome ->> 'suppress_recipient')::boolean then 'bounced' else 'failed' end
    when 'refused' then case when private.may_have_left(v_queue) then 'dispatch_unknown' else 'cancelled' end
    when 'unknown' then case when v_class = 'I' and v_tries < 8 then 'queued' else 'dispatch_unknown' end
    when 'retry' then case when v_tries < 8 then 'queued' when private.may_have_left(v_queue) then 'dispatch_unknown'
      else 'failed' end
    when 'manual' then 'queued'
  end;
  update public.et_outbound_queue as q
  set status = v_status, status_reason = case v_kind when 'manual' then 'manual_task'
    else p_outcome ->> 'error_code' end, provider = p_outcome ->> 'provider',
    provider_message_id = coalesce(p_outcome ->> 'provider_message_id', q.provider_message_id)
  where q.tenant_id = p_tenant_id and q.id = p_queue_id;
  if v_kind = 'manual' then
    perform private.open_task(v_queue, p_outcome);
  elsif v_status = 'queued' then
    update private.outbound_work as w set lease_until = null, claimed_by = null, expiries = 0,
      run_at = clock_timestamp() + private.retry_delay(v_tries, (p_outcome ->> 'retry_after_s')::float8)
    where w.tenant_id = p_tenant_id and w.queue_id = p_queue_id;
  else
    delete from private.outbound_work as w where w.tenant_id = p_tenant_id and w.queue_id = p_queue_id;
  end if;
  -- A 4xx about one recipient says nothing about the provider; 421, no connection and no answer do.
  if v_kind in ('accepted', 'unknown')
    or (v_kind = 'retry' and coalesce(p_outcome ->> 'error_code', '') !~ '^4(?!21)') then
    perform private.note_provider(p_tenant_id, v_queue.channel_session_id, v_kind = 'accepted');
  end if;
  if v_kind = 'accepted' then
    perform private.count_unheard(p_tenant_id, v_queue.channel_session_id);
    perform private.note_accepted_send(p_tenant_id, v_queue.channel_session_id);
  elsif v_kind = 'retry' and p_outcome ->> 'error_code' = 'auth' then
    perform private.note_refused_send(p_tenant_id, v_queue.channel_session_id, v_claimed_at, p_outcome ->> 'error');
  end if;
  if v_kind = 'retry' and p_outcome ->> 'error_code' = '429' then
    perform private.pause_session_sends(p_tenant_id, v_queue.channel_session_id,
      make_interval(secs => least(coalesce((p_outcome ->> 'retry_after_s')::float8, 1), 3600)));
  end if;
  if v_status in ('queued', 'failed', 'bounced', 'cancelled') then
    perform private.give_back_send(p_tenant_id);
  end if;
  if v_status in ('queued', 'failed', 'cancelled') then
    perform private.give_back_warm_up(v_queue);
  elsif v_status = 'bounced' then
    perform private.note_reputation(v_queue, 'bounced_hard');
  end if;
  if (p_outcome ->> 'opted_out')::boolean then
    perform private.opt_out(p_tenant_id, v_queue.channel, v_queue.recipient, 'all', v_queue.message_id);
  elsif (p_outcome ->> 'suppress_recipient')::boolean then
    perform private.suppress(p_tenant_id, v_queue.channel, v_queue.recipient, 'bounced', v_queue.message_id);
  end if;
  return v_status;
end
$$;
comment on function private.complete_outbound(uuid, uuid, bigint, jsonb) is
'Definer, for the router: records how a try ended and what follows. lost: the lease went to somebody else, nothing '
'was recorded.';

create function private.suppress(p_tenant_id uuid, p_channel text, p_address text, p_reason text,
  p_message_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_scope text := case when p_reason = 'unsubscribed' then 'automatic' else 'all' end;
begin
  if p_address ~ '^erased:[0-9a-f]{64}$' then
    -- Who was erased followed a link in an old mail, or complained about it: his word holds.
    insert into private.suppression_digests as d (tenant_id, kind, digest, scope, reason)
    values (p_tenant_id, p_channel, p_address, v_scope, p_reason)
    on conflict (tenant_id, kind, digest) do update set scope = 'all', reason = excluded.reason
    where d.scope = 'automatic' and excluded.scope = 'all';
    return;
  end if;
  insert into public.suppressions as s (tenant_id, kind, address, scope, reason, source_message_id)
  select p_tenant_id, p_channel, k.address, v_scope, p_reason, p_message_id
  from (select case p_channel when 'email' then lower(p_address) else p_address end as address) as k
  where private.is_address(private.address_kind(p_channel), k.address)
  on conflict (tenant_id, kind, address) do update
  set scope = 'all', reason = excluded.reason, source_message_id = excluded.source_message_id
  where s.scope = 'automatic' and excluded.scope = 'all';
end
$$;
comment on function private.suppress(uuid, text, text, text, uuid) is
'Definer: nothing more is sent to this address on this channel; a stronger reason replaces a weaker one.';

grant execute on function private.claim_outbound(text, integer, timestamptz, uuid, uuid[]),
private.dispatch_details(uuid, uuid), private.renew_outbound(uuid[], uuid[], bigint[]),
private.mark_send_started(uuid, uuid, bigint), private.complete_outbound(uuid, uuid, bigint, jsonb),
private.suppress(uuid, text, text, text, uuid) to parley_worker;
