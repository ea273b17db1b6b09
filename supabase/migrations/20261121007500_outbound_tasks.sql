-- Chapter: outbound, part seven. What a person has to do: calls, forms a machine must not or cannot fill in.
--
--   the adapter says `manual` ──▶ manual_tasks: open ──▶ done | failed | cancelled
--   queue row: queued, waiting for the person ──▶ sent | failed | cancelled; it is never "sent" before somebody did it
--
-- What is to be said is the message's body; the task only points at it.

create table public.manual_tasks (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  kind text not null,
  status text not null default 'open',
  title text not null,
  reason text,
  target text not null,
  queue_id uuid,
  message_id uuid not null,
  thread_id uuid not null,
  assignee_id uuid,
  due_at timestamptz default clock_timestamp(),
  tries smallint not null default 0,
  outcome text,
  note text,
  created_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz,
  completed_by text,
  constraint manual_tasks_tenant_id_id_pkey primary key (tenant_id, id),
  constraint manual_tasks_tenant_id_queue_id_key unique (tenant_id, queue_id),
  constraint manual_tasks_tenant_id_queue_id_fkey foreign key (tenant_id, queue_id)
  references public.et_outbound_queue (tenant_id, id),
  constraint manual_tasks_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint manual_tasks_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint manual_tasks_tenant_id_assignee_id_fkey foreign key (tenant_id, assignee_id)
  references public.tenant_members (tenant_id, user_id) on delete set null (assignee_id),
  constraint manual_tasks_kind_check check (kind ~ '^[a-z][a-z0-9_]{0,40}$'),
  constraint manual_tasks_status_check check (status in ('open', 'done', 'failed', 'cancelled')),
  constraint manual_tasks_completed_at_check check ((status = 'open') = (completed_at is null)),
  constraint manual_tasks_queue_id_check check ((kind = 'escalation') = (queue_id is null)),
  constraint manual_tasks_note_check check (length(note) <= 4000)
);
comment on table public.manual_tasks is
'What a person has to do: a send to make (whom to call, which form to fill in), or a conversation to look at, and why.';
comment on column public.manual_tasks.reason is
'Why a person: call, captcha, no_form_found, required_field …; of an escalation the rule of the policy.';
comment on column public.manual_tasks.target is 'The number to call, the page to open, or the conversation.';
comment on column public.manual_tasks.queue_id is 'The send that waits for it; null where nothing is to be sent.';
comment on column public.manual_tasks.due_at is
'When it is to be done; null where nobody set a date, which is after all that have one.';
comment on column public.manual_tasks.tries is 'How often it was tried without anybody answering.';

create index manual_tasks_id_idx on public.manual_tasks (id);
create index manual_tasks_tenant_id_open_idx on public.manual_tasks (tenant_id, due_at, id) where status = 'open';
create index manual_tasks_tenant_id_message_id_idx on public.manual_tasks (tenant_id, message_id);
create index manual_tasks_tenant_id_thread_id_idx on public.manual_tasks (tenant_id, thread_id);
create index manual_tasks_tenant_id_assignee_id_idx on public.manual_tasks (tenant_id, assignee_id)
where assignee_id is not null;

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.open_task(p_queue public.et_outbound_queue, p_outcome jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.manual_tasks as k (
    tenant_id, kind, title, reason, target, queue_id, message_id, thread_id, due_at)
  values (
    p_queue.tenant_id, coalesce(p_outcome -> 'task' ->> 'kind', p_queue.channel), left(coalesce(
      p_outcome -> 'task' ->> 'title', 'Something is to be done by hand'), 500),
    p_outcome ->> 'error_code', p_queue.recipient, p_queue.id, p_queue.message_id, p_queue.thread_id,
    greatest(p_queue.scheduled_at, clock_timestamp()))
  on conflict (tenant_id, queue_id) do nothing;
  if found then
    insert into public.notifications (tenant_id, kind, title, thread_id)
    values (p_queue.tenant_id, 'manual_task', left(coalesce(p_outcome -> 'task' ->> 'title',
      'Something is to be done by hand'), 500), p_queue.thread_id);
  end if;
  update private.outbound_work as w set run_at = 'infinity', lease_until = null, claimed_by = null
  where w.tenant_id = p_queue.tenant_id and w.queue_id = p_queue.id;
end
$$;
comment on function private.open_task(public.et_outbound_queue, jsonb) is
'Definer: the adapter cannot send this itself: the row waits for a person, who is told.';

create function private.tg_queue__close_task() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.manual_tasks as k
  set status = 'cancelled', completed_at = clock_timestamp(), completed_by = private.actor(),
    outcome = new.status_reason
  where k.tenant_id = new.tenant_id and k.queue_id = new.id and k.status = 'open';
  return null;
end
$$;
comment on function private.tg_queue__close_task() is
'Definer: nobody calls for a message that was cancelled meanwhile.';
create trigger et_outbound_queue_820_close_task after update of status on public.et_outbound_queue
for each row when (old.status = 'queued' and new.status = 'cancelled')
execute function private.tg_queue__close_task();

create function private.settle_by_person(p_task public.manual_tasks, p_status text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_status = 'sent' then
    update public.et_outbound_queue as q set status = 'sending'
    where q.tenant_id = p_task.tenant_id and q.id = p_task.queue_id;
  end if;
  update public.et_outbound_queue as q set status = p_status, status_reason = 'resolved_by_person'
  where q.tenant_id = p_task.tenant_id and q.id = p_task.queue_id;
  delete from private.outbound_work as w where w.tenant_id = p_task.tenant_id and w.queue_id = p_task.queue_id;
end
$$;
comment on function private.settle_by_person(public.manual_tasks, text) is
'Definer: the queue row of a task ends as the person says.';

create function private.complete_task(p_task_id uuid, p_outcome text, p_note text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('send');
  v_task public.manual_tasks%rowtype;
  v_status text := case p_outcome when 'done' then 'done' when 'not_possible' then 'failed'
    when 'wrong_address' then 'failed' when 'cancelled' then 'cancelled' when 'no_answer' then 'open' end;
begin
  if v_status is null then
    raise exception 'a task ends as done, no_answer, wrong_address, not_possible or cancelled'
      using errcode = 'PT422', detail = '{"code": "bad_outcome", "field": "outcome"}', hint = 'Use one of these words.';
  end if;
  -- The queue row before the task, as the router and a cancellation lock them.
  perform from public.et_outbound_queue as q where q.tenant_id = v_tenant and q.id = (
    select k.queue_id from public.manual_tasks as k where k.tenant_id = v_tenant and k.id = p_task_id)
  for no key update;
  select k.* into v_task from public.manual_tasks as k
  where k.tenant_id = v_tenant and k.id = p_task_id for no key update;
  if v_task.id is null then
    return private.deny('manual_task', p_task_id, 'complete_task');
  end if;
  if v_task.status <> 'open' then
    raise exception 'this task is % already', v_task.status
      using errcode = 'PT409', detail = '{"code": "task_closed"}', hint = 'Somebody was faster; nothing needs to be done.';
  end if;
  if p_outcome = 'no_answer' and v_task.tries >= 4 then
    v_status := 'failed';
  end if;
  update public.manual_tasks as k
  set status = v_status, outcome = p_outcome, note = coalesce(p_note, k.note),
    tries = k.tries + (p_outcome = 'no_answer')::integer,
    due_at = case when v_status = 'open' then clock_timestamp() + interval '4 hours' else k.due_at end,
    completed_at = case when v_status <> 'open' then clock_timestamp() end,
    completed_by = case when v_status <> 'open' then private.actor() end
  where k.tenant_id = v_tenant and k.id = p_task_id
  returning k.* into v_task;
  if v_status <> 'open' then
    perform private.settle_by_person(v_task, case v_status when 'done' then 'sent' else v_status end);
  end if;
  if p_outcome = 'wrong_address' then
    perform private.suppress(v_tenant, q.channel, q.recipient, 'bounced', q.message_id)
    from public.et_outbound_queue as q where q.tenant_id = v_tenant and q.id = v_task.queue_id;
  end if;
  perform private.audit(v_tenant, 'task.' || p_outcome, 'manual_task', p_task_id::text);
  return jsonb_build_object('task_id', p_task_id, 'status', v_status, 'due_at', v_task.due_at);
end
$$;
comment on function private.complete_task(uuid, text, text) is
'Definer: a person says how it went. no_answer puts it off by four hours, five times; wrong_address suppresses it.';

create function private.assign_task(p_task_id uuid, p_user_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('send');
begin
  if p_user_id is not null and not exists (
    select from public.tenant_members as u where u.tenant_id = v_tenant and u.user_id = p_user_id) then
    raise exception 'no such member' using errcode = 'PT422', detail = '{"code": "no_member", "field": "user_id"}',
      hint = 'Name a member of the tenant, or nobody.';
  end if;
  update public.manual_tasks as k set assignee_id = p_user_id
  where k.tenant_id = v_tenant and k.id = p_task_id and k.status = 'open';
  if not found then
    return private.deny('manual_task', p_task_id, 'assign_task');
  end if;
  return jsonb_build_object('task_id', p_task_id, 'assignee_id', p_user_id);
end
$$;
comment on function private.assign_task(uuid, uuid) is 'Definer: whose task it is; null gives it back to everybody.';

create function private.change_task(p_task_id uuid, p_changes jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('send');
  v_task public.manual_tasks%rowtype;
  v_assignee uuid := (p_changes ->> 'assignee_id')::uuid;
  v_due timestamptz := (p_changes ->> 'due_at')::timestamptz;
begin
  perform private.check_fields(p_changes, '{due_at,assignee_id}');
  if v_due <= now() or v_due > now() + interval '10 years' then
    raise exception 'a task is due at a moment to come, within ten years'
      using errcode = 'PT422', detail = '{"code": "bad_time", "field": "due_at"}',
        hint = 'Send an ISO time with its zone, or null for none.';
  end if;
  select k.* into v_task from public.manual_tasks as k
  where k.tenant_id = v_tenant and k.id = p_task_id for no key update;
  if v_task.id is null then
    return private.deny('manual_task', p_task_id, 'change_task');
  end if;
  if v_task.status <> 'open' then
    raise exception 'this task is % already', v_task.status
      using errcode = 'PT409', detail = '{"code": "task_closed"}', hint = 'Somebody was faster; nothing needs to be done.';
  end if;
  if v_assignee is not null and not exists (
    select from public.tenant_members as u where u.tenant_id = v_tenant and u.user_id = v_assignee) then
    return private.deny('member', v_assignee, 'change_task');
  end if;
  update public.manual_tasks as k
  set due_at = case when p_changes ? 'due_at' then v_due else k.due_at end,
    assignee_id = case when p_changes ? 'assignee_id' then v_assignee else k.assignee_id end
  where k.tenant_id = v_tenant and k.id = p_task_id
  returning k.* into v_task;
  perform private.audit(v_tenant, 'task.changed', 'manual_task', p_task_id::text, jsonb_build_object(
    'fields', (select jsonb_agg(f) from jsonb_object_keys(p_changes) as f)));
  return jsonb_build_object('task_id', p_task_id, 'due_at', v_task.due_at, 'assignee_id', v_task.assignee_id);
end
$$;
comment on function private.change_task(uuid, jsonb) is
'Definer: {due_at, assignee_id}, what is absent stays: when an open task is to be done, null for whenever, and by '
'whom, null for anybody.';

create function public.complete_task(p_task_id uuid, p_outcome text, p_note text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.complete_task(p_task_id, p_outcome, p_note); end;
create function public.assign_task(p_task_id uuid, p_user_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.assign_task(p_task_id, p_user_id); end;
create function public.change_task(p_task_id uuid, p_changes jsonb) returns jsonb
language sql volatile set search_path = '' begin atomic select private.change_task(p_task_id, p_changes); end;
comment on function public.change_task(uuid, jsonb) is
'Say until when a task is to be done, and who does it: {due_at, assignee_id}. Agents.';
comment on function public.complete_task(uuid, text, text) is 'Say how a call or a form went. Agents.';
comment on function public.assign_task(uuid, uuid) is 'Take a task, give it to a colleague, or give it back. Agents.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.manual_tasks enable row level security;
alter table public.manual_tasks force row level security;
create policy manual_tasks_select_staff on public.manual_tasks for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy manual_tasks_select_worker on public.manual_tasks for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
revoke all on public.manual_tasks from public, anon, authenticated, service_role;
grant select on public.manual_tasks to authenticated, service_role, parley_worker;
grant execute on function private.complete_task(uuid, text, text), private.assign_task(uuid, uuid),
private.change_task(uuid, jsonb), public.complete_task(uuid, text, text), public.assign_task(uuid, uuid),
public.change_task(uuid, jsonb) to authenticated;
