-- name: speak_as
-- The rest of the transaction runs as a role, with claims and a topic, as policies on realtime.messages read them.
select
  set_config('request.jwt.claims', %(claims)s, true),
  set_config('request.jwt.claim.sub', %(sub)s, true),
  set_config('request.jwt.claim.role', %(role)s, true),
  set_config('realtime.topic', %(topic)s, true),
  set_config('role', %(role)s, true);

-- name: become_service
-- The rest of the transaction runs as the role that sees every row.
select set_config('role', 'service_role', true);

-- name: try_rows
-- Two rows of a topic, one of each extension; the transaction is rolled back.
insert into realtime.messages (id, topic, extension)
values
(%(broadcast)s::uuid, %(topic)s, 'broadcast'),
(%(presence)s::uuid, %(topic)s, 'presence');

-- name: visible_rows
-- Which of the two rows the caller may read.
select m.extension
from realtime.messages as m
where m.id in (%(broadcast)s::uuid, %(presence)s::uuid);

-- name: speak_of
-- Claims and a topic for the rest of the transaction, the role as it is.
select
  set_config('request.jwt.claims', %(claims)s, true),
  set_config('realtime.topic', %(topic)s, true);

-- name: topic_voice
-- What those claims may say on that topic.
select private.topic_voice() as voice;

-- name: try_write
-- A row with nothing but topic and extension, as hosted Supabase tries it; the transaction is rolled back.
insert into realtime.messages (topic, extension)
values (%(topic)s, %(extension)s);

-- name: replay
-- The newest messages of a private topic since a moment (milliseconds of the epoch), newest first. Older databases have no
-- column for bytes.
select m.id::text, m.event, m.payload::text as payload,
  case when m.payload is null then to_jsonb(m) ->> 'binary_payload' end as bytes
from realtime.messages as m
where m.topic = %(topic)s and m.private and m.extension = 'broadcast' and m.event is not null
  and m.inserted_at >= to_timestamp(%(since_ms)s::double precision / 1000) at time zone 'UTC'
order by m.inserted_at desc
limit %(limit)s;

-- name: log_horizon
-- The oldest transaction that is not over, and the end of the log: once the log is read up to there, everything older
-- than that transaction has been seen.
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xmin, pg_current_wal_insert_lsn()::text as lsn;

-- name: rows_since
-- Broadcasts of transactions not older than `xmin`, with what the next look may begin at. A transaction's number is put
-- together from the row's 32 bits and the epoch of now; what was inserted long before is not looked at.
select m.id::text, m.topic, m.event, m.payload::text as payload,
  case when m.payload is null then to_jsonb(m) ->> 'binary_payload' end as bytes, coalesce(m.private, false) as private,
  extract(epoch from m.inserted_at at time zone 'UTC')::double precision as begun_at
from realtime.messages as m
where m.inserted_at >= (now() - make_interval(secs => %(seconds)s)) at time zone 'UTC'
  and m.extension = 'broadcast' and m.event is not null
  and ((m.xmin::text::bigint - %(xmin)s::bigint) & 4294967295) < 2147483648
order by m.inserted_at
limit %(limit)s;

-- name: may_replicate
-- Whether this login may replicate, and whether there is a publication of the messages.
select
  (select r.rolreplication from pg_catalog.pg_roles as r where r.rolname = session_user) as may_replicate,
  current_setting('wal_level') = 'logical' as is_logical,
  exists (
    select from pg_catalog.pg_publication as p where p.pubname = 'supabase_realtime_messages_publication'
  ) as is_published;

-- name: log_denied_topic
-- An attempt on a topic that is somebody else's.
select private.log_denied_topic(%(claims)s::jsonb, %(topic)s, %(action)s);

-- name: report_connections
-- WebSockets of one process of the gateway since its last report.
select private.report_connections(%(process)s, %(number)s, %(parties)s::jsonb) as taken;
