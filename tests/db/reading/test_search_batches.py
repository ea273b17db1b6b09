"""A change of the search policy on many messages: the call stays short, the housekeeper does the rest, a client sees it."""

from typing import Any

import pytest

from tests.db.helpers import Tenant, World

MANY = 5200


def write(world: World, tenant: Tenant) -> Any:
    """More messages in one thread than a change brings in line at once."""
    thread = world.arrive(tenant, body="walrus 0")["thread_id"]
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(
            "insert into public.et_messages (tenant_id, thread_id, seq, rev, channel, channel_session_id, direction,"
            " delivery_status, sender_kind, sender, sender_contact_id, sender_address, body, external_message_id, staff_readable)"
            " select m.tenant_id, m.thread_id, n, n, m.channel, m.channel_session_id, m.direction, m.delivery_status,"
            " m.sender_kind, m.sender, m.sender_contact_id, m.sender_address, 'walrus ' || n, m.external_message_id || n, m.staff_readable"
            " from public.et_messages as m, generate_series(2, %s) as n where m.thread_id = %s",
            [MANY, thread],
        )
    return thread


def state(world: World, tenant: Tenant) -> tuple[int, bool, int]:
    """Messages in the index, whether a client is told that all are in line, and the version of the settings."""
    row = world.one(
        "select (select count(m.search_vector) from public.et_messages as m where m.tenant_id = s.tenant_id) as indexed,"
        " s.search_ready, s.policy_version from public.tenant_settings as s where s.tenant_id = %s", tenant.id,
    )  # fmt: skip
    return row["indexed"], row["search_ready"], row["policy_version"]


def step(world: World) -> int:
    """One step of the housekeeper."""
    row = world.worker.execute("select private.recheck_search() as n").fetchone()
    assert row is not None
    return int(row["n"])


def choose(world: World, tenant: Tenant, policy: str) -> None:
    """Change the policy as an admin does."""
    world.rpc(tenant.people["owner"], tenant, "update_tenant(jsonb_build_object('settings',"
              " jsonb_build_object('search_policy', %s::text)))", policy)  # fmt: skip


def found(world: World, tenant: Tenant) -> int:
    """How many messages a search finds, fifty at most."""
    with world.acting(tenant.people["owner"], tenant) as connection:
        return len(connection.execute("select * from public.search_messages('walrus', 50)").fetchall())


def test_a_change_is_done_in_steps_and_says_when_it_is_done(world: World) -> None:
    """A thousand messages in the call, two thousand a step; search_ready is false until all of them follow."""
    tenant = world.tenant()
    write(world, tenant)
    version = state(world, tenant)[2]
    choose(world, tenant, "full")
    assert state(world, tenant) == (1000, False, version + 1)
    assert "search_follows_policy" not in world.violations(tenant)
    assert [step(world), step(world)] == [2000, 2000] and state(world, tenant)[1] is False
    assert step(world) == MANY - 5000
    assert state(world, tenant) == (MANY, True, version + 1)


def test_what_is_forbidden_is_found_no_more_at_once(world: World) -> None:
    """The index is emptied bit by bit, but no search looks at what is left of it."""
    tenant = world.tenant(search_policy="full")
    write(world, tenant)
    world.owner.execute("update public.et_messages set search_vector = to_tsvector('simple', body) where tenant_id = %s",
                        [tenant.id])  # fmt: skip
    assert found(world, tenant) == 50
    choose(world, tenant, "metadata")
    assert state(world, tenant)[:2] == (MANY - 1000, False) and found(world, tenant) == 0
    while not state(world, tenant)[1]:
        step(world)
    assert state(world, tenant)[0] == 0


def test_a_change_of_mind_begins_again(world: World) -> None:
    """Back to none half-way: what was filled is emptied, from the first message on."""
    tenant = world.tenant()
    write(world, tenant)
    choose(world, tenant, "full")
    step(world)
    choose(world, tenant, "none")
    for _ in range(4):
        step(world)
    assert state(world, tenant)[:2] == (0, True)


@pytest.mark.parametrize("count", [0, 3])
def test_a_small_tenant_is_ready_at_once(world: World, count: int) -> None:
    """Nothing to wait for: the change itself does it all."""
    tenant = world.tenant()
    for number in range(count):
        world.arrive(tenant, body=f"walrus {number}")
    choose(world, tenant, "full")
    assert state(world, tenant)[:2] == (count, True)
