-- name: reserve_attachment
-- A place in Storage for a file of the caller.
select public.reserve_attachment(
  %(filename)s::text, %(content_type)s::text, %(size_bytes)s::bigint, %(tenant_slug)s::text);

-- name: open_attachment
-- The caller opens a file: written down, and his to read for a minute.
select public.open_attachment(%(attachment_id)s::uuid, %(thumbnail)s::boolean, %(reason)s::text);
