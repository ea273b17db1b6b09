-- Chapter: messages, what people write to each other.
--
--   send_chat() ──▶ direction internal, status sent: seen by the others at once, and by no decider and no router
--              └──▶ in a conversation with the business: direction inbound, status received: decided on like any other
--   edit, delete, react ──▶ the same row under a new rev
--
-- Locks: thread → message → seats, as every other writer takes them.

create function private.chat_problem(
  p_thread public.et_threads, p_me uuid, p_body text, p_options jsonb
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_most bigint := private.message_limit(p_thread.tenant_id, 'in_app', 'body_chars');
  v_kind text := p_options ->> 'context_kind';
  v_id text := p_options ->> 'context_id';
  v_policy text := (select s.chat_policy from public.tenant_settings as s where s.tenant_id = p_thread.tenant_id);
begin
  return case
    when length(p_body) > v_most
      or (btrim(coalesce(p_body, ''), e' \t\r\n') = '' and coalesce(p_options -> 'attachments', '[]') in ('[]', 'null'))
      then jsonb_build_object('code', 'bad_length', 'field', 'body', 'most', v_most)
    when not coalesce(length(p_options ->> 'client_message_id') between 1 and 200, true)
      or private.is_spoken_id(p_thread.tenant_id, p_options ->> 'client_message_id')
      then '{"code": "bad_value", "field": "client_message_id"}'
    when p_options ->> 'reply_to_id' is not null and not exists (
      select from public.et_messages as m
      where m.tenant_id = p_thread.tenant_id and m.id = (p_options ->> 'reply_to_id')::uuid
        and m.thread_id = p_thread.id and m.deleted_at is null and (private.is_shown(
          m.moderation_status, m.direction, m.delivery_status) or m.sender_user_id = private.current_user_id()))
      then '{"code": "bad_reply", "field": "reply_to_id"}'
    -- The id of a context is read by the others, too: where texts are judged, nobody makes one up.
    when v_kind is not null and (v_policy = 'context' or private.moderates(p_thread.tenant_id, 'people')) and not (
      private.is_in_context(p_thread.tenant_id, p_me, v_kind, v_id)
      and (p_thread.kind <> 'direct' or private.is_in_context(
        p_thread.tenant_id, private.other_side(p_thread, p_me), v_kind, v_id)))
      then '{"code": "bad_context", "field": "context_id"}'
  end;
end
$$;
comment on function private.chat_problem(public.et_threads, uuid, text, jsonb) is
'Definer: what is wrong with a participant''s message, as {code, field}; null when nothing is.';

create function private.refuse_chat(p_problem jsonb) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if p_problem is not null then
    raise exception '%', case p_problem ->> 'code'
      when 'bad_length' then 'a message here has 1 to ' || (p_problem ->> 'most') || ' characters'
      when 'bad_reply' then 'the message this answers is not in this conversation'
      when 'bad_context' then 'this is no context of those who write here'
      else 'this cannot be sent' end
      using errcode = 'PT422', detail = p_problem::text,
        hint = case p_problem ->> 'code'
          when 'bad_length' then 'Shorten it, or send it in parts.'
          when 'bad_reply' then 'Send it without reply_to_id.'
          when 'bad_context' then 'Name one that all of them take part in, or none.'
          else 'See the limits of the chat.' end;
  end if;
end
$$;
comment on function private.refuse_chat(jsonb) is 'Raises what private.chat_problem() found; nothing for null.';

create function private.sent_before(p_thread public.et_threads, p_sender text, p_client_message_id text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_known public.et_messages%rowtype;
begin
  select m.* into v_known from public.et_messages as m
  where m.tenant_id = p_thread.tenant_id and m.sender = p_sender and m.client_message_id = p_client_message_id;
  if v_known.id is not null and v_known.thread_id <> p_thread.id then
    raise exception 'this client_message_id was used in another conversation'
      using errcode = 'PT409', detail = '{"code": "client_id_reused", "field": "client_message_id"}',
        hint = 'Make a new id for every message.';
  end if;
  return case when v_known.id is not null then private.sent_answer(v_known, true) end;
end
$$;
comment on function private.sent_before(public.et_threads, text, text) is
'Definer: the answer to a send that was made before, null when it was not. One client id is one message.';

create function private.sent_answer(p_message public.et_messages, p_duplicate boolean) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return jsonb_build_object('message_id', p_message.id, 'thread_id', p_message.thread_id, 'seq', p_message.seq,
    'rev', p_message.rev, 'created_at', p_message.created_at, 'delivery_status', p_message.delivery_status,
    'moderation_status', p_message.moderation_status, 'duplicate', p_duplicate);
end
$$;
comment on function private.sent_answer(public.et_messages, boolean) is 'What a send of a participant answers.';

create function private.send_chat(p_thread public.et_threads, p_body text, p_options jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_me uuid := private.me_at(p_thread.tenant_id);
  v_sender text := case p_thread.kind when 'channel' then 'contact:' || v_me::text else private.actor() end;
  v_files uuid[] := array(select jsonb_array_elements_text(nullif(p_options -> 'attachments', 'null')))::uuid[];
  v_thread public.et_threads%rowtype;
  v_answer jsonb;
  v_unusable uuid;
begin
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = p_thread.tenant_id and t.id = p_thread.id for no key update;
  v_answer := private.sent_before(v_thread, v_sender, p_options ->> 'client_message_id');
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.refuse_merged(v_thread.merged_into);
  perform private.refuse_context(p_options ->> 'context_kind', p_options ->> 'context_id');
  perform private.refuse_chat(private.chat_problem(v_thread, v_me, p_body, p_options));
  perform private.refuse_writing(private.writing_problem(v_thread, v_me), 'thread_id');
  if v_thread.last_seq <> (p_options ->> 'expected_last_seq')::bigint then
    perform private.refuse_moved(v_thread, (p_options ->> 'expected_last_seq')::bigint, false);
  end if;
  v_unusable := private.lock_uploads(v_thread.tenant_id, v_files);
  if v_unusable is not null then
    return private.deny('attachment', v_unusable, 'send_message');
  end if;
  perform private.refuse_muted(v_thread, v_me);
  perform private.take_send_token(v_thread.tenant_id, private.actor(), private.tightened_rate(v_thread.tenant_id, v_me,
    private.message_limit(v_thread.tenant_id, 'in_app', 'sends_per_minute')));
  return private.sent_answer(private.insert_chat(v_thread, v_me, v_sender, coalesce(p_body, ''), v_files, p_options),
    false);
end
$$;
comment on function private.send_chat(public.et_threads, text, jsonb) is
'Definer: a participant''s message, whose caller has found that he takes part. Idempotent by client id; refused by '
'limits, policy, blocks and mutes; files are the ones he uploaded.';

create function private.insert_chat(
  p_thread public.et_threads, p_me uuid, p_sender text, p_body text, p_files uuid[], p_options jsonb
) returns public.et_messages
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_inbound boolean := p_thread.kind = 'channel';
  v_files jsonb := '{"metadata": {}, "message_type": "text"}';
begin
  if p_files <> '{}' then
    v_files := private.outgoing_files(p_thread, p_files, p_body, null);
  end if;
  insert into public.et_messages (
    tenant_id, thread_id, channel, channel_session_id, direction, delivery_status, message_type, sender_kind, sender,
    sender_contact_id, sender_user_id, sender_address, body, external_message_id, client_message_id, content_digest,
    reply_to_id, context_kind, context_id, metadata, cause_kind)
  values (
    p_thread.tenant_id, p_thread.id, 'in_app', p_thread.channel_session_id,
    case when v_inbound then 'inbound' else 'internal' end, case when v_inbound then 'received' else 'sent' end,
    v_files ->> 'message_type', case when v_inbound then 'contact' else 'participant' end, p_sender, p_me,
    private.current_user_id(), case when v_inbound then private.current_user_id()::text end, p_body,
    case when v_inbound then 'in_app:' || p_sender || ':'
      || coalesce(p_options ->> 'client_message_id', private.uuid_v7()::text) end,
    p_options ->> 'client_message_id', sha256(convert_to(p_sender || e'\n' || p_body, 'UTF8')),
    (p_options ->> 'reply_to_id')::uuid, coalesce(p_options ->> 'context_kind', p_thread.context_kind),
    coalesce(p_options ->> 'context_id', p_thread.context_id), v_files -> 'metadata', 'client')
  returning * into v_message;
  if p_files <> '{}' then
    perform private.attach_uploads(p_thread.tenant_id, v_message.id, p_files);
  end if;
  return v_message;
end
$$;
comment on function private.insert_chat(public.et_threads, uuid, text, text, uuid[], jsonb) is
'Definer: the row of a participant''s message: internal among people, inbound to the business.';

-- ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.own_message(p_message_id uuid, p_action text) returns public.et_messages
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_thread public.et_threads%rowtype;
begin
  if private.current_user_id() is null then
    perform private.chat_tenant(null);
  end if;
  select m.* into v_message from public.et_messages as m where m.id = p_message_id;
  v_thread := private.own_thread(v_message.thread_id);
  if v_thread.id is null or not (private.is_shown(v_message.moderation_status, v_message.direction,
    v_message.delivery_status) or coalesce(v_message.sender_user_id = private.current_user_id(), false)) then
    perform private.deny('message', p_message_id, p_action);
    return null;
  end if;
  perform from public.et_threads as t
  where t.tenant_id = v_thread.tenant_id and t.id = v_thread.id for no key update;
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = v_thread.tenant_id and m.id = p_message_id;
  if v_message.erased_at is not null then
    raise exception 'this message was erased'
      using errcode = 'PT409', detail = '{"code": "erased"}', hint = 'Write a new message.';
  end if;
  perform private.take_send_token(v_thread.tenant_id, private.actor() || ':changes',
    private.message_limit(v_thread.tenant_id, 'in_app', 'changes_per_minute'));
  return v_message;
end
$$;
comment on function private.own_message(uuid, text) is
'Definer: a message in a thread the caller takes part in, with the thread locked; a row of nulls for any other, whose '
'attempt is on record.';

create function private.refuse_change(p_message public.et_messages, p_deleting boolean) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_message.sender_user_id is distinct from private.current_user_id() then
    raise exception 'somebody else wrote this'
      using errcode = 'PT403', detail = '{"code": "not_yours", "field": "message_id"}', hint = 'Write your own.';
  elsif p_message.deleted_at is not null and not p_deleting then
    raise exception 'this message was deleted'
      using errcode = 'PT409', detail = '{"code": "deleted", "field": "message_id"}', hint = 'Write a new one.';
  elsif p_message.created_at < clock_timestamp() - make_interval(mins => private.message_limit(
    p_message.tenant_id, 'in_app', 'edit_minutes')::integer) then
    raise exception 'it is too late to change this message'
      using errcode = 'PT409', detail = '{"code": "too_late", "field": "message_id"}', hint = 'Write a new one.';
  end if;
end
$$;
comment on function private.refuse_change(public.et_messages, boolean) is
'Definer: only its sender changes a message, and only for a while.';

create function private.changed_answer(p_message public.et_messages) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return jsonb_build_object('message_id', p_message.id, 'thread_id', p_message.thread_id, 'seq', p_message.seq,
    'rev', p_message.rev, 'moderation_status', p_message.moderation_status);
end
$$;
comment on function private.changed_answer(public.et_messages) is 'What an edit, a deletion and a reaction answer.';

create function private.edit_own_message(p_message_id uuid, p_body text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype := private.own_message(p_message_id, 'edit_message');
  v_thread public.et_threads%rowtype;
  v_me uuid := private.me_at(v_message.tenant_id);
  v_changed public.et_messages%rowtype;
begin
  if v_message.id is null then
    return private.not_found('message');
  end if;
  perform private.refuse_change(v_message, false);
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_message.tenant_id and t.id = v_message.thread_id;
  perform private.refuse_chat(private.chat_problem(v_thread, v_me, p_body, jsonb_build_object('attachments',
    case when v_message.metadata ? 'attachments' then '[1]'::jsonb end)));
  perform private.refuse_writing(private.writing_problem(v_thread, v_me), 'thread_id');
  perform private.refuse_muted(v_thread, v_me);
  update public.et_messages as m set body = coalesce(p_body, ''), edited_at = clock_timestamp()
  where m.tenant_id = v_message.tenant_id and m.id = v_message.id and m.body <> coalesce(p_body, '')
  returning m.* into v_changed;
  return private.changed_answer(case when v_changed.id is null then v_message else v_changed end);
end
$$;
comment on function private.edit_own_message(uuid, text) is
'Definer: a participant changes the text of his message; readers get it under a new rev.';

create function private.delete_own_message(p_message_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype := private.own_message(p_message_id, 'delete_message');
begin
  if v_message.id is null then
    return private.not_found('message');
  end if;
  perform private.refuse_change(v_message, true);
  if v_message.deleted_at is null then
    update public.et_messages as m
    set body = '', subject = null, reactions = null, metadata = m.metadata - 'attachments',
      deleted_at = clock_timestamp()
    where m.tenant_id = v_message.tenant_id and m.id = v_message.id
    returning m.rev into v_message.rev;
    -- Last: a held text is kept under the digest it is judged by, which their names belong to.
    perform private.empty_files(v_message.tenant_id, array[v_message.id]);
  end if;
  return private.changed_answer(v_message);
end
$$;
comment on function private.delete_own_message(uuid) is
'Definer: a participant takes his message back: it keeps its place, its text, files and reactions are gone.';

create function private.react_to_message(p_message_id uuid, p_reaction text, p_present boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype := private.own_message(p_message_id, 'react_to_message');
  v_user text := private.current_user_id()::text;
  v_users jsonb;
  v_all jsonb;
begin
  if v_message.id is null then
    return private.not_found('message');
  end if;
  v_users := coalesce(v_message.reactions -> p_reaction, '[]');
  if coalesce(p_reaction, '') !~ '^[^[:cntrl:][:space:]]{1,16}$' or (p_present
    and (select count(*) from jsonb_object_keys(coalesce(v_message.reactions, '{}') - p_reaction)) >= 20) then
    raise exception 'a reaction is one sign, and a message has at most 20 different ones'
      using errcode = 'PT422', detail = '{"code": "bad_reaction", "field": "reaction"}', hint = 'Send one emoji.';
  elsif v_users ? v_user = p_present then
    return private.changed_answer(v_message);
  end if;
  if p_present then
    perform private.refuse_reaction(v_message, p_reaction);
  end if;
  v_users := case when p_present then v_users || to_jsonb(v_user) else v_users - v_user end;
  v_all := (coalesce(v_message.reactions, '{}') - p_reaction) || case when v_users = '[]' then '{}'
    else jsonb_build_object(p_reaction, v_users) end;
  update public.et_threads as t set last_rev = t.last_rev + 1
  where t.tenant_id = v_message.tenant_id and t.id = v_message.thread_id
  returning t.last_rev into v_message.rev;
  update public.et_messages as m set reactions = nullif(v_all, '{}'), rev = v_message.rev
  where m.tenant_id = v_message.tenant_id and m.id = v_message.id;
  return private.changed_answer(v_message);
end
$$;
comment on function private.react_to_message(uuid, text, boolean) is
'Definer: a participant''s reaction to a message is there, or not; a change takes a new rev. Saying it twice changes '
'nothing.';

create function private.refuse_reaction(p_message public.et_messages, p_reaction text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
begin
  if p_message.deleted_at is not null then
    raise exception 'this message was deleted'
      using errcode = 'PT409', detail = '{"code": "deleted", "field": "message_id"}', hint = 'React to another.';
  elsif private.is_text(p_reaction) and private.moderates(p_message.tenant_id, 'people') then
    raise exception 'a reaction here has no letters and digits'
      using errcode = 'PT422', detail = '{"code": "bad_reaction", "field": "reaction"}',
        hint = 'Send an emoji; words belong into a message.';
  end if;
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = p_message.tenant_id and t.id = p_message.thread_id;
  perform private.refuse_writing(private.writing_problem(v_thread, private.me_at(p_message.tenant_id)), 'thread_id');
end
$$;
comment on function private.refuse_reaction(public.et_messages, text) is
'Definer: nobody reacts to what is gone, nor where he may not write, nor with words where words are judged.';

-- ── system messages ──────────────────────────────────────────────────────────────────────────────────────────────

create function private.post_system_message(
  p_tenant_id uuid, p_thread_id uuid, p_body text, p_context_kind text default null, p_context_id text default null,
  p_metadata jsonb default '{}', p_client_message_id text default null, p_cause_kind text default null,
  p_cause_id uuid default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
  v_message public.et_messages%rowtype;
  v_answer jsonb;
begin
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = p_tenant_id and t.id = p_thread_id and t.channel = 'in_app' and t.erased_at is null
  for no key update;
  if v_thread.id is null then
    return null;
  end if;
  v_answer := private.sent_before(v_thread, 'system', p_client_message_id);
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.refuse_context(p_context_kind, p_context_id);
  if length(btrim(coalesce(p_body, ''))) not between 1 and 2000 or jsonb_typeof(p_metadata) is distinct from 'object'
    or length(p_metadata::text) > 8000 or not coalesce(length(p_client_message_id) between 1 and 200, true) then
    raise exception 'a system message has 1 to 2000 characters, and metadata of up to 8000'
      using errcode = 'PT422', detail = '{"code": "bad_length", "field": "body"}', hint = 'Shorten it.';
  end if;
  insert into public.et_messages (
    tenant_id, thread_id, channel, channel_session_id, direction, delivery_status, message_type, sender_kind, sender,
    body, client_message_id, context_kind, context_id, metadata, cause_kind, cause_id)
  values (
    p_tenant_id, p_thread_id, 'in_app', v_thread.channel_session_id, 'internal', 'sent', 'system', 'system', 'system',
    p_body, p_client_message_id, coalesce(p_context_kind, v_thread.context_kind),
    coalesce(p_context_id, v_thread.context_id), p_metadata, coalesce(p_cause_kind, 'client'), p_cause_id)
  returning * into v_message;
  return private.sent_answer(v_message, false);
end
$$;
comment on function private.post_system_message(uuid, uuid, text, text, text, jsonb, text, text, uuid) is
'Definer, for triggers and the backend: a message of nobody in particular in an in-app conversation, once per client '
'id. Null when there is no such conversation.';

create function private.say_as_system(
  p_thread_id uuid, p_body text, p_context_kind text, p_context_id text, p_metadata jsonb, p_client_message_id text,
  p_tenant_id uuid
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := case when private.is_service() then p_tenant_id else private.authorize('manage') end;
  v_sent jsonb;
begin
  if p_tenant_id <> v_tenant then
    return private.deny('tenant', p_tenant_id, 'post_system_message');
  end if;
  v_sent := private.post_system_message(v_tenant, p_thread_id, p_body, p_context_kind, p_context_id, p_metadata,
    p_client_message_id);
  if v_sent is null then
    return private.deny('thread', p_thread_id, 'post_system_message');
  end if;
  perform private.audit(v_tenant, 'message.system', 'thread', p_thread_id::text, jsonb_build_object('message_id',
    v_sent -> 'message_id', 'duplicate', v_sent -> 'duplicate'));
  return v_sent;
end
$$;
comment on function private.say_as_system(uuid, text, text, text, jsonb, text, uuid) is
'Definer: post_system_message() for the tenant''s servers and staff, audited; and for the backend, which names the '
'tenant.';

-- ── client wrappers ──────────────────────────────────────────────────────────────────────────────────────────────

create function public.edit_own_message(p_message_id uuid, p_body text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.edit_own_message(p_message_id, p_body); end;
create function public.delete_own_message(p_message_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.delete_own_message(p_message_id); end;
create function public.react_to_message(p_message_id uuid, p_reaction text, p_present boolean default true)
returns jsonb language sql volatile set search_path = ''
begin atomic select private.react_to_message(p_message_id, p_reaction, coalesce(p_present, true)); end;
create function public.post_system_message(
  p_thread_id uuid, p_body text, p_context_kind text default null, p_context_id text default null,
  p_metadata jsonb default '{}', p_client_message_id text default null, p_tenant_id uuid default null
) returns jsonb language sql volatile set search_path = ''
begin atomic
select private.say_as_system(
  p_thread_id, p_body, p_context_kind, p_context_id, p_metadata, p_client_message_id, p_tenant_id);
end;
comment on function public.edit_own_message(uuid, text) is
'Change the text of your message, for as long as the tenant lets you.';
comment on function public.delete_own_message(uuid) is 'Take your message back: it keeps its place, empty.';
comment on function public.react_to_message(uuid, text, boolean) is
'React to a message, or (p_present false) take the reaction back.';
comment on function public.post_system_message(uuid, text, text, text, jsonb, text, uuid) is
'Write a system message in an in-app conversation: a booking was confirmed, a call begins. Agents, keys with manage, '
'and the backend, which names the tenant.';

grant execute on function private.edit_own_message(uuid, text), public.edit_own_message(uuid, text),
private.delete_own_message(uuid), public.delete_own_message(uuid), private.react_to_message(uuid, text, boolean),
public.react_to_message(uuid, text, boolean), private.start_chat(uuid, uuid[], text, text, text, text, text, text)
to authenticated;
grant execute on function private.say_as_system(uuid, text, text, text, jsonb, text, uuid),
public.post_system_message(uuid, text, text, text, jsonb, text, uuid) to authenticated, service_role;
