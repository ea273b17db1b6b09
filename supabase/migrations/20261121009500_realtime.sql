-- Chapter: realtime. What is pushed to clients, and who may hear it. Broadcasts from the database on private topics:
--
--   thread:<thread id>    who takes part in it, and the staff where the tenant is a party; typing and presence too
--   desk:<thread id>      the staff alone, where the tenant is a party: who of them has it open, and writes; what
--                         became of what was sent
--   inbox:<tenant id>     the staff of a tenant
--   user:<user id>        one person, on all his devices
--
--   et_messages, et_threads, thread_participants ──trigger──▶ private.hint() ──▶ realtime.send() ──▶ realtime.messages
--   a member, participant or contact loses a right ──trigger──▶ NOTIFY et_realtime 'user:<id>' ──▶ judged anew
--   what people write is judged from now on, or no more ──trigger──▶ NOTIFY et_realtime 'policy:<tenant id>'
--
-- A push is a hint: ids, seq and rev, never a body. Whoever reads it asks with his own rights. Mail and other outside
-- channels are told to the inbox by the inbound worker, many at once, so that ingest does not pay for it. Nothing else
-- is created in schema realtime than policies: there, hosted Supabase is at home.

-- ── who may hear and speak ───────────────────────────────────────────────────────────────────────────────────────

create function private.topic_right() returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_topic text := current_setting('realtime.topic', true);
  v_id uuid;
  v_thread record;
begin
  if v_topic !~* '^(thread|desk|inbox|user):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' or v_topic is null then
    return null;
  end if;
  v_id := split_part(v_topic, ':', 2)::uuid;
  if v_topic like 'user:%' then
    return case when v_id = private.current_user_id() then 'write' end;
  elsif v_topic like 'inbox:%' then
    return case when v_id = private.current_tenant() then private.staff_right() end;
  end if;
  select t.tenant_id, t.staff_readable into v_thread from public.et_threads as t where t.id = v_id limit 1;
  if v_topic like 'thread:%' and exists (
    select from public.thread_participants as p
    where p.tenant_id = v_thread.tenant_id and p.thread_id = v_id and p.user_id = private.current_user_id()
      and p.left_at is null) then
    return 'write';
  end if;
  return case when v_thread.staff_readable and v_thread.tenant_id = private.current_tenant()
    then private.staff_right() end;
end
$$;
comment on function private.topic_right() is
'Definer, for the policies of realtime.messages: what the caller may do on the topic he asks for: read, write (which '
'includes reading) or null. Two index probes.';

create function private.staff_right() returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return case when 'send' = any(private.current_scopes()) then 'write' else 'read' end;
end
$$;
comment on function private.staff_right() is
'Definer: staff who may send may show that they type; viewers only listen.';

create function private.topic_voice() returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_topic text := current_setting('realtime.topic', true);
  v_tenant uuid;
begin
  if private.topic_right() is distinct from 'write' then
    return null;
  elsif v_topic not like 'thread:%' then
    return 'anything';
  end if;
  select t.tenant_id into v_tenant from public.et_threads as t where t.id = split_part(v_topic, ':', 2)::uuid limit 1;
  if not private.moderates(v_tenant, 'people') or private.is_of_business(v_tenant) then
    return 'anything';
  end if;
  return case when not exists (
    select from public.tenant_settings as s where s.tenant_id = v_tenant and s.live_signs = 'none') then 'signs' end;
end
$$;
comment on function private.topic_voice() is
'Definer, for the policies of realtime.messages and the gateway: what the caller may say himself on the topic he asks '
'for: anything; where what people write is judged, only signs without words (typing, being there), whose shape the '
'gateway holds; null for nothing. A topic on which people reach each other is one of a conversation.';

create policy messages_select_reader on realtime.messages for select to authenticated
using (topic = (select current_setting('realtime.topic', true)) and (select private.topic_right()) is not null);
create policy messages_insert_writer on realtime.messages for insert to authenticated
with check (
  topic = (select current_setting('realtime.topic', true)) and extension in ('broadcast', 'presence')
  and (select private.topic_voice()) is not null
);

create function private.log_denied_topic(p_claims jsonb, p_topic text, p_action text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_kind text := split_part(p_topic, ':', 1);
  v_owner uuid;
begin
  if p_topic !~* '^(thread|desk|inbox|user):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return;
  end if;
  perform set_config('request.jwt.claims', p_claims::text, true);
  v_owner := private.owner_of(case v_kind when 'inbox' then 'tenant' when 'user' then 'member' else 'thread' end,
    split_part(p_topic, ':', 2)::uuid);
  if v_owner is not null and private.is_home(v_owner) is not true then
    perform private.log_denial(v_owner, 'realtime', left(p_action, 100), 'topic', p_topic);
  end if;
end
$$;
comment on function private.log_denied_topic(jsonb, text, text) is
'Definer, for the Realtime gateway: keeps an attempt on a topic of another tenant; p_claims are the verified claims.';

-- ── hints ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.hint(p_topic text, p_event text, p_payload jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_topic text := current_setting('realtime.topic', true);
begin
  perform realtime.send(p_payload, p_event, p_topic, true);
  perform set_config('realtime.topic', coalesce(v_topic, ''), true); -- realtime.send() leaves its own behind
end
$$;
comment on function private.hint(text, text, jsonb) is
'Definer: writes one broadcast. realtime.send() turns its own failure into a warning: no message is lost for a hint.';

create function private.hint_thread(
  p_tenant_id uuid, p_thread_id uuid, p_event text, p_payload jsonb, p_staff boolean, p_but uuid default null
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid;
begin
  perform private.hint('thread:' || p_thread_id::text, p_event, p_payload);
  for v_user in
    select p.user_id from public.thread_participants as p
    where p.tenant_id = p_tenant_id and p.thread_id = p_thread_id and p.left_at is null
      and p.user_id is distinct from p_but
  loop
    perform private.hint('user:' || v_user::text, p_event, p_payload);
  end loop;
  if p_staff then
    perform private.hint('inbox:' || p_tenant_id::text, p_event, p_payload);
  end if;
end
$$;
comment on function private.hint_thread(uuid, uuid, text, jsonb, boolean, uuid) is
'Definer: tells a thread''s topic, each participant (but p_but) on his own, and the inbox where the tenant is a party.';

create function private.hint_inboxes(p_thread_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_inbox record;
  v_told integer := 0;
begin
  for v_inbox in
    select t.tenant_id, jsonb_agg(jsonb_build_object(
      'thread_id', t.id, 'seq', t.last_seq, 'rev', t.last_rev, 'unread_count', t.unread_count)) as threads
    from (select distinct i.id from unnest(p_thread_ids) as i (id)) as i
    inner join public.et_threads as t on i.id = t.id
    where t.staff_readable
    group by t.tenant_id
  loop
    perform private.hint('inbox:' || v_inbox.tenant_id::text, 'inbox.changed',
      jsonb_build_object('tenant_id', v_inbox.tenant_id, 'threads', v_inbox.threads));
    v_told := v_told + 1;
  end loop;
  return v_told;
end
$$;
comment on function private.hint_inboxes(uuid[]) is
'Definer, for the inbound worker: one hint for each tenant, naming its threads with their seq and rev.';

create function private.hint_message(p_message public.et_messages, p_event text, p_shown boolean) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payload jsonb := jsonb_build_object(
    'thread_id', p_message.thread_id, 'message_id', p_message.id, 'seq', p_message.seq, 'rev', p_message.rev,
    'kind', p_message.message_type, 'sender_user_id', p_message.sender_user_id);
begin
  if p_shown then
    perform private.hint_thread(p_message.tenant_id, p_message.thread_id, p_event, v_payload, p_message.staff_readable);
    return;
  end if;
  if p_message.sender_user_id is not null then
    perform private.hint('user:' || p_message.sender_user_id::text, p_event, v_payload);
  end if;
  if p_message.staff_readable then
    perform private.hint('inbox:' || p_message.tenant_id::text, p_event, v_payload);
  end if;
end
$$;
comment on function private.hint_message(public.et_messages, text, boolean) is
'Definer: tells that there is a message, or that one changed for its readers. Ids, seq and rev, no word of it. New '
'ones are told by private.place_message(). Of one that those who take part may not read yet (p_shown is false: held '
'back, or still to be sent) only its sender and the staff hear.';

create function private.tg_messages__hint() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Whoever saw it must hear that it is withdrawn.
  perform private.hint_message(new, 'message.changed', case when new.channel = 'in_app'
    then private.is_shown(new.moderation_status, new.direction, new.delivery_status)
    or private.is_shown(old.moderation_status, old.direction, old.delivery_status)
    else 'approved' in (new.moderation_status, old.moderation_status)
    or 'filtered' in (new.moderation_status, old.moderation_status) end);
  return null;
end
$$;
comment on function private.tg_messages__hint() is 'Definer: tells that a message changed for its readers.';

create function private.tg_messages__hint_sent() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_shown boolean := private.is_shown(new.moderation_status, new.direction, new.delivery_status);
begin
  if v_shown <> private.is_shown(old.moderation_status, old.direction, old.delivery_status) then
    perform private.hint_message(new, case when v_shown then 'message.new' else 'message.changed' end, true);
  end if;
  return null;
end
$$;
comment on function private.tg_messages__hint_sent() is
'Definer: what the business writes in the app is told to those who take part once it was sent, and when it came to '
'nothing after all.';

create function private.tg_messages__hint_dispatch() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.hint('desk:' || new.thread_id::text, 'delivery.changed', jsonb_build_object(
    'thread_id', new.thread_id, 'message_id', new.id, 'seq', new.seq, 'delivery_status', new.delivery_status));
  return null;
end
$$;
comment on function private.tg_messages__hint_dispatch() is
'Definer: tells those of the staff who have the conversation open, and nobody else, what became of a message of the '
'business: it takes no rev, so nobody would ask for it.';

create function private.tg_threads__hint() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_place jsonb := jsonb_build_object('thread_id', new.id, 'seq', new.last_seq, 'rev', new.last_rev);
begin
  if not new.staff_readable or (old.subject, old.merged_into) is distinct from (new.subject, new.merged_into) then
    perform private.hint_thread(new.tenant_id, new.id, 'thread.changed', case when new.staff_readable then v_place
      else v_place || jsonb_build_object('status', new.status) end, false);
  end if;
  if new.staff_readable then
    perform private.hint('inbox:' || new.tenant_id::text, 'thread.changed', v_place || jsonb_build_object(
      'status', new.status));
  end if;
  return null;
end
$$;
comment on function private.tg_threads__hint() is
'Definer: tells that a thread is another than before: status, who is in control, assignee, labels, subject, merge. '
'Where the tenant is a party its inbox hears all of that, those who take part only of subject and merge.';

create function private.tg_notes__hint() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.hint('inbox:' || coalesce(new.tenant_id, old.tenant_id)::text, 'note.changed', jsonb_build_object(
    'thread_id', coalesce(new.thread_id, old.thread_id), 'note_id', coalesce(new.id, old.id)));
  return null;
end
$$;
comment on function private.tg_notes__hint() is
'Definer: tells the staff, on its own topic and on no other, that a note came, changed or went. Ids, no word of it.';

create function private.tg_participants__hint() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_seen boolean := tg_op = 'UPDATE' and new.left_at is not distinct from old.left_at;
  v_payload jsonb := jsonb_build_object('thread_id', new.thread_id, 'user_id', new.user_id) || case when v_seen
    then jsonb_build_object('last_read_seq', new.last_read_seq, 'last_delivered_seq', new.last_delivered_seq)
    else jsonb_build_object('left', new.left_at is not null) end;
  v_event text := case when v_seen then 'cursor.moved' else 'participant.changed' end;
begin
  perform private.hint('thread:' || new.thread_id::text, v_event, v_payload);
  perform private.hint('user:' || new.user_id::text, v_event, v_payload);
  return null;
end
$$;
comment on function private.tg_participants__hint() is
'Definer: tells the thread and the person himself how far he has read, that he came, or that he left.';

create function private.tg_participants__hint_own() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.hint('user:' || new.user_id::text, 'conversation.changed', jsonb_build_object(
    'thread_id', new.thread_id, 'user_id', new.user_id, 'archived', new.archived_at is not null,
    'muted', coalesce(new.muted_until > clock_timestamp(), false), 'blocked', new.blocked_at is not null));
  return null;
end
$$;
comment on function private.tg_participants__hint_own() is
'Definer: tells a person''s other devices, and nobody else, that he archived, muted or blocked, or no longer does.';

create trigger et_messages_900_hint_changed
after update of rev, body, subject, moderation_status, deleted_at, edited_at on public.et_messages
for each row when (old.rev <> new.rev and new.erased_at is null) execute function private.tg_messages__hint();
create trigger et_messages_910_hint_sent after update of delivery_status on public.et_messages
for each row when (
  new.channel = 'in_app' and new.direction = 'outbound' and new.erased_at is null
  and old.delivery_status <> new.delivery_status
)
execute function private.tg_messages__hint_sent();
create trigger et_messages_920_hint_dispatch after update of delivery_status on public.et_messages
for each row when (
  new.direction = 'outbound' and new.staff_readable and new.erased_at is null
  and new.sender_kind in ('agent', 'ai') -- reports and notices nobody watches
  and old.delivery_status <> new.delivery_status and new.delivery_status not in ('queued', 'sending')
)
execute function private.tg_messages__hint_dispatch();
create trigger et_threads_900_hint
after update of status, control, assignee_id, labels, folder, subject, snoozed_until, merged_into on public.et_threads
for each row when (
  (old.status, old.control, old.assignee_id, old.labels, old.folder, old.subject, old.snoozed_until, old.merged_into)
  is distinct from
  (new.status, new.control, new.assignee_id, new.labels, new.folder, new.subject, new.snoozed_until, new.merged_into)
)
execute function private.tg_threads__hint();
create trigger thread_notes_900_hint after insert or update or delete on public.thread_notes
for each row execute function private.tg_notes__hint();
create trigger thread_participants_900_hint_new after insert on public.thread_participants
for each row execute function private.tg_participants__hint();
create trigger thread_participants_900_hint_changed
after update of last_read_seq, last_delivered_seq, left_at on public.thread_participants
for each row when (
  (old.last_read_seq, old.last_delivered_seq, old.left_at)
  is distinct from (new.last_read_seq, new.last_delivered_seq, new.left_at)
)
execute function private.tg_participants__hint();
create trigger thread_participants_905_hint_own
after update of archived_at, muted_until, blocked_at on public.thread_participants
for each row when (
  new.left_at is null and (old.archived_at, old.muted_until, old.blocked_at)
  is distinct from (new.archived_at, new.muted_until, new.blocked_at)
)
execute function private.tg_participants__hint_own();

-- ── rights that end ──────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_any__judge_user() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pg_notify('et_realtime', 'user:' || (to_jsonb(old) ->> tg_argv[0]));
  return null;
end
$$;
comment on function private.tg_any__judge_user() is
'Tells the Realtime gateway that a user''s rights may have changed: it asks the policies anew. The argument is the '
'column with the user.';

create function private.tg_tenants__judge() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pg_notify('et_realtime', 'tenant:' || new.id::text);
  return null;
end
$$;
comment on function private.tg_tenants__judge() is
'Tells the Realtime gateway that a whole tenant''s rights may have changed.';

create function private.tg_any__judge_voices() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pg_notify('et_realtime', 'policy:' || coalesce(new.tenant_id, old.tenant_id)::text);
  return null;
end
$$;
comment on function private.tg_any__judge_voices() is
'Tells the Realtime gateway that people may say more, or less, in the conversations of a tenant: it asks anew before '
'the next word of each.';

create trigger active_moderation_910_judge after insert or update of version or delete on public.active_moderation
for each row execute function private.tg_any__judge_voices();
create trigger tenant_settings_910_judge after update of live_signs on public.tenant_settings
for each row when (old.live_signs <> new.live_signs) execute function private.tg_any__judge_voices();
create trigger tenant_members_910_judge after update or delete on public.tenant_members
for each row execute function private.tg_any__judge_user('user_id');
create trigger thread_participants_910_judge_gone after delete on public.thread_participants
for each row execute function private.tg_any__judge_user('user_id');
create trigger thread_participants_910_judge_left after update of left_at on public.thread_participants
for each row when (old.left_at is null and new.left_at is not null)
execute function private.tg_any__judge_user('user_id');
create trigger contacts_910_judge after update of auth_user_id on public.contacts
for each row when (old.auth_user_id is not null and old.auth_user_id is distinct from new.auth_user_id)
execute function private.tg_any__judge_user('auth_user_id');
create trigger tenants_910_judge after update of status on public.tenants
for each row when (old.status is distinct from new.status) execute function private.tg_tenants__judge();

-- ── housekeeping ─────────────────────────────────────────────────────────────────────────────────────────────────

create function private.sweep_hints() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_swept integer := 0;
begin
  -- Hosted Supabase drops whole days of its own accord, and lets nobody delete.
  if to_regclass('realtime.messages_all_days') is null then
    return 0;
  end if;
  execute 'delete from realtime.messages_all_days as m where m.inserted_at < now() - interval ''3 days''';
  get diagnostics v_swept = row_count;
  return v_swept;
exception when insufficient_privilege then
  return 0;
end
$$;
comment on function private.sweep_hints() is
'Definer, for the housekeeper: hints older than hosted Supabase keeps them, where one table holds every day.';

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

do $$
begin
  -- Following the log is a right of the role that migrates, hosted too; without it rows are looked up.
  if (select r.rolreplication or r.rolsuper from pg_roles as r where r.rolname = current_user) then
    alter role parley_realtime replication;
  end if;
end
$$;
-- It becomes whoever joins, for as long as his policies are asked, and by itself may do next to nothing.
grant anon, authenticated, service_role to parley_realtime with inherit false, set true; -- noqa: PRS
grant usage on schema private to parley_realtime;
grant execute on function private.topic_right(), private.topic_voice() to authenticated;
grant execute on function private.topic_voice() to parley_realtime;
grant execute on function private.log_denied_topic(jsonb, text, text) to parley_realtime;
grant execute on function private.hint_inboxes(uuid[]), private.sweep_hints() to parley_worker;
