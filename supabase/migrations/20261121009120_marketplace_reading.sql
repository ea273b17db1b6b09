-- Chapter: marketplace, part three. Who sees what, and the names older documents use.
--
--   staff      everything of their tenant
--   customer   his projects, bid cards, bookings, and the bids for his cards
--   provider   published bid cards of his tenants with their projects, his own bids, bookings and fees
--
-- A person is the contacts his sign-in is linked to, and those that were merged into them. Policies ask for them once a
-- statement, as arrays: so a list of his costs what he has, not what the tenant has.

create function private.my_contacts() returns table (tenant_id uuid, contact_id uuid)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
begin
  return query
  select c.tenant_id, f.id from public.contacts as c
  inner join public.tenants as t on t.id = c.tenant_id and t.status <> 'deleted'
  inner join public.contacts as f on f.tenant_id = c.tenant_id and (f.id = c.id or f.merged_into = c.id)
  where c.auth_user_id = v_user;
end
$$;
comment on function private.my_contacts() is
'Definer, for policies: every contact the signed-in person is, at whatever tenant; none for keys.';

create function private.my_contact_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(select c.contact_id from private.my_contacts() as c);
end
$$;
comment on function private.my_contact_ids() is
'Definer, for policies: the same as an array, by which an index is found; whose tenant each is, my_contacts() says.';

create function private.my_tenants() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(select distinct c.tenant_id from private.my_contacts() as c);
end
$$;
comment on function private.my_tenants() is 'Definer, for policies: where the signed-in person is a contact.';

create function private.my_provider_tenants() returns setof uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
begin
  return query
  select c.tenant_id from public.contacts as c
  inner join public.tenants as t on t.id = c.tenant_id and t.status = 'active'
  where c.auth_user_id = v_user and c.kind in ('provider', 'lead') and c.blocked_at is null;
end
$$;
comment on function private.my_provider_tenants() is
'Definer, for policies: tenants at which the signed-in person may look for work.';

create function private.my_bid_cards() returns table (tenant_id uuid, bid_card_id uuid)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select b.tenant_id, b.bid_card_id from private.my_contacts() as c
  inner join public.contractor_bids as b on b.tenant_id = c.tenant_id and b.provider_id = c.contact_id;
end
$$;
comment on function private.my_bid_cards() is
'Definer, for the policy of bid cards, which the policy of bids cannot be asked in: cards the caller bid on.';

-- ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.projects enable row level security;
alter table public.projects force row level security;
alter table public.bid_cards enable row level security;
alter table public.bid_cards force row level security;
alter table public.contractor_bids enable row level security;
alter table public.contractor_bids force row level security;
alter table public.bookings enable row level security;
alter table public.bookings force row level security;
alter table public.connection_fees enable row level security;
alter table public.connection_fees force row level security;
alter table public.referral_tracking enable row level security;
alter table public.referral_tracking force row level security;

create policy projects_select_reader on public.projects for select to authenticated
using (
  tenant_id = (select private.current_tenant())
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and customer_id = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, customer_id) in (select c.* from private.my_contacts() as c)
  )
  -- Whoever sees a card or a booking of it, under their own policies.
  or exists (select from public.bid_cards as b where b.tenant_id = projects.tenant_id and b.project_id = projects.id)
  or exists (select from public.bookings as b where b.tenant_id = projects.tenant_id and b.project_id = projects.id)
);
create policy bid_cards_select_reader on public.bid_cards for select to authenticated
using (
  tenant_id = (select private.current_tenant())
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and customer_id = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, customer_id) in (select c.* from private.my_contacts() as c)
  )
  or (status = 'published' and tenant_id in (select private.my_provider_tenants()))
  or (tenant_id, id) in (select c.* from private.my_bid_cards() as c)
);
create policy contractor_bids_select_reader on public.contractor_bids for select to authenticated
using (
  tenant_id = (select private.current_tenant())
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and customer_id = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, customer_id) in (select c.* from private.my_contacts() as c)
  )
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and provider_id = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, provider_id) in (select c.* from private.my_contacts() as c)
  )
);
create policy bookings_select_reader on public.bookings for select to authenticated
using (
  tenant_id = (select private.current_tenant())
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and customer_id = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, customer_id) in (select c.* from private.my_contacts() as c)
  )
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and provider_id = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, provider_id) in (select c.* from private.my_contacts() as c)
  )
);
create policy connection_fees_select_reader on public.connection_fees for select to authenticated
using (
  tenant_id = (select private.current_tenant())
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and provider_id = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, provider_id) in (select c.* from private.my_contacts() as c)
  )
);
create policy referral_tracking_select_reader on public.referral_tracking for select to authenticated
using (
  tenant_id = (select private.current_tenant())
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and referrer_id = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, referrer_id) in (select c.* from private.my_contacts() as c)
  )
);

-- ── views ────────────────────────────────────────────────────────────────────────────────────────────────────────

create view public.jobs with (security_invoker = on) as
select b.* from public.bookings as b where b.kind = 'job';
comment on view public.jobs is 'Bookings that are jobs: what the job chat of older documents is about.';

create view public.users with (security_invoker = on) as
select
  c.tenant_id,
  coalesce(c.auth_user_id, c.id) as id,
  c.id as contact_id,
  c.auth_user_id,
  c.display_name as name,
  case c.kind when 'provider' then 'artist' else c.kind end as role,
  c.created_at
from public.contacts as c
where c.merged_into is null and c.erased_at is null;
comment on view public.users is
'Contacts as the booking application knew them: id is the sign-in where there is one, else the contact; read-only.';

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.projects, public.bid_cards, public.contractor_bids, public.bookings, public.connection_fees,
public.referral_tracking, public.jobs, public.users from public, anon, authenticated, service_role;
grant select on public.projects, public.bid_cards, public.contractor_bids, public.bookings, public.connection_fees,
public.referral_tracking, public.jobs, public.users to authenticated, service_role;
-- An application that keeps its own projects and bookings copies them in as the backend; triggers hold for it, too.
grant insert, update on public.projects, public.bid_cards, public.contractor_bids, public.bookings,
public.connection_fees, public.referral_tracking to service_role;
grant execute on function private.my_contacts(), private.my_contact_ids(), private.my_tenants(),
private.my_provider_tenants(), private.my_bid_cards()
to authenticated;
grant execute on function private.is_stage(text, text, text) to service_role;
