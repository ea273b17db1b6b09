-- Chapter: channels, part four. Who may hand over a secret of a channel account.
--
--   authenticated: authorize_channel_secret() ──▶ same transaction, back in the API's role:
-- private.put_channel_secret()

create function private.authorize_channel_secret(p_session_id uuid, p_name text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_provider text;
begin
  select s.provider into v_provider from public.et_channel_sessions as s
  where s.tenant_id = v_tenant and s.id = p_session_id and s.status <> 'deleted' for key share;
  if not found then
    return private.deny('channel_session', p_session_id, 'put_channel_secret');
  end if;
  perform private.audit(v_tenant, 'channel_session.secret_set', 'channel_session', p_session_id::text,
    jsonb_build_object('name', p_name));
  return jsonb_build_object('tenant_id', v_tenant, 'session_id', p_session_id, 'name', p_name,
    'rule', private.secret_rules(v_provider) ->> p_name);
end
$$;
comment on function private.authorize_channel_secret(uuid, text) is
'Definer: the caller may set this secret, and the audit log says he did. The value itself comes from the API, '
'encrypted, in the same transaction, once it matches the rule.';

create function public.authorize_channel_secret(p_session_id uuid, p_name text) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.authorize_channel_secret(p_session_id, p_name); end;
comment on function public.authorize_channel_secret(uuid, text) is
'For the API, before it stores an encrypted secret of an account. Admins.';

grant execute on function private.authorize_channel_secret(uuid, text),
public.authorize_channel_secret(uuid, text) to authenticated;
-- Addresses the API makes up itself below the platform's own domain need no further proof.
grant execute on function private.verify_channel_session(uuid, uuid) to parley_api;
