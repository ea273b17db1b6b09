-- Chapter: inbound, part six. What the staff sees of pushed calls: those nobody could read, and those refused.
--
--   list_webhook_failures() ──▶ mend the cause ──▶ retry_webhook(id): read again, as if it had just come

create function private.list_webhook_failures(p_limit integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
begin
  return jsonb_build_object(
    'failures', (
      select coalesce(jsonb_agg(jsonb_build_object('webhook_id', e.id, 'session_id', e.session_id, 'channel', s.channel,
        'provider', e.provider, 'event_id', e.event_id, 'received_at', e.received_at,
        'size_bytes', octet_length(e.payload), 'error', e.error) order by e.id desc), '[]')
      from (
        select w.* from private.webhook_events as w where w.tenant_id = v_tenant and w.error is not null
        order by w.id desc limit least(greatest(p_limit, 1), 500)) as e
      inner join public.et_channel_sessions as s on s.tenant_id = e.tenant_id and s.id = e.session_id),
    'refused', (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.last_at desc), '[]')
      from (
        select x.session_id, x.reason, sum(x.count) as count, min(x.minute) as first_at, max(x.minute) as last_at
        from private.webhook_rejections as x
        where x.tenant_id = v_tenant and x.minute > now() - interval '1 day'
        group by x.session_id, x.reason order by 5 desc limit 100) as r));
end
$$;
comment on function private.list_webhook_failures(integer) is
'Definer: the newest calls of providers that could not be read, and what was refused in the last day. No payloads.';

create function private.retry_webhook(p_webhook_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_session uuid;
begin
  update private.webhook_events as e set error = null
  where e.tenant_id = v_tenant and e.id = p_webhook_id and e.error is not null
  returning e.session_id into v_session;
  if v_session is null then
    return private.deny('webhook', p_webhook_id, 'retry_webhook');
  end if;
  insert into private.webhook_work (tenant_id, webhook_id, session_id) values (v_tenant, p_webhook_id, v_session)
  on conflict do nothing;
  perform private.audit(v_tenant, 'webhook.retried', 'webhook', p_webhook_id::text);
  return jsonb_build_object('webhook_id', p_webhook_id, 'retried', true);
end
$$;
comment on function private.retry_webhook(uuid) is 'Definer: a person has a call read again that had failed.';

create function public.list_webhook_failures(p_limit integer default 100) returns jsonb
language sql volatile set search_path = '' begin atomic select private.list_webhook_failures(p_limit); end;
create function public.retry_webhook(p_webhook_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.retry_webhook(p_webhook_id); end;
comment on function public.list_webhook_failures(integer) is
'Calls of providers that could not be read, and how many were refused. Agents.';
comment on function public.retry_webhook(uuid) is 'Read a failed call again. Agents.';

grant execute on function private.list_webhook_failures(integer), private.retry_webhook(uuid),
public.list_webhook_failures(integer), public.retry_webhook(uuid) to authenticated;
