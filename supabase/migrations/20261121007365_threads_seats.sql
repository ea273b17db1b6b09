-- Chapter: threads, one's own seat. What those who take part change for themselves: cursors, archive, mute, block, and
-- who is in a group.
--
--   mark_read, mark_delivered ──▶ cursors, forward only   set_conversation ──▶ archive, mute   block_person ──▶ both
--   add_people, leave_conversation ──▶ seats of a group
--
-- Nothing here takes a rev: it shows in no one else's messages.

create function private.move_cursor(p_thread_id uuid, p_seq bigint, p_read boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype := private.own_thread(p_thread_id);
  v_seat public.thread_participants%rowtype;
  v_seq bigint;
begin
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, case when p_read then 'mark_read' else 'mark_delivered' end);
  elsif p_seq < 0 then
    perform private.refuse_word(false, 'seq', 'Send the seq of a message, or none for the last.');
  end if;
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_thread.tenant_id and t.id = p_thread_id for no key update;
  -- Up to the last he sees: what is held behind it is still new to him when it is released.
  select coalesce(max(s.seq), 0) into v_seq from (
    select m.seq from public.et_messages as m
    where m.tenant_id = v_thread.tenant_id and m.thread_id = p_thread_id
      and m.seq <= coalesce(p_seq, v_thread.last_seq)
      and (private.is_shown(m.moderation_status, m.direction, m.delivery_status)
        or m.sender_user_id = private.current_user_id())
    order by m.seq desc limit 1) as s;
  update public.thread_participants as p set
    last_read_seq = case when p_read then greatest(p.last_read_seq, v_seq) else p.last_read_seq end,
    last_read_at = case when p_read and p.last_read_seq < v_seq then clock_timestamp() else p.last_read_at end,
    last_delivered_seq = greatest(p.last_delivered_seq, v_seq),
    last_delivered_at = case when p.last_delivered_seq < v_seq then clock_timestamp() else p.last_delivered_at end
  where p.tenant_id = v_thread.tenant_id and p.thread_id = p_thread_id and p.user_id = private.current_user_id()
    and (p.last_delivered_seq < v_seq or (p_read and p.last_read_seq < v_seq));
  v_seat := private.own_seat(v_thread);
  return jsonb_build_object('thread_id', p_thread_id, 'last_read_seq', v_seat.last_read_seq, 'last_delivered_seq',
    v_seat.last_delivered_seq, 'unread_count', v_seat.unread_count);
end
$$;
comment on function private.move_cursor(uuid, bigint, boolean) is
'Definer: the caller has read (or got) what he sees of a conversation up to a seq, or to its end. Only forward; takes '
'no rev.';

create function private.set_conversation(p_thread_id uuid, p_archived boolean, p_muted_until timestamptz)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype := private.own_thread(p_thread_id);
begin
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'set_conversation');
  end if;
  perform from public.et_threads as t
  where t.tenant_id = v_thread.tenant_id and t.id = p_thread_id for no key update;
  update public.thread_participants as p set
    archived_at = case when p_archived then coalesce(p.archived_at, clock_timestamp())
      when p_archived is null then p.archived_at end,
    muted_until = case when p_muted_until > clock_timestamp() then p_muted_until
      when p_muted_until is null then p.muted_until end
  where p.tenant_id = v_thread.tenant_id and p.thread_id = p_thread_id and p.user_id = private.current_user_id();
  return private.get_conversation(p_thread_id);
end
$$;
comment on function private.set_conversation(uuid, boolean, timestamptz) is
'Definer: the caller archives a conversation for himself or takes it back, and mutes it until a moment; one that has '
'passed ends it.';

create function private.block_person(p_contact_id uuid, p_blocked boolean, p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid;
  v_me uuid;
  v_other uuid;
  v_family uuid[];
  v_threads uuid[];
begin
  if private.own_tenants(p_tenant_slug) = '{}' then
    return private.deny('contact', p_contact_id, 'block_person');
  end if;
  v_tenant := private.chat_tenant(p_tenant_slug);
  v_me := private.me_at(v_tenant);
  v_other := private.person(v_tenant, p_contact_id);
  v_family := private.contact_family(v_tenant, v_other);
  v_threads := array(
    select t.id from public.et_threads as t
    where t.tenant_id = v_tenant and t.kind = 'direct' and v_other = private.other_side(t, v_me)
      and (t.contact_id = any(v_family) or t.other_contact_id = any(v_family))
      and exists (
        select from public.thread_participants as p where p.tenant_id = t.tenant_id and p.thread_id = t.id
          and p.contact_id = v_me));
  if v_other is null or v_other = v_me or (v_threads = '{}' and not private.shares_context(v_tenant, v_me, v_other))
  then
    return private.deny('contact', p_contact_id, 'block_person');
  end if;
  if p_blocked then
    insert into public.contact_blocks (tenant_id, contact_id, blocked_contact_id) values (v_tenant, v_me, v_other)
    on conflict (tenant_id, contact_id, blocked_contact_id) do nothing;
  else
    delete from public.contact_blocks as b
    where b.tenant_id = v_tenant and b.contact_id = v_me and b.blocked_contact_id = v_other;
  end if;
  perform from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = any(v_threads) order by t.id for no key update;
  update public.thread_participants as p
  set blocked_at = case when p_blocked then coalesce(p.blocked_at, clock_timestamp()) end
  where p.tenant_id = v_tenant and p.thread_id = any(v_threads) and p.contact_id = v_me;
  return jsonb_build_object('contact_id', v_other, 'blocked', p_blocked);
end
$$;
comment on function private.block_person(uuid, boolean, text) is
'Definer: the caller does not want to hear from somebody he shares a conversation or a context with, or does again.';

create function private.add_people(p_thread_id uuid, p_contact_ids uuid[]) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype := private.own_thread(p_thread_id);
  v_me uuid := private.me_at(v_thread.tenant_id);
  v_people uuid[];
  v_beyond uuid;
  v_person uuid;
begin
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'add_people');
  end if;
  perform private.refuse_word(v_thread.kind = 'group', 'thread_id', 'People are added to groups; start one.');
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_thread.tenant_id and t.id = p_thread_id for no key update;
  perform private.refuse_writing(private.writing_problem(v_thread, v_me), 'thread_id');
  v_people := private.group_people(v_thread.tenant_id, p_contact_ids, (
    select count(*)::integer from public.thread_participants as p
    where p.tenant_id = v_thread.tenant_id and p.thread_id = p_thread_id and p.left_at is null));
  v_beyond := private.unreachable(v_thread.tenant_id, v_me, v_people, v_thread.context_kind, v_thread.context_id);
  if v_beyond is not null then
    return private.deny('contact', v_beyond, 'add_people');
  end if;
  perform private.take_send_token(v_thread.tenant_id, private.actor() || ':changes',
    private.message_limit(v_thread.tenant_id, 'in_app', 'changes_per_minute'));
  foreach v_person in array v_people loop
    perform private.seat_in_group(v_thread.tenant_id, p_thread_id, v_person, v_thread);
  end loop;
  -- What was said before they came is there to read, but is not waiting for them.
  update public.thread_participants as p set last_read_seq = v_thread.last_seq, last_delivered_seq = v_thread.last_seq
  where p.tenant_id = v_thread.tenant_id and p.thread_id = p_thread_id and p.contact_id = any(v_people)
    and p.joined_at = now();
  return private.get_conversation(p_thread_id);
end
$$;
comment on function private.add_people(uuid, uuid[]) is
'Definer: the caller takes people he may reach into a group he is in.';

create function private.leave_conversation(p_thread_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype := private.own_thread(p_thread_id);
begin
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'leave_conversation');
  end if;
  perform private.refuse_word(v_thread.kind = 'group', 'thread_id', 'Archive or block instead: two people are no group.');
  perform from public.et_threads as t
  where t.tenant_id = v_thread.tenant_id and t.id = p_thread_id for no key update;
  update public.thread_participants as p set left_at = clock_timestamp()
  where p.tenant_id = v_thread.tenant_id and p.thread_id = p_thread_id and p.user_id = private.current_user_id();
  return jsonb_build_object('thread_id', p_thread_id, 'left', true);
end
$$;
comment on function private.leave_conversation(uuid) is
'Definer: the caller is out of a group, and reads it no more, until somebody takes him in again.';

-- ── client wrappers ──────────────────────────────────────────────────────────────────────────────────────────────

create function public.mark_read(p_thread_id uuid, p_seq bigint default null) returns jsonb
language sql volatile set search_path = '' begin atomic select private.move_cursor(p_thread_id, p_seq, true); end;
create function public.mark_delivered(p_thread_id uuid, p_seq bigint default null) returns jsonb
language sql volatile set search_path = '' begin atomic select private.move_cursor(p_thread_id, p_seq, false); end;
create function public.set_conversation(
  p_thread_id uuid, p_archived boolean default null, p_muted_until timestamptz default null
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.set_conversation(p_thread_id, p_archived, p_muted_until); end;
create function public.block_person(
  p_contact_id uuid, p_blocked boolean default true, p_tenant_slug text default null
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.block_person(p_contact_id, coalesce(p_blocked, true), p_tenant_slug); end;
create function public.add_people(p_thread_id uuid, p_contact_ids uuid[]) returns jsonb
language sql volatile set search_path = '' begin atomic select private.add_people(p_thread_id, p_contact_ids); end;
create function public.leave_conversation(p_thread_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.leave_conversation(p_thread_id); end;
comment on function public.mark_read(uuid, bigint) is 'You have read a conversation up to a seq, or to its end.';
comment on function public.mark_delivered(uuid, bigint) is
'A conversation has reached you up to a seq, or to its end.';
comment on function public.set_conversation(uuid, boolean, timestamptz) is
'Archive a conversation for yourself, or mute it until a moment.';
comment on function public.block_person(uuid, boolean, text) is 'Block somebody, or let him write to you again.';
comment on function public.add_people(uuid, uuid[]) is 'Take people into a group you are in.';
comment on function public.leave_conversation(uuid) is 'Leave a group.';

grant execute on function private.move_cursor(uuid, bigint, boolean),
private.set_conversation(uuid, boolean, timestamptz), private.block_person(uuid, boolean, text),
private.add_people(uuid, uuid[]), private.leave_conversation(uuid), public.mark_read(uuid, bigint),
public.mark_delivered(uuid, bigint), public.set_conversation(uuid, boolean, timestamptz),
public.block_person(uuid, boolean, text), public.add_people(uuid, uuid[]), public.leave_conversation(uuid)
to authenticated;
