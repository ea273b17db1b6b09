-- name: set_push_key
-- The key browsers subscribe with.
select private.set_push_key(%(key)s::text);

-- name: claim_pushes
-- Notifications on their way to a browser each, with what is shown.
select c.tenant_id::text, c.push_id::text, c.fence, c.attempts, c.run_at,
  private.push_content(c.tenant_id, c.push_id) as content
from private.claim_pushes(%(worker)s, %(limit)s, %(after_tenant)s, %(full_tenants)s::uuid[]) as c;

-- name: renew_notifier
-- Leases still held after renewing.
select r.fence from private.renew_pushes(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence);

-- name: start_push
-- The call to the push service begins; false when the lease is lost.
select private.start_push(%(tenant_id)s, %(push_id)s, %(fence)s) as started;

-- name: finish_push
-- How the push service answered.
select private.finish_push(%(tenant_id)s, %(push_id)s, %(fence)s, %(outcome)s) as result;

-- name: sweep_pushes
-- What was pushed a month ago goes.
select private.sweep_pushes() as gone;
