-- Chapter: moderation, part five. How a review ends, and how the sender of a stopped or masked message asks for one.
--
--   decide_review(digest of the text that was read) ──▶ record_verdict(), decider person ──▶ the sender is told why
--   appeal_moderation() ──▶ a review of origin `appeal`, once a text ──▶ upheld | overturned
--
-- A reviewer may take words away (spans), never put any into somebody's mouth.

create function private.told_by_person(p_decision text, p_reason text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return case p_decision
    when 'approved' then 'A person has read your message and let it through.'
    when 'filtered' then 'A person has read your message: it is shown without what may not be shared here yet.'
    else 'A person has read your message: it is not shown.' end || ' ' || p_reason;
end
$$;
comment on function private.told_by_person(text, text) is 'What the sender is told of a decision, with its reason.';

create function private.decide_review(
  p_review_id uuid, p_digest text, p_decision text, p_reason text, p_note text, p_spans jsonb
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_review public.moderation_reviews%rowtype;
  v_answer jsonb;
begin
  perform private.check_decision(p_decision, p_reason, p_note);
  -- The thread before the review, as every writer of verdicts takes them.
  perform from public.et_threads as t where t.tenant_id = v_tenant and t.id = (
    select r.thread_id from public.moderation_reviews as r where r.tenant_id = v_tenant and r.id = p_review_id)
  for no key update;
  select r.* into v_review from public.moderation_reviews as r
  where r.tenant_id = v_tenant and r.id = p_review_id for no key update;
  if v_review.id is null then
    return private.deny('moderation_review', p_review_id, 'decide_review');
  end if;
  perform private.refuse_review(v_review);
  if v_review.claimed_by is distinct from private.actor() then
    raise exception 'nobody decides on what he has not read' using errcode = 'PT409',
      detail = '{"code": "review_not_claimed"}', hint = 'Claim it first.';
  end if;
  if p_digest is distinct from encode(v_review.digest, 'hex') then
    perform private.refuse_stale();
  end if;
  v_answer := private.record_decision_of(v_review, p_decision, p_reason, p_note, p_spans);
  if v_answer ->> 'result' <> 'recorded' then
    perform private.refuse_stale();
  end if;
  update public.moderation_reviews as r set reason = p_reason
  where r.tenant_id = v_tenant and r.id = p_review_id returning * into v_review;
  perform private.audit(v_tenant, 'review.decided', 'message', v_review.message_id::text, jsonb_build_object(
    'review_id', v_review.id, 'decision', p_decision, 'origin', v_review.origin, 'outcome', v_review.outcome));
  perform private.tell_sender(v_review);
  return jsonb_build_object('review_id', v_review.id, 'message_id', v_review.message_id, 'status', v_review.status,
    'decision', v_review.decision, 'outcome', v_review.outcome, 'moderation_status', v_answer ->> 'moderation_status',
    'rev', v_answer -> 'rev');
end
$$;
comment on function private.decide_review(uuid, text, text, text, text, jsonb) is
'Definer: who has claimed it decides, on the text he read (p_digest). The sender is told with the reason; the note is '
'for the staff.';

create function private.check_decision(p_decision text, p_reason text, p_note text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if p_decision is null or p_decision not in ('approved', 'filtered', 'blocked') then
    raise exception 'a review ends as approved, filtered or blocked' using errcode = 'PT422',
      detail = '{"code": "bad_value", "field": "decision"}', hint = 'Use one of these words.';
  elsif length(btrim(coalesce(p_reason, ''))) not between 5 and 500 then
    raise exception 'say why, in 5 to 500 characters' using errcode = 'PT422',
      detail = '{"code": "reason_missing", "field": "reason"}', hint = 'The sender reads it: what was right, or what to change.';
  elsif length(btrim(coalesce(p_note, ' x'))) not between 1 and 1000 then
    raise exception 'a note has 1 to 1000 characters' using errcode = 'PT422',
      detail = '{"code": "bad_length", "field": "note"}', hint = 'Shorten it, or leave it out.';
  end if;
end
$$;
comment on function private.check_decision(text, text, text) is 'Refuses a decision that says nothing.';

create function private.refuse_stale() returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'the message is another than the one you read' using errcode = 'PT409',
    detail = '{"code": "review_stale"}',
    hint = 'Claim it again and read it as it is now.';
end
$$;
comment on function private.refuse_stale() is
'Refuses a decision on a text that moved on.';

create function private.masked(p_text text, p_from integer, p_spans jsonb) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_span record;
  v_parts text := '';
  v_done integer := 0;
begin
  -- As app/moderation/masking.py: of overlapping spans the union, named after the first.
  for v_span in
    select greatest((s -> 'span' ->> 0)::integer - p_from, 0) as first,
      least((s -> 'span' ->> 1)::integer - p_from, length(p_text)) as last, s ->> 'kind' as kind
    from jsonb_array_elements(p_spans) as s order by 1, 2
  loop
    continue when v_span.first >= v_span.last;
    if v_span.first >= v_done then
      v_parts := v_parts || substr(p_text, v_done + 1, v_span.first - v_done) || case v_span.kind
        when 'email' then '[email removed]' when 'phone' then '[phone removed]' when 'url' then '[link removed]'
        when 'meeting_link' then '[meeting link removed]' when 'social_handle' then '[handle removed]'
        when 'payment_handle' then '[payment details removed]' when 'address' then '[address removed]'
        else '[removed]' end;
    end if;
    v_done := greatest(v_done, v_span.last);
  end loop;
  return v_parts || substr(p_text, v_done + 1);
end
$$;
comment on function private.masked(text, integer, jsonb) is
'A text with exactly these spans replaced by what they were; p_from: where it begins in the text the spans count in. A '
'reviewer may take away, never put words into somebody''s mouth.';

create function private.refuse_spans() returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'say what is taken out of the text' using errcode = 'PT422',
    detail = '{"code": "nothing_to_mask", "field": "spans"}',
    hint = 'Send spans: [{"kind": "phone", "span": [from, until]}], in characters of the text; or approve or block it.';
end
$$;
comment on function private.refuse_spans() is 'Refuses to filter a message without taking anything out of it.';

create function private.spans_to_mask(p_review public.moderation_reviews, p_spans jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_spans jsonb := coalesce(p_spans, (
    select jsonb_agg(t) from jsonb_array_elements(private.spans_of(p_review.tenant_id, p_review.verdict_id)) as t
    where t ->> 'kind' in (
      'email', 'phone', 'url', 'meeting_link', 'social_handle', 'payment_handle', 'address')), '[]');
  v_bad boolean := jsonb_typeof(v_spans) <> 'array' or jsonb_array_length(v_spans) not between 1 and 200;
begin
  if not v_bad then
    select bool_or(coalesce(jsonb_typeof(s -> 'span') <> 'array' or jsonb_typeof(s -> 'span' -> 0) <> 'number'
      or jsonb_typeof(s -> 'span' -> 1) <> 'number' or (s -> 'span' ->> 0) !~ '^[0-9]{1,6}$'
      or (s -> 'span' ->> 1) !~ '^[0-9]{1,6}$', true)) into v_bad
    from jsonb_array_elements(v_spans) as s;
  end if;
  if v_bad then
    perform private.refuse_spans();
  end if;
  return v_spans;
end
$$;
comment on function private.spans_to_mask(public.moderation_reviews, jsonb) is
'Definer: what a filtered message is shown without: what the reviewer marked, else what was found.';

create function private.masked_parts(p_subject text, p_body text, p_spans jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  v_subject text := private.masked(p_subject, 0, p_spans);
  v_body text := private.masked(p_body, coalesce(length(p_subject) + 1, 0), p_spans);
begin
  if (v_subject, v_body) is not distinct from (p_subject, p_body) then
    perform private.refuse_spans();
  end if;
  return jsonb_build_object('subject', v_subject, 'body', v_body);
end
$$;
comment on function private.masked_parts(text, text, jsonb) is
'Subject and body without these spans, which count in the subject, a line feed and the body; refused when nothing of '
'either is in them: what stands in the name of a file cannot be masked.';

create function private.record_decision_of(
  p_review public.moderation_reviews, p_decision text, p_reason text, p_note text, p_spans jsonb
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_text record;
  v_spans jsonb := case p_decision when 'filtered' then private.spans_to_mask(p_review, p_spans) end;
  v_policy public.moderation_policies%rowtype := private.judging_policy(p_review.tenant_id);
  v_said jsonb;
begin
  select t.subject, t.body, t.lines, private.stage_of(m, v_policy.document) as stage into v_text from public.et_messages as m
  cross join lateral private.reviewed_text(m.tenant_id, m.id, p_review.digest) as t
  where m.tenant_id = p_review.tenant_id and m.id = p_review.message_id;
  if not found then
    return '{"result": "stale"}';
  end if;
  v_said := jsonb_build_object('decision', p_decision, 'threats_detected', coalesce(v_spans, '[]'));
  if p_decision = 'filtered' then
    v_said := v_said || private.masked_parts(v_text.subject, v_text.body, v_spans);
  end if;
  return private.record_verdict(p_review.tenant_id, p_review.message_id, jsonb_strip_nulls(jsonb_build_object(
    'digest', encode(p_review.digest, 'hex'), 'policy_version', v_policy.version, 'lane', p_review.lane,
    'stage', v_text.stage, 'decider', 'person', 'decided_by', private.actor(), 'decision', p_decision,
    'kinds', case p_decision when 'approved' then '[]' else to_jsonb(p_review.kinds) end, 'confidence', 1,
    'filtered_subject', v_said -> 'subject', 'filtered_content', (v_said ->> 'body') || v_text.lines,
    'verdict', (v_said - 'subject' - 'body' || jsonb_build_object('filtered_content', encode(sha256(convert_to(
      v_said ->> 'body', 'UTF8')), 'hex')))::text,
    'inputs', jsonb_build_object('review_id', p_review.id, 'reviewed', p_review.verdict_id),
    'comments', jsonb_build_array(jsonb_build_object('visibility', 'sender', 'comment',
        private.told_by_person(p_decision, p_reason)))
      || case when p_note is null then '[]' else jsonb_build_array(jsonb_build_object(
        'visibility', 'staff', 'comment', p_note)) end)));
end
$$;
comment on function private.record_decision_of(public.moderation_reviews, text, text, text, jsonb) is
'Definer: the verdict of a person, through the one door all verdicts take.';

create function private.tell_sender(p_review public.moderation_reviews) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := (
    select m.sender_user_id from public.et_messages as m
    where m.tenant_id = p_review.tenant_id and m.id = p_review.message_id and m.erased_at is null);
begin
  if v_user is not null then
    perform private.hint('user:' || v_user::text, 'moderation.decided', jsonb_build_object('thread_id',
      p_review.thread_id, 'message_id', p_review.message_id, 'decision', p_review.decision, 'outcome',
      p_review.outcome));
  end if;
end
$$;
comment on function private.tell_sender(public.moderation_reviews) is
'Definer: a hint to the sender''s devices; the comment beside his message says the rest.';

-- ── appeals ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.check_appeal(p_text text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if length(btrim(coalesce(p_text, ''))) not between 5 and 1000 then
    raise exception 'say in 5 to 1000 characters why this is wrong' using errcode = 'PT422',
      detail = '{"code": "bad_length", "field": "text"}', hint = 'A sentence is enough; a person reads it.';
  end if;
end
$$;
comment on function private.check_appeal(text) is 'Refuses an appeal without a word, or with too many.';

create function private.appeal_moderation(p_message_id uuid, p_text text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_verdict public.moderation_verdicts%rowtype;
  v_review public.moderation_reviews%rowtype;
begin
  if private.current_user_id() is null then
    perform private.authorize('send');
  end if;
  perform private.check_appeal(p_text);
  select m.* into v_message from public.et_messages as m where m.id = p_message_id;
  if v_message.id is null or not coalesce(v_message.sender_user_id = private.current_user_id(),
    v_message.sender = private.actor()) then
    return private.deny('message', p_message_id, 'appeal_moderation');
  end if;
  perform from public.et_threads as t
  where t.tenant_id = v_message.tenant_id and t.id = v_message.thread_id for no key update;
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = v_message.tenant_id and m.id = p_message_id;
  v_verdict := private.newest_verdict(v_message.tenant_id, p_message_id);
  perform private.refuse_appeal(v_message, v_verdict);
  perform private.take_send_token(v_message.tenant_id, private.actor() || ':changes',
    private.message_limit(v_message.tenant_id, 'in_app', 'changes_per_minute'));
  v_review := private.open_review(v_verdict, btrim(p_text));
  return jsonb_build_object('message_id', p_message_id, 'review_id', v_review.id, 'due_at', v_review.due_at)
    || private.review_answer(v_message.tenant_id, p_message_id);
end
$$;
comment on function private.appeal_moderation(uuid, text) is
'Definer: the sender of a stopped or masked message asks for a person, once a text.';

create function private.refuse_appeal(p_message public.et_messages, p_verdict public.moderation_verdicts) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_message.erased_at is not null or p_message.deleted_at is not null then
    raise exception 'this message is gone' using errcode = 'PT409', detail = '{"code": "erased"}',
      hint = 'Write a new message.';
  elsif private.expired_at(p_message.tenant_id, p_verdict.id) is not null then
    perform private.refuse_expired();
  elsif p_message.moderation_status not in ('blocked', 'filtered') or p_verdict.id is null then
    raise exception 'there is nothing to appeal: this message is %', p_message.moderation_status
      using errcode = 'PT409', detail = jsonb_build_object('code', 'nothing_to_appeal', 'moderation_status',
        p_message.moderation_status)::text, hint = 'Only what was stopped or masked can be appealed.';
  elsif exists (
    select from public.moderation_reviews as r where r.tenant_id = p_message.tenant_id and r.message_id = p_message.id
      and r.origin = 'appeal' and r.digest = p_verdict.digest) then
    raise exception 'you have appealed this already' using errcode = 'PT409', detail = '{"code": "appealed"}',
      hint = 'A person reads it, or has read it; change the text and it is judged anew.';
  end if;
end
$$;
comment on function private.refuse_appeal(public.et_messages, public.moderation_verdicts) is
'Definer: what is gone, what was let through, and what was appealed before is not appealed.';

create function private.review_answer(p_tenant_id uuid, p_message_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_verdict public.moderation_verdicts%rowtype := private.newest_verdict(p_tenant_id, p_message_id);
  v_appeal public.moderation_reviews%rowtype;
begin
  select m.* into v_message from public.et_messages as m where m.tenant_id = p_tenant_id and m.id = p_message_id;
  select r.* into v_appeal from public.moderation_reviews as r
  where r.tenant_id = p_tenant_id and r.message_id = p_message_id and r.origin = 'appeal'
    and r.digest = v_verdict.digest;
  return jsonb_build_object(
    'may_appeal', v_appeal.id is null and v_message.deleted_at is null and v_verdict.id is not null
      and private.expired_at(p_tenant_id, v_verdict.id) is null
      and v_message.moderation_status in ('blocked', 'filtered'),
    'status', v_appeal.status, 'appealed_at', v_appeal.opened_at, 'outcome', v_appeal.outcome,
    'answered_at', v_appeal.decided_at);
end
$$;
comment on function private.review_answer(uuid, uuid) is
'Definer, for the sender''s own view of his message: whether he may appeal, and what became of his appeal.';

-- ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────────

insert into private.invariants (name, claim, query) values
('held_for_a_person_is_in_the_queue', 'What a verdict holds for a person is an open review, and no open review is '
'about what is shown unmasked, waits for its judge or was erased.', $q$
  select v.tenant_id, v.message_id, 'no review' as why from public.moderation_verdicts as v
  inner join public.et_messages as m on m.tenant_id = v.tenant_id and m.id = v.message_id
    and m.moderation_status = 'review' and m.erased_at is null
  where v.decision = 'review' and not exists (
    select from public.moderation_reviews as r
    where r.tenant_id = v.tenant_id and r.message_id = v.message_id and r.status = 'open')
  union all
  select r.tenant_id, r.message_id, 'nothing to review' from public.moderation_reviews as r
  inner join public.et_messages as m on m.tenant_id = r.tenant_id and m.id = r.message_id
  where r.status = 'open' and (m.erased_at is not null or m.moderation_status in ('pending', 'approved')
    or (r.origin = 'verdict') <> (m.moderation_status = 'review'))$q$);

-- ── client wrappers ─────────────────────────────────────────────────────────────────────────────────────────────────

create function public.decide_review(
  p_review_id uuid, p_digest text, p_decision text, p_reason text, p_note text default null, p_spans jsonb default null
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.decide_review(p_review_id, p_digest, p_decision, p_reason, p_note, p_spans); end;
create function public.appeal_moderation(p_message_id uuid, p_text text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.appeal_moderation(p_message_id, p_text); end;
comment on function public.decide_review(uuid, text, text, text, text, jsonb) is
'Approve, filter or block the message you claimed; p_digest is of the text you read, p_reason goes to its sender, '
'p_note to the staff. Agents.';
comment on function public.appeal_moderation(uuid, text) is
'Ask for a person to look at your stopped or masked message, once a text.';

grant execute on function private.decide_review(uuid, text, text, text, text, jsonb),
public.decide_review(uuid, text, text, text, text, jsonb), private.appeal_moderation(uuid, text),
public.appeal_moderation(uuid, text) to authenticated;
