-- Chapter: analytics, part five: the whole board in one object, and one metric of it at a time. What the desk asks.

create function private.board_span(p_from timestamptz, p_to timestamptz, p_step text)
returns table (since timestamptz, until timestamptz, step text)
language plpgsql stable set search_path = '' as $$
begin
  until := coalesce(p_to, now());
  since := coalesce(p_from, case when isfinite(until) then until - interval '1 day' end);
  if p_step not in ('hour', 'day') then
    raise exception 'there is no such step' using errcode = 'PT422',
      detail = '{"code": "bad_value", "field": "step"}', hint = 'Use hour or day.';
  elsif not isfinite(since) or not isfinite(until) or since >= until or until - since > interval '100 days'
    or p_step = 'hour' and until - since > interval '8 days'
    or until > now() + interval '366 days' or since < '1970-01-01' then
    raise exception 'this is no span of a board'
      using errcode = 'PT422', detail = '{"code": "bad_span", "field": "to"}',
        hint = 'Let from be before to, at most a hundred days; eight by the hour.';
  end if;
  step := coalesce(p_step, case when until - since <= interval '3 days' then 'hour' else 'day' end);
  since := date_trunc(step, since, 'UTC');
  return next;
end
$$;
comment on function private.board_span(timestamptz, timestamptz, text) is
'The span and step a board is asked for: a day up to now, hours up to three days. Refuses what is none.';

create function private.whole_days(p_since timestamptz, p_until timestamptz, p_step text)
returns table (first timestamptz, last timestamptz)
language plpgsql stable set search_path = '' as $$
begin
  first := p_since;
  last := p_until;
  if p_step = 'hour' then
    first := least(date_trunc('day', p_since + interval '1 day' - interval '1 microsecond', 'UTC'), p_until);
    last := greatest(date_trunc('day', p_until, 'UTC'), first);
  end if;
  return next;
end
$$;
comment on function private.whole_days(timestamptz, timestamptz, text) is
'The days inside a span, for sums over all of it: hours are read before first and from last on alone.';

create function private.board_frame(p_since timestamptz, p_until timestamptz, p_step text) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_as_of timestamptz := private.rollups_as_of();
begin
  return jsonb_build_object('from', p_since, 'to', p_until, 'step', p_step, 'as_of', v_as_of, 'age_seconds',
    round(extract(epoch from clock_timestamp() - v_as_of), 3));
end
$$;
comment on function private.board_frame(timestamptz, timestamptz, text) is
'What every answer begins with: the span, and how old what it says is.';

create function private.board_volume(p_tenant_id uuid, p_since timestamptz, p_until timestamptz, p_step text)
returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
begin
  return (
    with v as materialized (
      select b.* from public.board_volume as b
      where b.tenant_id = p_tenant_id and b.step = p_step and b.at >= p_since and b.at < p_until
    )
    select jsonb_build_object('inbound', coalesce(sum(v.inbound), 0), 'outbound', coalesce(sum(v.outbound), 0),
      'internal', coalesce(sum(v.internal), 0), 'by_ai', coalesce(sum(v.by_ai), 0),
      'by_agents', coalesce(sum(v.by_agents), 0), 'channels', (
        select coalesce(jsonb_agg(to_jsonb(c) order by c.inbound + c.outbound + c.internal desc, c.channel), '[]')
        from (select x.channel, sum(x.inbound) as inbound, sum(x.outbound) as outbound, sum(x.internal) as internal
          from v as x group by x.channel) as c), 'series', (
        select coalesce(jsonb_agg(to_jsonb(s) order by s.at), '[]')
        from (select x.at, sum(x.inbound) as inbound, sum(x.outbound) as outbound, sum(x.internal) as internal
          from v as x group by x.at) as s)) from v);
end
$$;
comment on function private.board_volume(uuid, timestamptz, timestamptz, text) is 'Messages, by channel and in time.';

create function private.with_rates(p_counts jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  v_read bigint := p_counts ->> 'read';
  v_delivered bigint := v_read + (p_counts ->> 'delivered')::bigint;
  v_arrived bigint := v_delivered + (p_counts ->> 'sent')::bigint;
  v_lost bigint := (p_counts ->> 'failed')::bigint + (p_counts ->> 'bounced')::bigint + (p_counts ->> 'unknown')::bigint;
begin
  return p_counts || jsonb_build_object('success_rate', private.rate(v_arrived, v_arrived + v_lost),
    'delivered_rate', private.rate(v_delivered, v_arrived), 'read_rate', private.rate(v_read, v_arrived));
end
$$;
comment on function private.with_rates(jsonb) is 'Counts of deliveries with the rates they make.';

create function private.board_deliveries(p_tenant_id uuid, p_since timestamptz, p_until timestamptz, p_step text)
returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_first timestamptz;
  v_last timestamptz;
begin
  select w.first, w.last into v_first, v_last from private.whole_days(p_since, p_until, p_step) as w;
  return (
    with d as materialized (
      select b.* from public.board_deliveries as b
      where b.tenant_id = p_tenant_id and b.step = p_step and b.at >= p_since and b.at < p_until
    ), bins as materialized (
      select t.channel, t.bin, sum(t.n)::bigint as n from (
        select r.channel, r.bin, r.n from public.rollups as r
        where r.tenant_id = p_tenant_id and r.metric = 'waits' and r.label = 'outbound' and r.step = 'day'
          and r.at >= v_first and r.at < v_last
        union all
        select r.channel, r.bin, r.n from public.rollups as r
        where r.tenant_id = p_tenant_id and r.metric = 'waits' and r.label = 'outbound' and r.step = 'hour'
          and r.at >= p_since and r.at < v_first
        union all
        select r.channel, r.bin, r.n from public.rollups as r
        where r.tenant_id = p_tenant_id and r.metric = 'waits' and r.label = 'outbound' and r.step = 'hour'
          and r.at >= v_last and r.at < p_until) as t
      group by t.channel, t.bin
    ), parts as (
      select d.channel, grouping(d.channel) = 1 as is_all, coalesce(sum(d.written), 0) as written,
        coalesce(sum(d.open), 0) as open, coalesce(sum(d.sent), 0) as sent,
        coalesce(sum(d.delivered), 0) as delivered, coalesce(sum(d.read), 0) as read,
        coalesce(sum(d.failed), 0) as failed, coalesce(sum(d.bounced), 0) as bounced,
        coalesce(sum(d.cancelled), 0) as cancelled, coalesce(sum(d.unknown), 0) as unknown
      from d group by grouping sets ((), (d.channel))
    ), timed as (
      select p.is_all, p.channel, p.written, private.with_rates(to_jsonb(p) - '{is_all}'::text[])
        || jsonb_build_object('p50_seconds', t.p50, 'p95_seconds', t.p95) as told
      from parts as p cross join lateral (
        select private.bin_seconds(array_agg(s.bin order by s.bin), array_agg(s.n order by s.bin), 0.5) as p50,
          private.bin_seconds(array_agg(s.bin order by s.bin), array_agg(s.n order by s.bin), 0.95) as p95
        from (select b.bin, sum(b.n)::bigint as n from bins as b where p.is_all or b.channel = p.channel
          group by b.bin) as s) as t
    )
    select (select t.told - 'channel' from timed as t where t.is_all) || jsonb_build_object('channels', (
        select coalesce(jsonb_agg(t.told order by t.written desc, t.channel), '[]') from timed as t
        where not t.is_all), 'series', (
        select coalesce(jsonb_agg(to_jsonb(s) order by s.at), '[]')
        from (select d.at, sum(d.sent + d.delivered + d.read) as arrived, sum(d.failed + d.bounced) as lost,
            sum(d.unknown) as unknown from d group by d.at) as s)));
end
$$;
comment on function private.board_deliveries(uuid, timestamptz, timestamptz, text) is
'What became of what was written, in all, by channel and in time.';

create function private.board_decisions(p_tenant_id uuid, p_since timestamptz, p_until timestamptz, p_step text)
returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
begin
  return (
    with d as materialized (
      select b.* from public.board_decisions as b
      where b.tenant_id = p_tenant_id and b.step = p_step and b.at >= p_since and b.at < p_until
    )
    select jsonb_build_object('decisions', coalesce(sum(d.decisions), 0), 'auto_reply', coalesce(sum(d.auto_reply), 0),
      'follow_up', coalesce(sum(d.follow_up), 0), 'no_reply', coalesce(sum(d.no_reply), 0), 'human_takeover',
      coalesce(sum(d.human_takeover), 0), 'error', coalesce(sum(d.error), 0), 'handover_rate',
      private.rate(sum(d.human_takeover), sum(d.decisions)), 'series', (
        select coalesce(jsonb_agg(to_jsonb(s) order by s.at), '[]')
        from (select x.at, sum(x.decisions) as decisions, sum(x.human_takeover) as handovers from d as x
          group by x.at) as s)) from d);
end
$$;
comment on function private.board_decisions(uuid, timestamptz, timestamptz, text) is
'What was decided, and how much of it went to people.';

create function private.board_times(p_tenant_id uuid, p_since timestamptz, p_until timestamptz, p_step text)
returns table (metric text, label text, n bigint, p50_seconds double precision, p95_seconds double precision)
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_timed text[] := '{waits,responses,realtime}';
  v_first timestamptz;
  v_last timestamptz;
begin
  select w.first, w.last into v_first, v_last from private.whole_days(p_since, p_until, p_step) as w;
  return query
  select b.metric, b.label, sum(b.n)::bigint,
    private.bin_seconds(array_agg(b.bin order by b.bin), array_agg(b.n order by b.bin), 0.5),
    private.bin_seconds(array_agg(b.bin order by b.bin), array_agg(b.n order by b.bin), 0.95)
  from (
    select t.metric, t.label, t.bin, sum(t.n)::bigint as n from (
      select r.metric, r.label, r.bin, r.n from public.rollups as r
      where r.tenant_id = p_tenant_id and r.metric = any(v_timed) and r.step = 'day'
        and r.at >= v_first and r.at < v_last and r.bin >= 0
      union all
      select r.metric, r.label, r.bin, r.n from public.rollups as r
      where r.tenant_id = p_tenant_id and r.metric = any(v_timed) and r.step = 'hour'
        and r.at >= p_since and r.at < v_first and r.bin >= 0
      union all
      select r.metric, r.label, r.bin, r.n from public.rollups as r
      where r.tenant_id = p_tenant_id and r.metric = any(v_timed) and r.step = 'hour'
        and r.at >= v_last and r.at < p_until and r.bin >= 0) as t
    group by t.metric, t.label, t.bin) as b
  where b.n > 0 group by b.metric, b.label order by b.metric, b.label;
end
$$;
comment on function private.board_times(uuid, timestamptz, timestamptz, text) is
'Everything that was timed in a span, over all channels.';

create function private.board_rest(p_tenant_id uuid, p_since timestamptz, p_until timestamptz, p_step text)
returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_people jsonb;
begin
  select jsonb_build_object('staff', coalesce(max(p.staff), 0), 'participants', coalesce(max(p.participants), 0),
    'contacts', coalesce(max(p.contacts), 0), 'series', coalesce(jsonb_agg(to_jsonb(p) order by p.at), '[]'))
  into v_people
  from (
    select b.at, b.staff, b.participants, b.contacts, (
      select coalesce(sum(v.inbound + v.outbound + v.internal), 0) from public.board_volume as v
      where v.tenant_id = p_tenant_id and v.step = 'day' and v.at = b.at) as messages
    from public.board_people as b
    where b.tenant_id = p_tenant_id and b.at >= date_trunc('day', p_since, 'UTC') and b.at < p_until) as p;
  return jsonb_build_object('people', v_people, 'attempts', (
    select coalesce(jsonb_agg(to_jsonb(a) order by a.attempts desc, a.outcome), '[]') from (
      select b.outcome, sum(b.attempts) as attempts from public.board_attempts as b
      where b.tenant_id = p_tenant_id and b.step = p_step and b.at >= p_since and b.at < p_until
      group by b.outcome having sum(b.attempts) > 0) as a), 'uploads', (
    select jsonb_build_object('files', coalesce(sum(b.files), 0), 'waiting', coalesce(sum(b.waiting), 0), 'released',
      coalesce(sum(b.released), 0), 'refused', coalesce(sum(b.refused), 0), 'gone', coalesce(sum(b.gone), 0),
      'success_rate', private.rate(sum(b.released + b.gone), sum(b.released + b.gone + b.refused)))
    from public.board_uploads as b
    where b.tenant_id = p_tenant_id and b.step = p_step and b.at >= p_since and b.at < p_until), 'errors', (
    with e as materialized (
      select b.* from public.board_errors as b
      where b.tenant_id = p_tenant_id and b.step = p_step and b.at >= p_since and b.at < p_until
    )
    select jsonb_build_object('errors', coalesce(sum(e.errors), 0), 'components', (
      select coalesce(jsonb_agg(to_jsonb(c) order by c.errors desc, c.component), '[]') from (
        select x.component, sum(x.errors) as errors, sum(x.of) as of, private.rate(sum(x.errors), sum(x.of)) as rate
        from e as x group by x.component) as c), 'series', (
      select coalesce(jsonb_agg(to_jsonb(s) order by s.at), '[]') from (
        select x.at, sum(x.errors) as errors from e as x group by x.at) as s)) from e));
end
$$;
comment on function private.board_rest(uuid, timestamptz, timestamptz, text) is
'People, tries, files and what went wrong.';

create function private.operations_board(p_from timestamptz, p_to timestamptz, p_step text) returns jsonb
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_tenant uuid := private.authorize('read');
  v_span record;
  v_times jsonb;
begin
  select s.since, s.until, s.step into v_span from private.board_span(p_from, p_to, p_step) as s;
  select coalesce(jsonb_object_agg(t.metric || '/' || t.label, to_jsonb(t)), '{}') into v_times
  from private.board_times(v_tenant, v_span.since, v_span.until, v_span.step) as t;
  return private.board_frame(v_span.since, v_span.until, v_span.step)
    || private.board_rest(v_tenant, v_span.since, v_span.until, v_span.step)
    || jsonb_build_object(
    'volume', private.board_volume(v_tenant, v_span.since, v_span.until, v_span.step),
    'delivery', private.board_deliveries(v_tenant, v_span.since, v_span.until, v_span.step),
    'decisions', private.board_decisions(v_tenant, v_span.since, v_span.until, v_span.step),
    'responses', (
      select coalesce(jsonb_agg(jsonb_build_object('by', split_part(r.value ->> 'label', ':', 1), 'turn',
        split_part(r.value ->> 'label', ':', 2), 'answers', r.value -> 'n', 'p50_seconds', r.value -> 'p50_seconds',
        'p95_seconds', r.value -> 'p95_seconds') order by r.value ->> 'label'), '[]')
      from jsonb_each(v_times) as r where r.key like 'responses/%'),
    'threads', (select to_jsonb(t) from private.own_threads() as t),
    'queues', (
      select jsonb_agg(to_jsonb(q) || jsonb_build_object('p50_seconds', v_times -> ('waits/' || q.queue)
        -> 'p50_seconds', 'p95_seconds', v_times -> ('waits/' || q.queue) -> 'p95_seconds'))
      from private.own_queues() as q),
    'moderation', (
      select jsonb_build_object('judged', coalesce(sum(m.judged), 0), 'approved', coalesce(sum(m.approved), 0),
        'filtered', coalesce(sum(m.filtered), 0), 'review', coalesce(sum(m.review), 0), 'blocked',
        coalesce(sum(m.blocked), 0), 'by_people', coalesce(sum(m.by_people), 0), 'p50_seconds',
        v_times -> 'waits/moderation' -> 'p50_seconds', 'p95_seconds', v_times -> 'waits/moderation' -> 'p95_seconds')
      from public.board_moderation as m where m.tenant_id = v_tenant and m.step = v_span.step and m.at >= v_span.since
        and m.at < v_span.until),
    'realtime', (select to_jsonb(c) from private.own_connections() as c) || (
      select jsonb_build_object('opened', coalesce(sum(r.opened), 0), 'closed', coalesce(sum(r.closed), 0), 'broken',
        coalesce(sum(r.broken), 0), 'p50_seconds', v_times -> 'realtime/lasted' -> 'p50_seconds', 'p95_seconds',
        v_times -> 'realtime/lasted' -> 'p95_seconds', 'series', coalesce(jsonb_agg(jsonb_build_object('at', r.at,
          'connections', r.connections, 'opened', r.opened, 'closed', r.closed) order by r.at), '[]'))
      from public.board_connections as r where r.tenant_id = v_tenant and r.step = v_span.step
        and r.at >= v_span.since and r.at < v_span.until));
end
$$;
comment on function private.operations_board(timestamptz, timestamptz, text) is
'Definer: the whole operations board of the caller''s tenant as one object.';

create function private.board_items(
  p_tenant_id uuid, p_metric text, p_since timestamptz, p_until timestamptz, p_step text, p_channel text
) returns table (
  at timestamptz, channel text, label text, number bigint, p50_seconds double precision, p95_seconds double precision
)
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
begin
  if p_metric = 'errors' then
    return query
    select e.at, ''::text, e.component, e.errors, null::float8, null::float8 from public.board_errors as e
    where e.tenant_id = p_tenant_id and e.step = p_step and e.at >= p_since and e.at < p_until and e.errors > 0
      and (p_channel is null or p_channel = '' or split_part(e.component, ':', 2) = p_channel)
    order by e.at, e.component limit 2001;
    return;
  end if;
  return query
  select r.at, r.channel, r.label, sum(r.n)::bigint,
    private.bin_seconds(array_agg(r.bin order by r.bin) filter (where r.bin >= 0),
      array_agg(r.n order by r.bin) filter (where r.bin >= 0), 0.5),
    private.bin_seconds(array_agg(r.bin order by r.bin) filter (where r.bin >= 0),
      array_agg(r.n order by r.bin) filter (where r.bin >= 0), 0.95)
  from public.rollups as r
  where r.tenant_id = p_tenant_id and r.metric = p_metric and r.at >= p_since and r.at < p_until
    and r.step = case p_metric when 'people' then 'day' else p_step end
    and (p_channel is null or r.channel = p_channel)
  group by r.at, r.channel, r.label having sum(r.n) <> 0 order by r.at, r.channel, r.label limit 2001;
end
$$;
comment on function private.board_items(uuid, text, timestamptz, timestamptz, text, text) is
'One metric of a span, by channel and label; a row more than is shown, where there are more.';

create function private.operations_series(
  p_metric text, p_from timestamptz, p_to timestamptz, p_step text, p_channel text
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
  v_span record;
  v_items jsonb;
begin
  if p_metric is null or p_metric not in ('messages', 'deliveries', 'attempts', 'waits', 'responses', 'decisions',
    'moderation', 'uploads', 'people', 'realtime', 'errors') then
    raise exception 'nothing is counted by that name' using errcode = 'PT422',
      detail = '{"code": "bad_value", "field": "metric"}',
      hint = 'Use messages, deliveries, attempts, waits, responses, decisions, moderation, uploads, people, realtime '
        'or errors.';
  end if;
  select s.since, s.until, s.step into v_span from private.board_span(p_from, p_to, p_step) as s;
  if p_metric = 'people' then
    v_span.since := date_trunc('day', v_span.since, 'UTC');
    v_span.step := 'day';
  end if;
  select coalesce(jsonb_agg(to_jsonb(i)), '[]') into v_items
  from private.board_items(v_tenant, p_metric, v_span.since, v_span.until, v_span.step, p_channel) as i;
  return private.board_frame(v_span.since, v_span.until, v_span.step) || jsonb_build_object('metric', p_metric,
    'items', v_items - 2000, 'more', jsonb_array_length(v_items) > 2000);
end
$$;
comment on function private.operations_series(text, timestamptz, timestamptz, text, text) is
'Definer: one metric of the caller''s tenant in time, by channel and label.';

create function public.operations_board(
  p_from timestamptz default null, p_to timestamptz default null, p_step text default null
) returns jsonb
language sql stable set search_path = '' begin atomic select private.operations_board(p_from, p_to, p_step); end;
comment on function public.operations_board(timestamptz, timestamptz, text) is
'The operations board: everything the tenant''s machinery did in a span, what waits now, and how old the figures are '
'(as_of). A day up to now unless said; at most a hundred days, eight by the hour. Staff.';

create function public.operations_series(
  p_metric text, p_from timestamptz default null, p_to timestamptz default null, p_step text default null,
  p_channel text default null
) returns jsonb
language sql stable set search_path = ''
begin atomic select private.operations_series(p_metric, p_from, p_to, p_step, p_channel); end;
comment on function public.operations_series(text, timestamptz, timestamptz, text, text) is
'One metric of the board in time, by channel and label: {items}, at most 2000. Staff.';

grant execute on function private.operations_board(timestamptz, timestamptz, text),
public.operations_board(timestamptz, timestamptz, text),
private.operations_series(text, timestamptz, timestamptz, text, text),
public.operations_series(text, timestamptz, timestamptz, text, text) to authenticated;
