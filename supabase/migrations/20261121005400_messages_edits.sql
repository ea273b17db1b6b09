-- Chapter: messages, part five. What is changed after it was sent: edits and withdrawals the channel tells us of, and
-- what the backend changes itself. The row keeps its place, readers get the new text with a new rev.
--
--   receiver ──▶ private.edit_inbound()        backend (service_role) ──▶ public.edit_message()
--
-- What left for a recipient is his. Where the provider shows him what stands here, or nothing has gone yet, a change
-- is one; elsewhere it would only make us forget what he has read, so it is refused unless the caller says that he
-- means our copy ("only_here").

create function private.edit_inbound(
  p_tenant_id uuid, p_channel text, p_external_message_id text, p_body text, p_edited_at timestamptz
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_changed boolean;
begin
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.channel = p_channel and m.external_message_id = p_external_message_id
    and m.direction = 'inbound';
  if v_message.id is null then
    return jsonb_build_object('result', 'unknown');
  end if;
  -- The thread before the message, as every other writer does: two of them never wait for each other.
  perform from public.et_threads as t
  where t.tenant_id = p_tenant_id and t.id = v_message.thread_id for no key update;
  update public.et_messages as m
  set body = coalesce(p_body, ''), edited_at = case when p_body is null then m.edited_at else p_edited_at end,
    deleted_at = case when p_body is null then p_edited_at end
  where m.tenant_id = p_tenant_id and m.id = v_message.id and m.deleted_at is null
    and coalesce(m.edited_at, '-infinity') <= p_edited_at and m.body is distinct from p_body;
  v_changed := found;
  return jsonb_build_object('result', case when v_changed then 'changed' else 'unchanged' end,
    'message_id', v_message.id, 'thread_id', v_message.thread_id);
end
$$;
comment on function private.edit_inbound(uuid, text, text, text, timestamptz) is
'Definer, for receivers: the sender changed his message, or (body null) took it back. An older edit that arrives '
'late changes nothing.';

create function private.refuse_sent(p_message public.et_messages, p_changes jsonb) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_deletes boolean := coalesce((p_changes ->> 'deleted')::boolean, false);
  v_may boolean;
begin
  if p_message.direction <> 'outbound' or coalesce((p_changes ->> 'only_here')::boolean, false)
    or (p_message.delivery_status not in ('sending', 'sent', 'delivered', 'read', 'dispatch_unknown') and not exists (
      select from public.et_outbound_queue as q
      where q.tenant_id = p_message.tenant_id and q.message_id = p_message.id and q.status = 'queued'
        and q.attempts > 0 and private.may_have_left(q)))
    or not (v_deletes or coalesce(p_changes ->> 'body' <> p_message.body, false)
      or (p_changes ? 'subject' and p_changes ->> 'subject' is distinct from p_message.subject)) then
    return;
  end if;
  select case when v_deletes then p.can_unsend else p.can_edit end into v_may
  from public.et_outbound_queue as q
  inner join public.et_channel_sessions as s on s.tenant_id = q.tenant_id and s.id = q.channel_session_id
  inner join private.channel_providers as p on p.provider = s.provider
  where q.tenant_id = p_message.tenant_id and q.message_id = p_message.id;
  if v_may is not true then
    raise exception 'what was sent on % cannot be %', p_message.channel,
      case when v_deletes then 'taken back' else 'changed' end
      using errcode = 'PT409', detail = jsonb_build_object('code', 'already_sent', 'field',
        case when v_deletes then 'deleted' when p_changes ? 'body' then 'body' else 'subject' end)::text,
        hint = 'Send another message. To change our copy alone, which the recipient never sees, add "only_here": true.';
  end if;
end
$$;
comment on function private.refuse_sent(public.et_messages, jsonb) is
'Definer: a text that left stays as it was read, unless the provider says that it can be changed or taken back.';

create function private.edit_message(p_message_id uuid, p_changes jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_place public.et_messages%rowtype;
  v_rev bigint;
  v_deletes boolean := coalesce((p_changes ->> 'deleted')::boolean, false);
begin
  perform private.check_fields(p_changes,
    '{subject,body,language,moderation_status,message_type,metadata,deleted,only_here}');
  select m.* into v_place from public.et_messages as m where m.id = p_message_id;
  if not found then
    return private.not_found('message');
  end if;
  -- The thread first, as whoever decides, sends and merges takes it: an edit never waits for the head with the message
  -- in its hands.
  perform from public.et_threads as t
  where t.tenant_id = v_place.tenant_id and t.id = v_place.thread_id for no key update;
  -- A claim takes no thread: whoever reads the status here holds it until the change is made.
  select m.* into v_place from public.et_messages as m
  where m.tenant_id = v_place.tenant_id and m.id = p_message_id for no key update;
  perform private.refuse_sent(v_place, p_changes);
  update public.et_messages as m
  set (subject, body, language, moderation_status, message_type, metadata, edited_at, deleted_at) = (
    select r.subject, case when v_deletes then '' else r.body end, r.language, r.moderation_status, r.message_type,
      r.metadata,
      case when not v_deletes and (r.subject, r.body) is distinct from (m.subject, m.body)
        then clock_timestamp() else m.edited_at end,
      case when v_deletes then coalesce(m.deleted_at, clock_timestamp()) else m.deleted_at end
    from jsonb_populate_record(m, p_changes - '{deleted,only_here}'::text[]) as r)
  where m.tenant_id = v_place.tenant_id and m.id = p_message_id
  returning m.rev into v_rev;
  perform private.audit(v_place.tenant_id, 'message.edited', 'message', p_message_id::text,
    jsonb_build_object('fields', (select jsonb_agg(k) from jsonb_object_keys(p_changes) as k)));
  return jsonb_build_object('message_id', p_message_id, 'thread_id', v_place.thread_id, 'rev', v_rev);
end
$$;
comment on function private.edit_message(uuid, jsonb) is
'Definer, for the backend: changes what readers see of a message (subject, body, language, moderation_status, '
'message_type, metadata), or with "deleted" empties it for good, under a new rev. A text that left is refused, see '
'private.refuse_sent().';

create function public.edit_message(p_message_id uuid, p_changes jsonb) returns jsonb
language sql volatile set search_path = '' begin atomic select private.edit_message(p_message_id, p_changes); end;
comment on function public.edit_message(uuid, jsonb) is
'Change what readers see of a message, or delete it. The backend (service_role) alone.';

grant execute on function private.edit_inbound(uuid, text, text, text, timestamptz) to parley_worker;
grant execute on function private.edit_message(uuid, jsonb), public.edit_message(uuid, jsonb) to service_role;
