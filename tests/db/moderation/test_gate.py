"""What has to be judged waits, whoever writes it and whatever he says of it."""

import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.chat.kit import Chat
from tests.db.helpers import Row, Tenant, World, heard, listening, refused
from tests.db.moderation.kit import Judged
from tests.db.outbound.test_templates import REMINDER, whatsapp

PLAIN = {
    "channel": "in_app", "direction": "internal", "delivery_status": "sent", "moderation_status": "approved",
    "sender_kind": "participant", "sender": "user:x", "body": "Call 555-0100",
}  # fmt: skip


def insert(world: World, tenant: Tenant, thread: Any, role: str, **columns: Any) -> Row:
    """A row of et_messages as a role writes it over a plain connection."""
    row = {"tenant_id": tenant.id, "thread_id": uuid.UUID(str(thread)), **PLAIN, **columns}
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    query = f"insert into public.et_messages ({names}) values ({marks}) returning *"
    if role == "parley_worker":
        with world.worker.transaction():
            world.worker.execute("select set_config('parley.tenant_id', %s, true)", [str(tenant.id)])
            return dict(world.worker.execute(query, list(row.values())).fetchone())  # type: ignore[arg-type]
    with world.owner.transaction():
        if role != "postgres":
            world.owner.execute(f"set local role {role}")
        return dict(world.owner.execute(query, list(row.values())).fetchone())  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["service_role", "parley_worker", "postgres"])
@pytest.mark.parametrize("asked", ["approved", "filtered", "blocked"])
def test_no_writer_says_that_his_text_was_judged(world: World, role: str, asked: str) -> None:
    """Whatever status comes with the row: it waits, with its work, and nobody reads it."""
    chat = Judged(world)
    _, bob, thread = chat.talk()
    row = insert(world, chat.tenant, thread, role, moderation_status=asked, content_digest=b"x" * 32)
    assert (row["moderation_status"], row["content_digest"]) == ("pending", None)
    assert chat.inputs(row["id"])["body"] == "Call 555-0100"
    assert chat.bodies(bob, thread) == ["One"]
    chat.sound()


@pytest.mark.parametrize("role", ["authenticated", "anon", "parley_api"])
def test_others_do_not_write_rows_at_all(world: World, role: str) -> None:
    """Clients and the API have functions for it, and none of them judges."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    held = uuid.UUID(chat.say(ann, thread, "555-0100")["message_id"])
    connection = world.api
    with refused("42501"), connection.transaction():
        if role != "parley_api":
            connection.execute(f"set local role {role}")
        connection.execute("update public.et_messages set moderation_status = 'approved'")
    for query in ("select private.record_verdict(null, null, '{}')", "select private.moderation_inputs(null, null)"):
        if role != "parley_api":
            with refused("42501"), connection.transaction():
                connection.execute(f"set local role {role}")
                connection.execute(query)
    assert chat.status(held) == "pending"


def test_every_lane_waits_and_nothing_else(world: World) -> None:
    """People, agents, the AI and templates; not the system, not what comes in, and nobody at a tenant without a policy."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    tenant = chat.tenant
    arrived = world.arrive(tenant)
    assert arrived["moderation_status"] == "approved"
    agent = world.enqueue(arrived)
    assert (chat.status(agent["message_id"]), chat.inputs(agent["message_id"])["lane"]) == ("pending", "agent")
    other = world.answered(tenant, "cid@people.test")
    assert (chat.status(other["message_id"]), chat.inputs(other["message_id"])["lane"]) == ("pending", "ai")
    sent = world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'See you', 't1', null, null, %s::jsonb)",
                     whatsapp(world, tenant, hours_ago=25)["thread_id"],
                     '{"name": "visit_reminder", "language": "en_US", "variables": ["Tuesday", "nine"]}')  # fmt: skip
    assert sent["moderation_status"] == "pending"
    told = chat.inputs(sent["message_id"])
    assert (told["lane"], told["body"], REMINDER["variables"]) == ("template", "See you\nTuesday\nnine", ["Tuesday", "nine"])  # fmt: skip
    said = world.value("select private.post_system_message(%s, %s, 'Booked') ->> 'message_id'", tenant.id, thread)
    assert chat.status(said) == "approved"
    assert chat.say(ann, thread)["moderation_status"] == "pending"
    chat.sound()
    plain = Chat(world)
    kim, lee = plain.pair()
    assert world.message(plain.start(kim, lee, body="Hi")["message_id"])["moderation_status"] == "approved"


def test_a_lane_that_is_not_named_is_not_judged(world: World) -> None:
    """Nor is any once moderation is switched off; what waits by then is still judged."""
    chat = Judged(world, {"agent": {"after": {}}})
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="Hi")["thread_id"]
    assert chat.bodies(bob, thread) == ["Hi"]
    waiting = world.enqueue(world.arrive(chat.tenant))["message_id"]
    world.owner.execute("delete from public.active_moderation where tenant_id = %s", [chat.tenant.id])
    assert chat.status(world.enqueue(world.arrive(chat.tenant, "d@people.test"))["message_id"]) == "approved"
    assert [row["message_id"] for row in chat.claim()] == [waiting]
    assert chat.judge(waiting)["moderation_status"] == "approved"
    chat.sound()


def test_a_duplicate_waits_once(world: World) -> None:
    """The same client id is the same message, and leaves no work behind."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    sent = chat.say(ann, thread, "Two", client_message_id="c1")
    again = chat.say(ann, thread, "Two", client_message_id="c1")
    assert (again["message_id"], again["duplicate"]) == (sent["message_id"], True)
    assert len(chat.claim()) == 1
    chat.sound()


def test_the_moderator_is_woken_for_what_still_waits(world: World) -> None:
    """Once a transaction, at commit; not for what was judged before it."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    with listening(world.database, "et_moderation") as ear:
        chat.say(ann, thread, "Two")
        assert [(note.channel, note.payload) for note in heard(ear)] == [("et_moderation", "")]
        with world.owner.transaction():
            row = world.one(
                "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind,"
                " sender, body) values (%s, %s, 'in_app', 'internal', 'sent', 'participant', 'user:x', 'Three')"
                " returning *", chat.tenant.id, thread,
            )  # fmt: skip
            inputs = world.value("select private.moderation_inputs(%s, %s)", chat.tenant.id, row["id"])
            world.value("select private.record_verdict(%s, %s, %s)", chat.tenant.id, row["id"],
                        Jsonb(chat.verdict(inputs)))  # fmt: skip
        assert heard(ear) == []
    assert chat.status(row["id"]) == "approved"
    chat.sound()


def test_tenants_get_their_turn(world: World) -> None:
    """Whoever has much waiting leaves room for the other's one message; the oldest of a tenant comes first."""
    busy, calm = Judged(world), Judged(world)
    ann, _, thread = busy.talk()
    kim, _, quiet = calm.talk()
    many = [busy.say(ann, thread, f"{n}")["message_id"] for n in range(6)]
    one = calm.say(kim, quiet, "only one")["message_id"]
    rows = world.worker.execute("select * from private.claim_moderation('m1', 4)").fetchall()
    got = [str(row["message_id"]) for row in rows]
    assert one in got and many[0] in got and many[1] in got and len(got) <= 4


def test_what_kills_workers_is_shown_to_none_any_more(world: World) -> None:
    """Eight leases lost, and a person reads it."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    held = uuid.UUID(chat.say(ann, thread, "boom")["message_id"])
    for _ in range(12):
        world.worker.execute("select count(*) from private.claim_moderation('m1', 4)")
        world.expire_leases("moderation_work")
    assert chat.status(held) == "review"
    chat.sound()
