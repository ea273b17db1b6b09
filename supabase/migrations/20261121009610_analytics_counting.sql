-- Chapter: analytics, part two: how moves are noted, counted, proved and made again.

-- ── noting ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_queue__note_move() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.rollup_moves (tenant_id, metric, ref, at, channel, was, became)
  values (new.tenant_id, 'deliveries', new.id, new.created_at, new.channel,
    case when old.status = 'dispatch_unknown' then 'unknown' when old.status not in ('queued', 'sending')
      then old.status end,
    case when new.status = 'dispatch_unknown' then 'unknown' when new.status not in ('queued', 'sending')
      then new.status end);
  return null;
end
$$;
comment on function private.tg_queue__note_move() is 'Definer: a send that came to rest, or moved on from there.';
create trigger et_outbound_queue_900_note_move after update of status on public.et_outbound_queue
for each row when (
  new.status <> old.status and not (old.status in ('queued', 'sending') and new.status in ('queued', 'sending'))
)
execute function private.tg_queue__note_move();

create function private.tg_attempts__note_move() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.rollup_moves (tenant_id, metric, ref, at, was, became)
  values (new.tenant_id, 'attempts', new.id, new.claimed_at, case tg_op when 'UPDATE' then old.outcome end,
    new.outcome);
  return null;
end
$$;
comment on function private.tg_attempts__note_move() is 'Definer: a try that ended.';
create trigger dispatch_attempts_900_note_move after update of outcome on public.dispatch_attempts
for each row when (old.outcome is distinct from new.outcome) execute function private.tg_attempts__note_move();
create trigger dispatch_attempts_910_note_ended after insert on public.dispatch_attempts
for each row when (new.outcome is not null) execute function private.tg_attempts__note_move();

create function private.tg_decisions__note_move() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.rollup_moves (tenant_id, metric, ref, at, became)
  select d.tenant_id, 'decisions', d.id, d.created_at, d.action from added as d;
  return null;
end
$$;
comment on function private.tg_decisions__note_move() is 'Definer: decisions of a statement.';
create trigger inbound_decisions_900_note_move after insert on public.inbound_decisions
referencing new table as added for each statement execute function private.tg_decisions__note_move();

create function private.tg_verdicts__note_move() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.rollup_moves (tenant_id, metric, ref, at, channel, became, ms)
  select v.tenant_id, 'moderation', v.id, v.created_at, '', v.decision || ':' || v.decider,
    case when v.decider <> 'person' then v.waited_ms end
  from added as v;
  return null;
end
$$;
comment on function private.tg_verdicts__note_move() is 'Definer: verdicts of a statement.';
create trigger moderation_verdicts_900_note_move after insert on public.moderation_verdicts
referencing new table as added for each statement execute function private.tg_verdicts__note_move();

create function private.tg_attachments__note_move() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into private.rollup_moves (tenant_id, metric, ref, at, channel, became)
    values (new.tenant_id, 'uploads', new.id, new.created_at, '', new.status);
  elsif tg_op = 'DELETE' then
    insert into private.rollup_moves (tenant_id, metric, ref, at, channel, was)
    values (old.tenant_id, 'uploads', old.id, old.created_at, '', old.status);
  elsif new.status <> old.status then
    insert into private.rollup_moves (tenant_id, metric, ref, at, channel, was, became)
    values (new.tenant_id, 'uploads', new.id, new.created_at, '', old.status, new.status);
  end if;
  return null;
end
$$;
comment on function private.tg_attachments__note_move() is 'Definer: a file that came, was checked, or went.';
create trigger message_attachments_900_note_move after insert or update of status or delete
on public.message_attachments
for each row execute function private.tg_attachments__note_move();

-- ── counting ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.count_moves(p_limit integer) returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_batch tid[] := array(select m.ctid from private.rollup_moves as m limit p_limit);
begin
  insert into public.rollups as r (tenant_id, metric, step, at, channel, label, bin, n)
  select f.tenant_id, f.metric, s.step, date_trunc(s.step, f.at, 'UTC'), f.channel, f.label, f.bin, sum(f.n)
  from private.move_facts as f cross join (values ('hour'), ('day')) as s (step)
  where f.place = any(v_batch) and f.channel is not null
  group by 1, 2, 3, 4, 5, 6, 7 having sum(f.n) <> 0
  on conflict (tenant_id, metric, step, at, channel, label, bin) do update set n = r.n + excluded.n;
  delete from private.rollup_moves as m where m.ctid = any(v_batch);
  return cardinality(v_batch);
end
$$;
comment on function private.count_moves(integer) is
'Adds up moves and takes them away, for who holds the lock of rollup_state; how many there were.';

create function private.count_messages(p_epoch integer, p_from xid8, p_until xid8) returns bigint
language plpgsql volatile set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_found bigint;
begin
  with found as materialized (
    select m.* from public.tenants as t cross join lateral (
      select f.* from private.message_facts as f
      where f.tenant_id = t.id and f.feed_epoch = p_epoch and f.xid >= p_from and (p_until is null or f.xid < p_until)
    ) as m
  ), new_people as (
    insert into private.rollup_people as p (tenant_id, day, kind, sender)
    select distinct f.tenant_id, date_trunc('day', f.at, 'UTC'), f.kind, f.sender from found as f
    where f.kind is not null
    on conflict (tenant_id, day, kind, sender) do nothing returning p.tenant_id, p.day, p.kind
  ), counted as (
    insert into public.rollups as r (tenant_id, metric, step, at, channel, label, n)
    select f.tenant_id, 'messages', s.step, date_trunc(s.step, f.at, 'UTC'), f.channel, f.label, count(*)
    from found as f cross join (values ('hour'), ('day')) as s (step) group by 1, 2, 3, 4, 5, 6
    union all
    select p.tenant_id, 'people', 'day', p.day, '', p.kind, count(*) from new_people as p group by 1, 2, 3, 4, 5, 6
    on conflict (tenant_id, metric, step, at, channel, label, bin) do update set n = r.n + excluded.n
  )
  select count(*) into v_found from found;
  return v_found;
end
$$;
comment on function private.count_messages(integer, xid8, xid8) is
'Adds up the messages of a range of transactions, all of them over, for who holds the lock of rollup_state.';

create function private.count_until(p_epoch integer, p_from xid8, p_horizon xid8, p_limit integer) returns xid8
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_until xid8;
begin
  -- Of every tenant that has more than p_limit: where the transaction after its p_limit-th message begins.
  select min(n.xid) into v_until from public.tenants as t
  cross join lateral (
    select m.xid from public.et_messages as m
    where m.tenant_id = t.id and m.feed_epoch = p_epoch and m.xid >= p_from
    order by m.xid offset p_limit limit 1) as l
  cross join lateral (
    select m.xid from public.et_messages as m
    where m.tenant_id = t.id and m.feed_epoch = p_epoch and m.xid > l.xid order by m.xid limit 1) as n;
  return least(v_until, p_horizon);
end
$$;
comment on function private.count_until(integer, xid8, xid8, integer) is
'Where to stop counting messages for now: at the horizon, or where a tenant has enough of them for one transaction.';

create function private.count_rollups(p_limit integer default 20000) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_first boolean := pg_current_xact_id_if_assigned() is null;
  v_at timestamptz := clock_timestamp();
  v_epoch integer := private.feed_epoch();
  v_state private.rollup_state%rowtype;
  v_horizon xid8;
  v_until xid8;
  v_moves bigint;
  v_messages bigint;
begin
  select s.* into v_state from private.rollup_state as s for update skip locked;
  if not found then
    return 0;
  end if;
  -- What is below the horizon is over, and each statement from here on sees all of it.
  v_horizon := case when v_state.feed_epoch = v_epoch then pg_snapshot_xmin(pg_current_snapshot()) end;
  v_moves := private.count_moves(p_limit);
  v_until := private.count_until(v_state.feed_epoch, v_state.xid, v_horizon, p_limit);
  v_messages := private.count_messages(v_state.feed_epoch, v_state.xid, v_until);
  if v_moves < p_limit and v_until = v_horizon and v_is_first then
    -- Whoever committed before v_at has an older number than this transaction.
    if v_horizon = pg_current_xact_id() then
      v_state.as_of := v_at;
    elsif v_horizon >= v_state.seen_xid then
      v_state.as_of := greatest(v_state.as_of, v_state.seen_at);
    end if;
    if v_state.seen_xid is null or v_horizon >= v_state.seen_xid then
      v_state.seen_xid := pg_current_xact_id();
      v_state.seen_at := v_at;
    end if;
  end if;
  if v_until is null then
    v_state.feed_epoch := v_state.feed_epoch + 1;
    v_until := '0';
    v_state.seen_xid := null;
  end if;
  update private.rollup_state as s
  set feed_epoch = v_state.feed_epoch, xid = v_until, as_of = v_state.as_of, seen_xid = v_state.seen_xid,
    seen_at = v_state.seen_at;
  return v_moves + v_messages;
end
$$;
comment on function private.count_rollups(integer) is
'Definer, for the housekeeper: counts what is new, about p_limit of it; 0 when nothing is, or somebody else is at it. '
'All or nothing: killed anywhere, it has counted nothing.';

-- ── proving, making again, forgetting ────────────────────────────────────────────────────────────────────────────

create function private.rollup_base(p_from timestamptz, p_to timestamptz)
returns table (tenant_id uuid, metric text, at timestamptz, channel text, label text, bin smallint, n bigint)
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
begin
  return query
  select m.tenant_id, 'messages', date_trunc('hour', m.at, 'UTC'), m.channel, m.label, -1::smallint, count(*)
  from private.message_facts as m
  where m.at >= p_from and m.at < p_to
    and (m.feed_epoch, m.xid) < (select s.feed_epoch, s.xid from private.rollup_state as s)
  group by 1, 2, 3, 4, 5
  union all
  select f.tenant_id, f.metric, date_trunc('hour', f.at, 'UTC'), f.channel, f.label, f.bin, count(*)
  from private.settled_facts as f where f.at >= p_from and f.at < p_to
  group by 1, 2, 3, 4, 5, 6;
end
$$;
comment on function private.rollup_base(timestamptz, timestamptz) is
'What the tables say of the hours from p_from to p_to, messages as far as they are counted. Reads all of it.';

create function private.check_rollups(p_from timestamptz, p_to timestamptz)
returns table (
  tenant_id uuid, metric text, at timestamptz, channel text, label text, bin smallint, counted bigint, there bigint
)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  with counted as (
    select c.tenant_id, c.metric, c.at, c.channel, c.label, c.bin, sum(c.n)::bigint as n
    from (
      select r.tenant_id, r.metric, r.at, r.channel, r.label, r.bin, r.n from public.rollups as r
      where r.step = 'hour' and r.metric <> 'realtime' and r.at >= p_from and r.at < p_to
      union all
      select m.tenant_id, m.metric, date_trunc('hour', m.at, 'UTC'), m.channel, m.label, m.bin, m.n
      from private.move_facts as m where m.at >= p_from and m.at < p_to and m.channel is not null
    ) as c group by 1, 2, 3, 4, 5, 6
  ), days as (
    select d.tenant_id, d.metric, d.at, d.channel, d.label, d.bin, d.n, (
      select coalesce(sum(h.n), 0)::bigint from public.rollups as h
      where h.tenant_id = d.tenant_id and h.metric = d.metric and h.step = 'hour' and h.at >= d.at
        and h.at < d.at + interval '1 day' and h.channel = d.channel and h.label = d.label and h.bin = d.bin) as hours
    from public.rollups as d
    where d.step = 'day' and d.metric not in ('people', 'realtime') and d.at >= p_from
      and d.at + interval '1 day' <= p_to
  ), people as (
    select p.tenant_id, p.at, p.label, p.n, (
      select count(*) from private.rollup_people as s
      where s.tenant_id = p.tenant_id and s.day = p.at and s.kind = p.label) as senders
    from public.rollups as p
    where p.metric = 'people' and p.at >= p_from and p.at + interval '1 day' <= p_to
  )
  select coalesce(c.tenant_id, b.tenant_id), coalesce(c.metric, b.metric), coalesce(c.at, b.at),
    coalesce(c.channel, b.channel), coalesce(c.label, b.label), coalesce(c.bin, b.bin), coalesce(c.n, 0),
    coalesce(b.n, 0)
  from counted as c full join private.rollup_base(p_from, p_to) as b
    on c.tenant_id = b.tenant_id and c.metric = b.metric and c.at = b.at and c.channel = b.channel
      and c.label = b.label and c.bin = b.bin
  where coalesce(c.n, 0) <> coalesce(b.n, 0)
  union all
  select d.tenant_id, d.metric, d.at, d.channel, d.label, d.bin, d.n, d.hours from days as d where d.n <> d.hours
  union all
  select p.tenant_id, 'people', p.at, '', p.label, -1::smallint, p.n, p.senders from people as p
  where p.n <> p.senders;
end
$$;
comment on function private.check_rollups(timestamptz, timestamptz) is
'Definer, for DBAs: where what was counted (and what waits to be) differs from what the tables say, in whole hours; '
'days and people where whole days are asked for. No rows: it adds up. Holds while everything runs.';

create function private.rebuild_rollups(p_from timestamptz, p_to timestamptz) returns bigint
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_from timestamptz := date_trunc('day', p_from, 'UTC');
  v_to timestamptz := date_trunc('day', p_to - interval '1 microsecond', 'UTC') + interval '1 day';
  v_rows bigint;
begin
  perform from private.rollup_state as s for update;
  -- One statement, one snapshot: moves it sees are in what it reads, others wait and are counted later.
  with base as materialized (
    select b.* from private.rollup_base(v_from, v_to) as b
  ), writers as materialized (
    select distinct m.tenant_id, date_trunc('day', m.at, 'UTC') as day, m.kind, m.sender
    from private.message_facts as m
    where m.at >= v_from and m.at < v_to and m.kind is not null
      and (m.feed_epoch, m.xid) < (select s.feed_epoch, s.xid from private.rollup_state as s)
  ), wanted as materialized (
    select b.tenant_id, b.metric, s.step, date_trunc(s.step, b.at, 'UTC') as at, b.channel, b.label, b.bin,
      sum(b.n)::bigint as n
    from base as b cross join (values ('hour'), ('day')) as s (step) group by 1, 2, 3, 4, 5, 6, 7
    union all
    select w.tenant_id, 'people', 'day', w.day, '', w.kind, -1::smallint, count(*) from writers as w group by 1, 4, 6
  ), drained as (
    delete from private.rollup_moves as m where m.at >= v_from and m.at < v_to
  ), gone_people as (
    delete from private.rollup_people as p where p.day >= v_from and p.day < v_to and not exists (
      select from writers as w
      where w.tenant_id = p.tenant_id and w.day = p.day and w.kind = p.kind and w.sender = p.sender)
  ), new_people as (
    insert into private.rollup_people (tenant_id, day, kind, sender)
    select w.tenant_id, w.day, w.kind, w.sender from writers as w
    on conflict (tenant_id, day, kind, sender) do nothing
  ), gone as (
    delete from public.rollups as r
    where r.metric <> 'realtime' and r.at >= v_from and r.at < v_to and not exists (
      select from wanted as w
      where w.tenant_id = r.tenant_id and w.metric = r.metric and w.step = r.step and w.at = r.at
        and w.channel = r.channel and w.label = r.label and w.bin = r.bin)
  ), made as (
    insert into public.rollups (tenant_id, metric, step, at, channel, label, bin, n)
    select w.tenant_id, w.metric, w.step, w.at, w.channel, w.label, w.bin, w.n from wanted as w
    on conflict (tenant_id, metric, step, at, channel, label, bin) do update set n = excluded.n
    returning 1
  )
  select count(*) into v_rows from made;
  return v_rows;
end
$$;
comment on function private.rebuild_rollups(timestamptz, timestamptz) is
'Definer, for DBAs: makes the buckets of the days from p_from to p_to again from the tables (all but realtime, which '
'is nowhere else); how many there are. Counting waits meanwhile; nothing else does.';

create function private.sweep_rollups() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_hours bigint;
  v_people bigint;
begin
  -- Metric by metric, so that each look goes through the key.
  delete from public.rollups as r using public.tenants as t cross join unnest(
    '{messages,deliveries,attempts,waits,responses,decisions,moderation,uploads,realtime}'::text[]) as m (metric)
  where r.tenant_id = t.id and r.metric = m.metric and r.step = 'hour' and r.at < now() - interval '400 days';
  get diagnostics v_hours = row_count;
  delete from private.rollup_people as p using public.tenants as t
  where p.tenant_id = t.id and p.day < now() - interval '32 days';
  get diagnostics v_people = row_count;
  delete from private.realtime_reports as r where r.reported_at < now() - interval '1 day';
  return v_hours + v_people;
end
$$;
comment on function private.sweep_rollups() is
'Definer, for the housekeeper: hours older than 400 days (their days stay), who wrote a month ago, and processes that '
'have said nothing for a day.';

-- ── the Realtime gateway ─────────────────────────────────────────────────────────────────────────────────────────

create function private.report_connections(p_process text, p_number bigint, p_parties jsonb) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_taken bigint;
begin
  -- A report that comes twice finds its number there.
  with told as materialized (
    select h.tenant_id, r.value as figures
    from jsonb_each(p_parties) as r
    cross join lateral (
      select substring(r.key from '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')::uuid as user_id,
        split_part(r.key, '@', 2) as named) as u
    cross join lateral (
      -- A token may name a tenant in which its user is nobody: where he is somebody counts.
      select l.tenant_id from (
        select m.tenant_id from public.tenant_members as m where m.user_id = u.user_id
        union all
        select p.tenant_id from public.thread_participants as p where p.user_id = u.user_id and p.left_at is null
      ) as l order by l.tenant_id::text <> u.named, l.tenant_id limit 1) as h
  ), kept as (
    insert into private.realtime_reports as r (tenant_id, process, number, connections)
    select t.tenant_id, p_process, p_number, sum((t.figures ->> 'connections')::integer) from told as t
    group by t.tenant_id order by t.tenant_id
    on conflict (tenant_id, process) do update
    set number = excluded.number, connections = excluded.connections, reported_at = clock_timestamp()
    where r.number < excluded.number
    returning r.tenant_id, r.connections
  ), facts as (
    select k.tenant_id, f.label, -1::smallint as bin, sum((t.figures ->> f.label)::bigint) as n
    from kept as k inner join told as t on t.tenant_id = k.tenant_id
    cross join (values ('opened'), ('closed'), ('broken')) as f (label) group by k.tenant_id, f.label
    union all
    select k.tenant_id, 'lasted', private.time_bin(f.seconds::float8), count(*)
    from kept as k inner join told as t on t.tenant_id = k.tenant_id
    cross join lateral jsonb_array_elements_text(t.figures -> 'lasted') as f (seconds) group by 1, 3
  ), added as (
    insert into public.rollups as r (tenant_id, metric, step, at, channel, label, bin, n)
    select f.tenant_id, 'realtime', s.step, date_trunc(s.step, now(), 'UTC'), '', f.label, f.bin, f.n
    from facts as f cross join (values ('hour'), ('day')) as s (step) where f.n > 0 order by 1, 3, 6, 7
    on conflict (tenant_id, metric, step, at, channel, label, bin) do update set n = r.n + excluded.n
  ), peaks as (
    insert into public.rollups as r (tenant_id, metric, step, at, channel, label, n)
    select k.tenant_id, 'realtime', s.step, date_trunc(s.step, now(), 'UTC'), '', 'connections', k.connections + (
      select coalesce(sum(o.connections), 0) from private.realtime_reports as o
      where o.tenant_id = k.tenant_id and o.process <> p_process and o.reported_at > now() - interval '1 minute')
    from kept as k cross join (values ('hour'), ('day')) as s (step) order by 1, 3
    on conflict (tenant_id, metric, step, at, channel, label, bin) do update set n = greatest(r.n, excluded.n)
  )
  select count(*) into v_taken from kept;
  return v_taken;
end
$$;
comment on function private.report_connections(text, bigint, jsonb) is
'Definer, for the Realtime gateway: {party: {connections, opened, closed, broken, lasted: [seconds]}} since its last '
'report, a party being <user id> or <user id>@<tenant id>, who counts where he works or takes part in a conversation. '
'A number that was taken already changes nothing. connections in rollups is the most there were at once.';
