-- name: schema_version
-- The newest migration that was applied.
select private.schema_version();

-- name: queue_totals
-- Depth, age of the oldest and in-flight of every queue, over all tenants; a row of zeros for an empty one.
select n.queue, coalesce(sum(m.depth), 0)::float8, coalesce(max(m.oldest_seconds), 0)::float8, coalesce(sum(m.in_flight), 0)::float8
from unnest(
  '{inbound,outbound,moderation,insights,assistants,attachments,notifier,ingress}'::text []
) as n (queue)
left join private.queue_metrics() as m on m.queue = n.queue
group by n.queue;

-- name: board_age
-- How old what is counted for the board is, in seconds; null before anything was.
select extract(epoch from clock_timestamp() - private.rollups_as_of())::float8;

-- name: recent_activity
-- What was decided and dispatched in the last five minutes, and how long sends took.
select r.figure, r.label, r.value from private.recent_activity() as r order by r.figure, r.label;
