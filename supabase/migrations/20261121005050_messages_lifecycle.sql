-- Chapter: messages, the lifecycle. Which folder a message asks for, which way it may go, and what of it never changes;
-- the triggers are below the assignment's, in the next file.

-- ── lifecycle ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.folder_of(p_spam_score real, p_auto_class text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case
    when p_spam_score >= 0.9 then 'spam'
    when p_auto_class in ('list', 'bulk', 'report') then 'automated'
    else 'inbox'
  end;
end
$$;
comment on function private.folder_of(real, text) is 'The folder a message asks for.';

create function private.is_transition(p_from text, p_to text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_from
    when 'received' then p_to = 'inbound_processing'
    when 'inbound_processing'
      then p_to in ('received', 'inbound_ai_replied', 'inbound_human_takeover', 'inbound_error')
    when 'inbound_error' then p_to = 'received'
    when 'queued' then p_to in ('sending', 'cancelled', 'failed')
    when 'sending' then p_to in ('queued', 'sent', 'failed', 'bounced', 'cancelled', 'dispatch_unknown')
    when 'dispatch_unknown' then p_to in ('sent', 'delivered', 'read', 'failed', 'bounced')
    when 'sent' then p_to in ('delivered', 'read', 'bounced', 'failed')
    when 'failed' then p_to in ('delivered', 'bounced', 'read')
    when 'delivered' then p_to in ('read', 'bounced')
    when 'bounced' then p_to = 'read'
    else false
  end;
end
$$;
comment on function private.is_transition(text, text) is
'The whole lifecycle of messages and queue rows in one place. What is not listed is refused.';

create function private.refuse_erased_thread(p_tenant_id uuid, p_thread_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (
    select from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.id = p_thread_id and t.erased_at is not null) then
    raise exception 'the conversation was erased while a message came in'
      using errcode = 'serialization_failure', hint = 'Try again: the message begins a new conversation.';
  end if;
end
$$;
comment on function private.refuse_erased_thread(uuid, uuid) is
'Definer: a receiver that had found this thread before it was erased looks again, and finds another.';

create function private.is_shown(p_moderation_status text, p_direction text, p_delivery_status text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_moderation_status in ('approved', 'filtered')
    and (p_direction <> 'outbound' or p_delivery_status in ('sent', 'delivered', 'read'));
end
$$;
comment on function private.is_shown(text, text, text) is
'Whether those who take part in a conversation see a message: not held back, and what the business writes once it was '
'sent: a follow-up waits for its day.';

create function private.tg_messages__guard() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.delivery_status is distinct from old.delivery_status
    and not private.is_transition(old.delivery_status, new.delivery_status) then
    raise exception 'a message does not go from % to %', old.delivery_status, new.delivery_status
      using errcode = 'PT409', hint = 'See the lifecycle in the DBA guide.', detail = jsonb_build_object(
        'code', 'refused_transition', 'from', old.delivery_status, 'to', new.delivery_status)::text;
  end if;
  if (new.tenant_id, new.id, new.thread_id, new.seq, new.channel, new.direction, new.sender, new.created_at)
    is distinct from
    (old.tenant_id, old.id, old.thread_id, old.seq, old.channel, old.direction, old.sender, old.created_at)
    or (new.message_type = 'template') <> (old.message_type = 'template') -- judged and sent another way
    or (old.external_message_id is not null and new.external_message_id is distinct from old.external_message_id
      and (old.erased_at is not null or new.erased_at is null)) then
    raise exception 'the place, sender and ids of a message never change'
      using errcode = 'PT409', detail = '{"code": "immutable"}', hint = 'Write a new message.';
  end if;
  if old.erased_at is not null and (new.delivery_status = 'received' or (
    new.body, new.subject, new.sender_name, new.sender_address, new.client_message_id, new.content_digest,
    new.reference_ids, new.metadata, new.search_vector, new.erased_at) is distinct from (
    old.body, old.subject, old.sender_name, old.sender_address, old.client_message_id, old.content_digest,
    old.reference_ids, old.metadata, old.search_vector, old.erased_at)) then
    raise exception 'this message was erased'
      using errcode = 'PT409', detail = '{"code": "erased"}', hint = 'Write a new message.';
  end if;
  if new.rev < old.rev then
    raise exception 'rev only grows' using errcode = 'PT409', detail = '{"code": "head_regressed"}',
      hint = 'Leave rev alone.';
  end if;
  return new;
end
$$;
comment on function private.tg_messages__guard() is
'Refuses transitions the lifecycle does not know, any change of a message''s identity, and writing on a tombstone.';

create function private.next_rev(p_message public.et_messages) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
  v_preview text;
begin
  -- The thread first: what is newest is looked up under its lock.
  update public.et_threads as t set last_rev = t.last_rev + 1
  where t.tenant_id = p_message.tenant_id and t.id = p_message.thread_id returning t.* into v_thread;
  select n.preview into v_preview from (
    (select m.seq, left(m.body, 160) as preview from public.et_messages as m
      where m.tenant_id = p_message.tenant_id and m.thread_id = p_message.thread_id and m.id <> p_message.id
        and m.moderation_status in ('approved', 'filtered') and (v_thread.channel <> 'in_app' or private.is_shown(
          m.moderation_status, m.direction, m.delivery_status))
      order by m.seq desc limit 1)
    union all
    select p_message.seq, left(p_message.body, 160)
    where p_message.moderation_status in ('approved', 'filtered') and (v_thread.channel <> 'in_app'
      or private.is_shown(p_message.moderation_status, p_message.direction, p_message.delivery_status))) as n
  order by n.seq desc limit 1;
  if v_preview is distinct from v_thread.preview then
    update public.et_threads as t set preview = v_preview
    where t.tenant_id = v_thread.tenant_id and t.id = v_thread.id;
  end if;
  return v_thread.last_rev;
end
$$;
comment on function private.next_rev(public.et_messages) is
'Definer: moves the thread head for a message that is about to change to what is given: the next rev, and the preview, '
'which is the newest message that is shown. In the app its customer reads the same row: there, what is still to be '
'sent is none.';

create function private.tg_messages__take_rev() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  new.rev := private.next_rev(new);
  if old.search_vector is not null then
    new.search_vector := case when new.deleted_at is null
      then to_tsvector('simple', concat_ws(' ', new.subject, left(new.body, 100000))) end;
  end if;
  return new;
end
$$;
comment on function private.tg_messages__take_rev() is
'Definer: moves the thread head. What readers see changed, so the row takes a new rev under the thread''s lock; '
'preview and search index follow.';

create function private.tg_messages__refuse_delete() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'messages are not deleted'
    using errcode = 'PT405', detail = '{"code": "append_only"}',
      hint = 'Erase the body and keep the row, so that seq and counts stay true.';
end
$$;
comment on function private.tg_messages__refuse_delete() is 'Rows stay as tombstones; erasure empties them.';
