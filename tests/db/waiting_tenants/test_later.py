"""Work whose time has not come costs the others nothing, and is served in turn when it has."""

from typing import Any

import pytest

from tests.db.helpers import Tenant, World

QUEUES = {"inbound_work": "thread_id, first_seq", "outbound_work": "queue_id", "insight_work": "thread_id"}
MANY = 2000


def plan_ahead(world: World, queue: str, count: int = MANY) -> None:
    """That many tenants with one row each, for tomorrow."""
    key = QUEUES[queue]
    values = "gen_random_uuid(), gen_random_uuid()" + (", 1" if "first_seq" in key else "")
    world.owner.execute(
        f"insert into private.{queue} (tenant_id, {key}, run_at)"
        f" select {values}, clock_timestamp() + interval '1 day' from generate_series(1, %s)",
        [count],
    )


def due(world: World, queue: str, count: int) -> list[Any]:
    """That many tenants with something due, in order of id."""
    before = set(turns(world, queue, 64))
    key = QUEUES[queue]
    values = "gen_random_uuid(), gen_random_uuid()" + (", 1" if "first_seq" in key else "")
    made = world.all(
        f"insert into private.{queue} (tenant_id, {key}) select {values} from generate_series(1, %s) returning tenant_id",
        count,
    )
    return sorted(before | {row["tenant_id"] for row in made})


def turns(world: World, queue: str, most: int, after: Any = None) -> list[Any]:
    """The tenants a claim would serve."""
    found: list[Any] = world.value(
        "select private.waiting_tenants(%s::regclass, %s, %s)", f"private.{queue}", most, after
    )
    return found


def pages(world: World, queue: str) -> int:
    """How many pages a claim touches to learn whose turn it is."""
    query = "explain (analyze, buffers, format json) select private.waiting_tenants(%s::regclass, 16, null)"
    plan = world.value(query, f"private.{queue}")[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.parametrize("queue", QUEUES)
def test_tenants_with_plans_cost_the_others_nothing(world: World, queue: str) -> None:
    """The first claims put two thousand of them off; from then on a claim touches a hundredth of the pages."""
    alone = due(world, queue, 3)
    plan_ahead(world, queue)
    met = pages(world, queue)
    for _ in range(5):
        assert turns(world, queue, 16) == alone
    world.owner.execute(f"vacuum private.{queue}")
    settled = pages(world, queue)
    print(f"{queue}: {met} pages while two thousand tenants' plans are in the way, {settled} once they are put off")
    assert met > 3 * MANY and settled < MANY / 10


@pytest.mark.parametrize("queue", QUEUES)
def test_what_was_put_off_is_served_in_turn_when_its_time_has_come(world: World, queue: str) -> None:
    """Two of many plans come due: both tenants take their places in the round, at once."""
    plan_ahead(world, queue, 20)
    alone = due(world, queue, 2)
    assert turns(world, queue, 64) == alone
    rows = world.all(f"select tenant_id from private.{queue} where is_later limit 2")
    picked = [row["tenant_id"] for row in rows]
    world.owner.execute(
        f"update private.{queue} set run_at = clock_timestamp() - interval '1 s' where tenant_id = any(%s)", [picked]
    )
    everybody = sorted([*alone, *picked])
    assert turns(world, queue, 64, everybody[1]) == everybody[2:] + everybody[:2]
    assert world.value(f"select count(*) from private.{queue} where is_later") == 18


def test_a_send_for_later_is_claimed_at_its_time_and_not_before(world: World) -> None:
    """Looking for it before its time, however often, changes nothing but where it is kept."""
    tenant = world.tenant()
    sent = world.enqueue(world.arrive(tenant))
    at = "update private.outbound_work set run_at = clock_timestamp() + %s::interval where queue_id = %s"
    world.owner.execute(at, ["1 hour", sent["queue_id"]])
    assert [world.claim_out(), world.claim_out()] == [[], []]
    assert world.value("select is_later from private.outbound_work where queue_id = %s", sent["queue_id"])
    world.owner.execute(at, ["-1 s", sent["queue_id"]])
    assert [claim["queue_id"] for claim in world.claim_out()] == [sent["queue_id"]]
    assert world.violations(tenant) == {}


def test_an_insight_set_aside_is_claimed_when_its_thread_moves(world: World) -> None:
    """Put off for ever, it comes back with the next message."""
    tenant: Tenant = world.tenant()
    world.answered(tenant)
    world.owner.execute("update private.insight_work set run_at = 'infinity' where tenant_id = %s", [tenant.id])
    assert turns(world, "insight_work", 64) == []
    assert world.value("select is_later from private.insight_work where tenant_id = %s", tenant.id)
    world.answered(tenant)
    assert turns(world, "insight_work", 64) == [tenant.id]
