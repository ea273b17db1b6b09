-- Chapter: tenancy, part four. What clients may do: create and switch tenants, invite, manage members, keys, settings.
--
-- Pattern of every client write: public.<verb>_<noun> is a SECURITY INVOKER wrapper with a begin-atomic body (it needs
-- no USAGE on private); the work is a definer of the same name in private, whose first line authorises the caller.
-- A function that names an id returns ONE jsonb object and answers 404 alike for missing and foreign.

create function private.create_tenant(p_name text, p_slug text, p_time_zone text, p_locale text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_tenant uuid;
begin
  if v_user is null or (private.claims() ->> 'is_anonymous')::boolean is true then
    raise exception 'sign in with an address first'
      using errcode = 'PT401', detail = '{"code": "not_authenticated"}', hint = 'Anonymous users cannot own a tenant.';
  end if;
  insert into public.tenants (name, slug, time_zone, locale) values (p_name, p_slug, p_time_zone, p_locale)
  returning id into v_tenant;
  insert into public.tenant_members (tenant_id, user_id, role) values (v_tenant, v_user, 'owner');
  insert into public.active_tenants (user_id, tenant_id) values (v_user, v_tenant)
  on conflict (user_id) do update set tenant_id = excluded.tenant_id, updated_at = now();
  perform private.audit(v_tenant, 'tenant.created', 'tenant', v_tenant::text);
  return jsonb_build_object('tenant_id', v_tenant, 'slug', p_slug);
end
$$;
comment on function private.create_tenant(text, text, text, text) is
'Definer: the caller becomes owner of a new tenant and works in it from his next token.';

create function private.switch_tenant(p_tenant_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
begin
  if v_user is null then
    raise exception 'sign in first' using errcode = 'PT401', detail = '{"code": "not_authenticated"}',
      hint = 'Only people switch tenants; an API key belongs to one.';
  end if;
  if not exists (
    select from public.tenant_members as m inner join public.tenants as t on m.tenant_id = t.id
    where m.tenant_id = p_tenant_id and m.user_id = v_user and t.status <> 'deleted'
  ) then
    if exists (select from public.tenants as t where t.id = p_tenant_id) then
      perform private.log_denial(p_tenant_id, 'rpc', 'switch_tenant', 'tenant', p_tenant_id::text);
    end if;
    return private.not_found('tenant');
  end if;
  insert into public.active_tenants (user_id, tenant_id) values (v_user, p_tenant_id)
  on conflict (user_id) do update set tenant_id = excluded.tenant_id, updated_at = now();
  return jsonb_build_object('tenant_id', p_tenant_id, 'next_step',
    'Refresh the session to receive a token for it.');
end
$$;
comment on function private.switch_tenant(uuid) is 'Definer: chooses the tenant of the caller''s next token.';

create function private.invite_member(p_address text, p_role text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_id uuid := private.uuid_v7();
  v_secret text := encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
begin
  if p_role = 'owner' then
    perform private.authorize('own');
  end if;
  insert into public.tenant_invitations (tenant_id, id, address, role, token_digest, invited_by)
  values (v_tenant, v_id, lower(btrim(p_address)), p_role, sha256(convert_to(v_secret, 'UTF8')),
    private.current_user_id());
  perform private.audit(v_tenant, 'member.invited', 'invitation', v_id::text, jsonb_build_object('role', p_role));
  return jsonb_build_object('invitation_id', v_id, 'token', v_id::text || '.' || v_secret);
end
$$;
comment on function private.invite_member(text, text) is 'Definer: makes an invitation; its token is returned once.';

create function private.accept_invitation(p_token text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_invitation public.tenant_invitations%rowtype;
begin
  if p_token ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{64}$' then
    select i.* into v_invitation from public.tenant_invitations as i
    where i.id = split_part(p_token, '.', 1)::uuid
      and i.token_digest = sha256(convert_to(split_part(p_token, '.', 2), 'UTF8'))
      and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
      and exists (select from public.tenants as t where t.id = i.tenant_id and t.status <> 'deleted')
    for update;
  end if;
  if v_user is null or v_invitation.id is null or not exists (
    select from auth.users as u
    where u.id = v_user and lower(u.email) = v_invitation.address and u.email_confirmed_at is not null
  ) then
    return private.not_found('invitation');
  end if;
  update public.tenant_invitations as i set accepted_at = now()
  where i.tenant_id = v_invitation.tenant_id and i.id = v_invitation.id;
  insert into public.tenant_members (tenant_id, user_id, role)
  values (v_invitation.tenant_id, v_user, v_invitation.role) on conflict (tenant_id, user_id) do nothing;
  insert into public.active_tenants (user_id, tenant_id) values (v_user, v_invitation.tenant_id)
  on conflict (user_id) do update set tenant_id = excluded.tenant_id, updated_at = now();
  perform private.audit(v_invitation.tenant_id, 'member.joined', 'user', v_user::text,
    jsonb_build_object('role', v_invitation.role));
  return jsonb_build_object('tenant_id', v_invitation.tenant_id, 'role', v_invitation.role);
end
$$;
comment on function private.accept_invitation(text) is
'Definer: joins the tenant if the token is good and the caller owns the invited, confirmed address.';

create function private.revoke_invitation(p_invitation_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_owner uuid;
begin
  update public.tenant_invitations as i set revoked_at = now()
  where i.tenant_id = v_tenant and i.id = p_invitation_id and i.accepted_at is null;
  if not found then
    select i.tenant_id into v_owner from public.tenant_invitations as i where i.id = p_invitation_id limit 1;
    if v_owner <> v_tenant then
      perform private.log_denial(v_owner, 'rpc', 'revoke_invitation', 'invitation', p_invitation_id::text);
    end if;
    return private.not_found('invitation');
  end if;
  perform private.audit(v_tenant, 'member.invitation_revoked', 'invitation', p_invitation_id::text);
  return jsonb_build_object('invitation_id', p_invitation_id, 'revoked', true);
end
$$;
comment on function private.revoke_invitation(uuid) is 'Definer: an unaccepted invitation stops working.';

create function private.set_member_role(p_user_id uuid, p_role text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_old text;
begin
  select m.role into v_old from public.tenant_members as m
  where m.tenant_id = v_tenant and m.user_id = p_user_id for update;
  if v_old is null then
    return private.deny('member', p_user_id, 'set_member_role');
  end if;
  if 'owner' in (v_old, p_role) then
    perform private.authorize('own');
  end if;
  update public.tenant_members as m set role = p_role where m.tenant_id = v_tenant and m.user_id = p_user_id;
  perform private.audit(v_tenant, 'member.role_set', 'user', p_user_id::text,
    jsonb_build_object('from', v_old, 'to', p_role));
  return jsonb_build_object('user_id', p_user_id, 'role', p_role);
end
$$;
comment on function private.set_member_role(uuid, text) is
'Definer: changes a role. Only owners make or unmake owners.';

create function private.set_language(p_language text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_tenant uuid := private.current_tenant();
begin
  if v_user is null then
    raise exception 'sign in first' using errcode = 'PT401', detail = '{"code": "not_authenticated"}',
      hint = 'A person reads a language, not a key.';
  elsif length(p_language) > 35 or p_language !~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' then
    raise exception '% is no language', left(p_language, 20) using errcode = 'PT422',
      detail = '{"code": "bad_language", "field": "language"}', hint = 'Send a tag such as en, pt-BR or zh-Hant.';
  end if;
  update public.tenant_members as m set language = p_language where m.tenant_id = v_tenant and m.user_id = v_user;
  if not found then
    return private.not_found('tenant');
  end if;
  return jsonb_build_object('user_id', v_user, 'tenant_id', v_tenant, 'language', p_language);
end
$$;
comment on function private.set_language(text) is
'Definer: the language the caller reads at the active tenant; null is the tenant''s own. Nobody sets another''s.';

create function private.remove_member(p_user_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := case when p_user_id = private.current_user_id() then private.authorize('read')
    else private.authorize('admin') end;
  v_role text;
begin
  select m.role into v_role from public.tenant_members as m where m.tenant_id = v_tenant and m.user_id = p_user_id;
  if v_role is null then
    return private.deny('member', p_user_id, 'remove_member');
  end if;
  if v_role = 'owner' then
    perform private.authorize('own');
  end if;
  delete from public.tenant_members as m where m.tenant_id = v_tenant and m.user_id = p_user_id;
  perform private.audit(v_tenant, 'member.removed', 'user', p_user_id::text, jsonb_build_object('role', v_role));
  return jsonb_build_object('user_id', p_user_id, 'removed', true);
end
$$;
comment on function private.remove_member(uuid) is
'Definer: ends a membership at once; anyone may leave, admins remove others, owners remove owners.';

create function private.create_api_key(p_name text, p_scopes text[], p_expires_at timestamptz) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_id uuid := private.uuid_v7();
  v_secret text := encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
  v_key text := 'pk_' || replace(v_id::text, '-', '') || '_' || v_secret;
begin
  if p_expires_at <= now() or p_expires_at > now() + interval '100 years' then
    raise exception 'a key ends at a moment to come, within a hundred years'
      using errcode = 'PT422', detail = '{"code": "bad_time", "field": "expires_at"}',
        hint = 'Send an ISO time with its zone, or none for a key that does not end.';
  end if;
  insert into public.api_keys (tenant_id, id, name, secret_digest, hint, scopes, created_by, expires_at)
  values (v_tenant, v_id, p_name, sha256(convert_to(v_secret, 'UTF8')), 'pk_…' || right(v_id::text, 6), p_scopes,
    private.current_user_id(), p_expires_at);
  perform private.audit(v_tenant, 'api_key.created', 'api_key', v_id::text, jsonb_build_object('scopes', p_scopes));
  return jsonb_build_object('api_key_id', v_id, 'key', v_key, 'scopes', p_scopes);
end
$$;
comment on function private.create_api_key(text, text[], timestamptz) is
'Definer: a new key, its secret returned once.';

create function private.revoke_api_key(p_api_key_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_owner uuid;
begin
  update public.api_keys as k set revoked_at = coalesce(k.revoked_at, now())
  where k.tenant_id = v_tenant and k.id = p_api_key_id;
  if not found then
    select k.tenant_id into v_owner from public.api_keys as k where k.id = p_api_key_id limit 1;
    if v_owner <> v_tenant then
      perform private.log_denial(v_owner, 'rpc', 'revoke_api_key', 'api_key', p_api_key_id::text);
    end if;
    return private.not_found('API key');
  end if;
  perform private.audit(v_tenant, 'api_key.revoked', 'api_key', p_api_key_id::text);
  return jsonb_build_object('api_key_id', p_api_key_id, 'revoked', true);
end
$$;
comment on function private.revoke_api_key(uuid) is 'Definer: the key stops working at once.';

create function private.api_key_claims(p_key text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_key public.api_keys%rowtype;
begin
  if p_key !~ '^pk_[0-9a-f]{32}_[0-9a-f]{64}$' then
    return null;
  end if;
  select k.* into v_key from public.api_keys as k
  inner join public.tenants as t on k.tenant_id = t.id and t.status <> 'deleted'
  where k.id = substr(p_key, 4, 32)::uuid and k.secret_digest = sha256(convert_to(substr(p_key, 37), 'UTF8'))
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > now());
  if v_key.id is null then
    return null;
  end if;
  update public.api_keys as k set last_used_at = now()
  where k.tenant_id = v_key.tenant_id and k.id = v_key.id
    and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  return jsonb_build_object('role', 'authenticated', 'api_key_id', v_key.id,
    'app_metadata', jsonb_build_object('tenant_id', v_key.tenant_id));
end
$$;
comment on function private.api_key_claims(text) is
'Definer, for the API''s login role only: the claims a good key stands for, null for any other.';

create function private.update_tenant(p_patch jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_unknown text;
begin
  select k into v_unknown from jsonb_object_keys(p_patch) as k
  where k not in ('name', 'time_zone', 'locale', 'home_regions', 'sender_name', 'sender_address', 'settings') limit 1;
  if v_unknown is null then
    select k into v_unknown from jsonb_object_keys(coalesce(p_patch -> 'settings', '{}')) as k
    where k in ('tenant_id', 'policy_version', 'updated_at', 'ai_budget_usd', 'upload_quota_bytes', 'search_ready')
      or not exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = 'public.tenant_settings'::regclass and a.attname = k and a.attnum > 0) limit 1;
  end if;
  if v_unknown is not null then
    raise exception '% is not a setting', v_unknown using errcode = 'PT422',
      detail = jsonb_build_object('code', 'unknown_setting', 'field', v_unknown)::text,
      hint = 'See the schema reference of tenants and tenant_settings.';
  end if;
  perform private.refuse_foreign_sender(v_tenant, p_patch ->> 'sender_address');
  update public.tenants as t
  set (name, time_zone, locale, home_regions, sender_name, sender_address) = (
    select r.name, r.time_zone, r.locale, r.home_regions, r.sender_name, r.sender_address
    from jsonb_populate_record(t, p_patch - 'settings') as r)
  where t.id = v_tenant and p_patch - 'settings' <> '{}';
  update public.tenant_settings as s
  set (ai_enabled, ai_provider, confidence_threshold, auto_replies_per_hour, sends_per_minute, daily_send_cap,
    max_complaint_rate, search_policy, thread_scopes, business_hours, closed_dates, quiet_hours_start, quiet_hours_end,
    tracking_enabled, voice_tone, voice_formality, voice_signature, voice_avoid, chat_policy, chat_scope,
    media_visibility, media_days, moderation_days, push_shows, push_delay_s,
    market_writes, live_signs) = (
    select r.ai_enabled, r.ai_provider, r.confidence_threshold, r.auto_replies_per_hour, r.sends_per_minute,
      r.daily_send_cap, r.max_complaint_rate, r.search_policy, r.thread_scopes, r.business_hours, r.closed_dates,
      r.quiet_hours_start, r.quiet_hours_end, r.tracking_enabled, r.voice_tone, r.voice_formality, r.voice_signature,
      r.voice_avoid, r.chat_policy, r.chat_scope, r.media_visibility, r.media_days, r.moderation_days, r.push_shows,
      r.push_delay_s, r.market_writes, r.live_signs
    from jsonb_populate_record(s, p_patch -> 'settings') as r)
  where s.tenant_id = v_tenant and p_patch ? 'settings';
  perform private.audit(v_tenant, 'tenant.updated', 'tenant', v_tenant::text, p_patch);
  return jsonb_build_object('tenant_id', v_tenant, 'updated', true);
end
$$;
comment on function private.update_tenant(jsonb) is
'Definer: changes the named fields of the tenant and, under "settings", of its settings.';

create function private.delete_tenant() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('own');
begin
  update public.tenants as t set status = 'deleted', deleted_at = now() where t.id = v_tenant;
  update public.api_keys as k set revoked_at = now() where k.tenant_id = v_tenant and k.revoked_at is null;
  perform private.audit(v_tenant, 'tenant.deleted', 'tenant', v_tenant::text);
  return jsonb_build_object('tenant_id', v_tenant, 'deleted', true);
end
$$;
comment on function private.delete_tenant() is
'Definer: hides the tenant from everyone at once, stops its sending and wipes the secrets of its accounts. The rows '
'stay for the retention period.';

create function private.suspend_tenant(p_tenant_id uuid, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.tenants as t
  set status = case when p_reason is null then 'active' else 'suspended' end, suspended_reason = p_reason
  where t.id = p_tenant_id and t.status <> 'deleted';
  perform private.audit(p_tenant_id, case when p_reason is null then 'tenant.resumed' else 'tenant.suspended' end,
    'tenant', p_tenant_id::text, jsonb_build_object('reason', p_reason));
end
$$;
comment on function private.suspend_tenant(uuid, text) is
'Definer, for the platform: stops a tenant''s sending with a reason; a null reason resumes it.';

-- ── client wrappers ──────────────────────────────────────────────────────────────────────────────────────────────

create function public.create_tenant(p_name text, p_slug text, p_time_zone text default 'UTC',
  p_locale text default 'en')
returns jsonb language sql volatile set search_path = ''
begin atomic select private.create_tenant(p_name, p_slug, p_time_zone, p_locale); end;
create function public.switch_tenant(p_tenant_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.switch_tenant(p_tenant_id); end;
create function public.invite_member(p_address text, p_role text default 'agent') returns jsonb
language sql volatile set search_path = '' begin atomic select private.invite_member(p_address, p_role); end;
create function public.accept_invitation(p_token text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.accept_invitation(p_token); end;
create function public.revoke_invitation(p_invitation_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.revoke_invitation(p_invitation_id); end;
create function public.set_member_role(p_user_id uuid, p_role text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_member_role(p_user_id, p_role); end;
create function public.set_language(p_language text default null) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_language(p_language); end;
create function public.remove_member(p_user_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.remove_member(p_user_id); end;
create function public.create_api_key(p_name text, p_scopes text[] default '{read}',
  p_expires_at timestamptz default null)
returns jsonb language sql volatile set search_path = ''
begin atomic select private.create_api_key(p_name, p_scopes, p_expires_at); end;
create function public.revoke_api_key(p_api_key_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.revoke_api_key(p_api_key_id); end;
create function public.update_tenant(p_patch jsonb) returns jsonb
language sql volatile set search_path = '' begin atomic select private.update_tenant(p_patch); end;
create function public.delete_tenant() returns jsonb
language sql volatile set search_path = '' begin atomic select private.delete_tenant(); end;

comment on function public.create_tenant(text, text, text, text) is 'Create a tenant and become its owner.';
comment on function public.switch_tenant(uuid) is 'Work in another of your tenants: refresh the session afterwards.';
comment on function public.invite_member(text, text) is
'Invite somebody by e-mail address; returns the token once. Admins.';
comment on function public.accept_invitation(text) is
'Join a tenant with the token of an invitation to your confirmed address.';
comment on function public.revoke_invitation(uuid) is 'Take an invitation back. Admins.';
comment on function public.set_member_role(uuid, text) is 'Change a member''s role. Admins; owners for owners.';
comment on function public.set_language(text) is
'What you read at the active tenant, as a BCP 47 tag; null for the tenant''s own. Translations come in it.';
comment on function public.remove_member(uuid) is 'Remove a member, or leave. Admins; owners for owners.';
comment on function public.create_api_key(text, text[], timestamptz) is
'Create an API key; its secret is shown once. Admins.';
comment on function public.revoke_api_key(uuid) is 'Revoke an API key. Admins.';
comment on function public.update_tenant(jsonb) is 'Change tenant fields and, under "settings", its settings. Admins.';
comment on function public.delete_tenant() is 'Delete the active tenant. Owners.';

grant execute on function public.create_tenant(text, text, text, text), public.switch_tenant(uuid),
public.invite_member(text, text), public.accept_invitation(text), public.revoke_invitation(uuid),
public.set_member_role(uuid, text), public.set_language(text), public.remove_member(uuid),
public.create_api_key(text, text[], timestamptz),
public.revoke_api_key(uuid), public.update_tenant(jsonb), public.delete_tenant() to authenticated;
grant execute on function private.create_tenant(text, text, text, text), private.switch_tenant(uuid),
private.invite_member(text, text), private.accept_invitation(text), private.revoke_invitation(uuid),
private.set_member_role(uuid, text), private.set_language(text), private.remove_member(uuid),
private.create_api_key(text, text[], timestamptz),
private.revoke_api_key(uuid), private.update_tenant(jsonb), private.delete_tenant() to authenticated;
grant execute on function private.api_key_claims(text) to parley_api;
grant execute on function private.suspend_tenant(uuid, text) to service_role;
