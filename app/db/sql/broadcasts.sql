-- name: list_broadcasts
-- Broadcasts of the active tenant, newest first below a cursor.
select b.id, m.body, b.segment_kind, b.role, b.context_kind, b.context_id, b.status, b.delivered, b.created_by,
  b.created_at, b.finished_at
from public.broadcasts as b
inner join public.et_messages as m on m.tenant_id = b.tenant_id and m.id = b.message_id
where b.tenant_id = current_setting('parley.active_tenant')::uuid
  and (%(before_at)s::timestamptz is null
    or (b.created_at, b.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by b.created_at desc, b.id desc
limit %(limit)s::integer;

-- name: get_broadcast
-- One with how many have read it.
select public.get_broadcast(%(broadcast_id)s::uuid);

-- name: create_broadcast
-- A text for some or all people.
select public.create_broadcast(%(body)s::text, %(segment)s::jsonb, %(broadcast_id)s::uuid);

-- name: cancel_broadcast
-- Nobody else gets it.
select public.cancel_broadcast(%(broadcast_id)s::uuid);
