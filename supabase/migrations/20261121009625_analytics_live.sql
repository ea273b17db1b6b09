-- Chapter: analytics, part four: what is so now, for the board and for operators; and who may read all of it.
--
--   private.*_work, et_threads, realtime_reports ──▶ board_queues, board_threads, board_connected
--   rollup_state ──▶ board_freshness: how old everything else is
--   Postgres's own statistics ──▶ private.database_figures(), for operators alone

-- ── what waits, who is there ─────────────────────────────────────────────────────────────────────────────────────

create view private.waiting_items with (security_invoker = on) as
select
  'inbound' as queue,
  w.tenant_id,
  w.run_at as since,
  w.lease_until,
  1 as items
from private.inbound_work as w
union all
select
  'outbound' as queue,
  w.tenant_id,
  w.run_at as since,
  w.lease_until,
  1 as items
from private.outbound_work as w where w.run_at < 'infinity'
union all
select
  'insights' as queue,
  w.tenant_id,
  w.run_at as since,
  w.lease_until,
  1 as items
from private.insight_work as w where w.run_at < 'infinity'
union all
select
  'assistants' as queue,
  w.tenant_id,
  w.run_at as since,
  w.lease_until,
  1 as items
from private.assist_work as w where w.status = 'waiting'
union all
select
  'moderation' as queue,
  w.tenant_id,
  w.run_at as since,
  w.lease_until,
  1 as items
from private.moderation_work as w
union all
select
  'moderation' as queue,
  w.tenant_id,
  w.run_at as since,
  w.lease_until,
  1 as items
from private.word_work as w
union all
-- How long a file has waited, not until when it is put off.
select
  'attachments' as queue,
  w.tenant_id,
  a.created_at as since,
  w.lease_until,
  1 as items
from private.attachment_work as w
inner join public.message_attachments as a on w.tenant_id = a.tenant_id and w.attachment_id = a.id
union all
select
  'notifier' as queue,
  w.tenant_id,
  w.run_at as since,
  w.lease_until,
  1 as items
from private.notification_pushes as w where w.status = 'waiting'
union all
-- A paused account's calls wait on purpose: they are counted, but nobody is late.
select
  'ingress' as queue,
  w.tenant_id,
  case when s.status <> 'paused' then w.run_at end as since,
  null::timestamptz as lease_until,
  1 as items
from private.webhook_work as w
inner join public.et_channel_sessions as s on w.tenant_id = s.tenant_id and w.session_id = s.id
union all
select
  'ingress' as queue,
  w.tenant_id,
  null::timestamptz as since,
  w.lease_until,
  0 as items
from private.webhook_leases as w;
comment on view private.waiting_items is
'What waits in every queue, since when, and who is at it. items 0: a lease on an account, not on an item.';

create function private.queue_metrics()
returns table (queue text, tenant_id uuid, depth bigint, oldest_seconds double precision, in_flight bigint)
language sql stable security definer set search_path = '' as $$
  select w.queue, w.tenant_id, sum(w.items), greatest(0, coalesce(extract(epoch from clock_timestamp()
    - min(w.since)), 0))::float8, count(*) filter (where w.lease_until > clock_timestamp())
  from private.waiting_items as w group by w.queue, w.tenant_id having sum(w.items) > 0
$$;
comment on function private.queue_metrics() is
'Definer, for /metrics and autoscalers: depth, age of the oldest and in-flight per queue and tenant.';

create function private.own_queues()
returns table (queue text, depth bigint, oldest_seconds double precision, in_flight bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.current_tenant();
begin
  return query
  select n.queue, coalesce(sum(w.items), 0)::bigint, greatest(0, coalesce(extract(epoch from clock_timestamp()
    - min(w.since)), 0))::float8, count(*) filter (where w.lease_until > clock_timestamp())
  from unnest('{inbound,outbound,moderation,insights,assistants,attachments,notifier,ingress}'::text[])
    with ordinality as n (queue, place)
  left join (select i.* from private.waiting_items as i where i.tenant_id = v_tenant) as w on w.queue = n.queue
  where v_tenant is not null group by n.queue, n.place order by n.place;
end
$$;
comment on function private.own_queues() is 'Definer, for board_queues: what waits of the caller''s own tenant.';

create function private.own_threads()
returns table (active_hour bigint, active_day bigint, open bigint, with_people bigint, unread bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.current_tenant();
begin
  select count(*) into active_hour from (
    select from public.et_threads as x
    where x.tenant_id = v_tenant and x.folder = 'inbox' and x.status in ('open', 'snoozed', 'closed')
      and x.staff_readable and x.last_message_at > now() - interval '1 hour' limit 10000) as l;
  select count(*) into active_day from (
    select from public.et_threads as x
    where x.tenant_id = v_tenant and x.folder = 'inbox' and x.status in ('open', 'snoozed', 'closed')
      and x.staff_readable and x.last_message_at > now() - interval '1 day' limit 10000) as l;
  select count(*), count(*) filter (where l.control = 'human'), count(*) filter (where l.unread_count > 0)
  into open, with_people, unread
  from (
    select x.control, x.unread_count from public.et_threads as x
    where x.tenant_id = v_tenant and x.folder = 'inbox' and x.status = 'open' and x.staff_readable
    order by x.last_message_at desc limit 10000) as l;
  return next;
end
$$;
comment on function private.own_threads() is
'Definer, for board_threads: conversations of the caller''s own tenant; no count goes further than 10,000.';

create function private.own_connections() returns table (connections bigint, processes bigint, reported_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select coalesce(sum(r.connections) filter (where r.reported_at > now() - interval '1 minute'), 0)::bigint,
    count(*) filter (where r.reported_at > now() - interval '1 minute'), max(r.reported_at)
  from private.realtime_reports as r where r.tenant_id = private.current_tenant();
end
$$;
comment on function private.own_connections() is
'Definer, for board_connected: connections of the caller''s own tenant, as gateways said in the last minute.';

create function private.rollups_as_of() returns timestamptz
language plpgsql stable security definer set search_path = '' as $$
begin
  return (select s.as_of from private.rollup_state as s);
end
$$;
comment on function private.rollups_as_of() is
'Definer: all that was committed before is counted; null before the first time.';

create view public.board_freshness with (security_invoker = on) as
select
  t.id as tenant_id,
  a.as_of,
  round(extract(epoch from clock_timestamp() - a.as_of), 3)::float8 as age_seconds
from public.tenants as t cross join private.rollups_as_of() as a (as_of);
comment on view public.board_freshness is
'How old what is added up is: all that was committed before as_of is counted. More than a minute: see the runbook.';

create view public.board_queues with (security_invoker = on) as
select
  t.id as tenant_id,
  q.queue,
  q.depth,
  q.oldest_seconds,
  q.in_flight
from public.tenants as t cross join private.own_queues() as q
where t.id = (select private.current_tenant());
comment on view public.board_queues is 'What waits now, since when, and how much of it somebody is at.';

create view public.board_connected with (security_invoker = on) as
select
  t.id as tenant_id,
  c.connections,
  c.processes,
  c.reported_at
from public.tenants as t cross join private.own_connections() as c
where t.id = (select private.current_tenant());
comment on view public.board_connected is
'WebSockets of the tenant''s people now, and how many gateway processes told of them in the last minute.';

create view public.board_threads with (security_invoker = on) as
select
  t.id as tenant_id,
  c.active_hour,
  c.active_day,
  c.open,
  c.with_people,
  c.unread
from public.tenants as t cross join private.own_threads() as c
where t.id = (select private.current_tenant());
comment on view public.board_threads is
'Conversations of the inbox in which something was written lately; of the 10,000 newest open ones: how many there are, '
'people have, and are unread. Nothing counts further than 10,000.';

-- ── the database itself ──────────────────────────────────────────────────────────────────────────────────────────

create function private.database_figures()
returns table (
  relation text, rows_estimated bigint, dead bigint, table_bytes bigint, total_bytes bigint, seq_scans bigint,
  index_scans bigint, index_share numeric, cache_share numeric, hot_share numeric, inserted bigint, updated bigint,
  vacuumed_at timestamptz, analyzed_at timestamptz
)
language sql stable security definer set search_path = '' as $$
  select s.schemaname || '.' || s.relname, s.n_live_tup, s.n_dead_tup, pg_relation_size(s.relid),
    pg_total_relation_size(s.relid), s.seq_scan, s.idx_scan, private.rate(s.idx_scan, s.idx_scan + s.seq_scan),
    private.rate(i.heap_blks_hit + i.idx_blks_hit,
      i.heap_blks_hit + i.idx_blks_hit + i.heap_blks_read + i.idx_blks_read),
    private.rate(s.n_tup_hot_upd, s.n_tup_upd), s.n_tup_ins, s.n_tup_upd,
    greatest(s.last_vacuum, s.last_autovacuum), greatest(s.last_analyze, s.last_autoanalyze)
  from pg_catalog.pg_stat_user_tables as s
  inner join pg_catalog.pg_statio_user_tables as i on i.relid = s.relid
  where (s.schemaname, s.relname) in (
    ('public', 'et_messages'), ('public', 'et_threads'), ('public', 'et_outbound_queue'),
    ('public', 'et_channel_sessions'), ('public', 'et_thread_insights'), ('public', 'dispatch_attempts'),
    ('public', 'delivery_receipts'), ('public', 'inbound_decisions'), ('public', 'moderation_verdicts'),
    ('public', 'message_attachments'), ('public', 'rollups'), ('private', 'inbound_work'),
    ('private', 'outbound_work'), ('private', 'rollup_moves'), ('realtime', 'messages'))
  order by pg_total_relation_size(s.relid) desc
$$;
comment on function private.database_figures() is
'Definer, for operators: size, bloat, cache and index use of the messaging tables, as Postgres counts them since its '
'statistics were reset. Of the whole installation, so no tenant''s.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.rollups enable row level security;
alter table public.rollups force row level security;
alter table private.rollup_moves enable row level security;
alter table private.rollup_moves force row level security;
alter table private.rollup_people enable row level security;
alter table private.rollup_people force row level security;
alter table private.rollup_state enable row level security;
alter table private.rollup_state force row level security;
alter table private.realtime_reports enable row level security;
alter table private.realtime_reports force row level security;
create policy rollups_select_staff on public.rollups for select to authenticated
using (tenant_id = (select private.current_tenant()));

revoke all on public.rollups, private.rollup_moves, private.rollup_people, private.rollup_state,
private.realtime_reports, private.message_facts, private.answer_facts, private.decision_facts, private.settled_facts,
private.move_facts, private.waiting_items, public.board_volume, public.board_deliveries, public.board_attempts,
public.board_bins, public.board_responses, public.board_waits, public.board_decisions, public.board_moderation,
public.board_uploads, public.board_people, public.board_connections, public.board_errors, public.board_freshness,
public.board_queues, public.board_connected, public.board_threads from public, anon, authenticated, service_role;
grant select on public.rollups, public.board_volume, public.board_deliveries, public.board_attempts, public.board_bins,
public.board_responses, public.board_waits, public.board_decisions, public.board_moderation, public.board_uploads,
public.board_people, public.board_connections, public.board_errors, public.board_freshness, public.board_queues,
public.board_connected, public.board_threads to authenticated, service_role;
grant execute on function private.rate(numeric, numeric), private.bin_seconds(smallint[], bigint[], double precision),
private.own_queues(), private.own_threads(), private.own_connections(), private.rollups_as_of()
to authenticated, service_role;
grant execute on function private.queue_metrics() to parley_worker, parley_api;
grant execute on function private.count_rollups(integer), private.sweep_rollups() to parley_worker;
grant execute on function private.rollups_as_of() to parley_worker, parley_api;
grant execute on function private.report_connections(text, bigint, jsonb) to parley_realtime;
grant execute on function private.check_rollups(timestamptz, timestamptz) to service_role, parley_worker;
grant execute on function private.database_figures() to service_role, parley_worker;
