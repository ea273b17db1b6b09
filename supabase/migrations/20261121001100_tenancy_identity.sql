-- Chapter: tenancy, part two. Who is asking: claims, membership, scopes; policies and grants of the tenancy tables.

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

-- These run at least once per statement under RLS. They are plpgsql with the setting read in place: an SQL function
-- with
-- a search_path is planned anew at every call (30 µs each), a plpgsql one keeps its plans for the session.

create function private.claims() returns jsonb
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb, '{}'::jsonb);
end
$$;
comment on function private.claims() is 'The verified JWT claims of this request, {} when there are none.';

create function private.current_user_id() returns uuid
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
begin
  if v_claims ->> 'sub' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' and not v_claims ? 'api_key_id' then
    return (v_claims ->> 'sub')::uuid;
  end if;
  return null;
end
$$;
comment on function private.current_user_id() is 'The signed-in user, null for API keys and anonymous callers.';

create function private.claimed_tenant() returns uuid
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_tenant text := nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'app_metadata' ->> 'tenant_id';
begin
  if v_tenant ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return v_tenant::uuid;
  end if;
  return null;
end
$$;
comment on function private.claimed_tenant() is 'The tenant the JWT names. A claim, not yet a right.';

create function private.current_scopes() returns text[]
language plpgsql stable security definer set search_path = '' as $$
declare
  v_claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  v_tenant uuid := private.claimed_tenant();
  v_user uuid := private.current_user_id();
  v_scopes text[];
begin
  if v_tenant is null then
    return '{}';
  end if;
  if v_claims ? 'api_key_id' then
    select k.scopes into v_scopes
    from public.api_keys as k
    inner join public.tenants as t on k.tenant_id = t.id
    where k.tenant_id = v_tenant and k.id = (v_claims ->> 'api_key_id')::uuid
      and k.revoked_at is null and (k.expires_at is null or k.expires_at > now()) and t.status <> 'deleted';
  else
    select case m.role
      when 'viewer' then '{read}'::text[]
      when 'agent' then '{read,send,manage}'::text[]
      when 'admin' then '{read,send,manage,admin}'::text[]
      when 'owner' then '{read,send,manage,admin,own}'::text[]
    end into v_scopes
    from public.tenant_members as m
    inner join public.tenants as t on m.tenant_id = t.id
    where m.tenant_id = v_tenant and m.user_id = v_user and t.status <> 'deleted';
  end if;
  return coalesce(v_scopes, '{}');
end
$$;
comment on function private.current_scopes() is
'Definer: reads memberships and keys under forced RLS. What the caller may do in the tenant his token names: a '
'removed member or a revoked key has nothing.';

create function private.current_tenant() returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  if 'read' = any(private.current_scopes()) then
    return private.claimed_tenant();
  end if;
  return null;
end
$$;
comment on function private.current_tenant() is
'Definer. The staff predicate of every policy: the tenant in the token, if the caller may read it now. Use as '
'(select private.current_tenant()).';

create function private.is_home(p_tenant_id uuid) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return p_tenant_id = private.claimed_tenant() and private.current_scopes() <> '{}';
end
$$;
comment on function private.is_home(uuid) is
'Whether the caller is still somebody at the tenant, not only by what an old token says: what he names there and may '
'not have is missing to him; anywhere else it is an attempt.';

create function private.is_admin() returns boolean
language sql stable security definer set search_path = '' as $$
  select 'admin' = any(private.current_scopes())
$$;
comment on function private.is_admin() is 'Definer: true for owners, admins and keys with the admin scope.';

create function private.worker_tenant() returns uuid
language plpgsql stable parallel safe set search_path = '' as $$
begin
  return nullif(current_setting('parley.tenant_id', true), '')::uuid;
end
$$;
comment on function private.worker_tenant() is
'The tenant a worker has set for its transaction; the predicate of the worker''s policies.';

create function private.actor() returns text
language plpgsql stable parallel safe set search_path = '' as $$
declare
  v_claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
begin
  return coalesce(
    'api_key:' || (v_claims ->> 'api_key_id'),
    case when v_claims ->> 'sub' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
      then 'user:' || (v_claims ->> 'sub')::uuid::text end,
    'worker:' || nullif(current_setting('parley.worker', true), ''),
    'role:' || session_user
  );
end
$$;
comment on function private.actor() is
'Who is acting, for audit rows and message senders: api_key:…, user:…, worker:… or role:….';

create function private.authorize(p_scope text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_scopes text[];
begin
  if private.claims() = '{}'::jsonb or private.claims() ->> 'role' = 'anon' then
    raise exception 'sign in first'
      using errcode = 'PT401', detail = '{"code": "not_authenticated"}',
      hint = 'Send a JWT or an API key in the Authorization header.';
  end if;
  v_scopes := private.current_scopes();
  if not p_scope = any(v_scopes) then
    raise exception 'this needs the % right in the active tenant', p_scope
      using errcode = 'PT403', detail = jsonb_build_object('code', 'forbidden', 'scope', p_scope)::text,
      hint = 'Ask an admin of the tenant for a role that has it, or switch to another tenant.';
  end if;
  return private.claimed_tenant();
end
$$;
comment on function private.authorize(text) is
'Definer. The first line of every client write: returns the caller''s tenant or raises PT401 / PT403. Scopes: read, '
'send, manage, admin, own.';

create function private.message_limit(p_tenant_id uuid, p_channel text, p_kind text) returns bigint
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (
      select l.max_value from public.message_limits as l
      where l.tenant_id = p_tenant_id and l.channel = p_channel and l.kind = p_kind
    ),
    case p_kind
      when 'body_chars' then case p_channel when 'email' then 100000 when 'whatsapp' then 4096
        when 'telegram' then 4096 when 'sms' then 1600 else 2000 end
      when 'attachment_bytes' then 10485760
      when 'page_size' then 50
      when 'sends_per_minute' then (
        select s.sends_per_minute from public.tenant_settings as s where s.tenant_id = p_tenant_id
      )
      when 'changes_per_minute' then 60
      when 'edit_minutes' then 1440
      when 'group_people' then 50
    end
  )
$$;
comment on function private.message_limit(uuid, text, text) is
'Definer. The limit in force: the tenant''s own, else the channel''s default (chat: 2000 characters, 10 MiB a file, '
'50 a page, the tenant''s sends_per_minute, 60 changes a minute, a day to edit, 50 people in a group).';

create function private.custom_access_token_hook(event jsonb) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_claims jsonb := event -> 'claims';
  v_tenant uuid;
  v_role text;
begin
  select m.tenant_id, m.role into v_tenant, v_role
  from public.tenant_members as m
  inner join public.tenants as t on m.tenant_id = t.id and t.status <> 'deleted'
  left join public.active_tenants as a on m.user_id = a.user_id and m.tenant_id = a.tenant_id
  where m.user_id = (event ->> 'user_id')::uuid
  order by a.user_id is null, m.created_at, m.tenant_id
  limit 1;
  v_claims := jsonb_set(v_claims, '{app_metadata}', coalesce(v_claims -> 'app_metadata', '{}'::jsonb)
    - '{tenant_id,tenant_role}'::text[]
    || case when v_tenant is null then '{}'::jsonb
      else jsonb_build_object('tenant_id', v_tenant, 'tenant_role', v_role) end);
  return jsonb_set(event, '{claims}', v_claims);
end
$$;
comment on function private.custom_access_token_hook(jsonb) is
'Supabase Auth calls this for every token: puts the user''s active tenant (else his oldest) into '
'app_metadata.tenant_id.';

create function private.own_tenant_names() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_object_agg(t.id, t.name), '{}') from public.tenants as t
    inner join public.tenant_members as m on m.tenant_id = t.id and m.user_id = private.current_user_id()
    where t.status <> 'deleted');
end
$$;
comment on function private.own_tenant_names() is
'Definer: how the tenants are called that the caller belongs to, also those he does not work in now, by id.';

create function public.own_tenant_names() returns jsonb
language sql stable set search_path = '' begin atomic select private.own_tenant_names(); end;
comment on function public.own_tenant_names() is
'How the tenants are called that you belong to, by id, whichever of them you work in.';

-- ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.tenants enable row level security;
alter table public.tenants force row level security;
alter table public.tenant_members enable row level security;
alter table public.tenant_members force row level security;
alter table public.tenant_invitations enable row level security;
alter table public.tenant_invitations force row level security;
alter table public.active_tenants enable row level security;
alter table public.active_tenants force row level security;
alter table public.tenant_settings enable row level security;
alter table public.tenant_settings force row level security;
alter table public.message_limits enable row level security;
alter table public.message_limits force row level security;
alter table public.api_keys enable row level security;
alter table public.api_keys force row level security;

create policy tenants_select_staff on public.tenants for select to authenticated
using (id = (select private.current_tenant()));
create policy tenants_select_worker on public.tenants for select to parley_worker
using (id = (select private.worker_tenant()));
create policy tenants_select_auth_hook on public.tenants for select to supabase_auth_admin using (true);

create policy tenant_members_select_staff on public.tenant_members for select to authenticated
using (tenant_id = (select private.current_tenant()) or user_id = (select private.current_user_id()));
create policy tenant_members_select_worker on public.tenant_members for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy tenant_members_select_auth_hook on public.tenant_members for select to supabase_auth_admin using (true);

create policy tenant_invitations_select_admin on public.tenant_invitations for select to authenticated
using (tenant_id = (select private.current_tenant()) and (select private.is_admin()));

create policy active_tenants_select_self on public.active_tenants for select to authenticated
using (user_id = (select private.current_user_id()));
create policy active_tenants_select_auth_hook on public.active_tenants for select to supabase_auth_admin using (true);

create policy tenant_settings_select_staff on public.tenant_settings for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy tenant_settings_select_worker on public.tenant_settings for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

create policy message_limits_select_staff on public.message_limits for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy message_limits_select_worker on public.message_limits for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

create policy api_keys_select_admin on public.api_keys for select to authenticated
using (tenant_id = (select private.current_tenant()) and (select private.is_admin()));

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.tenants, public.tenant_members, public.tenant_invitations, public.active_tenants,
public.tenant_settings, public.message_limits, public.api_keys from public, anon, authenticated, service_role;

grant select on public.tenants, public.tenant_members, public.active_tenants, public.tenant_settings,
public.message_limits to authenticated;
-- Digests of tokens and keys are for nobody's eyes.
grant select (tenant_id, id, address, role, invited_by, created_at, expires_at, accepted_at, revoked_at)
on public.tenant_invitations to authenticated;
grant select (tenant_id, id, name, hint, scopes, created_by, created_at, expires_at, revoked_at, last_used_at)
on public.api_keys to authenticated;
grant select on public.tenants, public.tenant_members, public.tenant_settings, public.message_limits to parley_worker;
grant select, insert, update, delete on public.tenants, public.tenant_members, public.tenant_invitations,
public.active_tenants, public.tenant_settings, public.message_limits, public.api_keys to service_role;

grant usage on schema private to supabase_auth_admin;
grant execute on function private.custom_access_token_hook(jsonb) to supabase_auth_admin;
grant select on public.tenants, public.tenant_members, public.active_tenants to supabase_auth_admin;

revoke all on all functions in schema private from public;
grant execute on function private.uuid_v7() to service_role, parley_worker;
grant execute on function private.is_time_zone(text) to service_role;
grant execute on function private.claims(), private.current_user_id(), private.claimed_tenant(),
private.current_scopes(), private.current_tenant(), private.is_admin(), private.actor(), private.authorize(text),
private.message_limit(uuid, text, text) to authenticated, service_role, parley_worker;
grant execute on function private.own_tenant_names(), public.own_tenant_names() to authenticated;
grant execute on function private.worker_tenant() to service_role, parley_worker;
