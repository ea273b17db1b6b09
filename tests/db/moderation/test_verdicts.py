"""What a verdict does to a message, and which verdicts count."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import World, refused
from tests.db.moderation.kit import Judged


def held(world: World, body: str = "Call 555-0100", **policy: Any) -> tuple[Judged, Any, Any, str, uuid.UUID]:
    """Two people, their conversation and a message in it that waits."""
    chat = Judged(world, **policy)
    ann, bob, thread = chat.talk()
    return chat, ann, bob, thread, uuid.UUID(chat.say(ann, thread, body)["message_id"])


def test_a_mask_is_all_that_readers_see(world: World) -> None:
    """Page, preview, search vector, and the row itself; the original is kept aside under the digest of its verdict."""
    chat, ann, bob, thread, message = held(world)
    inputs = chat.inputs(message)
    answer = chat.record(message, chat.verdict(inputs, "filtered", filtered_content="Call [phone]", kinds=["phone"]))
    assert answer["moderation_status"] == "filtered"
    assert chat.bodies(bob, thread) == chat.bodies(ann, thread) == ["One", "Call [phone]"]
    assert chat.list(bob)[0]["preview"] == "Call [phone]"
    kept = world.one("select encode(digest, 'hex') as digest, body from private.message_originals where message_id = %s",
                     message)  # fmt: skip
    assert kept == {"digest": inputs["digest"], "body": "Call 555-0100"}
    chat.sound()


def test_what_was_blocked_stays_its_senders_alone_with_a_row_in_the_log(world: World) -> None:
    """Nobody reads it, the log names it, its sender and its context, and no text."""
    chat, ann, bob, thread, message = held(world)
    assert chat.judge(message, "blocked", kinds=["phone"])["moderation_status"] == "blocked"
    assert chat.bodies(bob, thread) == ["One"]
    row = world.one("select * from public.blocked_messages_log where message_id = %s", message)
    assert (row["kinds"], row["sender_contact_id"], row["sender_user_id"]) == (["phone"], ann.contact, ann.user)
    assert "555-0100" not in str(row)
    chat.sound()


@pytest.mark.parametrize("moved", ["text", "policy", "stage"])
def test_a_verdict_on_what_moved_is_stale(world: World, moved: str) -> None:
    """An edit, another policy, or details revealed meanwhile: judge again."""
    chat, ann, _, thread, message = held(world)
    verdict = chat.verdict(chat.inputs(message))
    if moved == "text":
        chat.call(ann, "edit_own_message", message_id=message, body="Other words")
    elif moved == "policy":
        chat.decree({"lanes": {"people": {"before": {}, "after": {}}}})
    else:
        world.owner.execute(
            "insert into public.contact_reveals (tenant_id, thread_id, event, revealed_by) values (%s, %s, 'staff', 'x')",
            [chat.tenant.id, thread],
        )
    assert chat.record(message, verdict)["result"] == "stale"
    assert chat.status(message) == "pending"
    assert chat.judge(message)["result"] == "recorded"
    chat.sound()


def test_only_one_verdict_of_a_text_counts(world: World) -> None:
    """The second one of the same inputs comes too late, whatever it says."""
    chat, _, bob, thread, message = held(world)
    inputs = chat.inputs(message)
    assert chat.record(message, chat.verdict(inputs, "blocked"))["result"] == "recorded"
    assert chat.record(message, chat.verdict(inputs, "approved"))["result"] == "stale"
    assert chat.bodies(bob, thread) == ["One"]
    chat.sound()


@pytest.mark.parametrize(
    ("rules", "model", "becomes", "deciders"),
    [
        ("approved", "blocked", "blocked", ["rules", "model"]),
        ("review", "approved", "review", ["rules"]),
        ("blocked", "filtered", "blocked", ["rules"]),
        ("filtered", "review", "review", ["rules", "model"]),
    ],
)
def test_a_model_only_tightens(world: World, rules: str, model: str, becomes: str, deciders: list[str]) -> None:
    """Rules first; a milder second opinion changes nothing, a stricter one is what counts."""
    chat, _, _, _, message = held(world)
    inputs = chat.inputs(message)
    first = {key: value for key, value in chat.verdict(inputs, rules, filtered_content="Call [phone]").items()
             if key not in ("digest", "stage", "lane", "policy_version", "decider")}  # fmt: skip
    answer = chat.record(message, chat.verdict(inputs, model, decider="model", filtered_content="Call *", rules=first))
    assert answer["moderation_status"] == becomes
    rows = world.all("select decider from public.moderation_verdicts where message_id = %s order by id", message)
    assert [row["decider"] for row in rows] == deciders
    with refused("PT422", code="bad_verdict"):
        chat.record(message, chat.verdict(inputs, "approved", decider="model"))
    chat.sound()


def test_a_person_decides_on_what_was_held_or_stopped(world: World) -> None:
    """review, blocked and filtered may become anything but review; what was approved stays; the text comes back."""
    chat, _, bob, thread, message = held(world)
    chat.judge(message, "review")
    assert chat.decide(message, "filtered", filtered_content="Call *")["moderation_status"] == "filtered"
    assert chat.bodies(bob, thread) == ["One", "Call *"]
    assert chat.decide(message, "blocked")["moderation_status"] == "blocked"
    assert chat.bodies(bob, thread) == ["One"]
    chat.sound()
    assert chat.decide(message, "approved")["moderation_status"] == "approved"
    assert chat.bodies(bob, thread) == ["One", "Call 555-0100"]
    chat.sound()
    for decision in ("blocked", "review"):
        with refused("PT409", code="refused_transition"):
            chat.decide(message, decision)
    chat.sound()


def test_a_lost_lease_records_nothing(world: World) -> None:
    """Neither after somebody else claimed it, nor after an edit, nor once it was judged."""
    chat, ann, _, _, message = held(world)
    job = next(row for row in chat.claim() if row["message_id"] == message)
    world.owner.execute("update private.moderation_work set lease_until = now() - interval '1 second'")
    again = next(row for row in chat.claim("m2") if row["message_id"] == message)
    verdict = chat.verdict(job["inputs"])
    assert chat.record(message, verdict, job["fence"])["result"] == "lost"
    chat.call(ann, "edit_own_message", message_id=message, body="Other words")
    assert chat.record(message, verdict, again["fence"])["result"] == "lost"
    assert chat.status(message) == "pending"
    last = next(row for row in chat.claim("m3") if row["message_id"] == message)
    assert chat.record(message, chat.verdict(last["inputs"]), last["fence"])["result"] == "recorded"
    assert chat.record(message, chat.verdict(last["inputs"]), last["fence"])["result"] == "lost"
    chat.sound()


def test_what_no_detector_can_read_a_person_reads(world: World) -> None:
    """Eight failures, each after a longer pause, then review; given back it is there at once."""
    chat, _, _, _, message = held(world)
    outcomes = []
    for _ in range(9):
        world.owner.execute("update private.moderation_work set run_at = now(), is_later = false")
        job = next((row for row in chat.claim() if row["message_id"] == message), None)
        if job is None:
            break
        row = world.worker.execute(
            "select private.fail_moderation(%s, %s, %s, 'boom') as r", [chat.tenant.id, message, job["fence"]]
        ).fetchone()
        outcomes.append(row["r"])  # type: ignore[index]
    assert outcomes == ["retry"] * 7 + ["review"]
    assert chat.status(message) == "review"
    assert world.value("select kinds from public.moderation_verdicts where message_id = %s", message) == ["unjudged"]
    chat.sound()


def test_two_workers_at_once_record_one_verdict(world: World) -> None:
    """Whoever is second is told that it is over."""
    chat, _, _, _, message = held(world)
    verdict = chat.verdict(chat.inputs(message))

    def record(connection: Any, number: int) -> str:
        from psycopg.types.json import Jsonb

        row = connection.execute(
            "select private.record_verdict(%s, %s, %s) ->> 'result' as r",
            [chat.tenant.id, message, Jsonb(verdict | {"decision": ("approved", "blocked")[number % 2]})],
        ).fetchone()
        return str(row["r"])

    assert sorted(world.together(4, record)) == ["recorded", "stale", "stale", "stale"]
    assert world.value("select count(*) from public.moderation_verdicts where message_id = %s", message) == 1
    chat.sound()
