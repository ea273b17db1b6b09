"""Who has read which notification."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import Tenant, World, refused
from tests.support.database import as_user


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with two agents."""
    made = world.tenant("agent")
    made.people["second"] = world.member(made.id, "agent")
    return made


def notify(world: World, tenant: Tenant, user_id: uuid.UUID | None = None) -> uuid.UUID:
    """A notification for one, or for everybody."""
    made: uuid.UUID = world.owner.execute(
        "insert into public.notifications (tenant_id, user_id, kind, title) values (%s, %s, 'k', 't') returning id",
        [tenant.id, user_id],
    ).fetchone()["id"]  # type: ignore[index]
    return made


def mark(world: World, tenant: Tenant, who: str, ids: list[uuid.UUID] | None = None) -> Any:
    """One of the staff reads."""
    return world.rpc(tenant.people[who], tenant, "mark_notifications_read(%s::uuid[])", ids)["marked"]


def read_by(world: World, tenant: Tenant, who: str) -> set[uuid.UUID]:
    """What the person sees as read."""
    with world.acting(tenant.people[who], tenant) as connection:
        rows = connection.execute("select notification_id from public.notification_reads").fetchall()
    return {row["notification_id"] for row in rows}


def test_each_reads_apart(world: World, tenant: Tenant) -> None:
    """What one has read is new to the other; reading again marks nothing."""
    first, second = notify(world, tenant), notify(world, tenant)
    assert mark(world, tenant, "agent", [first]) == 1
    assert mark(world, tenant, "agent", [first]) == 0
    assert (read_by(world, tenant, "agent"), read_by(world, tenant, "second")) == ({first}, set())
    assert mark(world, tenant, "second") == 2
    assert read_by(world, tenant, "second") == {first, second}
    assert read_by(world, tenant, "agent") == {first}


def test_nobody_reads_what_is_not_for_him(world: World, tenant: Tenant) -> None:
    """Notifications of a colleague and of another tenant are passed over, whatever ids are named."""
    private = notify(world, tenant, tenant.people["second"])
    foreign = notify(world, world.tenant())
    assert mark(world, tenant, "agent", [private, foreign, uuid.uuid4()]) == 0
    assert mark(world, tenant, "agent") == 0
    assert (
        world.all("select 1 from public.notification_reads where notification_id in (%s, %s)", private, foreign) == []
    )


def test_two_devices_at_once_mark_once(world: World, tenant: Tenant) -> None:
    """Eight devices mark everything at the same moment: one row a notification, and nobody fails."""
    made = {notify(world, tenant) for _ in range(20)}

    def tap(connection: Any, number: int) -> int:
        with world.database.connect("parley_api") as own, as_user(own, tenant.people["agent"], tenant.id) as acting:
            return int(acting.execute("select public.mark_notifications_read() ->> 'marked'").fetchone()[0])

    assert sum(world.together(8, tap)) == 20
    assert read_by(world, tenant, "agent") == made


def test_a_key_reads_none_and_clients_write_none(world: World, tenant: Tenant) -> None:
    """API keys are told to sign in; the table takes no row from a client."""
    made = notify(world, tenant)
    with refused("PT401", code="not_authenticated"):
        world.rpc(None, tenant, "mark_notifications_read()", role="authenticated", api_key_id=str(uuid.uuid4()))
    with refused("42501"), world.acting(tenant.people["agent"], tenant) as connection:
        connection.execute("insert into public.notification_reads (tenant_id, user_id, notification_id)"
                           " values (%s, %s, %s)", [tenant.id, tenant.people["agent"], made])  # fmt: skip
