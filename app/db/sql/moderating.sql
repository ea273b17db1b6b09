-- name: tenant_named
-- A tenant by its slug, with the version of its moderation policy in force.
select t.id, t.slug, a.version from public.tenants as t
left join public.active_moderation as a on a.tenant_id = t.id
where t.slug = %(slug)s;

-- name: tenants_to_judge
-- All tenants, or one by its slug, with their home countries.
select t.id, t.slug, t.home_regions from public.tenants as t
where t.slug = coalesce(%(slug)s::text, t.slug) order by t.id;

-- name: policy_versions
-- Every version of a tenant's moderation policy, newest first, without the documents.
select p.version, p.note, p.created_by, p.created_at, a.version is not null as is_active
from public.moderation_policies as p
left join public.active_moderation as a on a.tenant_id = p.tenant_id and a.version = p.version
where p.tenant_id = %(tenant_id)s order by p.version desc;

-- name: policy_document
-- One version's document.
select p.document from public.moderation_policies as p
where p.tenant_id = %(tenant_id)s and p.version = %(version)s;

-- name: add_policy
-- A new version of a tenant's policy, in force at once unless told otherwise.
select private.add_moderation_policy(%(tenant_id)s::uuid, %(document)s::jsonb, %(note)s::text, %(activate)s::boolean,
  %(expected)s::integer) as answer;

-- name: choose_policy
-- Put a version in force.
select private.choose_moderation_policy(%(tenant_id)s::uuid, %(version)s::integer, %(expected)s::integer) as answer;

-- name: end_moderation
-- Moderate nothing from now on.
select private.end_moderation(%(tenant_id)s::uuid, %(expected)s::integer) as answer;

-- name: compare_policies
-- What differs between two versions.
select private.compare_moderation_policies(%(tenant_id)s::uuid, %(from)s::integer, %(to)s::integer) as answer;

-- name: count_written
-- How many messages of a tenant, or of one conversation, a simulation reads.
select count(*) as messages from public.et_messages as m
where m.tenant_id = %(tenant_id)s and (m.direction <> 'inbound' or %(customers)s::boolean)
  and (%(only)s::uuid is null or m.thread_id = %(only)s::uuid)
  and m.created_at < coalesce(%(until)s::timestamptz, 'infinity');

-- name: moderation_history
-- The next messages a policy can judge, as their senders wrote them, by thread and seq.
select h.thread_id, h.seq, h.message_id, h.lane, h.sender, h.subject, h.body, h.fixed_chars, h.now_is, h.decider,
  h.was_kinds, h.is_wanted, h.completes, h.is_after, h.written_at
from private.moderation_history(%(tenant_id)s::uuid, %(thread_id)s::uuid, %(seq)s::bigint, %(only)s::uuid,
  %(from)s::timestamptz, %(until)s::timestamptz, %(events)s::text[], %(limit)s::integer,
  %(customers)s::boolean) as h;

-- name: count_verdicts
-- How many verdicts a replay makes again.
select count(*) as verdicts from public.moderation_verdicts as v
where v.tenant_id = %(tenant_id)s and v.created_at >= coalesce(%(from)s::timestamptz, '-infinity')
  and v.created_at < coalesce(%(until)s::timestamptz, 'infinity');

-- name: judged_history
-- The next verdicts, each with everything it was made from.
select h.verdict_id, h.decider, h.verdict, h.model, h.inputs
from private.judged_history(%(tenant_id)s::uuid, %(verdict_id)s::uuid, %(from)s::timestamptz, %(until)s::timestamptz,
  %(limit)s::integer) as h;

-- name: begin_simulation
-- An admin may try a policy on his tenant's history; the look is on record.
select private.begin_simulation(%(document)s::jsonb, %(thread_id)s::uuid, %(from)s::timestamptz,
  %(until)s::timestamptz, %(reason)s::text) as answer;

-- name: audit_texts
-- The operator looks at texts: which, and why.
select private.audit(%(tenant_id)s::uuid, 'moderation.texts_read', 'tenant', %(tenant_id)s::text, %(details)s::jsonb);

-- name: escalations
-- Whom a tenant's conversations called, newest first.
select e.created_at, e.thread_id, e.message_id, e.lane, e.stage, e.rule, e.policy_version, e.signal, e.value, e.reasons,
  e.action, e.task_id, e.until
from public.escalations as e
where e.tenant_id = %(tenant_id)s and (%(thread_id)s::uuid is null or e.thread_id = %(thread_id)s::uuid)
  and (%(rule)s::text is null or e.rule = %(rule)s::text)
  and e.created_at >= coalesce(%(from)s::timestamptz, '-infinity')
order by e.created_at desc, e.id desc limit %(limit)s::integer;
