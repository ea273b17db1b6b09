-- Chapter: messages, what an admin may see of conversations that are not the tenant's own: which there are, and, one by
-- one, what was written. Reading only, with a reason each time, and every look is a row of the audit log.
--
--   find_conversations(reason, by person or context) ──▶ who, about what, when; no text
--   read_thread(reason, page by page)                ──▶ the messages, see part three
--   open_attachment(reason)                          ──▶ a file of one of them, see the chapter storage

create function private.refuse_no_reason(p_reason text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if length(btrim(coalesce(p_reason, ''))) < 5 then
    raise exception 'say why you look at this conversation'
      using errcode = 'PT422', detail = '{"code": "reason_missing", "field": "reason"}',
        hint = 'A sentence is enough; it goes to the audit log.';
  end if;
end
$$;
comment on function private.refuse_no_reason(text) is 'Refuses to look without a reason somebody can judge later.';

create function private.find_conversations(p_reason text, p_filter jsonb, p_limit integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_contact uuid := (p_filter ->> 'contact_id')::uuid;
  v_family uuid[] := private.contact_family(v_tenant, private.person(v_tenant, v_contact));
  v_kind text := p_filter ->> 'context_kind';
  v_context text := p_filter ->> 'context_id';
  v_before timestamptz := (p_filter ->> 'before_at')::timestamptz;
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 50);
  v_found jsonb;
begin
  perform private.refuse_no_reason(p_reason);
  perform private.check_fields(p_filter, '{contact_id,context_kind,context_id,before_at,before_id}');
  perform private.refuse_context(v_kind, v_context);
  if v_contact is not null and private.person(v_tenant, v_contact) is null then
    return private.deny('contact', v_contact, 'find_conversations');
  end if;
  select jsonb_agg(jsonb_build_object('thread_id', f.id, 'kind', f.kind, 'subject', f.subject, 'status', f.status,
    'context_kind', f.context_kind, 'context_id', f.context_id, 'people', f.people, 'last_seq', f.last_seq,
    'last_message_at', f.last_message_at, 'created_at', f.created_at) order by f.last_message_at desc, f.id desc)
  into v_found
  from (
    select t.*, private.people_of(t) as people from public.et_threads as t
    where t.tenant_id = v_tenant and not t.staff_readable and t.last_seq > 0
      and (v_contact is null or t.contact_id = any(v_family) or t.other_contact_id = any(v_family) or exists (
        select from public.thread_participants as p
        where p.tenant_id = t.tenant_id and p.thread_id = t.id and p.contact_id = any(v_family)))
      and (v_context is null or (t.context_kind, t.context_id) = (v_kind, v_context) or t.id in (
        select m.thread_id from public.et_messages as m
        where m.tenant_id = v_tenant and m.context_kind = v_kind and m.context_id = v_context))
      and (v_before is null or (t.last_message_at, t.id) < (v_before, (p_filter ->> 'before_id')::uuid))
    order by t.last_message_at desc, t.id desc limit v_limit) as f;
  perform private.audit(v_tenant, 'thread.searched', 'tenant', v_tenant::text, jsonb_build_object('reason',
    left(p_reason, 500), 'filter', p_filter, 'found', coalesce(jsonb_array_length(v_found), 0)));
  return jsonb_build_object('items', coalesce(v_found, '[]'), 'has_more', coalesce(jsonb_array_length(v_found), 0)
    = v_limit);
end
$$;
comment on function private.find_conversations(text, jsonb, integer) is
'Definer: an admin finds conversations between participants, by a person or what they are about, newest first; no text '
'of any. The search leaves its audit row in the same transaction.';

create function public.find_conversations(p_reason text, p_filter jsonb default '{}', p_limit integer default 50)
returns jsonb language sql volatile set search_path = ''
begin atomic select private.find_conversations(p_reason, p_filter, p_limit); end;
comment on function public.find_conversations(text, jsonb, integer) is
'Find conversations the tenant is not a party to, with a reason that is audited: p_filter names contact_id, or '
'context_kind and context_id; before_at and before_id of the last item lead to older ones. Admins.';

grant execute on function private.find_conversations(text, jsonb, integer),
public.find_conversations(text, jsonb, integer) to authenticated;
