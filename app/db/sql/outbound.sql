-- name: claim_outbound
-- Up to p_limit rows that may leave now, each with all an adapter needs.
select c.tenant_id::text, c.queue_id::text, c.message_id::text, c.thread_id::text, c.fence, c.attempt, c.channel, c.run_at,
  private.dispatch_details(c.tenant_id, c.queue_id) as details
from private.claim_outbound(%(worker)s, %(limit)s, %(watermark)s, %(after_tenant)s, %(full_tenants)s::uuid[]) as c;

-- name: renew_outbound
-- Leases still held after renewing.
select r.fence from private.renew_outbound(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence);

-- name: mark_send_started
-- Commits that this try may deliver from now on: ok, superseded or lost.
select private.mark_send_started(%(tenant_id)s, %(queue_id)s, %(fence)s) as result;

-- name: complete_outbound
-- How a try ended and what follows.
select private.complete_outbound(%(tenant_id)s, %(queue_id)s, %(fence)s, %(outcome)s) as result;

-- name: register_providers
-- What the adapters of this router declare.
select private.register_providers(%(providers)s) as registered;

-- name: attachment_blobs
-- The bytes of a message's files, for the router.
select b.attachment_id::text as id, b.data from public.message_attachments as a
inner join private.attachment_blobs as b on b.tenant_id = a.tenant_id and b.attachment_id = a.id
where a.tenant_id = %(tenant_id)s and a.message_id = %(message_id)s and a.status = 'released';
