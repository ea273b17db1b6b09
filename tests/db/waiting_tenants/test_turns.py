"""Whose turn it is: round the tenants, past those who have enough, who wait for later, or whom only suspects keep."""

from typing import Any

import pytest

from tests.db.helpers import Tenant, World

QUEUES = ("inbound_work", "outbound_work", "insight_work")


def tenants(world: World, count: int) -> list[Tenant]:
    """That many tenants in order of id, each with one person's message to decide, reply to send and thread moved."""
    made = sorted((world.tenant() for _ in range(count)), key=lambda tenant: tenant.id)
    for tenant in made:
        world.answered(tenant, "first@people.test")
    for tenant in made:
        world.arrive(tenant, "second@people.test")
    return made


def turns(world: World, queue: str, most: int, after: Any = None, full: tuple[Any, ...] = ()) -> list[Any]:
    """The tenants a claim would serve."""
    found: list[Any] = world.value(
        "select private.waiting_tenants(%s::regclass, %s, %s, %s::uuid[])", f"private.{queue}", most, after, list(full)
    )
    return found


@pytest.mark.parametrize("queue", QUEUES)
def test_they_are_served_round_and_round(world: World, queue: str) -> None:
    """Behind the one served last, in order, around once: everybody once, the last one at the end."""
    ids = [tenant.id for tenant in tenants(world, 4)]
    assert turns(world, queue, 10) == ids
    assert turns(world, queue, 10, ids[1]) == [ids[2], ids[3], ids[0], ids[1]]
    assert turns(world, queue, 3, ids[2]) == [ids[3], ids[0], ids[1]]
    assert turns(world, queue, 10, ids[3]) == ids


@pytest.mark.parametrize("queue", QUEUES)
def test_whoever_has_enough_is_passed_over(world: World, queue: str) -> None:
    """A full tenant takes nobody's place, wherever the round begins."""
    ids = [tenant.id for tenant in tenants(world, 4)]
    assert turns(world, queue, 2, None, (ids[0], ids[2])) == [ids[1], ids[3]]
    assert turns(world, queue, 4, ids[1], (ids[1],)) == [ids[2], ids[3], ids[0]]
    assert turns(world, queue, 4, None, tuple(ids)) == []


@pytest.mark.parametrize("queue", QUEUES)
def test_what_waits_for_later_or_is_leased_takes_no_place(world: World, queue: str) -> None:
    """A tenant with only future work, and one whose work is in somebody's hands, are not in the list."""
    ids = [tenant.id for tenant in tenants(world, 4)]
    world.owner.execute(f"update private.{queue} set run_at = 'infinity' where tenant_id = %s", [ids[0]])
    world.owner.execute(
        f"update private.{queue} set lease_until = clock_timestamp() + interval '1 h' where tenant_id = %s", [ids[1]]
    )
    assert turns(world, queue, 2) == ids[2:]


@pytest.mark.parametrize("queue", QUEUES)
def test_suspects_alone_take_no_place(world: World, queue: str) -> None:
    """Rows workers died with go one at a time by another way: their tenant's share is not kept free for them."""
    ids = [tenant.id for tenant in tenants(world, 3)]
    world.owner.execute(f"update private.{queue} set expiries = 3 where tenant_id = %s", [ids[0]])
    world.owner.execute(
        f"update private.{queue} set expiries = 2, lease_until = clock_timestamp() - interval '1 s' where tenant_id = %s",
        [ids[1]],
    )
    assert turns(world, queue, 10) == [ids[2]]


def test_a_claim_divides_what_it_takes_among_the_tenants(world: World) -> None:
    """Of sixteen threads each of three tenants gets its part, though one of them has forty waiting."""
    made = tenants(world, 3)
    for number in range(40):
        world.arrive(made[0], f"flood{number}@people.test")
    for tenant in made[1:]:
        for number in range(5):
            world.arrive(tenant, f"calm{number}@people.test")
    claimed = [claim["tenant_id"] for claim in world.claim(16)]
    assert len(claimed) == 16
    assert [claimed.count(tenant.id) for tenant in made] in ([6, 6, 4], [6, 5, 5])
