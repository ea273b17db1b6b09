-- Chapter: inbound, part four. What a tenant teaches its decider, and which ids the API can be asked about.

create function private.put_faq_entry(p_faq_id uuid, p_entry jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_id uuid := p_faq_id;
begin
  perform private.check_fields(p_entry, '{question,keywords,answer,language,enabled}');
  if v_id is null then
    insert into public.faq_entries (tenant_id, question, keywords, answer, language, enabled)
    select v_tenant, r.question, r.keywords, r.answer, r.language, coalesce(r.enabled, true)
    from jsonb_populate_record(null::public.faq_entries, p_entry) as r
    returning id into v_id;
  else
    update public.faq_entries as f set (question, keywords, answer, language, enabled, updated_at) = (
      select r.question, r.keywords, r.answer, r.language, r.enabled, now()
      from jsonb_populate_record(f, p_entry) as r)
    where f.tenant_id = v_tenant and f.id = v_id;
    if not found then
      return private.deny('faq_entry', v_id, 'put_faq_entry');
    end if;
  end if;
  perform private.audit(v_tenant, 'faq_entry.put', 'faq_entry', v_id::text);
  return jsonb_build_object('faq_id', v_id, 'created', p_faq_id is null);
end
$$;
comment on function private.put_faq_entry(uuid, jsonb) is
'Definer: a new entry (null id), or changes to the named fields of one.';

create function private.delete_faq_entry(p_faq_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
begin
  delete from public.faq_entries as f where f.tenant_id = v_tenant and f.id = p_faq_id;
  if not found then
    return private.deny('faq_entry', p_faq_id, 'delete_faq_entry');
  end if;
  perform private.audit(v_tenant, 'faq_entry.deleted', 'faq_entry', p_faq_id::text);
  return jsonb_build_object('faq_id', p_faq_id, 'deleted', true);
end
$$;
comment on function private.delete_faq_entry(uuid) is 'Definer: the machine forgets an answer.';

create function private.put_canned_reply(p_intent text, p_body text, p_language text, p_enabled boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_id uuid;
begin
  insert into public.canned_replies (tenant_id, intent, body, language, enabled)
  values (v_tenant, p_intent, p_body, p_language, p_enabled)
  on conflict (tenant_id, intent, language) do update
  set body = excluded.body, enabled = excluded.enabled, updated_at = now()
  returning id into v_id;
  perform private.audit(v_tenant, 'canned_reply.put', 'canned_reply', v_id::text, jsonb_build_object('intent',
    p_intent));
  return jsonb_build_object('reply_id', v_id, 'intent', p_intent, 'language', p_language);
end
$$;
comment on function private.put_canned_reply(text, text, text, boolean) is
'Definer: the tenant''s wording for an intent in a language (null: any); replaces an earlier one.';

create function private.delete_canned_reply(p_reply_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
begin
  delete from public.canned_replies as r where r.tenant_id = v_tenant and r.id = p_reply_id;
  if not found then
    return private.deny('canned_reply', p_reply_id, 'delete_canned_reply');
  end if;
  perform private.audit(v_tenant, 'canned_reply.deleted', 'canned_reply', p_reply_id::text);
  return jsonb_build_object('reply_id', p_reply_id, 'deleted', true);
end
$$;
comment on function private.delete_canned_reply(uuid) is 'Definer: back to the decider''s own wording.';

create function public.put_faq_entry(p_faq_id uuid default null, p_entry jsonb default '{}') returns jsonb
language sql volatile set search_path = '' begin atomic select private.put_faq_entry(p_faq_id, p_entry); end;
create function public.delete_faq_entry(p_faq_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.delete_faq_entry(p_faq_id); end;
create function public.put_canned_reply(
  p_intent text, p_body text, p_language text default null, p_enabled boolean default true
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.put_canned_reply(p_intent, p_body, p_language, p_enabled); end;
create function public.delete_canned_reply(p_reply_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.delete_canned_reply(p_reply_id); end;
comment on function public.put_faq_entry(uuid, jsonb) is 'Add a question and its answer, or change one. Agents.';
comment on function public.delete_faq_entry(uuid) is 'Delete a question and its answer. Agents.';
comment on function public.put_canned_reply(text, text, text, boolean) is 'Set your own wording for an intent. Agents.';
comment on function public.delete_canned_reply(uuid) is 'Delete your own wording for an intent. Agents.';

grant execute on function private.put_faq_entry(uuid, jsonb), private.delete_faq_entry(uuid),
private.put_canned_reply(text, text, text, boolean), private.delete_canned_reply(uuid), public.put_faq_entry(uuid,
  jsonb),
public.delete_faq_entry(uuid), public.put_canned_reply(text, text, text, boolean),
  public.delete_canned_reply(uuid) to authenticated;
