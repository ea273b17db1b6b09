-- name: replay_contexts
-- Stored inputs with what was decided on them, newest first.
select private.replay_context(d.tenant_id, d.id) as context
from (
  select x.tenant_id, x.id, x.created_at from public.inbound_decisions as x
  inner join public.tenants as t on t.id = x.tenant_id
  where x.input is not null and x.action <> 'error'
    and (%(since)s::timestamptz is null or x.created_at >= %(since)s::timestamptz)
    and (%(tenant)s::text is null or t.slug = %(tenant)s::text)
    and (%(made_by_decider)s::text is null or x.decider = %(made_by_decider)s::text)
    and (%(made_by_model)s::text is null or x.model = %(made_by_model)s::text
      or starts_with(x.model, %(made_by_model)s::text || '-'))
    and (%(made_by_prompt)s::text is null or x.prompt_version = %(made_by_prompt)s::text)
  order by x.created_at desc limit %(limit)s::integer
) as d
order by d.created_at desc;

-- name: shadow_pairs
-- What a candidate would have done beside the live decision, or beside what another candidate would have done.
select d.id::text as decision_id, d.thread_id::text as thread_id, s.candidate,
  coalesce(b.candidate, concat_ws(':', d.decider, d.model, d.prompt_version)) as base,
  coalesce(b.action, d.proposed_action, d.action) as base_action, s.action as candidate_action,
  coalesce(b.intent, d.intent) as base_intent, s.intent as candidate_intent,
  coalesce(b.confidence, d.confidence)::float8 as base_confidence, s.confidence::float8 as candidate_confidence,
  coalesce(b.cost_usd, d.cost_usd)::float8 as base_cost_usd, s.cost_usd::float8 as candidate_cost_usd,
  coalesce(b.latency_ms, d.latency_ms)::float8 as base_latency_ms, s.latency_ms::float8 as candidate_latency_ms,
  s.status, coalesce(s.inputs_changed, false) or coalesce(b.inputs_changed, false) as inputs_changed,
  s.reasons as candidate_reasons,
  case when b.decision_id is null
    then r.body is not null and sha256(convert_to(r.body, 'UTF8')) is not distinct from s.reply_digest
    else b.reply_digest is not null and b.reply_digest is not distinct from s.reply_digest end as same_reply
from public.shadow_decisions as s
inner join public.inbound_decisions as d on d.tenant_id = s.tenant_id and d.id = s.decision_id
inner join public.tenants as t on t.id = s.tenant_id
left join public.et_messages as r on r.tenant_id = d.tenant_id and r.id = d.reply_message_id
left join public.shadow_decisions as b on b.tenant_id = s.tenant_id and b.decision_id = s.decision_id
  and b.candidate <> s.candidate and b.status = 'done'
  and split_part(b.candidate, ':', 1) = %(against_decider)s::text
  and (%(against_model)s::text is null or split_part(b.candidate, ':', 2) = %(against_model)s::text)
  and (%(against_prompt)s::text is null or split_part(b.candidate, ':', 3) = %(against_prompt)s::text)
where s.status <> 'running' and (%(against_decider)s::text is null or b.decision_id is not null)
  and (%(candidate_decider)s::text is null or split_part(s.candidate, ':', 1) = %(candidate_decider)s::text)
  and (%(candidate_model)s::text is null or split_part(s.candidate, ':', 2) = %(candidate_model)s::text)
  and (%(candidate_prompt)s::text is null or split_part(s.candidate, ':', 3) = %(candidate_prompt)s::text)
  and (%(made_by_decider)s::text is null or d.decider = %(made_by_decider)s::text)
  and (%(made_by_model)s::text is null or d.model = %(made_by_model)s::text
    or starts_with(d.model, %(made_by_model)s::text || '-'))
  and (%(made_by_prompt)s::text is null or d.prompt_version = %(made_by_prompt)s::text)
  and (%(since)s::timestamptz is null or d.created_at >= %(since)s::timestamptz)
  and (%(tenant)s::text is null or t.slug = %(tenant)s::text)
order by d.created_at desc, d.id, s.candidate limit %(limit)s::integer;
