"""A search policy that changes while messages arrive: none stays in the index against the policy, or out of it."""

import threading
import time
from typing import Any

import psycopg
import pytest

from tests.db.helpers import Tenant, World

OTHER = {"full": "none", "none": "full"}


def indexed(world: World, message_id: Any) -> bool:
    """Whether a message is in the index."""
    return bool(world.value("select search_vector is not null from public.et_messages where id = %s", message_id))


def recheck(world: World) -> int:
    """One round of the housekeeper: how many messages it brought in line."""
    row = world.worker.execute("select private.recheck_search() as n").fetchone()
    assert row is not None
    return int(row["n"])


def settled(world: World) -> int:
    """Rounds until nobody is to be looked at any more (an autovacuum may run meanwhile); how many were brought in line."""
    mended, deadline = 0, time.monotonic() + 60
    while waiting(world):
        assert time.monotonic() < deadline
        mended += recheck(world)
    return mended


def waiting(world: World) -> int:
    """Tenants that are still to be looked at again."""
    return int(world.value("select count(*) from private.search_rechecks"))


def insert(world: World, connection: psycopg.Connection[Any], tenant: Tenant) -> Any:
    """A message inside the transaction that a connection is in."""
    connection.execute("select set_config('parley.tenant_id', %s, true)", [str(tenant.id)])
    row = connection.execute(
        "insert into public.et_messages (tenant_id, channel, channel_session_id, direction, delivery_status, sender_kind,"
        " sender, sender_address, body, external_message_id) values (%s, 'email', %s, 'inbound', 'received', 'contact',"
        " '', 'late@people.test', 'a walrus', gen_random_uuid()::text) returning id", [tenant.id, tenant.session],
    ).fetchone()  # fmt: skip
    assert row
    return row[0]


@pytest.mark.parametrize("policy", ["full", "none"])
def test_a_message_inserted_beside_the_change_follows_it(world: World, policy: str) -> None:
    """It read the old policy and commits after the new one: once it is over, the next look brings it in line."""
    tenant = world.tenant(search_policy=OTHER[policy])
    settled(world)
    with world.database.connect("parley_worker", autocommit=False) as late:
        message = insert(world, late, tenant)
        world.configure(tenant, search_policy=policy)
        assert [recheck(world) for _ in range(3)] == [0, 0, 0] and waiting(world) == 1  # it is still running
        late.commit()
    assert indexed(world, message) is (policy != "full")
    assert world.violations(tenant) == {}  # known, and about to be mended
    assert settled(world) == 1
    assert indexed(world, message) is (policy == "full") and world.violations(tenant) == {}


def test_a_transaction_that_writes_later_is_waited_for_too(world: World) -> None:
    """A snapshot from before the change, an insert long after it: its number says nothing, its being there does."""
    tenant = world.tenant(search_policy="full")
    settled(world)
    with world.database.connect("parley_worker", autocommit=False) as late:
        late.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        late.execute("select 1")
        world.configure(tenant, search_policy="none")
        assert [recheck(world) for _ in range(3)] == [0, 0, 0] and waiting(world) == 1
        message = insert(world, late, tenant)
        late.commit()
    assert indexed(world, message)
    assert settled(world) == 1 and not indexed(world, message)


def test_who_comes_after_the_change_is_not_waited_for(world: World) -> None:
    """A long transaction that began after the change was seen does not hold the look up."""
    tenant = world.tenant(search_policy="none")
    world.configure(tenant, search_policy="full")
    recheck(world)
    with world.database.connect("parley_worker", autocommit=False) as later:
        message = insert(world, later, tenant)
        settled(world)
        later.commit()
    assert indexed(world, message) and world.violations(tenant) == {}


def test_changes_of_thread_and_tenant_at_once_agree(world: World) -> None:
    """A conversation goes back to the tenant's policy while that changes: both end up the same."""
    tenant = world.tenant(search_policy="none")
    thread = world.arrive(tenant, body="a walrus")["thread_id"]
    world.rpc(tenant.people["owner"], tenant, "set_thread_search(%s, %s)", thread, "full")
    with world.database.connect("admin", autocommit=False) as changing:
        changing.execute("update public.tenant_settings set search_policy = 'full' where tenant_id = %s", [tenant.id])
        follow = threading.Thread(
            target=world.rpc, args=(tenant.people["owner"], tenant, "set_thread_search(%s, %s)", thread, None)
        )
        follow.start()
        follow.join(0.5)
        assert follow.is_alive()  # it waits for the policy it will follow
        changing.commit()
    follow.join(60)
    assert not follow.is_alive() and world.violations(tenant) == {}
    assert world.value(
        "select bool_and(search_vector is not null) from public.et_messages where thread_id = %s", thread
    )


def test_a_storm_of_changes_and_messages_ends_in_line(world: World) -> None:
    """Four receivers write while the policy flips and the housekeeper looks: afterwards every message follows it."""
    tenant = world.tenant(search_policy="none")

    def work(connection: psycopg.Connection[Any], number: int) -> None:
        for n in range(40):
            if number == 0:
                with connection.transaction():
                    connection.execute("update public.tenant_settings set search_policy = %s where tenant_id = %s",
                                       [("full", "none")[n % 2], tenant.id])  # fmt: skip
            elif number == 1:
                connection.execute("select private.recheck_search()")
            else:
                world.deliver(tenant, f"{number}@people.test", f"walrus {n}", connection=connection)

    world.together(6, work, "admin")
    settled(world)
    assert world.violations(tenant) == {}
    assert world.value("select count(*) from public.et_messages where tenant_id = %s", tenant.id) == 160
