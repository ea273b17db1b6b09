-- Chapter: notifications, part four. Chat messages, pushed to the people they are new to.
--
--   a message is shown (private.is_shown: at once, at its release, when the business's was sent)
--        ──▶ one row a device of everybody it is new to, due push_delay_s later; what is said until then joins it
--   claim_pushes() ──▶ read, withdrawn, muted, blocked, left, taken back by the person ──▶ skipped
--                  ──▶ quiet where the person is ──▶ later       else ──▶ pushed, as part three says
--   what was said, changed or withdrawn after a claim ──▶ the claim is void, and is made anew
--   what a device was told of, changed and released again ──▶ silent
--
-- Nothing that is shown is kept here, and no more leaves the database than the tenant's push_shows lets devices show.

-- ── from a message to devices ────────────────────────────────────────────────────────────────────────────────────

create function private.tg_messages__push_people() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if not private.is_shown(new.moderation_status, new.direction, new.delivery_status) or (tg_op = 'UPDATE'
    and private.is_shown(old.moderation_status, old.direction, old.delivery_status)) then
    return null;
  end if;
  insert into private.notification_pushes as w (tenant_id, thread_id, message_ids, user_id, identity_id, run_at)
  select distinct on (i.id) p.tenant_id, p.thread_id, array[new.id], p.user_id, i.id,
    clock_timestamp() + make_interval(secs => s.push_delay_s)
  from public.thread_participants as p
  inner join public.contacts as c on c.tenant_id = p.tenant_id and c.auth_user_id = p.user_id
  inner join public.contact_identities as i on i.tenant_id = c.tenant_id and i.kind = 'push'
    and i.contact_id = coalesce(c.merged_into, c.id)
  inner join public.tenant_settings as s on s.tenant_id = p.tenant_id
  where p.tenant_id = new.tenant_id and p.thread_id = new.thread_id and p.left_at is null and p.role <> 'agent'
    and p.user_id is distinct from new.sender_user_id and p.contact_id is distinct from new.sender_contact_id
    and p.last_read_seq < new.seq and p.blocked_at is null and coalesce(p.muted_until <= clock_timestamp(), true)
    and (new.edited_at is null or not exists (
      select from private.notification_pushes as o
      where o.tenant_id = i.tenant_id and o.identity_id = i.id and o.thread_id = new.thread_id
        and new.id = any(o.message_ids) and (o.status in ('pushed', 'unknown')
          or (o.status = 'waiting' and o.started_at is not null))))
  order by i.id, p.last_read_seq desc, p.user_id
  on conflict (tenant_id, thread_id, identity_id)
  where status = 'waiting' and started_at is null and thread_id is not null
  do update set message_ids = (w.message_ids || excluded.message_ids)[greatest(1, cardinality(w.message_ids) - 98):],
    lease_until = null;
  return null;
end
$$;
comment on function private.tg_messages__push_people() is
'Definer: a message that is shown now is to be told to the devices of everybody it is new to. It joins what waits '
'of the conversation, also where that was claimed, but has not begun to leave: it is claimed again, with this one. '
'What was changed and judged again rings no device a second time.';

create function private.tg_messages__push_anew() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update private.notification_pushes as w set lease_until = null
  where w.tenant_id = new.tenant_id and w.thread_id = new.thread_id and w.status = 'waiting' and w.started_at is null
    and w.lease_until is not null and new.id = any(w.message_ids);
  return null;
end
$$;
comment on function private.tg_messages__push_anew() is
'Definer: what was claimed to be pushed and is another text now, or none, is claimed again.';

create trigger et_messages_920_push_people after insert on public.et_messages
for each row when (new.channel = 'in_app') execute function private.tg_messages__push_people();
create trigger et_messages_930_push_people_of_release after update of moderation_status, delivery_status
on public.et_messages
for each row when (
  new.channel = 'in_app'
  and (old.moderation_status <> new.moderation_status
    or (new.direction = 'outbound' and old.delivery_status <> new.delivery_status))
)
execute function private.tg_messages__push_people();
create trigger et_messages_940_push_anew after update of body, deleted_at, moderation_status on public.et_messages
for each row when (
  new.channel = 'in_app' and (old.body, old.deleted_at, old.moderation_status)
  is distinct from (new.body, new.deleted_at, new.moderation_status)
)
execute function private.tg_messages__push_anew();

-- ── whether, and what ────────────────────────────────────────────────────────────────────────────────────────────

create function private.pushed_seat(p_push private.notification_pushes) returns public.thread_participants
language plpgsql stable security definer set search_path = '' as $$
declare
  v_seat public.thread_participants%rowtype;
begin
  select p.* into v_seat from public.thread_participants as o
  inner join public.thread_participants as p on p.tenant_id = o.tenant_id and p.thread_id = o.thread_id
    and p.contact_id is not distinct from o.contact_id and p.left_at is null
  where o.tenant_id = p_push.tenant_id and o.thread_id = p_push.thread_id and o.user_id = p_push.user_id
    and o.left_at is null
  order by p.last_read_seq desc, p.user_id = p_push.user_id desc limit 1;
  return v_seat;
end
$$;
comment on function private.pushed_seat(private.notification_pushes) is
'Definer: the seat of whom a push is for; of a person with several sign-ins, the one that has read most. A row of '
'nulls when he left.';

create function private.told_message(p_push private.notification_pushes, p_seat public.thread_participants)
returns public.et_messages
language plpgsql stable security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
begin
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = p_push.tenant_id and m.id = any(p_push.message_ids) and m.thread_id = p_push.thread_id
    and m.seq > p_seat.last_read_seq and m.deleted_at is null and m.erased_at is null
    and private.is_shown(m.moderation_status, m.direction, m.delivery_status)
    and not exists (
      select from public.contact_blocks as b where b.tenant_id = m.tenant_id and b.contact_id = p_seat.contact_id
        and b.blocked_contact_id = private.canonical_contact(m.tenant_id, m.sender_contact_id))
  order by m.seq desc limit 1;
  return v_message;
end
$$;
comment on function private.told_message(private.notification_pushes, public.thread_participants) is
'Definer: the newest of the messages a push tells of that its person has not read, still sees, and is not from '
'somebody he blocked; a row of nulls when there is none.';

create function private.person_push_reason(p_push private.notification_pushes) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_seat public.thread_participants%rowtype := private.pushed_seat(p_push);
  v_contact uuid;
begin
  select i.contact_id into v_contact from public.contact_identities as i
  inner join public.contacts as c on c.tenant_id = i.tenant_id and c.id = i.contact_id and c.blocked_at is null
  inner join public.tenants as t on t.id = i.tenant_id and t.status = 'active'
  where i.tenant_id = p_push.tenant_id and i.id = p_push.identity_id;
  return case
    when v_contact is null then 'not_allowed'
    when v_seat.user_id is null then 'left'
    when v_seat.blocked_at is not null then 'blocked'
    when v_seat.muted_until > clock_timestamp() then 'muted'
    when not private.has_consent(p_push.tenant_id, v_contact, 'push', 'notification') then 'no_consent'
    when (private.told_message(p_push, v_seat)).id is not null then null
    when exists (
      select from public.et_messages as m
      where m.tenant_id = p_push.tenant_id and m.id = any(p_push.message_ids) and m.seq > v_seat.last_read_seq)
      then 'withdrawn'
    else 'read' end;
end
$$;
comment on function private.person_push_reason(private.notification_pushes) is
'Definer: why a push of a conversation is not sent any more: the tenant or the person may not be written to, he left, '
'blocked, muted or took his consent back, everything was withdrawn, or he has read it. Null: it is.';

create function private.person_push_content(p_tenant_id uuid, p_push_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_push private.notification_pushes%rowtype;
  v_seat public.thread_participants%rowtype;
  v_message public.et_messages%rowtype;
begin
  select p.* into v_push from private.notification_pushes as p
  where p.tenant_id = p_tenant_id and p.id = p_push_id and p.thread_id is not null;
  if v_push.id is null then
    return null;
  end if;
  v_seat := private.pushed_seat(v_push);
  v_message := private.told_message(v_push, v_seat);
  return (
    select jsonb_build_object('address', i.address, 'account', private.push_account(i.tenant_id, i.address),
      'unread', private.unread_of(v_push.user_id, array[p_tenant_id]) -> 'unread_total', 'tenant_id', t.id,
      'tenant_name', t.name, 'thread_id', v_push.thread_id, 'count', v_seat.unread_count,
      'language', coalesce(c.locale, t.locale), 'message_type', v_message.message_type)
      || case when s.push_shows <> 'nothing' then jsonb_build_object(
        'sender_name', private.name_of(p_tenant_id, v_message.sender_contact_id),
        'group_name', case h.kind when 'group' then h.subject end)
        else '{}' end
      || case when s.push_shows = 'preview' then jsonb_build_object('preview',
        left(btrim(regexp_replace(v_message.body, '[[:space:][:cntrl:]]+', ' ', 'g')), 121)) else '{}' end
    from public.contact_identities as i
    inner join public.contacts as c on c.tenant_id = i.tenant_id and c.id = i.contact_id
    inner join public.tenants as t on t.id = i.tenant_id
    inner join public.tenant_settings as s on s.tenant_id = i.tenant_id
    inner join public.et_threads as h on h.tenant_id = i.tenant_id and h.id = v_push.thread_id
    where i.tenant_id = p_tenant_id and i.id = v_push.identity_id and v_message.id is not null);
end
$$;
comment on function private.person_push_content(uuid, uuid) is
'Definer: what a device of somebody is shown of a conversation, as far as the tenant lets it; null for a push of '
'another kind. Read at this moment.';

-- ── later ───────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.put_back_push(p_push private.notification_pushes) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  loop
    begin
      update private.notification_pushes as p
      set lease_until = null, started_at = null, reason = p_push.reason, attempts = p_push.attempts,
        run_at = p_push.run_at
      where p.tenant_id = p_push.tenant_id and p.id = p_push.id;
      return;
    exception when unique_violation then
      -- More was said while the call was under way: one push tells both.
      update private.notification_pushes as p
      set message_ids = (p_push.message_ids || p.message_ids)[
          greatest(1, cardinality(p_push.message_ids) + cardinality(p.message_ids) - 99):],
        run_at = greatest(p.run_at, p_push.run_at), attempts = greatest(p.attempts, p_push.attempts), lease_until = null
      where p.tenant_id = p_push.tenant_id and p.thread_id = p_push.thread_id and p.identity_id = p_push.identity_id
        and p.status = 'waiting' and p.started_at is null and p.id <> p_push.id;
      if found then
        perform private.end_push(p_push.tenant_id, p_push.id, 'skipped', 'joined');
        return;
      end if;
    end;
  end loop;
end
$$;
comment on function private.put_back_push(private.notification_pushes) is
'Definer: one that did not leave waits until its run_at. What it tells of joins another of its conversation and '
'device, if one waits there by now.';
