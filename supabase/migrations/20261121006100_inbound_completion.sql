-- Chapter: inbound, part two. What a decider is told, and the one transaction that records what it answered.

create function private.first_unanswered(p_tenant_id uuid, p_thread_id uuid, p_first_seq bigint) returns bigint
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(min(d.first_seq), p_first_seq)
    from public.inbound_decisions as d
    inner join public.et_outbound_queue as r on r.tenant_id = d.tenant_id and r.message_id = d.reply_message_id
    where d.tenant_id = p_tenant_id and d.thread_id = p_thread_id and d.last_seq < p_first_seq
      and d.action = 'auto_reply' and r.attempts = 0 and r.status in ('queued', 'cancelled')
      and d.last_seq > coalesce((
        select max(m.seq) from public.et_messages as m
        where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.direction = 'outbound'
          and m.delivery_status not in ('queued', 'cancelled')), 0)
  );
end
$$;
comment on function private.first_unanswered(uuid, uuid, bigint) is
'Definer. A reply that never left because the contact wrote again leaves its questions open: they belong to the '
'next burst.';

create function private.decision_context(p_tenant_id uuid, p_thread_id uuid, p_first_seq bigint,
  p_last_seq bigint) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_first bigint := private.first_unanswered(p_tenant_id, p_thread_id, p_first_seq);
  v_knowledge jsonb := private.tenant_knowledge(p_tenant_id);
begin
  return (
    select jsonb_build_object(
      'tenant_id', t.tenant_id, 'case_id', t.id, 'channel', t.channel, 'now', clock_timestamp(), 'first_seq', v_first,
      'contact_name', c.display_name, 'contact_locale', c.locale, 'contact_blocked', c.blocked_at is not null,
      'escalation', private.customer_watch(t.tenant_id),
      'burst', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'id', m.id, 'text', m.body, 'subject', m.subject, 'auto_class', m.auto_class,
          'spam_score', private.told_score(t.folder, t.folder_said_seq, m.seq, m.spam_score),
          'unsubscribe_request', coalesce((m.metadata ->> 'unsubscribe_request')::boolean, false),
          'has_attachments', m.metadata ? 'attachments') order by m.seq), '[]')
        from public.et_messages as m
        where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.direction = 'inbound'
          and m.seq between v_first and p_last_seq),
      'history', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'sender', case h.sender_kind when 'agent' then 'human' when 'participant'
            then 'contact' else h.sender_kind end,
          'text', left(h.body, 4000), 'at', h.created_at, 'seq', h.seq) order by h.seq), '[]')
        from (
          select m.sender_kind, m.body, m.created_at, m.seq from public.et_messages as m
          where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.seq < v_first
            and m.moderation_status in ('approved', 'filtered') and m.delivery_status <> 'cancelled'
          order by m.seq desc limit 20) as h),
      'knowledge', v_knowledge, 'knowledge_digest', private.keep_knowledge(p_tenant_id, v_knowledge))
    from public.et_threads as t
    left join public.contacts as c
      on c.tenant_id = t.tenant_id and c.id = private.canonical_contact(t.tenant_id, t.contact_id)
    where t.tenant_id = p_tenant_id and t.id = p_thread_id);
end
$$;
comment on function private.decision_context(uuid, uuid, bigint, bigint) is
'Definer, for the inbound worker: everything a decider may know about one claimed burst, as one object. Volatile, '
'so that it sees what a claim in the same statement saw.';

create function private.tenant_knowledge(p_tenant_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'tenant_name', t.name, 'locale', t.locale, 'time_zone', t.time_zone, 'hours', s.business_hours,
    'closed_dates', to_jsonb(s.closed_dates), 'ai_enabled', s.ai_enabled, 'ai_provider', s.ai_provider,
    'confidence_threshold', s.confidence_threshold, 'policy_version', s.policy_version,
    'voice', jsonb_build_object('tone', s.voice_tone, 'formality', s.voice_formality, 'signature', s.voice_signature,
      'avoid', to_jsonb(s.voice_avoid)),
    'faqs', (
      select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'question', f.question, 'keywords', f.keywords,
        'answer', f.answer, 'language', f.language) order by f.id), '[]')
      from public.faq_entries as f where f.tenant_id = p_tenant_id and f.enabled),
    'canned', (
      select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'intent', r.intent, 'body', r.body,
        'language', r.language) order by r.id), '[]')
      from public.canned_replies as r where r.tenant_id = p_tenant_id and r.enabled))
  from public.tenants as t
  inner join public.tenant_settings as s on s.tenant_id = t.id
  where t.id = p_tenant_id
$$;
comment on function private.tenant_knowledge(uuid) is 'Definer: what a tenant lets a decider use, as one object.';

create function private.replies_this_hour(p_thread public.et_threads) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_family uuid[] := private.contact_family(p_thread.tenant_id, p_thread.contact_id);
  v_since timestamptz := clock_timestamp() - interval '1 hour';
begin
  -- Look-ups instead of joins, here and below: whatever the planner knows, only the hour's few rows are read.
  return (
    select count(*) from public.inbound_decisions as d
    where d.tenant_id = p_thread.tenant_id and d.reply_message_id is not null and d.contact_id = any(v_family)
      and d.created_at > v_since and (
        select private.may_have_left(q, p_thread.id) from public.et_outbound_queue as q
        where q.tenant_id = d.tenant_id and q.message_id = d.reply_message_id));
end
$$;
comment on function private.replies_this_hour(public.et_threads) is
'Definer: automatic replies of the last hour to the contact of a thread, in all his threads, that left or may leave.';

create function private.answer_address(p_thread public.et_threads) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return case p_thread.channel when 'email' then (
    select lower(coalesce(m.metadata ->> 'reply_to', m.sender_address)) from public.et_messages as m
    where m.tenant_id = p_thread.tenant_id and m.thread_id = p_thread.id and m.direction = 'inbound'
    order by m.seq desc limit 1) end;
end
$$;
comment on function private.answer_address(public.et_threads) is
'Definer: whom a reply to a mail goes to, as reply_headers() has it: its sender chose it freely, in Reply-To. Null on '
'other channels, whose providers say who wrote.';

create function private.lock_answers(p_tenant_id uuid, p_address text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(p_tenant_id::text || 'answers' || p_address, 1))
  where p_address is not null;
end
$$;
comment on function private.lock_answers(uuid, text) is
'Whoever answers this address goes on alone until commit. After the contact''s row, in the order of the addresses.';

create function private.answers_this_hour(p_thread public.et_threads, p_address text) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_since timestamptz := clock_timestamp() - interval '1 hour';
begin
  return (
    select count(*) from public.et_outbound_queue as q
    where q.tenant_id = p_thread.tenant_id and q.channel = 'email' and q.recipient = p_address
      and q.created_at > v_since and private.may_have_left(q, p_thread.id) and (
        select m.sender_kind from public.et_messages as m
        where m.tenant_id = q.tenant_id and m.id = q.message_id) = 'ai');
end
$$;
comment on function private.answers_this_hour(public.et_threads, text) is
'Definer: automatic mails of the last hour to an address, whoever asked for them, that left or may leave.';

create function private.overrule(p_thread public.et_threads, p_decision jsonb, p_last_seq bigint) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_cap integer;
  v_enabled boolean;
  v_address text;
  v_rule text := case when p_decision ? 'escalation' then private.handover_rule(p_thread, p_decision -> 'escalation') end;
begin
  if p_thread.control = 'human' then
    return jsonb_build_object('action', 'human_takeover', 'reason', 'A person is in control of this conversation.');
  elsif v_rule is not null then
    return jsonb_build_object('action', 'human_takeover', 'reason', format(
      'The rule %s of the policy calls a person.', v_rule));
  elsif p_thread.folder = 'spam' and p_decision ->> 'action' <> 'no_reply' then
    return jsonb_build_object('action', 'no_reply', 'reason', 'This conversation is filed as spam.');
  end if;
  if p_decision ->> 'action' not in ('auto_reply', 'follow_up') then
    return null;
  end if;
  select s.auto_replies_per_hour, s.ai_enabled into v_cap, v_enabled from public.tenant_settings as s
  where s.tenant_id = p_thread.tenant_id;
  if not v_enabled then
    return jsonb_build_object('action', 'human_takeover', 'reason', 'Automatic answers are switched off.');
  end if;
  if private.is_receive_only(p_thread) then
    return jsonb_build_object('action', 'human_takeover', 'reason',
      'Nothing can be sent on this channel: answer on another one.');
  end if;
  if not private.in_service_window(p_thread.tenant_id, p_thread.id, private.thread_window(p_thread)) then
    return jsonb_build_object('action', 'human_takeover', 'reason',
      'The contact wrote too long ago for free text on this channel: only a template may be sent.');
  end if;
  -- The contact's row is the lock: two threads of one contact cannot both take the last free reply.
  perform from public.contacts as c where c.tenant_id = p_thread.tenant_id
    and c.id = p_thread.contact_id for no key update;
  if private.replies_this_hour(p_thread) >= v_cap then
    return jsonb_build_object('action', 'human_takeover', 'reason', format(
      'The cap of %s automatic replies an hour to one contact is reached.', v_cap));
  end if;
  -- Many made-up senders may ask for their answers at one address, which never wrote.
  v_address := private.answer_address(p_thread);
  perform private.lock_answers(p_thread.tenant_id, v_address);
  if private.answers_this_hour(p_thread, v_address) >= v_cap then
    return jsonb_build_object('action', 'human_takeover', 'reason', format(
      'The cap of %s automatic replies an hour to one address is reached.', v_cap));
  end if;
  return null;
end
$$;
comment on function private.overrule(public.et_threads, jsonb, bigint) is
'Definer: rules of the database that stand above any decider: a person in control or called, spam, answers off, the '
'hourly caps of a contact and of an address. Null when the decision stands.';

create function private.record_decision(
  p_thread public.et_threads, p_first_seq bigint, p_last_seq bigint, p_decision jsonb, p_overruled jsonb,
    p_reply_id uuid
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
-- plpgsql, because an SQL function would be planned anew by every call.
begin
  insert into public.inbound_decisions (
    tenant_id, id, thread_id, contact_id, first_seq, last_seq, action, proposed_action, intent, confidence, language,
    sentiment, reasons, decider, model, prompt_version, policy_version, control_epoch, cost_usd, tokens_in, tokens_out,
    latency_ms, worker, input, knowledge_digest, reply_message_id)
  values (
    p_thread.tenant_id, (p_decision ->> 'id')::uuid, p_thread.id, p_thread.contact_id, p_first_seq, p_last_seq,
    coalesce(p_overruled ->> 'action', p_decision ->> 'action'),
    case when p_overruled is not null then p_decision ->> 'action' end,
    p_decision ->> 'intent', (p_decision ->> 'confidence')::numeric, p_decision ->> 'language',
    (p_decision ->> 'sentiment')::numeric,
    case when p_overruled is null then '{}'::text[] else array[p_overruled ->> 'reason'] end
    || array(select jsonb_array_elements_text(coalesce(p_decision -> 'reasons', '[]'))),
    coalesce(p_decision ->> 'decider', 'none'), p_decision ->> 'model', p_decision ->> 'prompt_version',
    (p_decision ->> 'policy_version')::integer, p_thread.control_epoch,
    coalesce((p_decision ->> 'cost_usd')::numeric, 0), coalesce((p_decision ->> 'tokens_in')::integer, 0),
    coalesce((p_decision ->> 'tokens_out')::integer, 0), (p_decision ->> 'latency_ms')::numeric,
    p_decision ->> 'worker', nullif(p_decision -> 'input', 'null'),
    decode(p_decision ->> 'knowledge_digest', 'hex'), p_reply_id);
  return (p_decision ->> 'id')::uuid;
end
$$;
comment on function private.record_decision(public.et_threads, bigint, bigint, jsonb, jsonb, uuid) is
'Definer: one row of inbound_decisions.';

create function private.complete_inbound(
  p_tenant_id uuid, p_thread_id uuid, p_fence bigint, p_last_seq bigint, p_decision jsonb
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
  v_first bigint;
  v_overruled jsonb;
  v_action text;
  v_message_id uuid;
  v_queue_id uuid;
  v_decision jsonb := p_decision || jsonb_build_object('id', private.uuid_v7());
begin
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = p_tenant_id and t.id = p_thread_id for no key update;
  select w.first_seq into v_first from private.inbound_work as w
  where w.tenant_id = p_tenant_id and w.thread_id = p_thread_id and w.fence = p_fence
    and w.lease_until > clock_timestamp()
  for update;
  if not found then
    return jsonb_build_object('result', 'lost');
  end if;
  select coalesce(min(m.seq), v_first) into v_first from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.seq between v_first and p_last_seq
    and m.direction = 'inbound' and m.delivery_status = 'inbound_processing';
  -- Since a merge, caps and suppressions are those of the contact that goes on.
  v_thread.contact_id := private.canonical_contact(p_tenant_id, v_thread.contact_id);
  v_overruled := private.overrule(v_thread, p_decision, p_last_seq);
  v_action := coalesce(v_overruled ->> 'action', p_decision ->> 'action');
  -- Newer messages that were decided long ago (a person retried an older one) do not move the fence.
  if v_action in ('auto_reply', 'follow_up') and (
    v_thread.control_epoch is distinct from (p_decision ->> 'control_epoch')::bigint
    or (v_thread.last_inbound_seq <> p_last_seq and exists (
      select from public.et_messages as m
      where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.seq > p_last_seq
        and m.direction = 'inbound' and m.delivery_status in ('received', 'inbound_processing')))
  ) then
    perform private.release_inbound(p_tenant_id, p_thread_id, p_fence);
    return jsonb_build_object('result', 'released');
  end if;
  if v_action in ('auto_reply', 'follow_up') then
    perform private.cancel_queued(p_tenant_id, p_thread_id, 'superseded');
    -- An earlier reply that the burst counts as never sent was being claimed meanwhile: its questions are answered.
    if (p_decision ->> 'first_seq')::bigint < private.first_unanswered(p_tenant_id, p_thread_id, v_first) then
      perform private.release_inbound(p_tenant_id, p_thread_id, p_fence);
      return jsonb_build_object('result', 'released');
    end if;
    select e.message_id, e.queue_id into v_message_id, v_queue_id from private.enqueue_outbound(
      p_tenant_id, p_thread_id, p_decision ->> 'reply', 'ai', 'ai', jsonb_build_object(
        'purpose', case v_action when 'auto_reply' then 'reply' else 'follow_up' end,
        'delay_seconds', case v_action when 'follow_up' then coalesce((p_decision ->> 'follow_up_in_s')::integer,
          86400) end,
        'control_epoch', v_thread.control_epoch, 'based_on_seq', v_thread.last_inbound_seq, 'language',
          p_decision ->> 'language',
        'cause_kind', 'decision', 'cause_id', v_decision ->> 'id')) as e;
  end if;
  perform private.record_decision(
    v_thread, least(v_first, coalesce((p_decision ->> 'first_seq')::bigint, v_first)), p_last_seq, v_decision,
      v_overruled,
    v_message_id);
  perform private.apply_decision(v_thread, v_decision, v_action);
  update public.et_messages as m
  set delivery_status = case v_action when 'human_takeover' then 'inbound_human_takeover' else 'inbound_ai_replied' end
  where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.seq between v_first and p_last_seq
    and m.direction = 'inbound' and m.delivery_status = 'inbound_processing';
  perform private.close_work(p_tenant_id, p_thread_id);
  perform private.note_thread_moved(p_tenant_id, p_thread_id);
  return jsonb_build_object('result', 'recorded', 'action', v_action, 'decision_id', v_decision ->> 'id',
    'message_id', v_message_id, 'queue_id', v_queue_id);
end
$$;
comment on function private.complete_inbound(uuid, uuid, bigint, bigint, jsonb) is
'Definer, for the inbound worker. recorded: decision, reply and statuses are in. released: the thread moved, decide '
'anew. lost: the lease went to somebody else.';

create function private.apply_decision(p_thread public.et_threads, p_decision jsonb, p_action text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.et_threads as t
  set control = case p_action when 'human_takeover' then 'human' else t.control end,
    labels = (select coalesce(array_agg(distinct l order by l), '{}') from unnest(
      t.labels || array(select jsonb_array_elements_text(coalesce(p_decision -> 'labels', '[]')))) as l)
  where t.tenant_id = p_thread.tenant_id and t.id = p_thread.id
    and (p_action = 'human_takeover' or coalesce(p_decision -> 'labels', '[]') <> '[]');
  if p_action = 'human_takeover' and p_thread.control = 'ai' then
    perform private.audit(p_thread.tenant_id, 'thread.handed_over', 'thread', p_thread.id::text,
      jsonb_build_object('decision_id', p_decision ->> 'id'));
    perform private.cancel_queued(p_thread.tenant_id, p_thread.id, 'human_takeover');
    insert into public.notifications (tenant_id, kind, title, thread_id)
    values (p_thread.tenant_id, 'human_takeover', 'A conversation needs a person', p_thread.id);
  end if;
  if (p_decision ->> 'suppress_contact')::boolean then
    insert into public.suppressions (tenant_id, kind, address, scope, reason)
    select i.tenant_id, i.kind, i.address, 'automatic', 'unsubscribed' from public.contact_identities as i
    where i.tenant_id = p_thread.tenant_id and i.contact_id = p_thread.contact_id
      and i.kind = private.address_kind(p_thread.channel)
    on conflict (tenant_id, kind, address) do nothing;
  end if;
  if p_decision ? 'escalation' then
    perform private.escalate_decision(p_thread, p_decision);
  end if;
end
$$;
comment on function private.apply_decision(public.et_threads, jsonb, text) is
'Definer: what a decision does beside replying: control, labels, a notification, a suppression, escalations.';

create function private.set_aside_inbound(
  p_thread public.et_threads, p_first_seq bigint, p_last_seq bigint, p_error text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_last_seq is not null then
    perform private.record_decision(p_thread, p_first_seq, p_last_seq, jsonb_build_object('id', private.uuid_v7(),
      'action', 'error', 'decider', 'none', 'reasons', jsonb_build_array(left(p_error, 1000))), null, null);
    update public.et_messages as m set delivery_status = 'inbound_error'
    where m.tenant_id = p_thread.tenant_id and m.thread_id = p_thread.id and m.seq between p_first_seq and p_last_seq
      and m.direction = 'inbound' and m.delivery_status = 'inbound_processing';
    insert into public.notifications (tenant_id, kind, title, thread_id)
    values (p_thread.tenant_id, 'inbound_error', 'A message could not be handled', p_thread.id);
  end if;
  perform private.close_work(p_thread.tenant_id, p_thread.id);
end
$$;
comment on function private.set_aside_inbound(public.et_threads, bigint, bigint, text) is
'Definer, whose caller holds the thread: the burst becomes inbound_error with its reason, and somebody is told.';

create function private.fail_inbound(
  p_tenant_id uuid, p_thread_id uuid, p_fence bigint, p_last_seq bigint, p_attempts integer, p_error text
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
  v_first bigint;
begin
  if p_attempts + 1 < 5 then
    return case when private.release_inbound(p_tenant_id, p_thread_id, p_fence,
      make_interval(secs => power(2, p_attempts) * random()), true) then 'retry' else 'lost' end;
  end if;
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = p_tenant_id and t.id = p_thread_id for no key update;
  select w.first_seq into v_first from private.inbound_work as w
  where w.tenant_id = p_tenant_id and w.thread_id = p_thread_id and w.fence = p_fence
    and w.lease_until > clock_timestamp()
  for update;
  if not found then
    return 'lost';
  end if;
  perform private.set_aside_inbound(v_thread, v_first, p_last_seq, p_error);
  return 'inbound_error';
end
$$;
comment on function private.fail_inbound(uuid, uuid, bigint, bigint, integer, text) is
'Definer, for the inbound worker: the handler failed. Tried again with a growing pause, and after five errors set '
'aside with its reason.';

create function private.retry_inbound(p_message_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_message public.et_messages%rowtype;
begin
  select m.* into v_message from public.et_messages as m where m.tenant_id = v_tenant and m.id = p_message_id;
  if v_message.id is null then
    return private.deny('message', p_message_id, 'retry_inbound');
  end if;
  perform from public.et_threads as t where t.tenant_id = v_tenant and t.id = v_message.thread_id for no key update;
  select m.* into v_message from public.et_messages as m where m.tenant_id = v_tenant and m.id = p_message_id;
  if v_message.delivery_status <> 'inbound_error' then
    raise exception 'only a message in inbound_error is retried, not one in %', v_message.delivery_status
      using errcode = 'PT409', hint = 'Nothing needs to be done.', detail = jsonb_build_object(
        'code', 'refused_transition', 'from', v_message.delivery_status, 'to', 'received')::text;
  end if;
  update public.et_messages as m set delivery_status = 'received' where m.tenant_id = v_tenant and m.id = p_message_id;
  insert into private.inbound_work as w (tenant_id, thread_id, first_seq)
  values (v_tenant, v_message.thread_id, v_message.seq)
  on conflict (tenant_id, thread_id) do update set first_seq = least(w.first_seq, excluded.first_seq);
  perform private.audit(v_tenant, 'message.retried', 'message', p_message_id::text);
  perform pg_notify('et_inbound', '');
  return jsonb_build_object('message_id', p_message_id, 'delivery_status', 'received');
end
$$;
comment on function private.retry_inbound(uuid) is
'Definer: a person sends a message that failed through the decision again.';

create function public.retry_inbound(p_message_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.retry_inbound(p_message_id); end;
comment on function public.retry_inbound(uuid) is 'Decide again on a message in inbound_error. Agents.';

grant execute on function private.decision_context(uuid, uuid, bigint, bigint),
private.complete_inbound(uuid, uuid, bigint, bigint, jsonb),
private.fail_inbound(uuid, uuid, bigint, bigint, integer, text) to parley_worker;
grant execute on function private.retry_inbound(uuid), public.retry_inbound(uuid) to authenticated;
