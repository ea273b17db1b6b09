-- Chapter: contacts, part two. What the staff does with contacts: make and change them, block them, keep their consent.

create function private.check_fields(p_object jsonb, p_known text[]) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_unknown text;
begin
  if jsonb_typeof(p_object) is distinct from 'object' then
    raise exception 'an object is expected' using errcode = 'PT422', detail = '{"code": "bad_value"}',
      hint = 'Send a JSON object.';
  end if;
  select k into v_unknown from jsonb_object_keys(p_object) as k where k <> all(p_known) limit 1;
  if v_unknown is not null then
    raise exception '% is not a field', v_unknown using errcode = 'PT422',
      detail = jsonb_build_object('code', 'unknown_field', 'field', v_unknown)::text,
      hint = 'Known fields: ' || array_to_string(p_known, ', ') || '.';
  end if;
end
$$;
comment on function private.check_fields(jsonb, text[]) is
'Refuses an object with fields nobody reads: a typo must not be silently ignored.';

create function private.add_identity(p_tenant_id uuid, p_contact_id uuid, p_kind text, p_address text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_holder uuid;
begin
  if p_kind is null or p_address is null or not private.is_address(p_kind, p_address) then
    raise exception '% is no normalised % address', coalesce(p_address, 'nothing'), coalesce(p_kind, 'known')
      using errcode = 'PT422', detail = '{"code": "bad_address", "field": "identities"}',
      hint = 'E-mail in lower case, phone numbers as +<country><number>.';
  end if;
  -- The same lock as find_or_create_contact(): a first message and this call must not both take the address.
  perform pg_advisory_xact_lock(hashtextextended(p_tenant_id::text || p_kind || p_address, 1));
  select i.contact_id into v_holder from public.contact_identities as i
  where i.tenant_id = p_tenant_id and i.kind = p_kind and i.address = p_address;
  if v_holder is null then
    insert into public.contact_identities (tenant_id, contact_id, kind, address)
    values (p_tenant_id, p_contact_id, p_kind, p_address);
  elsif v_holder <> p_contact_id then
    raise exception 'this address belongs to another contact' using errcode = 'PT409',
      detail = jsonb_build_object('code', 'address_taken', 'field', 'identities', 'contact_id', v_holder)::text,
      hint = 'Merge the two contacts if they are one person.';
  end if;
end
$$;
comment on function private.add_identity(uuid, uuid, text, text) is
'Definer: gives a contact an address nobody else has.';

create function private.put_contact(p_contact_id uuid, p_contact jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_id uuid := p_contact_id;
  v_merged_into uuid;
  v_identity jsonb;
begin
  perform private.check_fields(p_contact,
    '{kind,display_name,company,locale,time_zone,home_region,attributes,identities}');
  if v_id is null then
    insert into public.contacts (tenant_id) values (v_tenant) returning id into v_id;
  else
    select c.merged_into into v_merged_into from public.contacts as c
    where c.tenant_id = v_tenant and c.id = v_id for no key update;
    if not found then
      return private.deny('contact', v_id, 'put_contact');
    elsif v_merged_into is not null then
      raise exception 'this contact was merged into another' using errcode = 'PT409',
        detail = jsonb_build_object('code', 'merged', 'merged_into', v_merged_into)::text, hint = 'Change that one.';
    end if;
  end if;
  update public.contacts as c
  set (kind, display_name, company, locale, time_zone, home_region, attributes) = (
    select r.kind, r.display_name, r.company, r.locale, r.time_zone, r.home_region, r.attributes
    from jsonb_populate_record(c, p_contact - 'identities') as r),
    name_held = c.name_held and not p_contact ?| '{display_name,company}'
  where c.tenant_id = v_tenant and c.id = v_id and p_contact - 'identities' <> '{}';
  for v_identity in select i from jsonb_array_elements(coalesce(p_contact -> 'identities', '[]')) as i
  loop
    perform private.add_identity(v_tenant, v_id, v_identity ->> 'kind', v_identity ->> 'address');
  end loop;
  perform private.audit(v_tenant, case when p_contact_id is null then 'contact.created' else 'contact.updated' end,
    'contact', v_id::text, jsonb_build_object('fields', (select jsonb_agg(k) from jsonb_object_keys(p_contact) as k)));
  return jsonb_build_object('contact_id', v_id, 'created', p_contact_id is null);
end
$$;
comment on function private.put_contact(uuid, jsonb) is
'Definer: a new contact (null id), or changes to the named fields of one. Addresses are added, never taken away.';

create function private.block_contact(p_contact_id uuid, p_blocked boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_contact uuid := private.canonical_contact(v_tenant, p_contact_id);
  v_at timestamptz;
begin
  -- A block holds for the person, whichever of his records it is written on.
  update public.contacts as c set blocked_at = case when p_blocked then coalesce(c.blocked_at, now()) end
  where c.tenant_id = v_tenant and c.id = v_contact
  returning c.blocked_at into v_at;
  if not found then
    return private.deny('contact', p_contact_id, 'block_contact');
  end if;
  perform private.audit(v_tenant, case when p_blocked then 'contact.blocked' else 'contact.unblocked' end,
    'contact', v_contact::text);
  return jsonb_build_object('contact_id', v_contact, 'blocked_at', v_at);
end
$$;
comment on function private.block_contact(uuid, boolean) is
'Definer: nothing is sent to a blocked contact, and the AI does not answer him.';

create function private.record_consent(
  p_contact_id uuid, p_channel text, p_purpose text, p_granted boolean, p_wording text, p_source text
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_id uuid;
begin
  if not exists (select from public.contacts as c where c.tenant_id = v_tenant and c.id = p_contact_id) then
    return private.deny('contact', p_contact_id, 'record_consent');
  end if;
  insert into public.contact_consents (tenant_id, contact_id, channel, purpose, granted, wording, source, recorded_by)
  values (v_tenant, p_contact_id, p_channel, p_purpose, p_granted, p_wording, p_source, private.actor())
  returning id into v_id;
  perform private.audit(v_tenant, 'contact.consent', 'contact', p_contact_id::text,
    jsonb_build_object('channel', p_channel, 'purpose', p_purpose, 'granted', p_granted));
  return jsonb_build_object('contact_id', p_contact_id, 'consent_id', v_id, 'granted', p_granted);
end
$$;
comment on function private.record_consent(uuid, text, text, boolean, text, text) is
'Definer: what a contact agreed to or took back. Rows are only added; the newest counts.';

create function public.put_contact(p_contact_id uuid default null, p_contact jsonb default '{}') returns jsonb
language sql volatile set search_path = '' begin atomic select private.put_contact(p_contact_id, p_contact); end;
create function public.block_contact(p_contact_id uuid, p_blocked boolean default true) returns jsonb
language sql volatile set search_path = '' begin atomic select private.block_contact(p_contact_id, p_blocked); end;
create function public.record_consent(
  p_contact_id uuid, p_channel text, p_purpose text, p_granted boolean, p_wording text default null,
  p_source text default 'staff'
) returns jsonb language sql volatile set search_path = ''
begin atomic
select private.record_consent(p_contact_id, p_channel, p_purpose, p_granted, p_wording, p_source);
end;
comment on function public.put_contact(uuid, jsonb) is 'Make a contact, or change fields of one. Agents.';
comment on function public.block_contact(uuid, boolean) is 'Block a contact, or let him in again. Agents.';
comment on function public.record_consent(uuid, text, text, boolean, text, text) is
'Record what a contact agreed to or took back. Agents.';

grant execute on function private.put_contact(uuid, jsonb), private.block_contact(uuid, boolean),
private.record_consent(uuid, text, text, boolean, text, text), public.put_contact(uuid, jsonb),
public.block_contact(uuid, boolean), public.record_consent(uuid, text, text, boolean, text, text) to authenticated;
