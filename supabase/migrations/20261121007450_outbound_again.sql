-- Chapter: outbound, sending again. What did not arrive leaves once more as a new message, when a person says so.
--
--   failed | bounced | cancelled ──send_again──▶ a new message with the same text, files and template (resend_of)
--   dispatch_unknown             ──▶ refused: it may have arrived. A person settles it first: resolve_unknown()
--   queued | sending | sent …    ──▶ refused
--
-- Once per message: a unique key, and whoever is second gets the first one's answer. What a rule would stop again is
-- refused at once, with its reason, instead of failing a second time out of sight.

create function private.refuse_again(p_queue public.et_outbound_queue, p_message public.et_messages) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_queue.status = 'dispatch_unknown' then
    raise exception 'nobody knows whether this message arrived'
      using errcode = 'PT409', detail = '{"code": "outcome_unknown"}',
        hint = 'Look into the provider''s log and say what became of it; only what did not arrive is sent again.';
  elsif p_queue.status not in ('failed', 'bounced', 'cancelled') then
    raise exception 'this message is %', p_queue.status
      using errcode = 'PT409', detail = '{"code": "not_failed"}', hint = 'Only what did not arrive is sent again.';
  elsif p_message.deleted_at is not null or p_message.moderation_status not in ('approved', 'filtered') then
    raise exception 'the text of this message is not to be sent'
      using errcode = 'PT409', detail = '{"code": "text_withheld"}', hint = 'Write another message.';
  end if;
end
$$;
comment on function private.refuse_again(public.et_outbound_queue, public.et_messages) is
'Refuses to send again what may have arrived, what is on its way, and texts that were deleted or stopped.';

create function private.refuse_stopped(p_tenant_id uuid, p_message_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_queue public.et_outbound_queue%rowtype;
  v_verdict record;
begin
  select q.* into v_queue from public.et_outbound_queue as q
  where q.tenant_id = p_tenant_id and q.message_id = p_message_id;
  select d.* into v_verdict from private.dispatch_verdict(v_queue) as d;
  if v_verdict.verdict = 'cancel' then
    raise exception 'a rule would stop it again: %', v_verdict.reason
      using errcode = 'PT409', hint = 'Change what the reason names first.', detail = jsonb_build_object(
        'code', 'stopped_again', 'reason', v_verdict.reason)::text;
  end if;
end
$$;
comment on function private.refuse_stopped(uuid, uuid) is
'Definer: asks of a row that was just queued what its claim will ask, and refuses what that would cancel.';

create function private.send_again(p_message_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('send');
  v_queue public.et_outbound_queue%rowtype;
  v_message public.et_messages%rowtype;
  v_thread public.et_threads%rowtype;
  v_sent jsonb;
begin
  select q.* into v_queue from public.et_outbound_queue as q
  where q.tenant_id = v_tenant and q.message_id = p_message_id for no key update;
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = v_tenant and m.id = v_queue.message_id and m.staff_readable;
  if v_message.id is null then
    return private.deny('message', p_message_id, 'send_again');
  end if;
  select to_jsonb(a) into v_sent from (
    select m.id as message_id, m.seq, m.rev, m.thread_id, m.delivery_status, m.moderation_status, true as duplicate
    from public.et_outbound_queue as q
    inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
    where q.tenant_id = v_tenant and q.resend_of = p_message_id) as a;
  if v_sent is not null then
    return v_sent;
  end if;
  perform private.refuse_again(v_queue, v_message);
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = v_queue.thread_id for no key update;
  perform private.refuse_merged(v_thread.merged_into);
  v_sent := private.send_by_staff(v_thread, v_message.body, case when v_queue.purpose in ('notification', 'marketing')
    then v_queue.purpose else private.purpose_in(v_thread, 'conversation') end, jsonb_build_object(
    'cause_kind', 'resend', 'cause_id', p_message_id, 'subject', v_message.subject, 'template', v_queue.template,
    'attachments', private.copy_files(v_tenant, p_message_id, private.actor())));
  perform private.refuse_stopped(v_tenant, (v_sent ->> 'message_id')::uuid);
  perform private.audit(v_tenant, 'message.sent_again', 'message', p_message_id::text, jsonb_build_object(
    'message_id', v_sent ->> 'message_id'));
  return v_sent;
end
$$;
comment on function private.send_again(uuid) is
'Definer: what failed, bounced or was stopped leaves once more, as a new message of whoever asks; idempotent. What may '
'have arrived, or would be stopped again, is refused.';

create function public.send_again(p_message_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.send_again(p_message_id); end;
comment on function public.send_again(uuid) is
'Send once more what did not arrive, as a new message: each message once. Agents.';

grant execute on function private.send_again(uuid), public.send_again(uuid) to authenticated;
