-- name: reserve_ai_call
-- Books the most a call to a model may cost; null when the tenant's budget does not reach.
select private.reserve_ai_call(%(tenant_id)s, %(call)s)::text as call_id;

-- name: settle_ai_call
-- What a call really cost.
select private.settle_ai_call(%(tenant_id)s, %(call_id)s, %(result)s) as settled;

-- name: claim_assistants
-- Requests for drafts and translations, each with what is needed to serve it. In the order of the tenants, as in
-- claim_inbound.
select c.tenant_id::text, c.request_id::text, c.thread_id::text, c.fence, c.attempts, c.run_at,
  private.assist_context(c.tenant_id, c.request_id) as context
from (
  select x.* from private.claim_assistants(%(worker)s, %(limit)s, %(after_tenant)s, %(full_tenants)s::uuid[]) as x
  order by x.tenant_id) as c;

-- name: renew_assistants
-- Leases still held after renewing.
select r.fence from private.renew_assistants(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence);

-- name: complete_assistant
-- Drafts or a translation, or why there are none.
select private.complete_assistant(%(tenant_id)s, %(request_id)s, %(fence)s, %(result)s) as result;

-- name: fail_assistant
-- The handler failed: tried again later.
select private.fail_assistant(%(tenant_id)s, %(request_id)s, %(fence)s) as result;

-- name: expire_assistance
-- Old drafts and translations go.
select private.expire_assistance() as gone;

-- name: expire_shadows
-- Old shadow decisions go.
select private.expire_shadows() as gone;

-- name: claim_shadow
-- Live decisions that a candidate has not been asked about, with their input.
select c.tenant_id::text, c.decision_id::text, c.fence, c.context
from private.claim_shadow(%(candidate)s, %(worker)s, %(limit)s) as c;

-- name: complete_shadow
-- What the candidate would have done.
select private.complete_shadow(%(tenant_id)s, %(decision_id)s, %(candidate)s, %(fence)s, %(result)s) as result;
