-- Chapter: outbound. One dispatch lifecycle per queue row, every try on record, nothing sent twice by itself.
--
--   enqueue_outbound(): et_messages + et_outbound_queue + outbound_work, in one transaction
--   queued ──claim (rules checked again)──▶ sending ──send_started committed──▶ the provider's call ──▶
--       accepted → sent      rejected → failed (bounced when the address does not exist)
--       retry    → queued    nothing can have been delivered: backoff with jitter, at most 8 tries
--       unknown  → dispatch_unknown (class N) or queued with the same key (class I)
--   receipts: kept once, move a row forward only; they also settle dispatch_unknown

create function private.is_template(p_template jsonb) returns boolean
language sql immutable strict parallel safe set search_path = '' as $$
  with given as (
    select m.name, p_template -> m.name as value
    from unnest(array['variables', 'header', 'buttons']) as m (name)
  ), filled as (
    select g.name, '' as key, v.value from given as g
    cross join lateral jsonb_array_elements(case jsonb_typeof(g.value) when 'array' then g.value end) as v (value)
    union all
    select g.name, v.key, v.value from given as g
    cross join lateral jsonb_each(case jsonb_typeof(g.value) when 'object' then g.value end) as v
  )
  select jsonb_typeof(p_template) = 'object' and coalesce(
    jsonb_typeof(p_template -> 'name') = 'string' and p_template ->> 'name' ~ '^[a-z0-9_]+$'
    and length(p_template ->> 'name') <= 512
    and jsonb_typeof(p_template -> 'language') = 'string'
    and p_template ->> 'language' ~ '^[a-z]{2,3}(_[A-Z]{2})?$', false)
  and coalesce(jsonb_typeof(p_template -> 'header_link') = 'null'
    or (jsonb_typeof(p_template -> 'header_link') = 'string'
      and p_template ->> 'header_link' ~ '^https://[^[:space:][:cntrl:]]+$'
      and length(p_template ->> 'header_link') <= 2000), true)
  and case jsonb_typeof(p_template) when 'object'
    then p_template - array['name', 'language', 'variables', 'header', 'header_link', 'buttons'] = '{}' else false end
  and not exists (
    select from given as g
    where jsonb_typeof(g.value) <> 'object' and (jsonb_typeof(g.value) <> 'array' or g.name = 'buttons'))
  and (select count(*) from filled as f) <= 50 and not exists (
    select from filled as f
    where f.key !~ case f.name when 'buttons' then '^[0-9]$' else '^[a-z0-9_]{0,60}$' end
      or jsonb_typeof(f.value) <> 'string'
      or f.value #>> '{}' !~ '^[^[:cntrl:]]+$' or length(f.value #>> '{}') > 1024)
$$;
comment on function private.is_template(jsonb) is
'{name, language, variables, header, header_link, buttons}: a template a provider has approved and what its places are '
'filled with, in their order ([text, …]) or by name ({name: text, …}); buttons by their number.';

create table public.et_outbound_queue (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  message_id uuid not null,
  thread_id uuid not null,
  channel text not null,
  channel_session_id uuid not null,
  recipient text not null,
  purpose text not null default 'reply',
  consent_id uuid,
  basis_seq bigint,
  status text not null default 'queued',
  status_reason text,
  scheduled_at timestamptz not null default clock_timestamp(),
  attempts smallint not null default 0,
  provider text,
  provider_message_id text,
  template jsonb,
  resend_of uuid,
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  constraint et_outbound_queue_tenant_id_id_pkey primary key (tenant_id, id),
  constraint et_outbound_queue_tenant_id_message_id_key unique (tenant_id, message_id),
  constraint et_outbound_queue_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint et_outbound_queue_tenant_id_resend_of_fkey foreign key (tenant_id, resend_of)
  references public.et_messages (tenant_id, id),
  constraint et_outbound_queue_tenant_id_channel_session_id_fkey foreign key (tenant_id, channel_session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint et_outbound_queue_tenant_id_consent_id_fkey foreign key (tenant_id, consent_id)
  references public.contact_consents (tenant_id, id),
  constraint et_outbound_queue_template_check check (private.is_template(template)),
  constraint et_outbound_queue_purpose_check
  check (purpose in ('reply', 'conversation', 'follow_up', 'notification', 'marketing')),
  constraint et_outbound_queue_basis_check check (
    consent_id is not null
    or (purpose <> 'marketing' and (basis_seq is not null or purpose in ('reply', 'conversation')))
  ),
  constraint et_outbound_queue_status_check check (
    status in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'bounced', 'cancelled', 'dispatch_unknown'))
)
with (fillfactor = 70);
comment on table public.et_outbound_queue is
'One row per message to be sent. Its status and its message''s delivery_status always agree.';
comment on column public.et_outbound_queue.purpose is
'reply answers somebody who wrote. Everything else is unasked, obeys quiet hours and whoever asked to be left alone: '
'conversation (a person of the staff writes first), follow_up, notification and marketing, which needs consent.';
comment on column public.et_outbound_queue.consent_id is
'The consent it rests on: always for marketing, else where the contact wrote nothing in this thread.';
comment on column public.et_outbound_queue.basis_seq is
'The seq of the contact''s message in this thread that it rests on; proved when the transaction ends. Null without a '
'consent: a person''s own first word, never a machine''s.';
comment on column public.et_outbound_queue.status_reason is
'Machine-readable cause of the last change: superseded, suppressed, quiet_hours, smtp_550 ….';

comment on column public.et_outbound_queue.template is
'The approved template that is sent in place of the body; the body says what its reader will see. Null: free text.';
comment on column public.et_outbound_queue.resend_of is
'The message this one is sent again for: each once at most, whoever presses the button.';

create function private.may_have_left(p_queue public.et_outbound_queue, p_thread_id uuid) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_queue.attempts > 0 or p_queue.status not in ('queued', 'cancelled')
    or (p_queue.status = 'queued' and p_queue.thread_id <> p_thread_id);
end
$$;
comment on function private.may_have_left(public.et_outbound_queue, uuid) is
'Whether a message left or still may once the thread is answered anew: what was withdrawn before its first try has '
'not, nor has what waits in that thread, which the new answer withdraws.';

create table private.outbound_work (
  tenant_id uuid not null,
  queue_id uuid not null,
  run_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  slot_at timestamptz,
  expiries smallint not null default 0,
  is_later boolean not null default false,
  constraint outbound_work_tenant_id_queue_id_pkey primary key (tenant_id, queue_id)
)
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table private.outbound_work is 'One row per queue row not yet finished: an index of state, never the state.';
comment on column private.outbound_work.expiries is
'Leases lost since the last try whose router lived: see private.one_suspect().';
comment on column private.outbound_work.is_later is
'A claim met it before its time and put it out of the way: see private.put_off().';
comment on column private.outbound_work.slot_at is
'The moment this row was given by its provider''s pace; null until it had to wait for one.';

create table public.dispatch_attempts (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  queue_id uuid not null,
  number smallint not null,
  fence bigint not null,
  delivery_class text not null,
  idempotency_key text not null,
  worker text not null,
  claimed_at timestamptz not null default clock_timestamp(),
  send_started_at timestamptz,
  finished_at timestamptz,
  outcome text,
  provider text,
  provider_message_id text,
  error_code text,
  error text,
  constraint dispatch_attempts_tenant_id_id_pkey primary key (tenant_id, id),
  constraint dispatch_attempts_tenant_id_queue_id_number_key unique (tenant_id, queue_id, number),
  constraint dispatch_attempts_tenant_id_queue_id_fkey foreign key (tenant_id, queue_id)
  references public.et_outbound_queue (tenant_id, id),
  constraint dispatch_attempts_delivery_class_check check (delivery_class in ('I', 'N')),
  constraint dispatch_attempts_outcome_check
  check (outcome in ('accepted', 'rejected', 'retry', 'unknown', 'refused', 'manual'))
);
comment on table public.dispatch_attempts is 'Every try of every send, kept: the ledger a dispute is settled with.';
comment on column public.dispatch_attempts.delivery_class is
'I: the provider honours the idempotency key. N: it does not, so an unfinished call is never repeated.';
comment on column public.dispatch_attempts.send_started_at is
'Committed just before the call that could deliver. Null means: nothing left the house.';
comment on column public.dispatch_attempts.outcome is
'refused: a rule stopped it between claim and call. manual: a person has to send it, see manual_tasks.';

create table public.delivery_receipts (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  provider text not null,
  event_id text not null,
  kind text not null,
  external_message_id text,
  message_id uuid,
  recipient text,
  status_code text,
  diagnostic text,
  machine boolean not null default false,
  occurred_at timestamptz,
  received_at timestamptz not null default clock_timestamp(),
  applied_at timestamptz,
  constraint delivery_receipts_tenant_id_id_pkey primary key (tenant_id, id),
  constraint delivery_receipts_tenant_id_provider_event_id_key unique (tenant_id, provider, event_id),
  constraint delivery_receipts_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint delivery_receipts_kind_check check (kind in (
    'sent', 'delivered', 'read', 'delayed', 'failed', 'bounced_hard', 'bounced_soft', 'complained', 'unsubscribed',
    'opened', 'clicked'))
);
comment on table public.delivery_receipts is
'What providers and mail servers told us afterwards, each once; kept even when the message is not known yet.';
comment on column public.delivery_receipts.machine is
'A mail proxy or scanner opened or followed it, not the person: counted apart, and it drives nothing.';
comment on column public.delivery_receipts.external_message_id is 'The provider''s or mail''s id the receipt is about.';

create table public.suppressions (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  kind text not null,
  address text not null,
  scope text not null,
  reason text not null,
  source_message_id uuid,
  created_at timestamptz not null default now(),
  constraint suppressions_tenant_id_id_pkey primary key (tenant_id, id),
  constraint suppressions_tenant_id_kind_address_key unique (tenant_id, kind, address),
  constraint suppressions_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint suppressions_tenant_id_source_message_id_fkey foreign key (tenant_id, source_message_id)
  references public.et_messages (tenant_id, id),
  constraint suppressions_scope_check check (scope in ('all', 'automatic')),
  constraint suppressions_reason_check check (reason in ('bounced', 'complained', 'unsubscribed', 'manual')),
  constraint suppressions_address_check check (private.is_address(kind, address))
);
comment on table public.suppressions is
'Addresses nothing is sent to. all: dead or complaining; automatic: asked to be left alone, may still be answered.';
comment on column public.suppressions.kind is
'A kind of address (private.address_kind), or one channel: a number that takes no SMS may be on WhatsApp.';

create table private.send_counters (
  tenant_id uuid not null,
  day date not null,
  sent integer not null default 0,
  constraint send_counters_tenant_id_day_pkey primary key (tenant_id, day)
);
comment on table private.send_counters is 'Dispatches a day of tenants that have a cap.';

create table private.send_buckets (
  tenant_id uuid not null,
  sender text not null,
  tokens numeric not null,
  updated_at timestamptz not null,
  constraint send_buckets_tenant_id_sender_pkey primary key (tenant_id, sender)
);
comment on table private.send_buckets is
'Rate limit of client sends: a token bucket per sender. Inbound is never limited.';

create index outbound_work_run_at_idx on private.outbound_work (tenant_id, run_at) where not is_later;
create index outbound_work_later_idx on private.outbound_work (run_at) where is_later;
create index outbound_work_suspects_idx on private.outbound_work (run_at) where expiries >= 2;
create index et_outbound_queue_id_idx on public.et_outbound_queue (id);
create index et_outbound_queue_tenant_id_thread_id_idx on public.et_outbound_queue (tenant_id,
  thread_id) where status = 'queued';
create index et_outbound_queue_tenant_id_consent_id_idx on public.et_outbound_queue (tenant_id, consent_id)
where consent_id is not null;
create index et_outbound_queue_tenant_id_recipient_idx on public.et_outbound_queue (tenant_id, recipient, created_at)
where channel = 'email';
create index et_outbound_queue_tenant_id_follow_ups_idx on public.et_outbound_queue (tenant_id, scheduled_at, id)
where purpose = 'follow_up';
create index et_outbound_queue_tenant_id_unknown_idx on public.et_outbound_queue (tenant_id, created_at)
where status = 'dispatch_unknown';
create unique index et_outbound_queue_tenant_id_resend_of_idx on public.et_outbound_queue (tenant_id, resend_of)
where resend_of is not null;
create index et_outbound_queue_tenant_id_failed_idx on public.et_outbound_queue (tenant_id, id)
where status in ('failed', 'bounced');
-- What a rule or a withdrawal stopped: not what somebody or something newer took the place of.
create index et_outbound_queue_tenant_id_stopped_idx on public.et_outbound_queue (tenant_id, id)
where status = 'cancelled' and status_reason <> all('{superseded,human_takeover,ai_disabled,thread_closed,spam,merged,'
  'erased,tenant_deleted,resolved_by_person,moderation_blocked}');
create index et_outbound_queue_tenant_id_provider_message_id_idx on public.et_outbound_queue (tenant_id,
  provider_message_id)
where provider_message_id is not null;
create index dispatch_attempts_tenant_id_claimed_at_idx on public.dispatch_attempts (tenant_id, claimed_at);
create index delivery_receipts_tenant_id_message_id_idx on public.delivery_receipts (tenant_id, message_id);
create index delivery_receipts_tenant_id_unapplied_idx on public.delivery_receipts (tenant_id, external_message_id)
where message_id is null;

-- ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_queue__guard() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if (new.tenant_id, new.id, new.message_id, new.thread_id, new.purpose, new.consent_id, new.basis_seq,
    new.resend_of) is distinct from (old.tenant_id, old.id, old.message_id, old.thread_id, old.purpose, old.consent_id,
    old.basis_seq, old.resend_of) then
    raise exception 'a queue row keeps its message, its purpose and what it rests on'
      using errcode = 'PT409', detail = '{"code": "immutable"}', hint = 'Enqueue another message.';
  end if;
  if new.status is distinct from old.status then
    if not private.is_transition(old.status, new.status) then
      raise exception 'a dispatch does not go from % to %', old.status, new.status
        using errcode = 'PT409', hint = 'See the lifecycle in the DBA guide.', detail = jsonb_build_object(
          'code', 'refused_transition', 'from', old.status, 'to', new.status)::text;
    end if;
    update public.et_messages as m set delivery_status = new.status
    where m.tenant_id = new.tenant_id and m.id = new.message_id;
    new.finished_at := case when new.status in ('queued', 'sending') then null else coalesce(new.finished_at,
      clock_timestamp()) end;
  end if;
  return new;
end
$$;
comment on function private.tg_queue__guard() is
'Definer: moves the message with its queue row, so the two cannot disagree; refuses unknown transitions.';

create function private.tg_queue__work() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.outbound_work (tenant_id, queue_id, run_at) values (new.tenant_id, new.id, new.scheduled_at);
  return null;
end
$$;
comment on function private.tg_queue__work() is 'Definer: every queue row has its work row from the first moment.';

create function private.tg_queue__receipts() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.apply_receipts(new.tenant_id, new.id);
  return null;
end
$$;
comment on function private.tg_queue__receipts() is
'Definer: receipts that came while a row was under way are applied when it comes to rest, whichever way that was.';

create function private.tg_queue__wake() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_setting('parley.woke_outbound', true) is distinct from 'on' then
    perform set_config('parley.woke_outbound', 'on', true);
    if pg_try_advisory_xact_lock(7100002) then
      perform pg_notify('et_outbound', '');
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_queue__wake() is 'At commit, once per transaction: a hint to the outbound router.';

create function private.tg_messages__is_queued() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_queue public.et_outbound_queue%rowtype;
begin
  select q.* into v_queue from public.et_outbound_queue as q
  inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
  where q.tenant_id = new.tenant_id and q.message_id = new.id and q.status = m.delivery_status;
  if v_queue.id is null or v_queue.thread_id <> new.thread_id then
    raise exception 'an outbound message is queued in the transaction that writes it'
      using errcode = 'PT409', detail = '{"code": "not_enqueued"}', hint = 'Use private.enqueue_outbound().';
  elsif (case when v_queue.basis_seq is not null then not exists (
    select from public.et_messages as b where b.tenant_id = new.tenant_id and b.thread_id = new.thread_id
      and b.seq = v_queue.basis_seq and b.direction = 'inbound')
    else v_queue.consent_id is null and new.sender_kind not in ('agent', 'participant') end) then
    raise exception 'a send rests on a message of the contact in its thread, on his consent, or is a person''s own word'
      using errcode = 'PT422', detail = '{"code": "no_consent"}', hint = 'Use private.enqueue_outbound().';
  end if;
  return null;
end
$$;
comment on function private.tg_messages__is_queued() is
'Definer, at commit: a message in no queue would never leave, or would claim to have left; and one that answers '
'nothing would have no basis.';

create trigger et_outbound_queue_100_guard before update on public.et_outbound_queue
for each row execute function private.tg_queue__guard();
create trigger et_outbound_queue_800_work after insert on public.et_outbound_queue
for each row when (new.status in ('queued', 'sending')) execute function private.tg_queue__work();
create trigger et_outbound_queue_810_receipts after update of status on public.et_outbound_queue
for each row when (old.status in ('queued', 'sending') and new.status not in ('queued', 'sending'))
execute function private.tg_queue__receipts();
create constraint trigger et_outbound_queue_900_wake after insert on public.et_outbound_queue
deferrable initially deferred for each row execute function private.tg_queue__wake();
create constraint trigger et_messages_910_is_queued after insert on public.et_messages
deferrable initially deferred for each row when (new.direction = 'outbound')
execute function private.tg_messages__is_queued();
create trigger dispatch_attempts_300_refuse_delete before delete on public.dispatch_attempts
for each row execute function private.tg_any__refuse();
create trigger delivery_receipts_300_refuse_delete before delete on public.delivery_receipts
for each row execute function private.tg_any__refuse();

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.et_outbound_queue enable row level security;
alter table public.et_outbound_queue force row level security;
alter table public.dispatch_attempts enable row level security;
alter table public.dispatch_attempts force row level security;
alter table public.delivery_receipts enable row level security;
alter table public.delivery_receipts force row level security;
alter table public.suppressions enable row level security;
alter table public.suppressions force row level security;
alter table private.outbound_work enable row level security;
alter table private.outbound_work force row level security;
alter table private.send_counters enable row level security;
alter table private.send_counters force row level security;
alter table private.send_buckets enable row level security;
alter table private.send_buckets force row level security;

create policy et_outbound_queue_select_staff on public.et_outbound_queue for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy et_outbound_queue_select_worker on public.et_outbound_queue for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy dispatch_attempts_select_staff on public.dispatch_attempts for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy dispatch_attempts_select_worker on public.dispatch_attempts for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy delivery_receipts_select_staff on public.delivery_receipts for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy delivery_receipts_select_worker on public.delivery_receipts for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy suppressions_select_staff on public.suppressions for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy suppressions_select_worker on public.suppressions for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy outbound_work_select_worker on private.outbound_work for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy send_counters_select_worker on private.send_counters for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy send_buckets_select_worker on private.send_buckets for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

revoke all on public.et_outbound_queue, public.dispatch_attempts, public.delivery_receipts, public.suppressions,
private.outbound_work, private.send_counters, private.send_buckets
from public, anon, authenticated, service_role;
grant select on public.et_outbound_queue, public.dispatch_attempts, public.delivery_receipts, public.suppressions
to authenticated, service_role, parley_worker;
grant insert on public.et_outbound_queue to service_role;
-- The check runs as whoever inserts.
grant execute on function private.is_template(jsonb) to service_role;
grant insert, update, delete on public.suppressions to service_role;
grant select on private.outbound_work, private.send_counters, private.send_buckets to parley_worker;
grant execute on function private.salted_digest(uuid, text) to parley_worker;
