-- name: replay_contexts
-- Stored inputs with what was decided on them, newest first.
select private.replay_context(d.tenant_id, d.id) as context
from (
  select x.tenant_id, x.id, x.created_at from public.inbound_decisions as x
  inner join public.tenants as t on t.id = x.tenant_id
  where x.input is not null and x.action <> 'error'
    and (%(since)s::timestamptz is null or x.created_at >= %(since)s::timestamptz)
    and (%(tenant)s::text is null or t.slug = %(tenant)s::text)
    and (%(made_by)s::text is null or x.decider = %(made_by)s::text)
  order by x.created_at desc limit %(limit)s::integer
) as d
order by d.created_at desc;

-- name: shadow_pairs
-- Live decisions beside what a candidate would have done.
select d.id::text as decision_id, d.thread_id::text as thread_id, s.candidate,
  coalesce(d.proposed_action, d.action) as live_action, s.action as shadow_action,
  d.intent as live_intent, s.intent as shadow_intent, d.confidence::float8 as live_confidence,
  s.confidence::float8 as shadow_confidence, d.decider as live_decider, s.decider as shadow_decider,
  d.cost_usd::float8 as live_cost_usd, s.cost_usd::float8 as shadow_cost_usd,
  d.latency_ms::float8 as live_latency_ms, s.latency_ms::float8 as shadow_latency_ms, s.status,
  coalesce(s.inputs_changed, false) as inputs_changed, s.reasons as shadow_reasons,
  r.body is not null and sha256(convert_to(r.body, 'UTF8')) is not distinct from s.reply_digest as same_reply
from public.shadow_decisions as s
inner join public.inbound_decisions as d on d.tenant_id = s.tenant_id and d.id = s.decision_id
inner join public.tenants as t on t.id = s.tenant_id
left join public.et_messages as r on r.tenant_id = d.tenant_id and r.id = d.reply_message_id
where s.status <> 'running' and (%(candidate)s::text is null or s.candidate = %(candidate)s::text)
  and (%(since)s::timestamptz is null or d.created_at >= %(since)s::timestamptz)
  and (%(tenant)s::text is null or t.slug = %(tenant)s::text)
order by d.created_at desc limit %(limit)s::integer;
