-- Chapter: moderation, verdicts. What was judged is recorded, and what follows from it happens in the same transaction.
--
--   moderation_work ──claim_moderation()──▶ lease + fence, inputs ──▶ judged, no transaction open ──▶ record_verdict()
--        │ eight failures, or eight workers died                            │ stale: text, policy or stage moved
--        ▼                                                                  ▼
--   review: a person reads what no detector could                     judged again
--
--   approved, filtered ──▶ a new rev, the heads of its readers, the queue     review, blocked ──▶ comments, the log
--
-- Locks: thread → queue row → message → work row, as whoever edits and cancels takes them.

-- ── what a verdict must say ──────────────────────────────────────────────────────────────────────────────────────

create function private.severity(p_decision text) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return array_position('{approved,filtered,review,blocked}'::text[], p_decision);
end
$$;
comment on function private.severity(text) is 'How strict a decision is, 1 … 4; null for none.';

create function private.refuse_verdict(p_verdict jsonb) returns void
language plpgsql stable set search_path = '' as $$
declare
  v_problem text := case
    when private.severity(p_verdict ->> 'decision') is null then 'decision'
    when coalesce(p_verdict ->> 'decider', '') not in ('rules', 'model', 'person') then 'decider'
    when coalesce(p_verdict ->> 'digest', '') !~ '^[0-9a-f]{64}$' then 'digest'
    when p_verdict ->> 'decision' = 'filtered' and p_verdict ->> 'filtered_content' is null then 'filtered_content'
    when p_verdict ->> 'decider' = 'person' and p_verdict ->> 'decided_by' is null then 'decided_by'
    -- A model is asked after the rules, and what it says can only be stricter.
    when p_verdict ->> 'decider' = 'model' and coalesce(jsonb_typeof(p_verdict -> 'rules'), '') <> 'object' then 'rules'
    when not coalesce((p_verdict ->> 'confidence')::real between 0 and 1, true) then 'confidence'
  end;
begin
  if v_problem is not null then
    raise exception 'a verdict needs another %', v_problem using errcode = 'PT422',
      detail = jsonb_build_object('code', 'bad_verdict', 'field', v_problem)::text,
      hint = 'See private.record_verdict().';
  end if;
end
$$;
comment on function private.refuse_verdict(jsonb) is
'Refuses a verdict that does not say what was decided, by whom and on what.';

create function private.settled_verdict(p_message public.et_messages, p_verdict jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_text record;
  v_masked text := p_verdict ->> 'filtered_content';
  v_subject text;
begin
  if p_verdict ->> 'decision' <> 'filtered' then
    return p_verdict;
  end if;
  select t.* into v_text from private.judged_text(p_message) as t;
  v_subject := case when p_verdict ? 'filtered_subject' then p_verdict ->> 'filtered_subject' else v_text.subject end;
  if private.moderation_lane(p_message) <> 'template' and right(v_masked, nullif(length(v_text.lines), 0))
    is not distinct from nullif(v_text.lines, '')
    and (v_subject, v_masked) is distinct from (v_text.subject, v_text.body || v_text.lines) then
    return p_verdict || jsonb_build_object('filtered_subject', v_subject, 'filtered_content',
      left(v_masked, length(v_masked) - length(v_text.lines)));
  end if;
  return p_verdict || jsonb_build_object('decision', 'review', 'inputs', coalesce(p_verdict -> 'inputs', '{}')
    || '{"note": "what cannot be masked is held"}');
end
$$;
comment on function private.settled_verdict(public.et_messages, jsonb) is
'Definer: a mask without the lines that are not the body''s. Where one of these would have to be masked, or a '
'template, or the mask covers nothing, the message is held for a person.';

-- ── recording ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.hold_for_verdict(p_tenant_id uuid, p_message_id uuid) returns public.et_messages
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
begin
  select m.* into v_message from public.et_messages as m where m.tenant_id = p_tenant_id and m.id = p_message_id;
  perform from public.et_threads as t
  where t.tenant_id = p_tenant_id and t.id = v_message.thread_id for no key update;
  if v_message.direction = 'outbound' then
    -- Whoever cancels and completes a send has its queue row before its message.
    perform from public.et_outbound_queue as q
    where q.tenant_id = p_tenant_id and q.message_id = p_message_id for no key update;
  end if;
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.id = p_message_id and m.erased_at is null for no key update;
  return v_message;
end
$$;
comment on function private.hold_for_verdict(uuid, uuid) is
'Definer: a message under the locks its verdict needs; a row of nulls where there is nothing to judge any more.';

create function private.is_stale(p_message public.et_messages, p_verdict jsonb) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  v_policy public.moderation_policies%rowtype := private.judging_policy(p_message.tenant_id);
begin
  if encode((private.judged_text(p_message)).digest, 'hex') <> p_verdict ->> 'digest' then
    return true;
  elsif p_verdict ->> 'decider' = 'person' then
    return false; -- he decides on the text, whatever the policy says meanwhile
  end if;
  return p_message.moderation_status <> 'pending'
    or (p_verdict ->> 'policy_version')::integer is distinct from v_policy.version
    or p_verdict ->> 'stage' is distinct from private.stage_of(p_message, v_policy.document);
end
$$;
comment on function private.is_stale(public.et_messages, jsonb) is
'Definer: text, policy or stage are others than were judged, or somebody was faster.';

create function private.verdict_id(p_newest uuid) returns uuid
language plpgsql volatile set search_path = '' as $$
declare
  v_id uuid := private.uuid_v7();
begin
  -- Two of one millisecond, or a clock that was put back: one more than the one before.
  return case when p_newest >= v_id then (left(p_newest::text, 24) || lpad(to_hex(1
    + ('x' || right(p_newest::text, 12))::bit(48)::bigint), 12, '0'))::uuid else v_id end;
end
$$;
comment on function private.verdict_id(uuid) is 'The id of a message''s next verdict: greater than all before it.';

create function private.insert_verdict(p_message public.et_messages, p_verdict jsonb)
returns public.moderation_verdicts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_policy public.moderation_policies%rowtype := private.judging_policy(p_message.tenant_id);
  v_verdict public.moderation_verdicts%rowtype;
begin
  insert into public.moderation_verdicts (
    tenant_id, id, message_id, thread_id, lane, stage, policy_version, decider, decision, kinds, confidence,
    sender_contact_id, context_kind, context_id, digest, decided_by, waited_ms)
  select p_message.tenant_id, private.verdict_id((private.newest_verdict(p_message.tenant_id, p_message.id)).id),
    p_message.id, p_message.thread_id, private.moderation_lane(p_message),
    private.stage_of(p_message, v_policy.document), coalesce((p_verdict ->> 'policy_version')::integer, v_policy.version),
    p_verdict ->> 'decider', p_verdict ->> 'decision',
    array(select jsonb_array_elements_text(coalesce(p_verdict -> 'kinds', '[]'))),
    coalesce((p_verdict ->> 'confidence')::real, 1), p_message.sender_contact_id,
    coalesce(p_message.context_kind, t.context_kind), coalesce(p_message.context_id, t.context_id),
    decode(p_verdict ->> 'digest', 'hex'), p_verdict ->> 'decided_by',
    least(2147483647, 1000 * extract(epoch from clock_timestamp() - greatest(p_message.created_at,
      p_message.edited_at)))::integer
  from public.et_threads as t where t.tenant_id = p_message.tenant_id and t.id = p_message.thread_id
  returning * into v_verdict;
  insert into private.verdict_documents (tenant_id, verdict_id, verdict, inputs)
  values (v_verdict.tenant_id, v_verdict.id, p_verdict ->> 'verdict', coalesce(p_verdict -> 'inputs', '{}'));
  insert into public.agent_comments (tenant_id, message_id, verdict_id, visibility, kind, comment, created_by)
  select v_verdict.tenant_id, v_verdict.message_id, v_verdict.id, c.visibility, c.kind, c.comment,
    coalesce(v_verdict.decided_by, v_verdict.decider)
  from jsonb_to_recordset(coalesce(p_verdict -> 'comments', '[]')) as c (visibility text, kind text, comment text);
  return v_verdict;
end
$$;
comment on function private.insert_verdict(public.et_messages, jsonb) is
'Definer: a verdict, what it was made from, and what it tells sender, recipient and staff.';

create function private.log_blocked(p_message public.et_messages, p_verdict public.moderation_verdicts) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.blocked_messages_log (
    tenant_id, message_id, verdict_id, thread_id, sender_contact_id, sender_user_id, context_kind, context_id,
    bid_card_id, kinds, policy_version)
  values (
    p_message.tenant_id, p_message.id, p_verdict.id, p_message.thread_id, p_message.sender_contact_id,
    p_message.sender_user_id, p_verdict.context_kind, p_verdict.context_id,
    case when p_verdict.context_kind = 'bid_card'
      and p_verdict.context_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_verdict.context_id::uuid end, p_verdict.kinds, p_verdict.policy_version);
end
$$;
comment on function private.log_blocked(public.et_messages, public.moderation_verdicts) is
'Definer: a message was stopped, and that stays on record.';

create function private.apply_verdict(
  p_message public.et_messages, p_verdict public.moderation_verdicts, p_document jsonb
) returns public.et_messages
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_text record;
  v_subject text := p_message.subject;
  v_body text := p_message.body;
  v_message public.et_messages%rowtype;
begin
  delete from private.moderation_work as w where w.tenant_id = p_message.tenant_id and w.message_id = p_message.id;
  if not private.is_withdrawn(p_message) and p_verdict.decision in ('approved', 'filtered') then
    select t.* into v_text from private.judged_text(p_message) as t;
    if p_verdict.decision = 'approved' then
      v_subject := v_text.subject;
      v_body := v_text.body;
    elsif p_message.moderation_status <> 'filtered' then
      insert into private.message_originals (tenant_id, message_id, digest, subject, body)
      values (p_message.tenant_id, p_message.id, p_verdict.digest, v_text.subject, v_text.body)
      on conflict (tenant_id, message_id, digest) do nothing;
      v_subject := p_document ->> 'filtered_subject';
      v_body := p_document ->> 'filtered_content';
    end if;
  end if;
  update public.et_messages as m set moderation_status = p_verdict.decision, subject = v_subject, body = v_body
  where m.tenant_id = p_message.tenant_id and m.id = p_message.id
  returning m.* into v_message;
  return v_message;
end
$$;
comment on function private.apply_verdict(public.et_messages, public.moderation_verdicts, jsonb) is
'Definer: the message becomes what its verdict says: under a new rev, masked with its original aside, or with what its '
'sender wrote. What was masked once keeps its mask.';

create function private.follow_verdict(p_message public.et_messages, p_verdict public.moderation_verdicts) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
begin
  if p_verdict.decision = 'blocked' then
    perform private.log_blocked(p_message, p_verdict);
    update public.broadcasts as b set status = 'cancelled', finished_at = clock_timestamp()
    where b.tenant_id = p_message.tenant_id and b.message_id = p_message.id and b.status = 'running';
  end if;
  if p_message.direction <> 'outbound' then
    return;
  elsif p_verdict.decision in ('approved', 'filtered') then
    update private.outbound_work as w set run_at = q.scheduled_at, is_later = false
    from public.et_outbound_queue as q
    where q.tenant_id = p_message.tenant_id and q.message_id = p_message.id and q.status = 'queued'
      and w.tenant_id = q.tenant_id and w.queue_id = q.id and w.lease_until is null;
    if found and pg_try_advisory_xact_lock(7100002) then
      perform pg_notify('et_outbound', '');
    end if;
  elsif (p_verdict.decision = 'blocked' or p_verdict.lane = 'ai')
    and private.cancel_held(p_message, 'moderation_' || p_verdict.decision) then
    select t.* into v_thread from public.et_threads as t
    where t.tenant_id = p_message.tenant_id and t.id = p_message.thread_id;
    if p_verdict.lane = 'ai' and v_thread.control = 'ai' then
      -- Somebody waits for an answer that the machine may not give.
      perform private.apply_decision(v_thread, jsonb_build_object('id', p_message.cause_id), 'human_takeover');
    end if;
  end if;
end
$$;
comment on function private.follow_verdict(public.et_messages, public.moderation_verdicts) is
'Definer: what a verdict does beside the message: the log, the announcement, the send that goes on or stays at home, '
'and a person for a conversation whose AI was stopped.';

create function private.cancel_held(p_message public.et_messages, p_reason text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_gone bigint;
begin
  perform private.leave_unknown(q, p_reason) from public.et_outbound_queue as q
  where q.tenant_id = p_message.tenant_id and q.message_id = p_message.id and q.status = 'queued' and q.attempts > 0
    and private.may_have_left(q);
  with cancelled as (
    update public.et_outbound_queue as q set status = 'cancelled', status_reason = p_reason
    where q.tenant_id = p_message.tenant_id and q.message_id = p_message.id and q.status = 'queued'
    returning q.tenant_id, q.id
  )
  delete from private.outbound_work as w using cancelled as c where w.tenant_id = c.tenant_id and w.queue_id = c.id;
  get diagnostics v_gone = row_count;
  return v_gone > 0;
end
$$;
comment on function private.cancel_held(public.et_messages, text) is
'Definer: the send of a message that was stopped stays at home; one that may have left is unknown. False when it was '
'not to leave any more, as a reply that a newer one replaced.';

create function private.record_verdict(
  p_tenant_id uuid, p_message_id uuid, p_verdict jsonb, p_fence bigint default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype := private.hold_for_verdict(p_tenant_id, p_message_id);
  v_rules jsonb := p_verdict -> 'rules';
  v_document jsonb := p_verdict;
  v_verdict public.moderation_verdicts%rowtype;
  v_result text := 'recorded';
begin
  perform private.refuse_verdict(p_verdict);
  if p_fence is not null then
    perform from private.moderation_work as w
    where w.tenant_id = p_tenant_id and w.message_id = p_message_id and w.fence = p_fence
      and w.lease_until > clock_timestamp()
    for update;
    v_result := case when found then v_result else 'lost' end;
  end if;
  if v_message.id is null or private.moderation_lane(v_message) is null then
    v_result := 'lost';
  elsif v_result = 'recorded' and private.is_stale(v_message, p_verdict) then
    v_result := 'stale';
  end if;
  if v_result = 'stale' and p_fence is not null then
    update private.moderation_work as w set lease_until = null, claimed_by = null
    where w.tenant_id = p_tenant_id and w.message_id = p_message_id and w.fence = p_fence;
    perform pg_notify('et_moderation', '');
  end if;
  if v_result <> 'recorded' then
    return jsonb_build_object('result', v_result, 'moderation_status', v_message.moderation_status, 'rev',
      v_message.rev);
  end if;
  if p_verdict ->> 'decider' = 'model' then
    v_rules := private.settled_verdict(v_message,
      (p_verdict - '{rules,filtered_content,filtered_subject,comments}'::text[]) || v_rules || jsonb_build_object('decider', 'rules', 'digest', p_verdict ->> 'digest'));
    perform private.refuse_verdict(v_rules);
    v_verdict := private.insert_verdict(v_message, v_rules);
  end if;
  v_document := private.settled_verdict(v_message, p_verdict);
  if v_verdict.id is null or private.severity(v_document ->> 'decision') > private.severity(v_verdict.decision) then
    v_verdict := private.insert_verdict(v_message, v_document);
  else
    v_document := v_rules; -- milder than the rules: they stand
  end if;
  if not private.is_verdict_step(v_message.moderation_status, v_verdict.decision, v_verdict.decider) then
    perform private.refuse_step(v_message.moderation_status, v_verdict.decision);
  end if;
  v_message := private.apply_verdict(v_message, v_verdict, v_document);
  perform private.follow_verdict(v_message, v_verdict);
  if p_verdict ? 'escalation' then
    perform private.escalate_verdict(v_verdict, p_verdict -> 'escalation');
  end if;
  return jsonb_build_object('result', 'recorded', 'moderation_status', v_message.moderation_status, 'rev',
    v_message.rev, 'verdict_id', v_verdict.id);
end
$$;
comment on function private.record_verdict(uuid, uuid, jsonb, bigint) is
'Definer, for whoever judges: {digest, policy_version, stage, decider, decision, kinds, confidence, filtered_content '
'and filtered_subject where it is masked, comments, verdict, inputs, decided_by, escalation where a rule of it holds; '
'of a model also rules: the same of the rules, which it only tightens}. recorded: message, log, comments, queue and '
'escalations have followed. stale: text, policy or stage moved, it waits to be judged again. lost: the lease went to '
'somebody else, or there is nothing to judge.';

grant execute on function private.record_verdict(uuid, uuid, jsonb, bigint) to parley_worker, parley_api;
