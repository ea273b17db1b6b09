-- Chapter: tenancy, part five. How the API's login role begins a request: one statement says who is asking, what he may
-- do, and puts the transaction under his role, so that a request is one round trip.
--
--   parley_api ──enter_request(claims) | enter_with_key(key)──▶ role authenticated + claims, until the transaction ends

create function private.enter_request(p_claims text, p_read_only boolean) returns text[]
language plpgsql volatile set search_path = '' as $$
declare
  v_scopes text[];
begin
  perform set_config('request.jwt.claims', p_claims, true), set_config('parley.active_tenant',
    coalesce(private.claimed_tenant(), '00000000-0000-0000-0000-000000000000')::text, true);
  v_scopes := private.current_scopes();
  if p_read_only then
    perform set_config('transaction_read_only', 'on', true);
  end if;
  perform set_config('role', 'authenticated', true);
  return v_scopes;
end
$$;
comment on function private.enter_request(text, boolean) is
'For the API''s login role: the rest of the transaction runs as authenticated with these verified claims. Returns '
'the scopes in the claimed tenant; invoker, because a definer cannot change the role.';

create function private.enter_with_key(p_key text, p_read_only boolean) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_claims jsonb := private.api_key_claims(p_key);
  v_scopes text[] := private.enter_request(coalesce(v_claims, '{}')::text, p_read_only);
begin
  return v_claims || jsonb_build_object('scopes', v_scopes);
end
$$;
comment on function private.enter_with_key(text, boolean) is
'For the API''s login role: as enter_request(), for the claims a good API key stands for. Null when the key is not '
'good; nothing is readable then. Not cached anywhere, so a revoked key ends at once.';

create function private.schema_version() returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return (select max(h.version) from supabase_migrations.schema_migrations as h);
exception when undefined_table then
  return null;
end
$$;
comment on function private.schema_version() is
'Definer, for readiness: the newest migration that was applied, null when nobody kept a history.';

grant execute on function private.claims(), private.claimed_tenant(), private.current_scopes(),
private.enter_request(text, boolean), private.enter_with_key(text, boolean),
private.schema_version() to parley_api;
