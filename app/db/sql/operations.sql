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

-- name: wake_snoozed
-- Threads whose snooze ended are open again.
select private.wake_snoozed() as woken;

-- name: tenants_with_audit
-- Tenants whose audit log is to be sealed.
select t.id::text as id from private.tenants_with_audit() as t (id);

-- name: checkpoint_audit
-- Seals a tenant's finished audit rows.
select private.checkpoint_audit(%(tenant_id)s) as sealed;

-- name: queue_metrics
-- Depth, age of the oldest and in-flight per queue.
select q.queue, sum(q.depth)::bigint as depth, max(q.oldest_seconds) as oldest_seconds, sum(q.in_flight)::bigint as in_flight
from private.queue_metrics() as q group by q.queue;

-- name: check_invariants
-- Every promise of the core, proved on live data.
select c.invariant, c.violations, c.samples from private.check_invariants() as c;
