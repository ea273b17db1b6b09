-- Chapter: outbound, part seven. Addresses the staff takes off the suppression list, or puts on it; those whose owners
-- say STOP or START themselves; and those that come back to life.

create function private.suppress_address(p_kind text, p_address text, p_scope text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_id uuid;
begin
  insert into public.suppressions as x (tenant_id, kind, address, scope, reason)
  values (v_tenant, p_kind, p_address, p_scope, 'manual')
  on conflict (tenant_id, kind, address) do update
  set scope = case when 'all' in (x.scope, excluded.scope) then 'all' else 'automatic' end
  returning id into v_id;
  perform private.audit(v_tenant, 'suppression.added', 'suppression', v_id::text, jsonb_build_object('scope', p_scope));
  return jsonb_build_object('suppression_id', v_id, 'kind', p_kind, 'address', p_address);
end
$$;
comment on function private.suppress_address(text, text, text) is
'Definer: nothing (all) or nothing automatic is sent to this address any more.';

create function private.lift_suppression(p_kind text, p_address text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_reason text;
begin
  delete from public.suppressions as x where x.tenant_id = v_tenant and x.kind = p_kind and x.address = p_address
  returning x.reason into v_reason;
  v_reason := coalesce(private.lift_erased(v_tenant, p_kind, p_address), v_reason);
  if v_reason is null then
    return private.not_found('suppression');
  end if;
  perform private.audit(v_tenant, 'suppression.lifted', 'suppression', null,
    jsonb_build_object('kind', p_kind, 'address', private.address_digest(v_tenant, p_address), 'reason', v_reason));
  return jsonb_build_object('kind', p_kind, 'address', p_address, 'lifted', true);
end
$$;
comment on function private.lift_suppression(text, text) is
'Definer: an address may be written to again; the audit log keeps why it was not, and of the address a digest.';

create function private.note_reachable(p_tenant_id uuid, p_channel text, p_address text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_lifted boolean;
begin
  delete from public.suppressions as x
  where x.tenant_id = p_tenant_id and x.tenant_id = private.worker_tenant() and x.address = p_address
    and x.kind = p_channel and x.reason = 'bounced';
  v_lifted := found or (p_tenant_id = private.worker_tenant()
    and private.lift_erased(p_tenant_id, p_channel, p_address, '{bounced}') is not null);
  if v_lifted then
    perform private.audit(p_tenant_id, 'suppression.lifted', 'suppression', null, jsonb_build_object(
      'kind', p_channel, 'address', private.address_digest(p_tenant_id, p_address), 'reason', 'bounced'));
  end if;
  return v_lifted;
end
$$;
comment on function private.note_reachable(uuid, text, text) is
'Definer, for receivers of channels whose provider vouches for the sender: who was unreachable has written or let us '
'in again. What people or complaints suppressed stays suppressed. Only in the transaction''s tenant.';

create function private.opt_out(p_tenant_id uuid, p_channel text, p_address text, p_scope text,
  p_message_id uuid default null) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.suppressions as x (tenant_id, kind, address, scope, reason, source_message_id)
  values (p_tenant_id, p_channel, p_address, p_scope, 'unsubscribed', p_message_id)
  on conflict (tenant_id, kind, address) do update
  -- The person's own word outlasts a bounce: writing to us is no START.
  set reason = case x.reason when 'bounced' then 'unsubscribed' else x.reason end,
    scope = case when 'all' in (x.scope, excluded.scope) then 'all' else x.scope end;
  insert into public.contact_consents (tenant_id, contact_id, channel, purpose, granted, source, recorded_by)
  select i.tenant_id, i.contact_id, p_channel, 'marketing', false, 'opt-out by the person',
    'contact:' || i.contact_id::text
  from public.contact_identities as i
  where i.tenant_id = p_tenant_id and i.kind = private.address_kind(p_channel) and i.address = p_address
    and private.has_consent(p_tenant_id, i.contact_id, p_channel, 'marketing');
end
$$;
comment on function private.opt_out(uuid, text, text, text, uuid) is
'Definer: somebody wants nothing (all) or nothing automatic on this channel; a consent to marketing there is withdrawn '
'on record.';

create function private.note_opt_out(p_tenant_id uuid, p_channel text, p_address text, p_scope text) returns void
language sql volatile security definer set search_path = '' as $$
  select private.opt_out(p_tenant_id, p_channel, p_address, p_scope)
  where p_tenant_id = private.worker_tenant() and private.is_address(private.address_kind(p_channel), p_address)
$$;
comment on function private.note_opt_out(uuid, text, text, text) is
'Definer, for receivers of channels whose provider vouches for the sender: he said STOP. Only in the transaction''s '
'tenant.';

create function private.note_opt_in(p_tenant_id uuid, p_channel text, p_address text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_lifted boolean;
begin
  delete from public.suppressions as x
  where x.tenant_id = p_tenant_id and x.tenant_id = private.worker_tenant() and x.address = p_address
    and x.kind = p_channel and x.reason in ('unsubscribed', 'bounced');
  v_lifted := found;
  if p_tenant_id = private.worker_tenant()
    and private.lift_erased(p_tenant_id, p_channel, p_address, '{unsubscribed,bounced}') is not null then
    v_lifted := true;
  end if;
  if v_lifted then
    perform private.audit(p_tenant_id, 'suppression.lifted', 'suppression', null, jsonb_build_object(
      'kind', p_channel, 'address', private.address_digest(p_tenant_id, p_address), 'reason', 'unsubscribed'));
  end if;
  return v_lifted;
end
$$;
comment on function private.note_opt_in(uuid, text, text) is
'Definer, for receivers: who said STOP on this channel has said START. What the staff or complaints suppressed stays '
'so, and no consent to marketing comes back. Only in the transaction''s tenant.';

create function private.reply_limits(p_thread_id uuid)
returns table (reply_until timestamptz, reply_chars bigint, reply_utf16 boolean, takes_templates boolean, no_reply text)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select case when p.window_hours is not null then coalesce(
      least(m.created_at, m.occurred_at) + make_interval(hours => p.window_hours), t.created_at) end,
    least(private.message_limit(t.tenant_id, t.channel, 'body_chars'), p.max_body_chars),
    coalesce(p.counts_utf16, false), p.window_hours is not null,
    case when t.erased_at is not null then 'erased' when t.merged_into is not null then 'merged'
      when p.direction = 'in' then 'receive_only'
      when s.verified_at is null and private.is_platforms_way(s) then 'account_unverified' end
  from public.et_threads as t
  left join public.et_channel_sessions as s on s.tenant_id = t.tenant_id and s.id = t.channel_session_id
  left join private.channel_providers as p on p.provider = s.provider
  left join public.et_messages as m on m.tenant_id = t.tenant_id and m.thread_id = t.id and m.seq = t.last_inbound_seq
  where t.tenant_id = private.current_tenant() and t.id = p_thread_id and t.staff_readable;
end
$$;
comment on function private.reply_limits(uuid) is
'Definer: what private.refuse_unsendable() would say of a reply, told before it is written: until when free text may '
'be sent (null: always), how long it may be and in what it is counted, whether templates may be sent, and why nothing '
'can.';

create function public.reply_limits(p_thread_id uuid)
returns table (reply_until timestamptz, reply_chars bigint, reply_utf16 boolean, takes_templates boolean, no_reply text)
language sql stable set search_path = ''
begin atomic
select l.* from private.reply_limits(p_thread_id) as l;
end;
comment on function public.reply_limits(uuid) is
'What a reply in a conversation may be, for the staff that writes it; no row for anybody else.';

create function public.suppress_address(p_kind text, p_address text, p_scope text default 'all') returns jsonb
language sql volatile set search_path = '' begin atomic select private.suppress_address(p_kind, p_address,
  p_scope); end;
create function public.lift_suppression(p_kind text, p_address text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.lift_suppression(p_kind, p_address); end;
comment on function public.suppress_address(text, text, text) is 'Stop sending to an address. Agents.';
comment on function public.lift_suppression(text, text) is 'Allow sending to an address again. Admins.';

grant execute on function private.suppress_address(text, text, text), private.lift_suppression(text, text),
public.suppress_address(text, text, text), public.lift_suppression(text, text) to authenticated;
grant execute on function private.note_reachable(uuid, text, text), private.note_opt_out(uuid, text, text, text),
private.note_opt_in(uuid, text, text) to parley_worker;
grant execute on function private.reply_limits(uuid), public.reply_limits(uuid) to authenticated;
