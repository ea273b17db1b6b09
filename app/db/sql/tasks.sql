-- name: list_tasks
-- Tasks of the active tenant by due date: open ones, or those of one status. What is read with a reason has no script.
select k.id, k.kind, k.status, k.title, k.reason, k.target, k.message_id, k.thread_id, k.assignee_id, k.due_at, k.tries,
  k.outcome, k.note, k.created_at, k.completed_at, coalesce(m.body, '')
from public.manual_tasks as k
left join public.et_messages as m on m.tenant_id = k.tenant_id and m.id = k.message_id
where k.tenant_id = current_setting('parley.active_tenant')::uuid and k.status = %(status)s::text
  and (%(assignee_id)s::uuid is null or k.assignee_id = %(assignee_id)s::uuid)
  and (%(after_due)s::timestamptz is null or (k.due_at, k.id) > (%(after_due)s::timestamptz, %(after_id)s::uuid))
order by k.due_at, k.id limit %(limit)s::int;

-- name: get_task
-- One task.
select k.id, k.kind, k.status, k.title, k.reason, k.target, k.message_id, k.thread_id, k.assignee_id, k.due_at, k.tries,
  k.outcome, k.note, k.created_at, k.completed_at, coalesce(m.body, '')
from public.manual_tasks as k
left join public.et_messages as m on m.tenant_id = k.tenant_id and m.id = k.message_id
where k.tenant_id = current_setting('parley.active_tenant')::uuid and k.id = %(task_id)s::uuid;

-- name: complete_task
-- A person says how it went.
select public.complete_task(%(task_id)s::uuid, %(outcome)s::text, %(note)s::text);

-- name: assign_task
-- Whose task it is.
select public.assign_task(%(task_id)s::uuid, %(user_id)s::uuid);

-- name: push_key
-- The key browsers subscribe with.
select public.push_key();

-- name: register_push
-- This browser may be pushed to.
select public.register_push(%(endpoint)s::text, %(p256dh)s::text, %(auth)s::text, %(tenant_slug)s::text);

-- name: forget_push
-- This browser is not pushed to any more.
select public.forget_push(%(endpoint)s::text);

-- name: register_device
-- This app may be pushed to.
select public.register_device(%(kind)s::text, %(app)s::text, %(token)s::text, %(tenant_slug)s::text);

-- name: forget_device
-- This app is not pushed to any more.
select public.forget_device(%(kind)s::text, %(app)s::text, %(token)s::text);
