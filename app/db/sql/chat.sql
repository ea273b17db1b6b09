-- name: start_conversation
-- The conversation with a person, a group or the business, and its first message if one is given.
select public.start_thread(
  p_contact_id => %(contact_id)s::uuid, p_subject => %(subject)s::text, p_body => %(body)s::text,
  p_client_message_id => %(client_message_id)s::text, p_contact_ids => %(contact_ids)s::uuid [],
  p_context_kind => %(context_kind)s::text, p_context_id => %(context_id)s::text, p_tenant_slug => %(tenant_slug)s::text);

-- name: list_conversations
-- The caller's conversations, newest first.
select public.list_conversations(
  %(filter)s::text, %(limit)s::integer, %(cursor)s::text, %(tenant_slug)s::text, %(client_state)s::text);

-- name: unread_total
-- What the caller has not read.
select public.unread_total(%(tenant_slug)s::text);

-- name: resolve_conversation
-- The caller's conversation that an older id leads to.
select public.resolve_conversation(%(alias)s::text, %(tenant_slug)s::text);

-- name: get_conversation
-- One conversation of the caller.
select public.get_conversation(%(thread_id)s::uuid);

-- name: set_conversation
-- Archive a conversation for oneself, or mute it.
select public.set_conversation(%(thread_id)s::uuid, %(archived)s::boolean, %(muted_until)s::timestamptz);

-- name: poll_messages
-- What changed in a conversation after a rev, or what came before a seq.
select public.poll_messages(
  %(thread_id)s::uuid, %(since)s::bigint, %(before_seq)s::bigint, %(limit)s::integer, %(client_state)s::text);

-- name: rev_at
-- The rev to poll a conversation from, for a client that only knows a moment.
select public.thread_rev_at(%(thread_id)s::uuid, %(at)s::timestamptz);

-- name: send_chat_message
-- Write in a conversation; idempotent by client id.
select public.send_message(
  %(thread_id)s::uuid, %(body)s::text, %(client_message_id)s::text, p_expected_last_seq => %(expected_last_seq)s::bigint,
  p_attachments => %(attachments)s::uuid [], p_reply_to_id => %(reply_to_id)s::uuid,
  p_context_kind => %(context_kind)s::text, p_context_id => %(context_id)s::text);

-- name: edit_own_message
-- Change the text of one's message.
select public.edit_own_message(%(message_id)s::uuid, %(body)s::text);

-- name: delete_own_message
-- Take one's message back.
select public.delete_own_message(%(message_id)s::uuid);

-- name: react_to_message
-- React to a message, or take the reaction back.
select public.react_to_message(%(message_id)s::uuid, %(reaction)s::text, %(present)s::boolean);

-- name: mark_read
-- The caller has read a conversation up to a seq, or to its end.
select public.mark_read(%(thread_id)s::uuid, %(seq)s::bigint);

-- name: mark_delivered
-- A conversation has reached the caller up to a seq, or to its end.
select public.mark_delivered(%(thread_id)s::uuid, %(seq)s::bigint);

-- name: add_people
-- Take people into a group.
select public.add_people(%(thread_id)s::uuid, %(contact_ids)s::uuid []);

-- name: leave_conversation
-- Leave a group.
select public.leave_conversation(%(thread_id)s::uuid);

-- name: block_person
-- Block somebody, or let him write again.
select public.block_person(%(contact_id)s::uuid, %(blocked)s::boolean, %(tenant_slug)s::text);

-- name: post_system_message
-- A message of nobody in particular.
select public.post_system_message(
  %(thread_id)s::uuid, %(body)s::text, %(context_kind)s::text, %(context_id)s::text, %(metadata)s::jsonb,
  %(client_message_id)s::text);

-- name: put_context_participants
-- Who takes part in a context from now on.
select public.put_context_participants(%(context_kind)s::text, %(context_id)s::text, %(participants)s::jsonb);

-- name: list_people
-- Who takes part in a context the caller takes part in.
select public.list_people(%(context_kind)s::text, %(context_id)s::text, %(tenant_slug)s::text);
