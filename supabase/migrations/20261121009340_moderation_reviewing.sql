-- Chapter: moderation, part four. What a person decides: messages that are held, and what their senders appeal.
--
--   verdict `review` ─────────┐                    ┌─ lease over, released ─┐
--   appeal_moderation() ──────┴▶ open ──claim────▶ claimed ◀────────────────┘ ──decide──▶ decided ─▶ record_verdict()
--                                 │                   the text is read by the claim alone, with a reason, audited
--                                 └─ judged anew, edited ──▶ superseded;   erased ──▶ withdrawn
--
-- At most one open review a message, and one appeal a text. Locks: thread → review, as every writer of verdicts takes
-- them; a claim takes the review alone.

create table public.moderation_reviews (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  message_id uuid not null,
  thread_id uuid not null,
  verdict_id uuid not null,
  digest bytea not null,
  origin text not null,
  status text not null default 'open',
  lane text not null,
  kinds text[] not null,
  policy_version integer not null,
  sender_contact_id uuid,
  urgent boolean not null default false,
  appeal text,
  opened_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null,
  overdue_at timestamptz,
  claimed_by text,
  claim_until timestamptz,
  first_claimed_at timestamptz,
  decided_at timestamptz,
  decided_by text,
  decision text,
  reason text,
  decision_verdict_id uuid,
  outcome text,
  constraint moderation_reviews_tenant_id_id_pkey primary key (tenant_id, id),
  constraint moderation_reviews_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint moderation_reviews_tenant_id_verdict_id_fkey foreign key (tenant_id, verdict_id)
  references public.moderation_verdicts (tenant_id, id),
  constraint moderation_reviews_origin_check check (origin in ('verdict', 'appeal')),
  constraint moderation_reviews_status_check check (status in ('open', 'decided', 'superseded', 'withdrawn')),
  constraint moderation_reviews_decision_check check (decision in ('approved', 'filtered', 'blocked')),
  constraint moderation_reviews_outcome_check check (outcome in ('upheld', 'overturned')),
  constraint moderation_reviews_claim_check check ((claimed_by is null) = (claim_until is null)),
  constraint moderation_reviews_decided_check check (
    (status = 'decided') = (decided_at is not null) and (status = 'decided') = (decision is not null)
    and (origin = 'appeal' and status = 'decided') = (outcome is not null)),
  constraint moderation_reviews_appeal_check check (length(appeal) between 1 and 1000)
)
with (fillfactor = 80);
comment on table public.moderation_reviews is
'What waits for a person, and what he decided: held messages, and those whose sender appeals. Never a text.';
comment on column public.moderation_reviews.verdict_id is 'The verdict that is reviewed or appealed.';
comment on column public.moderation_reviews.digest is
'Of the text that is reviewed; who decides says it back, so that nobody decides on another text than he read.';
comment on column public.moderation_reviews.appeal is
'What the sender says to it, to the staff alone. Gone when the message is erased.';
comment on column public.moderation_reviews.overdue_at is 'When it was found to be late; null while it never was.';
comment on column public.moderation_reviews.claimed_by is 'Who reads it now, or read it last; as private.actor() says.';
comment on column public.moderation_reviews.reason is 'What the sender was told.';
comment on column public.moderation_reviews.outcome is
'Of an appeal: upheld, the verdict stays; overturned, it was milder in the end.';

create unique index moderation_reviews_tenant_id_message_id_open_idx on public.moderation_reviews
(tenant_id, message_id) where status = 'open';
create unique index moderation_reviews_tenant_id_message_id_digest_idx on public.moderation_reviews
(tenant_id, message_id, digest) where origin = 'appeal';
create index moderation_reviews_tenant_id_message_id_idx on public.moderation_reviews (tenant_id, message_id, id);
create index moderation_reviews_tenant_id_verdict_id_idx on public.moderation_reviews (tenant_id, verdict_id);
create index moderation_reviews_tenant_id_status_idx on public.moderation_reviews (tenant_id, status, due_at, id);
create index moderation_reviews_tenant_id_opened_at_idx on public.moderation_reviews (tenant_id, opened_at);
create index moderation_reviews_id_idx on public.moderation_reviews (id);
create index moderation_reviews_due_at_idx on public.moderation_reviews (due_at)
where status = 'open' and overdue_at is null;

-- ── opened ──────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tell_reviewers(p_tenant_id uuid, p_kind text, p_title text, p_quiet interval) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (
    select from public.notifications as n
    where n.tenant_id = p_tenant_id and n.kind = p_kind and n.created_at > clock_timestamp() - p_quiet) then
    insert into public.notifications (tenant_id, kind, title) values (p_tenant_id, p_kind, p_title);
  end if;
end
$$;
comment on function private.tell_reviewers(uuid, text, text, interval) is
'Definer: tells the staff of the queue, unless they were told the same within p_quiet: a busy queue rings once.';

create function private.hint_review(p_review public.moderation_reviews) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.hint('inbox:' || p_review.tenant_id::text, 'review.changed', jsonb_build_object(
    'review_id', p_review.id, 'status', p_review.status, 'claimed_by', p_review.claimed_by,
    'claim_until', p_review.claim_until));
end
$$;
comment on function private.hint_review(public.moderation_reviews) is
'Definer: tells the staff''s screens that a review came, was taken, given back or is over. No word of the message.';

create function private.open_review(p_verdict public.moderation_verdicts, p_appeal text) returns
public.moderation_reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_rules jsonb := private.trust_document(p_verdict.tenant_id) -> 'reviews';
  v_urgent boolean := p_verdict.kinds && array(select jsonb_array_elements_text(v_rules -> 'urgent_kinds'));
  v_review public.moderation_reviews%rowtype;
begin
  insert into public.moderation_reviews (tenant_id, message_id, thread_id, verdict_id, digest, origin, lane, kinds,
    policy_version, sender_contact_id, urgent, appeal, due_at)
  values (p_verdict.tenant_id, p_verdict.message_id, p_verdict.thread_id, p_verdict.id, p_verdict.digest,
    case when p_appeal is null then 'verdict' else 'appeal' end, p_verdict.lane, p_verdict.kinds,
    p_verdict.policy_version, p_verdict.sender_contact_id, v_urgent, p_appeal, clock_timestamp()
    + make_interval(mins => (v_rules ->> case when v_urgent then 'urgent_minutes' else 'minutes' end)::integer))
  returning * into v_review;
  if v_urgent then
    perform private.tell_reviewers(p_verdict.tenant_id, 'review_urgent', 'A message has to be read by a person now',
      interval '0');
  else
    perform private.tell_reviewers(p_verdict.tenant_id, 'review_opened', 'Messages wait to be read by a person',
      interval '15 minutes');
  end if;
  perform private.hint_review(v_review);
  return v_review;
end
$$;
comment on function private.open_review(public.moderation_verdicts, text) is
'Definer: a verdict waits for a person: because it says so, or (p_appeal) because the sender does. The staff is told, '
'of urgent ones at once.';

create function private.close_reviews(p_tenant_id uuid, p_message_id uuid, p_status text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_review public.moderation_reviews%rowtype;
begin
  update public.moderation_reviews as r set status = p_status
  where r.tenant_id = p_tenant_id and r.message_id = p_message_id and r.status = 'open'
  returning * into v_review;
  if v_review.id is not null then
    perform private.hint_review(v_review);
  end if;
end
$$;
comment on function private.close_reviews(uuid, uuid, text) is
'Definer: the open review of a message, if there is one, is about a text that is no longer waiting.';

create function private.tg_verdicts__review() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_review public.moderation_reviews%rowtype;
  v_was text;
begin
  select r.* into v_review from public.moderation_reviews as r
  where r.tenant_id = new.tenant_id and r.message_id = new.message_id and r.status = 'open' for no key update;
  if v_review.id is null then
    if new.decision = 'review' then
      perform private.open_review(new, null);
    end if;
  elsif new.decider = 'person' and new.decision <> 'review' and new.digest = v_review.digest then
    select v.decision into v_was from public.moderation_verdicts as v
    where v.tenant_id = new.tenant_id and v.id = v_review.verdict_id;
    update public.moderation_reviews as r
    set status = 'decided', decided_at = new.created_at, decided_by = new.decided_by, decision = new.decision,
      decision_verdict_id = new.id, outcome = case when r.origin = 'appeal' then
        case when private.severity(new.decision) < private.severity(v_was) then 'overturned' else 'upheld' end end
    where r.tenant_id = v_review.tenant_id and r.id = v_review.id returning * into v_review;
    perform private.hint_review(v_review);
  elsif new.decision = 'review' and new.digest = v_review.digest then
    -- The same text, judged once more: whoever has begun to read it goes on.
    update public.moderation_reviews as r
    set verdict_id = new.id, kinds = new.kinds, policy_version = new.policy_version
    where r.tenant_id = v_review.tenant_id and r.id = v_review.id;
  else
    perform private.close_reviews(new.tenant_id, new.message_id, 'superseded');
    if new.decision = 'review' then
      perform private.open_review(new, null);
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_verdicts__review() is
'Definer: a verdict that says review opens one; a person''s ends it; any other makes it superfluous.';

create function private.tg_messages__close_reviews() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.erased_at is not null then
    perform private.close_reviews(new.tenant_id, new.id, 'withdrawn');
    update public.moderation_reviews as r set appeal = null, reason = null
    where r.tenant_id = new.tenant_id and r.message_id = new.id and coalesce(r.appeal, r.reason) is not null;
  else
    perform private.close_reviews(new.tenant_id, new.id, 'superseded');
  end if;
  return null;
end
$$;
comment on function private.tg_messages__close_reviews() is
'Definer: an edited message is judged anew, an erased one is nobody''s business any more, nor what was said about it.';

create trigger moderation_verdicts_300_review after insert on public.moderation_verdicts
for each row execute function private.tg_verdicts__review();
create trigger et_messages_830_close_reviews
after update of subject, body, moderation_status, erased_at on public.et_messages
for each row when (
  old.moderation_status <> 'pending' and new.moderation_status = 'pending'
  or old.erased_at is null and new.erased_at is not null
)
execute function private.tg_messages__close_reviews();

-- ── what a reviewer reads ───────────────────────────────────────────────────────────────────────────────────────────

create function private.reviewed_text(p_tenant_id uuid, p_message_id uuid, p_digest bytea)
returns table (subject text, body text, lines text)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select t.subject, t.body, t.lines from public.et_messages as m
  cross join lateral private.judged_text(m) as t
  where m.tenant_id = p_tenant_id and m.id = p_message_id and t.digest = p_digest;
  if not found then
    return query
    select o.subject, o.body, '' from private.message_originals as o
    where o.tenant_id = p_tenant_id and o.message_id = p_message_id and o.digest = p_digest;
  end if;
end
$$;
comment on function private.reviewed_text(uuid, uuid, bytea) is
'Definer: the text a verdict was about, as it was written, with what stands beside it; no row when it is gone.';

create function private.spans_of(p_tenant_id uuid, p_verdict_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((
    select jsonb_agg(t) from private.verdict_documents as d
    cross join lateral jsonb_array_elements(d.verdict::jsonb -> 'threats_detected') as t
    where d.tenant_id = p_tenant_id and d.verdict_id = p_verdict_id), '[]');
end
$$;
comment on function private.spans_of(uuid, uuid) is
'Definer: what a verdict found: [{kind, span, value, confidence}]; spans in characters of the text.';

create function private.read_along(p_tenant_id uuid, p_verdict_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((
    select jsonb_agg(jsonb_build_object('message_id', e.e ->> 'message_id', 'body', t.body) order by e.place)
    from private.verdict_documents as d
    cross join lateral jsonb_array_elements(d.inputs -> 'earlier') with ordinality as e (e, place)
    cross join lateral private.reviewed_text(p_tenant_id, (e.e ->> 'message_id')::uuid,
      decode(e.e ->> 'digest', 'hex')) as t
    where d.tenant_id = p_tenant_id and d.verdict_id = p_verdict_id), '[]');
end
$$;
comment on function private.read_along(uuid, uuid) is
'Definer: the sender''s own messages before it that were read together with it, oldest first.';

create function private.actor_name(p_tenant_id uuid, p_actor text) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select u.display_name from public.tenant_members as u
    where u.tenant_id = p_tenant_id and p_actor = 'user:' || u.user_id::text);
end
$$;
comment on function private.actor_name(uuid, text) is 'Definer: what a member calls himself; null for a key.';

create function private.review_text(p_review public.moderation_reviews) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_verdict public.moderation_verdicts%rowtype;
  v_text record;
begin
  select v.* into v_verdict from public.moderation_verdicts as v
  where v.tenant_id = p_review.tenant_id and v.id = p_review.verdict_id;
  select t.subject, t.body, t.lines into v_text
  from private.reviewed_text(p_review.tenant_id, p_review.message_id, p_review.digest) as t;
  return jsonb_build_object('review_id', p_review.id, 'message_id', p_review.message_id, 'thread_id',
    p_review.thread_id, 'origin', p_review.origin, 'digest', encode(p_review.digest, 'hex'), 'subject', v_text.subject,
    'body', v_text.body, 'beside', nullif(ltrim(v_text.lines, e'\n'), ''), 'earlier', private.read_along(p_review.tenant_id, p_review.verdict_id),
    'lane', p_review.lane, 'stage', v_verdict.stage, 'policy_version', v_verdict.policy_version,
    'decision', v_verdict.decision, 'decider', v_verdict.decider, 'kinds', v_verdict.kinds,
    'confidence', v_verdict.confidence, 'threats', private.spans_of(p_review.tenant_id, p_review.verdict_id),
    'sender_contact_id', p_review.sender_contact_id, 'appeal', p_review.appeal, 'opened_at', p_review.opened_at,
    'due_at', p_review.due_at, 'claimed_by', p_review.claimed_by, 'claim_until', p_review.claim_until);
end
$$;
comment on function private.review_text(public.moderation_reviews) is
'Definer, whose caller has written the audit row: what a reviewer needs in order to decide.';

-- ── claim, release ──────────────────────────────────────────────────────────────────────────────────────────────────

create function private.refuse_review(p_review public.moderation_reviews) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_review.status <> 'open' then
    raise exception 'this review is % already', p_review.status using errcode = 'PT409',
      detail = jsonb_build_object('code', 'review_closed', 'status', p_review.status)::text,
      hint = 'Somebody was faster, or the message changed; nothing needs to be done.';
  elsif p_review.claimed_by <> private.actor() and p_review.claim_until > clock_timestamp() then
    raise exception 'somebody else reads this now' using errcode = 'PT409',
      detail = jsonb_build_object('code', 'review_claimed', 'claimed_by', p_review.claimed_by, 'name',
        private.actor_name(p_review.tenant_id, p_review.claimed_by), 'claim_until', p_review.claim_until)::text,
      hint = 'Take another one, or wait until claim_until.';
  end if;
end
$$;
comment on function private.refuse_review(public.moderation_reviews) is
'Definer: a review is open and nobody else has it, or 409 says who has it until when.';

create function private.claim_review(p_review_id uuid, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_review public.moderation_reviews%rowtype;
begin
  perform private.refuse_no_reason(p_reason);
  select r.* into v_review from public.moderation_reviews as r
  where r.tenant_id = v_tenant and r.id = p_review_id for no key update;
  if v_review.id is null then
    return private.deny('moderation_review', p_review_id, 'claim_review');
  end if;
  perform private.refuse_review(v_review);
  if exists (
    select from public.et_messages as m
    where m.tenant_id = v_tenant and m.id = v_review.message_id and m.sender = private.actor()) then
    raise exception 'you wrote this yourself' using errcode = 'PT403', detail = '{"code": "own_message"}',
      hint = 'Somebody else has to review it.';
  end if;
  update public.moderation_reviews as r
  set claimed_by = private.actor(), first_claimed_at = coalesce(r.first_claimed_at, clock_timestamp()),
    claim_until = clock_timestamp() + make_interval(mins => (
      private.trust_document(v_tenant) -> 'reviews' ->> 'lease_minutes')::integer)
  where r.tenant_id = v_tenant and r.id = p_review_id returning * into v_review;
  perform private.audit(v_tenant, 'review.read', 'message', v_review.message_id::text, jsonb_build_object(
    'reason', left(p_reason, 500), 'review_id', v_review.id));
  perform private.hint_review(v_review);
  return private.review_text(v_review);
end
$$;
comment on function private.claim_review(uuid, text) is
'Definer: a person takes a review for a while and reads the message, which the audit log tells with the reason in the '
'same transaction. Said again by the same person it begins the time anew.';

create function private.release_review(p_review_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_review public.moderation_reviews%rowtype;
begin
  select r.* into v_review from public.moderation_reviews as r
  where r.tenant_id = v_tenant and r.id = p_review_id for no key update;
  if v_review.id is null then
    return private.deny('moderation_review', p_review_id, 'release_review');
  end if;
  if not private.is_admin() or v_review.status <> 'open' then
    perform private.refuse_review(v_review);
  end if;
  update public.moderation_reviews as r set claimed_by = null, claim_until = null
  where r.tenant_id = v_tenant and r.id = p_review_id returning * into v_review;
  perform private.hint_review(v_review);
  return jsonb_build_object('review_id', v_review.id, 'status', v_review.status, 'claimed_by', null);
end
$$;
comment on function private.release_review(uuid) is
'Definer: gives a review back undecided: his own, and for an admin anybody''s.';

-- ── for the housekeeper ─────────────────────────────────────────────────────────────────────────────────────────────

create function private.note_overdue_reviews() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_late record;
  v_count bigint := 0;
begin
  for v_late in
    with late as (
      update public.moderation_reviews as r set overdue_at = clock_timestamp()
      where (r.tenant_id, r.id) in (
        select x.tenant_id, x.id from public.moderation_reviews as x
        where x.status = 'open' and x.overdue_at is null and x.due_at < clock_timestamp()
        limit 1000 for no key update skip locked)
      returning r.tenant_id
    )
    select l.tenant_id, count(*) as many from late as l group by l.tenant_id
  loop
    insert into public.notifications (tenant_id, kind, title) values (v_late.tenant_id, 'review_overdue',
      case v_late.many when 1 then 'A message waits too long to be read by a person'
        else v_late.many::text || ' messages wait too long to be read by a person' end);
    v_count := v_count + v_late.many;
  end loop;
  return v_count;
end
$$;
comment on function private.note_overdue_reviews() is
'Definer, for the housekeeper: reviews that are late are marked, once each, and the staff is told.';

-- ── client wrappers ─────────────────────────────────────────────────────────────────────────────────────────────────

create function public.claim_review(p_review_id uuid, p_reason text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.claim_review(p_review_id, p_reason); end;
create function public.release_review(p_review_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.release_review(p_review_id); end;
comment on function public.claim_review(uuid, text) is
'Take a held or appealed message and read it, with a reason that is audited. Agents.';
comment on function public.release_review(uuid) is 'Give a review back undecided; admins also a colleague''s. Agents.';

-- ── policies and grants ─────────────────────────────────────────────────────────────────────────────────────────────

alter table public.moderation_reviews enable row level security;
alter table public.moderation_reviews force row level security;
create policy moderation_reviews_select_staff on public.moderation_reviews for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.moderation_reviews from public, anon, authenticated, service_role;
grant select on public.moderation_reviews to service_role;
-- Not the digest: see moderation_verdicts.
grant select (
  tenant_id, id, message_id, thread_id, verdict_id, origin, status, lane, kinds, policy_version, sender_contact_id,
  urgent, appeal, opened_at, due_at, overdue_at, claimed_by, claim_until, first_claimed_at, decided_at, decided_by,
  decision, reason, decision_verdict_id, outcome
) on public.moderation_reviews to authenticated;
grant execute on function private.claim_review(uuid, text), public.claim_review(uuid, text),
private.release_review(uuid), public.release_review(uuid) to authenticated;
grant execute on function private.note_overdue_reviews() to parley_worker;
