-- Chapter: moderation, what its verdicts add up to. Views only: they count what is there, under the reader's own
-- policies (staff see their tenant; people of the chat and strangers see nothing).
--
--   moderation_verdicts ─▶ security_outcomes: of each judged text the verdict that stands
--                            ├─▶ security_days, security_threats         by day
--                            ├─▶ security_contacts, security_bid_cards   by who wrote, and about what
--                            ├─▶ security_offenders                      whose texts are stopped again and again
--                            └─▶ security_scores                         one number: docs/moderation/analytics.md
--                       ─▶ security_actions: what was masked, held or stopped, and what people made of it
--                            ├─▶ security_rules                          how often a rule was wrong
--                            └─▶ security_evasions                       who tries to get past it
--   moderation_reviews  ─▶ security_reviews: how long people took
--
-- A text is judged once, by rules or with a model; people may decide on it afterwards, and the newest of them stands.
-- An edit is a new text: what people decide is about the one judged last before. (Digests would say it, too, but staff
-- may not see them.) Days are UTC, so that the same question has the same answer everywhere.
--
-- What a view cannot be asked for, a span of days, functions answer: see part two of the analytics.

-- ── the score ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.security_weights(p_as_of date) returns table (day date, weight double precision)
language sql immutable parallel safe rows 180 set search_path = '' as $$
  select p_as_of - g.age, power(0.5::float8, g.age / 30::float8) from generate_series(0, 179) as g (age)
$$;
comment on function private.security_weights(date) is
'What a text of a day counts in the score as of another: half as much every 30 days, nothing after 180. A table, '
'because one is joined to a million texts sooner than a function is called for each.';

create function private.security_score(p_threats double precision, p_texts double precision) returns numeric
language sql immutable parallel safe set search_path = '' as $$
  select case when p_texts > 0 then round((100 * power(0.5, least(20 * p_threats / (p_texts + 20), 99)))::numeric, 1) end
$$;
comment on function private.security_score(double precision, double precision) is
'0 to 100: 100 where nothing was stopped, halved by every 50 threats in 1,000 texts, with 20 harmless texts taken for '
'granted, so that no single text decides. Null without texts.';

-- ── texts and what became of them ────────────────────────────────────────────────────────────────────────────────

create view public.security_outcomes with (security_invoker = on) as
select
  v.tenant_id,
  v.id as verdict_id,
  v.message_id,
  v.thread_id,
  v.created_at,
  (v.created_at at time zone 'UTC')::date as day,
  v.lane,
  v.stage,
  v.decider,
  v.decision,
  v.kinds,
  v.policy_version,
  v.sender_contact_id as contact_id,
  case when v.context_kind = 'bid_card' then v.context_id end as bid_card_id,
  case when v.kinds = '{self_harm}' then 0 when v.decision = 'blocked' then 1 when v.decision = 'filtered' then 0.25
    else 0 end::float8 as threat
from public.moderation_verdicts as v
where not exists (
  -- From the few decisions of people to the verdict before each, not from every verdict to the one after it.
  select from public.moderation_verdicts as p
  cross join lateral (
    select b.id from public.moderation_verdicts as b
    where b.tenant_id = p.tenant_id and b.message_id = p.message_id and b.id < p.id
    order by b.id desc limit 1) as before
  where p.decider = 'person' and p.tenant_id = v.tenant_id and before.id = v.id);
comment on view public.security_outcomes is
'The verdict that stands, one row for each judged text, on the day it was given; never what was written.';
comment on column public.security_outcomes.threat is
'What it counts in the score: 1 when it was stopped, a quarter when it was masked, nothing while it is held. Nobody is '
'a threat for being in despair.';

create view public.security_days with (security_invoker = on) as
select
  o.tenant_id,
  o.day,
  o.lane,
  o.stage,
  count(*) as texts,
  count(*) filter (where o.decision = 'approved') as approved,
  count(*) filter (where o.decision = 'filtered') as filtered,
  count(*) filter (where o.decision = 'review') as review,
  count(*) filter (where o.decision = 'blocked') as blocked,
  count(*) filter (where o.decider = 'person') as decided_by_people
from public.security_outcomes as o group by o.tenant_id, o.day, o.lane, o.stage;
comment on view public.security_days is 'What became of texts, by day, lane and stage. review: held, and not decided.';

create view public.security_threats with (security_invoker = on) as
select
  o.tenant_id,
  o.day,
  k.kind,
  o.lane,
  o.stage,
  count(*) as texts,
  count(*) filter (where o.decision = 'approved') as approved,
  count(*) filter (where o.decision = 'filtered') as filtered,
  count(*) filter (where o.decision = 'review') as review,
  count(*) filter (where o.decision = 'blocked') as blocked
from public.security_outcomes as o cross join lateral unnest(o.kinds) as k (kind)
where o.kinds <> '{}'
group by o.tenant_id, o.day, k.kind, o.lane, o.stage;
comment on view public.security_threats is
'What was found in texts, by day. A text of two kinds is in two rows; approved were allowed, or let through by a '
'person.';

create view public.security_contacts with (security_invoker = on) as
-- First by the ids that verdicts name, then by person: so a million texts meet no look-up of contacts.
with counted as (
  select
    o.tenant_id,
    o.contact_id,
    count(*) as texts,
    count(*) filter (where o.decision = 'approved') as approved,
    count(*) filter (where o.decision = 'filtered') as filtered,
    count(*) filter (where o.decision = 'review') as review,
    count(*) filter (where o.decision = 'blocked') as blocked,
    max(o.created_at) filter (where o.decision in ('filtered', 'blocked')) as last_stopped_at,
    sum(w.weight * o.threat) as threats,
    sum(w.weight) as weight
  from public.security_outcomes as o
  inner join private.security_weights((now() at time zone 'UTC')::date) as w on o.day = w.day
  where o.contact_id is not null and o.created_at >= now() - interval '180 days'
  group by o.tenant_id, o.contact_id
)

select
  s.tenant_id,
  coalesce(c.merged_into, s.contact_id) as contact_id,
  sum(s.texts)::bigint as texts,
  sum(s.approved)::bigint as approved,
  sum(s.filtered)::bigint as filtered,
  sum(s.review)::bigint as review,
  sum(s.blocked)::bigint as blocked,
  max(s.last_stopped_at) as last_stopped_at,
  private.security_score(sum(s.threats), sum(s.weight)) as score
from counted as s
left join public.contacts as c on s.tenant_id = c.tenant_id and s.contact_id = c.id
group by s.tenant_id, coalesce(c.merged_into, s.contact_id);
comment on view public.security_contacts is
'What became of what a contact wrote in the last 180 days, and his security score. Merged contacts count as one.';

create view public.security_bid_cards with (security_invoker = on) as
select
  o.tenant_id,
  o.bid_card_id,
  count(*) as texts,
  count(*) filter (where o.decision = 'approved') as approved,
  count(*) filter (where o.decision = 'filtered') as filtered,
  count(*) filter (where o.decision = 'review') as review,
  count(*) filter (where o.decision = 'blocked') as blocked,
  max(o.created_at) filter (where o.decision in ('filtered', 'blocked')) as last_stopped_at
from public.security_outcomes as o where o.bid_card_id is not null group by o.tenant_id, o.bid_card_id;
comment on view public.security_bid_cards is 'What became of what was written about a bid card.';

create view public.security_scores with (security_invoker = on) as
select
  o.tenant_id,
  count(*) as texts,
  count(*) filter (where o.decision = 'blocked') as blocked,
  private.security_score(sum(w.weight * o.threat), sum(w.weight)) as score
from public.security_outcomes as o
inner join private.security_weights((now() at time zone 'UTC')::date) as w on o.day = w.day
where o.created_at >= now() - interval '180 days'
group by o.tenant_id;
comment on view public.security_scores is
'The security score of a tenant today, over everything judged in the last 180 days.';

-- ── who goes on and on ───────────────────────────────────────────────────────────────────────────────────────────

create view public.security_offenders with (security_invoker = on) as
select
  o.tenant_id,
  coalesce(c.merged_into, o.contact_id) as contact_id,
  count(distinct o.verdict_id) filter (where o.decision = 'blocked') as blocked,
  count(distinct o.verdict_id) filter (where o.decision = 'filtered') as filtered,
  count(distinct o.thread_id) as conversations,
  array_agg(distinct k.kind) filter (where k.kind is not null) as kinds,
  min(o.created_at) as first_at,
  max(o.created_at) as last_at
from public.security_outcomes as o
left join lateral unnest(o.kinds) as k (kind) on true
left join public.contacts as c on o.tenant_id = c.tenant_id and o.contact_id = c.id
where o.decision in ('filtered', 'blocked') and o.contact_id is not null
  and o.created_at >= now() - interval '90 days'
group by o.tenant_id, coalesce(c.merged_into, o.contact_id)
having count(distinct o.verdict_id) filter (where o.decision = 'blocked') >= 3;
comment on view public.security_offenders is 'Contacts of whom three texts or more were stopped in the last 90 days.';

-- ── how often a rule was wrong ───────────────────────────────────────────────────────────────────────────────────

create view public.security_actions with (security_invoker = on) as
with rulings as (
  select distinct on (r.tenant_id, b.id)
    r.tenant_id,
    b.id as verdict_id,
    r.decision,
    r.created_at
  from public.moderation_verdicts as r
  cross join lateral (
    select x.id from public.moderation_verdicts as x
    where x.tenant_id = r.tenant_id and x.message_id = r.message_id and x.id < r.id and x.decider <> 'person'
    order by x.id desc limit 1) as b
  where r.decider = 'person'
  order by r.tenant_id asc, b.id asc, r.id desc
)

select
  v.tenant_id,
  v.id as verdict_id,
  v.message_id,
  v.thread_id,
  v.created_at,
  (v.created_at at time zone 'UTC')::date as day,
  v.lane,
  v.stage,
  v.decision,
  v.kinds,
  v.policy_version,
  v.sender_contact_id as contact_id,
  case v.decision when 'filtered' then 'mask' when 'review' then 'hold' else 'block' end as action,
  p.decision as ruling,
  p.created_at as ruled_at,
  p.decision = 'approved' or v.decision = 'blocked' and p.decision = 'filtered' as overturned
from public.moderation_verdicts as v
left join rulings as p on v.tenant_id = p.tenant_id and v.id = p.verdict_id
where v.decider <> 'person' and v.decision <> 'approved';
comment on view public.security_actions is
'What rules and models masked, held or stopped, and what a person made of it in review or on appeal: null where nobody '
'looked. overturned: let through, or only masked where it had been stopped.';

create view public.security_rules with (security_invoker = on) as
select
  a.tenant_id,
  a.policy_version,
  k.kind,
  a.action,
  count(*) as texts,
  count(a.ruling) as reviewed,
  count(*) filter (where a.overturned) as overturned,
  round(count(*) filter (where a.overturned)::numeric / nullif(count(a.ruling), 0), 4) as false_positive_rate
from public.security_actions as a cross join lateral unnest(a.kinds) as k (kind)
group by a.tenant_id, a.policy_version, k.kind, a.action;
comment on view public.security_rules is
'How often a rule (kind and action of a policy version) was wrong, among the texts that people looked at.';

create view public.security_reviews with (security_invoker = on) as
select
  r.tenant_id,
  (r.opened_at at time zone 'UTC')::date as day,
  r.origin,
  count(*) as opened,
  count(*) filter (where r.status = 'open') as waiting,
  count(*) filter (where r.status = 'decided') as decided,
  count(*) filter (where r.status in ('open', 'decided') and coalesce(r.decided_at, now()) > r.due_at) as late,
  percentile_cont(0.5) within group (order by extract(epoch from r.decided_at - r.opened_at)::float8) as p50_seconds,
  percentile_cont(0.95) within group (order by extract(epoch from r.decided_at - r.opened_at)::float8) as p95_seconds
from public.moderation_reviews as r
group by r.tenant_id, (r.opened_at at time zone 'UTC')::date, r.origin;
comment on view public.security_reviews is
'Reviews by the day they were opened, of held messages (verdict) and appeals: how many wait, were decided, came or are '
'too late, and how long their senders waited for the decision.';

-- ── who tries to get past it ───────────────────────────────────────────────────────────────────────────────────────

create view public.security_evasions with (security_invoker = on) as
with tries as (
  select
    a.tenant_id,
    a.day,
    a.thread_id,
    a.contact_id,
    a.created_at,
    a.verdict_id,
    a.message_id,
    coalesce(a.ruling, a.decision) as decision,
    coalesce(a.created_at - lag(a.created_at) over w > interval '10 minutes', true) as is_first
  from public.security_actions as a
  where a.lane = 'people' and a.contact_id is not null and coalesce(a.ruling, a.decision) in ('filtered', 'blocked')
  window w as (partition by a.tenant_id, a.day, a.thread_id, a.contact_id order by a.created_at, a.verdict_id)
),

numbered as (
  select
    t.tenant_id,
    t.day,
    t.thread_id,
    t.contact_id,
    t.created_at,
    t.message_id,
    t.decision,
    count(*) filter (where t.is_first) over (
      partition by t.tenant_id, t.day, t.thread_id, t.contact_id order by t.created_at, t.verdict_id) as run
  from tries as t
)

select
  n.tenant_id,
  n.day,
  n.thread_id,
  n.contact_id,
  count(*) as attempts,
  count(*) filter (where n.decision = 'blocked') as blocked,
  count(distinct n.message_id) as messages,
  min(n.created_at) as first_at,
  max(n.created_at) as last_at
from numbered as n group by n.tenant_id, n.day, n.thread_id, n.contact_id, n.run having count(*) >= 3;
comment on view public.security_evasions is
'Three texts or more of one sender in one conversation and day that were masked or stopped, none more than ten minutes '
'after the one before. Edits of one message count each.';

-- ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────────

insert into private.invariants (name, claim, query) values
('blocked_is_on_record', 'Every verdict that stopped a message has its row in the log until it expires, and every row '
'such a verdict.', $q$
  select coalesce(v.tenant_id, b.tenant_id) as tenant_id, v.id as verdict_id, b.id as log_id
  from (select * from public.moderation_verdicts as x where x.decision = 'blocked') as v
  full join public.blocked_messages_log as b on b.tenant_id = v.tenant_id and b.verdict_id = v.id
    and b.message_id = v.message_id
  where v.id is null or (b.id is null and private.expired_at(v.tenant_id, v.id) is null)$q$);

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.security_outcomes, public.security_days, public.security_threats, public.security_contacts,
public.security_bid_cards, public.security_scores, public.security_offenders, public.security_evasions,
public.security_actions, public.security_rules, public.security_reviews from public, anon, authenticated, service_role;
grant select on public.security_outcomes, public.security_days, public.security_threats, public.security_contacts,
public.security_bid_cards, public.security_scores, public.security_offenders, public.security_evasions,
public.security_actions, public.security_rules, public.security_reviews to authenticated, service_role;
grant execute on function private.security_weights(date), private.security_score(double precision, double precision)
to authenticated, service_role;
