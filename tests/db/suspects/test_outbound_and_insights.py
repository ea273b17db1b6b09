"""The same rules for the other queues: routers that die before the call, and insight workers."""

from typing import Any

from tests.db.helpers import Row, World


def test_a_send_that_kills_its_router_fails_and_the_others_leave(world: World) -> None:
    """Eight routers die before the call could begin, then the row is `failed`; everybody else's reply is sent."""
    tenant = world.tenant(sends_per_minute=1000)
    threads = [world.arrive(tenant, f"p{number}@people.test") for number in range(8)]
    rows = [world.enqueue(thread) for thread in threads]
    killer = rows[3]["queue_id"]
    deaths = 0
    for number in range(100):
        claims = world.claim_out(64, f"o{number}")
        if any(claim["queue_id"] == killer for claim in claims):
            deaths += 1
            world.expire_leases("outbound_work")
            continue
        for claim in claims:
            world.finish(claim)
        if not claims and not world.value("select count(*) from private.outbound_work where tenant_id = %s", tenant.id):
            break
    assert deaths == 8
    statuses = {row["queue_id"]: world.value("select status from public.et_outbound_queue where id = %s", row["queue_id"]) for row in rows}  # fmt: skip
    assert statuses.pop(killer) == "failed"
    assert set(statuses.values()) == {"sent"}
    outcomes = world.all("select outcome, error_code from public.dispatch_attempts where queue_id = %s", killer)
    assert outcomes == [{"outcome": "retry", "error_code": "lease_expired"}] * 8
    assert world.violations(tenant) == {}


def test_a_router_that_lived_clears_its_row(world: World) -> None:
    """A try that ended, however badly, was none that killed."""
    tenant = world.tenant()
    row = world.enqueue(world.arrive(tenant))
    for _ in range(2):
        world.claim_out()
        world.expire_leases("outbound_work")
    (claim,) = world.claim_out()
    count = "select expiries from private.outbound_work where queue_id = %s"
    assert world.value(count, row["queue_id"]) == 2
    world.finish(claim, "retry")
    assert world.value(count, row["queue_id"]) == 0


def claim_insights(world: World, worker: str) -> list[Row]:
    """Threads to be summed up."""
    rows: Any = world.all("select * from private.claim_insights(%s, 64)", worker)
    return list(rows)


def test_a_thread_that_kills_insight_workers_is_set_aside_and_no_other(world: World) -> None:
    """Eight die, then it waits for its thread to move; the others get their insight."""
    tenant = world.tenant()
    threads = [world.arrive(tenant, f"p{number}@people.test")["thread_id"] for number in range(8)]
    for claim in world.claim():
        world.complete(claim, "no_reply")
    deaths = 0
    for number in range(100):
        claims = claim_insights(world, f"i{number}")
        if any(claim["thread_id"] == threads[3] for claim in claims):
            deaths += 1
            world.expire_leases("insight_work")
            continue
        for claim in claims:
            world.record_insight(claim, None)
        if not claims:
            break
    assert deaths == 8
    left = world.all("select thread_id, run_at::text, error from private.insight_work where tenant_id = %s", tenant.id)
    assert left == [{"thread_id": threads[3], "run_at": "infinity", "error": "workers died on it again and again"}]
    world.arrive(tenant, "p3@people.test")
    world.complete(world.claim()[0], "no_reply")
    assert [claim["thread_id"] for claim in claim_insights(world, "later")] == [threads[3]]
