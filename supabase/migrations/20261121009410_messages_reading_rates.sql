-- Chapter: messages, how much of what is written is read, how soon, and how long an answer takes. Counted when asked,
-- for a span of days (UTC, both ends included, at most a year); nothing is kept for it.
--
--   reading_rates(since, until)  day × kind × channel × reader: what there was to read, what was read, and how soon
--   answer_times(since, until)   day × kind × channel × who answered: first answers and those that followed
--
-- kind is direct, group or business (a conversation with the tenant itself). A person's seat has one cursor and the
-- moment it last moved, so a share is exact and a time to read is known for one message a seat: the one its cursor
-- stands at.
-- Whether one person has read another's message is not the staff's to see: of conversations between people nothing is
-- told about fewer than five readers or conversations.
--
-- A span is found by the ids of its messages, which are made in the order of time.

create view private.written_messages with (security_invoker = on) as
select
  m.tenant_id,
  m.id,
  m.thread_id,
  m.seq,
  m.created_at,
  (m.created_at at time zone 'UTC')::date as day,
  case t.kind when 'channel' then 'business' else t.kind end as kind,
  m.channel,
  m.direction,
  m.delivery_status,
  case when t.kind <> 'channel' then m.sender else m.direction end as side,
  case when t.kind <> 'channel' then 'person' when m.direction = 'inbound' then 'customer'
    when m.sender_kind = 'ai' then 'ai' else 'agent' end as writer,
  m.sender_user_id,
  t.staff_read_seq
from public.et_messages as m
inner join public.et_threads as t on m.tenant_id = t.tenant_id and m.thread_id = t.id
where t.kind in ('channel', 'direct', 'group') and m.sender_kind <> 'system' and m.auto_class = 'none'
  and coalesce(m.cause_kind, '') <> 'follow_up' and m.moderation_status in ('approved', 'filtered')
  and (m.direction <> 'outbound' or m.delivery_status in ('sent', 'delivered', 'read'));
comment on view private.written_messages is
'What people, staff and AI wrote to each other and its readers see: no system messages, follow-ups, announcements, or '
'automatic answers of other machines.';
comment on column private.written_messages.side is
'Who writes to whom in this conversation: the direction where one side is the business, else the sender.';
comment on column private.written_messages.writer is
'person (in a conversation between people), customer, agent or ai.';

create function private.tenant_reading(p_tenant_id uuid, p_since date, p_until date) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_before timestamptz := (p_until + 1)::timestamp at time zone 'UTC';
  v_first uuid := private.first_id(v_since);
  -- An id is made while its transaction runs, created_at may be when that began.
  v_end uuid := private.first_id(v_before + interval '1 hour');
begin
  return (
    with written as materialized (
      select w.id, w.thread_id, w.seq, w.created_at, w.day, w.kind, w.channel, w.direction, w.sender_user_id,
        w.delivery_status = 'read' as is_read, w.seq <= w.staff_read_seq as is_read_by_staff
      from private.written_messages as w
      where w.tenant_id = p_tenant_id and w.id >= v_first and w.id < v_end and w.created_at >= v_since
        and w.created_at < v_before
    ), counted as (
      -- By reader first, so that readers are counted, and a million messages are grouped without sorting them.
      select w.day, w.kind, w.channel, 'person' as reader, p.user_id as who, count(*) as readings,
        count(*) filter (where p.last_read_seq >= w.seq) as read
      from written as w
      inner join public.thread_participants as p on p.tenant_id = p_tenant_id and p.thread_id = w.thread_id
        and p.left_at is null and p.user_id is distinct from w.sender_user_id and p.joined_at <= w.created_at
      where w.channel = 'in_app' and w.direction <> 'inbound'
      group by w.day, w.kind, w.channel, p.user_id
      union all
      select w.day, w.kind, w.channel, 'person', w.thread_id, count(*), count(*) filter (where w.is_read)
      from written as w where w.channel = 'whatsapp' and w.direction = 'outbound'
      group by w.day, w.kind, w.channel, w.thread_id
      union all
      select w.day, w.kind, w.channel, 'staff', null, count(*), count(*) filter (where w.is_read_by_staff)
      from written as w where w.direction = 'inbound' group by w.day, w.kind, w.channel
    ), timed as (
      select w.day, w.kind, w.channel, p.user_id as who,
        greatest(extract(epoch from p.last_read_at - w.created_at)::float8, 0) as seconds
      from public.thread_participants as p
      inner join written as w on w.thread_id = p.thread_id and w.seq = p.last_read_seq
      where p.tenant_id = p_tenant_id and p.left_at is null and p.last_read_at >= v_since
        and p.user_id is distinct from w.sender_user_id and p.joined_at <= w.created_at and w.channel = 'in_app'
        and w.direction <> 'inbound'
      union all
      select w.day, w.kind, w.channel, w.thread_id, greatest(extract(epoch from
        min(coalesce(r.occurred_at, r.received_at)) - w.created_at)::float8, 0)
      from written as w
      inner join public.delivery_receipts as r on r.tenant_id = p_tenant_id and r.message_id = w.id and r.kind = 'read'
        and not r.machine
      where w.channel = 'whatsapp' and w.direction = 'outbound' and w.is_read
      group by w.day, w.kind, w.channel, w.thread_id, w.id, w.created_at
    ), shares as (
      select c.day, c.kind, c.channel, c.reader, count(c.who) as readers, sum(c.readings)::bigint as readings,
        sum(c.read)::bigint as read
      from counted as c group by c.day, c.kind, c.channel, c.reader
    ), times as (
      select t.day, t.kind, t.channel, 'person' as reader, count(*) as timed, count(distinct t.who) as timed_readers,
        percentile_cont('{0.5,0.95}'::float8[]) within group (order by t.seconds) as seconds
      from timed as t group by t.day, t.kind, t.channel
    )
    select coalesce(jsonb_agg(jsonb_build_object('day', s.day, 'kind', s.kind, 'channel', s.channel, 'reader', s.reader,
      'readers', case s.reader when 'person' then s.readers end, 'readings', s.readings,
      'read', case when f.is_told then s.read end,
      'read_share', case when f.is_told then round(s.read::numeric / s.readings, 4) end,
      'timed', case when f.is_timed then t.timed end,
      'read_p50_seconds', case when f.is_timed then t.seconds[1] end,
      'read_p95_seconds', case when f.is_timed then t.seconds[2] end
    ) order by s.day desc, s.kind, s.channel, s.reader), '[]')
    from shares as s
    left join times as t using (day, kind, channel, reader)
    cross join lateral (
      select s.kind = 'business' or s.readers >= 5 as is_told, s.kind = 'business' or t.timed_readers >= 5 as is_timed
    ) as f);
end
$$;
comment on function private.tenant_reading(uuid, date, date) is
'What there was to read in a tenant''s conversations, written in a span of days, how much of it has been read, and how '
'soon, newest day first.';

create function private.tenant_answers(p_tenant_id uuid, p_since date, p_until date) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_before timestamptz := (p_until + 1)::timestamp at time zone 'UTC';
  v_first uuid := private.first_id(v_since);
  v_end uuid := private.first_id(v_before + interval '1 hour');
begin
  return (
    with written as materialized (
      select w.thread_id, w.seq, w.created_at, w.day, w.kind, w.channel, w.side, w.writer
      from private.written_messages as w
      where w.tenant_id = p_tenant_id and w.id >= v_first and w.id < v_end and w.created_at >= v_since
        and w.created_at < v_before
    ), waiting as (
      -- What was not answered when the span began: the run of one side's messages before a conversation's first in it.
      select f.thread_id, b.seq, r.created_at, b.side, b.writer, o.seq is null as is_opening
      from (select w.thread_id, min(w.seq) as seq from written as w group by w.thread_id having min(w.seq) > 1) as f
      cross join lateral (
        select w.seq, w.side, w.writer from private.written_messages as w
        where w.tenant_id = p_tenant_id and w.thread_id = f.thread_id and w.seq < f.seq
        order by w.seq desc limit 1) as b
      left join lateral (
        select w.seq from private.written_messages as w
        where w.tenant_id = p_tenant_id and w.thread_id = f.thread_id and w.seq < b.seq and w.side <> b.side
        order by w.seq desc limit 1) as o on true
      cross join lateral (
        select w.created_at from private.written_messages as w
        where w.tenant_id = p_tenant_id and w.thread_id = f.thread_id and w.seq > coalesce(o.seq, 0)
        order by w.seq limit 1) as r
    ), steps as (
      select s.* from (
        select m.*, m.side is distinct from lag(m.side) over w as is_turn, lag(m.writer) over w as last_writer
        from (
          select w.*, null::boolean as is_opening from written as w
          union all
          select b.thread_id, b.seq, b.created_at, null, null, null, b.side, b.writer, b.is_opening from waiting as b
        ) as m
        window w as (partition by m.thread_id order by m.seq)) as s
      where s.is_turn or s.writer <> s.last_writer
    ), runs as (
      select s.*, count(*) filter (where s.is_turn) over (partition by s.thread_id order by s.seq) as run
      from steps as s
    ), answers as (
      -- Within one side's run, agent and AI each have answered when they first wrote.
      select a.thread_id, a.day, a.kind, a.channel, a.writer, a.is_first,
        greatest(extract(epoch from a.created_at - a.asked_at)::float8, 0) as seconds
      from (
        select distinct on (r.thread_id, r.run, r.writer) r.thread_id, r.day, r.kind, r.channel, r.writer, r.created_at,
          q.created_at as asked_at, q.run = 1 and coalesce(q.is_opening, true) as is_first
        from runs as r
        inner join runs as q on q.thread_id = r.thread_id and q.run = r.run - 1 and q.is_turn
        order by r.thread_id, r.run, r.writer, r.seq) as a
      where a.day is not null
    ), grouped as (
      select a.day, a.kind, a.channel, a.writer, count(distinct a.thread_id) as conversations,
        count(*) filter (where a.is_first) as first_answers, count(*) filter (where not a.is_first) as later_answers,
        percentile_cont('{0.5,0.95}'::float8[]) within group (order by a.seconds) filter (where a.is_first) as first,
        percentile_cont('{0.5,0.95}'::float8[]) within group (order by a.seconds) filter (where not a.is_first) as later
      from answers as a group by a.day, a.kind, a.channel, a.writer
    )
    select coalesce(jsonb_agg(jsonb_build_object('day', g.day, 'kind', g.kind, 'channel', g.channel, 'answered_by',
      g.writer, 'conversations', g.conversations, 'first_answers', g.first_answers, 'later_answers', g.later_answers,
      'first_p50_seconds', case when f.is_told then g.first[1] end,
      'first_p95_seconds', case when f.is_told then g.first[2] end,
      'later_p50_seconds', case when f.is_told then g.later[1] end,
      'later_p95_seconds', case when f.is_told then g.later[2] end
    ) order by g.day desc, g.kind, g.channel, g.writer), '[]')
    from grouped as g
    cross join lateral (select g.kind = 'business' or g.conversations >= 5 as is_told) as f);
end
$$;
comment on function private.tenant_answers(uuid, date, date) is
'How long the answers took that were written in a tenant''s conversations in a span of days, from the first message '
'they answer on, newest day first.';

-- ── for clients ──────────────────────────────────────────────────────────────────────────────────────────────────

create function private.reading_rates(p_since date, p_until date) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
begin
  perform private.refuse_span(p_since, p_until);
  return jsonb_build_object('first_day', p_since, 'last_day', p_until, 'items', private.tenant_reading(v_tenant,
    p_since, p_until));
end
$$;
comment on function private.reading_rates(date, date) is
'Definer: counts cursors nobody of the staff may read, and tells no figure of fewer than five people.';

create function private.answer_times(p_since date, p_until date) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
begin
  perform private.refuse_span(p_since, p_until);
  return jsonb_build_object('first_day', p_since, 'last_day', p_until, 'items', private.tenant_answers(v_tenant,
    p_since, p_until));
end
$$;
comment on function private.answer_times(date, date) is
'Definer: measures conversations between people, too, which the staff does not read, and tells no figure of fewer than '
'five.';

create function public.reading_rates(p_since date, p_until date) returns jsonb
language sql stable set search_path = '' begin atomic select private.reading_rates(p_since, p_until); end;
comment on function public.reading_rates(date, date) is
'How much of what was written in a span of days (UTC, both ends included, at most a year) has been read, and how soon, '
'by day, kind of conversation, channel and reader. Staff with the manage right.';

create function public.answer_times(p_since date, p_until date) returns jsonb
language sql stable set search_path = '' begin atomic select private.answer_times(p_since, p_until); end;
comment on function public.answer_times(date, date) is
'How long first and later answers took in a span of days, by day, kind of conversation, channel and who answered: a '
'person, the customer, an agent or the AI. Staff with the manage right.';

revoke all on private.written_messages from public, anon, authenticated, service_role;
grant execute on function private.reading_rates(date, date), private.answer_times(date, date),
public.reading_rates(date, date), public.answer_times(date, date) to authenticated;
