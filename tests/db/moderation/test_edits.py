"""What is changed is judged again, and what is taken back while it is held is kept for those who judge."""

import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, World, refused
from tests.db.moderation.kit import Judged


def kept(world: World, message: Any) -> list[str]:
    """Texts kept beside a message, oldest first."""
    rows = world.all("select body from private.message_originals where message_id = %s order by kept_at", message)
    return [row["body"] for row in rows]


def backend(world: World, message: Any, **changes: Any) -> Row:
    """edit_message() as the backend."""
    with world.owner.transaction():
        world.owner.execute("set local role service_role")
        row = world.owner.execute("select public.edit_message(%s, %s) as r", [message, Jsonb(changes)]).fetchone()
    assert row is not None
    return row["r"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("who", ["sender", "backend"])
def test_an_edit_is_judged_like_a_new_text(world: World, who: str) -> None:
    """It leaves its readers until then; the text before is kept; counts and preview follow both ways."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "Two")["message_id"])
    chat.judge(message)
    assert chat.list(bob)[0]["unread_count"] == 2
    if who == "sender":
        assert chat.call(ann, "edit_own_message", message_id=message, body="555-0100")["moderation_status"] == "pending"
    else:
        backend(world, message, body="555-0100", moderation_status="approved")
    assert chat.status(message) == "pending" and kept(world, message) == ["Two"]
    assert chat.bodies(bob, thread) == ["One"]
    assert (chat.list(bob)[0]["unread_count"], chat.list(bob)[0]["preview"]) == (1, "One")
    chat.sound()
    chat.judge(message, "filtered", filtered_content="[phone]")
    assert chat.bodies(bob, thread) == ["One", "[phone]"] and chat.list(bob)[0]["unread_count"] == 2
    chat.sound()
    chat.call(ann, "edit_own_message", message_id=message, body="Two again")
    assert kept(world, message) == ["Two", "555-0100"], "a mask is nobody's text"
    chat.judge(message)
    assert chat.bodies(bob, thread) == ["One", "Two again"]
    chat.sound()


@pytest.mark.parametrize("status", ["blocked", "review", "filtered"])
def test_whoever_was_stopped_may_write_it_otherwise(world: World, status: str) -> None:
    """An edit of a held text waits like any other; the evidence stays."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "555-0100")["message_id"])
    chat.judge(message, status)
    chat.call(ann, "edit_own_message", message_id=message, body="See you")
    assert chat.status(message) == "pending" and kept(world, message) == ["555-0100"]
    assert chat.judge(message)["moderation_status"] == "approved"
    assert chat.bodies(bob, thread) == ["One", "See you"]
    chat.sound()


@pytest.mark.parametrize("status", ["pending", "review", "blocked", "filtered", "approved"])
def test_what_is_taken_back_while_held_stays_as_evidence(world: World, status: str) -> None:
    """Of a held or masked text the original is kept; of an approved one nothing, nor what was approved before it."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "Call me")["message_id"])
    chat.judge(message)
    chat.call(ann, "edit_own_message", message_id=message, body="555-0100")
    if status != "pending":
        chat.judge(message, status)
    chat.call(ann, "delete_own_message", message_id=message)
    assert world.message(message)["body"] == "" and chat.status(message) == status
    assert kept(world, message) == ([] if status == "approved" else ["Call me", "555-0100"])
    chat.sound()
    assert "555-0100" not in str(chat.page(bob, thread))


@pytest.mark.parametrize("decision", ["approved", "filtered", "review", "blocked"])
def test_what_was_taken_back_before_it_was_judged_is_judged_still(world: World, decision: str) -> None:
    """By the text that stood there, which never comes back."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "555-0100")["message_id"])
    inputs = chat.inputs(message)
    chat.call(ann, "delete_own_message", message_id=message)
    again = chat.inputs(message)
    assert (again["body"], again["digest"]) == ("555-0100", inputs["digest"])
    assert chat.record(message, chat.verdict(inputs, decision, filtered_content="*"))["moderation_status"] == decision
    assert world.message(message)["body"] == "" and kept(world, message) == ["555-0100"]
    assert "555-0100" not in str(chat.page(bob, thread))
    chat.sound()
    if decision != "approved":
        assert chat.decide(message, "approved")["moderation_status"] == "approved"
        assert world.message(message)["body"] == ""
        chat.sound()


def test_only_a_verdict_moves_a_status(world: World) -> None:
    """Every other change is refused: to the backend and to the owner of the tables alike."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    made = {}
    for status in ("pending", "approved", "filtered", "review", "blocked"):
        made[status] = uuid.UUID(chat.say(ann, thread, f"555-0100 {status}")["message_id"])
        if status != "pending":
            chat.judge(made[status], status)
    for old, message in made.items():
        for new in ("pending", "approved", "filtered", "review", "blocked"):
            if old == new:
                continue
            with refused("PT409", code="refused_transition"):
                backend(world, message, moderation_status=new)
            with refused("PT409", code="refused_transition"):
                world.owner.execute(
                    "update public.et_messages set moderation_status = %s where id = %s", [new, message]
                )
            assert chat.status(message) == old
    with refused("PT409", code="refused_transition"):
        backend(world, made["blocked"], moderation_status="approved", body="Other words")
    chat.sound()


def test_an_old_approval_is_worth_nothing_to_a_text_that_came_back(world: World) -> None:
    """A, then B, then A again: it waits, and the verdict of the first A does not move it."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "A")["message_id"])
    chat.judge(message)
    for body in ("B", "A"):
        chat.call(ann, "edit_own_message", message_id=message, body=body)
    assert chat.status(message) == "pending"
    with refused("PT409", code="refused_transition"):
        backend(world, message, moderation_status="approved")
    assert chat.judge(message)["result"] == "recorded"
    chat.sound()


def test_an_edited_text_is_read_with_all_that_was_written_since(world: World) -> None:
    """A number whose second half was there first."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    first = uuid.UUID(chat.say(ann, thread, "555")["message_id"])
    chat.judge(first)
    chat.say(ann, thread, "0100")
    assert [one["body"] for one in chat.inputs(chat.say(ann, thread, "x")["message_id"])["earlier"]] == [
        "One",
        "555",
        "0100",
    ]
    chat.call(ann, "edit_own_message", message_id=first, body="call 555")
    assert [one["body"] for one in chat.inputs(first)["earlier"]] == ["One", "0100", "x"]


def test_a_window_is_the_senders_own_words(world: World) -> None:
    """As he wrote them under a mask, without what was stopped or taken back, in this conversation, as many as the policy says."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    masked = chat.say(ann, thread, "555-01")["message_id"]
    chat.judge(masked, "filtered")
    chat.judge(chat.say(ann, thread, "stopped")["message_id"], "blocked")
    chat.call(ann, "delete_own_message", message_id=uuid.UUID(chat.say(ann, thread, "gone")["message_id"]))
    chat.say(bob, thread, "Bob's")
    cid = chat.person("Cid", "provider")
    chat.share(ann, cid)
    chat.start(ann, cid, body="elsewhere")
    last = chat.say(ann, thread, "00")["message_id"]
    assert [one["body"] for one in chat.inputs(last)["earlier"]] == ["One", "555-01"]
    chat.decree({"window": 1, "lanes": {"people": {"before": {}, "after": {}}}})
    told = chat.inputs(last)
    assert [one["body"] for one in told["earlier"]] == ["555-01"]
    assert told["earlier"][0]["digest"] == world.value(
        "select encode(digest, 'hex') from private.newest_verdict(%s, %s)", chat.tenant.id, masked
    )
