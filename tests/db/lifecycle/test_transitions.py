"""The whole matrix of status changes, tried one by one on real rows."""

import json
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, Tenant, World, detail, refused

MATRIX: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("transitions.json").read_text())
CASES = [
    (direction, old, new, new in allowed)
    for direction, rows in MATRIX.items()
    for old, allowed in rows.items()
    for other in MATRIX.values()
    for new in other
    if new != old
]


@pytest.fixture(scope="module")
def rows(module_world: World) -> dict[str, Row]:
    """One inbound and one outbound message to push around."""
    tenant = module_world.tenant()
    done = module_world.answered(tenant)
    inbound, outbound = module_world.message(done["inbound_id"]), module_world.message(done["message_id"])
    return {"inbound": inbound, "outbound": outbound, "queue": module_world.queue(outbound["id"])}


def try_move(world: World, table: str, column: str, row: Row, old: str, new: str) -> psycopg.Error | None:
    """Put the row into `old` behind the triggers' back, then move it to `new` under them; rolled back afterwards."""
    with world.database.connect("admin") as admin, admin.transaction(force_rollback=True):
        admin.execute("set local session_replication_role = replica")
        admin.execute(f"update public.{table} set {column} = %s where id = %s", [old, row["id"]])
        if table == "et_outbound_queue":
            admin.execute("update public.et_messages set delivery_status = %s where id = %s", [old, row["message_id"]])
        admin.execute("set local session_replication_role = origin")
        try:
            admin.execute(f"update public.{table} set {column} = %s where id = %s", [new, row["id"]])
        except psycopg.Error as error:
            return error
    return None


@pytest.mark.parametrize("direction", sorted(MATRIX))
def test_messages_move_only_as_the_matrix_says(module_world: World, rows: dict[str, Row], direction: str) -> None:
    """Every allowed change passes and every other is refused with both states in DETAIL."""
    for kind, old, new, allowed in CASES:
        if kind != direction:
            continue
        error = try_move(module_world, "et_messages", "delivery_status", rows[kind], old, new)
        if allowed:
            assert error is None, f"{old} → {new}: {error}"
        else:
            assert error is not None and error.sqlstate == "PT409", f"{old} → {new}: {error}"
            assert detail(error) == {"code": "refused_transition", "from": old, "to": new}


def test_queue_rows_move_only_as_the_matrix_says(module_world: World, rows: dict[str, Row]) -> None:
    """The queue knows the same lifecycle, and takes its message along."""
    for kind, old, new, allowed in CASES:
        if kind == "outbound" and new in MATRIX["outbound"]:
            error = try_move(module_world, "et_outbound_queue", "status", rows["queue"], old, new)
            assert (error is None) == allowed, f"{old} → {new}: {error}"


def test_a_status_of_the_other_direction_is_refused(world: World) -> None:
    """The check constraint stands behind the trigger: an inbound row cannot say sent."""
    tenant = world.tenant()
    row = world.arrive(tenant)
    with (
        refused("23514"),
        world.database.connect("admin") as admin,
        admin.transaction(),
    ):
        admin.execute("set local session_replication_role = replica")
        admin.execute("update public.et_messages set delivery_status = 'sent' where id = %s", [row["id"]])


@pytest.mark.parametrize(
    ("column", "value"),
    [("thread_id", None), ("seq", 99), ("channel", "sms"), ("direction", "internal"), ("sender", "ai"),
     ("created_at", "2001-01-01"), ("external_message_id", "other@x"), ("tenant_id", None), ("rev", 0)],
)  # fmt: skip
def test_place_sender_and_ids_never_change(world: World, column: str, value: Any) -> None:
    """Not even the owner moves a message or renames it."""
    tenant = world.tenant()
    row = world.arrive(tenant)
    if column == "thread_id":
        value = world.arrive(tenant, "other@people.test")["thread_id"]
    elif column == "tenant_id":
        value = world.tenant().id
    with refused("PT409"):
        world.owner.execute(f"update public.et_messages set {column} = %s where id = %s", [value, row["id"]])


def test_a_queue_row_keeps_its_message(world: World) -> None:
    """A dispatch cannot be pointed at another message."""
    tenant = world.tenant()
    thread = world.arrive(tenant)
    one, two = world.enqueue(thread), world.enqueue(thread)
    with refused("PT409", code="immutable"):
        world.owner.execute(
            "update public.et_outbound_queue set message_id = %s where id = %s", [two["message_id"], one["queue_id"]]
        )


@pytest.mark.parametrize("table", ["public.et_messages", "public.audit_log", "public.audit_checkpoints",
                                   "public.access_denials", "public.dispatch_attempts", "public.delivery_receipts",
                                   "public.contact_consents"])  # fmt: skip
@pytest.mark.parametrize("role", ["service_role", "authenticated", "anon", "parley_worker"])
def test_nobody_deletes_or_truncates(world: World, table: str, role: str) -> None:
    """No runtime role can delete from or truncate what must stay."""
    for statement in (f"delete from {table}", f"truncate {table} cascade"):
        with refused("42501", "PT405"), world.database.connect("admin") as admin, admin.transaction():
            admin.execute(f"set local role {role}")
            admin.execute(statement)


def test_the_owner_is_refused_too(world: World) -> None:
    """Deleting or truncating messages is refused by trigger, whoever asks."""
    tenant: Tenant = world.tenant()
    world.answered(tenant)
    for statement in ("delete from public.et_messages", "truncate public.et_messages cascade"):
        with refused("PT405", code="append_only"), world.owner.transaction():
            world.owner.execute(statement)


def test_an_edit_takes_a_new_rev_and_a_status_change_does_not(world: World) -> None:
    """Clients poll by rev: body, moderation and deletion move it, delivery never does."""
    tenant = world.tenant()
    row = world.arrive(tenant)
    world.arrive(tenant)
    claim = world.claim()[0]
    world.complete(claim, "no_reply")
    assert world.message(row["id"])["rev"] == 1
    for number, change in enumerate(("body = 'edited'", "moderation_status = 'filtered'", "deleted_at = now()"), 3):
        world.owner.execute(f"update public.et_messages set {change} where id = %s", [row["id"]])
        assert world.message(row["id"])["rev"] == number == world.thread(row["thread_id"])["last_rev"]
    assert world.thread(row["thread_id"])["last_seq"] == 2


def test_service_role_edits_text_but_not_status(world: World) -> None:
    """The backend edits and erases through one function; what it does not name, nobody but the database changes."""
    row = world.arrive(world.tenant())
    with world.database.connect("admin") as admin, admin.transaction():
        admin.execute("set local role service_role")
        for change in ("body = 'x'", "delivery_status = 'inbound_processing'", "search_vector = null",
                       "staff_readable = false"):  # fmt: skip
            with refused("42501"), admin.transaction():
                admin.execute(f"update public.et_messages set {change} where id = %s", [row["id"]])
        for field in ("delivery_status", "seq", "search_vector"):
            with refused("PT422", code="unknown_field"), admin.transaction():
                edit(admin, row["id"], {field: None})
        assert edit(admin, row["id"], {"body": "x", "subject": None})["rev"] == 2
        assert edit(admin, row["id"], {"deleted": True})["rev"] == 3
        assert edit(admin, uuid.uuid4(), {"body": "x"})["code"] == "not_found"
    left = world.message(row["id"])
    assert (left["body"], left["subject"], left["delivery_status"]) == ("", None, "received")
    assert world.thread(row["thread_id"])["preview"] == ""
    assert left["edited_at"] and left["deleted_at"] and left["rev"] == world.thread(row["thread_id"])["last_rev"]


def edit(connection: Any, message_id: Any, changes: dict[str, Any]) -> Any:
    """What public.edit_message() answers."""
    call = "select public.edit_message(%s, %s) as answer"
    return connection.execute(call, [message_id, json.dumps(changes)]).fetchone()[0]
