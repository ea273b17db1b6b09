-- Chapter: analytics, part three: the operations board as views, each by its own in docs/analytics.md, for desks and
-- for people who bring their own dashboards. They run as their reader: staff see their tenant, others nothing.
--
--   rollups ──▶ board_volume, board_deliveries, board_attempts, board_responses, board_waits, board_decisions,
--               board_moderation, board_uploads, board_people, board_connections, board_errors, board_bins
--
-- Every view of rollups has step and at: ask for one step, `hour` or `day`.

create function private.rate(p_part numeric, p_whole numeric) returns numeric
language sql immutable parallel safe set search_path = '' as $$
  select round(p_part / nullif(p_whole, 0), 4)
$$;
comment on function private.rate(numeric, numeric) is
'A share with four places; null where there is nothing to divide.';

create view public.board_volume with (security_invoker = on) as
select
  r.tenant_id,
  r.step,
  r.at,
  r.channel,
  coalesce(sum(r.n) filter (where r.label like 'inbound:%'), 0)::bigint as inbound,
  coalesce(sum(r.n) filter (where r.label like 'outbound:%'), 0)::bigint as outbound,
  coalesce(sum(r.n) filter (where r.label like 'internal:%'), 0)::bigint as internal,
  coalesce(sum(r.n) filter (where r.label = 'outbound:ai'), 0)::bigint as by_ai,
  coalesce(sum(r.n) filter (where r.label = 'outbound:agent'), 0)::bigint as by_agents
from public.rollups as r where r.metric = 'messages'
group by r.tenant_id, r.step, r.at, r.channel;
comment on view public.board_volume is
'How many messages were written, by channel. internal: between people of a conversation.';

create view public.board_deliveries with (security_invoker = on) as
with counted as (
  select
    r.tenant_id,
    r.step,
    r.at,
    r.channel,
    coalesce(sum(r.n) filter (where r.metric = 'messages'), 0)::bigint as written,
    coalesce(sum(r.n) filter (where r.label = 'sent'), 0)::bigint as sent,
    coalesce(sum(r.n) filter (where r.label = 'delivered'), 0)::bigint as delivered,
    coalesce(sum(r.n) filter (where r.label = 'read'), 0)::bigint as read,
    coalesce(sum(r.n) filter (where r.label = 'failed'), 0)::bigint as failed,
    coalesce(sum(r.n) filter (where r.label = 'bounced'), 0)::bigint as bounced,
    coalesce(sum(r.n) filter (where r.label = 'cancelled'), 0)::bigint as cancelled,
    coalesce(sum(r.n) filter (where r.label = 'unknown'), 0)::bigint as unknown
  from public.rollups as r
  where r.metric = 'deliveries' or r.metric = 'messages' and r.label like 'outbound:%'
  group by r.tenant_id, r.step, r.at, r.channel
)

select
  c.tenant_id,
  c.step,
  c.at,
  c.channel,
  c.written,
  greatest(c.written - c.sent - c.delivered - c.read - c.failed - c.bounced - c.cancelled - c.unknown, 0) as open,
  c.sent,
  c.delivered,
  c.read,
  c.failed,
  c.bounced,
  c.cancelled,
  c.unknown,
  private.rate(c.sent + c.delivered + c.read, c.sent + c.delivered + c.read + c.failed + c.bounced + c.unknown)
    as success_rate,
  private.rate(c.delivered + c.read, c.sent + c.delivered + c.read) as delivered_rate,
  private.rate(c.read, c.sent + c.delivered + c.read) as read_rate
from counted as c;
comment on view public.board_deliveries is
'What has become, until now, of the messages that were written in an hour or day. open: under way. unknown: nobody '
'knows whether the provider has it.';

create view public.board_attempts with (security_invoker = on) as
select
  r.tenant_id,
  r.step,
  r.at,
  r.channel,
  r.label as outcome,
  r.n as attempts
from public.rollups as r where r.metric = 'attempts' and r.n <> 0;
comment on view public.board_attempts is 'Every try of every send, by what came of it.';

create view public.board_bins with (security_invoker = on) as
select
  r.tenant_id,
  r.metric,
  r.step,
  r.at,
  r.channel,
  r.label,
  r.bin,
  power(2::float8, (r.bin - 0.5) / 4) / 1000 as seconds,
  r.n
from public.rollups as r where r.metric in ('waits', 'responses', 'realtime') and r.bin >= 0 and r.n <> 0;
comment on view public.board_bins is
'Times in bins, four to a doubling, as they are counted: percentiles of any span are made of the sums of n. seconds: '
'the middle of a bin.';

create view public.board_responses with (security_invoker = on) as
select
  r.tenant_id,
  r.step,
  r.at,
  r.channel,
  split_part(r.label, ':', 1) as answered_by,
  split_part(r.label, ':', 2) as turn,
  sum(r.n)::bigint as answers,
  private.bin_seconds(array_agg(r.bin order by r.bin), array_agg(r.n order by r.bin), 0.5) as p50_seconds,
  private.bin_seconds(array_agg(r.bin order by r.bin), array_agg(r.n order by r.bin), 0.95) as p95_seconds
from public.rollups as r where r.metric = 'responses' and r.n <> 0
group by r.tenant_id, r.step, r.at, r.channel, r.label;
comment on view public.board_responses is
'How long people waited for an answer that left, since the first thing they wrote after the one before. answered_by: '
'ai or agent; turn: first or following.';

create view public.board_waits with (security_invoker = on) as
select
  r.tenant_id,
  r.step,
  r.at,
  r.channel,
  r.label as queue,
  sum(r.n)::bigint as items,
  private.bin_seconds(array_agg(r.bin order by r.bin), array_agg(r.n order by r.bin), 0.5) as p50_seconds,
  private.bin_seconds(array_agg(r.bin order by r.bin), array_agg(r.n order by r.bin), 0.95) as p95_seconds
from public.rollups as r where r.metric = 'waits' and r.n <> 0
group by r.tenant_id, r.step, r.at, r.channel, r.label;
comment on view public.board_waits is
'Processing times: inbound from received to decided, outbound from due to taken by the provider, moderation from '
'written to judged.';

create view public.board_decisions with (security_invoker = on) as
select
  r.tenant_id,
  r.step,
  r.at,
  r.channel,
  sum(r.n)::bigint as decisions,
  coalesce(sum(r.n) filter (where r.label = 'auto_reply'), 0)::bigint as auto_reply,
  coalesce(sum(r.n) filter (where r.label = 'follow_up'), 0)::bigint as follow_up,
  coalesce(sum(r.n) filter (where r.label = 'no_reply'), 0)::bigint as no_reply,
  coalesce(sum(r.n) filter (where r.label = 'human_takeover'), 0)::bigint as human_takeover,
  coalesce(sum(r.n) filter (where r.label = 'error'), 0)::bigint as error,
  private.rate(sum(r.n) filter (where r.label = 'human_takeover'), sum(r.n)) as handover_rate
from public.rollups as r where r.metric = 'decisions'
group by r.tenant_id, r.step, r.at, r.channel;
comment on view public.board_decisions is 'What was decided on what people wrote; handover_rate: what went to people.';

create view public.board_moderation with (security_invoker = on) as
select
  r.tenant_id,
  r.step,
  r.at,
  coalesce(sum(r.n) filter (where r.label not like '%:person'), 0)::bigint as judged,
  coalesce(sum(r.n) filter (where r.label in ('approved:rules', 'approved:model')), 0)::bigint as approved,
  coalesce(sum(r.n) filter (where r.label in ('filtered:rules', 'filtered:model')), 0)::bigint as filtered,
  coalesce(sum(r.n) filter (where r.label in ('review:rules', 'review:model')), 0)::bigint as review,
  coalesce(sum(r.n) filter (where r.label in ('blocked:rules', 'blocked:model')), 0)::bigint as blocked,
  coalesce(sum(r.n) filter (where r.label like '%:person'), 0)::bigint as by_people
from public.rollups as r where r.metric = 'moderation'
group by r.tenant_id, r.step, r.at;
comment on view public.board_moderation is
'What rules and models decided about texts, and how often people decided since. What stands: security_days.';

create view public.board_uploads with (security_invoker = on) as
select
  r.tenant_id,
  r.step,
  r.at,
  sum(r.n)::bigint as files,
  coalesce(sum(r.n) filter (where r.label in ('reserved', 'quarantined')), 0)::bigint as waiting,
  coalesce(sum(r.n) filter (where r.label = 'released'), 0)::bigint as released,
  coalesce(sum(r.n) filter (where r.label = 'refused'), 0)::bigint as refused,
  coalesce(sum(r.n) filter (where r.label in ('expired', 'erased')), 0)::bigint as gone,
  private.rate(sum(r.n) filter (where r.label in ('released', 'expired', 'erased')),
    sum(r.n) filter (where r.label not in ('reserved', 'quarantined'))) as success_rate
from public.rollups as r where r.metric = 'uploads' and r.n <> 0
group by r.tenant_id, r.step, r.at;
comment on view public.board_uploads is
'Files that came with messages or were uploaded, and what has become of them. waiting: for their bytes, or to be '
'checked; gone: were released, and their time is over.';

create view public.board_people with (security_invoker = on) as
select
  r.tenant_id,
  r.at,
  coalesce(sum(r.n) filter (where r.label = 'staff'), 0)::bigint as staff,
  coalesce(sum(r.n) filter (where r.label = 'participants'), 0)::bigint as participants,
  coalesce(sum(r.n) filter (where r.label = 'contacts'), 0)::bigint as contacts
from public.rollups as r where r.metric = 'people' and r.step = 'day'
group by r.tenant_id, r.at;
comment on view public.board_people is 'How many people wrote on a day: agents, people of the chat, outside contacts.';

create view public.board_connections with (security_invoker = on) as
select
  r.tenant_id,
  r.step,
  r.at,
  coalesce(max(r.n) filter (where r.label = 'connections'), 0)::bigint as connections,
  coalesce(sum(r.n) filter (where r.label = 'opened'), 0)::bigint as opened,
  coalesce(sum(r.n) filter (where r.label = 'closed'), 0)::bigint as closed,
  coalesce(sum(r.n) filter (where r.label = 'broken'), 0)::bigint as broken,
  private.bin_seconds(array_agg(r.bin order by r.bin) filter (where r.label = 'lasted'),
    array_agg(r.n order by r.bin) filter (where r.label = 'lasted'), 0.5) as p50_seconds,
  private.bin_seconds(array_agg(r.bin order by r.bin) filter (where r.label = 'lasted'),
    array_agg(r.n order by r.bin) filter (where r.label = 'lasted'), 0.95) as p95_seconds
from public.rollups as r where r.metric = 'realtime'
group by r.tenant_id, r.step, r.at;
comment on view public.board_connections is
'WebSockets of the tenant''s people: the most there were at once, how many opened and ended, of them broken (cut off, '
'silent), and how long those that ended had lasted. Counted by our own gateway.';

create view public.board_errors with (security_invoker = on) as
with ended as (
  select
    r.tenant_id,
    r.step,
    r.at,
    case r.metric when 'attempts' then 'outbound:' || r.channel when 'decisions' then 'inbound:' || r.channel
      when 'uploads' then 'files' else 'realtime' end as component,
    case when r.label in ('rejected', 'retry', 'unknown', 'error', 'broken') or r.metric = 'uploads'
      and r.label = 'refused' then r.n else 0 end as errors,
    r.n as of
  from public.rollups as r
  where r.metric in ('attempts', 'decisions', 'uploads') or r.metric = 'realtime' and r.label in ('closed', 'broken')
)

select
  e.tenant_id,
  e.step,
  e.at,
  e.component,
  sum(e.errors)::bigint as errors,
  sum(e.of)::bigint as of,
  private.rate(sum(e.errors), sum(e.of)) as rate
from ended as e group by e.tenant_id, e.step, e.at, e.component;
comment on view public.board_errors is
'What went wrong, by component, and of how many: tries that were rejected, put off or came to nobody knows what '
'(outbound:channel), bursts nobody could decide on (inbound:channel), files that were refused, connections that broke.';
