-- Chapter: messages, part five. What people change after they sent it: edits and withdrawals the channel tells us of.
--
--   receiver ──▶ private.edit_inbound(): the row keeps its place, readers get the new text with a new rev

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
  update public.et_threads as t set preview = left(coalesce(p_body, ''), 160)
  where v_changed and t.tenant_id = p_tenant_id and t.id = v_message.thread_id and t.last_seq = v_message.seq;
  return jsonb_build_object('result', case when v_changed then 'changed' else 'unchanged' end,
    'message_id', v_message.id, 'thread_id', v_message.thread_id);
end
$$;
comment on function private.edit_inbound(uuid, text, text, text, timestamptz) is
'Definer, for receivers: the sender changed his message, or (body null) took it back. An older edit that arrives '
'late changes nothing.';

grant execute on function private.edit_inbound(uuid, text, text, text, timestamptz) to parley_worker;
