-- Chapter: messages, part four. What readers ask beside the messages themselves: a moment as a rev, the bytes of a
-- file, and whether a conversation may be searched.

create function public.thread_rev_at(p_thread_id uuid, p_at timestamptz) returns bigint
language sql stable set search_path = ''
begin atomic
select private.rev_at(t.tenant_id, t.id, p_at)
from (
  select
    o.tenant_id,
    o.id
  from public.et_threads as o
  where o.id = p_thread_id
  union
  select
    p.tenant_id,
    p.thread_id
  from public.thread_participants as p
  where p.thread_id = p_thread_id and p.user_id = (select private.current_user_id()) and p.left_at is null
) as t;
end;
comment on function public.thread_rev_at(uuid, timestamptz) is
'The rev to poll a thread from, for a client that only knows a moment. Null when there is no such thread for the '
'caller.';

create function private.attachment_data(p_tenant_id uuid, p_attachment_id uuid) returns bytea
language sql stable security definer set search_path = '' as $$
  select b.data from private.attachment_blobs as b
  inner join public.message_attachments as a on a.tenant_id = b.tenant_id and a.id = b.attachment_id
  inner join public.et_messages as m on m.tenant_id = a.tenant_id and m.id = a.message_id and m.deleted_at is null
  where b.tenant_id = p_tenant_id and b.attachment_id = p_attachment_id and a.status = 'released'
$$;
comment on function private.attachment_data(uuid, uuid) is
'Definer: bytes of a released file whose message was not withdrawn. Reached through public.attachment_data() alone, '
'which asks RLS first.';

create function public.attachment_data(p_attachment_id uuid) returns bytea
language sql stable set search_path = ''
begin atomic
select private.attachment_data(a.tenant_id, a.id) from public.message_attachments as a where a.id = p_attachment_id;
end;
comment on function public.attachment_data(uuid) is
'The bytes of a released file, for whoever may read its message; null for anybody else and for every other file.';

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

grant execute on function private.attachment_data(uuid, uuid), private.set_thread_search(uuid, text),
public.thread_rev_at(uuid, timestamptz), public.attachment_data(uuid), public.set_thread_search(uuid,
  text) to authenticated;
