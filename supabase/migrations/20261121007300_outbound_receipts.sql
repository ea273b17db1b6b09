-- Chapter: outbound, part six. What comes back, what people do about it, and what clients send.

-- ── receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.status_rank(p_status text) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_status when 'queued' then 0 when 'sending' then 1 when 'dispatch_unknown' then 2 when 'sent' then 10
    when 'failed' then 20 when 'delivered' then 30 when 'bounced' then 40 when 'read' then 50 else 100 end;
end
$$;
comment on function private.status_rank(text) is
'Receipts move a row only to a higher rank, so any order of the same receipts ends the same. A bounce after '
'"delivered" (to a relay) wins; "read" is final.';

create function private.receipt_status(p_kind text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_kind when 'sent' then 'sent' when 'delivered' then 'delivered' when 'opened'
    then null when 'read' then 'read'
    when 'failed' then 'failed' when 'bounced_hard' then 'bounced' when 'bounced_soft' then null end;
end
$$;
comment on function private.receipt_status(text) is
'The status a receipt speaks for; null when it is only worth keeping (delays, soft bounces, machine opens, '
'complaints).';

create function private.apply_receipt(p_receipt public.delivery_receipts, p_queue public.et_outbound_queue) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_to text := private.receipt_status(p_receipt.kind);
begin
  if v_to is not null and private.status_rank(v_to) > private.status_rank(p_queue.status)
    and p_queue.status not in ('queued', 'sending', 'cancelled') then
    update public.et_outbound_queue as q
    set status = v_to, status_reason = coalesce(p_receipt.status_code, p_receipt.kind)
    where q.tenant_id = p_queue.tenant_id and q.id = p_queue.id
      and private.is_transition(q.status, v_to);
  end if;
  if p_receipt.kind in ('bounced_hard', 'complained', 'unsubscribed') then
    perform private.suppress(p_queue.tenant_id, p_queue.channel, p_queue.recipient,
      case p_receipt.kind when 'bounced_hard' then 'bounced' else p_receipt.kind end, p_queue.message_id);
  end if;
  if p_queue.status not in ('queued', 'sending') then
    perform private.note_reputation(p_queue, p_receipt.kind);
  end if;
  update public.delivery_receipts as r set message_id = p_queue.message_id,
    applied_at = case when p_queue.status not in ('queued', 'sending') then clock_timestamp() end
  where r.tenant_id = p_receipt.tenant_id and r.id = p_receipt.id;
end
$$;
comment on function private.apply_receipt(public.delivery_receipts, public.et_outbound_queue) is
'Definer: one receipt meets its message: suppression where it says so, status forward once the message came to rest.';

create function private.apply_receipts(p_tenant_id uuid, p_queue_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_receipt public.delivery_receipts%rowtype;
  v_queue public.et_outbound_queue%rowtype;
begin
  for v_receipt in
    select r.* from public.et_outbound_queue as q
    inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
    inner join public.delivery_receipts as r on r.tenant_id = q.tenant_id
      and ((r.message_id is null and r.external_message_id in (q.provider_message_id, m.external_message_id))
        or (r.message_id = m.id and r.applied_at is null))
    where q.tenant_id = p_tenant_id and q.id = p_queue_id
    order by r.received_at
  loop
    select q.* into v_queue from public.et_outbound_queue as q where q.tenant_id = p_tenant_id and q.id = p_queue_id;
    perform private.apply_receipt(v_receipt, v_queue);
  end loop;
end
$$;
comment on function private.apply_receipts(uuid, uuid) is
'Definer: receipts that came before the message they speak of was settled are applied now.';

create function private.receipt_queue_ids(p_tenant_id uuid, p_receipt jsonb) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select q.id from public.et_outbound_queue as q
  where q.tenant_id = p_tenant_id and q.provider_message_id = p_receipt ->> 'external_message_id'
  union
  select q.id from public.et_outbound_queue as q
  where q.tenant_id = p_tenant_id
    and q.provider_message_id = private.salted_digest(p_tenant_id, p_receipt ->> 'external_message_id')
  union
  select q.id from public.et_messages as m
  inner join public.et_outbound_queue as q on q.tenant_id = m.tenant_id and q.message_id = m.id
  where m.tenant_id = p_tenant_id and m.channel = p_receipt ->> 'channel'
    and m.external_message_id = p_receipt ->> 'external_message_id'
  union
  select q.id from public.et_outbound_queue as q
  where q.tenant_id = p_tenant_id and q.id = case
    when pg_input_is_valid(p_receipt ->> 'queue_id', 'uuid') then (p_receipt ->> 'queue_id')::uuid end
$$;
comment on function private.receipt_queue_ids(uuid, jsonb) is
'Definer: the sends a receipt may be about: by the provider''s id, by our own Message-ID, or by the queue id the '
'provider was given to repeat. One index look-up each.';

create function private.record_receipt(p_tenant_id uuid, p_receipt jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_receipt public.delivery_receipts%rowtype;
  v_queue public.et_outbound_queue%rowtype;
begin
  perform pg_advisory_xact_lock(hashtextextended(p_tenant_id::text || 'receipt:' || coalesce(
    p_receipt ->> 'external_message_id', p_receipt ->> 'queue_id'), 4));
  select q.* into v_queue from public.et_outbound_queue as q
  where q.tenant_id = p_tenant_id and q.id in (select private.receipt_queue_ids(p_tenant_id, p_receipt))
  order by q.created_at desc limit 1 for no key update of q;
  if p_receipt ? 'session_id' then
    perform private.hear_receipts(p_tenant_id, a.session_id)
    from unnest(array[(p_receipt ->> 'session_id')::uuid, v_queue.channel_session_id]) as a (session_id);
  end if;
  if v_queue.recipient ~ '^erased:[0-9a-f]{64}$' then
    p_receipt := p_receipt - '{recipient,diagnostic}'::text[] || jsonb_build_object(
      'event_id', private.salted_digest(p_tenant_id, p_receipt ->> 'event_id'),
      'external_message_id', private.salted_digest(p_tenant_id, p_receipt ->> 'external_message_id'));
  end if;
  insert into public.delivery_receipts (
    tenant_id, provider, event_id, kind, external_message_id, message_id, recipient, status_code, diagnostic, machine,
      occurred_at)
  values (
    p_tenant_id, p_receipt ->> 'provider', p_receipt ->> 'event_id', p_receipt ->> 'kind',
    p_receipt ->> 'external_message_id', v_queue.message_id, p_receipt ->> 'recipient', p_receipt ->> 'status_code',
    left(p_receipt ->> 'diagnostic', 1000), coalesce((p_receipt ->> 'machine')::boolean, false),
    (p_receipt ->> 'occurred_at')::timestamptz)
  on conflict (tenant_id, provider, event_id) do nothing
  returning * into v_receipt;
  if v_receipt.id is null then
    return jsonb_build_object('result', 'duplicate');
  end if;
  if v_queue.id is not null then
    if v_queue.provider_message_id is null and v_receipt.external_message_id is not null then
      -- The answer that would have told the id was lost: later receipts may know nothing else.
      update public.et_outbound_queue as q set provider_message_id = v_receipt.external_message_id
      where q.tenant_id = p_tenant_id and q.id = v_queue.id and q.provider_message_id is null;
    end if;
    perform private.apply_receipt(v_receipt, v_queue);
  end if;
  return jsonb_build_object('result', case when v_queue.id is null then 'kept' else 'applied' end,
    'receipt_id', v_receipt.id, 'message_id', v_queue.message_id);
end
$$;
comment on function private.record_receipt(uuid, jsonb) is
'Definer, for receivers: {provider, event_id, kind, channel, external_message_id, queue_id, …}. Kept once; applied '
'to its message, or when that is known. queue_id is what a provider was given to repeat, so that it settles sends '
'whose answer was lost; session_id the account whose webhook it came by.';

create function private.resolve_unknown(p_message_id uuid, p_resolution text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_queue public.et_outbound_queue%rowtype;
  v_message public.et_messages%rowtype;
  v_again record;
begin
  if p_resolution not in ('sent', 'failed', 'resend') then
    raise exception 'an unknown dispatch is resolved as sent, failed or resend'
      using errcode = 'PT422', detail = '{"code": "bad_resolution", "field": "resolution"}',
        hint = 'Look into the provider''s log first.';
  end if;
  select q.* into v_queue from public.et_outbound_queue as q
  where q.tenant_id = v_tenant and q.message_id = p_message_id and q.status = 'dispatch_unknown' for no key update;
  if v_queue.id is null then
    return private.deny('message', p_message_id, 'resolve_unknown');
  end if;
  update public.et_outbound_queue as q
  set status = case p_resolution when 'sent' then 'sent' else 'failed' end, status_reason = 'resolved_by_person'
  where q.tenant_id = v_tenant and q.id = v_queue.id;
  if p_resolution = 'resend' then
    -- What it was sent for, under which template and with which files: all of it goes again, as it was.
    select m.* into v_message from public.et_messages as m where m.tenant_id = v_tenant and m.id = p_message_id;
    select e.* into v_again from private.enqueue_outbound(v_tenant, v_queue.thread_id, v_message.body, 'agent',
      private.actor(), jsonb_build_object('subject', v_message.subject, 'cause_kind', 'resend', 'cause_id',
        p_message_id,
        'client_message_id', 'resend:' || p_message_id::text, 'template', v_queue.template,
        'purpose', v_queue.purpose,
        'attachments', private.copy_files(v_tenant, p_message_id, private.actor()))) as e;
  end if;
  perform private.audit(v_tenant, 'dispatch.resolved', 'message', p_message_id::text,
    jsonb_build_object('resolution', p_resolution));
  return jsonb_build_object('message_id', p_message_id, 'resolution', p_resolution);
end
$$;
comment on function private.resolve_unknown(uuid, text) is
'Definer: a person says what became of an unknown dispatch. resend writes a new message with the same files; the old '
'row never leaves twice.';

-- ── client sends ─────────────────────────────────────────────────────────────────────────────────────────────────

create function private.take_send_token(p_tenant_id uuid, p_sender text, p_rate numeric default null) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_rate numeric := coalesce(p_rate, (
    select s.sends_per_minute from public.tenant_settings as s where s.tenant_id = p_tenant_id));
  v_left numeric;
begin
  insert into private.send_buckets as b (tenant_id, sender, tokens, updated_at)
  values (p_tenant_id, p_sender, v_rate - 1, clock_timestamp())
  on conflict (tenant_id, sender) do update set
    tokens = least(v_rate, b.tokens + v_rate * extract(epoch from clock_timestamp() - b.updated_at) / 60) - 1,
    updated_at = clock_timestamp()
  returning b.tokens into v_left;
  if v_left < 0 then
    raise exception 'too many messages: the limit is % a minute', v_rate
      using errcode = 'PT429', hint = 'Wait as long as retry_after_s says, or raise sends_per_minute.',
      detail = jsonb_build_object('code', 'rate_limited', 'retry_after_s', ceil(-v_left * 60 / v_rate))::text;
  end if;
end
$$;
comment on function private.take_send_token(uuid, text, numeric) is
'Definer: a token bucket per sender (tenant_settings.sends_per_minute, or p_rate). Raises PT429 with retry_after_s; '
'the raise gives the token back.';

create function private.send_by_staff(p_thread public.et_threads, p_body text, p_purpose text, p_options jsonb)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_limit bigint := private.message_limit(p_thread.tenant_id, p_thread.channel, 'body_chars');
  v_sent record;
begin
  if (length(btrim(p_body)) = 0 and coalesce(p_options -> 'attachments', '[]') = '[]')
    or length(p_body) > v_limit then
    raise exception 'a message on % has 1 to % characters', p_thread.channel, v_limit
      using errcode = 'PT422', detail = '{"code": "bad_length", "field": "body"}',
        hint = 'Shorten it, or send it in parts.';
  end if;
  perform private.take_send_token(p_thread.tenant_id, private.actor());
  -- A person speaks: from here on the AI is silent in this thread, and what it had queued stays at home.
  if p_thread.control = 'ai' and p_purpose in ('reply', 'conversation') then
    update public.et_threads as t set control = 'human', assignee_id = coalesce(t.assignee_id, (
      select u.user_id from public.tenant_members as u where u.tenant_id = t.tenant_id
        and u.user_id = private.current_user_id()))
    where t.tenant_id = p_thread.tenant_id and t.id = p_thread.id;
    perform private.cancel_queued(p_thread.tenant_id, p_thread.id, 'human_takeover');
    perform private.audit(p_thread.tenant_id, 'thread.take_over', 'thread', p_thread.id::text, '{"by": "sending"}');
  end if;
  select e.message_id, e.seq, e.rev into v_sent from private.enqueue_outbound(
    p_thread.tenant_id, p_thread.id, p_body, 'agent', private.actor(), '{"cause_kind": "client"}' || p_options ||
      jsonb_build_object('sender_user_id', private.current_user_id(), 'purpose', p_purpose)) as e;
  if v_sent.message_id is null then
    raise exception 'this client_message_id was used in another conversation'
      using errcode = 'PT409', detail = '{"code": "client_id_reused", "field": "client_message_id"}',
      hint = 'Make a new id for every message.';
  end if;
  perform private.note_thread_moved(p_thread.tenant_id, p_thread.id);
  return to_jsonb(v_sent) || jsonb_build_object('thread_id', p_thread.id, 'delivery_status', 'queued',
    'moderation_status', (
      select m.moderation_status from public.et_messages as m
      where m.tenant_id = p_thread.tenant_id and m.id = v_sent.message_id), 'duplicate', false);
end
$$;
comment on function private.send_by_staff(public.et_threads, text, text, jsonb) is
'Definer: what an agent or a key writes in a locked thread: counted against his rate, and a takeover from the AI '
'unless it is a notification or marketing. Options: client_message_id, subject, template, attachments, cause_kind and '
'cause_id.';

create function private.purpose_in(p_thread public.et_threads, p_purpose text) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  -- In a conversation between people who take part in it, nobody is a stranger.
  if p_purpose = 'conversation' and (p_thread.last_inbound_seq > 0 or p_thread.kind <> 'channel') then
    return 'reply';
  elsif p_purpose = 'conversation' and exists (
    select from public.et_threads as t
    where t.tenant_id = p_thread.tenant_id and t.merged_into = p_thread.id and t.last_inbound_seq > 0) then
    return 'reply';
  end if;
  return p_purpose;
end
$$;
comment on function private.purpose_in(public.et_threads, text) is
'Definer: what a person writes is a reply only where somebody has written, here or in what was merged: before that it '
'is unasked.';

create function private.refuse_moved(p_thread public.et_threads, p_expected_last_seq bigint, p_by_staff boolean)
returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_new jsonb := (
    select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'seq', m.seq, 'sender', m.sender, 'body', m.body)
      order by m.seq), '[]')
    from (select * from public.et_messages as x where x.tenant_id = p_thread.tenant_id
      and x.thread_id = p_thread.id and x.seq > p_expected_last_seq
      and (p_by_staff or private.is_shown(x.moderation_status, x.direction, x.delivery_status)
        or x.sender_user_id = private.current_user_id())
      order by x.seq limit 20) as m);
begin
  -- What is held back, or still to be sent, has moved nothing for those who do not see it.
  if p_by_staff or v_new <> '[]' or p_expected_last_seq > p_thread.last_seq then
    raise exception 'the conversation moved on'
      using errcode = 'PT409', hint = 'Read what is new, then try again.', detail = jsonb_build_object(
        'code', 'thread_moved', 'last_seq', p_thread.last_seq, 'new_messages', v_new)::text;
  end if;
end
$$;
comment on function private.refuse_moved(public.et_threads, bigint, boolean) is
'Definer: refuses what was written before its sender had read this, and says what is new that he may read.';

create function private.send_message(
  p_thread_id uuid, p_body text, p_client_message_id text, p_expected_last_seq bigint, p_subject text, p_template jsonb,
  p_attachments uuid[], p_reply_to_id uuid default null, p_context_kind text default null,
  p_context_id text default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid;
  v_thread public.et_threads%rowtype := private.own_thread(p_thread_id);
  v_sent record;
  v_unusable uuid;
begin
  if v_thread.id is not null and not (v_thread.staff_readable
    and coalesce(v_thread.tenant_id = private.current_tenant(), false)) then
    return private.send_chat(v_thread, p_body, jsonb_build_object('client_message_id', p_client_message_id,
      'expected_last_seq', p_expected_last_seq, 'attachments', to_jsonb(p_attachments), 'reply_to_id', p_reply_to_id,
      'context_kind', p_context_kind, 'context_id', p_context_id));
  elsif v_thread.id is null and private.is_outsider() then
    return private.deny('thread', p_thread_id, 'send_message');
  end if;
  v_tenant := private.authorize('send');
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = p_thread_id and t.staff_readable for no key update;
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'send_message');
  end if;
  select m.id as message_id, m.seq, m.rev, m.delivery_status, m.moderation_status into v_sent from public.et_messages as m
  where m.tenant_id = v_tenant and m.sender = private.actor() and m.client_message_id = p_client_message_id
    and m.thread_id = p_thread_id;
  if v_sent.message_id is not null then
    return to_jsonb(v_sent) || jsonb_build_object('thread_id', p_thread_id, 'duplicate', true);
  end if;
  perform private.refuse_merged(v_thread.merged_into);
  if p_attachments <> '{}' then
    v_unusable := private.lock_uploads(v_tenant, p_attachments);
    if v_unusable is not null then
      return private.deny('attachment', v_unusable, 'send_message');
    end if;
  end if;
  if p_expected_last_seq is not null and p_expected_last_seq <> v_thread.last_seq then
    perform private.refuse_moved(v_thread, p_expected_last_seq, true);
  end if;
  return private.send_by_staff(v_thread, p_body, private.purpose_in(v_thread, 'conversation'), jsonb_build_object(
    'client_message_id', p_client_message_id, 'subject', p_subject, 'template', p_template, 'attachments',
    to_jsonb(p_attachments)));
end
$$;
comment on function private.send_message(uuid, text, text, bigint, text, jsonb, uuid[], uuid, text, text) is
'Definer: an agent''s or key''s message; a participant''s goes to private.send_chat(). Idempotent by client id, '
'refused with what is new when expected_last_seq does not match, rate limited, and a takeover from the AI. '
'p_attachments: files its sender uploaded, in their order; with them the body may be empty.';

create function public.send_message(
  p_thread_id uuid, p_body text, p_client_message_id text default null, p_expected_last_seq bigint default null,
  p_subject text default null, p_template jsonb default null, p_attachments uuid[] default '{}',
  p_reply_to_id uuid default null, p_context_kind text default null, p_context_id text default null
) returns jsonb language sql volatile set search_path = ''
begin atomic
select private.send_message(p_thread_id, p_body, p_client_message_id, p_expected_last_seq, p_subject, p_template,
  coalesce(p_attachments, '{}'), p_reply_to_id, p_context_kind, p_context_id);
end;
create function public.resolve_unknown(p_message_id uuid, p_resolution text) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.resolve_unknown(p_message_id, p_resolution); end;
comment on function public.send_message(uuid, text, text, bigint, text, jsonb, uuid[], uuid, text, text) is
'Send a message in a thread, as somebody who takes part in it, agent or API key; with a template where the provider '
'wants one, and with files that were uploaded by public.upload_attachment(). Participants may quote a message and name '
'a context.';
comment on function public.resolve_unknown(uuid, text) is
'Say what became of an unknown dispatch: sent, failed or resend. Agents.';

grant execute on function private.record_receipt(uuid, jsonb) to parley_worker;
grant execute on function private.send_message(uuid, text, text, bigint, text, jsonb, uuid[], uuid, text, text),
public.send_message(uuid, text, text, bigint, text, jsonb, uuid[], uuid, text, text),
private.resolve_unknown(uuid, text),
public.resolve_unknown(uuid, text) to authenticated;
