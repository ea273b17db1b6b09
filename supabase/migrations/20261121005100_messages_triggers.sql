-- Chapter: messages, part two. Dedupe, thread assignment, order and the lifecycle, as triggers: no AI, no outside call.
--
-- Locks are always taken in this order: dedupe key → new address → thread row. A transaction that inserts several
-- messages should do so through private.ingest_messages(), which sorts them; others may be asked to retry (40P01).

-- ── assignment ───────────────────────────────────────────────────────────────────────────────────────────────────

create function private.qualified_external_id(
  p_tenant_id uuid, p_channel text, p_external_message_id text, p_content_digest bytea
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_known bytea;
begin
  select m.content_digest into v_known from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.channel = p_channel and m.external_message_id = p_external_message_id;
  if not found then
    return p_external_message_id;
  end if;
  if v_known is not distinct from p_content_digest or p_content_digest is null then
    return null;
  end if;
  if exists (
    select from public.et_messages as m
    where m.tenant_id = p_tenant_id and m.channel = p_channel
      and m.external_message_id = p_external_message_id || '#' || encode(p_content_digest, 'hex')
  ) then
    return null;
  end if;
  return p_external_message_id || '#' || encode(p_content_digest, 'hex');
end
$$;
comment on function private.qualified_external_id(uuid, text, text, bytea) is
'Definer. Null: seen before. The id itself: new. id#digest: somebody reused the id of another message. Call it '
'under the key''s lock.';

create function private.referenced_thread(
  p_tenant_id uuid, p_channel text, p_session_id uuid, p_contact_id uuid, p_references text[]
) returns uuid
language sql stable security definer set search_path = '' as $$
  select coalesce(t.merged_into, t.id)
  from unnest(p_references) with ordinality as r (external_id, n)
  inner join public.et_messages as m
    on m.tenant_id = p_tenant_id and m.channel = p_channel and m.external_message_id = r.external_id
  inner join public.et_threads as t on t.tenant_id = m.tenant_id and t.id = m.thread_id
  where t.channel_session_id = p_session_id
    and p_contact_id in (t.contact_id, private.canonical_contact(p_tenant_id, t.contact_id))
  order by r.n desc
  limit 1
$$;
comment on function private.referenced_thread(uuid, text, uuid, uuid, text[]) is
'Definer: the thread of the newest referenced message, inside the same contact and session only: nobody enters a '
'thread by quoting its ids.';

create function private.find_or_create_thread(p_message public.et_messages, p_rule text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_rule text := p_rule;
  v_key text;
  v_thread uuid;
  v_said text;
  v_locked boolean := false;
begin
  if v_rule = 'email_reference' then
    v_thread := private.referenced_thread(p_message.tenant_id, p_message.channel, p_message.channel_session_id,
      p_message.sender_contact_id, p_message.reference_ids);
    if v_thread is not null then
      return v_thread;
    end if;
  elsif v_rule not in ('channel_contact') then
    v_rule := 'channel_contact';
  end if;
  v_key := private.thread_scope_key(v_rule, p_message.channel_session_id, p_message.sender_contact_id,
    p_root => p_message.external_message_id);
  loop
    select coalesce(t.merged_into, t.id) into v_thread from public.et_threads as t
    where t.tenant_id = p_message.tenant_id and t.scope_key = v_key;
    exit when found;
    select coalesce(t.merged_into, t.id) into v_thread from public.thread_aliases as a
    inner join public.et_threads as t on t.tenant_id = a.tenant_id and t.id = a.thread_id
    where a.tenant_id = p_message.tenant_id and a.scope_key = v_key;
    exit when found;
    if not v_locked then
      -- A merge that makes an alias of this key holds the same lock: one key never leads to two threads.
      perform pg_advisory_xact_lock(hashtextextended(p_message.tenant_id::text || v_key, 2));
      v_locked := true;
      continue;
    end if;
    v_said := private.said_folder(p_message.tenant_id, p_message.sender_contact_id);
    insert into public.et_threads (
      tenant_id, channel, channel_session_id, contact_id, scope_rule, scope_key, subject, folder, folder_said_seq)
    values (
      p_message.tenant_id, p_message.channel, p_message.channel_session_id, p_message.sender_contact_id, v_rule, v_key,
      left(p_message.subject, 500), coalesce(v_said, private.folder_of(p_message.spam_score, p_message.auto_class)),
      case when v_said is not null then 0 end)
    on conflict (tenant_id, scope_key) do nothing
    returning id into v_thread;
    exit when found;
  end loop;
  return v_thread;
end
$$;
comment on function private.find_or_create_thread(public.et_messages, text) is
'Definer. Where an inbound message belongs: referenced thread, scope key, alias, else a new thread. Two first '
'messages race to one thread.';

create function private.refuse_message(p_tenant_id uuid, p_thread_id uuid, p_sender_kind text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_sender_kind = 'ai' and exists (
    select from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.id = p_thread_id and t.erased_at is null) then
    raise exception 'the conversation moved on while the AI was answering'
      using errcode = 'PT409', detail = '{"code": "fence_moved"}', hint = 'Decide again on what is there now.';
  end if;
  if exists (
    select from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.id = p_thread_id and t.erased_at is not null) then
    raise exception 'this conversation was erased'
      using errcode = 'PT409', detail = '{"code": "erased", "field": "thread_id"}',
        hint = 'Whoever writes again begins a new one.';
  end if;
  raise exception 'no such thread in this tenant'
    using errcode = 'PT404', detail = '{"code": "not_found", "field": "thread_id"}', hint = 'Check the thread id.';
end
$$;
comment on function private.refuse_message(uuid, uuid, text) is
'Definer: says why a message found no place: its fence moved, its thread was erased, or there is none.';

create function private.place_inbound(p_message public.et_messages, p_rule text) returns public.et_messages
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_message.sender_contact_id is null then
    p_message.sender_contact_id := private.find_or_create_contact(p_message.tenant_id,
      private.address_kind(p_message.channel), p_message.sender_address, p_message.sender_name);
  else
    p_message.sender_contact_id := private.canonical_contact(p_message.tenant_id, p_message.sender_contact_id);
  end if;
  p_message.thread_id := private.find_or_create_thread(p_message, p_rule);
  return p_message;
end
$$;
comment on function private.place_inbound(public.et_messages, text) is
'Definer. Contact and thread of an inbound message that the trigger''s own look-up did not find.';

create function private.take_place(p_message public.et_messages, p_search_policy text) returns public.et_messages
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_inbound boolean := p_message.direction = 'inbound';
  v_reopens boolean := v_inbound or p_message.sender_kind = 'agent';
  v_shown boolean := p_message.moderation_status in ('approved', 'filtered');
  v_sent boolean := p_message.direction <> 'outbound' or p_message.delivery_status in ('sent', 'delivered', 'read');
  v_unspammed boolean := v_inbound and coalesce(p_message.spam_score < 0.9, true)
    and p_message.auto_class not in ('list', 'bulk', 'report');
  v_policy text; -- of the thread; a second look needs p_search_policy again
begin
  loop
    update public.et_threads as t set
      last_seq = t.last_seq + 1,
      last_rev = t.last_rev + 1,
      last_inbound_seq = case when v_inbound then t.last_seq + 1 else t.last_inbound_seq end,
      unread_count = t.unread_count + v_inbound::integer,
      folder = case when v_unspammed and t.folder_said_seq is null then 'inbox' else t.folder end,
      status = case when v_reopens then 'open' else t.status end,
      snoozed_until = case when not v_reopens then t.snoozed_until end,
      closed_at = case when not v_reopens then t.closed_at end,
      last_message_at = clock_timestamp(),
      last_direction = p_message.direction,
      preview = case when v_shown and (v_sent or t.channel <> 'in_app') then left(p_message.body, 160)
        else t.preview end
    where t.tenant_id = p_message.tenant_id and t.id = p_message.thread_id and (not v_inbound or t.merged_into is null)
      and t.erased_at is null
      and (p_message.sender_kind <> 'ai' or (t.control = 'ai' and t.control_epoch = p_message.control_epoch
        and t.last_inbound_seq = p_message.based_on_seq))
    returning t.last_seq, t.last_rev, t.staff_readable, coalesce(t.search_policy, p_search_policy), t.last_message_at
    into p_message.seq, p_message.rev, p_message.staff_readable, v_policy, p_message.created_at;
    exit when found or not v_inbound;
    -- Merged since the look-up: what comes in goes on to the winner. Erased since: the look-up is made again.
    perform private.refuse_erased_thread(p_message.tenant_id, p_message.thread_id);
    select t.merged_into into p_message.thread_id from public.et_threads as t
    where t.tenant_id = p_message.tenant_id and t.id = p_message.thread_id;
    exit when p_message.thread_id is null;
  end loop;
  if p_message.seq is null then
    perform private.refuse_message(p_message.tenant_id, p_message.thread_id, p_message.sender_kind);
  end if;
  p_message.search_vector := case when v_policy = 'full'
    then to_tsvector('simple', concat_ws(' ', p_message.subject, left(p_message.body, 100000))) end;
  if v_inbound then
    insert into private.inbound_work (tenant_id, thread_id, first_seq)
    values (p_message.tenant_id, p_message.thread_id, p_message.seq)
    on conflict (tenant_id, thread_id) do nothing;
  end if;
  return p_message;
end
$$;
comment on function private.take_place(public.et_messages, text) is
'Definer: moves the head of the message''s thread and gives the message its seq and rev; inbound gets a work row. A '
'message that is held back does not show in the preview, nor, in the app, where its customer reads the same row, one '
'that is still to be sent.';

create function private.place_message(p_message public.et_messages) returns public.et_messages
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_inbound boolean := p_message.direction = 'inbound';
  v_seen boolean;
  v_rule text;
  v_search text;
  v_waits boolean := false;
begin
  if p_message.client_message_id is not null then
    perform pg_advisory_xact_lock(hashtextextended(
      p_message.tenant_id::text || p_message.sender || ':' || p_message.client_message_id, 1));
    if exists (
      select from public.et_messages as m where m.tenant_id = p_message.tenant_id and m.sender = p_message.sender
        and m.client_message_id = p_message.client_message_id) then
      return null;
    end if;
  end if;
  select d.id is not null, coalesce(s.thread_scopes ->> p_message.channel, 'channel_contact'), s.search_policy, e.epoch
  into v_seen, v_rule, v_search, p_message.feed_epoch
  from public.tenant_settings as s
  cross join private.feed_epochs as e
  left join public.et_messages as d on d.tenant_id = p_message.tenant_id and d.channel = p_message.channel
    and d.external_message_id = p_message.external_message_id
  where s.tenant_id = p_message.tenant_id;
  if v_seen then
    p_message.external_message_id := private.qualified_external_id(
      p_message.tenant_id, p_message.channel, p_message.external_message_id, p_message.content_digest);
    if p_message.external_message_id is null then
      return null;
    end if;
  end if;
  if v_inbound then
    if exists (
      select from public.et_messages as m where m.tenant_id = p_message.tenant_id and m.channel = p_message.channel
        and m.external_message_id = private.salted_digest(p_message.tenant_id, p_message.external_message_id)) then
      return null; -- read once more from where its sender left it: it stays erased
    end if;
    p_message := private.place_inbound(p_message, coalesce(v_rule, 'channel_contact'));
    p_message.sender := 'contact:' || p_message.sender_contact_id::text;
    p_message.sender_kind := 'contact';
    p_message.delivery_status := 'received';
  end if;
  if not v_inbound and private.is_gated(p_message) then
    p_message.moderation_status := 'pending'; -- whatever its writer asked for
    p_message.content_digest := null; -- the digest of a short text gives it away
    v_waits := true;
  end if;
  p_message := private.take_place(p_message, v_search);
  if v_waits then
    perform private.await_verdict(p_message.tenant_id, p_message.id);
  end if;
  if (p_message.channel = 'in_app' or p_message.sender_kind = 'agent')
    and p_message.moderation_status in ('approved', 'filtered') then
    perform private.hint_message(p_message, 'message.new', p_message.channel <> 'in_app' or private.is_shown(
      p_message.moderation_status, p_message.direction, p_message.delivery_status));
  end if;
  return p_message;
end
$$;
comment on function private.place_message(public.et_messages) is
'Definer: the place of any message, step by step: dedupe → contact and thread → has it to be judged → seq and '
'rev. Null for a duplicate. Its caller holds the lock of the external id. What people write in the app is told to'
' whoever listens: here, since an AFTER trigger whose WHEN says no would still cost every mail a twentieth.';

create function private.tg_messages__assign() returns trigger
language plpgsql security definer set search_path = '' as $$
-- The hot path: a known address writes in its open thread. Every expression costs a microsecond per message, so one
-- statement looks for a duplicate, finds contact and thread and moves the head; whatever it does not find (new people,
-- duplicates, other rules, closed threads, everything that goes out) is placed step by step.
declare
  v_policy text;
  v_lock text; -- an assignment is evaluated in place; PERFORM would be one more statement
begin
  if new.external_message_id is not null then
    v_lock := pg_advisory_xact_lock(hashtextextended(
      new.tenant_id::text || new.channel || ':' || new.external_message_id, 0));
  end if;
  if new.direction <> 'inbound' or new.sender_contact_id is not null or new.client_message_id is not null
    or new.moderation_status <> 'approved' or new.channel = 'in_app' then
    return private.place_message(new);
  end if;
  update public.et_threads as t set
    last_seq = t.last_seq + 1,
    last_rev = t.last_rev + 1,
    last_inbound_seq = t.last_seq + 1,
    unread_count = t.unread_count + 1,
    last_message_at = clock_timestamp(),
    last_direction = 'inbound',
    preview = left(new.body, 160)
  from public.tenant_settings as s
  cross join public.contact_identities as i
  where s.tenant_id = new.tenant_id and coalesce(s.thread_scopes ->> new.channel, 'channel_contact') = 'channel_contact'
    and i.tenant_id = new.tenant_id and i.address = new.sender_address and i.kind = case
      when new.channel = 'email' then 'email' else private.address_kind(new.channel) end
    and t.tenant_id = new.tenant_id and t.merged_into is null and t.status = 'open' and t.folder = 'inbox'
    and t.scope_key = 'cc:' || new.channel_session_id::text || ':' || i.contact_id::text
    and not exists (
      select from public.et_messages as d where d.tenant_id = new.tenant_id and d.channel = new.channel
        and d.external_message_id = new.external_message_id)
    and not exists (
      -- Nor one that was erased, see private.salted_digest(); most tenants have no salt.
      select from private.tenant_salts as z
      inner join public.et_messages as d on d.tenant_id = z.tenant_id and d.channel = new.channel
        and d.external_message_id = 'erased:'
        || encode(sha256(z.salt || convert_to(new.external_message_id, 'UTF8')), 'hex')
      where z.tenant_id = new.tenant_id)
  returning t.id, t.last_seq, t.last_rev, t.staff_readable, t.last_message_at, coalesce(t.search_policy,
    s.search_policy), i.contact_id, 'contact:' || i.contact_id::text, 'contact', 'received',
    (select e.epoch from private.feed_epochs as e)
  into new.thread_id, new.seq, new.rev, new.staff_readable, new.created_at, v_policy, new.sender_contact_id,
    new.sender, new.sender_kind, new.delivery_status, new.feed_epoch;
  if not found then
    return private.place_message(new);
  end if;
  if v_policy = 'full' then
    new.search_vector := to_tsvector('simple', concat_ws(' ', new.subject, left(new.body, 100000)));
  end if;
  insert into private.inbound_work (tenant_id, thread_id, first_seq) values (new.tenant_id, new.thread_id, new.seq)
  on conflict (tenant_id, thread_id) do nothing;
  return new;
end
$$;
comment on function private.tg_messages__assign() is
'Definer: writes threads, contacts and work rows for whoever may insert a message. Dedupe → contact → thread → seq '
'and rev → work row.';

create function private.tg_inbound_work__wake() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_done text;
begin
  if current_setting('parley.woke_inbound', true) is distinct from 'on' then
    v_done := set_config('parley.woke_inbound', 'on', true);
    -- Only one of many committing transactions notifies; a woken worker looks again until all of them are visible.
    if pg_try_advisory_xact_lock(7100001) then
      v_done := pg_notify('et_inbound', '');
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_inbound_work__wake() is
'At commit, once per transaction: a hint to the inbound workers; a thread that waits already needs no second one. '
'Losing it costs one poll interval.';

-- ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create trigger et_messages_100_assign before insert on public.et_messages
for each row when (new.seq is null) execute function private.tg_messages__assign();
create trigger et_messages_200_guard before update on public.et_messages
for each row execute function private.tg_messages__guard();
create trigger et_messages_210_take_rev before update on public.et_messages
for each row when (
  -- Whoever empties many at once has moved the head for all of them.
  old.rev = new.rev and (old.body, old.subject, old.moderation_status, old.deleted_at, old.edited_at)
  is distinct from (new.body, new.subject, new.moderation_status, new.deleted_at, new.edited_at)
)
execute function private.tg_messages__take_rev();
create trigger et_messages_300_refuse_delete before delete on public.et_messages
for each row execute function private.tg_messages__refuse_delete();
create trigger et_messages_310_refuse_truncate before truncate on public.et_messages
for each statement execute function private.tg_any__refuse();
create constraint trigger inbound_work_900_wake after insert on private.inbound_work
deferrable initially deferred
for each row execute function private.tg_inbound_work__wake();

-- ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.et_messages enable row level security;
alter table public.et_messages force row level security;
alter table public.message_attachments enable row level security;
alter table public.message_attachments force row level security;
alter table private.inbound_work enable row level security;
alter table private.inbound_work force row level security;
alter table private.attachment_blobs enable row level security;
alter table private.attachment_blobs force row level security;

create policy et_messages_select_reader on public.et_messages for select to authenticated
using (
  (tenant_id = (select private.current_tenant()) and staff_readable)
  or (
    (
      sender_user_id = (select private.current_user_id())
      or moderation_status in ('approved', 'filtered')
      and (direction <> 'outbound' or delivery_status in ('sent', 'delivered', 'read'))
    )
    -- limit 1: an `exists` may be planned as a hash of all threads the user takes part in.
    and (
      select true from public.thread_participants as p
      where p.tenant_id = et_messages.tenant_id and p.thread_id = et_messages.thread_id
        and p.user_id = (select private.current_user_id()) and p.left_at is null
      limit 1 -- noqa: AM09
    )
  )
);
create policy et_messages_select_worker on public.et_messages for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy et_messages_insert_worker on public.et_messages for insert to parley_worker
with check (tenant_id = (select private.worker_tenant()));

create policy message_attachments_select_reader on public.message_attachments for select to authenticated
using (
  exists (
    select from public.et_messages as m
    where m.tenant_id = message_attachments.tenant_id and m.id = message_attachments.message_id
  )
);
create policy message_attachments_select_worker on public.message_attachments for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy message_attachments_insert_worker on public.message_attachments for insert to parley_worker
with check (tenant_id = (select private.worker_tenant()));
create policy attachment_blobs_select_worker on private.attachment_blobs for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy attachment_blobs_insert_worker on private.attachment_blobs for insert to parley_worker
with check (tenant_id = (select private.worker_tenant()));
create policy inbound_work_select_worker on private.inbound_work for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.et_messages, public.message_attachments, private.inbound_work, private.attachment_blobs
from public, anon, authenticated, service_role;
grant select on public.et_messages, public.message_attachments to authenticated, service_role, parley_worker;
-- Not seq, rev, staff_readable, search_vector, feed_epoch and xid: they are the database's to give. Only the owner
-- (restore, set-based ingest) brings rows that already have their place.
grant insert (
  tenant_id, id, thread_id, channel, channel_session_id, direction, delivery_status, moderation_status, message_type,
  sender_kind, sender, sender_contact_id, sender_user_id, sender_address, sender_name, subject, body, language,
  external_message_id, client_message_id, content_digest, reference_ids, reply_to_id, context_kind, context_id,
  auto_class, spam_score, control_epoch, based_on_seq, cause_kind, cause_id, metadata, occurred_at, created_at
) on public.et_messages to service_role, parley_worker;
-- No update: texts change through public.edit_message(), which takes locks in order; status, place and fences through
-- functions anyway.
grant insert on public.message_attachments, private.attachment_blobs to parley_worker;
grant select on private.inbound_work, private.attachment_blobs to parley_worker;
-- The guard runs as whoever edits.
grant execute on function private.is_transition(text, text) to service_role;
