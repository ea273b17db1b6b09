-- name: claim_insights
-- What turned out not to have moved is put away and more is claimed, in one statement; with the newest turns of what has.
with closed as materialized (
  select private.close_insights(%(tenant_ids)s::uuid[], %(thread_ids)s::uuid[], %(fences)s::bigint[]) as held
)
select c.tenant_id::text, c.thread_id::text, c.fence, c.attempts, c.run_at,
  case when c.has_moved then private.thread_history(c.tenant_id, c.thread_id) end as history
from closed
cross join lateral private.claim_insights(
  %(worker)s, %(limit)s + 0 * closed.held::integer, %(after_tenant)s, %(full_tenants)s::uuid[]) as c;

-- name: complete_insights
-- New insights, all of them or none.
select c.ord, c.result from private.complete_insights(%(insights)s) as c;

-- name: fail_insight
-- Tried again later, set aside, or (without an error) only given back.
select private.fail_insight(%(tenant_id)s, %(thread_id)s, %(fence)s, %(error)s) as result;

-- name: run_follow_ups
-- Due follow-ups become outbound rows or are cancelled.
select f.tenant_id::text, f.thread_id::text, f.outcome, f.message_id::text from private.run_follow_ups(%(limit)s) as f;

-- name: next_follow_up
-- Seconds until the next follow-up is due; null when none is scheduled.
select extract(epoch from private.next_follow_up() - clock_timestamp())::float8 as seconds;

-- name: renew_insights
-- Leases still held after renewing.
select r.fence from private.renew_insights(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence);
