-- Chapter: messages, the names older systems know conversations and messages by. Views, read-only, each row seen under
-- its reader's own rights.
--
--   et_threads ──▶ conversations · agent_conversations · et_conversation_threads
--   et_messages ──▶ messages · messaging_system_messages · et_chat_messages

-- ── views ────────────────────────────────────────────────────────────────────────────────────────────────────────

create view public.conversations with (security_invoker = on) as
select
  t.tenant_id,
  t.id,
  case when t.context_kind = 'bid_card' then t.context_id end as bid_card_id,
  case when t.context_kind = 'booking' then t.context_id end as booking_id,
  case when t.context_kind = 'job' then t.context_id end as job_id,
  t.contact_id as homeowner_id,
  t.contact_id as customer_id,
  t.other_contact_id as contractor_id,
  t.other_contact_id as artist_id,
  t.status,
  t.preview as last_message,
  t.last_message_at,
  coalesce(s.mine, t.unread_count) as unread_count,
  coalesce(s.customer, t.unread_count) as unread_count_customer,
  coalesce(s.artist, t.unread_count) as unread_count_artist,
  case when t.status = 'archived' then t.closed_at end as archived_at,
  t.created_at,
  coalesce(t.last_message_at, t.created_at) as updated_at,
  (
    select array_agg(p.user_id order by p.joined_at, p.user_id)
    from public.thread_participants as p
    where p.tenant_id = t.tenant_id and p.thread_id = t.id and p.left_at is null
  ) as participants
from public.et_threads as t
left join lateral (
  select
    max(p.unread_count) filter (where p.user_id = (select private.current_user_id())) as mine,
    max(p.unread_count) filter (where p.contact_id = t.contact_id) as customer,
    max(p.unread_count) filter (where p.contact_id = t.other_contact_id) as artist
  from public.thread_participants as p
  where p.tenant_id = t.tenant_id and p.thread_id = t.id and p.left_at is null
) as s on t.kind = 'direct';
comment on view public.conversations is
'Threads under the names the older documents use; read-only. Between two people each side has its own unread count. A '
'conversation with the business is there for its staff: its customer asks list_conversations().';

create view public.messages with (security_invoker = on) as
select
  m.tenant_id,
  m.id,
  m.id as message_id,
  m.thread_id,
  m.thread_id as conversation_id,
  m.sender,
  coalesce(m.sender_user_id, m.sender_contact_id) as sender_id,
  coalesce((
    select p.role
    from public.thread_participants as p
    where p.tenant_id = m.tenant_id and p.thread_id = m.thread_id and p.user_id = m.sender_user_id
      and m.sender_kind = 'participant'
  ), m.sender_kind) as sender_role,
  case
    when m.direction = 'outbound' then coalesce(
      t.contact_id,
      (
        -- Its customer does not read the thread's row: it is for himself.
        select p.contact_id
        from public.thread_participants as p
        where p.tenant_id = m.tenant_id and p.thread_id = m.thread_id
          and p.user_id = (select private.current_user_id())
      )
    )
    when t.kind = 'direct' and m.sender_kind = 'participant' then coalesce(
      (
        select p.user_id
        from public.thread_participants as p
        where p.tenant_id = m.tenant_id and p.thread_id = m.thread_id and p.left_at is null
          and p.user_id <> m.sender_user_id
        order by p.joined_at
        limit 1
      ),
      case when t.contact_id = m.sender_contact_id then t.other_contact_id else t.contact_id end
    )
  end as recipient_id,
  m.body as content,
  m.body as message_content,
  m.message_type,
  m.metadata -> 'images' as images,
  (
    select a.filename
    from public.message_attachments as a
    where a.tenant_id = m.tenant_id and a.message_id = m.id
    order by a.position, a.id
    limit 1
  ) as file_name,
  (
    select a.size_bytes
    from public.message_attachments as a
    where a.tenant_id = m.tenant_id and a.message_id = m.id
    order by a.position, a.id
    limit 1
  ) as file_size,
  case when m.context_kind = 'project' then m.context_id end as project_id,
  case when m.context_kind = 'booking' then m.context_id end as booking_id,
  coalesce(r.status, m.delivery_status) as status,
  m.created_at as sent_at,
  m.created_at,
  coalesce(greatest(m.edited_at, m.deleted_at), m.created_at) as updated_at,
  r.read_at
from public.et_messages as m
left join public.et_threads as t on m.tenant_id = t.tenant_id and m.thread_id = t.id
left join lateral (
  select
    case
      when bool_and(p.last_read_seq >= m.seq) then 'read'
      when bool_and(p.last_delivered_seq >= m.seq) then 'delivered'
      else 'sent'
    end as status,
    case when bool_and(p.last_read_seq >= m.seq) then max(p.last_read_at) end as read_at
  from public.thread_participants as p
  where p.tenant_id = m.tenant_id and p.thread_id = m.thread_id and p.left_at is null
    and p.user_id is distinct from m.sender_user_id
  having count(*) > 0
) as r on m.direction = 'internal';
comment on view public.messages is
'Messages under the names the older documents use; read-only. Between people, status and read_at follow the cursors. '
'A file has no address here: open_attachment() signs one.';

create view public.messaging_system_messages with (security_invoker = on) as
select
  m.tenant_id,
  m.id,
  m.thread_id as conversation_id,
  m.sender_kind as sender_type,
  coalesce(m.sender_user_id, m.sender_contact_id) as sender_id,
  m.body as content,
  m.body as filtered_content,
  m.message_type,
  m.moderation_status,
  m.metadata,
  m.created_at
from public.et_messages as m;
comment on view public.messaging_system_messages is 'Messages as the bid-card messaging knew them; read-only.';

create view public.agent_conversations with (security_invoker = on) as
select
  t.tenant_id,
  t.id as conversation_id,
  t.id as thread_id,
  t.contact_id as user_id,
  t.context_id as project_id,
  (
    select jsonb_agg(jsonb_build_object('role', m.sender_kind, 'content', m.body, 'at', m.created_at) order by m.seq)
    from public.et_messages as m
    where m.tenant_id = t.tenant_id and m.thread_id = t.id
  ) as conversation_data,
  t.created_at,
  coalesce(t.last_message_at, t.created_at) as updated_at
from public.et_threads as t
where t.kind in ('channel', 'assistant');
comment on view public.agent_conversations is
'Conversations with an AI as one JSON history each; read-only, computed on reading.';

create view public.et_conversation_threads with (security_invoker = on) as select t.* from public.et_threads as t;
comment on view public.et_conversation_threads is 'Deprecated name of et_threads, kept for readers.';
create view public.et_chat_messages with (security_invoker = on) as select m.* from public.et_messages as m;
comment on view public.et_chat_messages is 'Deprecated name of et_messages, kept for readers.';

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.conversations, public.messages, public.messaging_system_messages, public.agent_conversations,
public.et_conversation_threads, public.et_chat_messages from public, anon, authenticated, service_role;
grant select on public.conversations, public.messages, public.messaging_system_messages, public.agent_conversations,
public.et_conversation_threads, public.et_chat_messages to authenticated, service_role;
