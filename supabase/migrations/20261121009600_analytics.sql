-- Chapter: analytics. What the operations board adds up, kept in hours and days so that it answers at any size.
--
--   et_messages ──feed cursor (feed_epoch, xid), below every transaction still running──┐
--   queue, attempts, decisions, verdicts, files ──trigger──▶ private.rollup_moves ──────┼─▶ count_rollups() ─▶ rollups
--   the Realtime gateway ──one report per process and interval──────────────────────────┘    (the housekeeper)
--
-- Ingest pays nothing: messages are read afterwards by the cursor of their feed. What changes later is a move, one row
-- in the transaction that changes it: what it counted as before, and what it counts as now. Counting takes moves away
-- and adds them up in one transaction: killed anywhere, it has counted nothing or all of it. At every moment holds
--   rollups + moves that wait = what the tables say
-- which private.check_rollups() proves, and private.rebuild_rollups() makes true again.
--
-- A bucket is the hour (day) of the event: of the writing of a message, whenever its receipt comes. Buckets are UTC.
-- Times are counted in bins, four to a doubling (private.time_bin): bins of buckets add up, percentiles do not.

-- ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.rollups (
  tenant_id uuid not null,
  metric text not null,
  step text not null,
  at timestamptz not null,
  channel text not null,
  label text not null,
  bin smallint not null default -1,
  n bigint not null,
  constraint rollups_tenant_id_metric_step_at_channel_label_bin_pkey
  primary key (tenant_id, metric, step, at, channel, label, bin),
  constraint rollups_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint rollups_step_check check (step in ('hour', 'day')),
  constraint rollups_metric_check check (metric in (
    'messages', 'deliveries', 'attempts', 'waits', 'responses', 'decisions', 'moderation', 'uploads', 'people',
    'realtime'))
)
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
comment on table public.rollups is
'How much of what there was in an hour or a day; the board_* views show it in words. Adds up what other tables hold, '
'and can be made from them again.';
comment on column public.rollups.step is 'hour or day: every event is counted once in each. Ask for one of them.';
comment on column public.rollups.label is
'What was counted: a status, an outcome, an action; see the view of the metric.';
comment on column public.rollups.bin is
'How long it took, as private.time_bin() says; -1 where nothing was timed.';

create table private.rollup_moves (
  tenant_id uuid not null,
  metric text not null,
  ref uuid not null,
  at timestamptz not null,
  channel text,
  was text,
  became text,
  ms integer
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table private.rollup_moves is
'What waits to be counted: a thing that counted as one label and now counts as another. Rows leave in the transaction '
'that counts them. No index: it is read as a whole, and short.';
comment on column private.rollup_moves.at is 'When the thing happened that is counted; it names the bucket.';
comment on column private.rollup_moves.was is 'The label it was counted under; null when it was not counted yet.';

create table private.rollup_people (
  tenant_id uuid not null,
  day timestamptz not null,
  kind text not null,
  sender text not null,
  constraint rollup_people_tenant_id_day_kind_sender_pkey primary key (tenant_id, day, kind, sender),
  constraint rollup_people_kind_check check (kind in ('staff', 'participants', 'contacts'))
);
comment on table private.rollup_people is
'Who wrote on a day, each once: what makes "people" a number of people. Kept a month; the numbers stay.';

create table private.rollup_state (
  one boolean not null default true,
  feed_epoch integer not null default 1,
  xid xid8 not null default '0',
  as_of timestamptz,
  seen_xid xid8,
  seen_at timestamptz,
  constraint rollup_state_one_pkey primary key (one),
  constraint rollup_state_one_check check (one)
);
comment on table private.rollup_state is
'Up to where messages are counted, one row. Whoever counts holds its lock.';
comment on column private.rollup_state.xid is
'Messages of older transactions of this epoch are counted, others are not.';
comment on column private.rollup_state.as_of is 'All that was committed before this moment is counted.';
comment on column private.rollup_state.seen_xid is
'The next transaction at seen_at: once every older one is over and counted, seen_at becomes as_of.';
insert into private.rollup_state default values;

create table private.realtime_reports (
  tenant_id uuid not null,
  process text not null,
  number bigint not null,
  connections integer not null,
  reported_at timestamptz not null default clock_timestamp(),
  constraint realtime_reports_tenant_id_process_pkey primary key (tenant_id, process),
  constraint realtime_reports_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint realtime_reports_process_check check (length(process) between 1 and 200),
  constraint realtime_reports_connections_check check (connections >= 0)
)
with (fillfactor = 50);
comment on table private.realtime_reports is
'What each process of the Realtime gateway said last: connections of a tenant''s people.';
comment on column private.realtime_reports.number is 'Of the report; one that is sent again is counted once.';

-- ── bins ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.time_bin(p_seconds double precision) returns smallint
language sql immutable parallel safe set search_path = '' as $$
  select case when p_seconds is null then null when p_seconds <= 0.001 then 0
    else least(ceil(4 * ln(p_seconds * 1000) / ln(2::float8)), 160) end::smallint
$$;
comment on function private.time_bin(double precision) is
'The bin of a time: 0 up to a millisecond, then four to a doubling, 160 for twelve days and more. Null for null.';

create function private.bin_seconds(p_bins smallint[], p_counts bigint[], p_share double precision)
returns double precision
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_left double precision := 0;
begin
  for i in 1 .. coalesce(cardinality(p_counts), 0) loop
    v_left := v_left + p_counts[i];
  end loop;
  v_left := v_left * p_share;
  for i in 1 .. coalesce(cardinality(p_counts), 0) loop
    v_left := v_left - p_counts[i];
    if v_left <= 0 and p_counts[i] > 0 then
      return round((power(2, (p_bins[i] - 0.5) / 4) / 1000)::numeric, 4);
    end if;
  end loop;
  return null;
end
$$;
comment on function private.bin_seconds(smallint[], bigint[], double precision) is
'A percentile of what was counted in bins, given in their order: the middle of its bin, at most a tenth off.';

-- ── facts: what the tables say ───────────────────────────────────────────────────────────────────────────────────

create view private.message_facts with (security_invoker = on) as
select
  m.tenant_id,
  m.feed_epoch,
  m.xid,
  m.created_at as at,
  m.channel,
  m.direction || ':' || m.sender_kind as label,
  m.sender,
  case m.sender_kind when 'agent' then 'staff' when 'participant' then 'participants' when 'contact' then 'contacts'
  end as kind
from public.et_messages as m;
comment on view private.message_facts is 'What a message counts as. kind: of people who wrote, null for machines.';

create view private.answer_facts with (security_invoker = on) as
select
  a.tenant_id,
  a.id as ref,
  a.claimed_at as at,
  q.channel,
  f.metric,
  f.label,
  private.time_bin(f.seconds) as bin
from public.dispatch_attempts as a
inner join public.et_outbound_queue as q on a.tenant_id = q.tenant_id and a.queue_id = q.id
inner join public.et_messages as m on q.tenant_id = m.tenant_id and q.message_id = m.id
left join lateral (
  select max(p.seq) as seq from public.et_messages as p
  where p.tenant_id = m.tenant_id and p.thread_id = m.thread_id and p.seq < m.seq and p.direction = 'outbound'
    and p.sender_kind in ('ai', 'agent')) as before on m.sender_kind in ('ai', 'agent')
left join lateral (
  select i.created_at from public.et_messages as i
  where i.tenant_id = m.tenant_id and i.thread_id = m.thread_id and i.seq < m.seq and i.seq > coalesce(before.seq, 0)
    and i.direction = 'inbound'
  order by i.seq limit 1) as asked on m.sender_kind in ('ai', 'agent')
cross join lateral (
  values
  ('waits', 'outbound', extract(epoch from a.finished_at - q.scheduled_at)::float8),
  ('responses', m.sender_kind || case when before.seq is null then ':first' else ':following' end,
    extract(epoch from a.finished_at - asked.created_at)::float8)) as f (metric, label, seconds)
where a.outcome = 'accepted' and f.seconds is not null;
comment on view private.answer_facts is
'What was timed of a send that a provider took: how long it was due, and how long somebody had waited for it: since '
'the first thing he wrote after the last answer before.';

create view private.decision_facts with (security_invoker = on) as
select
  d.tenant_id,
  d.id as ref,
  d.created_at as at,
  t.channel,
  f.metric,
  f.label,
  f.bin
from public.inbound_decisions as d
inner join public.et_threads as t on d.tenant_id = t.tenant_id and d.thread_id = t.id
left join public.et_messages as m on d.tenant_id = m.tenant_id and d.thread_id = m.thread_id and d.first_seq = m.seq
cross join lateral (
  values
  ('decisions', d.action, -1::smallint),
  ('waits', 'inbound', private.time_bin(extract(epoch from d.created_at - m.created_at)::float8)))
as f (metric, label, bin)
where f.bin is not null;
comment on view private.decision_facts is 'What a decision counts as, and how long its burst waited for it.';

create view private.settled_facts with (security_invoker = on) as
select
  q.tenant_id,
  'deliveries' as metric,
  q.created_at as at,
  q.channel,
  case q.status when 'dispatch_unknown' then 'unknown' else q.status end as label,
  -1::smallint as bin
from public.et_outbound_queue as q where q.status not in ('queued', 'sending')
union all
select
  a.tenant_id,
  'attempts' as metric,
  a.claimed_at as at,
  q.channel,
  a.outcome as label,
  -1::smallint as bin
from public.dispatch_attempts as a
inner join public.et_outbound_queue as q on a.tenant_id = q.tenant_id and a.queue_id = q.id
where a.outcome is not null
union all
select
  f.tenant_id,
  f.metric,
  f.at,
  f.channel,
  f.label,
  f.bin
from private.answer_facts as f
union all
select
  f.tenant_id,
  f.metric,
  f.at,
  f.channel,
  f.label,
  f.bin
from private.decision_facts as f
union all
select
  v.tenant_id,
  'moderation' as metric,
  v.created_at as at,
  '' as channel,
  v.decision || ':' || v.decider as label,
  -1::smallint as bin
from public.moderation_verdicts as v
union all
select
  v.tenant_id,
  'waits' as metric,
  v.created_at as at,
  '' as channel,
  'moderation' as label,
  private.time_bin(v.waited_ms / 1000.0) as bin
from public.moderation_verdicts as v where v.waited_ms is not null and v.decider <> 'person'
union all
select
  f.tenant_id,
  'uploads' as metric,
  f.created_at as at,
  '' as channel,
  f.status as label,
  -1::smallint as bin
from public.message_attachments as f;
comment on view private.settled_facts is 'Everything that is counted and no message, as the tables say it now.';

create view private.move_facts with (security_invoker = on) as
select
  m.tenant_id,
  m.metric,
  m.at,
  coalesce(m.channel, q.channel, t.channel) as channel,
  x.label,
  -1::smallint as bin,
  x.n,
  m.ctid as place
from private.rollup_moves as m
left join public.dispatch_attempts as a on m.metric = 'attempts' and m.tenant_id = a.tenant_id and m.ref = a.id
left join public.et_outbound_queue as q on a.tenant_id = q.tenant_id and a.queue_id = q.id
left join public.inbound_decisions as d on m.metric = 'decisions' and m.tenant_id = d.tenant_id and m.ref = d.id
left join public.et_threads as t on d.tenant_id = t.tenant_id and d.thread_id = t.id
cross join lateral (values (m.was, -1), (m.became, 1)) as x (label, n)
where x.label is not null
union all
select
  m.tenant_id,
  f.metric,
  f.at,
  f.channel,
  f.label,
  f.bin,
  1 as n,
  m.ctid as place
from private.rollup_moves as m
inner join private.answer_facts as f on m.tenant_id = f.tenant_id and m.ref = f.ref
where m.metric = 'attempts' and m.became = 'accepted'
union all
select
  m.tenant_id,
  f.metric,
  f.at,
  f.channel,
  f.label,
  f.bin,
  1 as n,
  m.ctid as place
from private.rollup_moves as m
inner join private.decision_facts as f on m.tenant_id = f.tenant_id and m.ref = f.ref and f.metric = 'waits'
where m.metric = 'decisions'
union all
select
  m.tenant_id,
  'waits' as metric,
  m.at,
  '' as channel,
  'moderation' as label,
  private.time_bin(m.ms / 1000.0) as bin,
  1 as n,
  m.ctid as place
from private.rollup_moves as m where m.metric = 'moderation' and m.ms is not null;
comment on view private.move_facts is
'What the moves that wait change: n of what is to be added. place: of the move.';
