-- Chapter: marketplace. What customers and providers write to each other about: projects, requests for bids, bids,
-- bookings; the fee for an introduction, and who brought whom.
--
--   projects ──< bid_cards ──< contractor_bids ──1 connection_fees          referral_tracking (contact brings contact)
--        └──────────┴──────────────┴──< bookings (kind booking, or job: agreed work)
--
--   project   open → in_progress → completed;  open | in_progress → cancelled
--   bid card  draft → published ⇄ closed;  published | closed → awarded → completed;  any of them → cancelled
--   bid       submitted → shortlisted → accepted | rejected;  submitted | shortlisted → withdrawn
--   booking   requested → confirmed | declined;  confirmed → in_progress → completed;  confirmed → completed | no_show;
--             requested | confirmed | in_progress → cancelled
--   fee       pending → paid → refunded;  pending → waived | failed;  failed → paid | waived
--   referral  invited → joined → converted;  invited → expired
--
-- The rows hold the facts; who may do what is in part two, what the conversations are told in part three.

-- ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.projects (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  customer_id uuid not null,
  title text not null,
  description text,
  category text,
  location text,
  attributes jsonb not null default '{}',
  status text not null default 'open',
  status_changed_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint projects_tenant_id_id_pkey primary key (tenant_id, id),
  constraint projects_tenant_id_id_customer_id_key unique (tenant_id, id, customer_id),
  constraint projects_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint projects_tenant_id_customer_id_fkey foreign key (tenant_id, customer_id)
  references public.contacts (tenant_id, id),
  constraint projects_status_check check (status in ('open', 'in_progress', 'completed', 'cancelled')),
  constraint projects_title_check check (length(btrim(title)) between 1 and 200 and title !~ '[[:cntrl:]]'),
  constraint projects_texts_check check (
    length(description) <= 10000 and length(category) <= 100 and length(location) <= 300)
);
comment on table public.projects is 'What a customer wants done.';
comment on column public.projects.customer_id is
'The contact whose project it is; after a merge the one it led to counts.';
comment on column public.projects.attributes is 'Whatever the tenant wants to keep with it.';

create table public.bid_cards (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  customer_id uuid not null,
  project_id uuid,
  title text not null,
  description text,
  category text,
  location text,
  budget_min numeric(12, 2),
  budget_max numeric(12, 2),
  currency text not null default 'USD',
  closes_at timestamptz,
  attributes jsonb not null default '{}',
  status text not null default 'draft',
  awarded_bid_id uuid,
  status_changed_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint bid_cards_tenant_id_id_pkey primary key (tenant_id, id),
  constraint bid_cards_tenant_id_id_customer_id_key unique (tenant_id, id, customer_id),
  constraint bid_cards_tenant_id_customer_id_fkey foreign key (tenant_id, customer_id)
  references public.contacts (tenant_id, id),
  constraint bid_cards_tenant_id_project_id_customer_id_fkey foreign key (tenant_id, project_id, customer_id)
  references public.projects (tenant_id, id, customer_id),
  constraint bid_cards_status_check
  check (status in ('draft', 'published', 'closed', 'awarded', 'completed', 'cancelled')),
  constraint bid_cards_awarded_check check (
    case when status in ('awarded', 'completed') then awarded_bid_id is not null
      else awarded_bid_id is null or status = 'cancelled' end),
  constraint bid_cards_budget_check check (budget_min >= 0 and budget_max >= 0 and budget_max >= budget_min),
  constraint bid_cards_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint bid_cards_title_check check (length(btrim(title)) between 1 and 200 and title !~ '[[:cntrl:]]'),
  constraint bid_cards_texts_check check (
    length(description) <= 10000 and length(category) <= 100 and length(location) <= 300)
);
comment on table public.bid_cards is 'A request for bids: what providers see of a project while they may bid.';
comment on column public.bid_cards.closes_at is 'No bid is taken from then on; null is no such moment.';
comment on column public.bid_cards.awarded_bid_id is 'The bid that was accepted; stays when the work is cancelled.';

create table public.contractor_bids (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  bid_card_id uuid not null,
  customer_id uuid not null,
  provider_id uuid not null,
  amount numeric(12, 2) not null,
  currency text not null default 'USD',
  proposal text,
  starts_on date,
  days integer,
  status text not null default 'submitted',
  status_changed_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint contractor_bids_tenant_id_id_pkey primary key (tenant_id, id),
  constraint contractor_bids_tenant_id_bid_card_id_id_key unique (tenant_id, bid_card_id, id),
  constraint contractor_bids_tenant_id_id_provider_id_key unique (tenant_id, id, provider_id),
  constraint contractor_bids_tenant_id_bid_card_id_customer_id_fkey foreign key (tenant_id, bid_card_id, customer_id)
  references public.bid_cards (tenant_id, id, customer_id),
  constraint contractor_bids_tenant_id_provider_id_fkey foreign key (tenant_id, provider_id)
  references public.contacts (tenant_id, id),
  constraint contractor_bids_status_check
  check (status in ('submitted', 'shortlisted', 'accepted', 'rejected', 'withdrawn')),
  constraint contractor_bids_parties_check check (provider_id <> customer_id),
  constraint contractor_bids_amount_check check (amount >= 0),
  constraint contractor_bids_days_check check (days between 1 and 3650),
  constraint contractor_bids_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint contractor_bids_proposal_check check (length(proposal) <= 10000)
);
comment on table public.contractor_bids is
'What a provider offers for a request. Its provider, the customer and the staff read it: no provider sees another''s.';
comment on column public.contractor_bids.customer_id is 'Of its bid card, held equal by the key.';
comment on column public.contractor_bids.days is 'How long the work takes.';

alter table public.bid_cards add constraint bid_cards_tenant_id_id_awarded_bid_id_fkey
foreign key (tenant_id, id, awarded_bid_id) references public.contractor_bids (tenant_id, bid_card_id, id);

create table public.bookings (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  kind text not null default 'booking',
  customer_id uuid not null,
  provider_id uuid not null,
  project_id uuid,
  bid_id uuid,
  title text not null,
  description text,
  location text,
  starts_at timestamptz,
  ends_at timestamptz,
  price numeric(12, 2),
  currency text not null default 'USD',
  attributes jsonb not null default '{}',
  requested_by text not null default 'staff',
  status text not null default 'requested',
  status_changed_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint bookings_tenant_id_id_pkey primary key (tenant_id, id),
  constraint bookings_tenant_id_customer_id_fkey foreign key (tenant_id, customer_id)
  references public.contacts (tenant_id, id),
  constraint bookings_tenant_id_provider_id_fkey foreign key (tenant_id, provider_id)
  references public.contacts (tenant_id, id),
  constraint bookings_tenant_id_project_id_customer_id_fkey foreign key (tenant_id, project_id, customer_id)
  references public.projects (tenant_id, id, customer_id),
  constraint bookings_tenant_id_bid_id_provider_id_fkey foreign key (tenant_id, bid_id, provider_id)
  references public.contractor_bids (tenant_id, id, provider_id),
  constraint bookings_kind_check check (kind in ('booking', 'job')),
  constraint bookings_requested_by_check check (requested_by in ('customer', 'provider', 'staff')),
  constraint bookings_status_check check (
    status in ('requested', 'confirmed', 'declined', 'in_progress', 'completed', 'no_show', 'cancelled')),
  constraint bookings_parties_check check (provider_id <> customer_id),
  constraint bookings_times_check check (ends_at > starts_at and (ends_at is null or starts_at is not null)),
  constraint bookings_price_check check (price >= 0),
  constraint bookings_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint bookings_title_check check (length(btrim(title)) between 1 and 200 and title !~ '[[:cntrl:]]'),
  constraint bookings_texts_check check (length(description) <= 10000 and length(location) <= 300)
);
comment on table public.bookings is 'Work one customer and one provider agree on, with its time: a booking, or a job.';
comment on column public.bookings.kind is 'The kind of context its conversation has: booking or job.';
comment on column public.bookings.requested_by is 'Whose wish it was: the other side confirms or declines it.';

create table public.connection_fees (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  bid_id uuid not null,
  provider_id uuid not null,
  amount numeric(12, 2) not null,
  currency text not null default 'USD',
  status text not null default 'pending',
  payment_reference text,
  status_changed_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint connection_fees_tenant_id_id_pkey primary key (tenant_id, id),
  constraint connection_fees_tenant_id_bid_id_key unique (tenant_id, bid_id),
  constraint connection_fees_tenant_id_bid_id_provider_id_fkey foreign key (tenant_id, bid_id, provider_id)
  references public.contractor_bids (tenant_id, id, provider_id),
  constraint connection_fees_tenant_id_provider_id_fkey foreign key (tenant_id, provider_id)
  references public.contacts (tenant_id, id),
  constraint connection_fees_status_check check (status in ('pending', 'paid', 'failed', 'waived', 'refunded')),
  constraint connection_fees_amount_check check (amount > 0),
  constraint connection_fees_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint connection_fees_payment_reference_check check (length(payment_reference) between 1 and 200)
);
comment on table public.connection_fees is
'What a provider owes for the introduction an accepted bid was; one a bid. Payments are made elsewhere.';

create table public.referral_tracking (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  code text not null,
  referrer_id uuid not null,
  referred_id uuid,
  source text,
  reward_amount numeric(12, 2),
  currency text not null default 'USD',
  status text not null default 'invited',
  expires_at timestamptz not null default clock_timestamp() + interval '90 days',
  status_changed_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint referral_tracking_tenant_id_id_pkey primary key (tenant_id, id),
  constraint referral_tracking_tenant_id_code_key unique (tenant_id, code),
  constraint referral_tracking_tenant_id_referrer_id_fkey foreign key (tenant_id, referrer_id)
  references public.contacts (tenant_id, id),
  constraint referral_tracking_tenant_id_referred_id_fkey foreign key (tenant_id, referred_id)
  references public.contacts (tenant_id, id),
  constraint referral_tracking_status_check check (status in ('invited', 'joined', 'converted', 'expired')),
  constraint referral_tracking_joined_check check ((status in ('joined', 'converted')) = (referred_id is not null)),
  constraint referral_tracking_parties_check check (referred_id <> referrer_id),
  constraint referral_tracking_reward_amount_check check (reward_amount >= 0),
  constraint referral_tracking_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint referral_tracking_code_check check (code ~ '^[a-z0-9]{6,40}$'),
  constraint referral_tracking_source_check check (length(source) <= 100)
);
comment on table public.referral_tracking is 'One invitation of one contact to another, and what came of it.';
comment on column public.referral_tracking.code is 'What the invited person says; good once.';

-- ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create index projects_id_idx on public.projects (id);
create index projects_tenant_id_created_at_idx on public.projects (tenant_id, created_at desc, id desc);
create index projects_tenant_id_customer_id_idx on public.projects (tenant_id, customer_id);
create index bid_cards_id_idx on public.bid_cards (id);
create index bid_cards_tenant_id_created_at_idx on public.bid_cards (tenant_id, created_at desc, id desc);
create index bid_cards_tenant_id_status_idx on public.bid_cards (tenant_id, status, created_at desc, id desc);
create index bid_cards_tenant_id_customer_id_idx on public.bid_cards (tenant_id, customer_id);
create index bid_cards_tenant_id_project_id_idx on public.bid_cards (tenant_id, project_id, customer_id)
where project_id is not null;
create index bid_cards_tenant_id_awarded_bid_id_idx on public.bid_cards (tenant_id, id, awarded_bid_id)
where awarded_bid_id is not null;
create index contractor_bids_id_idx on public.contractor_bids (id);
create index contractor_bids_tenant_id_bid_card_id_idx on public.contractor_bids (tenant_id, bid_card_id, customer_id);
create index contractor_bids_tenant_id_provider_id_idx on public.contractor_bids (tenant_id, provider_id);
create unique index contractor_bids_tenant_id_one_a_provider_idx on public.contractor_bids
(tenant_id, bid_card_id, provider_id) where status in ('submitted', 'shortlisted', 'accepted');
create unique index contractor_bids_tenant_id_one_accepted_idx on public.contractor_bids (tenant_id, bid_card_id)
where status = 'accepted';
create index bookings_id_idx on public.bookings (id);
create index bookings_tenant_id_created_at_idx on public.bookings (tenant_id, created_at desc, id desc);
create index bookings_tenant_id_customer_id_idx on public.bookings (tenant_id, customer_id);
create index bookings_tenant_id_provider_id_idx on public.bookings (tenant_id, provider_id);
create index bookings_tenant_id_project_id_idx on public.bookings (tenant_id, project_id, customer_id)
where project_id is not null;
create index bookings_tenant_id_bid_id_idx on public.bookings (tenant_id, bid_id, provider_id)
where bid_id is not null;
create index connection_fees_id_idx on public.connection_fees (id);
create index connection_fees_tenant_id_bid_id_idx on public.connection_fees (tenant_id, bid_id, provider_id);
create index connection_fees_tenant_id_provider_id_idx on public.connection_fees (tenant_id, provider_id);
create index connection_fees_tenant_id_created_at_idx on public.connection_fees (tenant_id, created_at desc, id desc);
create index referral_tracking_id_idx on public.referral_tracking (id);
create index referral_tracking_tenant_id_referrer_id_idx on public.referral_tracking (tenant_id, referrer_id);
create unique index referral_tracking_tenant_id_referred_id_idx on public.referral_tracking (tenant_id, referred_id)
where referred_id is not null;
create index referral_tracking_tenant_id_created_at_idx on public.referral_tracking (tenant_id, created_at desc,
  id desc);
