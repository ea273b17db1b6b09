-- name: list_webhook_failures
-- The newest calls nobody could read, and what was refused in the last day.
select public.list_webhook_failures(%(limit)s::integer);

-- name: retry_webhook
-- Read a failed call again.
select public.retry_webhook(%(webhook_id)s::uuid);
