"""What a tenant tells its people: everybody it is for, nobody else, once, and how many have read it."""

import json
import uuid
from typing import Any

import psycopg
import pytest

from tests.db.chat.kit import Chat, Person
from tests.db.helpers import Row, World, refused


@pytest.fixture
def chat(world: World) -> Chat:
    """A tenant with people, and no broadcast of another test under way."""
    world.owner.execute(
        "update public.broadcasts set status = 'cancelled', finished_at = now() where status = 'running'"
    )
    return Chat(world)


def tell(chat: Chat, body: str = "We move to a new office", segment: Row | None = None, **named: Any) -> Row:
    """create_broadcast() by an admin."""
    call = "create_broadcast(p_body => %s, p_segment => %s::jsonb, p_broadcast_id => %s)"
    return dict(chat.world.rpc(chat.tenant.people["admin"], chat.tenant, call, body,
                               json.dumps(segment or {"kind": "all"}), named.get("id")))  # fmt: skip


def deliver(world: World, limit: int = 2) -> int:
    """The housekeeper's batches until nothing is left."""
    batches = 0
    while world.worker.execute("select private.deliver_broadcasts(%s) as n", [limit]).fetchone()["n"]:  # type: ignore[index]
        batches += 1
    return batches


def got(chat: Chat, who: Person) -> list[str]:
    """Previews of a person's announcements."""
    listed = chat.call(who, "list_conversations")["items"]
    return [one["preview"] for one in listed if one["kind"] == "broadcast"]


def told(chat: Chat, made: Row, role: str = "agent") -> Row:
    """get_broadcast()."""
    return dict(chat.world.rpc(chat.tenant.people[role], chat.tenant, "get_broadcast(%s)", made["id"]))


def test_everybody_gets_it_once(world: World, chat: Chat) -> None:
    """In batches, said twice, in one thread a person; not who is blocked, has no sign-in, or is of another tenant."""
    people = [chat.person(f"P{n}", "provider" if n % 2 else "customer") for n in range(5)]
    chat.contact("No sign-in")
    blocked, other = chat.person("Blocked"), Chat(world).person("Elsewhere")
    world.owner.execute("update public.contacts set blocked_at = now() where id = %s", [blocked.contact])
    chosen = uuid.uuid4()
    made, again = tell(chat, id=chosen), tell(chat, id=chosen)
    assert (made["created"], again["created"], again["id"]) == (True, False, str(chosen))
    assert deliver(world) == 3
    second = tell(chat, "And a new name")
    deliver(world, 100)
    for person in people:
        assert got(chat, person) == ["And a new name"]
        (thread,) = chat.call(person, "list_conversations")["items"]
        page = chat.call(person, "poll_messages", thread_id=uuid.UUID(thread["thread_id"]))
        assert [one["body"] for one in page["messages"]] == ["We move to a new office", "And a new name"]
    assert got(chat, blocked) == [] and chat.call(other, "list_conversations")["items"] == []
    assert [(one["status"], one["delivered"]) for one in (told(chat, made), told(chat, second))] == [("done", 5)] * 2
    assert world.violations(chat.tenant) == {}


def test_readers_are_counted(world: World, chat: Chat) -> None:
    """By their cursors, and each is a row of the old view; nobody can answer an announcement."""
    ann, _ = chat.person("Ann"), chat.person("Bob")
    made = tell(chat)
    deliver(world)
    assert told(chat, made)["read"] == 0
    thread = uuid.UUID(chat.call(ann, "list_conversations")["items"][0]["thread_id"])
    assert chat.call(ann, "unread_total")["unread_total"] == 1
    chat.call(ann, "mark_read", thread_id=thread)
    assert (told(chat, made)["read"], told(chat, made)["delivered"]) == (1, 2)
    with world.acting(chat.tenant.people["viewer" if "viewer" in chat.tenant.people else "agent"], chat.tenant) as one:
        rows = one.execute(
            "select * from public.broadcast_read_receipts where broadcast_id = %s", [made["id"]]
        ).fetchall()
        texts = one.execute(
            "select content, recipients from public.broadcast_messages where id = %s", [made["id"]]
        ).fetchall()
    assert [row["user_id"] for row in rows] == [ann.user] and rows[0]["read_at"]
    assert texts == [{"content": "We move to a new office", "recipients": 2}]
    with refused("PT403", code="not_allowed"):
        chat.say(ann, thread, "Thanks")


@pytest.mark.parametrize("segment", [{"kind": "role", "role": "provider"}, {"kind": "context"}])
def test_some_of_them(world: World, chat: Chat, segment: Row) -> None:
    """Those of a role, or those in a context."""
    ann, bob, _ = chat.person("Ann"), chat.person("Bob", "provider"), chat.person("Cid")
    if segment["kind"] == "context":
        segment = segment | {"context_kind": "booking", "context_id": chat.share(ann, bob)}
    made = tell(chat, segment=segment)
    deliver(world)
    assert told(chat, made)["delivered"] == (1 if segment["kind"] == "role" else 2)
    assert len(got(chat, bob)) == 1 and len(got(chat, ann)) == (segment["kind"] == "context")


def test_many_workers_deliver_once(world: World, chat: Chat) -> None:
    """Six housekeepers at once: everybody has one message, whoever delivers it."""
    people = [chat.person(f"P{n}") for n in range(30)]
    made = tell(chat)

    def work(connection: psycopg.Connection[Any], _: int) -> None:
        for _ in range(12):
            connection.execute("select private.deliver_broadcasts(4)")

    world.together(6, work)
    deliver(world, 100)
    assert told(chat, made)["delivered"] == len(people) and told(chat, made)["status"] == "done"
    assert world.value("select count(*) from public.et_messages where cause_id = %s and sender_kind = 'system'",
                       made["id"]) == len(people)  # fmt: skip
    assert world.violations(chat.tenant) == {}


def test_a_broadcast_is_stopped(world: World, chat: Chat) -> None:
    """Who has it keeps it, the others do not get it; a stranger can neither see nor stop it, agents do not begin one."""
    people = [chat.person(f"P{n}") for n in range(3)]
    made = tell(chat)
    world.worker.execute("select private.deliver_broadcasts(1)")
    stranger = world.tenant()
    for call in ("cancel_broadcast(%s)", "get_broadcast(%s)"):
        assert world.rpc(stranger.people["owner"], stranger, call, made["id"])["code"] == "not_found"
    admin = chat.tenant.people["admin"]
    assert world.rpc(admin, chat.tenant, "cancel_broadcast(%s)", made["id"])["status"] == "cancelled"
    deliver(world)
    assert sum(len(got(chat, person)) for person in people) == 1
    for who in (chat.tenant.people["agent"],):
        with refused("PT403"):
            world.rpc(who, chat.tenant, "create_broadcast('x')")
    with refused("PT422", code="bad_length"):
        tell(chat, "x" * 2001)
    with refused("23514"):
        tell(chat, segment={"kind": "role", "role": "king"})


def test_an_erased_person_keeps_nothing_of_it(world: World, chat: Chat) -> None:
    """His copy is emptied, the text and the others' stay; he gets no more."""
    ann, bob = chat.person("Ann"), chat.person("Bob")
    tell(chat)
    deliver(world)
    done = world.rpc(chat.tenant.people["admin"], chat.tenant, "erase_contact(%s, 'request')", ann.contact)
    assert done["status"] == "done"
    tell(chat, "More")
    deliver(world)
    bodies = world.all("select m.body from public.et_messages as m inner join public.et_threads as t on t.id = m.thread_id"
                       " where t.contact_id = %s", ann.contact)  # fmt: skip
    assert [row["body"] for row in bodies] == [""] and got(chat, bob) == ["More"]
    assert world.violations(chat.tenant) == {}
