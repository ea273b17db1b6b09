-- Chapter: threads, the lists of those who take part.
--
--   list_conversations()  one scan of the caller's seats, newest first ──▶ heads    unread_total()  the same, summed
--   poll_messages(since)  what took a newer rev, every cursor, the pause to the next poll
--
-- Reading names an id, so it may deny: a participant's call of a conversation he has no part in is on record.

-- ── small helpers ────────────────────────────────────────────────────────────────────────────────────────────────

create function private.poll_pause(p_client_state text) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case coalesce(p_client_state, 'active')
    when 'active' then 3000 when 'background' then 10000 when 'idle' then 30000 end;
end
$$;
comment on function private.poll_pause(text) is
'Milliseconds to the next poll: 3,000 while the chat is open, 10,000 in the background, 30,000 when nobody is there. '
'Null for any other word.';

create function private.refuse_word(p_known boolean, p_field text, p_hint text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if not coalesce(p_known, false) then
    raise exception '% cannot have this value', p_field using errcode = 'PT422',
      detail = jsonb_build_object('code', case p_field when 'cursor' then 'bad_cursor' else 'bad_value' end,
        'field', p_field)::text, hint = p_hint;
  end if;
end
$$;
comment on function private.refuse_word(boolean, text, text) is 'Refuses a value that is none of those known.';

create function private.own_tenants(p_tenant_slug text) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select c.tenant_id from public.contacts as c
    inner join public.tenants as t on t.id = c.tenant_id and t.status <> 'deleted'
    where c.auth_user_id = private.current_user_id() and coalesce(t.slug = p_tenant_slug, true));
end
$$;
comment on function private.own_tenants(text) is
'Definer: the tenants the caller is a contact of, or the one with this slug; none for strangers and keys.';

-- ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.messages_shown(p_messages public.et_messages[], p_user_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', m.id, 'thread_id', m.thread_id, 'seq', m.seq, 'rev', m.rev, 'message_type', m.message_type,
      'sender_kind', m.sender_kind,
      'sender_user_id', case when m.sender_kind in ('participant', 'contact') then m.sender_user_id end,
      'sender_contact_id', m.sender_contact_id, 'body', m.body,
      'moderation_status', case when m.sender_user_id = p_user_id then m.moderation_status end,
      'client_message_id', case when m.sender_user_id = p_user_id then m.client_message_id end,
      'reply_to', case when m.reply_to_id is not null then (
        select jsonb_build_object('id', r.id, 'seq', r.seq, 'sender_user_id', case
          when r.sender_kind in ('participant', 'contact') then r.sender_user_id end, 'body', left(r.body, 160),
          'deleted_at', r.deleted_at)
        from public.et_messages as r where r.tenant_id = m.tenant_id and r.id = m.reply_to_id
          and (private.is_shown(r.moderation_status, r.direction, r.delivery_status)
            or r.sender_user_id = p_user_id)) end,
      'context_kind', m.context_kind, 'context_id', m.context_id, 'reactions', m.reactions,
      'metadata', case when m.sender_kind = 'system' then m.metadata else '{}' end,
      'attachments', case when m.metadata ? 'attachments' then (
        select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'filename', f.filename, 'content_type',
          f.content_type, 'size_bytes', f.size_bytes, 'status', f.status, 'width', f.width, 'height', f.height,
          'has_thumbnail', f.thumbnail_path is not null) order by f.position, f.id), '[]')
        from public.message_attachments as f where f.tenant_id = m.tenant_id and f.message_id = m.id) else '[]' end,
      'created_at', m.created_at, 'edited_at', m.edited_at, 'deleted_at', m.deleted_at) order by m.ordinality), '[]')
    from unnest(p_messages) with ordinality as m);
end
$$;
comment on function private.messages_shown(public.et_messages[], uuid) is
'Definer: messages as those who take part see them, in this order. Its caller has checked that they may.';

create function private.cursors_of(p_thread public.et_threads, p_user_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select jsonb_build_object(
      'unread_count', coalesce(max(p.unread_count) filter (where p.user_id = p_user_id), 0),
      'receipts', coalesce(jsonb_agg(jsonb_build_object('user_id', p.user_id, 'contact_id', p.contact_id,
        'last_delivered_seq', p.last_delivered_seq, 'last_read_seq', p.last_read_seq, 'last_read_at', p.last_read_at)
        order by p.user_id) filter (where p.user_id <> p_user_id), '[]'))
    from public.thread_participants as p
    where p.tenant_id = p_thread.tenant_id and p.thread_id = p_thread.id and p.left_at is null);
end
$$;
comment on function private.cursors_of(public.et_threads, uuid) is
'Definer: what one has not read, and how far the others have got: by that the ticks of every message are derived.';

create function private.poll_messages(
  p_thread_id uuid, p_since bigint, p_before_seq bigint, p_limit integer, p_client_state text
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype := private.own_thread(p_thread_id);
  v_user uuid := private.current_user_id();
  v_pause integer := private.poll_pause(p_client_state);
  v_limit integer;
  v_messages public.et_messages[] := '{}';
  v_last public.et_messages;
  v_full boolean;
begin
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'poll_messages');
  elsif v_pause is null then
    perform private.refuse_word(false, 'client_state', 'Use active, background or idle.');
  end if;
  v_limit := least(greatest(coalesce(p_limit, 50), 1), private.message_limit(v_thread.tenant_id, 'in_app',
    'page_size'));
  if p_before_seq is not null then
    v_messages := array(
      select x from public.et_messages as x
      where x.tenant_id = v_thread.tenant_id and x.thread_id = v_thread.id and x.seq < p_before_seq
        and (private.is_shown(x.moderation_status, x.direction, x.delivery_status) or x.sender_user_id = v_user)
      order by x.seq desc limit v_limit);
  elsif v_thread.last_rev > coalesce(p_since, 0) then
    v_messages := array(
      select x from public.et_messages as x
      where x.tenant_id = v_thread.tenant_id and x.thread_id = v_thread.id and x.rev > coalesce(p_since, 0)
        and (private.is_shown(x.moderation_status, x.direction, x.delivery_status) or x.sender_user_id = v_user)
      order by x.rev limit v_limit);
  end if;
  v_full := cardinality(v_messages) = v_limit;
  v_last := v_messages[cardinality(v_messages)];
  -- The head was read first, and revs are given under its lock: whatever is not above it, or above the last message of
  -- the page, has been seen.
  return jsonb_build_object('thread_id', p_thread_id, 'messages', private.messages_shown(v_messages, v_user),
    'next_since', case
      when p_before_seq is not null then v_thread.last_rev
      when v_full then v_last.rev
      else greatest(v_thread.last_rev, v_last.rev, coalesce(p_since, 0)) end,
    'has_more', v_full and case when p_before_seq is null then v_last.rev < v_thread.last_rev else v_last.seq > 1 end,
    'last_seq', greatest(v_thread.last_seq, v_messages[1].seq, v_last.seq),
    'last_rev', greatest(v_thread.last_rev, v_last.rev), 'next_poll_ms', v_pause)
    || private.cursors_of(v_thread, v_user);
end
$$;
comment on function private.poll_messages(uuid, bigint, bigint, integer, text) is
'Definer: what a participant has not seen of a conversation, or (p_before_seq) what came before; with every cursor and '
'the pause to the next poll.';

-- ── conversations ────────────────────────────────────────────────────────────────────────────────────────────────

create function private.conversation_shown(p_seat public.thread_participants, p_thread public.et_threads) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_other uuid := case when p_thread.kind = 'direct' then case p_seat.contact_id
    when p_thread.contact_id then p_thread.other_contact_id else p_thread.contact_id end end;
begin
  return jsonb_build_object(
    'thread_id', p_seat.thread_id, 'tenant_id', p_seat.tenant_id, 'kind', p_thread.kind,
    'title', coalesce(p_thread.subject, p_seat.title), 'subject', p_thread.subject, 'other_contact_id', v_other,
    -- The one across: the list knows his name without looking him up. Everybody, with sign-ins, is in get_conversation().
    'people', case when p_thread.kind = 'group' then '[]' else jsonb_build_array(jsonb_build_object(
      'contact_id', v_other, 'user_id', null, 'name', p_seat.title, 'role', null)) end,
    'role', p_seat.role, 'context_kind', p_thread.context_kind, 'context_id', p_thread.context_id,
    'last_seq', p_thread.last_seq, 'last_rev', p_thread.last_rev, 'last_read_seq', p_seat.last_read_seq,
    'unread_count', p_seat.unread_count,
    -- The head of a conversation over another channel also knows what the business has yet to send.
    'preview', case when p_thread.channel = 'in_app' or p_thread.kind <> 'channel' then p_thread.preview else (
      select left(m.body, 160) from public.et_messages as m
      where m.tenant_id = p_thread.tenant_id and m.thread_id = p_thread.id
        and private.is_shown(m.moderation_status, m.direction, m.delivery_status)
      order by m.seq desc limit 1) end, 'last_message_at', p_seat.last_activity_at,
    'archived_at', p_seat.archived_at, 'muted_until', nullif(p_seat.muted_until, 'infinity'),
    'muted', coalesce(p_seat.muted_until > clock_timestamp(), false), 'blocked', p_seat.blocked_at is not null);
end
$$;
comment on function private.conversation_shown(public.thread_participants, public.et_threads) is
'Definer: a conversation as one of those who take part sees it in his list.';

create function private.unread_of(p_user_id uuid, p_tenants uuid[]) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select jsonb_build_object('unread_total', coalesce(sum(p.unread_count), 0), 'conversations', count(*))
    from public.thread_participants as p
    where p.user_id = p_user_id and p.left_at is null and p.unread_count > 0
      and p.tenant_id = any(p_tenants) and p.archived_at is null
      and coalesce(p.muted_until <= clock_timestamp(), true) and p.blocked_at is null);
end
$$;
comment on function private.unread_of(uuid, uuid[]) is
'Definer: what somebody has not read at these tenants, without what he muted, archived or blocked.';

create function private.unread_total(p_tenants uuid[]) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return private.unread_of(private.current_user_id(), p_tenants);
end
$$;
comment on function private.unread_total(uuid[]) is 'Definer: what the caller has not read at these tenants.';

create function private.list_conversations(
  p_filter text, p_limit integer, p_cursor text, p_tenant_slug text, p_client_state text
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenants uuid[] := private.own_tenants(p_tenant_slug);
  v_limit integer := least(greatest(coalesce(p_limit, 15), 1), 50);
  v_filter text := coalesce(p_filter, 'active');
  v_at timestamptz;
  v_id uuid;
  v_seats public.thread_participants[];
  v_threads public.et_threads[];
  v_last public.thread_participants;
begin
  perform private.refuse_word(v_filter in ('active', 'archived', 'blocked', 'unread', 'all'), 'filter',
    'Use active, archived, blocked, unread or all.');
  perform private.refuse_word(private.poll_pause(p_client_state) is not null, 'client_state',
    'Use active, background or idle.');
  if p_cursor is not null then
    perform private.refuse_word(p_cursor ~ '^[0-9]{1,17}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', 'cursor',
      'Send next_cursor as it was, or none.');
    v_at := to_timestamp(0) + split_part(p_cursor, '.', 1)::bigint * interval '1 microsecond';
    v_id := split_part(p_cursor, '.', 2)::uuid;
  end if;
  v_seats := array(
    select x from public.thread_participants as x
    where x.user_id = private.current_user_id() and x.left_at is null and x.last_activity_at is not null
      and x.tenant_id = any(v_tenants)
      and (p_cursor is null or (x.last_activity_at, x.thread_id) < (v_at, v_id))
      and case v_filter when 'active' then x.archived_at is null and x.blocked_at is null
        when 'archived' then x.archived_at is not null when 'blocked' then x.blocked_at is not null
        when 'unread' then x.unread_count > 0 else true end
    order by x.last_activity_at desc, x.thread_id desc limit v_limit + 1);
  -- By a list of ids, not by a join: neighbours in the index are read in one go.
  v_threads := array(
    select t from public.et_threads as t
    where t.tenant_id = any(v_tenants) and t.id = any(array(select s.thread_id from unnest(v_seats[:v_limit]) as s)));
  v_last := v_seats[v_limit];
  return jsonb_build_object('items', (
      select coalesce(jsonb_agg(private.conversation_shown(s, t) order by s.last_activity_at desc, s.thread_id desc),
        '[]')
      from unnest(v_seats[:v_limit]) as s
      inner join unnest(v_threads) as t on t.id = s.thread_id and t.tenant_id = s.tenant_id),
    'next_cursor', case when cardinality(v_seats) > v_limit then
      (extract(epoch from v_last.last_activity_at) * 1000000)::bigint || '.' || v_last.thread_id end,
    'next_poll_ms', private.poll_pause(p_client_state)) || private.unread_total(v_tenants);
end
$$;
comment on function private.list_conversations(text, integer, text, text, text) is
'Definer: the caller''s conversations that hold a message, newest first, with what he has not read in all of them.';

create function private.people_of(p_thread public.et_threads) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('contact_id', w.contact_id, 'user_id', w.user_id, 'role', w.role,
      'name', private.name_of(p_thread.tenant_id, w.contact_id)) order by w.contact_id, w.user_id), '[]')
    from (
      select p.contact_id, p.user_id, p.role from public.thread_participants as p
      where p.tenant_id = p_thread.tenant_id and p.thread_id = p_thread.id and p.left_at is null
      union all
      -- Whoever has no sign-in yet.
      select private.canonical_contact(p_thread.tenant_id, s.id), null, private.role_in(p_thread, s.id)
      from unnest(array[p_thread.contact_id, p_thread.other_contact_id]) as s (id)
      where p_thread.kind = 'direct' and not exists (
        select from public.thread_participants as p
        where p.tenant_id = p_thread.tenant_id and p.thread_id = p_thread.id and p.left_at is null
          and p.contact_id = private.canonical_contact(p_thread.tenant_id, s.id))) as w);
end
$$;
comment on function private.people_of(public.et_threads) is 'Definer: everybody who takes part in a conversation.';

create function private.get_conversation(p_thread_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype := private.own_thread(p_thread_id);
begin
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'get_conversation');
  end if;
  return private.conversation_shown(private.own_seat(v_thread), v_thread) || jsonb_build_object(
    'people', private.people_of(v_thread),
    'receipts', private.cursors_of(v_thread, private.current_user_id()) -> 'receipts',
    'may_write', private.writing_problem(v_thread, private.me_at(v_thread.tenant_id)) is null
      and not private.is_muted(v_thread, private.me_at(v_thread.tenant_id)));
end
$$;
comment on function private.get_conversation(uuid) is
'Definer: one conversation of the caller with its people, their cursors, and whether he may write there now.';

create function private.list_people(p_context_kind text, p_context_id text, p_tenant_slug text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.chat_tenant(p_tenant_slug);
begin
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(jsonb_build_object('contact_id', c.contact_id, 'role', c.role,
      'name', private.name_of(v_tenant, c.contact_id), 'user_id', (
        select min(u.auth_user_id::text)::uuid from public.contacts as u
        where u.tenant_id = v_tenant and c.contact_id in (u.id, u.merged_into) and u.auth_user_id is not null))
      order by c.added_at, c.contact_id), '[]')
    from public.context_participants as i
    inner join public.context_participants as c on c.tenant_id = i.tenant_id and c.context_kind = i.context_kind
      and c.context_id = i.context_id and private.meet(i, c)
    where i.tenant_id = v_tenant and i.context_kind = p_context_kind and i.context_id = p_context_id
      and i.contact_id = private.me_at(v_tenant)));
end
$$;
comment on function private.list_people(text, text, text) is
'Definer: who takes part in a context the caller takes part in; nobody for any other. Rivals for one bid card do not '
'see each other.';

create function private.resolve_conversation(p_alias text, p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.chat_tenant(p_tenant_slug);
  v_ids text[] := regexp_match(lower(p_alias),
    '^conv_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$');
  v_key text := p_alias;
  v_id uuid;
begin
  if v_ids is not null then
    v_key := private.thread_scope_key('pair', null, private.person(v_tenant, v_ids[1]::uuid), private.person(v_tenant,
      v_ids[2]::uuid));
  end if;
  v_id := coalesce(
    (select a.thread_id from public.thread_aliases as a where a.tenant_id = v_tenant and a.scope_key = v_key),
    (select t.id from public.et_threads as t where t.tenant_id = v_tenant and t.scope_key = v_key));
  v_id := (private.own_thread(v_id)).id;
  return case when v_id is null then private.not_found('thread') else jsonb_build_object('thread_id', v_id) end;
end
$$;
comment on function private.resolve_conversation(text, text) is
'Definer: the conversation of the caller an older id leads to: conv_<person>_<person>, or a key that was kept as an '
'alias. Somebody else''s is as missing as one that never was.';

-- ── client wrappers ──────────────────────────────────────────────────────────────────────────────────────────────

create function public.poll_messages(
  p_thread_id uuid, p_since bigint default 0, p_before_seq bigint default null, p_limit integer default 50,
  p_client_state text default 'active'
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.poll_messages(p_thread_id, p_since, p_before_seq, p_limit, p_client_state); end;
create function public.get_conversation(p_thread_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.get_conversation(p_thread_id); end;
create function public.list_conversations(
  p_filter text default 'active', p_limit integer default 15, p_cursor text default null,
  p_tenant_slug text default null, p_client_state text default 'active'
) returns jsonb language sql stable set search_path = ''
begin atomic select private.list_conversations(p_filter, p_limit, p_cursor, p_tenant_slug, p_client_state); end;
create function public.unread_total(p_tenant_slug text default null) returns jsonb
language sql stable set search_path = ''
begin atomic select private.unread_total(private.own_tenants(p_tenant_slug)); end;
create function public.list_people(p_context_kind text, p_context_id text, p_tenant_slug text default null)
returns jsonb language sql stable set search_path = ''
begin atomic select private.list_people(p_context_kind, p_context_id, p_tenant_slug); end;
create function public.resolve_conversation(p_alias text, p_tenant_slug text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.resolve_conversation(p_alias, p_tenant_slug); end;
comment on function public.poll_messages(uuid, bigint, bigint, integer, text) is
'What changed in a conversation after rev p_since, or its history before p_before_seq; at most 50. For who takes part.';
comment on function public.get_conversation(uuid) is 'One of your conversations, with its people and their cursors.';
comment on function public.list_conversations(text, integer, text, text, text) is
'Your conversations, newest first: active, archived, blocked, unread or all.';
comment on function public.unread_total(text) is 'How much you have not read, and in how many conversations.';
comment on function public.list_people(text, text, text) is 'Who takes part in a context you take part in.';
comment on function public.resolve_conversation(text, text) is
'Your conversation that an older id (conv_<person>_<person>) leads to.';

grant execute on function private.poll_messages(uuid, bigint, bigint, integer, text), private.get_conversation(uuid),
private.list_conversations(text, integer, text, text, text), private.unread_total(uuid[]), private.own_tenants(text),
private.list_people(text, text, text), private.resolve_conversation(text, text),
public.poll_messages(uuid, bigint, bigint, integer, text), public.get_conversation(uuid),
public.list_conversations(text, integer, text, text, text), public.unread_total(text),
public.list_people(text, text, text), public.resolve_conversation(text, text) to authenticated;
