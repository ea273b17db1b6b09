-- Chapter: moderation, part six. Who keeps trying: strikes that fade, and what follows from them.
--
--   verdict filtered | blocked ──▶ a strike, by kind      what the last verdicts of a sender have in common ──▶ another
--                                        │                (duplicates, first_contacts, harvesting, evasion)
--                     score = Σ weight × ½^(age / half life)
--                                        ├─ ≥ tighten.at ─▶ fewer messages a minute: send_chat() asks at every send
--                                        └─ ≥ mute.at ────▶ contact_mutes: no word to others, until …; appeal, lift
--   a person lets the message through ──▶ its strikes are void, and so is a mute that rested on them
--
-- All of it is arithmetic over moderation_verdicts; nothing here reads a text. Without `trust` in the policy document
-- strikes are kept and shown, and nothing follows. Locks: what adds up one person's strikes is done one at a time, at
-- commit, after every other lock.

create table public.contact_strikes (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  contact_id uuid not null,
  reason text not null,
  kind text,
  weight real not null,
  at timestamptz not null default clock_timestamp(),
  verdict_id uuid not null,
  voided_at timestamptz,
  voided_by text,
  constraint contact_strikes_tenant_id_id_pkey primary key (tenant_id, id),
  constraint contact_strikes_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint contact_strikes_tenant_id_verdict_id_fkey foreign key (tenant_id, verdict_id)
  references public.moderation_verdicts (tenant_id, id),
  constraint contact_strikes_reason_check check (
    reason in ('filtered', 'blocked', 'duplicates', 'first_contacts', 'harvesting', 'evasion')),
  constraint contact_strikes_weight_check check (weight > 0 and weight <= 100),
  constraint contact_strikes_voided_check check ((voided_at is null) = (voided_by is null))
);
comment on table public.contact_strikes is
'What speaks against a contact: one row for every verdict that weighed, and for every pattern. Each names the verdict '
'it comes from; void once a person let that message through.';
comment on column public.contact_strikes.weight is 'When it was new; it halves with every half life of the policy.';
comment on column public.contact_strikes.kind is 'What was found; null for a pattern.';
comment on column public.contact_strikes.voided_by is 'Whose decision took it back, as private.actor() says.';

create index contact_strikes_tenant_id_contact_id_idx on public.contact_strikes (tenant_id, contact_id, at desc)
where voided_at is null;
create index contact_strikes_tenant_id_contact_id_reason_idx on public.contact_strikes
(tenant_id, contact_id, reason, at desc);
create index contact_strikes_tenant_id_verdict_id_idx on public.contact_strikes (tenant_id, verdict_id);

-- ── the policy's part ───────────────────────────────────────────────────────────────────────────────────────────────

create function private.trust_defaults() returns jsonb
language sql immutable parallel safe set search_path = '' as $$
  select '{
    "half_life_days": 14,
    "filtered_share": 0.5,
    "weights": {"email": 2, "phone": 2, "url": 1, "meeting_link": 1, "social_handle": 2, "payment_handle": 3,
      "address": 1, "threat": 6, "harassment": 3, "spam": 4, "scam": 6, "sexual": 3, "self_harm": 0},
    "tighten": {"at": 3, "share": 0.3},
    "mute": {"at": 8, "hours": 24, "most_hours": 720},
    "duplicates": {"threads": 5, "minutes": 60, "chars": 20, "weight": 3},
    "first_contacts": {"threads": 10, "hours": 24, "weight": 3},
    "harvesting": {"threads": 3, "days": 7, "weight": 3},
    "evasion": {"attempts": 3, "minutes": 30, "weight": 2},
    "reviews": {"minutes": 240, "urgent_minutes": 15, "urgent_kinds": ["self_harm", "threat"], "lease_minutes": 15}
  }'::jsonb
$$;
comment on function private.trust_defaults() is 'What holds where a policy''s trust says nothing else.';

create function private.trust_document(p_tenant_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_said jsonb := (
    select p.document -> 'trust' from public.active_moderation as a
    inner join public.moderation_policies as p on p.tenant_id = a.tenant_id and p.version = a.version
    where a.tenant_id = p_tenant_id);
  v_all jsonb := private.trust_defaults();
  v_name text;
  v_value jsonb;
begin
  if jsonb_typeof(v_said) = 'object' then
    for v_name, v_value in select e.key, e.value from jsonb_each(v_said) as e loop
      v_all := jsonb_set(v_all, array[v_name], case jsonb_typeof(v_value) when 'object' then v_all -> v_name || v_value
        else v_value end);
    end loop;
    return v_all || '{"in_force": true}';
  end if;
  return v_all || '{"in_force": false}';
end
$$;
comment on function private.trust_document(uuid) is
'Definer: trust of the policy in force over the defaults; in_force is false where the policy says nothing of it.';

create function private.check_moderation_trust(p_trust jsonb) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_bad text;
begin
  -- Defaults say which members there are; each number has its own bounds.
  select 'trust.' || m.path into v_bad from (
    select e.key as path, null as inner_key, e.value from jsonb_each(case jsonb_typeof(p_trust) when 'object' then p_trust
      else '{"": 0}' end) as e where jsonb_typeof(e.value) <> 'object'
    union all
    select e.key || '.' || i.key, i.key, i.value from jsonb_each(case jsonb_typeof(p_trust) when 'object' then p_trust
      else '{}' end) as e
    cross join lateral jsonb_each(case jsonb_typeof(e.value) when 'object' then e.value else '{}' end) as i
    union all
    select e.key, null, '{}'::jsonb from jsonb_each(case jsonb_typeof(p_trust) when 'object' then p_trust
      else '{}' end) as e
    where jsonb_typeof(e.value) = 'object' and jsonb_typeof(private.trust_defaults() -> e.key) is distinct from 'object'
  ) as m
  where not coalesce(private.is_trust_value(m.path, m.value), false) order by 1 limit 1;
  if p_trust is not null and (v_bad is not null or jsonb_typeof(p_trust) <> 'object') then
    raise exception 'the policy says of % what it cannot', coalesce(nullif(v_bad, 'trust.'), 'trust') using
      errcode = 'PT422', detail = jsonb_build_object('code', 'bad_policy', 'field', coalesce(nullif(v_bad, 'trust.'),
        'trust'))::text, hint = 'See docs/moderation/trust.md for its members and their bounds.';
  end if;
end
$$;
comment on function private.check_moderation_trust(jsonb) is
'Refuses (PT422, field trust.…) members of a policy''s trust that do not exist or are out of bounds. Null is fine.';

create function private.is_trust_value(p_path text, p_value jsonb) returns boolean
language plpgsql immutable set search_path = '' as $$
declare
  v_default jsonb := private.trust_defaults() #> string_to_array(p_path, '.');
  v_name text := split_part(p_path, '.', 2);
  v_number numeric := case jsonb_typeof(p_value) when 'number' then (p_value #>> '{}')::numeric end;
begin
  return case
    when v_default is null or jsonb_typeof(v_default) <> jsonb_typeof(p_value) then false
    when p_path = 'reviews.urgent_kinds' then not exists (
      select from jsonb_array_elements(p_value) as k
      where jsonb_typeof(k) <> 'string' or not private.trust_defaults() -> 'weights' ? (k #>> '{}'))
    when p_path like 'weights.%' or v_name = 'weight' then v_number between 0 and 100
    when p_path = 'filtered_share' then v_number between 0 and 1
    when p_path = 'tighten.share' then v_number between 0.01 and 1
    when v_name = 'at' then v_number between 0.5 and 10000
    when p_path = 'half_life_days' then v_number between 1 and 365
    when v_number <> trunc(v_number) then false
    when v_name in ('threads', 'attempts') then v_number between 2 and 100
    when v_name in ('hours', 'most_hours') then v_number between 1 and 8760
    when v_name = 'days' then v_number between 1 and 90
    when v_name = 'chars' then v_number between 1 and 8000
    when v_name = 'lease_minutes' then v_number between 1 and 240
    else v_number between 1 and 10080 -- minutes
  end;
end
$$;
comment on function private.is_trust_value(text, jsonb) is
'Whether a member of a policy''s trust, named by its path, exists and may have this value.';

-- ── the score ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.live_strikes(p_tenant_id uuid, p_contact_ids uuid[], p_half_life_days numeric)
returns table (reason text, kind text, weight real, at timestamptz, verdict_id uuid, counts double precision)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select s.reason, s.kind, s.weight, s.at, s.verdict_id,
    s.weight * power(0.5::float8, greatest(extract(epoch from clock_timestamp() - s.at), 0)::float8
      / 86400 / p_half_life_days::float8)
  from public.contact_strikes as s
  where s.tenant_id = p_tenant_id and s.contact_id = any(p_contact_ids) and s.voided_at is null
    -- After twenty half lives nothing is left of it.
    and s.at > clock_timestamp() - make_interval(secs => (p_half_life_days * 20 * 86400)::float8)
  order by s.at desc limit 200;
end
$$;
comment on function private.live_strikes(uuid, uuid[], numeric) is
'Definer: the newest 200 strikes that count, with what is left of each.';

create function private.trust_score(p_tenant_id uuid, p_contact_id uuid) returns real
language plpgsql stable security definer set search_path = '' as $$
begin
  -- In hundredths, as it is shown: what reaches a line has not faded below it a moment later.
  return coalesce((
    select round(sum(s.counts)::numeric, 2) from private.live_strikes(p_tenant_id, private.contact_family(p_tenant_id, p_contact_id),
      (private.trust_document(p_tenant_id) ->> 'half_life_days')::numeric) as s), 0)::real;
end
$$;
comment on function private.trust_score(uuid, uuid) is
'Definer: what speaks against a (canonical) contact now; 0 is a clean record.';

create function private.tightened_rate(p_tenant_id uuid, p_contact_id uuid, p_rate bigint) returns numeric
language plpgsql stable security definer set search_path = '' as $$
declare
  v_trust jsonb;
begin
  -- Nearly everybody leaves here, after one look into an index.
  if not exists (
    select from public.contact_strikes as s
    where s.tenant_id = p_tenant_id and s.contact_id = any(private.contact_family(p_tenant_id, p_contact_id))
      and s.voided_at is null) then
    return p_rate;
  end if;
  v_trust := private.trust_document(p_tenant_id);
  if (v_trust ->> 'in_force')::boolean
    and private.trust_score(p_tenant_id, p_contact_id) >= (v_trust -> 'tighten' ->> 'at')::numeric then
    -- Below one a minute the bucket would never be full.
    return greatest(1, trunc(p_rate * (v_trust -> 'tighten' ->> 'share')::numeric, 1));
  end if;
  return p_rate;
end
$$;
comment on function private.tightened_rate(uuid, uuid, bigint) is
'Definer: how many messages a minute a (canonical) contact may send: p_rate, or the policy''s share of it once too '
'much speaks against him.';

-- ── strikes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.own_strike(p_verdict public.moderation_verdicts, p_trust jsonb) returns public.contact_strikes
language plpgsql stable security definer set search_path = '' as $$
declare
  v_strike public.contact_strikes;
begin
  if p_verdict.decision not in ('filtered', 'blocked') then
    return null;
  end if;
  select k.kind, (p_trust -> 'weights' ->> k.kind)::real * case p_verdict.decision
    when 'filtered' then (p_trust ->> 'filtered_share')::real else 1 end
  into v_strike.kind, v_strike.weight
  from unnest(p_verdict.kinds) as k (kind) where p_trust -> 'weights' ? k.kind
  order by 2 desc, 1 limit 1;
  v_strike.reason := p_verdict.decision;
  return v_strike;
end
$$;
comment on function private.own_strike(public.moderation_verdicts, jsonb) is
'Definer: what a verdict weighs by itself: its heaviest kind; of a masked message a share. Held ones weigh nothing '
'until a person decides.';

create function private.patterns_of(p_verdict public.moderation_verdicts, p_trust jsonb)
returns table (reason text, weight real)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_hour timestamptz := p_verdict.created_at - make_interval(mins => (p_trust #>> '{duplicates,minutes}')::integer);
  v_young timestamptz := p_verdict.created_at - make_interval(hours => (p_trust #>> '{first_contacts,hours}')::integer);
  v_days timestamptz := p_verdict.created_at - make_interval(days => (p_trust #>> '{harvesting,days}')::integer);
  v_try timestamptz := p_verdict.created_at - make_interval(mins => (p_trust #>> '{evasion,minutes}')::integer);
  v_contacts text[] := '{email,phone,url,meeting_link,social_handle,payment_handle,address}';
  v_gives boolean := p_verdict.kinds && v_contacts;
  v_seen record;
begin
  -- One look at the last two hundred verdicts of this sender; nothing here grows with the tenant.
  select count(distinct l.thread_id) filter (where l.digest = p_verdict.digest and l.created_at > v_hour) as same,
    array_agg(distinct l.thread_id) filter (where l.created_at > v_young) as threads,
    count(distinct l.thread_id) filter (where l.gives and l.created_at > v_days) as given,
    count(distinct l.message_id) filter (where l.gives and l.thread_id = p_verdict.thread_id and l.created_at > v_try)
      as tries
  into v_seen
  from (
    select v.thread_id, v.digest, v.created_at, v.message_id,
      v.kinds && v_contacts and v.decision in ('filtered', 'blocked') as gives
    from public.moderation_verdicts as v
    where v.tenant_id = p_verdict.tenant_id and v.sender_contact_id = p_verdict.sender_contact_id
      and v.created_at > least(v_hour, v_young, case when v_gives then v_days end, case when v_gives then v_try end)
    order by v.created_at desc limit 200) as l;
  if v_seen.same >= (p_trust #>> '{duplicates,threads}')::integer and exists (
    select from private.reviewed_text(p_verdict.tenant_id, p_verdict.message_id, p_verdict.digest) as t
    where length(t.body) >= (p_trust #>> '{duplicates,chars}')::integer) then
    reason := 'duplicates'; weight := (p_trust #>> '{duplicates,weight}')::real;
    return next;
  end if;
  if cardinality(v_seen.threads) >= (p_trust #>> '{first_contacts,threads}')::integer
    and private.began(p_verdict, v_seen.threads, v_young) >= (p_trust #>> '{first_contacts,threads}')::integer then
    reason := 'first_contacts'; weight := (p_trust #>> '{first_contacts,weight}')::real;
    return next;
  end if;
  if v_gives and p_verdict.decision in ('filtered', 'blocked') then
    if v_seen.given >= (p_trust #>> '{harvesting,threads}')::integer then
      reason := 'harvesting'; weight := (p_trust #>> '{harvesting,weight}')::real;
      return next;
    end if;
    if v_seen.tries >= (p_trust #>> '{evasion,attempts}')::integer then
      reason := 'evasion'; weight := (p_trust #>> '{evasion,weight}')::real;
      return next;
    end if;
  end if;
end
$$;
comment on function private.patterns_of(public.moderation_verdicts, jsonb) is
'Definer: what the newest verdicts of a sender have in common with this one: the same text to many conversations, many '
'first messages of a new account, contact details in several conversations, or tried again and again in one. A number '
'split over messages counts for the message that completes it.';

create function private.began(p_verdict public.moderation_verdicts, p_threads uuid[], p_since timestamptz)
returns bigint
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select count(*) from public.contacts as c
    cross join unnest(p_threads) as t (id)
    inner join public.et_messages as m on m.tenant_id = c.tenant_id and m.thread_id = t.id and m.seq = 1
      and m.sender_contact_id = c.id
    where c.tenant_id = p_verdict.tenant_id and c.id = p_verdict.sender_contact_id and c.created_at > p_since);
end
$$;
comment on function private.began(public.moderation_verdicts, uuid[], timestamptz) is
'Definer: how many of these conversations a new contact began; 0 for one who has been there for longer.';

create function private.tg_verdicts__trust() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_trust jsonb := private.trust_document(new.tenant_id);
  v_own public.contact_strikes := private.own_strike(new, v_trust);
  v_patterns jsonb := '[]';
  v_contact uuid;
begin
  if new.decider <> 'person' then
    v_patterns := (select coalesce(jsonb_agg(p), '[]') from private.patterns_of(new, v_trust) as p where p.weight > 0);
  end if;
  if v_patterns = '[]' and coalesce(v_own.weight, 0) <= 0 and new.decider <> 'person' then
    return null;
  end if;
  v_contact := coalesce(private.canonical_contact(new.tenant_id, new.sender_contact_id), new.sender_contact_id);
  perform pg_advisory_xact_lock(hashtextextended(new.tenant_id::text || v_contact::text, 9));
  perform private.note_strikes(new, v_contact, v_own, v_patterns, v_trust);
  perform private.apply_trust(new.tenant_id, v_contact, v_trust);
  return null;
end
$$;
comment on function private.tg_verdicts__trust() is
'Definer, at commit: a verdict becomes strikes, and strikes what follows from them. One person''s are added up one at '
'a time.';

create function private.note_strikes(
  p_verdict public.moderation_verdicts, p_contact_id uuid, p_own public.contact_strikes, p_patterns jsonb, p_trust jsonb
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_same boolean;
begin
  -- A text counts once: what was found in it before gives way, unless it comes to the same.
  select coalesce(bool_or(s.reason = p_own.reason and s.kind = p_own.kind), false) into v_same
  from private.strikes_on(p_verdict) as s where s.reason in ('filtered', 'blocked');
  if not v_same then
    update public.contact_strikes as s
    set voided_at = clock_timestamp(), voided_by = coalesce(p_verdict.decided_by, p_verdict.decider)
    where s.tenant_id = p_verdict.tenant_id and s.id in (
      select o.id from private.strikes_on(p_verdict) as o
      where p_verdict.decision = 'approved' or o.reason in ('filtered', 'blocked'));
    if p_own.weight > 0 then
      insert into public.contact_strikes (tenant_id, contact_id, reason, kind, weight, verdict_id)
      values (p_verdict.tenant_id, p_contact_id, p_own.reason, p_own.kind, p_own.weight, p_verdict.id);
    end if;
  end if;
  insert into public.contact_strikes (tenant_id, contact_id, reason, weight, verdict_id)
  select p_verdict.tenant_id, p_contact_id, p ->> 'reason', (p ->> 'weight')::real, p_verdict.id
  from jsonb_array_elements(p_patterns) as p
  where not exists (
    select from public.contact_strikes as s
    where s.tenant_id = p_verdict.tenant_id and s.contact_id = p_contact_id and s.reason = p ->> 'reason'
      and s.at > p_verdict.created_at - private.pattern_window(p ->> 'reason', p_trust));
end
$$;
comment on function private.note_strikes(public.moderation_verdicts, uuid, public.contact_strikes, jsonb, jsonb) is
'Definer, whose caller holds the contact''s lock: the strikes of a verdict; a pattern once in its own window. A '
'person''s approval takes back what its text weighed.';

create function private.strikes_on(p_verdict public.moderation_verdicts) returns setof public.contact_strikes
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select s.* from public.moderation_verdicts as v
  inner join public.contact_strikes as s on s.tenant_id = v.tenant_id and s.verdict_id = v.id and s.voided_at is null
  where v.tenant_id = p_verdict.tenant_id and v.message_id = p_verdict.message_id and v.digest = p_verdict.digest
    and v.id <> p_verdict.id;
end
$$;
comment on function private.strikes_on(public.moderation_verdicts) is
'Definer: live strikes of earlier verdicts on the same text.';

create function private.pattern_window(p_reason text, p_trust jsonb) returns interval
language plpgsql immutable set search_path = '' as $$
begin
  return case p_reason
    when 'first_contacts' then make_interval(hours => (p_trust #>> '{first_contacts,hours}')::integer)
    when 'harvesting' then make_interval(days => (p_trust #>> '{harvesting,days}')::integer)
    else make_interval(mins => (p_trust #>> array[p_reason, 'minutes'])::integer) end;
end
$$;
comment on function private.pattern_window(text, jsonb) is 'How far back a pattern looks, and how often it may strike.';

create constraint trigger moderation_verdicts_900_trust after insert on public.moderation_verdicts
deferrable initially deferred for each row when (new.lane = 'people' and new.sender_contact_id is not null)
execute function private.tg_verdicts__trust();

-- ── policies and grants ─────────────────────────────────────────────────────────────────────────────────────────────

alter table public.contact_strikes enable row level security;
alter table public.contact_strikes force row level security;
create policy contact_strikes_select_staff on public.contact_strikes for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.contact_strikes from public, anon, authenticated, service_role;
grant select on public.contact_strikes to authenticated, service_role;
