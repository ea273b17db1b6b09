"""seq is dense, first messages race to one contact and one thread, and nobody but the database numbers rows."""

import threading
from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, World, refused


def test_sixteen_writers_of_one_thread_leave_no_hole(world: World) -> None:
    """Sixteen connections write twenty messages each into one thread: seq and rev are 1 … 320."""
    tenant = world.tenant()

    def write(connection: psycopg.Connection[Row], number: int) -> None:
        for mail in range(20):
            world.deliver(tenant, external_id=f"w{number}-{mail}@x", connection=connection)

    world.together(16, write)
    rows = world.all("select seq, rev from public.et_messages where tenant_id = %s order by seq", tenant.id)
    assert [row["seq"] for row in rows] == list(range(1, 321)) == sorted(row["rev"] for row in rows)
    assert world.violations(tenant) == {}


def test_first_messages_of_new_people_race_to_one_contact_and_thread(world: World) -> None:
    """Eight connections each bring the first mail of the same ten people: ten contacts, ten threads."""
    tenant = world.tenant()
    gate = threading.Barrier(8)

    def write(connection: psycopg.Connection[Row], number: int) -> None:
        for person in range(10):
            gate.wait(60)
            world.deliver(
                tenant, f"new{person}@people.test", external_id=f"n{number}-{person}@x", connection=connection
            )

    world.together(8, write)
    for table in ("contacts", "contact_identities", "et_threads"):
        assert world.value(f"select count(*) from public.{table} where tenant_id = %s", tenant.id) == 10, table
    assert world.violations(tenant) == {}


def test_a_rolled_back_insert_leaves_no_hole(world: World) -> None:
    """seq is taken under the thread's lock, so an aborted insert gives its number back."""
    tenant = world.tenant()
    thread = world.arrive(tenant)["thread_id"]
    with world.worker.transaction(force_rollback=True):
        assert world.arrive(tenant)["seq"] == 2
    assert world.arrive(tenant)["seq"] == 2
    assert world.thread(thread)["last_seq"] == 2


def test_client_given_seq_is_refused(world: World) -> None:
    """Neither the worker nor service_role may bring a seq of its own."""
    tenant = world.tenant()
    thread = world.arrive(tenant)["thread_id"]
    with refused("PT403", "42501"):
        world.deliver(tenant, seq=9, rev=9, thread_id=thread)
    with (
        refused("PT403", "42501"),
        world.database.connect("admin") as admin,
        admin.transaction(),
    ):
        admin.execute("set local role service_role")
        admin.execute(
            "insert into public.et_messages (tenant_id, thread_id, seq, rev, channel, direction, delivery_status,"
            " sender_kind, sender, body) values (%s, %s, 9, 9, 'email', 'internal', 'sent', 'system', 'system', 'x')",
            [tenant.id, thread],
        )


def test_worker_cannot_insert_for_another_tenant(world: World) -> None:
    """A worker that set tenant A writes nothing for B, and nothing at all without a tenant."""
    one, two = world.tenant(), world.tenant()
    for pretended in (str(one.id), ""):
        with refused("42501"), world.worker.transaction():
            world.worker.execute("select set_config('parley.tenant_id', %s, true)", [pretended])
            world.worker.execute(
                "insert into public.et_messages (tenant_id, channel, channel_session_id, direction, delivery_status,"
                " sender_kind, sender, sender_address, body, external_message_id) values"
                " (%s, 'email', %s, 'inbound', 'received', 'contact', '', 'a@b.test', 'x', 'foreign@x')",
                [two.id, two.session],
            )
    for table in ("contacts", "et_threads", "et_messages"):
        assert world.value(f"select count(*) from public.{table} where tenant_id = %s", two.id) == 0


def test_message_cannot_enter_a_foreign_thread(world: World) -> None:
    """A thread id of another tenant is as good as none."""
    one, two = world.tenant(), world.tenant()
    thread = world.arrive(two)["thread_id"]
    with refused("PT404", code="not_found"):
        world.deliver(one, direction="internal", delivery_status="sent", sender="system", sender_kind="system",
                      thread_id=thread, external_message_id=None)  # fmt: skip
    assert world.thread(thread)["last_seq"] == 1


def test_client_given_status_place_and_time_are_overwritten(world: World) -> None:
    """Whatever an inbound insert claims, it starts as received, from its contact."""
    tenant = world.tenant()
    row = world.arrive(tenant, delivery_status="inbound_ai_replied", sender_kind="ai")
    assert (row["delivery_status"], row["sender_kind"], row["rev"]) == ("received", "contact", 1)
    assert row["sender"] == f"contact:{row['sender_contact_id']}"


@pytest.mark.parametrize("column", ["rev", "xid", "feed_epoch", "created_at", "staff_readable", "search_vector"])
def test_what_the_database_decides_is_not_given_by_a_worker(world: World, column: str) -> None:
    """Columns of order, feed and visibility are refused, or overwritten by the trigger."""
    tenant = world.tenant()
    given: Any = {"rev": 77, "xid": "3", "feed_epoch": 9, "created_at": "2001-01-01T00:00:00Z", "staff_readable": False,
             "search_vector": "secret"}[column]  # fmt: skip
    try:
        row = world.arrive(tenant, **{column: given})
    except psycopg.errors.InsufficientPrivilege:
        return
    assert str(row[column]) != str(given) and not str(row[column]).startswith("2001")
