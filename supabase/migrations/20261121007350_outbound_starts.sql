-- Chapter: outbound, the first word: the staff writes to a contact who has not written.
--
--   start_thread() ──▶ the thread the tenant's scope rule leads to, made if it is not there ──▶ its first message
--     refused at once: what dispatch_verdict() would cancel. What it would put off (quiet hours, a paused account, a
--     suspended tenant) is queued and waits, as everything does
--
-- The contact's answer finds the same thread: by session and contact, or by the Message-ID it refers to.

create function private.started_before(p_session public.et_channel_sessions, p_contact_id uuid,
  p_client_message_id text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select jsonb_build_object('thread_id', t.id, 'created', false, 'duplicate', true, 'message_id', m.id, 'seq', m.seq,
      'rev', m.rev, 'delivery_status', m.delivery_status, 'moderation_status', m.moderation_status)
    from public.et_messages as m
    inner join public.et_threads as t on t.tenant_id = m.tenant_id and t.id = m.thread_id
    where m.tenant_id = p_session.tenant_id and m.sender = private.actor()
      and m.client_message_id = p_client_message_id and t.channel_session_id = p_session.id
      and private.canonical_contact(t.tenant_id, t.contact_id) = p_contact_id);
end
$$;
comment on function private.started_before(public.et_channel_sessions, uuid, text) is
'Definer: the answer to a start whose first message the caller has sent before, null when he has not.';

create function private.find_outbound_thread(p_session public.et_channel_sessions, p_contact_id uuid, p_subject text,
  p_root text) returns public.et_threads
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_opener public.et_messages; -- what a first message from the contact would have been
  v_id uuid;
  v_thread public.et_threads%rowtype;
begin
  v_opener.tenant_id := p_session.tenant_id;
  v_opener.channel := p_session.channel;
  v_opener.channel_session_id := p_session.id;
  v_opener.sender_contact_id := p_contact_id;
  v_opener.subject := p_subject;
  v_opener.external_message_id := p_root;
  v_id := private.find_or_create_thread(v_opener, private.scope_rule(p_session.tenant_id, p_session.channel));
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = p_session.tenant_id and t.id = v_id for no key update;
  perform private.refuse_merged(v_thread.merged_into);
  return v_thread;
end
$$;
comment on function private.find_outbound_thread(public.et_channel_sessions, uuid, text, text) is
'Definer: the thread an account and a contact have under the tenant''s scope rule, made if need be, and locked. p_root '
'tells conversations apart where each mail that refers to none begins one.';

create function private.refuse_unwanted(p_tenant_id uuid, p_message_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_reason text;
  v_code text;
begin
  select v.reason into v_reason from public.et_outbound_queue as q
  cross join lateral private.dispatch_verdict(q) as v
  where q.tenant_id = p_tenant_id and q.message_id = p_message_id and v.verdict = 'cancel';
  if v_reason is null then
    return;
  end if;
  v_code := case when starts_with(v_reason, 'suppressed_') then 'suppressed' else v_reason end;
  raise exception 'this may not be sent to the contact: %', v_reason
    using errcode = 'PT422',
      detail = jsonb_build_object('code', v_code, 'field', 'contact_id', 'reason', v_reason)::text,
      hint = case v_code
        when 'suppressed' then 'The list of suppressions says why; lift it only when the person wants to hear from you.'
        when 'contact_blocked' then 'Unblock the contact first.'
        when 'no_consent' then 'Record the contact''s consent to marketing on this channel first.'
        else 'The message would be cancelled; see the reason.' end;
end
$$;
comment on function private.refuse_unwanted(uuid, uuid) is
'Definer: what the router would cancel, asked of the very rules it asks, so that who starts a conversation hears it.';

create function private.start_thread(
  p_contact_id uuid, p_session_id uuid, p_purpose text, p_subject text, p_body text, p_template jsonb,
  p_client_message_id text
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('send');
  v_contact uuid := private.canonical_contact(v_tenant, p_contact_id);
  v_session public.et_channel_sessions%rowtype;
  v_thread public.et_threads%rowtype;
  v_answer jsonb;
begin
  if coalesce(p_purpose, '') not in ('conversation', 'notification', 'marketing') then
    raise exception 'a thread is started as conversation, notification or marketing'
      using errcode = 'PT422', detail = '{"code": "bad_purpose", "field": "purpose"}', hint = 'Use one of these words.';
  end if;
  select s.* into v_session from public.et_channel_sessions as s
  where s.tenant_id = v_tenant and s.id = p_session_id and s.status <> 'deleted';
  if v_session.id is null then
    return private.deny('channel_session', p_session_id, 'start_thread');
  elsif v_contact is null then
    return private.deny('contact', p_contact_id, 'start_thread');
  end if;
  v_answer := private.started_before(v_session, v_contact, p_client_message_id);
  if v_answer is not null then
    return v_answer;
  end if;
  v_thread := private.find_outbound_thread(v_session, v_contact, p_subject,
    'start:' || private.actor() || ':' || coalesce(p_client_message_id, private.random_id()::text));
  -- Under the thread's lock: who sent the same a moment ago has committed.
  v_answer := private.started_before(v_session, v_contact, p_client_message_id);
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.refuse_receive_only(v_thread);
  if (select h.recipient is null from private.reply_headers(v_thread) as h) then
    perform private.refuse_nobody(v_thread.channel);
  end if;
  if v_thread.created_at = now() then
    perform private.audit(v_tenant, 'thread.started', 'thread', v_thread.id::text,
      jsonb_build_object('contact_id', v_contact, 'purpose', p_purpose));
  end if;
  if p_body is null and p_template is null then
    perform private.take_send_token(v_tenant, private.actor());
    v_answer := jsonb_build_object('message_id', null, 'seq', null, 'rev', null, 'delivery_status', null, 'thread_id',
      v_thread.id, 'duplicate', false);
  else
    v_answer := private.send_by_staff(v_thread, coalesce(p_body, ''), private.purpose_in(v_thread, p_purpose),
      jsonb_build_object('client_message_id', p_client_message_id, 'subject', p_subject, 'template', p_template));
    perform private.refuse_unwanted(v_tenant, (v_answer ->> 'message_id')::uuid);
  end if;
  return v_answer || jsonb_build_object('created', v_thread.created_at = now());
end
$$;
comment on function private.start_thread(uuid, uuid, text, text, text, jsonb, text) is
'Definer: the conversation of a contact on an account, made if there is none, and its first message if one is given. '
'Idempotent by client id; denied, limited and refused like a send. notification and marketing leave it to the AI to '
'answer what comes back.';

create function public.start_thread(
  p_contact_id uuid default null, p_session_id uuid default null, p_purpose text default 'conversation',
  p_subject text default null, p_body text default null, p_template jsonb default null,
  p_client_message_id text default null, p_contact_ids uuid[] default null, p_context_kind text default null,
  p_context_id text default null, p_tenant_slug text default null
) returns jsonb language sql volatile set search_path = ''
begin atomic
select case
  when p_session_id is not null
    then private.start_thread(
      p_contact_id, p_session_id, p_purpose, p_subject, p_body, p_template, p_client_message_id
    )
  else private.start_chat(
    p_contact_id, p_contact_ids, p_context_kind, p_context_id, p_subject, p_body, p_client_message_id, p_tenant_slug
  )
end;
end;
comment on function public.start_thread(
  uuid, uuid, text, text, text, jsonb, text, uuid[], text, text, text
) is
'The conversation with a contact, and its first message if one is given. With p_session_id: the business writes first, '
'over that account (agents, keys with send). Without: somebody who is a contact himself writes to one he may write to, '
'to several (p_contact_ids), or to the business (neither).';

grant execute on function private.start_thread(uuid, uuid, text, text, text, jsonb, text),
public.start_thread(uuid, uuid, text, text, text, jsonb, text, uuid[], text, text, text) to authenticated;
