-- Chapter: operations of the core. Ask why, prove the invariants, rebuild the indexes of state.

create function private.explain(p_tenant_id uuid, p_message_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  with m as (
    select * from public.et_messages as x where x.tenant_id = p_tenant_id and x.id = p_message_id
  ), d as (
    select x.* from public.inbound_decisions as x inner join m on x.tenant_id = m.tenant_id
      and x.thread_id = m.thread_id
    where (m.direction = 'inbound' and m.seq between x.first_seq and x.last_seq) or x.reply_message_id = m.id
    order by x.created_at desc limit 1
  ), about as (
    select m.id from m where m.direction <> 'inbound'
    union
    select d.reply_message_id from d where d.reply_message_id is not null
  )
  select jsonb_build_object(
    'message', (select jsonb_build_object('id', m.id, 'thread_id', m.thread_id, 'seq', m.seq, 'rev', m.rev,
      'channel', m.channel, 'direction', m.direction, 'delivery_status', m.delivery_status, 'sender', m.sender,
      'sender_address', m.sender_address, 'subject', m.subject, 'preview', left(m.body, 160), 'external_message_id',
      m.external_message_id, 'auto_class', m.auto_class, 'spam_score', m.spam_score, 'cause_kind', m.cause_kind,
      'cause_id', m.cause_id, 'created_at', m.created_at, 'metadata', m.metadata, 'erased_at', m.erased_at,
      'erased_because', (
        select e.reason from private.erasures as e inner join public.et_threads as t
          on t.tenant_id = m.tenant_id and t.id = m.thread_id
        where e.tenant_id = m.tenant_id and m.erased_at is not null
          and e.contact_ids && array[m.sender_contact_id, t.contact_id]
        order by m.sender_contact_id = any(e.contact_ids) desc nulls last limit 1)) from m),
    'thread', (select jsonb_build_object('id', t.id, 'scope_rule', t.scope_rule, 'scope_key', t.scope_key, 'folder',
      t.folder,
      'status', t.status, 'control', t.control, 'control_epoch', t.control_epoch, 'contact_id', t.contact_id,
      'contact', c.display_name, 'last_seq', t.last_seq, 'created_at', t.created_at)
      from public.et_threads as t inner join m on t.tenant_id = m.tenant_id and t.id = m.thread_id
      left join public.contacts as c on c.tenant_id = t.tenant_id and c.id = t.contact_id),
    'moderation', (select jsonb_build_object('status', m.moderation_status) || private.judgements(m.tenant_id, m.id)
      from m),
    'attachments', (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'filename', a.filename, 'content_type',
      a.content_type, 'status', a.status, 'refused', a.refused, 'detected_type', a.detected_type, 'checked_by',
      a.checked_by, 'checked_at', a.checked_at, 'waits_for', w.error) order by a.id), '[]')
      from m inner join public.message_attachments as a on a.tenant_id = m.tenant_id and a.message_id = m.id
      left join private.attachment_work as w on w.tenant_id = a.tenant_id and w.attachment_id = a.id),
    'decision', (select to_jsonb(d) - 'tenant_id' from d),
    'escalations', (select private.escalations_of(m.tenant_id, m.id, (select d.id from d)) from m),
    'waiting', (select jsonb_build_object('since', w.run_at, 'lease_until', w.lease_until, 'claimed_by', w.claimed_by,
      'attempts', w.attempts, 'expiries', w.expiries) from private.inbound_work as w inner join m
      on w.tenant_id = m.tenant_id and w.thread_id = m.thread_id where m.delivery_status in ('received',
        'inbound_processing')),
    'dispatches', (select coalesce(jsonb_agg(jsonb_build_object('queue_id', q.id, 'message_id', q.message_id,
      'status', q.status,
      'status_reason', q.status_reason, 'recipient', q.recipient, 'purpose', q.purpose, 'consent_id', q.consent_id,
      'basis_seq', q.basis_seq, 'scheduled_at', q.scheduled_at,
      'finished_at', q.finished_at, 'provider_message_id', q.provider_message_id,
      'attempts', (select coalesce(jsonb_agg(to_jsonb(a) - '{tenant_id,queue_id}'::text[] order by a.number), '[]')
        from public.dispatch_attempts as a where a.tenant_id = q.tenant_id and a.queue_id = q.id),
      'receipts', (select coalesce(jsonb_agg(to_jsonb(r) - '{tenant_id,message_id}'::text[] order by r.received_at),
        '[]')
        from public.delivery_receipts as r where r.tenant_id = q.tenant_id and r.message_id = q.message_id))
      order by q.created_at), '[]') from public.et_outbound_queue as q
      where q.tenant_id = p_tenant_id and q.message_id in (select about.id from about)),
    'notifications', (select coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'title', n.title, 'created_at',
      n.created_at)
      order by n.created_at), '[]') from public.notifications as n inner join m on n.tenant_id = m.tenant_id
      and n.thread_id = m.thread_id and n.created_at between m.created_at and m.created_at + interval '1 day'))
  from m
$$;
comment on function private.explain(uuid, uuid) is
'Definer: the whole chain of one message as one object: scope rule → thread → moderation → files → decision → '
'escalations → queue → attempts → receipts → notifications.';

create function private.explain_message(p_message_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
  v_chain jsonb;
begin
  if exists (
    select from public.et_messages as m where m.tenant_id = v_tenant and m.id = p_message_id and m.staff_readable) then
    v_chain := private.explain(v_tenant, p_message_id);
  end if;
  return coalesce(v_chain, private.deny('message', p_message_id, 'explain_message'));
end
$$;
comment on function private.explain_message(uuid) is
'Definer: explains a message of the caller''s tenant; denies and logs any other.';

create function public.explain_message(p_message_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.explain_message(p_message_id); end;
comment on function public.explain_message(uuid) is 'Why a message is where it is and what became of it.';

create function private.check_invariants()
returns table (invariant text, violations bigint, samples jsonb)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_check record;
begin
  for v_check in select c.name, c.query from private.invariants as c order by c.name
  loop
    invariant := v_check.name;
    execute format(
      'select count(*), coalesce(jsonb_agg(to_jsonb(v)) filter (where n <= 5), ''[]'') from (select q.*, row_number() over () as n from (%s) as q) as v',
      v_check.query) into violations, samples;
    return next;
  end loop;
end
$$;
comment on function private.check_invariants() is
'Definer, for DBAs: proves every promise of the core on live data. One row per invariant; violations must be 0.';

create table private.invariants (
  name text not null,
  claim text not null,
  query text not null,
  constraint invariants_name_pkey primary key (name)
);
comment on table private.invariants is
'The catalogue: a claim in words and the query that finds rows breaking it. Written by migrations alone.';
alter table private.invariants enable row level security;
alter table private.invariants force row level security;
revoke all on private.invariants from public, anon, authenticated, service_role;

insert into private.invariants (name, claim, query) values
('thread_seq_is_dense', 'A thread has exactly the messages 1 … last_seq.', $q$
  select t.tenant_id, t.id, t.last_seq, count(m.id) as messages, max(m.seq) as max_seq
  from public.et_threads as t left join public.et_messages as m on m.tenant_id = t.tenant_id and m.thread_id = t.id
  group by t.tenant_id, t.id, t.last_seq having t.last_seq <> count(m.id) or t.last_seq <> coalesce(max(m.seq), 0)$q$),
('thread_head_is_true', 'last_rev, last_inbound_seq, unread_count and direction of the head agree with the messages.',
  $q$
  select t.tenant_id, t.id from public.et_threads as t
  left join lateral (
    select coalesce(max(m.rev), 0) as rev, coalesce(max(m.seq) filter (where m.direction = 'inbound'), 0) as inbound,
      count(*) filter (where m.direction = 'inbound' and m.seq > t.staff_read_seq) as unread
    from public.et_messages as m where m.tenant_id = t.tenant_id and m.thread_id = t.id) as h on true
  where t.last_rev < h.rev or t.last_inbound_seq <> h.inbound or t.unread_count <> h.unread$q$),
('thread_preview_is_newest', 'The preview of a thread is the beginning of its newest message that is shown; of an '
'erased one there is none, from the moment it was asked for.', $q$
  select t.tenant_id, t.id from public.et_threads as t
  left join lateral (
    select left(m.body, 160) as preview from public.et_messages as m
    where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.moderation_status in ('approved', 'filtered')
      and (t.channel <> 'in_app' or private.is_shown(m.moderation_status, m.direction, m.delivery_status))
    order by m.seq desc limit 1) as n on true
  where t.preview is distinct from case when t.erased_at is null then n.preview else '' end$q$),
('closed_since_a_moment', 'A thread has closed_at exactly while it is closed or archived.', $q$
  select t.tenant_id, t.id, t.status, t.closed_at from public.et_threads as t
  where (t.status in ('closed', 'archived')) <> (t.closed_at is not null)$q$),
('undecided_has_work', 'Every received or processing message is covered by a work row of its thread.', $q$
  select m.tenant_id, m.id, m.delivery_status from public.et_messages as m
  where m.direction = 'inbound' and m.delivery_status in ('received', 'inbound_processing') and not exists (
    select from private.inbound_work as w where w.tenant_id = m.tenant_id and w.thread_id = m.thread_id
      and w.first_seq <= m.seq)$q$),
('processing_has_lease', 'A message in processing belongs to a claim.', $q$
  select m.tenant_id, m.id from public.et_messages as m
  where m.delivery_status = 'inbound_processing' and not exists (
    select from private.inbound_work as w where w.tenant_id = m.tenant_id and w.thread_id = m.thread_id
      and w.lease_until is not null)$q$),
('decided_has_decision', 'Every decided message lies in the burst of a decision.', $q$
  select m.tenant_id, m.id, m.delivery_status from public.et_messages as m
  where m.delivery_status in ('inbound_ai_replied', 'inbound_human_takeover', 'inbound_error') and not exists (
    select from public.inbound_decisions as d where d.tenant_id = m.tenant_id and d.thread_id = m.thread_id
      and m.seq between d.first_seq and d.last_seq)$q$),
('one_reply_per_burst', 'No message was answered by two automatic replies that both left.', $q$
  select d.tenant_id, d.thread_id, m.id as message_id, count(*) as replies
  from public.inbound_decisions as d
  inner join public.et_messages as r on r.tenant_id = d.tenant_id and r.id = d.reply_message_id
    and r.delivery_status not in ('cancelled', 'queued')
  inner join public.et_messages as m on m.tenant_id = d.tenant_id and m.thread_id = d.thread_id
    and m.direction = 'inbound'
    and m.seq between d.first_seq and d.last_seq
  where d.action = 'auto_reply' group by d.tenant_id, d.thread_id, m.id having count(*) > 1$q$),
('outbound_is_queued', 'Every outbound message has one queue row, and both say the same status.', $q$
  select m.tenant_id, m.id, m.delivery_status, q.status from public.et_messages as m
  left join public.et_outbound_queue as q on q.tenant_id = m.tenant_id and q.message_id = m.id
  where m.direction = 'outbound' and (q.id is null or q.status <> m.delivery_status)$q$),
('send_has_its_basis', 'A send rests on a consent of its contact, on what he wrote in its thread, or on a person.', $q$
  select q.tenant_id, q.id, q.purpose from public.et_outbound_queue as q
  inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
  where (q.basis_seq is not null and not exists (
    select from public.et_messages as b where b.tenant_id = q.tenant_id and b.thread_id = q.thread_id
      and b.seq = q.basis_seq and b.direction = 'inbound'))
    or (q.consent_id is null and q.basis_seq is null and m.sender_kind not in ('agent', 'participant'))
    or (q.purpose = 'marketing' and not exists (
      select from public.contact_consents as c where c.tenant_id = q.tenant_id and c.id = q.consent_id
        and c.granted and c.purpose = 'marketing' and c.channel = q.channel))$q$),
('unfinished_dispatch_has_work', 'A queue row is in the work table exactly while it is queued or sending.', $q$
  select q.tenant_id, q.id, q.status from public.et_outbound_queue as q
  left join private.outbound_work as w on w.tenant_id = q.tenant_id and w.queue_id = q.id
  where (q.status in ('queued', 'sending')) <> (w.queue_id is not null)$q$),
('sent_has_accepted_attempt', 'Sent means that one attempt was accepted, or a receipt or a person says so.', $q$
  select q.tenant_id, q.id, q.status from public.et_outbound_queue as q
  where q.status in ('sent', 'delivered', 'read') and not exists (
    select from public.dispatch_attempts as a where a.tenant_id = q.tenant_id
      and a.queue_id = q.id and a.outcome = 'accepted')
    and not exists (select from public.delivery_receipts as r where r.tenant_id = q.tenant_id
      and r.message_id = q.message_id)
    and q.status_reason is distinct from 'resolved_by_person'$q$),
('accepted_at_most_once', 'No queue row was accepted by a provider twice.', $q$
  select a.tenant_id, a.queue_id, count(*) as accepted from public.dispatch_attempts as a
  where a.outcome = 'accepted' group by a.tenant_id, a.queue_id having count(*) > 1$q$),
('class_n_never_repeats', 'A class N try that started and was not refused is the last one.', $q$
  select a.tenant_id, a.queue_id, a.number from public.dispatch_attempts as a
  where a.delivery_class = 'N' and a.send_started_at is not null and a.outcome in ('accepted', 'unknown') and exists (
    select from public.dispatch_attempts as b where b.tenant_id = a.tenant_id and b.queue_id = a.queue_id
      and b.number > a.number)$q$),
('ai_never_over_human', 'No AI reply began to leave after control had gone to a person.', $q$
  select m.tenant_id, m.id from public.et_messages as m
  inner join public.et_outbound_queue as q on q.tenant_id = m.tenant_id and q.message_id = m.id
  inner join public.dispatch_attempts as a on a.tenant_id = q.tenant_id
    and a.queue_id = q.id and a.send_started_at is not null
  inner join public.audit_log as l on l.tenant_id = m.tenant_id and l.object_kind = 'thread'
    and l.object_id = m.thread_id::text
    and l.action in ('thread.take_over', 'thread.handed_over') and l.at > m.created_at and l.at < a.send_started_at
  where m.sender_kind = 'ai'$q$),
('thread_scope_is_unique', 'No scope key leads to two threads, also over aliases.', $q$
  select t.tenant_id, t.scope_key from public.et_threads as t inner join public.thread_aliases as a
  on a.tenant_id = t.tenant_id and a.scope_key = t.scope_key and a.thread_id <> t.id$q$),
('merged_has_no_identity', 'A merged contact has no address and points at one that goes on.', $q$
  select c.tenant_id, c.id from public.contacts as c
  inner join public.contacts as w on w.tenant_id = c.tenant_id and w.id = c.merged_into
  where w.merged_into is not null or exists (
    select from public.contact_identities as i where i.tenant_id = c.tenant_id and i.contact_id = c.id)$q$),
('search_follows_policy', 'A message is in the search index exactly where its policy is full.', $q$
  select m.tenant_id, m.id from public.et_messages as m
  inner join public.et_threads as t on t.tenant_id = m.tenant_id and t.id = m.thread_id
  inner join public.tenant_settings as s on s.tenant_id = m.tenant_id
  where m.deleted_at is null and (m.search_vector is not null) <> (coalesce(t.search_policy,
    s.search_policy) = 'full')
    and not exists (select from private.search_rechecks as c where c.tenant_id = m.tenant_id)$q$),
('receipt_is_applied', 'A receipt whose message is known was applied, once that message was no longer being sent.', $q$
  select r.tenant_id, r.id from public.delivery_receipts as r
  inner join public.et_outbound_queue as q on q.tenant_id = r.tenant_id and q.message_id = r.message_id
  where r.applied_at is null and q.status not in ('queued', 'sending')$q$),
('spending_is_the_sum', 'What a month cost is the sum of its calls: settled at their cost, others at their most.', $q$
  select m.tenant_id, m.month, m.spent_usd, coalesce(sum(coalesce(c.cost_usd, c.most_usd)), 0) as calls
  from public.ai_months as m left join public.ai_calls as c on c.tenant_id = m.tenant_id and c.month = m.month
  group by m.tenant_id, m.month, m.spent_usd
  having m.spent_usd <> coalesce(sum(coalesce(c.cost_usd, c.most_usd)), 0)$q$),
('decision_has_its_knowledge', 'What a decision was made with can be looked up, and still has its digest.', $q$
  select d.tenant_id, d.id::text from public.inbound_decisions as d
  where d.knowledge_digest is not null and not exists (
    select from private.decision_knowledge as k where k.tenant_id = d.tenant_id and k.digest = d.knowledge_digest)
  union all
  select k.tenant_id, encode(k.digest, 'hex') from private.decision_knowledge as k
  where k.digest <> sha256(convert_to(k.knowledge::text, 'UTF8'))$q$),
('stored_call_has_work', 'A call of a provider is in the work table exactly while it is neither read nor set aside.',
  $q$
  select e.tenant_id, e.id, e.event_id from private.webhook_events as e
  left join private.webhook_work as w on w.tenant_id = e.tenant_id and w.webhook_id = e.id
  where (e.processed_at is null and e.error is null) <> (w.webhook_id is not null)$q$),
('quarantine_has_work', 'A file is in the work table exactly while it is in quarantine.', $q$
  select a.tenant_id, a.id, a.status from public.message_attachments as a
  left join private.attachment_work as w on w.tenant_id = a.tenant_id and w.attachment_id = a.id
  where (a.status = 'quarantined') <> (w.attachment_id is not null)$q$),
('released_was_checked', 'A stranger''s file is given out only after a check; what was refused or erased has no bytes.',
  $q$
  select a.tenant_id, a.id, a.status from public.message_attachments as a
  inner join public.et_messages as m on m.tenant_id = a.tenant_id and m.id = a.message_id
  left join private.attachment_blobs as b on b.tenant_id = a.tenant_id and b.attachment_id = a.id
  where (a.status = 'released' and m.direction = 'inbound' and (a.checked_by is null or a.checked_at is null))
    or (a.status in ('refused', 'erased') and b.attachment_id is not null)$q$),
('erased_is_empty', 'Of an erased contact no name, address, text or send to him is left, once it is finished.', $q$
  select c.tenant_id, c.id, 'contact' as kind from public.contacts as c
  where c.erased_at is not null and (coalesce(c.display_name, c.company, c.auth_user_id::text) is not null
    or c.attributes <> '{}' or c.blocked_at is null or exists (
      select from public.contact_identities as i where i.tenant_id = c.tenant_id and i.contact_id = c.id))
  union all
  select m.tenant_id, m.id, 'message' from public.et_messages as m
  where m.erased_at is not null and (m.body <> '' or m.metadata <> '{}' or m.search_vector is not null
    or coalesce(m.subject, m.sender_name, m.sender_address, m.client_message_id) is not null)
  union all
  select m.tenant_id, m.id, 'not yet a tombstone' from private.erasures as e
  inner join public.et_threads as t on t.tenant_id = e.tenant_id and t.contact_id = any(e.contact_ids)
    and t.erased_at is not null
  inner join public.et_messages as m on m.tenant_id = t.tenant_id and m.thread_id = t.id
  where e.finished_at is not null and m.erased_at is null
  union all
  select q.tenant_id, q.id, 'send' from public.et_outbound_queue as q
  inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
  where m.erased_at is not null and (q.status in ('queued', 'sending') or q.recipient !~ '^erased:')$q$),
('erasure_has_work', 'An erasure is finished exactly when no conversation of it waits.', $q$
  select e.tenant_id, e.id from private.erasures as e
  where (e.finished_at is null) <> exists (
    select from private.erasure_work as w where w.tenant_id = e.tenant_id and w.erasure_id = e.id)$q$);

create function private.residual_sends(p_since timestamptz default '-infinity')
returns table (tenant_id uuid, thread_id uuid, message_id uuid, send_started_at timestamptz, taken_over_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select m.tenant_id, m.thread_id, m.id, a.send_started_at, l.at
  from public.dispatch_attempts as a
  inner join public.et_outbound_queue as q on q.tenant_id = a.tenant_id and q.id = a.queue_id
  inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id and m.sender_kind = 'ai'
  inner join public.audit_log as l on l.tenant_id = m.tenant_id and l.object_kind = 'thread'
    and l.object_id = m.thread_id::text and l.action = 'thread.take_over'
    and l.at between a.send_started_at and coalesce(a.finished_at, a.send_started_at + interval '10 minutes')
  where a.claimed_at >= p_since and a.outcome is distinct from 'refused'
$$;
comment on function private.residual_sends(timestamptz) is
'Definer, for DBAs: AI messages already on their way when a person took over. The window between the mark and the '
'provider''s answer cannot be closed; it is listed here.';

create function private.rebuild_work()
returns table (inbound bigint, outbound bigint, ingress bigint, attachments bigint, moderation bigint)
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into private.inbound_work (tenant_id, thread_id, first_seq)
  select m.tenant_id, m.thread_id, min(m.seq) from public.et_messages as m
  where m.direction = 'inbound' and m.delivery_status in ('received', 'inbound_processing')
  group by m.tenant_id, m.thread_id
  on conflict (tenant_id, thread_id) do update set first_seq = excluded.first_seq
  where inbound_work.first_seq > excluded.first_seq;
  get diagnostics inbound = row_count;
  insert into private.outbound_work (tenant_id, queue_id, run_at, lease_until)
  select q.tenant_id, q.id, q.scheduled_at, case when q.status = 'sending' then clock_timestamp() end
  from public.et_outbound_queue as q where q.status in ('queued', 'sending')
  on conflict (tenant_id, queue_id) do nothing;
  get diagnostics outbound = row_count;
  insert into private.webhook_work (tenant_id, webhook_id, session_id)
  select e.tenant_id, e.id, e.session_id from private.webhook_events as e
  where e.processed_at is null and e.error is null
  order by e.received_at, e.id
  on conflict (tenant_id, webhook_id) do nothing;
  get diagnostics ingress = row_count;
  insert into private.attachment_work (tenant_id, attachment_id)
  select a.tenant_id, a.id from public.message_attachments as a where a.status = 'quarantined'
  on conflict (tenant_id, attachment_id) do nothing;
  get diagnostics attachments = row_count;
  insert into private.moderation_work (tenant_id, message_id)
  select m.tenant_id, m.id from public.et_messages as m
  where m.moderation_status = 'pending' and m.erased_at is null and private.moderation_lane(m) is not null
    -- What the backend itself holds, where nothing is judged, stays held.
    and (private.is_gated(m) or exists (
      select from public.moderation_verdicts as v where v.tenant_id = m.tenant_id and v.message_id = m.id))
  on conflict (tenant_id, message_id) do nothing;
  get diagnostics moderation = row_count;
  insert into private.word_work (tenant_id, kind, row_id)
  select distinct h.tenant_id, h.kind, h.row_id from public.held_words as h where h.status = 'pending'
  on conflict (tenant_id, kind, row_id) do nothing;
  return next;
end
$$;
comment on function private.rebuild_work() is
'Definer, for DBAs: makes missing work rows from the state; safe to run at any time.';

create function private.recent_activity(p_window interval default '5 minutes')
returns table (figure text, label text, value double precision)
language sql stable security definer set search_path = '' as $$
  -- Lateral per tenant, so that each look goes through an index however long the history is.
  with decided as (
    select d.action from public.tenants as t cross join lateral (
      select x.action from public.inbound_decisions as x
      where x.tenant_id = t.id and x.created_at > clock_timestamp() - p_window) as d
  ), tried as (
    select a.* from public.tenants as t cross join lateral (
      select coalesce(x.outcome, 'open') as outcome, q.channel,
        extract(epoch from x.finished_at - q.scheduled_at)::float8 as seconds
      from public.dispatch_attempts as x
      inner join public.et_outbound_queue as q on q.tenant_id = x.tenant_id and q.id = x.queue_id
      where x.tenant_id = t.id and x.claimed_at > clock_timestamp() - p_window) as a
  )
  select 'decisions', d.action, count(*)::float8 from decided as d group by d.action
  union all
  select 'dispatch_attempts', a.outcome, count(*)::float8 from tried as a group by a.outcome
  union all
  select 'dispatch_seconds', p.q::text, percentile_cont(p.q) within group (order by a.seconds)
  from tried as a cross join unnest('{0.5,0.95,0.99}'::float8[]) as p (q)
  where a.outcome = 'accepted' group by p.q
$$;
comment on function private.recent_activity(interval) is
'Definer, for /metrics: decisions by action, tries by outcome and the time from due to accepted, over all tenants.';

create function private.analyze_grown() returns text[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_table record;
  v_done text[] := '{}';
begin
  -- Without statistics every index that starts with tenant_id looks as good as the right one, and autovacuum comes by
  -- once a minute: long enough for a new installation to seem slow.
  for v_table in
    select s.schemaname, s.relname from pg_catalog.pg_stat_user_tables as s
    inner join pg_catalog.pg_class as c on c.oid = s.relid
    where s.schemaname in ('public', 'private') and s.n_mod_since_analyze > 50 + greatest(c.reltuples, 0)
      and pg_catalog.pg_has_role(c.relowner, 'USAGE')
    order by s.relname
  loop
    execute format('analyze %I.%I', v_table.schemaname, v_table.relname);
    v_done := v_done || v_table.relname::text;
  end loop;
  return v_done;
end
$$;
comment on function private.analyze_grown() is
'Definer, for the housekeeper: fresh statistics for tables that doubled since the last ones; returns which.';

create function private.tenants_with_audit() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select t.id from public.tenants as t where exists (select from public.audit_log as a where a.tenant_id = t.id)
$$;
comment on function private.tenants_with_audit() is
'Definer, for the housekeeper: tenants whose audit log is to be sealed.';

grant execute on function private.explain_message(uuid), public.explain_message(uuid) to authenticated;
grant execute on function private.explain(uuid, uuid), private.check_invariants() to service_role, parley_worker;
grant execute on function private.analyze_grown() to parley_worker;
grant execute on function private.recent_activity(interval), private.tenants_with_audit() to parley_worker, parley_api;
