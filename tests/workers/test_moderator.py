"""The moderator at work: what waits is released, masked, held or stopped, and never lost, however often it dies."""

import itertools
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.db.chat.kit import Person
from tests.db.moderation.kit import Judged
from tests.support.database import Database
from tests.support.messages_api import Answering, Call, MessagesAPI, Reply, error, message
from tests.support.patience import PATIENCE_S
from tests.workers.harness import Room, kill_again_and_again, threads, wait_until

CALM, PHONE, THREAT = "See you on Tuesday.", "Call me at 510-574-7946.", "I will kill you and your family tonight."
ENDS = {CALM: "approved", PHONE: "filtered", THREAT: "blocked"}
MOST_WAITING = 100
"""Whoever writes while moderators die waits when so many messages do."""
PEOPLE: dict[str, Any] = {"people": {"before": {}, "after": {}}}


@pytest.fixture(scope="module")
def watched(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room with a moderator, whose model is none."""
    made = Room(module_database, tmp_path_factory.mktemp("watched"))
    made.start("moderator")
    made.wait_for_listeners("moderator")
    yield made
    made.close()


def settled(chat: Judged, message_id: Any, timeout_s: float = PATIENCE_S) -> str:
    """The status of a message that waits no more."""
    wait_until(lambda: chat.status(message_id) != "pending", timeout_s, 0.005, lambda: f"{message_id} still waits")
    return chat.status(message_id)


def talking(chat: Judged) -> tuple[Person, Person, str]:
    """Two people and their conversation, which is empty."""
    ann, bob = chat.pair()
    return ann, bob, chat.start(ann, bob)["thread_id"]


def test_what_waits_is_judged_at_once(watched: Room) -> None:
    """Approved as it is, masked, or stopped with a row in the log; the comments tell the sender what to change."""
    chat = Judged(watched.world)
    ann, bob, thread = talking(chat)
    said = {body: uuid.UUID(chat.say(ann, thread, body)["message_id"]) for body in ENDS}
    assert {body: settled(chat, message_id) for body, message_id in said.items()} == ENDS
    assert sorted(chat.bodies(bob, thread)) == ["Call me at [phone removed].", CALM]
    rows = watched.world.all("select visibility, kind from public.agent_comments where message_id = %s", said[PHONE])
    assert rows == [{"visibility": "sender", "kind": "phone"}]
    assert (
        watched.world.value("select count(*) from public.blocked_messages_log where tenant_id = %s", chat.tenant.id)
        == 1
    )
    chat.sound()


def test_a_number_split_over_messages_is_found_in_the_last(watched: Room) -> None:
    """What the sender wrote before is read with it."""
    chat = Judged(watched.world)
    ann, _, thread = talking(chat)
    ids = []
    for piece in ("510", "574", "7946"):
        ids.append(uuid.UUID(chat.say(ann, thread, piece)["message_id"]))
        settled(chat, ids[-1])
    assert [chat.status(one) for one in ids] == ["approved", "approved", "filtered"]


def test_an_edit_is_judged_like_a_new_text(watched: Room) -> None:
    """Harmless first and changed later is no way through."""
    chat = Judged(watched.world)
    ann, bob, thread = talking(chat)
    message_id = chat.say(ann, thread, CALM)["message_id"]
    settled(chat, message_id)
    chat.call(ann, "edit_own_message", message_id=uuid.UUID(message_id), body=PHONE)
    assert settled(chat, message_id) == "filtered"
    assert chat.bodies(bob, thread) == ["Call me at [phone removed]."]
    chat.sound()


def test_what_no_detector_can_read_goes_to_a_person(watched: Room) -> None:
    """After eight failures it is held for review, and the others are judged meanwhile."""
    broken = Judged(watched.world, {"people": {"before": {"phone": {"action": "shout"}}, "after": {}}})
    fine = Judged(watched.world)
    ann, bob, thread = talking(broken)
    stuck = broken.say(ann, thread, CALM)["message_id"]

    def hurried() -> bool:
        watched.world.owner.execute(
            "update private.moderation_work set run_at = clock_timestamp(), is_later = false"
            " where tenant_id = %s and lease_until is null", [broken.tenant.id],
        )  # fmt: skip
        watched.world.owner.execute("notify et_moderation")
        return broken.status(stuck) == "review"

    carl, _, other = talking(fine)
    said = fine.say(carl, other, CALM)["message_id"]
    wait_until(hurried, 60, 0.05, watched.logs)
    assert settled(fine, said) == "approved"
    assert broken.bodies(bob, thread) == []
    broken.sound()


def killed_again_and_again(database: Database, tmp_path: Any, kills: int) -> None:
    """Kill moderators while people write; afterwards each message has become what it had to, once."""
    room = Room(database, tmp_path)
    room.lease(1)
    said: dict[str, str] = {}
    try:
        chat = Judged(room.world, sends_per_minute=100000)
        rooms = [talking(chat) for _ in range(4)]
        ended: list[int] = []

        def write() -> None:
            writer = Judged.__new__(Judged)
            writer.world, writer.tenant = type(room.world)(database), chat.tenant
            for number in itertools.count():
                if ended and number > 150:
                    break
                ann, _, thread = rooms[number % len(rooms)]
                body = list(ENDS)[number % len(ENDS)]
                said[writer.say(ann, thread, body)["message_id"]] = body
                time.sleep(0.005)
                while writer.world.value("select count(*) from private.moderation_work") > MOST_WAITING:
                    time.sleep(0.02)
            writer.world.close()

        def kill() -> None:
            kill_again_and_again(room, "moderator", kills, 0.6, busy=lambda: bool(room.unsettled_moderation()))
            ended.append(1)

        with threads(write, kill) as wait:
            wait()
        # One that many moderators died with rests up to sixteen leases before it is tried again.
        wait_until(lambda: not room.unsettled_moderation(), 150, 0.05, room.logs)
        found = {
            str(row["id"]): row["moderation_status"] for row in room.world.all(
                "select id, moderation_status from public.et_messages where tenant_id = %s", chat.tenant.id
            )
        }  # fmt: skip
        assert set(said) <= set(found)
        # One that eight of them died with is held for a person; everything else became what it had to.
        unjudged = {
            str(row["message_id"]) for row in room.world.all(
                "select message_id from public.moderation_verdicts where tenant_id = %s and kinds = '{unjudged}'",
                chat.tenant.id,
            )
        }  # fmt: skip
        wanted = {one: "review" if one in unjudged else ENDS[body] for one, body in said.items()}
        assert {one: found[one] for one in said} == wanted
        assert len(unjudged) <= len(said) / 20
        verdicts = Counter(str(row["message_id"]) for row in room.world.all(
            "select message_id from public.moderation_verdicts where tenant_id = %s", chat.tenant.id
        ))  # fmt: skip
        assert set(verdicts.values()) == {1}, "a message was judged twice"
        assert room.violations() == []
    finally:
        room.close()


def test_nothing_is_lost_however_often_the_moderator_is_killed(database: Database, tmp_path: Any) -> None:
    """Killed at random moments while people write: each message ends as exactly one of shown, masked or stopped."""
    killed_again_and_again(database, tmp_path, 12)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_five_hundred_kills_of_the_moderator_lose_and_double_nothing(database: Database, tmp_path: Any) -> None:
    """The same, as long as the other workers have to stand it."""
    killed_again_and_again(database, tmp_path, 500)


def test_while_no_moderator_lives_messages_wait(database: Database, tmp_path: Any) -> None:
    """Nobody sees them; the next one that lives judges them all."""
    room = Room(database, tmp_path)
    try:
        chat = Judged(room.world)
        ann, bob, thread = talking(chat)
        waiting = [chat.say(ann, thread, CALM)["message_id"] for _ in range(3)]
        time.sleep(0.3)
        assert {chat.status(one) for one in waiting} == {"pending"}
        assert chat.bodies(bob, thread) == []
        chat.sound()
        room.start("moderator")
        assert {settled(chat, one) for one in waiting} == {"approved"}
        assert chat.bodies(bob, thread) == [CALM] * 3
    finally:
        room.close()


# ── a second opinion ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asked(database: Database, tmp_path: Any) -> Iterator[Callable[..., tuple[Room, MessagesAPI]]]:
    """A room whose moderator asks a server that answers as told."""
    opened: list[Any] = []

    def make(answer: Answering, **settings: Any) -> tuple[Room, MessagesAPI]:
        api = MessagesAPI(answer)
        api.__enter__()
        room = Room(database, tmp_path, **(api.settings() | settings))
        opened.extend((api, room))
        room.start("moderator")
        return room, api

    yield make
    for one in reversed(opened):
        one.close() if isinstance(one, Room) else one.__exit__(None, None, None)


def seconded(room: Room, **opinion: Any) -> Judged:
    """A tenant that wants a model asked about everything."""
    chat = Judged(room.world)
    chat.decree({"regions": ["US"], "lanes": PEOPLE, "second_opinion": {"when": "always", **opinion}})
    room.world.owner.execute("select private.set_ai_budget(%s, 10)", [chat.tenant.id])
    return chat


def test_a_model_tightens_and_never_loosens(asked: Callable[..., tuple[Room, MessagesAPI]]) -> None:
    """What only it sees is stopped; what the rules stop or mask it cannot let through; its answer is on record."""

    def answer(call: Call) -> Reply:
        text = call.user["message"]
        found = [{"kind": "scam", "quote": text, "confidence": 0.97}] if "river" in text else []
        return message({"findings": found})

    room, api = asked(answer)
    chat = seconded(room)
    ann, bob, thread = talking(chat)
    texts = {"Meet where the river bends and bring cash.": "blocked", **ENDS}
    said = {body: chat.say(ann, thread, body)["message_id"] for body in texts}
    assert {body: settled(chat, one) for body, one in said.items()} == texts
    assert sorted(chat.bodies(bob, thread)) == ["Call me at [phone removed].", CALM]
    assert THREAT not in {call.user["message"] for call in api.asked("moderate")}
    rows = room.world.all(
        "select v.decider, v.decision, d.inputs from public.moderation_verdicts v join private.verdict_documents d"
        " on d.tenant_id = v.tenant_id and d.verdict_id = v.id where v.message_id = %s order by v.id",
        next(iter(said.values())),
    )  # fmt: skip
    assert [(row["decider"], row["decision"]) for row in rows] == [("rules", "approved"), ("model", "blocked")]
    assert rows[-1]["inputs"]["model"]["findings"] == [{"kind": "scam", "span": [0, 42], "confidence": 0.97}]
    assert room.world.value("select count(*) from public.ai_calls where tenant_id = %s and purpose = 'moderation'",
                            chat.tenant.id) == 3  # fmt: skip
    chat.sound()


@pytest.mark.parametrize(
    "reply",
    [Reply(delay_s=60), error(529, retry_after="120"), message("No.", stop_reason="refusal"),
     message('{"findings": [', stop_reason="max_tokens"), message("It is fine.")],
    ids=["slow", "overloaded", "refusing", "truncated", "prose"],
)  # fmt: skip
def test_without_an_answer_the_rules_stand_unless_the_policy_wants_a_person(
    asked: Callable[..., tuple[Room, MessagesAPI]], reply: Reply
) -> None:
    """A model that is away holds nobody up for longer than its deadline, and nothing slips through."""
    room, _ = asked(lambda _: reply, decider_deadline_s=1.0)
    lenient, strict = seconded(room), seconded(room, otherwise="review")
    ann, _, thread = talking(lenient)
    bob, eve, other = talking(strict)
    said = {body: lenient.say(ann, thread, body)["message_id"] for body in (CALM, PHONE)}
    held = strict.say(bob, other, CALM)["message_id"]
    assert [settled(lenient, one) for one in said.values()] == ["approved", "filtered"]
    assert settled(strict, held) == "review"
    assert strict.bodies(eve, other) == []


# ── what the machine writes ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("action", "status"), [("mask", "filtered"), ("block", "blocked"), ("allow", "approved")])
def test_what_the_machine_answers_is_judged_with_its_decision(
    database: Database, tmp_path: Any, action: str, status: str
) -> None:
    """In one transaction, without a moderator: masked it leaves masked, stopped it stays and a person is called."""
    room = Room(database, tmp_path)
    try:
        tenant = room.tenant()
        Judged(room.world, {"ai": {"after": {"phone": {"action": action}}}}, tenant=tenant)
        room.world.owner.execute(
            "insert into public.canned_replies (tenant_id, intent, body) values (%s, 'opening', %s)",
            [tenant.id, "We are here all week. Call 510-574-7946."],
        )
        room.start("inbound")
        arrived = room.world.arrive(tenant, "ann@people.test", "Hello, what are your opening hours this week?")
        decision = room.decided(arrived["id"])
        answer = room.world.message(decision["reply_message_id"])
        assert answer["moderation_status"] == status
        assert ("510" in answer["body"]) == (action != "mask")
        queued = room.world.queue(answer["id"])["status"]
        control = room.world.thread(arrived["thread_id"])["control"]
        assert (queued, control) == (("cancelled", "human") if action == "block" else ("queued", "ai"))
        assert room.world.value("select count(*) from private.moderation_work") == 0
        assert room.violations() == []
    finally:
        room.close()
