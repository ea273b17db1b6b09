"""From a message on Telegram to the answer on Telegram, over real processes and a Bot API that can lose answers."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.db.helpers import Row
from tests.support.database import Database
from tests.support.loopback import Telegrams, stored
from tests.workers.harness import QUESTION, Room, wait_until

PEOPLE = 120


@pytest.fixture
def telegrams() -> Iterator[Telegrams]:
    """A Bot API of this test's own."""
    with Telegrams(seed=5) as made:
        yield made


@pytest.fixture
def room(database: Database, tmp_path: Path, telegrams: Telegrams) -> Iterator[Room]:
    """A room with the product at work on Telegram."""
    made = Room(database, tmp_path, telegram_url=telegrams.url)
    made.start("telegram", "inbound", "outbound")
    made.wait_for_listeners("inbound", "outbound")
    yield made
    made.close()


def queue(room: Room) -> list[Row]:
    """Everything that was to be sent, with its attempts."""
    return room.world.all(
        "select q.*, m.body, m.delivery_status, (select count(*) from public.dispatch_attempts a"
        " where a.tenant_id = q.tenant_id and a.queue_id = q.id) as tries from public.et_outbound_queue q"
        " join public.et_messages m on m.tenant_id = q.tenant_id and m.id = q.message_id order by q.created_at"
    )


def test_a_message_on_telegram_is_answered_on_telegram(room: Room, telegrams: Telegrams) -> None:
    """In private to the person, in a group to the group; each answer quotes its question and is recorded as sent."""
    bot, session = telegrams.connect(room, room.tenant())
    asked = telegrams.write(bot, 42, QUESTION)
    group = {"id": -1007, "type": "supergroup", "title": "Neighbours"}
    in_group = telegrams.write(bot, 43, QUESTION, chat=group)
    telegrams.write(bot, 44, "/start")
    wait_until(lambda: len(telegrams.delivered()) >= 2, 60, what=room.logs)
    room.settle()
    answers = {message["chat"]["id"]: message for message in telegrams.delivered()}
    assert set(answers) == {42, -1007}, "nobody answers a /start"
    assert all("open" in answer["text"].lower() for answer in answers.values())
    assert answers[42]["reply_to_message"]["message_id"] == asked["message_id"]
    assert answers[-1007]["reply_to_message"]["message_id"] == in_group["message_id"]
    sent = queue(room)
    assert {row["status"] for row in sent} == {"sent"}
    assert {row["provider_message_id"] for row in sent} == {
        f"{session}:{chat}:{answer['message_id']}" for chat, answer in answers.items()
    }
    statuses = {row["sender_address"]: row["delivery_status"] for row in stored(room, session)}
    assert set(statuses.values()) == {"inbound_ai_replied"}
    declared = room.world.one("select * from private.channel_providers where provider = 'telegram'")
    assert (declared["delivery_class"], declared["max_body_chars"], declared["recipient_interval_s"]) == ("N", 4096, 1)
    assert room.violations() == []


def test_lost_acknowledgements_double_nothing_and_every_unknown_is_listed(room: Room, telegrams: Telegrams) -> None:
    """Telegram takes every message, and for 5 % of them its answer is lost: each person gets one answer, and the sends
    that nobody knows of are listed, exactly those."""
    bot, session = telegrams.connect(room, room.tenant())
    telegrams.order("lost", calls="sendMessage", rate=0.05)
    telegrams.order("limit", calls="sendMessage", rate=0.01, seconds=1)
    for person in range(1, PEOPLE + 1):
        telegrams.write(bot, person, QUESTION)
    wait_until(lambda: len(stored(room, session)) == PEOPLE, 60, 0.1, room.logs)
    room.settle()
    answers = Counter(message["chat"]["id"] for message in telegrams.delivered())
    lost = telegrams.provider.faults.happened["lost"]
    rows = queue(room)
    statuses = Counter(row["status"] for row in rows)
    listed = room.world.all("select * from public.et_outbound_queue where status = 'dispatch_unknown'")
    print({"people": PEOPLE, "answers": sum(answers.values()), "lost": lost, "statuses": dict(statuses),
           "told to wait": telegrams.provider.faults.happened.get("limit", 0)})  # fmt: skip
    assert max(answers.values()) == 1, "somebody got two answers"
    assert lost > 0, "no answer was lost: the test proved nothing"
    assert statuses == {"sent": PEOPLE - lost, "dispatch_unknown": lost}
    assert len(listed) == lost
    # A call that was told to wait and whose answer was lost as well delivered nothing: it is listed, too.
    unanswered = {str(person) for person in range(1, PEOPLE + 1) if person not in answers}
    assert unanswered <= {row["recipient"] for row in listed}
    assert room.violations() == []


def test_who_blocked_the_bot_is_left_alone_until_he_comes_back(room: Room, telegrams: Telegrams) -> None:
    """The refusal suppresses the address; when the person lets the bot in again and writes, he is answered."""
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant)
    telegrams.order("slow", calls="sendMessage", times=1, seconds=3.0)
    telegrams.write(bot, 42, QUESTION)
    wait_until(lambda: len(stored(room, session)) == 1, 60, 0.02, room.logs)
    telegrams.loopback.do(telegrams.provider.block, bot.token, 42)
    room.settle()
    (refused,) = queue(room)
    assert refused["status"] == "bounced"
    (suppression,) = room.world.all("select * from public.suppressions where tenant_id = %s", tenant.id)
    assert (suppression["kind"], suppression["address"], suppression["reason"]) == ("telegram", "42", "bounced")
    telegrams.loopback.do(telegrams.provider.block, bot.token, 42, blocked=False)
    telegrams.write(bot, 42, "Hello, how are your opening hours on Monday?")
    wait_until(telegrams.delivered, 60, what=room.logs)
    assert room.world.all("select * from public.suppressions where tenant_id = %s", tenant.id) == []
    lifted = room.world.all("select * from public.audit_log where action = 'suppression.lifted' and tenant_id = %s", tenant.id)  # fmt: skip
    assert len(lifted) == 1


def test_answers_keep_telegrams_pace(room: Room, telegrams: Telegrams) -> None:
    """Seven messages to one person leave a second apart, so that Telegram never has to refuse one."""
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant)
    telegrams.write(bot, 42, "I want to talk to a real person.")
    wait_until(lambda: stored(room, session), 60, 0.05, room.logs)
    room.settle()
    thread = stored(room, session)[0]["thread_id"]
    for number in range(7):
        room.world.rpc(tenant.people["owner"], tenant, "send_message(%s, %s)", thread, f"No. {number}")
    started = time.monotonic()
    wait_until(lambda: len(telegrams.delivered()) == 7, 60, 0.05, room.logs)
    took = time.monotonic() - started
    at = [one["at"] for one in telegrams.loopback.do(list, telegrams.provider.deliveries)]
    gaps = [later - before for before, later in itertools.pairwise(at)]
    print({"seconds": round(took, 1), "shortest pause": round(min(gaps), 3)})
    assert at[-1] - at[0] > 5, "seven messages take six seconds"
    assert telegrams.provider.calls["sendMessage"] == 7, "nothing was refused"
    assert sorted(message["text"] for message in telegrams.delivered()) == [f"No. {number}" for number in range(7)]
