-- name: lease_seconds
-- How long a claim lasts, from the database setting.
select extract(epoch from private.lease_length())::float8 as seconds;

-- name: horizon
-- Every transaction that may have skipped its wake-up has finished once oldest reaches what newest was.
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest,
  pg_snapshot_xmax(pg_current_snapshot())::text::bigint as newest;

-- name: release_expired_inbound
-- Bursts of dead workers go back to received.
select private.release_expired_inbound() as released;

-- name: recheck_search
-- Messages inserted while the search policy changed follow it.
select private.recheck_search() as rechecked;

-- name: analyze_grown
-- Fresh statistics for tables that doubled.
select private.analyze_grown() as tables;

-- name: sweep_reputation
-- What accounts sent and heard long ago.
select private.sweep_reputation() as swept;

-- name: deliver_broadcasts
-- One batch of one broadcast.
select private.deliver_broadcasts(%(limit)s) as told;

-- name: note_overdue_reviews
-- Reviews that became late, whose staff is told.
select private.note_overdue_reviews() as late;

-- name: end_expired_mutes
-- Mutes whose time is over.
select private.end_expired_mutes() as freed;

-- name: expire_attachments
-- Files kept as long as their tenants keep files.
select private.expire_attachments(%(limit)s) as expired;

-- name: expire_moderation
-- Judgements kept as long as their tenants keep them.
select private.expire_moderation(%(limit)s) as expired;

-- name: orphaned_objects
-- The next objects in Storage, and which of them no file needs any more.
select o.bucket_id, o.name, o.is_orphan
from private.orphaned_objects(%(after_bucket)s::text, %(after_name)s::text, %(limit)s) as o;

-- name: sweep_uploads
-- Uploaded files that nobody sent within their day.
select private.sweep_uploads() as swept;

-- name: sweep_hints
-- Broadcasts older than hosted Supabase keeps them.
select private.sweep_hints() as swept;

-- name: sweep_send_slots
-- Slots of accounts and recipients that are long free again.
select private.sweep_send_slots() as swept;

-- name: mark_silent_sessions
-- Accounts that look connected while nobody reads them.
select private.mark_silent_sessions() as marked;

-- name: mark_refused_sessions
-- Accounts whose provider calls in vain, and those it calls again with success.
select private.mark_refused_sessions() as marked;

-- name: mark_unheard_sessions
-- Accounts whose provider says nothing of what it took, and those it speaks of again.
select private.mark_unheard_sessions() as marked;

-- name: claim_health_checks
-- Accounts whose provider is to be asked whether they work.
select c.tenant_id::text, c.session_id::text, c.channel, c.provider, c.address, c.config, c.secrets
from private.claim_health_checks(%(providers)s, make_interval(secs => %(every_s)s), %(limit)s) as c;

-- name: record_templates
-- What the provider has approved for an account now.
select private.record_templates(%(tenant_id)s, %(session_id)s, %(templates)s) as changed;

-- name: record_health
-- What the provider said of an account.
select private.record_health(%(tenant_id)s, %(session_id)s, %(status)s, %(reason)s, %(proves_address)s) as status;

-- name: claim_hooks
-- Accounts whose webhook is to be set at the provider, or removed.
select c.tenant_id::text, c.session_id::text, c.fence, c.wanted, c.fingerprint, c.channel, c.provider, c.address, c.config,
  c.secrets
from private.claim_hooks(%(provider)s, %(place)s, %(limit)s) as c;

-- name: complete_hook
-- What came of setting or removing a webhook.
select private.complete_hook(
  %(tenant_id)s, %(session_id)s, %(fence)s, %(wanted)s, %(fingerprint)s, %(done)s) as outcome;

-- name: lose_hook
-- The provider has our webhook no more.
select private.lose_hook(%(tenant_id)s, %(session_id)s);

-- name: wake_snoozed
-- Threads whose snooze ended are open again.
select private.wake_snoozed() as woken;

-- name: tenants_with_audit
-- Tenants whose audit log is to be sealed.
select t.id::text as id from private.tenants_with_audit() as t (id);

-- name: checkpoint_audit
-- Seals a tenant's finished audit rows.
select private.checkpoint_audit(%(tenant_id)s) as sealed;

-- name: check_invariants
-- Every promise of the core, proved on live data.
select c.invariant, c.violations, c.samples from private.check_invariants() as c;

-- name: board_state
-- How far counting for the board is, and where the hour before this one does not add up.
select private.rollups_as_of() as as_of,
  extract(epoch from clock_timestamp() - private.rollups_as_of())::float8 as age_seconds,
  (select coalesce(jsonb_agg(to_jsonb(d)), '[]') from private.check_rollups(
    date_trunc('hour', now(), 'UTC') - interval '1 hour', date_trunc('hour', now(), 'UTC')) as d) as differences;

-- name: check_next_invariant
-- The promise nobody has looked at for longest, if it is due; which one that was.
select private.check_next_invariant(make_interval(secs => %(every_s)s::float8)) as invariant;

-- name: unsettled
-- Calls, messages and dispatches of all tenants that still have somewhere to go; what is scheduled for later does not
-- count.
select (
  select count(*) from private.inbound_work
) + (
  select count(*) from private.outbound_work as w
  inner join public.et_outbound_queue as q on q.tenant_id = w.tenant_id and q.id = w.queue_id
  where q.scheduled_at <= clock_timestamp() and w.run_at < 'infinity'
) + (
  select count(*) from private.webhook_work as w
  inner join public.et_channel_sessions as s on s.tenant_id = w.tenant_id and s.id = w.session_id
  where s.status <> 'paused'
) as unsettled;

-- name: has_tenant
-- One row when there is a tenant of that slug.
select true as known from public.tenants as t where t.slug = %(tenant)s;

-- name: now
-- The database's clock.
select clock_timestamp() as now;

-- name: first_mailbox
-- The mailbox a demo writes to when none is named.
select s.address from public.et_channel_sessions as s
where s.channel = 'email' and s.verified_at is not null and s.status not in ('deleted', 'paused')
order by s.verified_at, s.id limit 1;

-- name: find_mailbox_key
-- The mailboxes of an address, whoever's, with their sealed DKIM key and where its record is.
select s.tenant_id::text, s.id::text as session_id, split_part(s.address, '@', 2) as domain,
  coalesce(s.config -> 'dkim', '{}'::jsonb) as place, encode(x.ciphertext, 'base64') as sealed
from public.et_channel_sessions as s
left join private.channel_secrets as x on x.tenant_id = s.tenant_id and x.session_id = s.id and x.name = 'dkim_private_key'
where s.channel = 'email' and s.address = %(address)s and s.status <> 'deleted';

-- name: set_dkim_place
-- A mailbox's mail is signed for this domain and selector.
update public.et_channel_sessions as s set config = s.config || jsonb_build_object('dkim', %(place)s::jsonb)
where s.tenant_id = %(tenant_id)s and s.id = %(session_id)s;

-- name: demo_account
-- The account a demo made before, with its sealed secrets by name.
select s.id::text as session_id, s.address, s.config, (
  select coalesce(jsonb_object_agg(x.name, encode(x.ciphertext, 'base64')), '{}') from private.channel_secrets as x
  where x.tenant_id = s.tenant_id and x.session_id = s.id) as secrets
from public.et_channel_sessions as s
where s.provider = %(provider)s and s.name = %(name)s and s.status not in ('deleted', 'paused')
order by s.created_at limit 1;

-- name: make_demo_account
-- An account of the first tenant, for a demo on loopback.
with made as (
  insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, config)
  select t.id, %(channel)s, %(provider)s, %(name)s, %(address)s, %(config)s from public.tenants as t
  where t.status = 'active' order by t.created_at, t.id limit 1
  returning tenant_id, id
), sealed as (
  insert into private.channel_secrets (tenant_id, session_id, name, ciphertext)
  select m.tenant_id, m.id, x.name, x.sealed
  from made as m cross join unnest(%(names)s::text[], %(sealed)s::bytea[]) as x (name, sealed)
)
select m.id::text as session_id from made as m;

-- name: make_demo_mailbox
-- A verified mailbox of the first tenant whose mail leaves over a provider on loopback, for a demo.
with made as (
  insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status, verified_at)
  select t.id, 'email', %(provider)s, %(name)s, %(address)s, 'connected', now() from public.tenants as t
  where t.status = 'active' order by t.created_at, t.id limit 1
  returning tenant_id, id
), sealed as (
  insert into private.channel_secrets (tenant_id, session_id, name, ciphertext)
  select m.tenant_id, m.id, 'api_key', %(sealed)s from made as m
)
select m.id::text as session_id from made as m;

-- name: demo_dispatches
-- Everything that was to leave over an account.
select q.id::text as queue_id, q.message_id::text, private.delivery_class(q.tenant_id, q.channel_session_id) as class,
  q.status, q.recipient, q.provider_message_id
from public.et_outbound_queue as q where q.channel_session_id = %(session_id)s order by q.id;

-- name: find_received
-- Received messages by the ids of their channel.
select m.external_message_id, m.id::text as id from public.et_messages as m
where m.channel = %(channel)s and m.external_message_id = any(%(keys)s) and m.direction = 'inbound';

-- name: demo_figures
-- What became of the named messages, and how long replies took.
with named as (
  select m.* from public.et_messages as m where m.id = any(%(ids)s::uuid[])
), decided as (
  select distinct d.* from public.inbound_decisions as d
  inner join named as m on m.tenant_id = d.tenant_id and m.thread_id = d.thread_id and m.seq between d.first_seq and d.last_seq
  where d.created_at >= %(since)s
), answered as (
  select extract(epoch from a.finished_at - m.created_at)::float8 as seconds
  from decided as d
  inner join public.et_outbound_queue as q on q.tenant_id = d.tenant_id and q.message_id = d.reply_message_id
  inner join public.dispatch_attempts as a on a.tenant_id = q.tenant_id and a.queue_id = q.id and a.outcome = 'accepted'
  inner join named as m on m.tenant_id = d.tenant_id and m.thread_id = d.thread_id and m.seq = d.last_seq
  where d.action = 'auto_reply'
)
select
  (select count(*) from named) as found,
  (select count(*) from named where metadata ? 'unparsed') as unparsed,
  (select count(distinct thread_id) from named) as threads,
  (select count(*) from decided) as decisions,
  (select count(*) from decided as d inner join public.et_outbound_queue as q
    on q.tenant_id = d.tenant_id and q.message_id = d.reply_message_id and q.status in ('sent', 'delivered', 'read')) as replies,
  (select count(*) from named where delivery_status = 'inbound_error') + (
    select count(*) from decided as d inner join public.et_outbound_queue as q
    on q.tenant_id = d.tenant_id and q.message_id = d.reply_message_id
    and q.status in ('failed', 'bounced', 'dispatch_unknown')) as errors,
  (select percentile_cont(0.5) within group (order by seconds) from answered) as p50,
  (select percentile_cont(0.95) within group (order by seconds) from answered) as p95,
  (select percentile_cont(0.99) within group (order by seconds) from answered) as p99;

-- name: explain
-- The whole chain of one message, whichever tenant it belongs to: for the operator's command line.
select private.explain(m.tenant_id, m.id) as chain from public.et_messages as m
where m.id::text = %(id)s or m.external_message_id = %(id)s
order by m.created_at desc limit 1;

-- name: latest_inbound
-- The newest received message: what `parley explain` explains when nothing is named.
select m.id::text as id from public.et_messages as m where m.direction = 'inbound' order by m.created_at desc limit 1;

-- name: list_threads
-- The newest threads of all tenants: for the operator's command line.
select n.slug as tenant, t.id::text as id, c.display_name as contact, t.subject, t.folder, t.status, t.control, t.unread_count,
  t.last_seq, t.last_message_at, t.preview
from public.et_threads as t
inner join public.tenants as n on n.id = t.tenant_id
left join public.contacts as c on c.tenant_id = t.tenant_id and c.id = t.contact_id
where (%(tenant)s::text is null or n.slug = %(tenant)s) and (%(folder)s::text is null or t.folder = %(folder)s)
order by t.last_message_at desc nulls last limit %(limit)s;

-- name: continue_erasures
-- The next messages of somebody who was erased are emptied; 0 when nothing is to be done now.
select private.continue_erasures(%(limit)s) as step;

-- name: count_rollups
-- Counts what is new; 0 when nothing is, or another housekeeper is at it.
select private.count_rollups(%(limit)s) as counted;

-- name: sweep_rollups
-- Hours of more than a year ago, and who wrote a month ago.
select private.sweep_rollups() as swept;
