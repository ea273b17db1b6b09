"""Files of messages in the database: who begins in quarantine, and which way they may go."""

from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World, refused

STATES = {
    "quarantined": {"released", "refused", "erased"},
    "released": {"erased"},
    "refused": {"erased"},
    "erased": set(),
}


def insert(world: World, message: Row, **columns: Any) -> Row:
    """One file of a message, by the owner."""
    values = {"tenant_id": message["tenant_id"], "message_id": message["id"], "filename": "a.txt",
              "content_type": "text/plain", "size_bytes": 1, **columns}  # fmt: skip
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    query = f"insert into public.message_attachments ({names}) values ({marks}) returning *"
    return dict(world.owner.execute(query, list(values.values())).fetchone() or {})


def test_where_a_file_comes_from_decides_how_it_begins(world: World) -> None:
    """A stranger's begins in quarantine whatever the insert says, ours is released, a refused one is refused."""
    inbound = world.arrive(world.tenant())
    out = world.message(world.enqueue(inbound)["message_id"])
    assert insert(world, inbound, status="released", checked_by="me")["status"] == "quarantined"
    assert insert(world, inbound, refused="too large")["status"] == "refused"
    assert insert(world, out)["status"] == "released"
    waiting = world.all("select from private.attachment_work where tenant_id = %s", inbound["tenant_id"])
    assert len(waiting) == 1


@pytest.mark.parametrize("old", STATES)
def test_a_file_moves_only_as_its_lifecycle_says(world: World, old: str) -> None:
    """Every allowed change passes, every other is refused, whoever asks."""
    message = world.arrive(world.tenant())
    for new in STATES.keys() - {old}:
        made = insert(world, message, refused="x" if old == "refused" else None)["id"]
        if old not in ("quarantined", "refused"):
            world.owner.execute("update public.message_attachments set status = %s where id = %s", [old, made])
        reason = "'x'" if new == "refused" else "null"
        change = f"update public.message_attachments set status = %s, refused = {reason} where id = %s"
        if new in STATES[old]:
            world.owner.execute(change, [new, made])
        else:
            with refused("PT409", code="refused_transition"):
                world.owner.execute(change, [new, made])


@pytest.mark.parametrize("change", ["filename = 'b'", "size_bytes = 2", "content_type = 'x/y'", "sha256 = 'x'",
                                    "message_id = %(other)s"])  # fmt: skip
def test_a_file_keeps_its_name_and_bytes(world: World, change: str) -> None:
    """What was checked is what is given out."""
    tenant: Tenant = world.tenant()
    made = insert(world, world.arrive(tenant))["id"]
    with refused("PT409", code="immutable"):
        world.owner.execute(
            f"update public.message_attachments set {change} where id = %(id)s",
            {"id": made, "other": world.arrive(tenant)["id"]},
        )


def test_a_lost_work_row_is_made_again(world: World) -> None:
    """The table says what waits; the index is rebuilt from it."""
    made = insert(world, world.arrive(world.tenant()))["id"]
    world.owner.execute("delete from private.attachment_work where attachment_id = %s", [made])
    assert world.one("select * from private.rebuild_work()")["attachments"] >= 1
    assert world.all("select from private.attachment_work where attachment_id = %s", made)


def test_nobody_but_the_worker_settles(world: World) -> None:
    """Clients and the backend can neither release a file nor see the queue."""
    for role in ("authenticated", "anon", "service_role", "parley_api"):
        with world.database.connect("admin") as admin, admin.transaction():
            admin.execute(f"set local role {role}")
            for statement in (
                "select private.settle_attachment(null, null, 1, '{}')", "select from private.attachment_work",
                "update public.message_attachments set status = 'released'", "select from private.attachment_blobs",
            ):  # fmt: skip
                with refused("42501"), admin.transaction():
                    admin.execute(statement)
