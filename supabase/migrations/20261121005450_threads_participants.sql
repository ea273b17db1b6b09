-- Chapter: threads, those who take part. One row for each sign-in in a conversation: its cursors and its list.
--
--   message inserted, shown or hidden ──▶ private.tg_messages__tell_people(): unread_count, last_activity_at, archive
--   cursor moved, joined, joined again ──▶ private.tg_participants__count(): cursors only grow, unread is counted anew
--   contact linked to a sign-in ──▶ private.tg_contacts__take_seats(): he is in the conversations he already had
--
-- Every one of these holds the thread's row first, so a counter never misses a message.

-- ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.seat(p_tenant_id uuid, p_thread_id uuid, p_contact_id uuid, p_role text, p_title text)
returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_seated integer;
begin
  perform from public.et_threads as t where t.tenant_id = p_tenant_id and t.id = p_thread_id for no key update;
  insert into public.thread_participants as p (tenant_id, thread_id, user_id, contact_id, role, title, blocked_at)
  select p_tenant_id, p_thread_id, c.auth_user_id, p_contact_id, p_role, p_title, (
    select b.created_at from public.et_threads as t
    inner join public.contact_blocks as b on b.tenant_id = t.tenant_id and b.contact_id = p_contact_id
      and b.blocked_contact_id = private.other_side(t, p_contact_id)
    where t.tenant_id = p_tenant_id and t.id = p_thread_id and t.kind = 'direct')
  from public.contacts as c
  where c.tenant_id = p_tenant_id and p_contact_id in (c.id, c.merged_into) and c.auth_user_id is not null
  on conflict (tenant_id, thread_id, user_id) do update set left_at = null, contact_id = excluded.contact_id
  where p.left_at is not null;
  get diagnostics v_seated = row_count;
  return v_seated;
end
$$;
comment on function private.seat(uuid, uuid, uuid, text, text) is
'Definer: every sign-in of a (canonical) contact takes part in a thread, which is locked; returns how many did not '
'yet.';

create function private.other_side(p_thread public.et_threads, p_contact_id uuid) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_one uuid := private.canonical_contact(p_thread.tenant_id, p_thread.contact_id);
begin
  return case when v_one = p_contact_id then private.canonical_contact(p_thread.tenant_id, p_thread.other_contact_id)
    else v_one end;
end
$$;
comment on function private.other_side(public.et_threads, uuid) is
'Definer: the other (canonical) contact of a direct conversation; null in any other.';

create function private.name_of(p_tenant_id uuid, p_contact_id uuid) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select case when c.name_held is false
        or not private.is_unfit_name(p_tenant_id, concat_ws(' · ', c.display_name, c.company))
      then coalesce(c.display_name, c.company) end
    from public.contacts as c where c.tenant_id = p_tenant_id and c.id = p_contact_id);
end
$$;
comment on function private.name_of(uuid, uuid) is
'Definer: what others are told a contact is called; null when nobody knows, and where the name is held.';

create function private.seat_direct(p_thread public.et_threads) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_one uuid := private.canonical_contact(p_thread.tenant_id, p_thread.contact_id);
  v_other uuid := private.canonical_contact(p_thread.tenant_id, p_thread.other_contact_id);
begin
  perform private.seat(p_thread.tenant_id, p_thread.id, v_one, private.role_in(p_thread, v_one),
    private.name_of(p_thread.tenant_id, v_other));
  perform private.seat(p_thread.tenant_id, p_thread.id, v_other, private.role_in(p_thread, v_other),
    private.name_of(p_thread.tenant_id, v_one));
end
$$;
comment on function private.seat_direct(public.et_threads) is
'Definer: whichever of the two people of a direct conversation has a sign-in takes part in it.';

create function private.role_in(p_thread public.et_threads, p_contact_id uuid) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce(
    (select c.role from public.context_participants as c
      where c.tenant_id = p_thread.tenant_id and c.contact_id = p_contact_id
        and (p_thread.context_id is null or (c.context_kind, c.context_id)
          = (p_thread.context_kind, p_thread.context_id))
      order by c.left_at is null desc, c.role = 'participant', c.added_at desc limit 1),
    (select case c.kind when 'customer' then 'customer' when 'provider' then 'provider' end from public.contacts as c
      where c.tenant_id = p_thread.tenant_id and c.id = p_contact_id),
    'participant');
end
$$;
comment on function private.role_in(public.et_threads, uuid) is
'Definer: customer, provider or participant: as the contexts say, else as the contact is known.';

create function private.tg_contacts__take_seats() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_family uuid[] := array[new.id, new.merged_into];
  v_name text := private.name_of(new.tenant_id, new.id);
  v_thread public.et_threads%rowtype;
begin
  if tg_op = 'UPDATE' and old.auth_user_id is not null and old.auth_user_id is distinct from new.auth_user_id then
    update public.thread_participants as p set left_at = clock_timestamp()
    where p.tenant_id = new.tenant_id and p.user_id = old.auth_user_id and p.left_at is null
      and p.role <> 'agent';
  end if;
  for v_thread in
    select t.* from public.et_threads as t
    where t.tenant_id = new.tenant_id and t.kind = 'direct' and t.channel = 'in_app' and t.erased_at is null
      and (t.contact_id = any(v_family) or t.other_contact_id = any(v_family))
    order by t.id
  loop
    if new.auth_user_id is not null then
      perform private.seat_direct(v_thread);
    end if;
    update public.thread_participants as p set title = v_name
    where p.tenant_id = new.tenant_id and p.thread_id = v_thread.id and p.role <> 'agent'
      and p.contact_id <> all(array_remove(v_family, null)) and p.title is distinct from v_name
      and new.merged_into is null;
  end loop;
  return null;
end
$$;
comment on function private.tg_contacts__take_seats() is
'Definer: whoever links a sign-in finds the direct conversations his contact has; the old sign-in leaves them; and a '
'new name shows in the lists of the others.';
create trigger contacts_900_take_seats
after update of auth_user_id, display_name, company, name_held on public.contacts
for each row when (
  (old.auth_user_id, old.display_name, old.company, old.name_held)
  is distinct from (new.auth_user_id, new.display_name, new.company, new.name_held)
)
execute function private.tg_contacts__take_seats();

create function private.merge_people(p_tenant_id uuid, p_winner_id uuid, p_loser_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
  v_key text;
begin
  insert into public.context_participants as c (tenant_id, context_kind, context_id, contact_id, role, added_at, left_at)
  select l.tenant_id, l.context_kind, l.context_id, p_winner_id, l.role, l.added_at, l.left_at
  from public.context_participants as l where l.tenant_id = p_tenant_id and l.contact_id = p_loser_id
  on conflict (tenant_id, context_kind, context_id, contact_id)
  do update set left_at = case when c.left_at is not null then excluded.left_at end;
  delete from public.context_participants as c where c.tenant_id = p_tenant_id and c.contact_id = p_loser_id;
  insert into public.contact_blocks (tenant_id, contact_id, blocked_contact_id, created_at)
  select b.tenant_id, case b.contact_id when p_loser_id then p_winner_id else b.contact_id end,
    case b.blocked_contact_id when p_loser_id then p_winner_id else b.blocked_contact_id end, b.created_at
  from public.contact_blocks as b
  where b.tenant_id = p_tenant_id and p_loser_id in (b.contact_id, b.blocked_contact_id)
    and p_winner_id not in (b.contact_id, b.blocked_contact_id)
  on conflict (tenant_id, contact_id, blocked_contact_id) do nothing;
  delete from public.contact_blocks as b
  where b.tenant_id = p_tenant_id and p_loser_id in (b.contact_id, b.blocked_contact_id);
  update public.thread_participants as p set contact_id = p_winner_id
  where p.tenant_id = p_tenant_id and p.contact_id = p_loser_id;
  for v_thread in
    select t.* from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.kind = 'direct' and p_loser_id in (t.contact_id, t.other_contact_id)
      and p_winner_id not in (t.contact_id, t.other_contact_id) and t.scope_rule in ('pair', 'pair_context')
    order by t.last_message_at desc nulls last, t.id
  loop
    v_key := private.thread_scope_key(v_thread.scope_rule, null, p_winner_id, case p_loser_id
      when v_thread.contact_id then v_thread.other_contact_id else v_thread.contact_id end,
      v_thread.context_kind, v_thread.context_id);
    perform pg_advisory_xact_lock(hashtextextended(p_tenant_id::text || v_key, 2));
    if not exists (select from public.et_threads as t where t.tenant_id = p_tenant_id and t.scope_key = v_key) then
      insert into public.thread_aliases (tenant_id, scope_key, thread_id) values (p_tenant_id, v_key, v_thread.id)
      on conflict (tenant_id, scope_key) do nothing;
    end if;
  end loop;
end
$$;
comment on function private.merge_people(uuid, uuid, uuid) is
'Definer, part of a merge of contacts: contexts, blocks and seats of the loser are the winner''s, and the keys of his '
'conversations lead to them.';

-- ── counting ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_participants__count() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_last bigint;
begin
  select t.last_seq into v_last from public.et_threads as t
  where t.tenant_id = new.tenant_id and t.id = new.thread_id for no key update;
  if tg_op = 'UPDATE' and new.last_read_seq < old.last_read_seq
    or tg_op = 'UPDATE' and new.last_delivered_seq < old.last_delivered_seq
    or greatest(new.last_read_seq, new.last_delivered_seq) > v_last then
    raise exception 'a cursor only moves forward, and not past the last message'
      using errcode = 'PT409', detail = '{"code": "bad_seq", "field": "seq"}', hint = 'Use mark_read().';
  end if;
  new.last_delivered_seq := greatest(new.last_delivered_seq, new.last_read_seq);
  select count(*) into new.unread_count from public.et_messages as m
  where m.tenant_id = new.tenant_id and m.thread_id = new.thread_id and m.seq > new.last_read_seq
    and m.channel = 'in_app' and private.is_shown(m.moderation_status, m.direction, m.delivery_status)
    and m.sender_user_id is distinct from new.user_id;
  if tg_op = 'INSERT' or old.left_at is not null then
    select max(m.created_at) into new.last_activity_at from public.et_messages as m
    where m.tenant_id = new.tenant_id and m.thread_id = new.thread_id and m.channel = 'in_app'
      and (private.is_shown(m.moderation_status, m.direction, m.delivery_status) or m.sender_user_id = new.user_id);
  end if;
  return new;
end
$$;
comment on function private.tg_participants__count() is
'Definer: cursors only grow, reading implies delivery, and what is unread is counted under the thread''s lock.';
create trigger thread_participants_100_count before insert on public.thread_participants
for each row when (new.left_at is null) execute function private.tg_participants__count();
create trigger thread_participants_110_count_again before update of
last_read_seq, last_delivered_seq, left_at on public.thread_participants
for each row when (
  new.left_at is null and (old.last_read_seq, old.last_delivered_seq, old.left_at)
  is distinct from (new.last_read_seq, new.last_delivered_seq, new.left_at)
)
execute function private.tg_participants__count();

create function private.tg_messages__tell_people() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_shown boolean := private.is_shown(new.moderation_status, new.direction, new.delivery_status);
  v_change integer := v_shown::integer - case when tg_op = 'UPDATE'
    then private.is_shown(old.moderation_status, old.direction, old.delivery_status)::integer else 0 end;
begin
  if tg_op = 'UPDATE' and v_change = 0 then
    return null;
  end if;
  update public.thread_participants as p set
    unread_count = p.unread_count + case
      when p.user_id is distinct from new.sender_user_id and new.seq > p.last_read_seq then v_change else 0 end,
    last_activity_at = case when v_change >= 0 and (v_shown or p.user_id = new.sender_user_id)
      then greatest(p.last_activity_at, new.created_at) else p.last_activity_at end,
    archived_at = case when v_change > 0 and p.user_id is distinct from new.sender_user_id
      and coalesce(p.muted_until <= clock_timestamp(), true) then null else p.archived_at end
  where p.tenant_id = new.tenant_id and p.thread_id = new.thread_id and p.left_at is null;
  return null;
end
$$;
comment on function private.tg_messages__tell_people() is
'Definer: what a message changes in the lists of those who take part: unread, order, and an archive it leaves. A held '
'message changes them when it is released.';
create trigger et_messages_400_tell_people after insert on public.et_messages
for each row when (new.channel = 'in_app') execute function private.tg_messages__tell_people();
-- Of the text, too: a trigger makes what was edited wait.
create trigger et_messages_410_tell_people_of_release
after update of moderation_status, delivery_status, subject, body on public.et_messages
for each row when (
  new.channel = 'in_app'
  and (old.moderation_status <> new.moderation_status
    or (new.direction = 'outbound' and old.delivery_status <> new.delivery_status))
)
execute function private.tg_messages__tell_people();

create function private.tg_messages__show_sent() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  new.rev := private.next_rev(new);
  return new;
end
$$;
comment on function private.tg_messages__show_sent() is
'Definer: what the business sent in an in-app conversation is new to its customer now (or, bounced, no longer there), '
'and takes a rev as a release does.';
create trigger et_messages_220_show_sent before update of delivery_status on public.et_messages
for each row when (
  new.channel = 'in_app' and new.direction = 'outbound' and old.rev = new.rev
  and (old.delivery_status in ('sent', 'delivered', 'read')) <> (new.delivery_status in ('sent', 'delivered', 'read'))
)
execute function private.tg_messages__show_sent();

-- ── receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────

create view public.message_receipts with (security_invoker = on) as
select
  m.tenant_id,
  m.id as message_id,
  m.thread_id,
  m.seq,
  p.user_id,
  p.contact_id,
  p.last_delivered_seq >= m.seq as is_delivered,
  p.last_read_seq >= m.seq as is_read
from public.et_messages as m
inner join public.thread_participants as p on m.tenant_id = p.tenant_id and m.thread_id = p.thread_id
where p.left_at is null and p.user_id is distinct from m.sender_user_id;
comment on view public.message_receipts is
'Whom a message has reached and who has read it, derived from the cursors of those who take part; read-only.';
revoke all on public.message_receipts from public, anon, authenticated, service_role;
grant select on public.message_receipts to authenticated, service_role;
