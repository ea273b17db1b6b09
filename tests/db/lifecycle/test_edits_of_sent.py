"""What left for a recipient is his: a change of it is refused where he would not see it."""

import json
import uuid
from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World, refused


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with a mailbox."""
    return world.tenant()


def edit(world: World, message_id: Any, **changes: Any) -> Row:
    """The backend changes a message."""
    with world.database.connect("admin") as admin:
        admin.execute("set role service_role")
        call = "select public.edit_message(%s, %s) as answer"
        row = admin.execute(call, [message_id, json.dumps(changes)]).fetchone()
    assert row is not None
    return dict(row[0])


def send(world: World, tenant: Tenant, kind: str | None = "accepted") -> Any:
    """An answer, queued and (unless None) tried; the message's id."""
    thread = world.arrive(tenant, f"{uuid.uuid4().hex[:8]}@people.test")
    made = world.enqueue({"tenant_id": tenant.id, "thread_id": thread["thread_id"]})
    if kind is not None:
        (claim,) = world.claim_out()
        if kind != "claimed":
            world.finish(claim, kind)
    return made["message_id"]


@pytest.mark.parametrize("kind", ["claimed", "accepted", "unknown"])
@pytest.mark.parametrize("change", [{"body": "Never said"}, {"subject": "Never said"}, {"deleted": True}])
def test_what_left_is_not_changed(world: World, tenant: Tenant, kind: str, change: Row) -> None:
    """Also while it is on its way, and when nobody knows; the refusal names the field and the remedy."""
    message = send(world, tenant, kind)
    before = world.message(message)
    with refused("PT409", code="already_sent") as errors:
        edit(world, message, **change)
    assert "only_here" in str(errors[0].diag.message_hint) and next(iter(change)) in str(errors[0].diag.message_detail)
    assert world.message(message) == before
    assert edit(world, message, **change, only_here=True)["rev"] > before["rev"]
    fields = world.value("select details -> 'fields' from public.audit_log where tenant_id = %s and action = 'message.edited'",
                         tenant.id)  # fmt: skip
    assert "only_here" in fields


@pytest.mark.parametrize("kind", [None, "rejected"])
def test_what_nobody_has_is_changed(world: World, tenant: Tenant, kind: str | None) -> None:
    """A message that waits, or that the provider refused; what waits leaves as it stands then."""
    message = send(world, tenant, kind)
    edit(world, message, body="Better words")
    assert world.message(message)["body"] == "Better words"


def test_what_readers_do_not_see_is_changed_at_any_time(world: World, tenant: Tenant) -> None:
    """A judgement, a note, the same words once more."""
    message = send(world, tenant)
    edit(world, message, moderation_status="approved", metadata={"note": 1}, body=world.message(message)["body"])
    assert world.message(message)["metadata"] == {"note": 1}


def test_what_a_contact_wrote_is_ours_to_mask(world: World, tenant: Tenant) -> None:
    """What came in was sent by somebody else."""
    message = world.arrive(tenant)["id"]
    edit(world, message, body="[masked]")
    assert world.message(message)["body"] == "[masked]"


@pytest.mark.parametrize(("declared", "edits", "deletes"), [
    ({"can_edit": True}, True, False), ({"can_unsend": True}, False, True), ({"can_edit": True, "can_unsend": True}, True, True),
])  # fmt: skip
def test_where_the_recipient_sees_it_it_is_changed(
    world: World, tenant: Tenant, declared: Row, edits: bool, deletes: bool
) -> None:
    """A provider declares which of the two; the app is one."""
    messages = [send(world, tenant), send(world, tenant)]
    world.owner.execute("update public.et_channel_sessions set provider = 'board' where tenant_id = %s", [tenant.id])
    world.declare({"provider": "board", "channel": "email", **declared})
    for message, change, may in (
        (messages[0], {"body": "Better words"}, edits),
        (messages[1], {"deleted": True}, deletes),
    ):
        if may:
            assert edit(world, message, **change)["message_id"] == str(message)
        else:
            with refused("PT409", code="already_sent"):
                edit(world, message, **change)
