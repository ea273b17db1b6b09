-- Chapter: moderation, escalations. A person is called, because a rule of the policy holds.
--
--   record_verdict() ─ people ──────────┐                       ┌─▶ notify, task, label, handover
--   apply_decision() ─ customers ───────┴─▶ escalate() ─▶ row ──┤   (review: the verdict holds the message)
--                                            │ cooling          └─▶ audit log
--                                            ▼ nothing
--
-- Judges say which rules hold; what a rule does is read here, from the policy version they went by. All of it is in
-- the transaction of the verdict or decision, whose caller holds the thread: of two, the second finds the first.

create table public.escalations (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  thread_id uuid not null,
  message_id uuid not null,
  lane text not null,
  stage text not null,
  rule text not null,
  policy_version integer not null,
  signal text not null,
  value real not null,
  reasons text[] not null default '{}',
  action text not null,
  verdict_id uuid,
  decision_id uuid,
  task_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  until timestamptz not null,
  constraint escalations_tenant_id_id_pkey primary key (tenant_id, id),
  constraint escalations_tenant_id_message_id_rule_key unique (tenant_id, message_id, rule),
  constraint escalations_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint escalations_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint escalations_tenant_id_policy_version_fkey foreign key (tenant_id, policy_version)
  references public.moderation_policies (tenant_id, version),
  constraint escalations_tenant_id_verdict_id_fkey foreign key (tenant_id, verdict_id)
  references public.moderation_verdicts (tenant_id, id),
  constraint escalations_tenant_id_decision_id_fkey foreign key (tenant_id, decision_id)
  references public.inbound_decisions (tenant_id, id),
  constraint escalations_tenant_id_task_id_fkey foreign key (tenant_id, task_id)
  references public.manual_tasks (tenant_id, id),
  constraint escalations_lane_check check (lane in ('people', 'customers')),
  constraint escalations_stage_check check (stage in ('before', 'after')),
  constraint escalations_signal_check check (signal in ('score', 'mood', 'trend', 'kind', 'blocked')),
  constraint escalations_action_check check (action in ('notify', 'handover', 'task', 'label', 'review')),
  constraint escalations_cause_check check (
    case lane when 'people' then verdict_id is not null and decision_id is null
      else decision_id is not null and verdict_id is null end),
  constraint escalations_task_id_check check ((action = 'task') = (task_id is not null)),
  constraint escalations_until_check check (until > created_at)
);
comment on table public.escalations is
'A rule of the policy called a person to a conversation: which, because of which message and verdict or decision, what '
'was measured. Append-only; never what was written.';
comment on column public.escalations.signal is 'What the rule is on.';
comment on column public.escalations.value is
'What was measured: a score, mood or trend, how sure a kind is, or how many messages were blocked.';
comment on column public.escalations.reasons is 'What spoke for it in the last messages: names, the weightiest first.';
comment on column public.escalations.until is 'Until then the same rule calls nobody to this conversation again.';

create index escalations_tenant_id_thread_id_idx on public.escalations (tenant_id, thread_id, id desc);
create index escalations_tenant_id_created_at_idx on public.escalations (tenant_id, created_at desc);
create index escalations_tenant_id_policy_version_idx on public.escalations (tenant_id, policy_version);
create index escalations_tenant_id_verdict_id_idx on public.escalations (tenant_id, verdict_id)
where verdict_id is not null;
create index escalations_tenant_id_decision_id_idx on public.escalations (tenant_id, decision_id)
where decision_id is not null;
create index escalations_tenant_id_task_id_idx on public.escalations (tenant_id, task_id) where task_id is not null;

create trigger escalations_100_append_only before update or delete on public.escalations
for each row execute function private.tg_any__refuse();
create trigger escalations_110_append_only before truncate on public.escalations
for each statement execute function private.tg_any__refuse();

-- ── what a rule does ─────────────────────────────────────────────────────────────────────────────────────────────

create function private.is_escalated(p_thread_id uuid, p_tenant_id uuid, p_rule text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  return exists (
    select from public.escalations as e
    where e.tenant_id = p_tenant_id and e.thread_id = p_thread_id and e.rule = p_rule and e.until > clock_timestamp());
end
$$;
comment on function private.is_escalated(uuid, uuid, text) is
'Definer: a rule has called a person to a conversation, and has not cooled down yet.';

create function private.escalation_line(p_escalation public.escalations) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return left('Escalated: ' || replace(p_escalation.rule, '_', ' ') || coalesce(' ('
    || replace(nullif(array_to_string(p_escalation.reasons, ', '), ''), '_', ' ') || ')', ''), 500);
end
$$;
comment on function private.escalation_line(public.escalations) is
'What people read of it: the name of the rule and the reasons, no word of the message.';

create function private.escalation_task(p_escalation public.escalations, p_rule jsonb) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_task uuid;
begin
  insert into public.manual_tasks (tenant_id, kind, title, reason, target, message_id, thread_id, due_at)
  values (p_escalation.tenant_id, 'escalation', private.escalation_line(p_escalation), p_escalation.rule,
    'conversation', p_escalation.message_id, p_escalation.thread_id,
    clock_timestamp() + make_interval(mins => coalesce((p_rule ->> 'due_minutes')::integer, 60)))
  returning id into v_task;
  return v_task;
end
$$;
comment on function private.escalation_task(public.escalations, jsonb) is
'Definer: somebody has to look at the conversation until its due time.';

create function private.tell_of_escalation(p_escalation public.escalations, p_rule jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_to text := coalesce(p_rule ->> 'to', 'staff');
  v_title text := private.escalation_line(p_escalation);
  -- A conversation between people is opened with a reason, not by a click.
  v_thread uuid := (
    select t.id from public.et_threads as t
    where t.tenant_id = p_escalation.tenant_id and t.id = p_escalation.thread_id and t.staff_readable);
begin
  if v_to = 'staff' then
    insert into public.notifications (tenant_id, kind, title, thread_id)
    values (p_escalation.tenant_id, 'escalation', v_title, v_thread);
    return;
  end if;
  insert into public.notifications (tenant_id, user_id, kind, title, thread_id)
  select m.tenant_id, m.user_id, 'escalation', v_title, v_thread from public.tenant_members as m
  where m.tenant_id = p_escalation.tenant_id and m.role = any(case v_to when 'agents' then '{owner,admin,agent}'::text[]
    when 'admins' then '{owner,admin}' else '{owner}' end);
end
$$;
comment on function private.tell_of_escalation(public.escalations, jsonb) is
'Definer: tells the staff, or those of them the rule names, each apart.';

create function private.follow_escalation(p_escalation public.escalations, p_rule jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.audit(p_escalation.tenant_id, 'thread.escalated', 'thread', p_escalation.thread_id::text,
    jsonb_build_object('escalation_id', p_escalation.id, 'rule', p_escalation.rule, 'action', p_escalation.action,
      'message_id', p_escalation.message_id, 'policy_version', p_escalation.policy_version));
  if p_escalation.action in ('notify', 'task') then
    perform private.tell_of_escalation(p_escalation, p_rule);
  elsif p_escalation.action = 'label' then
    update public.et_threads as t set labels = (
      select array_agg(distinct l order by l) from unnest(t.labels || coalesce(p_rule ->> 'label', 'priority')) as l)
    where t.tenant_id = p_escalation.tenant_id and t.id = p_escalation.thread_id;
  end if;
end
$$;
comment on function private.follow_escalation(public.escalations, jsonb) is
'Definer, whose caller holds the thread: what a rule does beside being on record. A handover is the decision itself, '
'by overrule(); what review holds, the verdict holds.';

create function private.escalate(p_case public.escalations, p_watched jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_rules jsonb := (
    select p.document -> 'escalation' -> p_case.lane -> p_case.stage from public.moderation_policies as p
    where p.tenant_id = p_case.tenant_id and p.version = p_case.policy_version);
  v_rule jsonb;
  v_made public.escalations := p_case;
begin
  v_made.reasons := array(
    select r.name from jsonb_array_elements_text(p_watched -> 'reasons') with ordinality as r (name, n)
    order by r.n limit 5);
  for v_made.rule, v_made.value in
    select r.value ->> 'rule', (r.value ->> 'value')::real
    from jsonb_array_elements(p_watched -> 'raised') with ordinality as r (value, n) order by r.n
  loop
    v_rule := v_rules -> v_made.rule;
    continue when v_rule is null or private.is_escalated(p_case.thread_id, p_case.tenant_id, v_made.rule)
      or exists (
        select from public.escalations as e
        where e.tenant_id = p_case.tenant_id and e.message_id = p_case.message_id and e.rule = v_made.rule)
      -- It cooled down while the decision was recorded: the next message calls.
      or v_rule ->> 'action' = 'handover' and not exists (
        select from public.inbound_decisions as d
        where d.tenant_id = p_case.tenant_id and d.id = p_case.decision_id and d.action = 'human_takeover');
    v_made.id := private.uuid_v7();
    v_made.signal := v_rule ->> 'on';
    v_made.action := v_rule ->> 'action';
    v_made.created_at := clock_timestamp();
    v_made.until := v_made.created_at
      + make_interval(mins => coalesce((v_rule ->> 'cool_down_minutes')::integer, 240));
    v_made.task_id := case v_made.action when 'task' then private.escalation_task(v_made, v_rule) end;
    insert into public.escalations select v_made.*;
    perform private.follow_escalation(v_made, v_rule);
  end loop;
end
$$;
comment on function private.escalate(public.escalations, jsonb) is
'Definer, whose caller holds the thread: rules that hold become escalations, each once a message and once in its '
'cool-down. p_case says where and because of what; p_watched is what was seen: {reasons, raised: [{rule, value}]}.';

-- ── people: with a verdict ───────────────────────────────────────────────────────────────────────────────────────

create function private.escalate_verdict(p_verdict public.moderation_verdicts, p_watched jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_case public.escalations;
begin
  v_case.tenant_id := p_verdict.tenant_id;
  v_case.thread_id := p_verdict.thread_id;
  v_case.message_id := p_verdict.message_id;
  v_case.lane := p_verdict.lane;
  v_case.stage := p_verdict.stage;
  v_case.policy_version := p_verdict.policy_version;
  v_case.verdict_id := p_verdict.id;
  perform private.escalate(v_case, p_watched);
end
$$;
comment on function private.escalate_verdict(public.moderation_verdicts, jsonb) is
'Definer, inside record_verdict(): what its judge saw of the conversation.';

-- ── customers: with a decision ───────────────────────────────────────────────────────────────────────────────────

create function private.escalate_decision(p_thread public.et_threads, p_decision jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_case public.escalations;
begin
  v_case.tenant_id := p_thread.tenant_id;
  v_case.thread_id := p_thread.id;
  v_case.lane := 'customers';
  v_case.stage := 'after';
  v_case.policy_version := (p_decision -> 'escalation' ->> 'policy_version')::integer;
  v_case.decision_id := (p_decision ->> 'id')::uuid;
  select m.id into v_case.message_id from public.inbound_decisions as d
  inner join public.et_messages as m on m.tenant_id = d.tenant_id and m.thread_id = d.thread_id and m.seq = d.last_seq
  where d.tenant_id = p_thread.tenant_id and d.id = v_case.decision_id;
  perform private.escalate(v_case, p_decision -> 'escalation');
end
$$;
comment on function private.escalate_decision(public.et_threads, jsonb) is
'Definer, inside apply_decision(): what the inbound worker saw in what a customer wrote, about the last message of the '
'burst.';

create function private.handover_rule(p_thread public.et_threads, p_watched jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
begin
  return (
    select r.value ->> 'rule' from public.moderation_policies as p
    cross join lateral jsonb_array_elements(p_watched -> 'raised') with ordinality as r (value, n)
    where p.tenant_id = p_thread.tenant_id and p.version = (p_watched ->> 'policy_version')::integer
      and p.document #>> array['escalation', 'customers', 'after', r.value ->> 'rule', 'action'] = 'handover'
      and not private.is_escalated(p_thread.id, p_thread.tenant_id, r.value ->> 'rule')
    order by r.n limit 1);
end
$$;
comment on function private.handover_rule(public.et_threads, jsonb) is
'Definer, inside overrule(): the rule that takes the AI off this conversation, if one that has cooled down holds.';

-- ── invariants ───────────────────────────────────────────────────────────────────────────────────────────────────

insert into private.invariants (name, claim, query) values
('escalated_once_per_cool_down', 'A rule calls a person to a conversation once, and again when it has cooled down.', $q$
  select e.tenant_id, e.thread_id, e.rule, e.id from public.escalations as e
  inner join public.escalations as x on x.tenant_id = e.tenant_id and x.thread_id = e.thread_id and x.rule = e.rule
    and x.id <> e.id and x.created_at <= e.created_at and x.until > e.created_at$q$),
('handed_over_is_not_answered', 'A decision that came with an escalation to a person is no answer of the AI.', $q$
  select e.tenant_id, e.thread_id, e.id, d.action from public.escalations as e
  inner join public.inbound_decisions as d on d.tenant_id = e.tenant_id and d.id = e.decision_id
  where e.action = 'handover' and d.action <> 'human_takeover'$q$),
('escalated_by_its_own_conversation', 'An escalation, its message, verdict, decision and task are of one conversation.',
  $q$
  select e.tenant_id, e.id from public.escalations as e
  inner join public.et_messages as m on m.tenant_id = e.tenant_id and m.id = e.message_id
  left join public.moderation_verdicts as v on v.tenant_id = e.tenant_id and v.id = e.verdict_id
  left join public.inbound_decisions as d on d.tenant_id = e.tenant_id and d.id = e.decision_id
  left join public.manual_tasks as k on k.tenant_id = e.tenant_id and k.id = e.task_id
  where e.thread_id <> m.thread_id or e.thread_id <> coalesce(v.thread_id, d.thread_id)
    or e.thread_id <> coalesce(k.thread_id, e.thread_id) or e.message_id <> coalesce(v.message_id, e.message_id)$q$);

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.escalations enable row level security;
alter table public.escalations force row level security;
create policy escalations_select_staff on public.escalations for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.escalations from public, anon, authenticated, service_role;
grant select on public.escalations to authenticated, service_role;
