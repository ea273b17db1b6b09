"""Ways round the gate that were found by trying: each is closed, and stays so."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.chat.test_broadcasts import deliver, got, tell
from tests.db.helpers import Row, World, refused
from tests.db.moderation.kit import Judged
from tests.db.moderation.test_edits import backend
from tests.db.moderation.test_surfaces import SECRET, everything


def test_the_type_of_a_file_is_no_text(world: World) -> None:
    """What a file says it is, its readers are told, and nobody judges it: it has the form of a media type, or is none."""
    chat = Judged(world)
    ann, _bob, _thread = chat.talk()
    said = {
        "image/png": "image/png", "audio/mp4": "audio/mp4", "application/vnd.ms-excel": "application/vnd.ms-excel",
        "call 555-0100": "application/octet-stream", "text/call me at five": "application/octet-stream",
        "x/y; call=5550100": "application/octet-stream", "application/x-5550100": "application/octet-stream",
        "text/ann@example.com": "application/octet-stream", "text/example.com": "application/octet-stream",
    }  # fmt: skip
    for kind, told in said.items():
        file = chat.call(ann, "reserve_attachment", filename="a.pdf", content_type=kind, size_bytes=9)
        assert (kind, file["content_type"]) == (kind, told)


def test_a_number_told_by_edits_is_judged_as_a_whole(world: World) -> None:
    """What stood in the message before is part of what its sender has told."""
    chat = Judged(world)
    ann, _bob, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "It begins 510")["message_id"])
    chat.judge(message)
    for part in ("then 574", "then 7946"):
        chat.call(ann, "edit_own_message", message_id=message, body=part)
        told = chat.inputs(message)
        if part != "then 7946":
            chat.judge(message)
    assert [one["body"] for one in told["earlier"]] == ["One", "It begins 510", "then 574"]
    other = chat.say(ann, thread, "that was it")["message_id"]
    chat.judge(message)
    assert [one["body"] for one in chat.inputs(other)["earlier"]][-3:] == ["It begins 510", "then 574", "then 7946"]


def test_a_subject_goes_with_what_was_withdrawn_while_it_was_held(world: World) -> None:
    """Its mask would have nothing to stand in."""
    chat = Judged(world)
    message = world.enqueue(world.arrive(chat.tenant), "Hello", subject=f"Call {SECRET}")["message_id"]
    told = chat.inputs(message)
    backend(world, message, deleted=True)
    told = chat.inputs(message) or told
    chat.record(message, chat.verdict(told, "filtered", filtered_content="Hello", filtered_subject="Call [phone]"))
    assert SECRET not in str(world.message(message))
    chat.sound()


def test_a_translation_is_not_made_of_a_held_text(world: World) -> None:
    """Asked for while everybody read it, and changed since: the model is not shown what waits."""
    chat = Judged(world)
    world.configure(chat.tenant, ai_enabled=True)
    message = world.enqueue(world.arrive(chat.tenant), "Hello")["message_id"]
    chat.judge(message)
    asked = world.rpc(chat.tenant.people["agent"], chat.tenant, "translate_message(%s, 'es')", message)
    assert asked["status"] == "waiting"
    backend(world, message, body=f"Call {SECRET}")
    request = world.value("select id from private.assist_work where message_id = %s", message)
    seen = world.worker.execute("select private.assist_context(%s, %s) as c", [chat.tenant.id, request]).fetchone()
    assert SECRET not in str(seen)


@pytest.mark.parametrize("kind", ["agent", "ai"])
@pytest.mark.parametrize("who", ["admin", "agent"])
def test_what_is_under_the_mask_of_a_send_is_nowhere(world: World, kind: str, who: str) -> None:
    """Nor in decisions, queues and lists: the staff read the mask, as the customer does."""
    chat = Judged(world)
    world.configure(chat.tenant, search_policy="full", ai_enabled=True)
    if kind == "ai":
        world.arrive(chat.tenant)
        claim = next(row for row in world.claim() if row["tenant_id"] == chat.tenant.id)
        world.complete(claim, reply=f"Call {SECRET}")
        message = world.value("select id from public.et_messages where tenant_id = %s and direction = 'outbound'",
                              chat.tenant.id)  # fmt: skip
    else:
        message = world.enqueue(world.arrive(chat.tenant), f"Call {SECRET}")["message_id"]
    chat.judge(message, "filtered", filtered_content="Call [phone]")
    thread = world.message(message)["thread_id"]
    named = {"th": thread, "m": message, "f": uuid.uuid4(), "s": SECRET}
    seen = everything(world, chat.tenant.people[who], chat.tenant, **named)
    if who == "admin":
        seen = "\n".join(line for line in seen.split("\n") if "'original'" not in line)
    assert "Call [phone]" in seen and SECRET not in seen, seen[max(0, seen.find(SECRET) - 400) :][:800]


def test_no_lane_is_left_by_another_message_type(world: World) -> None:
    """A text that waits is judged in the lane it was written in, not as a template that nobody judges."""
    chat = Judged(world, {"people": {"before": {}, "after": {}}})
    ann, _bob, thread = chat.talk()
    message = chat.say(ann, thread, "555-0100")["message_id"]
    with refused("PT409", code="immutable"):
        backend(world, message, message_type="template")
    assert chat.inputs(message)["lane"] == "people"


@pytest.mark.parametrize(
    "claimed", [{"message_type": "template"}, {"sender_kind": "contact"}, {"moderation_status": "blocked"}]
)
def test_the_backend_writes_nothing_past_the_gate(world: World, claimed: Row) -> None:
    """Whatever it calls a text between people, it is one, and waits."""
    chat = Judged(world, {"people": {"before": {}, "after": {}}})
    ann, bob, thread = chat.talk()
    row = {
        "tenant_id": chat.tenant.id, "thread_id": uuid.UUID(thread), "channel": "in_app", "direction": "internal",
        "delivery_status": "sent", "sender_kind": "participant", "sender": f"user:{ann.user}",
        "sender_user_id": ann.user, "sender_contact_id": ann.contact, "body": SECRET, **claimed,
    }  # fmt: skip
    with world.owner.transaction():
        world.owner.execute("set local role service_role")
        marks = ", ".join(["%s"] * len(row))
        world.owner.execute(f"insert into public.et_messages ({', '.join(row)}) values ({marks})", list(row.values()))
    assert chat.bodies(bob, thread) == ["One"] and len(chat.claim()) == 1
    chat.sound()


@pytest.mark.parametrize("who", ["sender", "reader"])
def test_whoever_left_before_the_release_sees_nothing(world: World, who: str) -> None:
    """The others get it, and everybody's counts stay true."""
    chat = Judged(world)
    ann, bob = chat.pair(chat_policy="anyone")
    cid = chat.person("Cid")
    thread = uuid.UUID(
        chat.call(ann, "start_thread", contact_ids=[bob.contact, cid.contact], subject="Kitchen")["thread_id"]
    )
    message = chat.say(ann, thread, SECRET)["message_id"]
    gone = ann if who == "sender" else bob
    chat.call(gone, "leave_conversation", thread_id=thread)
    chat.sound()
    chat.judge(message)
    assert chat.bodies(cid, thread) == [SECRET] and chat.list(cid)[0]["unread_count"] == 1
    with world.acting(gone.user) as connection:
        assert connection.execute("select body from public.et_messages where thread_id = %s", [thread]).fetchall() == []
    chat.sound()


def test_what_waited_before_there_was_a_policy_is_judged(world: World) -> None:
    """Held by the backend itself, while nothing was moderated: a policy does not leave it waiting for ever."""
    chat = Judged(world)
    ann, _bob, thread = chat.talk()
    world.owner.execute("delete from public.active_moderation where tenant_id = %s", [chat.tenant.id])
    message = uuid.UUID(chat.say(ann, thread, "later")["message_id"])
    backend(world, message, moderation_status="pending")
    assert chat.claim() == []
    chat.decree({"lanes": {"people": {"before": {}, "after": {}}}})
    chat.sound()
    assert [row["message_id"] for row in chat.claim()] == [message]


def test_a_restore_loses_nothing_that_waits_and_releases_nothing(world: World) -> None:
    """Work rows are an index: rebuilt, what is judged is judged, and what the backend holds elsewhere stays held."""
    chat = Judged(world)
    ann, _bob, thread = chat.talk()
    judged, changed = (uuid.UUID(chat.say(ann, thread, "555")["message_id"]) for _ in range(2))
    chat.judge(changed)
    chat.call(ann, "edit_own_message", message_id=changed, body="556")
    world.owner.execute("delete from private.moderation_work where tenant_id = %s", [chat.tenant.id])
    assert set(world.violations(chat.tenant)) == {"waiting_has_work", "judged_is_shown_stopped_or_held"}
    other = Judged(world, {"agent": {"after": {}}})
    cat, dan = other.pair()
    held = other.start(cat, dan, body="held by the backend")["message_id"]
    backend(world, held, moderation_status="pending")
    world.owner.execute("select * from private.rebuild_work()")
    assert {row["message_id"] for row in chat.claim()} == {judged, changed}
    assert other.claim() == [] and other.status(held) != "approved"
    chat.sound()
    other.sound()


def test_a_batch_of_an_announcement_says_what_was_judged(world: World) -> None:
    """Changed while a batch is on its way: the change waits for the batch, and the next one for its verdict."""
    chat = Judged(world, {"agent": {"after": {}}})
    world.owner.execute("update public.broadcasts set status = 'done', finished_at = now() where status = 'running'")
    ann = chat.person()

    def text_of(made: Row) -> Any:
        return world.value("select message_id from public.broadcasts where id = %s", made["id"])

    chat.judge(text_of(tell(chat, "We move")))
    deliver(world)
    second = text_of(tell(chat, "We have moved"))
    chat.judge(second)

    changed = threading.Event()

    def waits(count: int) -> None:
        deadline = time.monotonic() + 60
        while not changed.is_set() and world.value(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ) < count:  # fmt: skip
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def work(connection: Any, number: int) -> None:
        if number == 0:
            connection.execute("select private.deliver_broadcasts(10)")
            return
        waits(1)
        connection.execute("set role service_role")
        connection.execute("select public.edit_message(%s, %s)", [second, Jsonb({"body": f"Call {SECRET}"})])
        changed.set()

    with world.database.connect() as other, ThreadPoolExecutor(1) as pool:
        with other.transaction():
            other.execute("select from public.et_threads where scope_key = %s for update",
                          [f"x:announcements:{ann.contact}"])  # fmt: skip
            both = pool.submit(world.together, 2, work, "postgres")
            waits(2)
        both.result()
    assert got(chat, ann) == ["We have moved"] and chat.status(second) == "pending"
    chat.sound()


@pytest.mark.parametrize("status", ["pending", "review", "blocked", "filtered"])
def test_neither_admins_nor_keys_read_on_without_a_reason(world: World, status: str) -> None:
    """Every table, view and call but the two that ask why; and Storage, for whoever takes part."""
    chat = Judged(world)
    world.configure(chat.tenant, search_policy="full")
    ann, bob, thread = chat.talk()
    file = chat.call(ann, "reserve_attachment", filename=f"{SECRET}.pdf", content_type="application/pdf", size_bytes=9)
    where = uuid.UUID(file["attachment_id"])
    named = {"th": uuid.UUID(thread), "f": where, "s": SECRET}
    named["m"] = uuid.UUID(chat.say(ann, thread, f"Call {SECRET}", attachments=[where])["message_id"])
    if status == "filtered":
        chat.judge(named["m"], "filtered", filtered_content=f"Call [phone]\n{SECRET}.pdf")
    elif status != "pending":
        chat.judge(named["m"], status)
    told = f"Call {SECRET}" if status == "filtered" else SECRET
    seen = everything(world, chat.tenant.people["admin"], chat.tenant, **named)
    lines = [line for line in seen.split("\n") if "read_original" not in line and "read_thread" not in line]
    assert not [line[:300] for line in lines if told in line]
    with world.acting(bob.user) as connection:
        assert connection.execute("select from storage.objects where name = %s", [file["path"]]).fetchall() == []


@pytest.mark.parametrize(
    "sign", ["🇨🇦🇱🇱🇲🇪", "🏴\U000e0035\U000e0035\U000e0035", "\U000e0063\U000e0061\U000e006c\U000e006c", "🄀⒈"]
)
def test_no_reaction_spells(world: World, sign: str) -> None:
    """Letters of flags, and those nobody sees."""
    chat = Judged(world)
    _ann, bob, thread = chat.talk()
    first = uuid.UUID(chat.page(bob, thread)["messages"][0]["id"])
    for fine in ("🇨🇦", "👩🏽‍🚀", "❤️", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"):
        chat.call(bob, "react_to_message", message_id=first, reaction=fine)
    with refused("PT422", code="bad_reaction"):
        chat.call(bob, "react_to_message", message_id=first, reaction=sign)


def test_a_poisonous_policy_stops_nobody_else(world: World) -> None:
    """A window that is no number: its own tenant waits, others are judged."""
    bad, good = Judged(world), Judged(world)
    ann, _bob, thread = bad.talk()
    bad.decree({"window": "many", "lanes": {"people": {"before": {}, "after": {}}}})
    bad.say(ann, thread, "x")
    ann, _bob, thread = good.talk()
    message = good.say(ann, thread, "y")["message_id"]
    assert [str(row["message_id"]) for row in good.claim(limit=50)] == [message]


@pytest.mark.parametrize(
    "name", ["call five one zero five seven four", "ann at gmail dot com", "ann(at)kitchens(dot)com", "insta ann kitchens",
             "five1oh 57four", "五一零五七四", "ann_kitchens", "5\u200b1\u200b0 57", "Whats App me", "例え.テスト", "FÜNF eins null sieben vier"]
)  # fmt: skip
def test_the_name_of_a_group_is_no_way_round(world: World, name: str) -> None:
    """Spelled, spoken, or where one is found: nobody judges a name, so it has none of it."""
    chat = Judged(world)
    ann, bob = chat.pair(chat_policy="anyone")
    with refused("PT422", code="bad_value"):
        chat.call(ann, "start_thread", contact_ids=[bob.contact], subject=name)
    for fine in (
        "One kitchen, two bathrooms",
        "Dinner at the Point, 5 pm",
        "Instant coffee (3 of us)",
        "Küche & Bad 2027",
    ):
        chat.call(ann, "start_thread", contact_ids=[bob.contact], subject=fine)
