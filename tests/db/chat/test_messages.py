"""What people write to each other: sent once, in order, within limits; changed by who wrote it, under a new rev."""

import itertools
import time
import uuid
from typing import Any

import psycopg
import pytest

from tests.db.chat.kit import Chat
from tests.db.helpers import World, refused
from tests.support.database import as_user


def test_a_message_between_people_meets_no_decider(world: World) -> None:
    """It is internal and sent at once: no work, no queue, no decision, and staff do not see it."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="Just us")["thread_id"]
    message = world.one("select * from public.et_messages where thread_id = %s", thread)
    assert (message["direction"], message["delivery_status"], message["sender_kind"]) == (
        "internal",
        "sent",
        "participant",
    )
    assert (message["sender"], message["sender_contact_id"]) == (f"user:{ann.user}", ann.contact)
    assert world.claim() == [] and world.claim_out() == []
    for role in ("owner", "agent"):
        with world.acting(chat.tenant.people[role], chat.tenant) as connection:
            for table, column in (("et_threads", "id"), ("et_messages", "thread_id")):
                seen = connection.execute(f"select 1 from public.{table} where {column} = %s", [thread]).fetchall()
                assert seen == [], (role, table)
    chat.sound()


def test_a_client_id_counts_once(world: World) -> None:
    """Repeated it answers the first message; in another conversation it is refused; another sender has his own."""
    chat = Chat(world)
    ann, bob = chat.pair()
    cid = chat.person("Cid")
    chat.share(ann, cid)
    thread, other = chat.start(ann, bob)["thread_id"], chat.start(ann, cid)["thread_id"]
    first = chat.say(ann, thread, "One", client_message_id="k")
    again = chat.say(ann, thread, "Quite another text", client_message_id="k")
    assert again == {**first, "duplicate": True}
    with refused("PT409", code="client_id_reused"):
        chat.say(ann, other, "One", client_message_id="k")
    assert chat.say(bob, thread, "Mine", client_message_id="k")["seq"] == 2
    assert chat.bodies(bob, thread) == ["One", "Mine"]
    with refused("PT422", code="bad_value"):
        chat.say(ann, thread, client_message_id="k" * 201)


def test_eight_senders_of_one_thread_leave_no_hole(world: World) -> None:
    """Both people, each sending from four places and every message twice: seq is dense, each text once, counters true."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob)["thread_id"]

    def work(connection: Any, number: int) -> list[Any]:
        sent = []
        for n in range(10):
            with as_user(connection, (ann, bob)[number % 2].user):
                sent.append(connection.execute(
                    "select public.send_message(%s, %s, %s) as a", [thread, f"{number}:{n}", f"{number % 4}:{n}"]
                ).fetchone()["a"])  # fmt: skip
        return sent

    answers = [one for some in world.together(8, work, "parley_api") for one in some]
    kept = [answer for answer in answers if not answer["duplicate"]]
    assert sorted(answer["seq"] for answer in kept) == list(range(1, 41))
    assert len({answer["message_id"] for answer in answers}) == 40
    assert [chat.list(one)[0]["unread_count"] for one in (ann, bob)] == [20, 20]
    chat.sound()


def test_readers_and_senders_at_once_keep_the_counters_true(world: World) -> None:
    """While one writes, the other moves his cursors from three places: what is unread at the end is what is unread."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob)["thread_id"]

    def work(connection: Any, number: int) -> None:
        for n in range(15):
            with as_user(connection, (ann if number < 2 else bob).user):
                if number < 2:
                    connection.execute("select public.send_message(%s, 'x', %s)", [thread, f"{number}:{n}"])
                else:
                    connection.execute("select public.mark_read(%s, %s)", [thread, n + number])

    world.together(5, work, "parley_api")
    chat.sound()
    assert chat.call(bob, "mark_read", thread_id=uuid.UUID(thread))["unread_count"] == 0
    chat.sound()


def test_two_who_react_at_once_are_both_there(world: World) -> None:
    """Each taps and untaps many times beside the other; at the end both are counted, and every change had its rev."""
    chat = Chat(world)
    ann, bob = chat.pair()
    made = chat.start(ann, bob, body="Well?")

    def work(connection: Any, number: int) -> None:
        for tap in range(9):
            with as_user(connection, (ann, bob)[number].user):
                connection.execute("select public.react_to_message(%s, '👍', %s)", [made["message_id"], tap % 2 == 0])

    world.together(2, work, "parley_api")
    (message,) = chat.page(ann, made["thread_id"])["messages"]
    assert set(message["reactions"]["👍"]) == {str(ann.user), str(bob.user)} and message["rev"] == 1 + 18
    chat.sound()


@pytest.mark.parametrize(
    ("body", "limit", "ok"),
    [("", None, False), (" \n", None, False), ("x" * 2000, None, True), ("x" * 2001, None, False), ("🙂" * 9, 9, True),
     ("🙂" * 10, 9, False)],
)  # fmt: skip
def test_a_body_has_its_limit(world: World, body: str, limit: int | None, ok: bool) -> None:
    """1 to 2,000 characters, or as many as the tenant says; blank is nothing."""
    chat = Chat(world)
    ann, bob = chat.pair()
    if limit:
        chat.limit("body_chars", limit)
    thread = chat.start(ann, bob)["thread_id"]
    if ok:
        assert chat.say(ann, thread, body)["seq"] == 1
        return
    with refused("PT422", code="bad_length"):
        chat.say(ann, thread, body)


def test_ten_a_minute_then_wait(world: World) -> None:
    """One more is refused and says for how long; the tenant's own limit goes before; a duplicate costs nothing."""
    chat = Chat(world, sends_per_minute=10)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob)["thread_id"]
    sent, began = 0, time.monotonic()
    with pytest.raises(psycopg.Error) as caught:
        for sent in itertools.count():
            chat.say(ann, thread, client_message_id=str(sent))
    assert 10 <= sent <= 10 + (time.monotonic() - began) / 6
    assert caught.value.sqlstate == "PT429" and "retry_after_s" in (caught.value.diag.message_detail or "")
    assert chat.say(ann, thread, client_message_id="3")["duplicate"]
    assert chat.say(bob, thread)["seq"] == sent + 1
    chat.limit("sends_per_minute", 100_000)
    assert chat.say(ann, thread)["seq"] == sent + 2
    chat.limit("changes_per_minute", 1)
    message = uuid.UUID(chat.say(ann, thread)["message_id"])
    chat.call(ann, "react_to_message", message_id=message, reaction="👍")
    with refused("PT429", code="rate_limited"):
        chat.call(ann, "react_to_message", message_id=message, reaction="👎")


def test_a_quote_and_a_context_go_with_a_message(world: World) -> None:
    """Of this conversation, and of these people; readers get the beginning of what is quoted."""
    chat = Chat(world)
    ann, bob = chat.pair()
    job, own = chat.share(ann, bob, kind="job"), chat.share(ann, kind="job")
    thread = chat.start(ann, bob)["thread_id"]
    first = chat.say(ann, thread, "y" * 500, context_kind="job", context_id=job)
    quote = uuid.UUID(first["message_id"])
    chat.say(bob, thread, "Yes", reply_to_id=quote)
    shown = chat.page(ann, thread)["messages"]
    assert (shown[0]["context_kind"], shown[0]["context_id"], shown[1]["context_id"]) == ("job", job, None)
    assert shown[1]["reply_to"] == {
        "id": str(quote), "seq": 1, "sender_user_id": str(ann.user), "body": "y" * 160, "deleted_at": None,
    }  # fmt: skip
    with refused("PT422", code="bad_context"):
        chat.say(ann, thread, context_kind="job", context_id=own)
    cid = chat.person("Cid")
    chat.share(ann, cid)
    elsewhere = uuid.UUID(chat.start(ann, cid, body="Hi")["message_id"])
    for nothing in (elsewhere, uuid.uuid4()):
        with refused("PT422", code="bad_reply"):
            chat.say(ann, thread, reply_to_id=nothing)
    chat.call(ann, "delete_own_message", message_id=quote)
    reply = next(m for m in chat.page(bob, thread)["messages"] if m["seq"] == 2)["reply_to"]
    assert reply["body"] == "" and reply["deleted_at"] is not None
    with refused("PT422", code="bad_reply"):
        chat.say(bob, thread, reply_to_id=quote)


def test_what_moved_meanwhile_refuses_a_send(world: World) -> None:
    """expected_last_seq answers what is new instead of sending."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="One")["thread_id"]
    assert chat.say(bob, thread, "Two", expected_last_seq=1)["seq"] == 2
    with refused("PT409", code="thread_moved"):
        chat.say(ann, thread, "Three", expected_last_seq=1)


def test_edit_delete_and_react_take_a_new_rev(world: World) -> None:
    """Each comes again in the next poll, once; saying it twice changes nothing; cursors take no rev."""
    chat = Chat(world)
    ann, bob = chat.pair()
    first = chat.start(ann, bob, body="Helo")
    thread, message = first["thread_id"], uuid.UUID(first["message_id"])
    since = chat.page(bob, thread)["next_since"]

    def step(person: Any, name: str, **arguments: Any) -> Any:
        nonlocal since
        answer = chat.call(person, name, message_id=message, **arguments)
        page = chat.page(bob, thread, since)
        assert [m["rev"] for m in page["messages"]] == ([answer["rev"]] if answer["rev"] > since else [])
        since = page["next_since"]
        return page["messages"][0] if page["messages"] else None

    edited = step(ann, "edit_own_message", body="Hello")
    assert (edited["body"], edited["seq"]) == ("Hello", 1) and edited["edited_at"]
    assert step(ann, "edit_own_message", body="Hello") is None
    assert step(bob, "react_to_message", reaction="👍")["reactions"] == {"👍": [str(bob.user)]}
    assert step(bob, "react_to_message", reaction="👍") is None
    assert step(ann, "react_to_message", reaction="👍")["reactions"] == {"👍": [str(bob.user), str(ann.user)]}
    assert step(bob, "react_to_message", reaction="👍", present=False)["reactions"] == {"👍": [str(ann.user)]}
    assert step(ann, "react_to_message", reaction="👍", present=False)["reactions"] is None
    step(bob, "react_to_message", reaction="❤️")
    chat.call(bob, "mark_read", thread_id=uuid.UUID(thread))
    assert chat.page(bob, thread, since)["messages"] == [] and chat.page(bob, thread)["last_rev"] == since
    gone = step(ann, "delete_own_message")
    assert (gone["body"], gone["reactions"]) == ("", None) and gone["deleted_at"]
    assert step(ann, "delete_own_message") is None
    assert chat.list(bob)[0]["preview"] == ""
    for name, more in (("edit_own_message", {"body": "x"}), ("react_to_message", {"reaction": "👍"})):
        with refused("PT409", code="deleted"):
            chat.call(ann, name, message_id=message, **more)
    chat.sound()


def test_a_message_is_its_senders_own(world: World) -> None:
    """The other person and strangers neither edit nor delete it; after edit_minutes nobody does."""
    chat = Chat(world)
    ann, bob = chat.pair()
    message = uuid.UUID(chat.start(ann, bob, body="Mine")["message_id"])
    for name, more in (("edit_own_message", {"body": "x"}), ("delete_own_message", {})):
        with refused("PT403", code="not_yours"):
            chat.call(bob, name, message_id=message, **more)
        assert chat.call(chat.person("Cid"), name, message_id=message, **more)["code"] == "not_found"
    with refused("PT422", code="bad_length"):
        chat.call(ann, "edit_own_message", message_id=message, body="")
    for nonsense in ("", "two words", "x" * 17, None):
        with refused("PT422", code="bad_reaction"):
            chat.call(ann, "react_to_message", message_id=message, reaction=nonsense)
    chat.limit("edit_minutes", 5)
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute("update public.et_messages set created_at = now() - interval '6 min' where id = %s", [message])
    for name, more in (("edit_own_message", {"body": "x"}), ("delete_own_message", {})):
        with refused("PT409", code="too_late"):
            chat.call(ann, name, message_id=message, **more)


def test_a_file_goes_with_a_message_and_leaves_with_it(world: World) -> None:
    """Files its sender uploaded travel in their order; a deleted message keeps none; another's are missing."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob)["thread_id"]

    def upload(person: Any, name: str, data: bytes = b"\x89PNG\r\n\x1a\n") -> uuid.UUID:
        made: uuid.UUID = world.value(
            "select (private.keep_upload(%s, %s, %s, 'image/png', %s)).id",
            chat.tenant.id, f"user:{person.user}", name, data,
        )  # fmt: skip
        return made

    files = [upload(ann, "b.png"), upload(ann, "a.png")]
    sent = chat.say(ann, thread, "", attachments=files)
    shown = chat.page(bob, thread)["messages"][0]
    assert shown["message_type"] == "image" and [a["filename"] for a in shown["attachments"]] == ["b.png", "a.png"]
    assert chat.say(ann, thread, attachments=[upload(bob, "c.png")])["code"] == "not_found"
    with refused("PT409", code="file_sent"):
        chat.say(ann, thread, attachments=files)
    chat.limit("attachment_bytes", 4)
    with refused("PT422", code="file_size"):
        chat.say(ann, thread, attachments=[upload(ann, "d.png")])
    chat.call(ann, "delete_own_message", message_id=uuid.UUID(sent["message_id"]))
    assert chat.page(bob, thread)["messages"][-1]["attachments"] == []
    assert world.value("select count(*) from private.attachment_blobs where attachment_id = any(%s)", files) == 0
    chat.sound()


def test_a_held_message_is_its_senders_alone_until_released(world: World) -> None:
    """Pending it is in nobody else's page, preview, order or count; at release it comes to all; blocked it leaves."""
    chat = Chat(world)
    ann, bob = chat.pair()
    first = chat.start(ann, bob, body="One")
    thread = first["thread_id"]
    held = uuid.UUID(chat.say(ann, thread, "555-0100")["message_id"])

    def judge(status: str) -> None:
        world.owner.execute(
            "select public.edit_message(%s, jsonb_build_object('moderation_status', %s::text))", [held, status]
        )

    judge("pending")
    assert chat.bodies(bob, thread) == ["One"] and sorted(chat.bodies(ann, thread)) == ["555-0100", "One"]
    assert (chat.list(bob)[0]["unread_count"], chat.list(bob)[0]["preview"]) == (1, "One")
    chat.sound()
    since = chat.page(bob, thread)["next_since"]
    assert chat.call(bob, "react_to_message", message_id=held, reaction="👍")["code"] == "not_found"
    judge("approved")
    assert [m["id"] for m in chat.page(bob, thread, since)["messages"]] == [str(held)]
    assert chat.list(bob)[0]["unread_count"] == 2
    judge("blocked")
    assert chat.list(bob)[0]["unread_count"] == 1
    chat.sound()


def test_the_backend_speaks_for_nobody(world: World) -> None:
    """A system message is read and counted by both, once per client id; staff with manage may, and it is audited."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="Hi")["thread_id"]
    arguments = [thread, "Booking confirmed", "booking", "7", "booking:7:confirmed", chat.tenant.id]
    call = ('post_system_message(%s, %s, %s, %s, \'{"call_url": "https://meet.test/1"}\', %s, %s)', *arguments)
    with world.database.connect("admin") as admin, admin.transaction():
        admin.execute("set local role service_role")
        admin.execute("select set_config('request.jwt.claims', '{\"role\": \"service_role\"}', true)")
        first, again = (admin.execute(f"select public.{call[0]}", call[1:]).fetchone()[0] for _ in range(2))  # type: ignore[index]
    assert (first["seq"], first["duplicate"], again) == (2, False, {**first, "duplicate": True})
    shown = chat.page(bob, thread)["messages"][-1]
    assert (shown["message_type"], shown["sender_kind"], shown["sender_user_id"]) == ("system", "system", None)
    assert shown["metadata"] == {"call_url": "https://meet.test/1"} and shown["context_id"] == "7"
    assert [chat.list(one)[0]["unread_count"] for one in (ann, bob)] == [1, 2]
    world.rpc(chat.tenant.people["agent"], chat.tenant, "post_system_message(%s, 'From the desk')", thread)
    assert world.value("select count(*) from public.audit_log where action = 'message.system' and tenant_id = %s",
                       chat.tenant.id) == 3  # fmt: skip
    other = Chat(world)
    answer = world.rpc(other.tenant.people["owner"], other.tenant, "post_system_message(%s, 'x')", thread)
    assert answer["code"] == "not_found"
    with refused("PT403"):
        world.rpc(ann.user, None, "post_system_message(%s, 'x')", thread)
    chat.sound()
