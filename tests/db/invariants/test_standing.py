"""What is kept of the promises: each is looked at in its turn, and a tenant reads of his own rows alone."""

from typing import Any

from tests.db.helpers import World
from tests.support.database import as_user


def look(world: World) -> str | None:
    """One look, as if the one before had taken no time."""
    world.owner.execute("update private.invariant_checks set took = '0'")
    row: Any = world.worker.execute("select private.check_next_invariant('1 hour') as name").fetchone()
    return None if row["name"] is None else str(row["name"])


def standing(world: World, tenant: Any) -> dict[str, int]:
    """What a viewer of the tenant reads: violations by promise."""
    with as_user(world.api, tenant.people["viewer"], tenant.id) as api:
        listed: Any = api.execute("select public.list_invariants() as said").fetchone()
    return {one["name"]: one["violations"] for one in listed["said"]["items"] if one["checked_at"]}


def test_each_promise_is_looked_at_and_a_tenant_reads_of_its_own_rows(world: World) -> None:
    """All of them in turn, then none is due; what is broken in one tenant is red there and nowhere else."""
    mine, other = world.tenant("viewer"), world.tenant("viewer")
    message = world.arrive(mine)
    assert standing(world, mine) == {}
    world.owner.execute("delete from private.inbound_work where tenant_id = %s", [mine.id])
    names = {row["name"] for row in world.all("select name from private.invariants")}
    looked = {look(world) for _ in names}
    assert looked == names and look(world) is None
    assert standing(world, mine)["undecided_has_work"] == 1 and message["tenant_id"] == mine.id
    assert set(standing(world, other).values()) == {0}
    world.owner.execute("select private.rebuild_work()")
    world.owner.execute("update private.invariant_checks set checked_at = now() - interval '2 hours'")
    assert {look(world) for _ in names} == names
    assert set(standing(world, mine).values()) == {0}


def test_a_long_look_is_followed_by_a_longer_pause(world: World) -> None:
    """A hundredth of the time is spent on looking: after three seconds nobody looks for five minutes."""
    world.owner.execute("delete from private.invariant_checks")
    first = look(world)
    world.owner.execute("update private.invariant_checks set took = '3 seconds', checked_at = now()")
    assert world.value("select private.check_next_invariant('1 hour')") is None
    world.owner.execute("update private.invariant_checks set checked_at = now() - interval '301 seconds'")
    assert world.value("select private.check_next_invariant('1 hour')") not in (None, first)
