-- name: list_tasks
-- Tasks of the active tenant by due date, those without one last: of some statuses, of one member, about one contact. What
-- is read with a reason has no script.
select k.id, k.kind, k.status, k.title, k.reason, k.target, k.message_id, k.thread_id, k.assignee_id, k.due_at, k.tries,
  k.outcome, k.note, k.created_at, k.completed_at, coalesce(m.body, '')
from public.manual_tasks as k
left join public.et_messages as m on m.tenant_id = k.tenant_id and m.id = k.message_id
where k.tenant_id = current_setting('parley.active_tenant')::uuid and k.status = any(%(statuses)s::text [])
  and (%(assignee_id)s::uuid is null or k.assignee_id = %(assignee_id)s::uuid)
  and (%(contact_id)s::uuid is null or k.thread_id in (
    select t.id from public.et_threads as t
    inner join public.contacts as x on x.tenant_id = t.tenant_id and x.id = t.contact_id
    where t.tenant_id = k.tenant_id and %(contact_id)s::uuid in (x.id, x.merged_into)))
  and (%(after_id)s::uuid is null
    or (k.due_at is null and (%(after_due)s::timestamptz is not null or k.id > %(after_id)s::uuid))
    or (k.due_at, k.id) > (%(after_due)s::timestamptz, %(after_id)s::uuid))
order by k.due_at, k.id limit %(limit)s::int;

-- name: list_follow_ups
-- What is written again by itself, by due date: what an insight foresees, and what a decision has put off.
select f.id, f.origin, f.status, f.due_at, f.body, f.thread_id, f.message_id, f.contact_id, c.display_name, f.channel
from (
  select p.*
  from unnest(%(statuses)s::text []) as w (status)
  cross join lateral (
    select i.thread_id as id, 'insight' as origin, w.status, i.follow_up_at as due_at, i.follow_up_text as body, i.thread_id,
      i.follow_up_message_id as message_id, t.contact_id, t.channel
    from public.et_thread_insights as i
    inner join public.et_threads as t on t.tenant_id = i.tenant_id and t.id = i.thread_id
    where i.tenant_id = current_setting('parley.active_tenant')::uuid and i.follow_up_at is not null
      and i.follow_up_status = w.status and t.staff_readable
      and (%(contact_id)s::uuid is null or t.contact_id in (
        select x.id from public.contacts as x
        where x.tenant_id = t.tenant_id and %(contact_id)s::uuid in (x.id, x.merged_into)))
      and (%(after_due)s::timestamptz is null
        or (i.follow_up_at, i.thread_id) > (%(after_due)s::timestamptz, %(after_id)s::uuid))
    order by i.follow_up_at, i.thread_id limit %(limit)s::int
  ) as p
  union all
  (
    select q.id, 'decision' as origin, s.status, q.scheduled_at as due_at, m.body, q.thread_id, q.message_id,
      t.contact_id, q.channel
    from public.et_outbound_queue as q
    inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
    inner join public.et_threads as t on t.tenant_id = q.tenant_id and t.id = q.thread_id
    cross join lateral (
      select case when q.status = 'queued' then 'scheduled' when q.status in ('cancelled', 'failed') then 'cancelled'
        else 'sent' end as status) as s
    where q.tenant_id = current_setting('parley.active_tenant')::uuid and q.purpose = 'follow_up'
      and m.cause_kind = 'decision' and s.status = any(%(statuses)s::text []) and t.staff_readable
      and (%(contact_id)s::uuid is null or t.contact_id in (
        select x.id from public.contacts as x
        where x.tenant_id = t.tenant_id and %(contact_id)s::uuid in (x.id, x.merged_into)))
      and (%(after_due)s::timestamptz is null
        or (q.scheduled_at, q.id) > (%(after_due)s::timestamptz, %(after_id)s::uuid))
    order by q.scheduled_at, q.id limit %(limit)s::int
  )
) as f
left join public.contacts as c
on c.tenant_id = current_setting('parley.active_tenant')::uuid and c.id = f.contact_id
order by f.due_at, f.id limit %(limit)s::int;

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

-- name: change_task
-- Until when a task is to be done, and by whom.
select public.change_task(%(task_id)s::uuid, %(changes)s::jsonb);

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
