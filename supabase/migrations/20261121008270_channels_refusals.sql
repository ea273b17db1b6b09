-- Chapter: channels, part nine. A provider that refuses what is sent over an account, because of the account.
--
--   complete_outbound(), outcome retry with the code auth ──▶ note_refused_send(): degraded at once, admins are told
--   complete_outbound(), accepted ──▶ note_accepted_send(): connected again; when the last one left
--   a good check, a reader's heartbeat ──▶ connected again, unless a send still waits that was refused (part one)

create function private.note_refused_send(p_tenant_id uuid, p_session_id uuid, p_claimed_at timestamptz, p_error text)
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.et_channel_sessions as s
  set status = 'degraded', status_reason = 'sends are refused: ' || left(coalesce(p_error, 'no reason given'), 300)
  where s.tenant_id = p_tenant_id and s.id = p_session_id and s.status = 'connected' and not exists (
    select from private.channel_secrets as x
    where x.tenant_id = p_tenant_id and x.session_id = p_session_id and x.updated_at > p_claimed_at);
end
$$;
comment on function private.note_refused_send(uuid, uuid, timestamptz, text) is
'Definer, for a try that began at p_claimed_at and was refused for its account: a connected one is degraded. What was '
'refused with a secret that is another by now says nothing.';

create function private.note_accepted_send(p_tenant_id uuid, p_session_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_refused boolean;
begin
  -- One look, as a rule; the row is written once a minute, and whoever finds it locked leaves it to the other.
  select s.status = 'degraded' and s.status_reason like 'sends are refused: %' into v_is_refused
  from public.et_channel_sessions as s
  where s.tenant_id = p_tenant_id and s.id = p_session_id and (
    coalesce(s.last_outbound_at, '-infinity') < clock_timestamp() - interval '1 minute'
    or (s.status = 'degraded' and s.status_reason like 'sends are refused: %'))
  for no key update skip locked;
  if not found then
    return;
  end if;
  update public.et_channel_sessions as s set last_outbound_at = clock_timestamp()
  where s.tenant_id = p_tenant_id and s.id = p_session_id;
  if v_is_refused then
    update public.et_channel_sessions as s set status = 'connected', status_reason = null
    where s.tenant_id = p_tenant_id and s.id = p_session_id;
  end if;
end
$$;
comment on function private.note_accepted_send(uuid, uuid) is
'Definer, for a send that was accepted: its account works, and sent something just now.';
