-- name: claim_outbound
-- Up to p_limit rows that may leave now, each with all an adapter needs.
select c.tenant_id::text, c.queue_id::text, c.message_id::text, c.thread_id::text, c.fence, c.attempt, c.channel, c.run_at,
  private.dispatch_details(c.tenant_id, c.queue_id) as details
from private.claim_outbound(%(worker)s, %(limit)s, %(classes)s, %(watermark)s, %(after_tenant)s) as c;

-- name: renew_outbound
-- Leases still held after renewing.
select r.fence from private.renew_outbound(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence);

-- name: mark_send_started
-- Commits that this try may deliver from now on: ok, superseded or lost.
select private.mark_send_started(%(tenant_id)s, %(queue_id)s, %(fence)s) as result;

-- name: complete_outbound
-- How a try ended and what follows.
select private.complete_outbound(%(tenant_id)s, %(queue_id)s, %(fence)s, %(outcome)s) as result;
