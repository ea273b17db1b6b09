-- name: find_conversations
-- Conversations between participants, by a person or a context; the look is on record.
select public.find_conversations(%(reason)s::text, %(filter)s::jsonb, %(limit)s::integer);

-- name: read_thread
-- A page of one of them; the look is on record.
select public.read_thread(%(thread_id)s::uuid, %(reason)s::text, %(before_seq)s::bigint, %(limit)s::integer);
