-- name: list_reviews
-- Reviews of the active tenant by due date: open ones, free ones, the caller's, late ones, decided ones, or all.
select r.id, r.message_id, r.thread_id, r.verdict_id, r.origin, r.status, r.lane, r.kinds, r.policy_version,
  r.sender_contact_id, r.urgent, r.appeal, r.opened_at, r.due_at,
  coalesce(r.decided_at, clock_timestamp()) > r.due_at and r.status in ('open', 'decided') as overdue, r.claimed_by,
  r.claim_until, r.first_claimed_at, r.decided_at, r.decided_by, r.decision, r.reason, r.outcome
from public.moderation_reviews as r
where r.tenant_id = current_setting('parley.active_tenant')::uuid
  and (%(status)s::text is null or r.status = %(status)s::text)
  and (not %(free)s::boolean or r.claim_until is null or r.claim_until < clock_timestamp())
  and (not %(late)s::boolean or r.due_at < clock_timestamp())
  and (not %(mine)s::boolean or (r.claim_until > clock_timestamp() and r.claimed_by = coalesce(
    'api_key:' || (current_setting('request.jwt.claims', true)::jsonb ->> 'api_key_id'),
    'user:' || (current_setting('request.jwt.claims', true)::jsonb ->> 'sub'))))
  and (%(kind)s::text is null or r.kinds @> array[%(kind)s::text])
  and (%(lane)s::text is null or r.lane = %(lane)s::text)
  and (%(origin)s::text is null or r.origin = %(origin)s::text)
  and (%(after_due)s::timestamptz is null or (r.due_at, r.id) > (%(after_due)s::timestamptz, %(after_id)s::uuid))
order by r.due_at, r.id limit %(limit)s::int;

-- name: get_review
-- One review.
select r.id, r.message_id, r.thread_id, r.verdict_id, r.origin, r.status, r.lane, r.kinds, r.policy_version,
  r.sender_contact_id, r.urgent, r.appeal, r.opened_at, r.due_at,
  coalesce(r.decided_at, clock_timestamp()) > r.due_at and r.status in ('open', 'decided') as overdue, r.claimed_by,
  r.claim_until, r.first_claimed_at, r.decided_at, r.decided_by, r.decision, r.reason, r.outcome
from public.moderation_reviews as r
where r.tenant_id = current_setting('parley.active_tenant')::uuid and r.id = %(review_id)s::uuid;

-- name: claim_review
-- The caller reads it; on record.
select public.claim_review(%(review_id)s::uuid, %(reason)s::text);

-- name: release_review
-- It is anybody's again.
select public.release_review(%(review_id)s::uuid);

-- name: decide_review
-- A person decides on the text he read.
select public.decide_review(
  %(review_id)s::uuid, %(digest)s::text, %(decision)s::text, %(reason)s::text, %(note)s::text, %(spans)s::jsonb);

-- name: appeal_message
-- The sender asks for a person.
select public.appeal_moderation(%(message_id)s::uuid, %(text)s::text);

-- name: list_mutes
-- Mutes of the active tenant, newest first: those that hold, those with an open appeal, those that are over, or all.
select u.id, u.contact_id, u.reason, u.score, u.reasons, u.muted_at, u.until, u.appeal, u.appealed_at,
  u.appeal_outcome, u.appeal_answered_at, u.ended_at, u.ended_by, u.end_reason, u.note
from public.contact_mutes as u
where u.tenant_id = current_setting('parley.active_tenant')::uuid
  and (%(active)s::boolean is null or (u.ended_at is null and u.until > clock_timestamp()) = %(active)s::boolean)
  and (not %(appealed)s::boolean or (u.appealed_at is not null and u.appeal_outcome is null))
  and (%(before_at)s::timestamptz is null or (u.muted_at, u.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by u.muted_at desc, u.id desc limit %(limit)s::int;

-- name: lift_mute
-- It ends now.
select public.lift_mute(%(mute_id)s::uuid, %(reason)s::text);

-- name: keep_mute
-- It stays in spite of the appeal.
select public.keep_mute(%(mute_id)s::uuid, %(reason)s::text);

-- name: contact_trust
-- What speaks against a contact.
select public.contact_trust(%(contact_id)s::uuid);

-- name: my_standing
-- Whether the caller may write to other people.
select public.my_standing(%(tenant_slug)s::text);

-- name: appeal_mute
-- The caller says why his mute is wrong.
select public.appeal_mute(%(text)s::text, %(tenant_slug)s::text);
