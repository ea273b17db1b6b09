-- name: tenant_of_message
-- Whose a message is that the caller has just written, under his own role.
select m.tenant_id from public.et_messages as m where m.id = %(message_id)s::uuid;

-- name: readers_text
-- What readers see of a message, as its sender sees it, too.
select m.subject, m.body from public.et_messages as m where m.tenant_id = %(tenant_id)s and m.id = %(message_id)s;

-- name: moderation_inputs
-- Everything a judgement of a message depends on; null when it does not wait.
select private.moderation_inputs(%(tenant_id)s, %(message_id)s) as inputs;

-- name: record_verdict
-- What was judged becomes what is, in this transaction.
select private.record_verdict(%(tenant_id)s, %(message_id)s, %(verdict)s) as result;

-- name: policy_in_force
-- The caller's active policy and where his tenant is at home; nulls where it moderates nothing.
select p.document, to_json(t.home_regions)
from public.tenants as t
left join public.active_moderation as a on a.tenant_id = t.id
left join public.moderation_policies as p on p.tenant_id = a.tenant_id and p.version = a.version
where t.id = current_setting('parley.active_tenant')::uuid;

-- name: my_message_moderation
-- What became of a message of the caller's, and why.
select public.my_message_moderation(%(message_id)s::uuid);

-- name: read_original
-- What was written before it was masked or stopped; the look is on record with its reason.
select public.read_original(%(message_id)s::uuid, %(reason)s::text);

-- name: list_escalations
-- Whom a conversation called, newest first below a cursor; a row of nulls when nobody, no row when there is no such
-- conversation. Conversations between people are known to the staff by their escalations alone.
select e.id, e.thread_id, e.message_id, e.lane, e.stage, e.rule, e.policy_version, e.signal, e.value, e.reasons,
  e.action, e.task_id, e.created_at, e.until
from (
  select t.tenant_id, t.id from public.et_threads as t
  where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.id = %(thread_id)s::uuid
  union
  select x.tenant_id, x.thread_id from public.escalations as x
  where x.tenant_id = current_setting('parley.active_tenant')::uuid and x.thread_id = %(thread_id)s::uuid
) as t
left join public.escalations as e on e.tenant_id = t.tenant_id and e.thread_id = t.id
  and (%(below_at)s::timestamptz is null or (e.created_at, e.id) < (%(below_at)s::timestamptz, %(below_id)s::uuid))
order by e.created_at desc, e.id desc
limit %(limit)s::integer;

-- name: list_comments
-- What is said beside a message to whom the caller is; a row of nulls when nothing is, no row when he sees no such message.
select c.id, c.visibility, c.kind, c.comment, c.created_by, c.created_at
from (
  select m.tenant_id, m.id from public.et_messages as m where m.id = %(message_id)s::uuid
  union
  select v.tenant_id, v.message_id from public.moderation_verdicts as v
  where v.tenant_id = current_setting('parley.active_tenant')::uuid and v.message_id = %(message_id)s::uuid
) as m
left join public.agent_comments as c on c.tenant_id = m.tenant_id and c.message_id = m.id
  and (%(visibility)s::text is null or c.visibility = %(visibility)s::text)
order by c.id;
