-- name: claim_ingress
-- Accounts with stored calls, each with what its adapter needs.
select c.tenant_id::text, c.session_id::text, c.fence, c.run_at, c.channel, c.provider, c.address, c.config, c.secrets
from private.claim_webhooks(%(worker)s, %(limit)s, %(after_tenant)s, %(full_tenants)s::uuid[]) as c;

-- name: next_webhook
-- The oldest call of a claimed account that is due.
select n.webhook_id::text, n.event_id, n.headers, n.payload, n.attempts
from private.next_webhook(%(tenant_id)s, %(session_id)s, %(fence)s) as n;

-- name: complete_webhook
-- The call was read: in the transaction that stores what it said.
select private.complete_webhook(%(tenant_id)s, %(session_id)s, %(fence)s, %(webhook_id)s) as held;

-- name: fail_webhook
-- Reading failed; the database decides between another try and setting it aside.
select private.fail_webhook(
  %(tenant_id)s, %(session_id)s, %(fence)s, %(webhook_id)s, %(error)s, %(final)s) as result;

-- name: renew_ingress
-- Leases still held after renewing.
select r.fence from private.renew_webhooks(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence);

-- name: release_webhooks
-- The account is free again.
select private.release_webhooks(%(tenant_id)s, %(session_id)s, %(fence)s);

-- name: sweep_webhooks
-- Calls whose retention is over.
select private.sweep_webhooks() as swept;

-- name: sweep_tracking
-- Readers' addresses whose retention is over.
select private.sweep_tracking() as swept;
