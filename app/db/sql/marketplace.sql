-- name: list_projects
-- Projects the caller may see, newest first: of the tenant he works in, else of all he is known at.
select p.id, p.tenant_id, p.customer_id, p.title, p.description, p.category, p.location, p.attributes, p.status,
  p.status_changed_at, p.created_at, p.updated_at
from public.projects as p
where (%(tenant_id)s::uuid is null or p.tenant_id = %(tenant_id)s::uuid)
  and (%(status)s::text is null or p.status = %(status)s::text)
  and %(parent_id)s::uuid is null
  and (%(before_at)s::timestamptz is null
    or (p.created_at, p.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by p.created_at desc, p.id desc
limit %(limit)s::integer;

-- name: get_project
-- One of them.
select p.id, p.tenant_id, p.customer_id, p.title, p.description, p.category, p.location, p.attributes, p.status,
  p.status_changed_at, p.created_at, p.updated_at
from public.projects as p
where p.id = %(id)s::uuid;

-- name: list_bid_cards
-- Requests for bids the caller may see, newest first: of the tenant he works in, else of all he is known at.
select b.id, b.tenant_id, b.customer_id, b.project_id, b.title, b.description, b.category, b.location,
  b.budget_min::text, b.budget_max::text, b.currency, b.closes_at, b.attributes, b.status, b.awarded_bid_id,
  b.status_changed_at, b.created_at, b.updated_at
from public.bid_cards as b
where (%(tenant_id)s::uuid is null or b.tenant_id = %(tenant_id)s::uuid)
  and (%(status)s::text is null or b.status = %(status)s::text)
  and (%(parent_id)s::uuid is null or b.project_id = %(parent_id)s::uuid)
  and (%(before_at)s::timestamptz is null
    or (b.created_at, b.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by b.created_at desc, b.id desc
limit %(limit)s::integer;

-- name: get_bid_card
-- One of them.
select b.id, b.tenant_id, b.customer_id, b.project_id, b.title, b.description, b.category, b.location,
  b.budget_min::text, b.budget_max::text, b.currency, b.closes_at, b.attributes, b.status, b.awarded_bid_id,
  b.status_changed_at, b.created_at, b.updated_at
from public.bid_cards as b
where b.id = %(id)s::uuid;

-- name: list_bids
-- Bids the caller may see, newest first: of the tenant he works in, else of all he is known at.
select b.id, b.tenant_id, b.bid_card_id, b.customer_id, b.provider_id, b.amount::text, b.currency, b.proposal,
  b.starts_on, b.days, b.status, b.status_changed_at, b.created_at, b.updated_at
from public.contractor_bids as b
where (%(tenant_id)s::uuid is null or b.tenant_id = %(tenant_id)s::uuid)
  and (%(status)s::text is null or b.status = %(status)s::text)
  and (%(parent_id)s::uuid is null or b.bid_card_id = %(parent_id)s::uuid)
  and (%(before_at)s::timestamptz is null
    or (b.created_at, b.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by b.created_at desc, b.id desc
limit %(limit)s::integer;

-- name: get_bid
-- One of them.
select b.id, b.tenant_id, b.bid_card_id, b.customer_id, b.provider_id, b.amount::text, b.currency, b.proposal,
  b.starts_on, b.days, b.status, b.status_changed_at, b.created_at, b.updated_at
from public.contractor_bids as b
where b.id = %(id)s::uuid;

-- name: list_bookings
-- Bookings and jobs the caller may see, newest first: of the tenant he works in, else of all he is known at.
select k.id, k.tenant_id, k.kind, k.customer_id, k.provider_id, k.project_id, k.bid_id, k.title, k.description,
  k.location, k.starts_at, k.ends_at, k.price::text, k.currency, k.attributes, k.requested_by, k.status,
  k.status_changed_at, k.created_at, k.updated_at
from public.bookings as k
where (%(tenant_id)s::uuid is null or k.tenant_id = %(tenant_id)s::uuid)
  and (%(status)s::text is null or k.status = %(status)s::text)
  and (%(parent_id)s::uuid is null or k.project_id = %(parent_id)s::uuid)
  and (%(before_at)s::timestamptz is null
    or (k.created_at, k.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by k.created_at desc, k.id desc
limit %(limit)s::integer;

-- name: get_booking
-- One of them.
select k.id, k.tenant_id, k.kind, k.customer_id, k.provider_id, k.project_id, k.bid_id, k.title, k.description,
  k.location, k.starts_at, k.ends_at, k.price::text, k.currency, k.attributes, k.requested_by, k.status,
  k.status_changed_at, k.created_at, k.updated_at
from public.bookings as k
where k.id = %(id)s::uuid;

-- name: list_connection_fees
-- Fees the caller may see, newest first: of the tenant he works in, else of all he is known at.
select f.id, f.tenant_id, f.bid_id, f.provider_id, f.amount::text, f.currency, f.status, f.payment_reference,
  f.status_changed_at, f.created_at
from public.connection_fees as f
where (%(tenant_id)s::uuid is null or f.tenant_id = %(tenant_id)s::uuid)
  and (%(status)s::text is null or f.status = %(status)s::text)
  and (%(parent_id)s::uuid is null or f.bid_id = %(parent_id)s::uuid)
  and (%(before_at)s::timestamptz is null
    or (f.created_at, f.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by f.created_at desc, f.id desc
limit %(limit)s::integer;

-- name: list_referrals
-- Referrals the caller may see, newest first: of the tenant he works in, else of all he is known at.
select r.id, r.tenant_id, r.code, r.referrer_id, r.referred_id, r.source, r.reward_amount::text, r.currency,
  r.status, r.expires_at, r.status_changed_at, r.created_at
from public.referral_tracking as r
where (%(tenant_id)s::uuid is null or r.tenant_id = %(tenant_id)s::uuid)
  and (%(status)s::text is null or r.status = %(status)s::text)
  and %(parent_id)s::uuid is null
  and (%(before_at)s::timestamptz is null
    or (r.created_at, r.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by r.created_at desc, r.id desc
limit %(limit)s::integer;

-- name: create_project
-- A new project.
select public.create_project(%(row)s::jsonb, %(tenant_slug)s::text);

-- name: change_project
-- Changes to a project.
select public.change_project(%(id)s::uuid, %(row)s::jsonb);

-- name: set_project_status
-- Begin, complete or cancel a project.
select public.set_project_status(%(id)s::uuid, %(status)s::text);

-- name: create_bid_card
-- A new request for bids.
select public.create_bid_card(%(row)s::jsonb, %(tenant_slug)s::text);

-- name: change_bid_card
-- Changes to a request.
select public.change_bid_card(%(id)s::uuid, %(row)s::jsonb);

-- name: set_bid_card_status
-- Publish, close, complete or cancel a request.
select public.set_bid_card_status(%(id)s::uuid, %(status)s::text);

-- name: submit_bid
-- A bid, or changes to the caller's own.
select public.submit_bid(%(id)s::uuid, %(row)s::jsonb);

-- name: set_bid_status
-- Judge or withdraw a bid.
select public.set_bid_status(%(id)s::uuid, %(status)s::text);

-- name: create_booking
-- A new booking or job.
select public.create_booking(%(row)s::jsonb, %(tenant_slug)s::text);

-- name: change_booking
-- Changes to a booking.
select public.change_booking(%(id)s::uuid, %(row)s::jsonb);

-- name: set_booking_status
-- Where a booking stands.
select public.set_booking_status(%(id)s::uuid, %(status)s::text);

-- name: put_connection_fee
-- The fee for an accepted bid.
select public.put_connection_fee(%(id)s::uuid, %(amount)s::numeric, %(currency)s::text);

-- name: set_connection_fee_status
-- What became of a fee.
select public.set_connection_fee_status(%(id)s::uuid, %(status)s::text, %(payment_reference)s::text);

-- name: create_referral
-- A code to invite somebody with.
select public.create_referral(%(row)s::jsonb, %(tenant_slug)s::text);

-- name: claim_referral
-- The caller came by a code.
select public.claim_referral(%(code)s::text, %(tenant_slug)s::text);

-- name: set_referral_status
-- What came of a referral.
select public.set_referral_status(%(id)s::uuid, %(status)s::text);

-- name: put_profile
-- What a person says of himself.
select public.put_profile(%(row)s::jsonb, %(tenant_slug)s::text);

-- name: rules_for_words
-- By which policy and stage detectors read what the caller has just written; null where nobody judges it.
select private.rules_for_words(%(kind)s::text, %(tenant_id)s::uuid, %(id)s::uuid) as rules;
