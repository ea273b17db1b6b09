-- name: claim_insights
-- Threads that moved since their insight was written, each with its newest turns.
select c.tenant_id::text, c.thread_id::text, c.fence, c.attempts, c.run_at,
  private.thread_history(c.tenant_id, c.thread_id) as history
from private.claim_insights(%(worker)s, %(limit)s, %(after_tenant)s) as c;

-- name: complete_insight
-- The new insight, or null when nothing moved.
select private.complete_insight(%(tenant_id)s, %(thread_id)s, %(fence)s, %(insight)s) as result;

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
