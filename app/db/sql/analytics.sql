-- name: operations_board
-- The whole board of a span.
select public.operations_board(%(from_)s::timestamptz, %(to)s::timestamptz, %(step)s::text);

-- name: operations_series
-- One metric of a span, by channel and label.
select public.operations_series(
  %(metric)s::text, %(from_)s::timestamptz, %(to)s::timestamptz, %(step)s::text, %(channel)s::text
);

-- name: list_filing
-- What the staff made of the detector: conversations somebody spoke about, by folder, class and a tenth of the score.
select o.detected, o.auto_class, o.score_from, o.conversations, o.false_alarms, o.misses, o.confirmed, o.last_said_at
from public.folder_outcomes as o
where o.tenant_id = current_setting('parley.active_tenant')::uuid
order by o.detected, o.auto_class, o.score_from;
