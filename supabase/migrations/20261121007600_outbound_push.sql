-- Chapter: outbound, part eight. Where a person's browsers and phones are reached.
--
--   register_push()   ──▶ contact_identities (kind push: endpoint#p256dh=…&auth=…) ──▶ a push account sends to it
--   register_device() ──▶ the same for an app (fcm:<project>/<token>, apns:<bundle id>/<token>)
--   the push service says that it is gone ──▶ suppressed as bounced ──▶ the identity goes: nobody pushes to it again
--
-- The keys of a subscription encrypt for one browser and authorise nothing: without the installation's VAPID key no
-- push service takes a message for it.

create function private.own_contact(p_tenant_id uuid, p_user_id uuid) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_contact uuid;
  v_email text;
begin
  select c.id into v_contact from public.contacts as c
  where c.tenant_id = p_tenant_id and c.auth_user_id = p_user_id;
  if v_contact is not null then
    return v_contact;
  end if;
  select lower(u.email) into v_email from auth.users as u where u.id = p_user_id and u.email_confirmed_at is not null;
  if v_email is null then
    raise exception 'confirm your e-mail address first'
      using errcode = 'PT409', detail = '{"code": "address_not_verified"}', hint = 'Follow the link in the mail you got.';
  end if;
  v_contact := private.find_or_create_contact(p_tenant_id, 'email', v_email);
  update public.contacts as c set auth_user_id = p_user_id
  where c.tenant_id = p_tenant_id and c.id = v_contact and c.auth_user_id is null;
  if not found then
    raise exception 'your address belongs to a contact that is somebody else''s'
      using errcode = 'PT409', detail = '{"code": "linked_already"}', hint = 'Ask the business to merge the records.';
  end if;
  return v_contact;
end
$$;
comment on function private.own_contact(uuid, uuid) is
'Definer: the contact a signed-in person is at a tenant, made from his confirmed address when there is none.';

create function private.keep_device(p_address text, p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_tenant uuid;
  v_contact uuid;
begin
  if v_user is null then
    raise exception 'sign in first' using errcode = 'PT401', detail = '{"code": "not_authenticated"}',
      hint = 'A device belongs to a person, not to a key.';
  end if;
  v_tenant := coalesce(private.current_tenant(), case when p_tenant_slug is null then private.chat_tenant(null) else (
    select c.tenant_id from public.contacts as c
    inner join public.tenants as t on t.id = c.tenant_id and t.status = 'active'
    where c.auth_user_id = v_user and t.slug = p_tenant_slug) end);
  if v_tenant is null then
    return private.not_found('tenant');
  end if;
  v_contact := private.own_contact(v_tenant, v_user);
  v_contact := private.canonical_contact(v_tenant, v_contact);
  perform from public.contacts as c where c.tenant_id = v_tenant and c.id = v_contact for no key update;
  perform pg_advisory_xact_lock(hashtextextended(v_tenant::text || 'push' || p_address, 1));
  -- A browser has one subscription, an app one token: who signs in on it now is the one it belongs to.
  -- One that is registered again as it is stays, with what is on its way to it.
  delete from public.contact_identities as i
  where i.tenant_id = v_tenant and i.kind = 'push' and (i.address, i.contact_id) <> (p_address, v_contact)
    and (i.address = p_address or starts_with(i.address, split_part(p_address, '#', 1) || '#'));
  insert into public.contact_identities (tenant_id, contact_id, kind, address, verified_at)
  values (v_tenant, v_contact, 'push', p_address, clock_timestamp())
  on conflict (tenant_id, kind, address) do update set verified_at = excluded.verified_at;
  delete from public.contact_identities as i
  where i.tenant_id = v_tenant and i.id in (
    select o.id from public.contact_identities as o
    where o.tenant_id = v_tenant and o.contact_id = v_contact and o.kind = 'push'
    order by o.verified_at desc nulls last, o.id desc offset 20);
  delete from public.suppressions as s where s.tenant_id = v_tenant and s.kind = 'push' and s.address = p_address;
  perform private.lift_erased(v_tenant, 'push', p_address);
  if not private.has_consent(v_tenant, v_contact, 'push', 'notification') then
    -- The person allowed it on the device, and here.
    insert into public.contact_consents (tenant_id, contact_id, channel, purpose, granted, source, recorded_by)
    values (v_tenant, v_contact, 'push', 'notification', true, 'push subscription', private.actor());
  end if;
  return jsonb_build_object('contact_id', v_contact, 'registered', true);
end
$$;
comment on function private.keep_device(text, text) is
'Definer: this device may be pushed to, as the caller''s contact at the active tenant, the named one, or his only one; '
'a consent to notifications there is on record. Of more than twenty of one contact, those registered longest ago go.';

create function private.register_push(p_endpoint text, p_p256dh text, p_auth text, p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_address text := p_endpoint || '#p256dh=' || p_p256dh || '&auth=' || p_auth;
begin
  if p_endpoint !~ '^https://[^[:space:]#]+$' or p_p256dh !~ '^[A-Za-z0-9_-]{80,100}$'
    or p_auth !~ '^[A-Za-z0-9_-]{16,40}$' or not private.is_address('push', v_address) then
    raise exception 'this is no push subscription'
      using errcode = 'PT422', detail = '{"code": "bad_subscription", "field": "endpoint"}',
      hint = 'Send endpoint, p256dh and auth as PushSubscription.toJSON() gives them.';
  end if;
  return private.keep_device(v_address, p_tenant_slug);
end
$$;
comment on function private.register_push(text, text, text, text) is 'Definer: this browser may be pushed to.';

create function private.device_address(p_kind text, p_app text, p_token text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  -- Apple writes a token in hex, and whoever prints one in upper case means the same device.
  v_token text := case p_kind when 'apns' then lower(p_token) else p_token end;
begin
  if p_kind is null or p_kind not in ('fcm', 'apns') then
    raise exception 'an app is reached over fcm or apns'
      using errcode = 'PT422', detail = '{"code": "bad_device", "field": "kind"}',
      hint = 'Use fcm for Firebase''s tokens, apns for Apple''s; browsers have register_push().';
  elsif p_app is null or p_app !~ '^[A-Za-z0-9.-]{1,155}$' then
    raise exception 'this is no name of an app'
      using errcode = 'PT422', detail = '{"code": "bad_device", "field": "app"}',
      hint = 'For fcm the id of the Firebase project, for apns the app''s bundle id.';
  elsif v_token is null or octet_length(v_token) not between 20 and 1700
    or v_token !~ (case p_kind when 'apns' then '^([0-9a-f]{2}){32,100}$' else '^[A-Za-z0-9_:-]+$' end) then
    raise exception 'this is no token of a device'
      using errcode = 'PT422', detail = '{"code": "bad_device", "field": "token"}',
      hint = 'For fcm the registration token as Firebase gives it, for apns the device token in hex.';
  end if;
  return p_kind || ':' || p_app || '/' || v_token;
end
$$;
comment on function private.device_address(text, text, text) is 'How an app on a device is addressed.';

create function private.register_device(p_kind text, p_app text, p_token text, p_tenant_slug text) returns jsonb
language sql volatile security definer set search_path = '' as $$
  select private.keep_device(private.device_address(p_kind, p_app, p_token), p_tenant_slug)
$$;
comment on function private.register_device(text, text, text, text) is 'Definer: this app may be pushed to.';

create function private.forget_push(p_endpoint text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  delete from public.contact_identities as i using public.contacts as c
  where c.tenant_id = i.tenant_id and coalesce(c.merged_into, c.id) = i.contact_id
    and c.auth_user_id = private.current_user_id()
    and i.kind = 'push' and starts_with(i.address, p_endpoint || '#');
  get diagnostics v_count = row_count;
  return jsonb_build_object('forgotten', v_count);
end
$$;
comment on function private.forget_push(text) is 'Definer: the caller''s own browser is not pushed to any more.';

create function private.forget_device(p_kind text, p_app text, p_token text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  delete from public.contact_identities as i using public.contacts as c
  where c.tenant_id = i.tenant_id and coalesce(c.merged_into, c.id) = i.contact_id
    and c.auth_user_id = private.current_user_id()
    and i.kind = 'push' and i.address = private.device_address(p_kind, p_app, p_token);
  get diagnostics v_count = row_count;
  return jsonb_build_object('forgotten', v_count);
end
$$;
comment on function private.forget_device(text, text, text) is
'Definer: the caller''s own app is not pushed to any more, at no tenant.';

create function private.tg_suppressions__forget_push() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.contact_identities as i
  where i.tenant_id = new.tenant_id and i.kind = 'push' and i.address = new.address;
  return null;
end
$$;
comment on function private.tg_suppressions__forget_push() is 'Definer: a subscription that is gone is removed.';
create trigger suppressions_900_forget_push after insert on public.suppressions
for each row when (new.kind = 'push' and new.reason = 'bounced')
execute function private.tg_suppressions__forget_push();

create function public.register_push(p_endpoint text, p_p256dh text, p_auth text, p_tenant_slug text default null)
returns jsonb language sql volatile set search_path = ''
begin atomic select private.register_push(p_endpoint, p_p256dh, p_auth, p_tenant_slug); end;
create function public.forget_push(p_endpoint text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.forget_push(p_endpoint); end;
create function public.register_device(p_kind text, p_app text, p_token text, p_tenant_slug text default null)
returns jsonb language sql volatile set search_path = ''
begin atomic select private.register_device(p_kind, p_app, p_token, p_tenant_slug); end;
create function public.forget_device(p_kind text, p_app text, p_token text) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.forget_device(p_kind, p_app, p_token); end;
comment on function public.register_push(text, text, text, text) is
'Let this browser be pushed to: endpoint and keys of its PushSubscription.';
comment on function public.forget_push(text) is 'Stop pushing to this browser.';
comment on function public.register_device(text, text, text, text) is
'Let this app be pushed to: fcm with Firebase project and registration token, apns with bundle id and device token.';
comment on function public.forget_device(text, text, text) is 'Stop pushing to this app.';

grant execute on function private.register_push(text, text, text, text), private.forget_push(text),
public.register_push(text, text, text, text), public.forget_push(text),
private.register_device(text, text, text, text), private.forget_device(text, text, text),
public.register_device(text, text, text, text), public.forget_device(text, text, text) to authenticated;
