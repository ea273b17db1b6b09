"""What the business sends passes the same gate: nothing leaves before it was passed, and masked if it is masked."""

import uuid
from typing import Any

import pytest

from tests.db.chat.test_broadcasts import deliver, tell
from tests.db.helpers import Row, World, detail, refused
from tests.db.moderation.kit import Judged
from tests.db.outbound.test_templates import whatsapp

SECRET = "Call 555-0100"


def details(world: World, claim: Row) -> Row:
    """What the adapter gets."""
    row = world.worker.execute(
        "select private.dispatch_details(%s, %s) as d", [claim["tenant_id"], claim["queue_id"]]
    ).fetchone()
    assert row is not None
    return row["d"]  # type: ignore[no-any-return]


def claim_of(world: World, message: Any) -> list[Row]:
    """Claims of one message."""
    return [row for row in world.claim_out() if row["message_id"] == message]


@pytest.mark.parametrize("kind", ["agent", "ai"])
def test_a_send_waits_for_its_verdict(world: World, kind: str) -> None:
    """No claim takes it, however often; its release fetches it back at once, and the router is told."""
    chat = Judged(world)
    if kind == "ai":
        message = world.answered(chat.tenant)["message_id"]
    else:
        message = world.enqueue(world.arrive(chat.tenant), SECRET)["message_id"]
    message = uuid.UUID(str(message))
    for _ in range(3):
        assert claim_of(world, message) == []
    assert world.queue(message)["status_reason"] == "moderation"
    chat.judge(message)
    [claim] = claim_of(world, message)
    assert world.finish(claim) == "sent"
    chat.sound()


def test_a_mask_is_what_leaves(world: World) -> None:
    """The adapter gets the text with its mask, subject included; a device that asks again gets the same."""
    chat = Judged(world)
    message = world.enqueue(world.arrive(chat.tenant, subject="Price"), SECRET)["message_id"]
    chat.judge(message, "filtered", filtered_content="Call [phone]", filtered_subject="Re: [masked]")
    [claim] = claim_of(world, message)
    sent = details(world, claim)
    assert (sent["body"], sent["subject"]) == ("Call [phone]", "Re: [masked]")
    chat.sound()


def test_what_is_blocked_never_leaves(world: World) -> None:
    """Its send is cancelled with the reason; an appeal shows the text, and sends nothing."""
    chat = Judged(world)
    message = world.enqueue(world.arrive(chat.tenant), SECRET)["message_id"]
    chat.judge(message, "blocked")
    queue = world.queue(message)
    assert (queue["status"], queue["status_reason"]) == ("cancelled", "moderation_blocked")
    assert world.value("select count(*) from private.outbound_work where queue_id = %s", queue["id"]) == 0
    chat.decide(message, "approved")
    assert claim_of(world, message) == [] and world.status(message) == "cancelled"
    chat.sound()


def test_what_a_person_has_to_read_waits_for_him(world: World) -> None:
    """An agent's message in review is sent once it was approved, and cancelled when it is stopped."""
    chat = Judged(world)
    arrived = world.arrive(chat.tenant)
    first, second = (world.enqueue(arrived, SECRET)["message_id"] for _ in range(2))
    for message in (first, second):
        chat.judge(message, "review")
        assert claim_of(world, message) == [] and world.status(message) == "queued"
    chat.decide(first, "filtered", filtered_content="Call *")
    chat.decide(second, "blocked")
    [claim] = claim_of(world, first)
    assert details(world, claim)["body"] == "Call *" and world.status(second) == "cancelled"
    chat.sound()


@pytest.mark.parametrize("decision", ["review", "blocked"])
def test_an_ai_that_was_stopped_calls_a_person(world: World, decision: str) -> None:
    """The conversation is a person's, he is told, and the reply stays at home; what was answered by it he sees."""
    chat = Judged(world)
    answer = world.answered(chat.tenant)
    chat.judge(answer["message_id"], decision)
    thread = world.thread(answer["thread_id"])
    queue = world.queue(answer["message_id"])
    assert (thread["control"], queue["status"], queue["status_reason"]) == (
        "human", "cancelled", f"moderation_{decision}")  # fmt: skip
    assert world.value("select count(*) from public.notifications where thread_id = %s and kind = 'human_takeover'",
                       answer["thread_id"]) == 1  # fmt: skip
    chat.decide(answer["message_id"], "approved")
    assert claim_of(world, uuid.UUID(str(answer["message_id"]))) == []
    chat.sound()


def test_a_reply_that_was_replaced_calls_nobody(world: World) -> None:
    """The contact wrote again before it was judged: it was not to leave any more, whatever is found in it."""
    chat = Judged(world)
    answer = world.answered(chat.tenant)
    world.arrive(chat.tenant, body="One more thing")
    claim = next(row for row in world.claim() if row["thread_id"] == answer["thread_id"])
    world.complete(claim)
    assert world.status(answer["message_id"]) == "cancelled"
    chat.judge(answer["message_id"], "blocked")
    assert world.thread(answer["thread_id"])["control"] == "ai"
    chat.sound()


def test_a_batch_of_decisions_goes_through_the_gate_too(world: World) -> None:
    """Replies that would be written set by set wait one by one where the AI is judged."""
    chat = Judged(world)
    world.arrive(chat.tenant, "one@people.test")
    world.arrive(chat.tenant, "two@people.test")
    claims = world.claim()
    decision = {"action": "auto_reply", "reply": SECRET, "decider": "test", "confidence": 0.9}
    results = world.complete_together([
        (claim, decision | {"control_epoch": claim["control_epoch"]}) for claim in claims])  # fmt: skip
    assert [result["result"] for result in results] == ["recorded"] * 2
    assert {chat.status(result["message_id"]) for result in results} == {"pending"}
    assert world.claim_out() == []
    chat.sound()


def test_what_cannot_be_masked_is_held(world: World) -> None:
    """The values of a template, and the name of a file: a person reads them; a mask elsewhere leaves them alone."""
    chat = Judged(world)
    tenant = chat.tenant
    agent = tenant.people["agent"]
    sent = world.rpc(agent, tenant, "send_message(%s, 'Soon', 't1', null, null, %s::jsonb)",
                     whatsapp(world, tenant, hours_ago=25)["thread_id"],
                     '{"name": "reminder", "language": "en_US", "variables": ["555-0100"]}')  # fmt: skip
    assert chat.inputs(sent["message_id"])["body"] == "Soon\n555-0100"
    assert chat.judge(sent["message_id"], "filtered", filtered_content="Soon\n*")["moderation_status"] == "review"
    ann, bob, thread = chat.talk()

    def with_file(body: str, name: str) -> uuid.UUID:
        file = chat.call(ann, "reserve_attachment", filename=name, content_type="application/pdf", size_bytes=9)
        said = chat.say(ann, thread, body, attachments=[uuid.UUID(file["attachment_id"])])
        return uuid.UUID(said["message_id"])

    named = with_file("Here", "555-0100.pdf")
    assert chat.judge(named, "filtered", filtered_content="Here\n*.pdf")["moderation_status"] == "review"
    fine = with_file("555-0100", "quote.pdf")
    assert chat.judge(fine, "filtered", filtered_content="*\nquote.pdf")["moderation_status"] == "filtered"
    assert chat.bodies(bob, thread) == ["One", "*"]
    nothing = uuid.UUID(chat.say(ann, thread, "555-0100")["message_id"])
    assert chat.judge(nothing, "filtered", filtered_content="555-0100")["moderation_status"] == "review"
    chat.sound()


def test_an_announcement_is_judged_once(world: World) -> None:
    """As its author's; nobody gets it before, what he gets is masked as the one, and stopped it ends."""
    chat = Judged(world)
    people = [chat.person(name) for name in ("Ann", "Bob")]

    def got() -> list[str]:
        return [one["preview"] for who in people for one in chat.list(who) if one["kind"] == "broadcast"]

    made = tell(chat, SECRET)
    message = world.value("select message_id from public.broadcasts where id = %s", made["id"])
    assert (deliver(world), got(), chat.status(message)) == (0, [], "pending")
    chat.judge(message, "filtered", filtered_content="Call [phone]")
    deliver(world, 100)
    assert got() == ["Call [phone]"] * 2
    stopped = tell(chat, "Something else")
    chat.judge(world.value("select message_id from public.broadcasts where id = %s", stopped["id"]), "blocked")
    deliver(world, 100)
    assert got() == ["Call [phone]"] * 2
    assert world.value("select status from public.broadcasts where id = %s", stopped["id"]) == "cancelled"
    chat.sound()


def test_search_finds_what_was_passed(world: World) -> None:
    """Not what waits or was stopped, and under a mask nothing; the staff see their own held text in its conversation."""
    chat = Judged(world, search_policy="full")
    arrived = world.arrive(chat.tenant, body="Hello")
    agent = chat.tenant.people["agent"]
    first, second, third = (world.enqueue(arrived, f"zebrafish {n}")["message_id"] for n in range(3))

    def found() -> list[Any]:
        with world.acting(agent, chat.tenant) as connection:
            rows = connection.execute("select message_id from public.search_messages('zebrafish')").fetchall()
        return [row["message_id"] for row in rows]

    assert found() == []
    chat.judge(first)
    chat.judge(second, "blocked")
    chat.judge(third, "filtered", filtered_content="[masked]")
    assert found() == [first]
    assert "zebrafish" not in str(world.message(third)["search_vector"])


def test_what_is_held_has_moved_nothing_for_who_does_not_see_it(world: World) -> None:
    """A customer who writes past it is not refused for it, and so not told of it; once it was sent he is."""
    chat = Judged(world)
    ann = chat.person("Ann")
    world.session(chat.tenant.id, "in_app", "app")
    thread = uuid.UUID(chat.call(ann, "start_thread", body="Hello?")["thread_id"])
    sent = world.rpc(chat.tenant.people["agent"], chat.tenant, "send_message(%s, 'zebrafish')", thread)
    assert chat.say(ann, thread, "And?", expected_last_seq=1)["seq"] == 3
    chat.judge(sent["message_id"])
    [claim] = [row for row in world.claim_out(classes={"in_app": "I"}) if row["thread_id"] == thread]
    world.finish(claim)
    with refused("PT409", code="thread_moved") as told:
        chat.say(ann, thread, "Well?", expected_last_seq=1)
    assert [one["body"] for one in detail(told[0])["new_messages"]] == ["zebrafish", "And?"]
