"""What people change after they sent it."""

import datetime
from typing import Any

from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World

NOW = datetime.datetime.now(datetime.UTC)


def edit(world: World, tenant: Tenant, message: Row, body: str | None, seconds: int = 0) -> Any:
    """The channel says that a message changed."""
    row = world.worker.execute(
        "select private.edit_inbound(%s, 'email', %s, %s, %s) as r",
        [tenant.id, message["external_message_id"], body, NOW + datetime.timedelta(seconds=seconds)],
    ).fetchone()
    return row["r"]["result"]


def test_an_edit_takes_a_new_rev_and_keeps_its_place(world: World) -> None:
    """Readers who poll by rev see the new text; the seq, the unread count and the preview of newer messages stay."""
    tenant = world.tenant()
    first = world.arrive(tenant, body="See you at nine")
    assert edit(world, tenant, first, "See you at ten") == "changed"
    after = world.message(first["id"])
    assert (after["body"], after["seq"], after["rev"]) == ("See you at ten", 1, 2) and after["edited_at"] is not None
    assert world.thread(first["thread_id"])["preview"] == "See you at ten"
    world.arrive(tenant, body="And bring the keys")
    edit(world, tenant, first, "See you at eleven", 5)
    assert world.thread(first["thread_id"])["preview"] == "And bring the keys"
    assert world.violations(tenant) == {}


def test_an_old_or_repeated_edit_changes_nothing(world: World) -> None:
    """Edits may arrive twice and in any order: the newest text stays."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    assert edit(world, tenant, message, "newest", 10) == "changed"
    assert edit(world, tenant, message, "older", 5) == "unchanged"
    assert edit(world, tenant, message, "newest", 10) == "unchanged"
    assert world.message(message["id"])["body"] == "newest"


def test_a_message_taken_back_is_empty_for_good(world: World) -> None:
    """The row stays as a tombstone without text; a late edit does not bring it back."""
    tenant = world.tenant()
    message = world.arrive(tenant, body="secret")
    assert edit(world, tenant, message, None, 5) == "changed"
    assert edit(world, tenant, message, "back", 9) == "unchanged"
    row = world.message(message["id"])
    assert row["body"] == "" and row["deleted_at"] is not None
    assert world.violations(tenant) == {}


def test_an_unknown_or_foreign_message_is_not_touched(world: World) -> None:
    """An id of another tenant reads like a missing one."""
    tenant, stranger = world.tenant(), world.tenant()
    message = world.arrive(tenant, metadata=Jsonb({}))
    assert edit(world, stranger, message, "hacked") == "unknown"
    assert world.message(message["id"])["body"] == "Hello"
