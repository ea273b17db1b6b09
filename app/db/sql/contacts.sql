-- name: list_contacts
-- A page of contacts, newest first below a cursor; merged ones are left out.
select c.id, c.kind, c.display_name, c.company, c.locale, c.time_zone, c.home_region, c.auth_user_id, c.merged_into,
  c.blocked_at, c.erased_at, c.attributes, c.created_at, c.updated_at
from public.contacts as c
where c.tenant_id = current_setting('parley.active_tenant')::uuid and c.merged_into is null
  and (%(below_id)s::uuid is null or c.id < %(below_id)s::uuid)
  and (%(kind)s::text is null or c.kind = %(kind)s::text)
  and (%(blocked)s::boolean is null or (c.blocked_at is not null) = %(blocked)s::boolean)
  and (%(address)s::text is null or c.id in (
    select i.contact_id from public.contact_identities as i
    where i.tenant_id = current_setting('parley.active_tenant')::uuid and i.address = %(address)s::text))
order by c.id desc
limit %(limit)s::integer;

-- name: get_contact
-- One contact with his addresses, the newest consents and the contacts merged into him.
select c.id, c.kind, c.display_name, c.company, c.locale, c.time_zone, c.home_region, c.auth_user_id, c.merged_into,
  c.blocked_at, c.erased_at, c.attributes, c.created_at, c.updated_at,
  coalesce((
    select jsonb_agg(jsonb_build_object('id', i.id, 'kind', i.kind, 'address', i.address, 'verified_at', i.verified_at)
      order by i.created_at, i.id)
    from public.contact_identities as i where i.tenant_id = c.tenant_id and i.contact_id = c.id), '[]'),
  coalesce((
    select jsonb_agg(jsonb_build_object('channel', n.channel, 'purpose', n.purpose, 'granted', n.granted, 'source', n.source,
      'recorded_at', n.recorded_at) order by n.channel, n.purpose)
    from (
      select distinct on (x.channel, x.purpose) x.* from public.contact_consents as x
      where x.tenant_id = c.tenant_id and x.contact_id = c.id
      order by x.channel, x.purpose, x.recorded_at desc, x.id desc) as n), '[]'),
  array(select x.id from public.contacts as x where x.tenant_id = c.tenant_id and x.merged_into = c.id order by x.id)
from public.contacts as c
where c.tenant_id = current_setting('parley.active_tenant')::uuid and c.id = %(contact_id)s::uuid;

-- name: put_contact
-- A new contact (null id), or changes to the named fields of one.
select public.put_contact(%(contact_id)s::uuid, %(contact)s::jsonb);

-- name: merge_contacts
-- Two records of one person become one.
select public.merge_contacts(%(winner_id)s::uuid, %(loser_id)s::uuid);

-- name: block_contact
-- Block a contact, or let him in again.
select public.block_contact(%(contact_id)s::uuid, %(blocked)s::boolean);

-- name: erase_contact
-- Forget a contact; said again, how far it is.
select public.erase_contact(%(contact_id)s::uuid, %(reason)s::text);

-- name: record_consent
-- What a contact agreed to or took back.
select public.record_consent(
  %(contact_id)s::uuid, %(channel)s::text, %(purpose)s::text, %(granted)s::boolean, %(wording)s::text, %(source)s::text);

-- name: home_regions
-- The regions local phone numbers of the active tenant are read in.
select t.home_regions from public.tenants as t where t.id = current_setting('parley.active_tenant')::uuid;
