-- Chapter: messages, what an admin reads with a reason. The one door to conversations the tenant is no party to.

create function private.read_thread(p_thread_id uuid, p_reason text, p_before_seq bigint, p_limit integer)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_limit integer := least(greatest(coalesce(p_limit, 200), 1), 200);
  v_thread public.et_threads%rowtype;
begin
  if length(btrim(coalesce(p_reason, ''))) < 5 then
    raise exception 'say why you read this conversation'
      using errcode = 'PT422', detail = '{"code": "reason_missing", "field": "reason"}',
        hint = 'A sentence is enough; it goes to the audit log.';
  end if;
  select t.* into v_thread from public.et_threads as t where t.tenant_id = v_tenant and t.id = p_thread_id;
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'read_thread');
  end if;
  perform private.audit(v_tenant, 'thread.read', 'thread', p_thread_id::text, jsonb_strip_nulls(jsonb_build_object(
    'reason', left(p_reason, 500), 'before_seq', p_before_seq)));
  return (
    select jsonb_build_object('thread_id', p_thread_id, 'kind', v_thread.kind, 'last_seq', v_thread.last_seq, 'people',
      private.people_of(v_thread), 'has_more', count(*) > v_limit, 'messages', coalesce(jsonb_agg(jsonb_build_object(
        'id', m.id, 'seq', m.seq, 'sender', m.sender, 'sender_contact_id', m.sender_contact_id, 'message_type',
        m.message_type, 'moderation_status', m.moderation_status, 'body', m.body, 'created_at', m.created_at,
        'edited_at', m.edited_at, 'deleted_at', m.deleted_at) order by m.seq) filter (where m.n <= v_limit), '[]'))
    from (
      select x.*, row_number() over (order by x.seq desc) as n from public.et_messages as x
      where x.tenant_id = v_tenant and x.thread_id = p_thread_id and (p_before_seq is null or x.seq < p_before_seq)
      order by x.seq desc limit v_limit + 1) as m);
end
$$;
comment on function private.read_thread(uuid, text, bigint, integer) is
'Definer: an admin reads a conversation between participants, page by page. Each page leaves its audit row in the same '
'transaction, or nothing is read.';

create function public.read_thread(
  p_thread_id uuid, p_reason text, p_before_seq bigint default null, p_limit integer default 200
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.read_thread(p_thread_id, p_reason, p_before_seq, p_limit); end;
comment on function public.read_thread(uuid, text, bigint, integer) is
'Read a conversation the tenant is not a party to, with a reason that is audited: the newest 200 messages, or those '
'before p_before_seq. Admins.';

grant execute on function private.read_thread(uuid, text, bigint, integer),
public.read_thread(uuid, text, bigint, integer) to authenticated;
