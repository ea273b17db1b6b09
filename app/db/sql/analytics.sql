-- name: operations_board
-- The whole board of a span.
select public.operations_board(%(from_)s::timestamptz, %(to)s::timestamptz, %(step)s::text);

-- name: operations_series
-- One metric of a span, by channel and label.
select public.operations_series(
  %(metric)s::text, %(from_)s::timestamptz, %(to)s::timestamptz, %(step)s::text, %(channel)s::text
);
