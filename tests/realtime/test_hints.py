"""What is told, to whom, and what it costs nobody."""

import asyncio
import uuid
from typing import Any

from app.db.pool import make_pool
from tests.realtime.conftest import People
from workers.hints import Hints


def told(people: People, topic: str) -> list[tuple[str, dict[str, Any]]]:
    """(event, payload) of the hints on a topic, in order, without their own id."""
    rows = people.owner.execute(
        "select m.event, m.payload - 'id' from realtime.messages as m where m.topic = %s and m.private"
        " order by m.inserted_at", [topic],
    )  # fmt: skip
    return rows.fetchall()


def test_a_message_is_told_to_the_thread_and_to_everybody_in_it(people: People) -> None:
    """New, changed, seen, held and released: ids, seq and rev, nothing of what it says."""
    one = people.write(people.thread, people.ann, "a secret word")
    people.run("update public.et_messages set body = 'another secret', edited_at = now() where id = %s", one)
    people.run(
        "update public.thread_participants set last_read_seq = 1, last_delivered_seq = 1 where user_id = %s", people.bob
    )
    held = people.write(people.thread, people.ann, "a held secret", moderation_status="review")
    assert [event for event, _ in told(people, f"user:{people.bob}")] == [
        "participant.changed", "message.new", "message.changed", "cursor.moved",
    ]  # fmt: skip
    people.run("update public.et_messages set moderation_status = 'approved' where id = %s", held)
    on_thread = told(people, f"thread:{people.thread}")[2:]
    assert [event for event, _ in on_thread] == ["message.new", "message.changed", "cursor.moved", "message.changed"]
    first, changed, seen, released = (payload for _, payload in on_thread)
    place = {"thread_id": str(people.thread), "message_id": str(one), "seq": 1, "kind": "text"}
    assert first == place | {"rev": 1, "sender_user_id": str(people.ann)}
    assert (changed["rev"], released["seq"], released["rev"]) == (2, 2, 4)
    assert seen["last_read_seq"] == 1
    everything = people.value("select string_agg(m.payload::text, ' ') from realtime.messages as m")
    assert "secret" not in everything


def test_what_is_held_is_changed_in_silence(people: People) -> None:
    """Others are not told of a change to what they may not read; they are when it is taken from them."""
    held = people.write(people.thread, people.ann, "held", moderation_status="review")
    people.run("update public.et_messages set body = 'held again', edited_at = now() where id = %s", held)
    assert [event for event, _ in told(people, f"user:{people.bob}")] == ["participant.changed"]
    assert [event for event, _ in told(people, f"user:{people.ann}")] == ["participant.changed", "message.changed"]
    for status in ("approved", "blocked"):
        people.run("update public.et_messages set moderation_status = %s where id = %s", status, held)
    assert [event for event, _ in told(people, f"user:{people.bob}")][1:] == ["message.changed"] * 2


def test_what_a_person_does_with_a_conversation_is_told_to_him_alone(people: People) -> None:
    """Archived, muted, blocked: his other devices hear it, and nobody else."""
    seat = "update public.thread_participants set {} where user_id = %s"
    before = told(people, f"user:{people.bob}"), told(people, f"thread:{people.thread}")
    for change in (
        "archived_at = now()",
        "muted_until = 'infinity'",
        "archived_at = null, blocked_at = now()",
        "role = role",
    ):
        people.run(seat.format(change), people.ann)
    mine = [(event, payload["archived"], payload["muted"], payload["blocked"])
            for event, payload in told(people, f"user:{people.ann}")[1:]]  # fmt: skip
    assert mine == [("conversation.changed", True, False, False), ("conversation.changed", True, True, False),
                    ("conversation.changed", False, True, True)]  # fmt: skip
    assert (told(people, f"user:{people.bob}"), told(people, f"thread:{people.thread}")) == before


def test_the_inbox_hears_only_what_its_staff_may_read(people: People) -> None:
    """A conversation between participants never shows on the tenant's topic; one with the business does."""
    people.write(people.thread, people.ann, "between us")
    people.run("update public.et_threads set status = 'closed', closed_at = now() where id = %s", people.thread)
    assert told(people, f"inbox:{people.tenant}") == []
    support = people.add_thread(staff_readable=True)
    people.write(support, people.staff, "how may we help?")
    assert [event for event, _ in told(people, f"inbox:{people.tenant}")] == ["message.new"]


def test_mail_is_not_told_one_by_one(people: People) -> None:
    """What comes in from outside writes no hint of its own."""
    session = uuid.uuid4()
    people.run(
        "insert into public.et_channel_sessions (tenant_id, id, channel, provider, name, address, status) values"
        " (%s, %s, 'email', 'smtp', 'Mail', %s, 'connected')", people.tenant, session, f"{session}@in.test",
    )  # fmt: skip
    for number in range(3):
        people.run(
            "insert into public.et_messages (tenant_id, channel, channel_session_id, direction, sender_address, body,"
            " external_message_id, sender_kind, sender, delivery_status) values (%s, 'email', %s, 'inbound',"
            " 'who@else.test', 'hi', %s, 'contact', '', 'received')", people.tenant, session, f"m{number}",
        )  # fmt: skip
    assert told(people, f"inbox:{people.tenant}") == []


async def test_the_worker_tells_each_inbox_once(people: People) -> None:
    """News of many threads in a moment are one hint for each tenant, with the seq and rev of each thread."""
    threads = [people.add_thread(staff_readable=True) for _ in range(3)]
    pool = make_pool(people.database.settings().worker_database_url, size=2, name="hints")
    await pool.open()
    hints = Hints()
    for thread in (*threads, *threads, people.thread):
        hints.add(pool, str(thread))
    async with asyncio.timeout(60):
        while not (found := told(people, f"inbox:{people.tenant}")):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.4)
    await hints.close()
    await pool.close()
    [(event, payload)] = found
    assert event == "inbox.changed"
    assert {one["thread_id"] for one in payload["threads"]} == {str(thread) for thread in threads}


def test_old_hints_are_swept(people: People) -> None:
    """The housekeeper drops what is older than hosted Supabase keeps it."""
    people.say("old", {})
    people.run("update realtime.messages set inserted_at = now() - interval '4 days' where topic = 'old'")
    people.say("new", {})
    assert people.value("select private.sweep_hints()") >= 1
    assert people.value("select count(*) from realtime.messages where topic in ('old', 'new')") == 1
