-- name: list_audit
-- What happened in the active tenant, newest first below a cursor; filters are null where nothing is asked for.
select a.id, a.at, a.actor, a.action, a.object_kind, a.object_id, a.details
from public.audit_log as a
where a.tenant_id = current_setting('parley.active_tenant')::uuid
  and (%(actor)s::text is null or a.actor = %(actor)s::text)
  and (%(action)s::text is null or a.action = %(action)s::text)
  and (%(object_kind)s::text is null or a.object_kind = %(object_kind)s::text)
  and (%(object_id)s::text is null or a.object_id = %(object_id)s::text)
  and (%(after)s::timestamptz is null or a.at >= %(after)s::timestamptz)
  and (%(before)s::timestamptz is null or a.at < %(before)s::timestamptz)
  and (%(below_at)s::timestamptz is null or (a.at, a.id) < (%(below_at)s::timestamptz, %(below_id)s::uuid))
order by a.at desc, a.id desc
limit %(limit)s::integer;

-- name: list_denials
-- Attempts from outside on objects of the active tenant, newest first below a cursor; filters as above, but the actor.
select d.id, d.at, d.surface, d.action, d.object_kind, d.object_id
from public.access_denials as d
where d.tenant_id = current_setting('parley.active_tenant')::uuid
  and (%(action)s::text is null or d.action = %(action)s::text)
  and (%(object_kind)s::text is null or d.object_kind = %(object_kind)s::text)
  and (%(object_id)s::text is null or d.object_id = %(object_id)s::text)
  and (%(after)s::timestamptz is null or d.at >= %(after)s::timestamptz)
  and (%(before)s::timestamptz is null or d.at < %(before)s::timestamptz)
  and (%(below_at)s::timestamptz is null or (d.at, d.id) < (%(below_at)s::timestamptz, %(below_id)s::uuid))
order by d.at desc, d.id desc
limit %(limit)s::integer;

-- name: export_audit
-- Rows of one of the two logs to take away; that they were is on record.
select public.export_audit(%(log)s::text, %(filter)s::jsonb, %(limit)s::integer);
