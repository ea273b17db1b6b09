-- name: claim_attachments
-- Files in quarantine, each with what the check needs beside its bytes.
select c.tenant_id::text, c.attachment_id::text, c.thread_id::text, c.fence, c.attempts, c.run_at, c.file
from private.claim_attachments(%(worker)s, %(limit)s, %(after_tenant)s, %(full_tenants)s::uuid[]) as c;

-- name: renew_attachments
-- Leases still held after renewing.
select r.fence from private.renew_attachments(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence);

-- name: quarantined_bytes
-- The bytes of one file.
select b.data from private.attachment_blobs as b
where b.tenant_id = %(tenant_id)s and b.attachment_id = %(attachment_id)s;

-- name: settle_attachment
-- A file leaves quarantine: released, or refused without its bytes.
select private.settle_attachment(%(tenant_id)s, %(attachment_id)s, %(fence)s, %(verdict)s) as result;

-- name: put_off_attachment
-- It could not be checked now.
select private.put_off_attachment(%(tenant_id)s, %(attachment_id)s, %(fence)s, %(error)s) as result;
