-- Chapter: inbound. From a received message to a recorded decision, by any number of workers.
--
--   inbound_work ──claim──▶ lease + fence, messages → inbound_processing
--        ▲                      │ decide, outside any transaction
--        │ released             ▼
--        └── fence refused ── private.complete_inbound(): decision row + reply + queue row + new status, in ONE
-- transaction
--
--   auto_reply, follow_up, no_reply → inbound_ai_replied      human_takeover → inbound_human_takeover
--   handler errors ≥ 5 or lost leases ≥ 8 → inbound_error (retried by hand); of lost leases tells inbound_suspects
--
-- An AI reply is refused when the thread's control_epoch or last_inbound_seq moved since the claim.

create table public.faq_entries (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  question text not null,
  keywords text[] not null,
  answer text not null,
  language text,
  enabled boolean not null default true,
  updated_at timestamptz not null default now(),
  constraint faq_entries_tenant_id_id_pkey primary key (tenant_id, id),
  constraint faq_entries_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint faq_entries_keywords_check check (cardinality(keywords) between 1 and 30),
  constraint faq_entries_answer_check check (length(answer) between 1 and 4000)
);
comment on table public.faq_entries is 'Questions a tenant lets the machine answer, and the answer in his own words.';

create table public.canned_replies (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  intent text not null,
  body text not null,
  language text,
  enabled boolean not null default true,
  updated_at timestamptz not null default now(),
  constraint canned_replies_tenant_id_id_pkey primary key (tenant_id, id),
  constraint canned_replies_tenant_id_intent_language_key unique nulls not distinct (tenant_id, intent, language),
  constraint canned_replies_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint canned_replies_body_check check (length(body) between 1 and 4000)
);
comment on table public.canned_replies is
'A tenant''s own wording for an intent; {{variables}} are filled by the decider.';

create table public.inbound_decisions (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  thread_id uuid not null,
  contact_id uuid,
  first_seq bigint not null,
  last_seq bigint not null,
  action text not null,
  intent text,
  confidence numeric(4, 3),
  language text,
  sentiment numeric(4, 3),
  reasons text[] not null default '{}',
  decider text not null,
  model text,
  prompt_version text,
  policy_version integer,
  control_epoch bigint not null,
  cost_usd numeric(12, 6) not null default 0,
  tokens_in integer not null default 0,
  tokens_out integer not null default 0,
  latency_ms numeric(12, 3),
  worker text,
  reply_message_id uuid,
  proposed_action text,
  input jsonb,
  knowledge_digest bytea,
  created_at timestamptz not null default clock_timestamp(),
  constraint inbound_decisions_tenant_id_id_pkey primary key (tenant_id, id),
  constraint inbound_decisions_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint inbound_decisions_tenant_id_reply_message_id_fkey foreign key (tenant_id, reply_message_id)
  references public.et_messages (tenant_id, id),
  constraint inbound_decisions_action_check
  check (action in ('auto_reply', 'follow_up', 'human_takeover', 'no_reply', 'error'))
);
comment on table public.inbound_decisions is
'What was decided on which messages, by whom, under which policy and why. Never a copy of a body.';
comment on column public.inbound_decisions.proposed_action is
'What the decider wanted when a rule of the database (cap, control) overruled it.';
comment on column public.inbound_decisions.input is
'What else the decider was told, so that it can be asked again: the moment, the contact''s name and locale, the seqs '
'of the history, and digests of burst and history that show whether they still read the same.';
comment on column public.inbound_decisions.knowledge_digest is
'Which snapshot in private.decision_knowledge it was decided with.';
comment on column public.inbound_decisions.cost_usd is
'Of the model calls made for it, also where the rules decided in the end.';
comment on column public.inbound_decisions.first_seq is
'The burst is the inbound messages of the thread from first_seq to last_seq.';

create index faq_entries_id_idx on public.faq_entries (id);
create index canned_replies_id_idx on public.canned_replies (id);
create index inbound_decisions_tenant_id_thread_id_idx on public.inbound_decisions (tenant_id, thread_id,
  last_seq desc);
create index inbound_decisions_tenant_id_contact_id_idx on public.inbound_decisions (tenant_id, contact_id, created_at)
where reply_message_id is not null;
create index inbound_decisions_tenant_id_reply_message_id_idx on public.inbound_decisions (tenant_id, reply_message_id)
where reply_message_id is not null;
create index inbound_decisions_tenant_id_created_at_idx on public.inbound_decisions (tenant_id, created_at);

create table private.deployment (
  one boolean not null default true,
  lease_seconds numeric not null default 60,
  vapid_public_key text,
  constraint deployment_one_pkey primary key (one),
  constraint deployment_one_check check (one),
  constraint deployment_lease_seconds_check check (lease_seconds between 0.5 and 3600)
);
comment on table private.deployment is
'Settings of this installation, one row: what hosted Supabase lets nobody set as a parameter.';
comment on column private.deployment.lease_seconds is 'How long a worker''s claim lasts unless renewed.';
comment on column private.deployment.vapid_public_key is
'The public half of PARLEY_VAPID_PRIVATE_KEY, as the notifier said at its start. Browsers subscribe with it.';
insert into private.deployment default values;
alter table private.deployment enable row level security;
alter table private.deployment force row level security;
revoke all on private.deployment from public, anon, authenticated, service_role;

-- ── claiming ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.lease_length() returns interval
language plpgsql stable security definer set search_path = '' as $$
begin
  return make_interval(secs => coalesce(
    nullif(current_setting('parley.lease_seconds', true), '')::float8,
    (select d.lease_seconds from private.deployment as d)::float8));
end
$$;
comment on function private.lease_length() is
'Definer: how long a claim lasts unless renewed: parley.lease_seconds where a superuser set it for the database, else '
'private.deployment (60 s).';

create function private.claim_inbound(
  p_worker text, p_limit integer, p_watermark timestamptz default '-infinity', p_after_tenant uuid default null,
  p_except uuid[] default '{}'
) returns table (
  tenant_id uuid, thread_id uuid, fence bigint, first_seq bigint, last_seq bigint, message_ids uuid[],
  control text, control_epoch bigint, attempts smallint, run_at timestamptz
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_tenants uuid[];
  v_share integer;
  v_until timestamptz := clock_timestamp() + private.lease_length();
  v_claimed private.inbound_work [];
  v_work private.inbound_work;
  v_bursts bigint;
begin
  perform private.set_aside_killers();
  v_tenants := private.waiting_tenants('private.inbound_work', p_limit, p_after_tenant, p_except, p_watermark);
  v_share := ceil(p_limit::numeric / greatest(1, cardinality(v_tenants)));
  with picked as (
    select s.tenant_id, s.item_id as thread_id from private.one_suspect('private.inbound_work', p_worker) as s
    union all
    (select w.tenant_id, w.thread_id
    from unnest(v_tenants) with ordinality as t (tenant_id, n)
    cross join lateral (
      select i.tenant_id, i.thread_id from private.inbound_work as i
      where i.tenant_id = t.tenant_id and not i.is_later and i.run_at >= p_watermark and i.run_at <= clock_timestamp()
        and (i.lease_until is null or i.lease_until < clock_timestamp())
        and i.expiries + (i.lease_until is not null)::integer < 3
      order by i.run_at
      limit v_share
      for update skip locked
    ) as w
    order by t.n)
    limit p_limit
  ), claimed as (
    update private.inbound_work as i
    set lease_until = v_until, fence = nextval('private.fences'), claimed_by = p_worker,
      expiries = i.expiries + (i.lease_until is not null)::integer
    from picked as p
    where i.tenant_id = p.tenant_id and i.thread_id = p.thread_id
    returning i.*
  )
  select array_agg(c::private.inbound_work) into v_claimed from claimed as c;
  -- A second statement, so a second snapshot: a work row may be newer than the snapshot it was found with, and its
  -- messages would not be seen with that one.
  return query
  with claimed as (
    select c.* from unnest(v_claimed) as c
  ), flipped as (
    update public.et_messages as m set delivery_status = 'inbound_processing'
    from claimed as c
    where m.tenant_id = c.tenant_id and m.thread_id = c.thread_id and m.seq >= c.first_seq
      and m.direction = 'inbound' and m.delivery_status = 'received'
    returning m.tenant_id, m.thread_id, m.seq, m.id
  ), burst as (
    -- The flipped rows, and those a lost lease left in inbound_processing.
    select f.tenant_id, f.thread_id, f.seq, f.id from flipped as f
    union all
    select m.tenant_id, m.thread_id, m.seq, m.id
    from claimed as c
    inner join public.et_messages as m on m.tenant_id = c.tenant_id and m.thread_id = c.thread_id
      and m.seq >= c.first_seq and m.direction = 'inbound' and m.delivery_status = 'inbound_processing'
  )
  select c.tenant_id, c.thread_id, c.fence, min(b.seq), max(b.seq), array_agg(b.id order by b.seq),
    t.control, t.control_epoch, c.attempts, c.run_at
  from claimed as c
  inner join public.et_threads as t on t.tenant_id = c.tenant_id and t.id = c.thread_id
  inner join burst as b on b.tenant_id = c.tenant_id and b.thread_id = c.thread_id
  group by c.tenant_id, c.thread_id, c.fence, c.attempts, c.run_at, t.control, t.control_epoch;
  get diagnostics v_bursts = row_count;
  if v_bursts = cardinality(v_claimed) then
    return;
  end if;
  -- Work rows without an undecided message (a rebuild met a completion) go, under the lock that keeps new ones out.
  foreach v_work in array coalesce(v_claimed, '{}') loop
    continue when exists (
      select from public.et_messages as m
      where m.tenant_id = v_work.tenant_id and m.thread_id = v_work.thread_id and m.seq >= v_work.first_seq
        and m.direction = 'inbound' and m.delivery_status = 'inbound_processing');
    perform from public.et_threads as t
    where t.tenant_id = v_work.tenant_id and t.id = v_work.thread_id for no key update skip locked;
    if found then
      perform private.close_work(v_work.tenant_id, v_work.thread_id);
    else
      update private.inbound_work as i set lease_until = null, claimed_by = null
      where i.tenant_id = v_work.tenant_id and i.thread_id = v_work.thread_id;
    end if;
  end loop;
end
$$;
comment on function private.claim_inbound(text, integer, timestamptz, uuid, uuid[]) is
'Definer, for the inbound worker: up to p_limit threads, shared among the tenants but p_except, oldest first, '
'each with all its undecided messages, under a lease and a fence.';

create function private.renew_inbound(p_tenant_ids uuid[], p_thread_ids uuid[], p_fences bigint[]) returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.inbound_work as w set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_thread_ids, p_fences) as h (tenant_id, thread_id, fence)
  where w.tenant_id = h.tenant_id and w.thread_id = h.thread_id and w.fence = h.fence
    and w.lease_until > clock_timestamp()
  returning w.fence
$$;
comment on function private.renew_inbound(uuid[], uuid[], bigint[]) is
'Definer, for the inbound worker: extends leases still held; a fence that is not returned is lost.';

create function private.close_work(p_tenant_id uuid, p_thread_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_next bigint;
begin
  -- The caller holds the thread row, so no message can arrive between this look and the delete. It looks from the
  -- row's own first_seq on: a message sent through the decision again may be older than the burst.
  select min(m.seq) into v_next from private.inbound_work as w
  inner join public.et_messages as m on m.tenant_id = w.tenant_id and m.thread_id = w.thread_id and m.seq >= w.first_seq
  where w.tenant_id = p_tenant_id and w.thread_id = p_thread_id and m.direction = 'inbound'
    and m.delivery_status = 'received';
  if v_next is null then
    delete from private.inbound_work as w where w.tenant_id = p_tenant_id and w.thread_id = p_thread_id;
  else
    update private.inbound_work as w
    set first_seq = v_next, lease_until = null, claimed_by = null, attempts = 0, expiries = 0,
      run_at = clock_timestamp()
    where w.tenant_id = p_tenant_id and w.thread_id = p_thread_id;
    perform pg_notify('et_inbound', '');
  end if;
end
$$;
comment on function private.close_work(uuid, uuid) is
'Definer: the burst is decided; the work row goes, or stays for what arrived meanwhile.';

create function private.release_inbound(
  p_tenant_id uuid, p_thread_id uuid, p_fence bigint, p_delay interval default '0', p_failed boolean default false
) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_first bigint;
begin
  perform from public.et_threads as t where t.tenant_id = p_tenant_id and t.id = p_thread_id for no key update;
  update private.inbound_work as w
  set lease_until = null, claimed_by = null, fence = nextval('private.fences'), run_at = clock_timestamp() + p_delay,
    attempts = w.attempts + p_failed::integer, expiries = case when p_failed then 0 else w.expiries end
  where w.tenant_id = p_tenant_id and w.thread_id = p_thread_id and w.fence = p_fence
  returning w.first_seq into v_first;
  if not found then
    return false;
  end if;
  update public.et_messages as m set delivery_status = 'received'
  where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.seq >= v_first
    and m.direction = 'inbound' and m.delivery_status = 'inbound_processing';
  return true;
end
$$;
comment on function private.release_inbound(uuid, uuid, bigint, interval, boolean) is
'Definer, for the fence holder: gives the burst back (graceful stop, fence refused, handler error). False when the '
'fence is not held any more.';

create function private.release_expired_inbound() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_work record;
  v_count bigint := 0;
begin
  for v_work in
    select w.tenant_id, w.thread_id, w.fence, w.expiries from private.inbound_work as w
    where w.lease_until < clock_timestamp() and w.expiries < 7
    order by w.tenant_id, w.thread_id -- as whoever locks many threads locks them
  loop
    perform from public.et_threads as t where t.tenant_id = v_work.tenant_id
      and t.id = v_work.thread_id for no key update;
    -- Counted here as in a claim, and a suspect rests here as there.
    update private.inbound_work as w set expiries = w.expiries + 1
    where w.tenant_id = v_work.tenant_id and w.thread_id = v_work.thread_id and w.fence = v_work.fence
      and w.lease_until < clock_timestamp();
    continue when not found;
    v_count := v_count + private.release_inbound(v_work.tenant_id, v_work.thread_id, v_work.fence,
      case when v_work.expiries >= 2 then private.suspect_rest(v_work.expiries + 1) else '0' end)::integer;
  end loop;
  -- Last, because it waits for no thread.
  return v_count + private.set_aside_killers();
end
$$;
comment on function private.release_expired_inbound() is
'Definer, for the housekeeper: bursts of dead workers go back to received, so that what people see says so.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.faq_entries enable row level security;
alter table public.faq_entries force row level security;
alter table public.canned_replies enable row level security;
alter table public.canned_replies force row level security;
alter table public.inbound_decisions enable row level security;
alter table public.inbound_decisions force row level security;

create policy faq_entries_select_staff on public.faq_entries for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy faq_entries_select_worker on public.faq_entries for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy canned_replies_select_staff on public.canned_replies for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy canned_replies_select_worker on public.canned_replies for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy inbound_decisions_select_staff on public.inbound_decisions for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy inbound_decisions_select_worker on public.inbound_decisions for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

revoke all on public.faq_entries, public.canned_replies, public.inbound_decisions
from public, anon, authenticated, service_role;
grant select on public.faq_entries, public.canned_replies, public.inbound_decisions
to authenticated, service_role, parley_worker;
grant insert, update, delete on public.faq_entries, public.canned_replies to service_role;
grant execute on function private.lease_length() to parley_worker, service_role;
grant execute on function private.claim_inbound(text, integer, timestamptz, uuid, uuid[]),
private.renew_inbound(uuid[], uuid[], bigint[]), private.release_inbound(uuid, uuid, bigint, interval, boolean),
private.release_expired_inbound() to parley_worker;
