-- Chapter: insights. What the CRM knows of a thread, kept by a worker that reads and never talks.
--
--   thread moved ──▶ private.insight_work ──claim──▶ summarise ──▶ et_thread_insights (+ thread_insight_versions)
--   follow_up_at due ──▶ followups worker: an outbound row, or cancelled because the contact answered

create table public.et_thread_insights (
  tenant_id uuid not null,
  thread_id uuid not null,
  summary text not null,
  label text,
  sentiment numeric(4, 3),
  sentiment_label text,
  next_step text,
  language text,
  follow_up_at timestamptz,
  follow_up_text text,
  follow_up_status text,
  follow_up_message_id uuid,
  read_seq bigint not null,
  version integer not null default 1,
  model text not null,
  prompt_version text,
  updated_at timestamptz not null default clock_timestamp(),
  constraint et_thread_insights_tenant_id_thread_id_pkey primary key (tenant_id, thread_id),
  constraint et_thread_insights_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint et_thread_insights_tenant_id_follow_up_message_id_fkey foreign key (tenant_id, follow_up_message_id)
  references public.et_messages (tenant_id, id),
  constraint et_thread_insights_sentiment_label_check check (sentiment_label in ('negative', 'neutral', 'positive')),
  constraint et_thread_insights_follow_up_status_check check (follow_up_status in ('scheduled', 'sent', 'cancelled')),
  constraint et_thread_insights_follow_up_at_check check (follow_up_status <> 'scheduled' or follow_up_at is not null)
);
comment on table public.et_thread_insights is
'Summary, label, mood, next step and follow-up of a thread, as of read_seq.';
comment on column public.et_thread_insights.read_seq is
'The last message this was written from; the worker runs again only when the thread moved past it.';
comment on column public.et_thread_insights.follow_up_status is
'scheduled → sent | cancelled (the contact answered, a person is in control, or the thread was closed).';

create table public.thread_insight_versions (
  tenant_id uuid not null,
  thread_id uuid not null,
  version integer not null,
  summary text not null,
  label text,
  sentiment numeric(4, 3),
  next_step text,
  follow_up_at timestamptz,
  read_seq bigint not null,
  model text not null,
  prompt_version text,
  created_at timestamptz not null default clock_timestamp(),
  constraint thread_insight_versions_tenant_id_thread_id_version_pkey primary key (tenant_id, thread_id, version),
  constraint thread_insight_versions_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id)
);
comment on table public.thread_insight_versions is 'Every earlier insight of a thread, so that a change can be traced.';

create table private.insight_work (
  tenant_id uuid not null,
  thread_id uuid not null,
  run_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  attempts smallint not null default 0,
  expiries smallint not null default 0,
  error text,
  is_later boolean not null default false,
  constraint insight_work_tenant_id_thread_id_pkey primary key (tenant_id, thread_id)
)
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table private.insight_work is 'Threads that moved since their insight was written.';
comment on column private.insight_work.error is
'Why the last try failed. A row that failed eight times, or that eight workers died with, is set aside (run_at '
'infinity) until its thread moves again.';
comment on column private.insight_work.is_later is
'A claim met it before its time and put it out of the way: see private.put_off().';
comment on column private.insight_work.expiries is
'Leases lost since the last try whose worker lived: see private.one_suspect().';

create index insight_work_run_at_idx on private.insight_work (tenant_id, run_at) where not is_later;
create index insight_work_later_idx on private.insight_work (run_at) where is_later;
create index insight_work_suspects_idx on private.insight_work (run_at) where expiries >= 2;
create index et_thread_insights_tenant_id_follow_up_at_idx on public.et_thread_insights (tenant_id, follow_up_status,
  follow_up_at, thread_id) where follow_up_at is not null;
create index et_thread_insights_follow_up_at_idx on public.et_thread_insights (follow_up_at)
  where follow_up_status = 'scheduled';

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.note_thread_moved(p_tenant_id uuid, p_thread_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into private.insight_work as w (tenant_id, thread_id) values (p_tenant_id, p_thread_id)
  -- Not "do nothing": a completion that is about to delete the row must be waited for, or this move is lost. What was
  -- set aside gets another chance: the text that could not be read may be out of sight now.
  on conflict (tenant_id, thread_id) do update set
    run_at = case when w.run_at = 'infinity' then clock_timestamp() else w.run_at end,
    attempts = case when w.run_at = 'infinity' then 0 else w.attempts end,
    expiries = case when w.run_at = 'infinity' then 0 else w.expiries end;
  if pg_try_advisory_xact_lock(7100003) then
    perform pg_notify('et_insights', '');
  end if;
end
$$;
comment on function private.note_thread_moved(uuid, uuid) is
'Definer: the insight of this thread is out of date. Many moves, one run.';

create function private.note_threads_moved(p_tenant_ids uuid[], p_thread_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into private.insight_work as w (tenant_id, thread_id)
  select n.tenant_id, n.thread_id from unnest(p_tenant_ids, p_thread_ids) as n (tenant_id, thread_id) order by 1, 2
  on conflict (tenant_id, thread_id) do update set
    run_at = case when w.run_at = 'infinity' then clock_timestamp() else w.run_at end,
    attempts = case when w.run_at = 'infinity' then 0 else w.attempts end,
    expiries = case when w.run_at = 'infinity' then 0 else w.expiries end;
  if found and pg_try_advisory_xact_lock(7100003) then
    perform pg_notify('et_insights', '');
  end if;
end
$$;
comment on function private.note_threads_moved(uuid[], uuid[]) is
'Definer: note_thread_moved() for many threads, in one order.';

create function private.claim_insights(
  p_worker text, p_limit integer, p_after_tenant uuid default null, p_except uuid[] default '{}'
) returns table (
  tenant_id uuid, thread_id uuid, fence bigint, attempts smallint, run_at timestamptz, has_moved boolean
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_tenants uuid[] := private.waiting_tenants('private.insight_work', p_limit, p_after_tenant, p_except, '-infinity');
  v_share integer := ceil(p_limit::numeric / greatest(1, cardinality(v_tenants)));
  v_until timestamptz := clock_timestamp() + private.lease_length();
begin
  update private.insight_work as w set run_at = 'infinity', lease_until = null, error = 'workers died on it again and again'
  where w.expiries >= 7 and w.lease_until < clock_timestamp();
  return query
  with picked as (
    select s.tenant_id, s.item_id as thread_id from private.one_suspect('private.insight_work', p_worker) as s
    union all
    (select w.tenant_id, w.thread_id
    from unnest(v_tenants) with ordinality as t (tenant_id, n)
    cross join lateral (
      select i.tenant_id, i.thread_id from private.insight_work as i
      where i.tenant_id = t.tenant_id and not i.is_later and i.run_at <= clock_timestamp()
        and (i.lease_until is null or i.lease_until < clock_timestamp())
        and i.expiries + (i.lease_until is not null)::integer < 3
      order by i.run_at
      limit v_share
      for update skip locked
    ) as w
    order by t.n)
    limit p_limit
  ), claimed as (
    update private.insight_work as w
    set lease_until = v_until, fence = nextval('private.fences'),
      claimed_by = p_worker, expiries = w.expiries + (w.lease_until is not null)::integer
    from picked as p
    where w.tenant_id = p.tenant_id and w.thread_id = p.thread_id
    returning w.*
  )
  select c.tenant_id, c.thread_id, c.fence, c.attempts, c.run_at, t.last_seq > coalesce(i.read_seq, 0)
  from claimed as c
  inner join public.et_threads as t on t.tenant_id = c.tenant_id and t.id = c.thread_id
  left join public.et_thread_insights as i on i.tenant_id = c.tenant_id and i.thread_id = c.thread_id;
end
$$;
comment on function private.claim_insights(text, integer, uuid, uuid[]) is
'Definer, for the insights worker: threads whose insight may be out of date, under lease and fence, and whether they '
'have moved past it indeed. What eight workers died on is set aside.';

create function private.thread_history(p_tenant_id uuid, p_thread_id uuid, p_most integer default 50) returns jsonb
language sql volatile security definer set search_path = '' as $$
  select jsonb_build_object(
    'tenant_id', t.tenant_id, 'thread_id', t.id, 'now', clock_timestamp(), 'last_seq', t.last_seq, 'control',
      t.control, 'ai_provider', s.ai_provider, 'locale', coalesce(c.locale, n.locale),
    'time_zone', coalesce(c.time_zone, n.time_zone), 'read_seq', coalesce(i.read_seq, 0),
    'turns', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'sender', case h.sender_kind when 'agent' then 'human' when 'participant' then 'contact' else h.sender_kind end,
        'text', left(h.body, 4000), 'at', h.created_at) order by h.seq), '[]')
      from (
        select m.sender_kind, m.body, m.created_at, m.seq from public.et_messages as m
        where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id
          and m.moderation_status in ('approved', 'filtered') and m.delivery_status <> 'cancelled'
        order by m.seq desc limit p_most) as h))
  from public.et_threads as t
  inner join public.tenants as n on n.id = t.tenant_id
  inner join public.tenant_settings as s on s.tenant_id = t.tenant_id
  left join public.contacts as c on c.tenant_id = t.tenant_id and c.id = t.contact_id
  left join public.et_thread_insights as i on i.tenant_id = t.tenant_id and i.thread_id = t.id
  where t.tenant_id = p_tenant_id and t.id = p_thread_id
$$;
comment on function private.thread_history(uuid, uuid, integer) is
'Definer, for the insights worker: the newest turns of a thread over all its channels, oldest first. Volatile, so '
'that it sees what a claim in the same statement saw.';

create function private.fail_insight(p_tenant_id uuid, p_thread_id uuid, p_fence bigint, p_error text) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_run_at timestamptz;
begin
  update private.insight_work as w
  set lease_until = null, error = left(p_error, 1000), attempts = w.attempts + (p_error is not null)::integer,
    expiries = case when p_error is null then w.expiries else 0 end,
    run_at = case
      when p_error is null then clock_timestamp()
      when w.attempts >= 7 then 'infinity'
      else clock_timestamp() + interval '5 seconds' * power(2, w.attempts) end
  where w.tenant_id = p_tenant_id and w.thread_id = p_thread_id and w.fence = p_fence
    and w.lease_until > clock_timestamp()
  returning w.run_at into v_run_at;
  return case when v_run_at is null then 'lost' when v_run_at = 'infinity' then 'set_aside'
    when p_error is null then 'released' else 'retry' end;
end
$$;
comment on function private.fail_insight(uuid, uuid, bigint, text) is
'Definer, for the insights worker: tried again later, each time after a longer pause, and set aside after eight '
'errors. Without an error the worker only gives it back.';

create function private.renew_insights(p_tenant_ids uuid[], p_thread_ids uuid[], p_fences bigint[]) returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.insight_work as w set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_thread_ids, p_fences) as h (tenant_id, thread_id, fence)
  where w.tenant_id = h.tenant_id and w.thread_id = h.thread_id
    and w.fence = h.fence and w.lease_until > clock_timestamp()
  returning w.fence
$$;
comment on function private.renew_insights(uuid[], uuid[], bigint[]) is
'Definer, for the insights worker: extends leases still held.';

create function private.run_follow_ups(p_limit integer) returns table (tenant_id uuid, thread_id uuid, outcome text,
  message_id uuid)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_due record;
  v_thread public.et_threads%rowtype;
  v_message uuid;
begin
  for v_due in
    -- The longest due are taken; their threads are locked in one order, as whoever locks many locks them.
    select d.* from (
      select i.tenant_id, i.thread_id, i.read_seq, i.follow_up_text, i.language, i.version
      from public.et_thread_insights as i
      where i.follow_up_status = 'scheduled' and i.follow_up_at <= clock_timestamp()
      order by i.follow_up_at limit p_limit for update skip locked
    ) as d
    order by d.tenant_id, d.thread_id
  loop
    v_message := null;
    select t.* into v_thread from public.et_threads as t
    where t.tenant_id = v_due.tenant_id and t.id = v_due.thread_id for no key update;
    if v_thread.last_inbound_seq <= v_due.read_seq and v_thread.control = 'ai' and v_thread.status in ('open',
      'snoozed') and v_thread.folder <> 'spam'
      and v_due.follow_up_text is not null and not private.follow_up_sent_since(v_thread) and exists (
        select from public.tenant_settings as s where s.tenant_id = v_due.tenant_id and s.ai_enabled) then
      begin
        select e.message_id into v_message from private.enqueue_outbound(
          v_due.tenant_id, v_due.thread_id, v_due.follow_up_text, 'ai', 'ai', jsonb_build_object(
            'purpose', 'follow_up', 'control_epoch', v_thread.control_epoch, 'based_on_seq', v_thread.last_inbound_seq,
            'language', v_due.language, 'cause_kind', 'follow_up', 'cause_id', v_due.thread_id)) as e;
      exception when sqlstate 'PT422' then
        -- Nobody to send to: this one is cancelled, the others still leave.
        v_message := null;
      end;
    end if;
    update public.et_thread_insights as i
    set follow_up_status = case when v_message is null then 'cancelled' else 'sent' end,
      follow_up_message_id = v_message
    where i.tenant_id = v_due.tenant_id and i.thread_id = v_due.thread_id;
    return query select v_due.tenant_id, v_due.thread_id, case when v_message is null
      then 'cancelled' else 'sent' end, v_message;
  end loop;
end
$$;
comment on function private.run_follow_ups(integer) is
'Definer, for the followups worker: each due follow-up becomes one outbound row, or is cancelled because the '
'contact wrote, a person took over, it is filed as spam, automatic answers were switched off, or one was already '
'sent.';

create function private.follow_up_sent_since(p_thread public.et_threads) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.et_messages as m
    where m.tenant_id = p_thread.tenant_id and m.thread_id = p_thread.id and m.seq > p_thread.last_inbound_seq
      and m.cause_kind = 'follow_up')
$$;
comment on function private.follow_up_sent_since(public.et_threads) is
'Definer: the contact was reminded once since he last wrote; nobody is nudged twice.';

create function private.next_follow_up() returns timestamptz
language sql stable security definer set search_path = '' as $$
  select min(i.follow_up_at) from public.et_thread_insights as i where i.follow_up_status = 'scheduled'
$$;
comment on function private.next_follow_up() is 'Definer, for the followups worker: when it has to wake up next.';

-- ── notifications (their own chapter grows from here) ────────────────────────────────────────────────────────────

create table public.notifications (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  user_id uuid,
  kind text not null,
  title text not null,
  thread_id uuid,
  channel_session_id uuid,
  message_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  constraint notifications_tenant_id_id_pkey primary key (tenant_id, id),
  constraint notifications_tenant_id_message_id_key unique (tenant_id, message_id),
  constraint notifications_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint notifications_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint notifications_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint notifications_tenant_id_channel_session_id_fkey foreign key (tenant_id, channel_session_id)
  references public.et_channel_sessions (tenant_id, id)
);
comment on table public.notifications is 'What the staff should know now. Without user_id it is for everybody.';
comment on column public.notifications.message_id is
'The message it is about, where it is about one that did not arrive: nobody is told twice of the same.';
create index notifications_tenant_id_created_at_idx on public.notifications (tenant_id, created_at desc);
create index notifications_tenant_id_thread_id_idx on public.notifications (tenant_id, thread_id, created_at desc);
create index notifications_tenant_id_channel_session_id_idx on public.notifications
(tenant_id, channel_session_id, created_at desc) where channel_session_id is not null;

create function private.tg_queue__tell_staff() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.notifications (tenant_id, kind, title, thread_id, message_id)
  select m.tenant_id, 'reply_failed', case new.status
    when 'dispatch_unknown' then 'Nobody knows whether an automatic message arrived'
    else 'An automatic message did not arrive' end, new.thread_id, m.id
  from public.et_messages as m
  where m.tenant_id = new.tenant_id and m.id = new.message_id and m.sender_kind = 'ai'
  on conflict (tenant_id, message_id) do nothing;
  return null;
end
$$;
comment on function private.tg_queue__tell_staff() is
'Definer: the contact believes nobody answers, and nobody of the staff wrote what was lost: they are told, once.';
create trigger et_outbound_queue_820_tell_staff after update of status on public.et_outbound_queue
for each row when (
  new.status in ('failed', 'bounced', 'dispatch_unknown') and old.status is distinct from new.status
  and new.status_reason is distinct from 'resolved_by_person')
execute function private.tg_queue__tell_staff();

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.et_thread_insights enable row level security;
alter table public.et_thread_insights force row level security;
alter table public.thread_insight_versions enable row level security;
alter table public.thread_insight_versions force row level security;
alter table public.notifications enable row level security;
alter table public.notifications force row level security;
alter table private.insight_work enable row level security;
alter table private.insight_work force row level security;

-- A summary tells what was said: who may not read a conversation does not read that either.
-- A scalar, not `exists`: that reads every thread once for a page of fifty, 150 ms where there are a hundred thousand.
create policy et_thread_insights_select_staff on public.et_thread_insights for select to authenticated
using (
  tenant_id = (select private.current_tenant()) and (
    select t.staff_readable from public.et_threads as t
    where t.tenant_id = et_thread_insights.tenant_id and t.id = et_thread_insights.thread_id
  )
);
create policy et_thread_insights_select_worker on public.et_thread_insights for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy thread_insight_versions_select_staff on public.thread_insight_versions for select to authenticated
using (
  tenant_id = (select private.current_tenant()) and exists (
    select from public.et_threads as t
    where t.tenant_id = thread_insight_versions.tenant_id and t.id = thread_insight_versions.thread_id
      and t.staff_readable
  )
);
create policy notifications_select_staff on public.notifications for select to authenticated
using (tenant_id = (select private.current_tenant()) and coalesce(user_id = (select private.current_user_id()), true));
create policy insight_work_select_worker on private.insight_work for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

revoke all on public.et_thread_insights, public.thread_insight_versions, public.notifications, private.insight_work
from public, anon, authenticated, service_role;
grant select on public.et_thread_insights to authenticated, service_role, parley_worker;
grant select on public.thread_insight_versions, public.notifications to authenticated, service_role;
grant select on private.insight_work to parley_worker;
grant execute on function private.claim_insights(text, integer, uuid, uuid[]),
private.thread_history(uuid, uuid, integer), private.fail_insight(uuid, uuid, bigint, text),
private.renew_insights(uuid[], uuid[], bigint[]), private.run_follow_ups(integer),
private.next_follow_up() to parley_worker;
