-- name: claim_moderation
-- Messages, and for a quarter at most words beside them, that wait to be judged, under lease and fence, each with everything
-- its judgement depends on.
with words as materialized (
  select w.* from private.claim_words(%(worker)s, (%(limit)s::integer + 3) / 4, %(after_tenant)s,
    %(full_tenants)s::uuid[]) as w
)
select w.tenant_id::text, w.row_id::text as item_id, '' as thread_id, w.fence, w.attempts, w.run_at, w.inputs
from words as w
union all
select c.tenant_id::text, c.message_id::text, c.thread_id::text, c.fence, c.attempts, c.run_at, c.inputs
from private.claim_moderation(%(worker)s, %(limit)s::integer - (select count(*)::integer from words), %(after_tenant)s,
  %(full_tenants)s::uuid[]) as c;

-- name: inputs_of
-- Everything judgements of messages depend on that were written in this transaction; nulls for those that do not wait.
select x.ord, private.moderation_inputs(x.tenant_id, x.message_id) as inputs
from unnest(%(tenant_ids)s::uuid[], %(message_ids)s::uuid[]) with ordinality as x (tenant_id, message_id, ord)
order by x.ord;

-- name: record_verdicts
-- Verdicts, all of them or none, thread by thread, so that two batches never wait for each other in turns.
select v.ord, private.record_verdict(v.tenant_id, v.message_id, v.verdict, v.fence) as result
from (
  select x.ord, (x.item ->> 'tenant_id')::uuid as tenant_id, (x.item ->> 'message_id')::uuid as message_id,
    x.item -> 'verdict' as verdict, (x.item ->> 'fence')::bigint as fence
  from jsonb_array_elements(%(verdicts)s::jsonb) with ordinality as x (item, ord)
  order by x.item ->> 'tenant_id', x.item ->> 'thread_id'
) as v;

-- name: fail_moderation
-- Tried again later, left to a person after eight failures, or (without an error) only given back.
select private.fail_moderation(%(tenant_id)s, %(message_id)s, %(fence)s, %(error)s) as result;

-- name: record_words
-- What was found in words that are no message, by field: recorded, stale or lost.
select private.record_words(%(tenant_id)s, %(kind)s, %(row_id)s, %(fence)s, %(verdict)s) as result;

-- name: fail_words
-- Tried again later, refused as unjudged after eight failures, or (without an error) only given back.
select private.fail_words(%(tenant_id)s, %(kind)s, %(row_id)s, %(fence)s, %(error)s) as result;

-- name: renew_moderation
-- Leases still held after renewing.
select r.fence from private.renew_moderation(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence)
union all
select w.fence from private.renew_words(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as w (fence);
