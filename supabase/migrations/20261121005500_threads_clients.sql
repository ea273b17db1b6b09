-- Chapter: threads, part two. What the staff does with a thread. Every function names an id, so every one may deny.

create function private.owner_of(p_object_kind text, p_id uuid) returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  -- plpgsql, so that it may name tables of later chapters.
  return (
  select case p_object_kind
      when 'thread' then (select t.tenant_id from public.et_threads as t where t.id = p_id limit 1)
      when 'note' then (select n.tenant_id from public.thread_notes as n where n.id = p_id limit 1)
      when 'message' then (select m.tenant_id from public.et_messages as m where m.id = p_id limit 1)
      when 'contact' then (select c.tenant_id from public.contacts as c where c.id = p_id limit 1)
      when 'channel_session' then (select s.tenant_id from public.et_channel_sessions as s where s.id = p_id limit 1)
      when 'api_key' then (select k.tenant_id from public.api_keys as k where k.id = p_id limit 1)
      when 'invitation' then (select i.tenant_id from public.tenant_invitations as i where i.id = p_id limit 1)
      when 'attachment' then (select a.tenant_id from public.message_attachments as a where a.id = p_id limit 1)
      when 'faq_entry' then (select f.tenant_id from public.faq_entries as f where f.id = p_id limit 1)
      when 'manual_task' then (select k.tenant_id from public.manual_tasks as k where k.id = p_id limit 1)
      when 'canned_reply' then (select r.tenant_id from public.canned_replies as r where r.id = p_id limit 1)
      when 'suggestion' then (select w.tenant_id from private.assist_work as w where w.id = p_id limit 1)
      when 'webhook' then (select w.tenant_id from private.webhook_events as w where w.id = p_id limit 1)
      when 'moderation_review' then (select r.tenant_id from public.moderation_reviews as r where r.id = p_id limit 1)
      when 'contact_mute' then (select u.tenant_id from public.contact_mutes as u where u.id = p_id limit 1)
      when 'broadcast' then (select b.tenant_id from public.broadcasts as b where b.id = p_id limit 1)
      when 'project' then (select p.tenant_id from public.projects as p where p.id = p_id limit 1)
      when 'bid_card' then (select b.tenant_id from public.bid_cards as b where b.id = p_id limit 1)
      when 'bid' then (select b.tenant_id from public.contractor_bids as b where b.id = p_id limit 1)
      when 'booking' then (select b.tenant_id from public.bookings as b where b.id = p_id limit 1)
      when 'connection_fee' then (select f.tenant_id from public.connection_fees as f where f.id = p_id limit 1)
      when 'referral' then (select r.tenant_id from public.referral_tracking as r where r.id = p_id limit 1)
      -- A person may work for several tenants: the caller's own comes first.
      when 'member' then (
        select m.tenant_id from public.tenant_members as m where m.user_id = p_id
        order by m.tenant_id is distinct from private.claimed_tenant(), m.created_at limit 1)
      when 'tenant' then (select t.id from public.tenants as t where t.id = p_id)
    end
  );
end
$$;
comment on function private.owner_of(text, uuid) is
'Definer, for classifying denials: the tenant an id belongs to, null when it is nobody''s.';

create function private.deny(p_object_kind text, p_id uuid, p_action text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_owner uuid := private.owner_of(p_object_kind, p_id);
begin
  if v_owner is not null and private.is_home(v_owner) is not true then
    perform private.log_denial(v_owner, 'rpc', p_action, p_object_kind, p_id::text);
  end if;
  return private.not_found(p_object_kind);
end
$$;
comment on function private.deny(text, uuid, text) is
'Definer: logs an attempt on a foreign object and answers as for a missing one.';

create function private.classify_access(p_object_kind text, p_id uuid, p_action text) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_owner uuid := private.owner_of(p_object_kind, p_id);
begin
  if v_owner is null then
    return 'missing';
  elsif private.is_home(v_owner) then
    return 'own';
  end if;
  perform private.log_denial(v_owner, 'api', p_action, p_object_kind, p_id::text);
  return 'foreign';
end
$$;
comment on function private.classify_access(text, uuid, text) is
'Definer, for the API''s login role on its second connection: says own, missing or foreign, and has logged the '
'foreign before it says so.';

create function private.shown_state(p_thread public.et_threads) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('thread_id', p_thread.id, 'status', p_thread.status, 'control', p_thread.control,
    'control_epoch', p_thread.control_epoch, 'assignee_id', p_thread.assignee_id, 'labels', p_thread.labels,
    'snoozed_until', p_thread.snoozed_until, 'folder', p_thread.folder,
    'folder_said', p_thread.folder_said_seq is not null)
$$;
comment on function private.shown_state(public.et_threads) is
'What a change left a conversation in, as its maker is answered.';

create function private.set_thread(p_thread_id uuid, p_action text, p_args jsonb default '{}') returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_user uuid := private.current_user_id();
  v_thread public.et_threads%rowtype;
  v_assignee uuid := (p_args ->> 'assignee_id')::uuid;
  v_until timestamptz := (p_args ->> 'until')::timestamptz;
begin
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = p_thread_id and t.staff_readable for no key update;
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, p_action);
  end if;
  perform private.refuse_merged(v_thread.merged_into);
  if p_action = 'assign' and v_assignee is not null and not exists (
    select from public.tenant_members as m where m.tenant_id = v_tenant and m.user_id = v_assignee) then
    return private.deny('member', v_assignee, p_action);
  end if;
  if p_action = 'snooze' and (v_until is null or v_until <= now() or v_until > now() + interval '10 years') then
    raise exception 'a thread is snoozed until a moment to come, within ten years'
      using errcode = 'PT422', detail = '{"code": "bad_time", "field": "until"}',
        hint = 'Send an ISO time with its zone.';
  end if;
  update public.et_threads as t set
    control = case p_action when 'take_over' then 'human' when 'hand_back' then 'ai' else t.control end,
    control_epoch = t.control_epoch + (p_action = 'take_over' and t.control = 'human')::integer,
    assignee_id = case p_action when 'assign' then v_assignee
      when 'take_over' then coalesce((
        select m.user_id from public.tenant_members as m where m.tenant_id = v_tenant and m.user_id = v_user),
          t.assignee_id)
      else t.assignee_id end,
    labels = case p_action when 'label' then (
      select coalesce(array_agg(distinct l order by l), '{}') from unnest(
        t.labels || array(select jsonb_array_elements_text(coalesce(p_args -> 'add', '[]')))) as l
      where l <> all(array(select jsonb_array_elements_text(coalesce(p_args -> 'remove', '[]'))))) else t.labels end,
    status = case p_action when 'snooze' then 'snoozed' when 'close' then 'closed' when 'archive' then 'archived'
      when 'reopen' then 'open' else t.status end,
    snoozed_until = case p_action when 'snooze' then v_until when 'close' then null when 'archive' then null
      when 'reopen' then null else t.snoozed_until end,
    closed_at = case p_action when 'close' then now() when 'archive' then coalesce(t.closed_at, now())
      when 'reopen' then null when 'snooze' then null else t.closed_at end
  where t.tenant_id = v_tenant and t.id = p_thread_id
  returning t.* into v_thread;
  if p_action = 'take_over' then
    perform private.cancel_queued(v_tenant, p_thread_id, 'human_takeover');
  end if;
  perform private.audit(v_tenant, 'thread.' || p_action, 'thread', p_thread_id::text, p_args);
  return private.shown_state(v_thread);
end
$$;
comment on function private.set_thread(uuid, text, jsonb) is
'Definer: take_over, hand_back, assign, label, snooze, close, archive or reopen. Taking over cancels what the AI '
'had queued, in the same transaction.';

create function private.mark_thread_read(p_thread_id uuid, p_seq bigint) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_thread public.et_threads%rowtype;
  v_seq bigint;
begin
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = p_thread_id and t.staff_readable for no key update;
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'mark_thread_read');
  end if;
  v_seq := greatest(v_thread.staff_read_seq, least(coalesce(p_seq, v_thread.last_seq), v_thread.last_seq));
  update public.et_threads as t set staff_read_seq = v_seq, unread_count = (
    select count(*) from public.et_messages as m
    where m.tenant_id = v_tenant and m.thread_id = p_thread_id and m.seq > v_seq and m.direction = 'inbound')
  where t.tenant_id = v_tenant and t.id = p_thread_id
  returning t.* into v_thread;
  return jsonb_build_object('thread_id', p_thread_id, 'staff_read_seq', v_seq, 'unread_count', v_thread.unread_count);
end
$$;
comment on function private.mark_thread_read(uuid, bigint) is
'Definer: the staff has read up to a seq; never moves back.';

create function private.merge_contacts(p_winner_id uuid, p_loser_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_thread record;
  v_key text;
begin
  perform from public.contacts as c
  where c.tenant_id = v_tenant and c.id in (p_winner_id, p_loser_id) order by c.id for no key update;
  if not exists (select from public.contacts as c where c.tenant_id = v_tenant
    and c.id = p_winner_id and c.merged_into is null) then
    return private.deny('contact', p_winner_id, 'merge_contacts');
  elsif not exists (select from public.contacts as c where c.tenant_id = v_tenant
    and c.id = p_loser_id and c.merged_into is null) then
    return private.deny('contact', p_loser_id, 'merge_contacts');
  elsif p_winner_id = p_loser_id then
    raise exception 'a contact is not merged into itself'
      using errcode = 'PT422', detail = '{"code": "same_contact", "field": "loser_id"}', hint = 'Name two contacts.';
  end if;
  for v_thread in
    -- The loser's own threads first, then those of contacts merged into him before.
    select coalesce(t.merged_into, t.id) as id, t.scope_key, t.contact_id from public.et_threads as t
    inner join public.contacts as c on c.tenant_id = t.tenant_id and c.id = t.contact_id
    where t.tenant_id = v_tenant and p_loser_id in (c.id, c.merged_into) and t.scope_rule = 'channel_contact'
    order by c.id <> p_loser_id, t.last_message_at desc nulls last, t.scope_key
  loop
    v_key := replace(v_thread.scope_key, v_thread.contact_id::text, p_winner_id::text);
    perform pg_advisory_xact_lock(hashtextextended(v_tenant::text || v_key, 2));
    if not exists (select from public.et_threads as t where t.tenant_id = v_tenant and t.scope_key = v_key) then
      insert into public.thread_aliases (tenant_id, scope_key, thread_id) values (v_tenant, v_key, v_thread.id)
      on conflict (tenant_id, scope_key) do nothing;
    end if;
  end loop;
  update public.contact_identities as i set contact_id = p_winner_id where i.tenant_id = v_tenant
    and i.contact_id = p_loser_id;
  perform private.merge_people(v_tenant, p_winner_id, p_loser_id);
  -- A block holds for the person, whichever of his records it was written on.
  update public.contacts as c set blocked_at = l.blocked_at from public.contacts as l
  where c.tenant_id = v_tenant and c.id = p_winner_id and c.blocked_at is null
    and l.tenant_id = v_tenant and l.id = p_loser_id and l.blocked_at is not null;
  update public.contacts as c set merged_into = p_winner_id
  where c.tenant_id = v_tenant and (c.id = p_loser_id or c.merged_into = p_loser_id);
  perform private.audit(v_tenant, 'contact.merged', 'contact', p_winner_id::text, jsonb_build_object('loser',
    p_loser_id));
  return jsonb_build_object('contact_id', p_winner_id, 'merged', p_loser_id);
end
$$;
comment on function private.merge_contacts(uuid, uuid) is
'Definer: two records of one person become one. No message moves: addresses are repointed and the loser''s thread '
'keys become aliases.';

create function private.merge_threads(p_winner_id uuid, p_loser_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_winner public.et_threads%rowtype;
  v_loser public.et_threads%rowtype;
  v_problem jsonb;
  v_open boolean;
begin
  perform from public.et_threads as t
  where t.tenant_id = v_tenant and (t.id in (p_winner_id, p_loser_id) or t.merged_into = p_loser_id)
  order by t.id for no key update;
  select t.* into v_winner from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = p_winner_id and t.staff_readable;
  if v_winner.id is null then
    return private.deny('thread', p_winner_id, 'merge_threads');
  end if;
  select t.* into v_loser from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = p_loser_id and t.staff_readable;
  if v_loser.id is null then
    return private.deny('thread', p_loser_id, 'merge_threads');
  end if;
  perform private.refuse_merged(coalesce(v_winner.merged_into, v_loser.merged_into));
  v_problem := case
    when v_winner.id = v_loser.id then '{"code": "same_thread", "field": "loser_id"}'
    when v_winner.contact_id is null or private.canonical_contact(v_tenant, v_winner.contact_id)
      is distinct from private.canonical_contact(v_tenant, v_loser.contact_id)
      then '{"code": "other_contact", "field": "loser_id"}'
    when v_winner.channel_session_id is distinct from v_loser.channel_session_id
      then '{"code": "other_session", "field": "loser_id"}'
  end;
  if v_problem is not null then
    raise exception 'only two conversations of one contact on one channel account are merged'
      using errcode = 'PT422', detail = v_problem::text, hint = 'Merge the contacts first if they are one person.';
  end if;
  update public.et_threads as t
  set merged_into = p_winner_id, status = 'archived', snoozed_until = null, closed_at = coalesce(t.closed_at, now()),
    control = 'human'
  where t.tenant_id = v_tenant and t.id = p_loser_id;
  -- One hop for ever: what led to the loser leads to the winner.
  update public.et_threads as t set merged_into = p_winner_id
  where t.tenant_id = v_tenant and t.merged_into = p_loser_id;
  update public.thread_aliases as a set thread_id = p_winner_id
  where a.tenant_id = v_tenant and a.thread_id = p_loser_id;
  v_open := exists (
    select from private.inbound_work as w where w.tenant_id = v_tenant and w.thread_id = p_loser_id);
  v_open := private.cancel_queued(v_tenant, p_loser_id, 'merged') > 0 or v_open or v_loser.control = 'human';
  -- What the loser still owed an answer, and what a person held there, is a person's in the winner.
  if v_open and v_winner.control = 'ai' then
    update public.et_threads as t set control = 'human', assignee_id = coalesce(t.assignee_id, v_loser.assignee_id)
    where t.tenant_id = v_tenant and t.id = p_winner_id;
    perform private.cancel_queued(v_tenant, p_winner_id, 'human_takeover');
    perform private.audit(v_tenant, 'thread.handed_over', 'thread', p_winner_id::text, '{"by": "merge"}');
    insert into public.notifications (tenant_id, kind, title, thread_id)
    values (v_tenant, 'human_takeover', 'A merged conversation needs a person', p_winner_id);
  end if;
  perform private.audit(v_tenant, 'thread.merged', 'thread', p_winner_id::text, jsonb_build_object('loser',
    p_loser_id));
  return jsonb_build_object('thread_id', p_winner_id, 'merged', p_loser_id);
end
$$;
comment on function private.merge_threads(uuid, uuid) is
'Definer: two conversations of one contact on one account become one. No message moves: new ones land in the winner, '
'public.list_history() shows both, and what the AI had queued in the loser is cancelled.';

create function public.take_over_thread(p_thread_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_thread(p_thread_id, 'take_over'); end;
create function public.hand_back_thread(p_thread_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_thread(p_thread_id, 'hand_back'); end;
create function public.assign_thread(p_thread_id uuid, p_assignee_id uuid) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_thread(p_thread_id, 'assign', jsonb_build_object('assignee_id', p_assignee_id)); end;
create function public.label_thread(p_thread_id uuid, p_add text[] default '{}',
  p_remove text[] default '{}') returns jsonb
language sql volatile set search_path = ''
begin atomic
select private.set_thread(p_thread_id, 'label', jsonb_build_object('add', p_add, 'remove', p_remove));
end;
create function public.snooze_thread(p_thread_id uuid, p_until timestamptz) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_thread(p_thread_id, 'snooze', jsonb_build_object('until', p_until)); end;
create function public.close_thread(p_thread_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_thread(p_thread_id, 'close'); end;
create function public.archive_thread(p_thread_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_thread(p_thread_id, 'archive'); end;
create function public.reopen_thread(p_thread_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_thread(p_thread_id, 'reopen'); end;
create function public.mark_thread_read(p_thread_id uuid, p_seq bigint default null) returns jsonb
language sql volatile set search_path = '' begin atomic select private.mark_thread_read(p_thread_id, p_seq); end;
create function public.merge_contacts(p_winner_id uuid, p_loser_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.merge_contacts(p_winner_id, p_loser_id); end;
create function public.merge_threads(p_winner_id uuid, p_loser_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.merge_threads(p_winner_id, p_loser_id); end;
comment on function public.take_over_thread(uuid) is 'Take a conversation over from the AI. Agents.';
comment on function public.hand_back_thread(uuid) is 'Let the AI answer again. Agents.';
comment on function public.assign_thread(uuid, uuid) is 'Give a conversation to a member, or to nobody. Agents.';
comment on function public.label_thread(uuid, text[], text[]) is 'Add and remove labels. Agents.';
comment on function public.snooze_thread(uuid, timestamptz) is
'Put a conversation away until a moment, or until the contact writes. Agents.';
comment on function public.close_thread(uuid) is 'Close a conversation; a new message reopens it. Agents.';
comment on function public.archive_thread(uuid) is 'Archive a conversation; a new message reopens it. Agents.';
comment on function public.reopen_thread(uuid) is 'Reopen a conversation. Agents.';
comment on function public.mark_thread_read(uuid, bigint) is 'The staff has read a thread up to a seq. Agents.';
comment on function public.merge_contacts(uuid, uuid) is 'Merge two records of one person. Agents.';
comment on function public.merge_threads(uuid, uuid) is 'Merge two conversations of one contact. Agents.';

create function private.wake_snoozed() returns bigint
language sql volatile security definer set search_path = '' as $$
  with due as (
    select t.tenant_id, t.id from public.et_threads as t
    where t.status = 'snoozed' and t.snoozed_until <= now()
    for no key update skip locked
  ), woken as (
    update public.et_threads as t set status = 'open', snoozed_until = null from due as d
    where t.tenant_id = d.tenant_id and t.id = d.id returning t.id
  )
  select count(*) from woken
$$;
comment on function private.wake_snoozed() is
'Definer, for the housekeeper: threads whose snooze ended are open again; one that somebody holds is left to the next '
'round, so that nobody is waited for with others in hand.';

grant execute on function private.set_thread(uuid, text, jsonb), private.mark_thread_read(uuid, bigint),
private.merge_contacts(uuid, uuid), private.merge_threads(uuid, uuid),
public.take_over_thread(uuid), public.hand_back_thread(uuid),
public.assign_thread(uuid, uuid), public.label_thread(uuid, text[], text[]), public.snooze_thread(uuid, timestamptz),
public.close_thread(uuid), public.archive_thread(uuid), public.reopen_thread(uuid), public.mark_thread_read(uuid,
  bigint),
public.merge_contacts(uuid, uuid), public.merge_threads(uuid, uuid) to authenticated;
grant execute on function private.classify_access(text, uuid, text) to parley_api;
grant execute on function private.wake_snoozed() to parley_worker;
