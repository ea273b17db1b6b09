-- name: suggest_replies
-- Ask for drafts of a reply.
select public.suggest_replies(%(thread_id)s::uuid);

-- name: read_suggestions
-- The drafts that were asked for.
select public.read_suggestions(%(request_id)s::uuid);

-- name: translate_message
-- Ask for a message in another language; null is the tenant's.
select public.translate_message(%(message_id)s::uuid, %(language)s::text);

-- name: read_translation
-- A translation that was asked for.
select public.read_translation(%(message_id)s::uuid, %(language)s::text);
