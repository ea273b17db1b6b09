-- Chapter: moderation, what its verdicts add up to, part two: the same figures for a span of days, as the API and the
-- report of operators show them. Days are UTC, both ends included; at most a year.
--
--   security_summary(since, until)          one object, with the score as of `until`
--   security_analysis(group, since, until)  kind | day | contact | bid_card | rule, page by page: each item has a
--                                           number and a key, which the next page is asked for with
--
-- What counts is planned for the very days asked for (force_custom_plan): a plan for any days takes thrice as long.

create function private.refuse_span(p_since date, p_until date) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if not isfinite(p_since) or not isfinite(p_until) or p_until - p_since not between 0 and 365 then
    raise exception 'this is no span of days up to a year'
      using errcode = 'PT422', detail = '{"code": "bad_span", "field": "last_day"}',
        hint = 'Name a first and a last day, at most a year apart.';
  end if;
end
$$;
comment on function private.refuse_span(date, date) is 'Refuses days that are no span, or one of more than a year.';

create function private.tenant_security(p_tenant_id uuid, p_since date, p_until date) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_before timestamptz := (p_until + 1)::timestamp at time zone 'UTC';
  v_from timestamptz := least(p_since, p_until - 179)::timestamp at time zone 'UTC';
  v_counts jsonb;
  v_rulings jsonb;
  v_reviews jsonb;
begin
  -- One look at the texts of the span and of the half year that the score is made of.
  with days as (
    select o.day, count(*) as texts, count(*) filter (where o.decision = 'approved') as approved,
      count(*) filter (where o.decision = 'filtered') as filtered,
      count(*) filter (where o.decision = 'review') as review,
      count(*) filter (where o.decision = 'blocked') as blocked,
      count(*) filter (where o.decider = 'person') as decided_by_people, sum(o.threat) as threats
    from public.security_outcomes as o
    where o.tenant_id = p_tenant_id and o.created_at >= v_from and o.created_at < v_before group by o.day
  )
  select to_jsonb(c) into v_counts from (
    select coalesce(sum(d.texts) filter (where d.day >= p_since), 0)::bigint as texts,
      coalesce(sum(d.approved) filter (where d.day >= p_since), 0)::bigint as approved,
      coalesce(sum(d.filtered) filter (where d.day >= p_since), 0)::bigint as filtered,
      coalesce(sum(d.review) filter (where d.day >= p_since), 0)::bigint as review,
      coalesce(sum(d.blocked) filter (where d.day >= p_since), 0)::bigint as blocked,
      coalesce(sum(d.decided_by_people) filter (where d.day >= p_since), 0)::bigint as decided_by_people,
      private.security_score(sum(w.weight * d.threats), sum(w.weight * d.texts)) as score
    from days as d left join private.security_weights(p_until) as w on w.day = d.day) as c;
  select to_jsonb(r) into v_rulings from (
    select count(a.ruling) as reviewed, count(*) filter (where a.overturned) as overturned,
      round(count(*) filter (where a.overturned)::numeric / nullif(count(a.ruling), 0), 4) as false_positive_rate
    from public.security_actions as a
    where a.tenant_id = p_tenant_id and a.created_at >= v_since and a.created_at < v_before) as r;
  select to_jsonb(w) into v_reviews from (
    select count(*) filter (where r.status in ('open', 'decided') and coalesce(r.decided_at, now()) > r.due_at)
        as reviews_late,
      percentile_cont(0.5) within group (order by extract(epoch from r.decided_at - r.opened_at)::float8)
        as review_p50_seconds,
      percentile_cont(0.95) within group (order by extract(epoch from r.decided_at - r.opened_at)::float8)
        as review_p95_seconds
    from public.moderation_reviews as r
    where r.tenant_id = p_tenant_id and r.opened_at >= v_since and r.opened_at < v_before) as w;
  return jsonb_build_object('first_day', p_since, 'last_day', p_until) || v_counts || v_rulings || v_reviews
    || jsonb_build_object(
    'repeat_offenders', (select count(*) from (
      select coalesce(c.merged_into, s.contact_id) from (
        select o.contact_id, count(*) as blocked from public.security_outcomes as o
        where o.tenant_id = p_tenant_id and o.decision = 'blocked' and o.contact_id is not null
          and o.created_at >= v_since and o.created_at < v_before group by o.contact_id) as s
      left join public.contacts as c on c.tenant_id = p_tenant_id and c.id = s.contact_id
      group by coalesce(c.merged_into, s.contact_id) having sum(s.blocked) >= 3) as f),
    'evasions', (select count(*) from public.security_evasions as e
      where e.tenant_id = p_tenant_id and e.day between p_since and p_until));
end
$$;
comment on function private.tenant_security(uuid, date, date) is
'A tenant''s security in a span of days as one object: texts and what became of them, the score as of its last day, '
'how often people disagreed, how long senders waited for them, who goes on and on.';

create function private.security_by_contact(
  p_tenant_id uuid, p_since date, p_until date, p_lane text, p_number bigint, p_key text, p_limit integer
) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_before timestamptz := (p_until + 1)::timestamp at time zone 'UTC';
  v_from timestamptz := least(p_since, p_until - 179)::timestamp at time zone 'UTC';
begin
  return (
    with counted as (
      -- By the ids that verdicts name; those who were merged are brought together afterwards, when there are few.
      select o.contact_id, count(*) filter (where o.created_at >= v_since) as texts,
        count(*) filter (where o.created_at >= v_since and o.decision = 'approved') as approved,
        count(*) filter (where o.created_at >= v_since and o.decision = 'filtered') as filtered,
        count(*) filter (where o.created_at >= v_since and o.decision = 'review') as review,
        count(*) filter (where o.created_at >= v_since and o.decision = 'blocked') as blocked,
        max(o.created_at) filter (where o.decision in ('filtered', 'blocked')) as last_stopped_at,
        sum(w.weight * o.threat) as threats, sum(w.weight) as weight
      from public.security_outcomes as o left join private.security_weights(p_until) as w on w.day = o.day
      where o.tenant_id = p_tenant_id and o.contact_id is not null and o.created_at >= v_from
        and o.created_at < v_before and (p_lane is null or o.lane = p_lane)
      group by o.contact_id
    ), people as (
      select coalesce(c.merged_into, s.contact_id) as contact_id, sum(s.texts)::bigint as texts,
        sum(s.approved)::bigint as approved, sum(s.filtered)::bigint as filtered, sum(s.review)::bigint as review,
        sum(s.blocked)::bigint as blocked, sum(s.filtered + s.blocked)::bigint as number,
        coalesce(c.merged_into, s.contact_id)::text collate "C" as key, max(s.last_stopped_at) as last_stopped_at,
        sum(s.threats) as threats, sum(s.weight) as weight
      from counted as s left join public.contacts as c on c.tenant_id = p_tenant_id and c.id = s.contact_id
      group by coalesce(c.merged_into, s.contact_id)
    ), page as (
      select p.* from people as p
      where p.texts > 0 and (p_number is null or (-p.number, p.key) > (-p_number, p_key))
      order by p.number desc, p.key limit p_limit
    )
    select jsonb_agg(to_jsonb(p) - '{threats,weight}'::text[] || jsonb_build_object('display_name', c.display_name,
      'score', private.security_score(p.threats, p.weight)) order by p.number desc, p.key)
    from page as p left join public.contacts as c on c.tenant_id = p_tenant_id and c.id = p.contact_id);
end
$$;
comment on function private.security_by_contact(uuid, date, date, text, bigint, text, integer) is
'What became of what each contact wrote in a span of days, those first of whom most was masked or stopped, with the '
'score as of its last day.';

create function private.security_by(
  p_tenant_id uuid, p_group text, p_since date, p_until date, p_lane text, p_number bigint, p_key text,
  p_limit integer
) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_custom_plan as $$
declare
  v_since timestamptz := p_since::timestamp at time zone 'UTC';
  v_before timestamptz := (p_until + 1)::timestamp at time zone 'UTC';
begin
  -- A kind is in few texts, which an index knows; a day and a bid card are in all.
  return case p_group when 'kind' then (
    select jsonb_agg(to_jsonb(g) order by g.number desc, g.key) from (
      select k.kind, count(*) as texts, count(*) filter (where o.decision = 'approved') as approved,
        count(*) filter (where o.decision = 'filtered') as filtered,
        count(*) filter (where o.decision = 'review') as review,
        count(*) filter (where o.decision = 'blocked') as blocked, count(*) as number, k.kind collate "C" as key
      from public.security_outcomes as o cross join lateral unnest(o.kinds) as k (kind)
      where o.tenant_id = p_tenant_id and o.kinds <> '{}' and o.created_at >= v_since and o.created_at < v_before
        and (p_lane is null or o.lane = p_lane)
      group by k.kind having p_number is null or (-count(*), k.kind collate "C") > (-p_number, p_key)
      order by count(*) desc, k.kind collate "C" limit p_limit) as g
  ) when 'day' then (
    select jsonb_agg(to_jsonb(g) order by g.number desc) from (
      select o.day, count(*) as texts, count(*) filter (where o.decision = 'approved') as approved,
        count(*) filter (where o.decision = 'filtered') as filtered,
        count(*) filter (where o.decision = 'review') as review,
        count(*) filter (where o.decision = 'blocked') as blocked, o.day - date '1970-01-01' as number, '' as key
      from public.security_outcomes as o
      where o.tenant_id = p_tenant_id and o.created_at >= v_since and o.created_at < v_before
        and (p_lane is null or o.lane = p_lane)
        and (p_number is null or o.day < date '1970-01-01' + p_number::integer)
      group by o.day order by o.day desc limit p_limit) as g
  ) when 'bid_card' then (
    select jsonb_agg(to_jsonb(g) order by g.number desc, g.key) from (
      select c.*, c.filtered + c.blocked as number, c.bid_card_id collate "C" as key from (
        select o.bid_card_id, count(*) as texts, count(*) filter (where o.decision = 'approved') as approved,
          count(*) filter (where o.decision = 'filtered') as filtered,
          count(*) filter (where o.decision = 'review') as review,
          count(*) filter (where o.decision = 'blocked') as blocked,
          max(o.created_at) filter (where o.decision in ('filtered', 'blocked')) as last_stopped_at
        from public.security_outcomes as o
        where o.tenant_id = p_tenant_id and o.bid_card_id is not null and o.created_at >= v_since
          and o.created_at < v_before and (p_lane is null or o.lane = p_lane)
        group by o.bid_card_id) as c
      where p_number is null or (-(c.filtered + c.blocked), c.bid_card_id collate "C") > (-p_number, p_key)
      order by c.filtered + c.blocked desc, c.bid_card_id collate "C" limit p_limit) as g
  ) when 'rule' then (
    select jsonb_agg(to_jsonb(g) order by g.number desc, g.key) from (
      select r.*, r.policy_version as number, (r.kind || ':' || r.action) collate "C" as key from (
        select a.policy_version, k.kind, a.action, count(*) as texts, count(a.ruling) as reviewed,
          count(*) filter (where a.overturned) as overturned,
          round(count(*) filter (where a.overturned)::numeric / nullif(count(a.ruling), 0), 4) as false_positive_rate
        from public.security_actions as a cross join lateral unnest(a.kinds) as k (kind)
        where a.tenant_id = p_tenant_id and a.created_at >= v_since and a.created_at < v_before
          and (p_lane is null or a.lane = p_lane)
        group by a.policy_version, k.kind, a.action) as r
      where p_number is null or (-r.policy_version, (r.kind || ':' || r.action) collate "C") > (-p_number, p_key)
      order by r.policy_version desc, (r.kind || ':' || r.action) collate "C" limit p_limit) as g
  ) end;
end
$$;
comment on function private.security_by(uuid, text, date, date, text, bigint, text, integer) is
'A tenant''s texts of a span of days by kind of threat, day or bid card, and its rules by how often they were wrong.';

create function private.tenant_analysis(
  p_tenant_id uuid, p_group text, p_since date, p_until date, p_lane text, p_after jsonb, p_limit integer
) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_number bigint := (p_after ->> 'number')::bigint;
  v_key text := coalesce(p_after ->> 'key', '');
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 200);
begin
  perform private.refuse_span(p_since, p_until);
  if p_group not in ('kind', 'day', 'contact', 'bid_card', 'rule') or p_group is null then
    raise exception 'nothing is counted by that' using errcode = 'PT422',
      detail = '{"code": "bad_value", "field": "group"}', hint = 'Use kind, day, contact, bid_card or rule.';
  end if;
  return jsonb_build_object('items', coalesce(case p_group when 'contact' then private.security_by_contact(
    p_tenant_id, p_since, p_until, p_lane, v_number, v_key, v_limit) else private.security_by(
    p_tenant_id, p_group, p_since, p_until, p_lane, v_number, v_key, v_limit) end, '[]'));
end
$$;
comment on function private.tenant_analysis(uuid, text, date, date, text, jsonb, integer) is
'A page of a tenant''s texts of a span of days, counted by kind, day, contact, bid_card or rule; p_after is number and '
'key of the last item before it.';

-- ── for clients ──────────────────────────────────────────────────────────────────────────────────────────────────

create function private.security_summary(p_since date, p_until date) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
begin
  perform private.refuse_span(p_since, p_until);
  return private.tenant_security(v_tenant, p_since, p_until);
end
$$;
comment on function private.security_summary(date, date) is
'Definer: the security of the caller''s tenant in a span of days, score and evasions included.';

create function private.security_analysis(
  p_group text, p_since date, p_until date, p_lane text, p_after jsonb, p_limit integer
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
begin
  return private.tenant_analysis(v_tenant, p_group, p_since, p_until, p_lane, p_after, p_limit);
end
$$;
comment on function private.security_analysis(text, date, date, text, jsonb, integer) is
'Definer: the texts of the caller''s tenant in a span of days, counted by kind, day, contact, bid card or rule.';

create function public.security_summary(p_since date, p_until date) returns jsonb
language sql stable set search_path = '' begin atomic select private.security_summary(p_since, p_until); end;
comment on function public.security_summary(date, date) is
'What became of the texts of a span of days (UTC, both ends included, at most a year), and the security score as of '
'its last day. Staff.';

create function public.security_analysis(
  p_group text, p_since date, p_until date, p_lane text default null, p_after jsonb default null,
  p_limit integer default 50
) returns jsonb
language sql stable set search_path = ''
begin atomic select private.security_analysis(p_group, p_since, p_until, p_lane, p_after, p_limit); end;
comment on function public.security_analysis(text, date, date, text, jsonb, integer) is
'The texts of a span of days counted by kind, day, contact, bid_card or rule: {items}, at most 200; number and key of '
'the last one, as p_after, lead to the rest. Staff.';

grant execute on function private.security_summary(date, date),
private.security_analysis(text, date, date, text, jsonb, integer), public.security_summary(date, date),
public.security_analysis(text, date, date, text, jsonb, integer) to authenticated;
