-- name: list_moderation_policies
-- Versions of the tenant's policy, newest first, older than one.
select p.version, p.note, p.created_by, p.created_at, a.activated_by, a.activated_at
from public.moderation_policies as p
left join public.active_moderation as a on a.tenant_id = p.tenant_id and a.version = p.version
where p.tenant_id = current_setting('parley.active_tenant')::uuid
  and p.version < coalesce(%(before_version)s::integer, 2147483647)
order by p.version desc limit %(limit)s;

-- name: get_moderation_policy
-- One version with its document; without a number the one in force.
select p.version, p.document, p.note, p.created_by, p.created_at, a.activated_by, a.activated_at
from public.moderation_policies as p
left join public.active_moderation as a on a.tenant_id = p.tenant_id and a.version = p.version
where p.tenant_id = current_setting('parley.active_tenant')::uuid
  and case when %(version)s::integer is null then a.version is not null else p.version = %(version)s::integer end;

-- name: put_moderation_policy
-- A new version.
select public.put_moderation_policy(%(document)s::jsonb, %(note)s::text, %(activate)s::boolean,
  %(expected_version)s::integer);

-- name: activate_moderation_policy
-- A version comes into force.
select public.activate_moderation_policy(%(version)s::integer, %(expected_version)s::integer);

-- name: switch_moderation_off
-- Nothing is moderated from now on.
select public.switch_moderation_off(%(expected_version)s::integer);

-- name: diff_moderation_policies
-- What differs between two versions.
select public.diff_moderation_policies(%(from_version)s::integer, %(version)s::integer);

-- name: reveal_contacts
-- The people of a conversation may share contact details.
select public.reveal_contacts(%(thread_id)s::uuid, %(reason)s::text);
