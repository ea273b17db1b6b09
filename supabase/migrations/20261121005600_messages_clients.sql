-- Chapter: messages, part four. What readers ask beside the messages themselves (a moment as a rev, the bytes of a
-- file, whether a conversation may be searched), and how a message is edited.

create function public.thread_rev_at(p_thread_id uuid, p_at timestamptz) returns bigint
language sql stable set search_path = ''
begin atomic
select private.rev_at(t.tenant_id, t.id, p_at) from public.et_threads as t where t.id = p_thread_id;
end;
comment on function public.thread_rev_at(uuid, timestamptz) is
'The rev to poll a thread from, for a client that only knows a moment. Null when there is no such thread for the '
'caller.';

create function private.attachment_data(p_tenant_id uuid, p_attachment_id uuid) returns bytea
language sql stable security definer set search_path = '' as $$
  select b.data from private.attachment_blobs as b
  where b.tenant_id = p_tenant_id and b.attachment_id = p_attachment_id
$$;
comment on function private.attachment_data(uuid, uuid) is
'Definer: bytes of a file. Reached through public.attachment_data() alone, which asks RLS first.';

create function public.attachment_data(p_attachment_id uuid) returns bytea
language sql stable set search_path = ''
begin atomic
select private.attachment_data(a.tenant_id, a.id) from public.message_attachments as a where a.id = p_attachment_id;
end;
comment on function public.attachment_data(uuid) is
'The bytes of a received file, for whoever may read its message; null for anybody else and for refused files.';

create function private.set_thread_search(p_thread_id uuid, p_policy text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_policy text;
begin
  update public.et_threads as t set search_policy = p_policy
  from public.tenant_settings as s
  where t.tenant_id = v_tenant and t.id = p_thread_id and t.staff_readable and s.tenant_id = t.tenant_id
  returning coalesce(t.search_policy, s.search_policy) into v_policy;
  if v_policy is null then
    return private.deny('thread', p_thread_id, 'set_thread_search');
  end if;
  perform private.audit(v_tenant, 'thread.search_policy', 'thread', p_thread_id::text, jsonb_build_object('policy',
    p_policy));
  return jsonb_build_object('thread_id', p_thread_id, 'search_policy', v_policy);
end
$$;
comment on function private.set_thread_search(uuid, text) is
'Definer: what may be searched in one conversation (none, metadata, full; null as the tenant says). Its index '
'entries follow at once.';

create function public.set_thread_search(p_thread_id uuid, p_policy text default null) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_thread_search(p_thread_id, p_policy); end;
comment on function public.set_thread_search(uuid, text) is 'Say what may be searched in a conversation. Agents.';

create function private.edit_message(p_message_id uuid, p_changes jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_place record;
  v_rev bigint;
begin
  perform private.check_fields(p_changes, '{subject,body,language,moderation_status,message_type,metadata,deleted}');
  select m.tenant_id, m.thread_id into v_place from public.et_messages as m where m.id = p_message_id;
  if not found then
    return private.not_found('message');
  end if;
  -- The thread first, as whoever decides, sends and merges takes it: an edit never waits for the head with the message
  -- in its hands.
  perform from public.et_threads as t
  where t.tenant_id = v_place.tenant_id and t.id = v_place.thread_id for no key update;
  update public.et_messages as m
  set (subject, body, language, moderation_status, message_type, metadata, edited_at, deleted_at) = (
    select r.subject, r.body, r.language, r.moderation_status, r.message_type, r.metadata,
      case when (r.subject, r.body) is distinct from (m.subject, m.body) then clock_timestamp() else m.edited_at end,
      case when (p_changes ->> 'deleted')::boolean then coalesce(m.deleted_at, clock_timestamp())
        when p_changes ? 'deleted' then null else m.deleted_at end
    from jsonb_populate_record(m, p_changes - 'deleted') as r)
  where m.tenant_id = v_place.tenant_id and m.id = p_message_id
  returning m.rev into v_rev;
  perform private.audit(v_place.tenant_id, 'message.edited', 'message', p_message_id::text,
    jsonb_build_object('fields', (select jsonb_agg(k) from jsonb_object_keys(p_changes) as k)));
  return jsonb_build_object('message_id', p_message_id, 'thread_id', v_place.thread_id, 'rev', v_rev);
end
$$;
comment on function private.edit_message(uuid, jsonb) is
'Definer, for the backend: changes what readers see of a message (subject, body, language, moderation_status, '
'message_type, metadata, deleted), under a new rev.';

create function public.edit_message(p_message_id uuid, p_changes jsonb) returns jsonb
language sql volatile set search_path = '' begin atomic select private.edit_message(p_message_id, p_changes); end;
comment on function public.edit_message(uuid, jsonb) is
'Change what readers see of a message, or delete it. The backend (service_role) alone.';

grant execute on function private.edit_message(uuid, jsonb), public.edit_message(uuid, jsonb) to service_role;
grant execute on function private.attachment_data(uuid, uuid), private.set_thread_search(uuid, text),
public.thread_rev_at(uuid, timestamptz), public.attachment_data(uuid), public.set_thread_search(uuid,
  text) to authenticated;
