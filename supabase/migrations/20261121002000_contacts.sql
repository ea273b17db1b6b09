-- Chapter: contacts. People outside the tenant's staff, and the addresses they are reached at.
--
--   contact_identities (email | phone | telegram | in_app …) >── contacts ──▶ merged_into (one hop, never a chain)
--                                                                 └──▶ auth_user_id (only through a verified address)
--
-- One person is one contact: an address is stored normalised, once per tenant. Merging repoints identities and moves
-- no message; the loser stays as a signpost.

-- ── functions the tables need ────────────────────────────────────────────────────────────────────────────────────

create table private.address_kinds (
  channel text not null,
  kind text not null,
  constraint address_kinds_channel_pkey primary key (channel),
  constraint address_kinds_channel_check check (channel ~ '^[a-z][a-z0-9_]{0,40}$' and kind <> channel),
  constraint address_kinds_kind_check check (kind in ('email', 'phone'))
);
comment on table private.address_kinds is
'Channels whose people are reached at an address other channels use as well: one number is one person. Any other '
'channel has addresses of its own. An adapter declares it (private.register_providers); what a channel once said '
'stays, because identities are kept by it.';
insert into private.address_kinds (channel, kind)
values ('sms', 'phone'), ('whatsapp', 'phone');

create function private.address_kind(p_channel text) returns text
language plpgsql stable parallel safe security definer set search_path = '' as $$
begin
  return coalesce((select k.kind from private.address_kinds as k where k.channel = p_channel), p_channel);
end
$$;
comment on function private.address_kind(text) is
'Definer: which kind of address a channel uses. WhatsApp, SMS and phone share one number; a channel nobody declared '
'otherwise has its own.';

create function public.address_kind(p_channel text) returns text
language sql stable set search_path = ''
begin atomic select private.address_kind(p_channel); end;
comment on function public.address_kind(text) is
'Which kind of address a channel uses: email, phone, or the channel''s own.';

create function private.is_address(p_kind text, p_address text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_kind
    when 'email' then length(p_address) <= 320 and p_address = lower(p_address)
      and p_address ~ '^[^[:space:][:cntrl:]@]+@[a-z0-9]([a-z0-9._-]*[a-z0-9])?$'
    when 'phone' then p_address ~ '^\+[1-9][0-9]{6,14}$'
    else octet_length(p_address) between 1 and 2000 and p_address !~ '[[:cntrl:]]'
  end;
end
$$;
comment on function private.is_address(text, text) is
'True for a normalised address: e-mail in lower case with its domain as A-label, phone as E.164.';

-- ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.contacts (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  kind text not null default 'unknown',
  display_name text,
  company text,
  name_held boolean not null default false,
  locale text,
  time_zone text,
  home_region text,
  auth_user_id uuid,
  merged_into uuid,
  blocked_at timestamptz,
  erased_at timestamptz,
  attributes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contacts_tenant_id_id_pkey primary key (tenant_id, id),
  constraint contacts_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint contacts_auth_user_id_fkey foreign key (auth_user_id) references auth.users (id) on delete set null,
  constraint contacts_tenant_id_merged_into_fkey foreign key (tenant_id, merged_into)
  references public.contacts (tenant_id, id),
  constraint contacts_kind_check check (kind in ('unknown', 'customer', 'provider', 'lead')),
  constraint contacts_merged_into_check check (merged_into <> id),
  constraint contacts_display_name_check check (length(display_name) <= 200 and display_name !~ '[[:cntrl:]]'),
  constraint contacts_time_zone_check check (private.is_time_zone(time_zone))
);
comment on table public.contacts is 'A person or company a tenant talks to.';
comment on column public.contacts.kind is
'customer (home owner), provider (contractor), lead (a provider not yet won) or unknown.';
comment on column public.contacts.name_held is
'Name or company has a way to be reached in it, and the staff did not enter it: where what people write is judged, '
'others are not shown it.';
comment on column public.contacts.auth_user_id is
'The sign-in of this person; set only when a verified address matches.';
comment on column public.contacts.merged_into is
'Set on the loser of a merge: the contact that goes on. Never points at a merged contact.';
comment on column public.contacts.blocked_at is
'Since when nothing is sent to this contact and the AI does not answer him.';
comment on column public.contacts.erased_at is
'Since when nothing is known of this person: the row is a tombstone that ids may point at, and stays one.';

create table public.contact_identities (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  contact_id uuid not null,
  kind text not null,
  address text not null,
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  constraint contact_identities_tenant_id_id_pkey primary key (tenant_id, id),
  constraint contact_identities_tenant_id_kind_address_key unique (tenant_id, kind, address),
  constraint contact_identities_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint contact_identities_address_check check (private.is_address(kind, address)),
  constraint contact_identities_kind_check check (kind ~ '^[a-z][a-z0-9_]{0,40}$')
);
comment on table public.contact_identities is
'One normalised address of one contact; an address belongs to one contact per tenant.';
comment on column public.contact_identities.verified_at is
'When the person proved that the address is his; null means it was only seen.';

create table public.contact_consents (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  contact_id uuid not null,
  channel text not null,
  purpose text not null,
  granted boolean not null,
  wording text,
  source text not null,
  recorded_by text not null,
  recorded_at timestamptz not null default now(),
  constraint contact_consents_tenant_id_id_pkey primary key (tenant_id, id),
  constraint contact_consents_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint contact_consents_purpose_check check (purpose in ('service', 'notification', 'marketing'))
);
comment on table public.contact_consents is
'Who agreed to what, when, to which wording, through which source. The newest row counts; rows are never changed.';

-- ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create index contacts_id_idx on public.contacts (id);
create index contacts_tenant_id_kind_id_idx on public.contacts (tenant_id, kind, id);
create index contacts_tenant_id_name_held_idx on public.contacts (tenant_id) where name_held;
create index contacts_tenant_id_merged_into_idx on public.contacts (tenant_id,
  merged_into) where merged_into is not null;
-- Partial, because most contacts have none: the planner would take it for a way to find a contact by its id.
create unique index contacts_tenant_id_auth_user_id_idx on public.contacts (tenant_id, auth_user_id)
where auth_user_id is not null;
create index contacts_auth_user_id_idx on public.contacts (auth_user_id) where auth_user_id is not null;
create index contact_identities_tenant_id_contact_id_idx on public.contact_identities (tenant_id, contact_id);
create index contact_consents_tenant_id_contact_id_idx on public.contact_consents
(tenant_id, contact_id, channel, purpose, recorded_at desc);

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.find_or_create_contact(
  p_tenant_id uuid, p_kind text, p_address text, p_display_name text default null
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_contact uuid;
begin
  select i.contact_id into v_contact from public.contact_identities as i
  where i.tenant_id = p_tenant_id and i.kind = p_kind and i.address = p_address;
  if v_contact is not null then
    return v_contact;
  end if;
  -- Two first messages from one new address must not make two contacts.
  perform pg_advisory_xact_lock(hashtextextended(p_tenant_id::text || p_kind || p_address, 1));
  select i.contact_id into v_contact from public.contact_identities as i
  where i.tenant_id = p_tenant_id and i.kind = p_kind and i.address = p_address;
  if v_contact is not null then
    return v_contact;
  end if;
  insert into public.contacts (tenant_id, display_name)
  values (p_tenant_id, nullif(left(regexp_replace(coalesce(p_display_name, ''), '[[:cntrl:]]', ' ', 'g'), 200), ''))
  returning id into v_contact;
  insert into public.contact_identities (tenant_id, contact_id, kind, address)
  values (p_tenant_id, v_contact, p_kind, p_address);
  return v_contact;
end
$$;
comment on function private.find_or_create_contact(uuid, text, text, text) is
'Definer: the contact an address belongs to, made on first sight. Runs inside message triggers.';

create function private.canonical_contact(p_tenant_id uuid, p_contact_id uuid) returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(c.merged_into, c.id) from public.contacts as c
    where c.tenant_id = p_tenant_id and c.id = p_contact_id);
end
$$;
comment on function private.canonical_contact(uuid, uuid) is
'Definer: the contact that goes on after a merge; one hop is always enough.';

create function private.contact_family(p_tenant_id uuid, p_contact_id uuid) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return p_contact_id || array(
    select c.id from public.contacts as c where c.tenant_id = p_tenant_id and c.merged_into = p_contact_id);
end
$$;
comment on function private.contact_family(uuid, uuid) is 'Definer: a contact and all that were merged into it.';

create function private.tg_contacts__link_rules() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.auth_user_id is not null and new.auth_user_id is distinct from old.auth_user_id and not exists (
    select from public.contact_identities as i
    inner join auth.users as u on u.id = new.auth_user_id
    where i.tenant_id = new.tenant_id and i.contact_id = new.id
      and ((i.kind = 'email' and i.address = lower(u.email) and u.email_confirmed_at is not null)
        or (i.kind = 'phone' and ltrim(i.address, '+') = ltrim(u.phone, '+') and u.phone_confirmed_at is not null))
  ) then
    raise exception 'a sign-in is linked only through an address it has verified'
      using errcode = 'PT409', detail = '{"code": "address_not_verified", "field": "auth_user_id"}',
      hint = 'Let the user confirm the e-mail or phone of this contact first.';
  end if;
  return new;
end
$$;
comment on function private.tg_contacts__link_rules() is
'Definer: reads auth.users. No account can take over a contact by claiming his address.';

create function private.tg_contacts__stay_erased() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'this contact was erased'
    using errcode = 'PT409', detail = '{"code": "erased"}', hint = 'Make a new contact if the person comes back.';
end
$$;
comment on function private.tg_contacts__stay_erased() is 'Nothing is written on a tombstone, whoever asks.';

create function private.tg_any__refuse_erased() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_erased_at timestamptz;
begin
  -- The lock makes an erasure come before this row or after it: whoever erases sees the row. Not the contact's own:
  -- a merge holds that one while it waits for the key of the thread that is being made.
  perform pg_advisory_xact_lock_shared(hashtextextended(new.tenant_id::text || new.contact_id::text, 6));
  select c.erased_at into v_erased_at from public.contacts as c
  where c.tenant_id = new.tenant_id and c.id = new.contact_id;
  if v_erased_at is null then
    return new;
  end if;
  if tg_table_name = 'et_threads' and private.worker_tenant() is not null then
    raise exception 'this contact was erased while his message came in'
      using errcode = 'serialization_failure', hint = 'Try again: the message makes a new contact.';
  end if;
  raise exception 'this contact was erased'
    using errcode = 'PT409', detail = '{"code": "erased"}', hint = 'Make a new contact if the person comes back.';
end
$$;
comment on function private.tg_any__refuse_erased() is
'Definer: keeps erasures of the contact out. Nothing new hangs on somebody who was erased; a receiver is told to look '
'again.';

create function private.claim_contact(p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_tenant uuid;
  v_contact uuid;
begin
  select t.id into v_tenant from public.tenants as t where t.slug = p_tenant_slug and t.status = 'active';
  select i.contact_id into v_contact
  from auth.users as u
  inner join public.contact_identities as i on i.tenant_id = v_tenant
    and ((i.kind = 'email' and i.address = lower(u.email) and u.email_confirmed_at is not null)
      or (i.kind = 'phone' and ltrim(i.address, '+') = ltrim(u.phone, '+') and u.phone_confirmed_at is not null))
  where u.id = v_user
  order by i.kind limit 1;
  if v_contact is null then
    return private.not_found('contact');
  end if;
  update public.contacts as c set auth_user_id = v_user
  where c.tenant_id = v_tenant and c.id = v_contact and c.auth_user_id is null
    and not exists (select from public.contacts as o where o.tenant_id = v_tenant and o.auth_user_id = v_user);
  if not exists (
    select from public.contacts as c where c.tenant_id = v_tenant and c.id = v_contact and c.auth_user_id = v_user) then
    raise exception 'this contact or this sign-in is linked already'
      using errcode = 'PT409', detail = '{"code": "linked_already"}',
        hint = 'Ask the business to merge the two records.';
  end if;
  update public.contact_identities as i set verified_at = coalesce(i.verified_at, now())
  from auth.users as u
  where u.id = v_user and i.tenant_id = v_tenant and i.contact_id = v_contact
    and i.address in (lower(u.email), '+' || ltrim(u.phone, '+'));
  perform private.audit(v_tenant, 'contact.linked', 'contact', v_contact::text);
  return jsonb_build_object('tenant_id', v_tenant, 'contact_id', v_contact);
end
$$;
comment on function private.claim_contact(text) is
'Definer: links the caller to the contact of a tenant that carries his confirmed address; nothing to name, nothing '
'to guess.';

create trigger contacts_100_link_rules before insert or update of auth_user_id on public.contacts
for each row execute function private.tg_contacts__link_rules();
create trigger contacts_090_stay_erased before update on public.contacts
for each row when (old.erased_at is not null) execute function private.tg_contacts__stay_erased();
create trigger contact_identities_090_refuse_erased before insert or update of contact_id on public.contact_identities
for each row execute function private.tg_any__refuse_erased();
create trigger contact_consents_090_refuse_erased before insert on public.contact_consents
for each row execute function private.tg_any__refuse_erased();
create trigger contacts_110_touch before update on public.contacts
for each row execute function private.tg_any__touch();
create trigger contact_consents_100_refuse before update or delete on public.contact_consents
for each row execute function private.tg_any__refuse();

create function public.claim_contact(p_tenant_slug text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.claim_contact(p_tenant_slug); end;
comment on function public.claim_contact(text) is
'Link yourself to your contact at a tenant through your confirmed e-mail or phone.';

-- ── views ────────────────────────────────────────────────────────────────────────────────────────────────────────

create view public.homeowners with (security_invoker = on) as
select c.* from public.contacts as c where c.kind = 'customer';
comment on view public.homeowners is 'Contacts that are customers.';
create view public.contractors with (security_invoker = on) as
select c.* from public.contacts as c where c.kind = 'provider';
comment on view public.contractors is 'Contacts that are providers.';
create view public.contractor_leads with (security_invoker = on) as
select c.* from public.contacts as c where c.kind = 'lead';
comment on view public.contractor_leads is 'Contacts that may become providers.';
create view public.potential_contractors with (security_invoker = on) as
select
  c.*,
  c.company as business_name
from public.contacts as c
where c.kind = 'lead';
comment on view public.potential_contractors is 'The same leads under their other old name, with its column.';

-- ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.contacts enable row level security;
alter table public.contacts force row level security;
alter table public.contact_identities enable row level security;
alter table public.contact_identities force row level security;
alter table public.contact_consents enable row level security;
alter table public.contact_consents force row level security;

create policy contacts_select_staff on public.contacts for select to authenticated
using (tenant_id = (select private.current_tenant()) or auth_user_id = (select private.current_user_id()));
create policy contacts_select_worker on public.contacts for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy contact_identities_select_staff on public.contact_identities for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy contact_identities_select_worker on public.contact_identities for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy contact_consents_select_staff on public.contact_consents for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy contact_consents_select_worker on public.contact_consents for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.contacts, public.contact_identities, public.contact_consents, public.homeowners,
public.contractors, public.contractor_leads, public.potential_contractors from public, anon, authenticated,
  service_role;
grant select on public.contacts, public.contact_identities, public.contact_consents, public.homeowners,
public.contractors, public.contractor_leads, public.potential_contractors to authenticated, service_role;
grant select on public.contacts, public.contact_identities, public.contact_consents to parley_worker;
grant insert, update, delete on public.contacts, public.contact_identities to service_role;
grant insert on public.contact_consents to service_role;
alter table private.address_kinds enable row level security;
alter table private.address_kinds force row level security;
revoke all on private.address_kinds from public, anon, authenticated, service_role;
grant execute on function public.address_kind(text) to authenticated;
grant execute on function private.address_kind(text), private.is_address(text, text),
private.canonical_contact(uuid, uuid) to authenticated, service_role, parley_worker;
grant execute on function private.find_or_create_contact(uuid, text, text, text) to parley_worker, service_role;
grant execute on function private.claim_contact(text), public.claim_contact(text) to authenticated;
