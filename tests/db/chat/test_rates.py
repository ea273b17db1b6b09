"""How much is read, how soon, and how long answers take: counted right, and telling nothing of single people."""

from datetime import timedelta
from typing import Any

import pytest

from tests.db.chat.written import DAY, NOON, Written, figures
from tests.db.helpers import Row, World, refused

TIMES = ("first_p50_seconds", "first_p95_seconds", "later_p50_seconds", "later_p95_seconds")


def one(rows: list[Row], **wanted: Any) -> Row:
    """The only item with these members."""
    (found,) = [row for row in rows if wanted.items() <= row.items()]
    return found


def test_what_was_read_and_how_soon(world: World) -> None:
    """Shares come from cursors, times from the message each stands at; one's own messages wait for nobody."""
    tenant = world.tenant()
    for n in range(6):
        talk = Written(world, tenant)
        talk.say(0)
        talk.say(0, 1)
        talk.say(1, 5)
        talk.say("system", 6)
        talk.read(1, 2, 2 + n)
    (row,) = figures(world, tenant, "reading_rates")
    assert row == {
        "day": str(DAY), "kind": "direct", "channel": "in_app", "reader": "person", "readers": 12, "readings": 18,
        "read": 12, "read_share": 0.6667, "timed": 6, "read_p50_seconds": 210, "read_p95_seconds": 345,
    }  # fmt: skip


def test_fewer_than_five_people_are_nobodys_business(world: World) -> None:
    """Of conversations between people a small count has no figures; of the business's own it has."""
    tenant = world.tenant()
    for _ in range(2):
        talk = Written(world, tenant, "group")
        talk.say(0)
        talk.say(1, 1)
        talk.read(1, 1, 3)
    shop = Written(world, tenant, "channel")
    shop.say("customer")
    shop.say("ai", 1)
    shop.read(0, 2, 4)
    read = figures(world, tenant, "reading_rates")
    hidden = one(read, kind="group")
    assert (hidden["readers"], hidden["readings"]) == (4, 4)
    assert {hidden[name] for name in ("read", "read_share", "timed", "read_p50_seconds", "read_p95_seconds")} == {None}
    assert one(read, reader="person", kind="business")["read_p50_seconds"] == 180
    assert one(read, reader="staff")["read_share"] == 0 and one(read, reader="staff")["readers"] is None
    answers = figures(world, tenant, "answer_times")
    assert {one(answers, kind="group")[name] for name in TIMES} == {None}
    assert one(answers, kind="group")["first_answers"] == 2 and one(answers, kind="business")["first_p50_seconds"] == 60


def test_nobody_answers_for_what_was_before_him(world: World) -> None:
    """Whoever joined later, or left, is no reader of what was written; what is held back is not there."""
    tenant = world.tenant()
    talk = Written(world, tenant, "channel")
    talk.say("agent")
    talk.join(world.user(), NOON + timedelta(minutes=1))
    talk.say("agent", 2, moderation_status="review")
    talk.say("agent", 3, delivery_status="failed")
    gone = world.user()
    talk.join(gone, NOON - timedelta(1))
    world.owner.execute("update public.thread_participants set left_at = now() where user_id = %s", [gone])
    assert one(figures(world, tenant, "reading_rates"), reader="person")["readings"] == 1


def test_a_phone_tells_by_receipts(world: World) -> None:
    """WhatsApp's receipts say when; mail has none and no reader, only the staff's side."""
    tenant = world.tenant()
    phone, mail = Written(world, tenant, "channel", "whatsapp"), Written(world, tenant, "channel", "email")
    for status, minutes in (("read", 0), ("delivered", 1)):
        message = phone.say("agent", minutes, delivery_status=status)
        world.owner.execute(
            "insert into public.delivery_receipts (tenant_id, provider, event_id, kind, message_id, occurred_at)"
            " values (%s, 'x', %s, %s, %s, %s)",
            [tenant.id, status, status, message, NOON + timedelta(minutes=9)],
        )
    mail.say("customer")
    mail.say("agent", 1)
    rows = figures(world, tenant, "reading_rates")
    row = one(rows, channel="whatsapp")
    assert (row["readings"], row["read"], row["timed"], row["read_p95_seconds"]) == (2, 1, 1, 540)
    assert one(rows, channel="email")["reader"] == "staff"


def test_answers_by_person_agent_and_ai(world: World) -> None:
    """From the first message that waited; an agent answers, too, when the AI was quicker; a customer's are his own."""
    tenant = world.tenant()
    shop = Written(world, tenant, "channel", "email")
    shop.say("customer")
    shop.say("customer", 1)
    shop.say("customer", 1, auto_class="auto_reply")
    shop.say("ai", 2)
    shop.say("ai", 3)
    shop.say("agent", 10)
    shop.say("ai", 11, cause_kind="follow_up")
    shop.say("customer", 20)
    shop.say("agent", 26)
    rows = figures(world, tenant, "answer_times")
    ai, agent, customer = (one(rows, answered_by=who) for who in ("ai", "agent", "customer"))
    assert (ai["first_answers"], ai["first_p50_seconds"], ai["later_answers"]) == (1, 120, 0)
    assert (agent["first_answers"], agent["first_p50_seconds"]) == (1, 600)
    assert (agent["later_answers"], agent["later_p50_seconds"], agent["later_p95_seconds"]) == (1, 360, 360)
    assert (customer["first_answers"], customer["later_answers"], customer["later_p50_seconds"]) == (0, 1, 1080)
    assert {row["conversations"] for row in rows} == {1} and {row["kind"] for row in rows} == {"business"}


def test_what_waited_before_the_span_is_answered_in_it(world: World) -> None:
    """The same figures whatever day one asks about, and a first answer is one only where nothing was answered before."""
    tenant = world.tenant()
    night = 60 * 24
    fresh, known = (Written(world, tenant, "channel", "email") for _ in range(2))
    fresh.say("customer")
    fresh.say("customer", 60)
    fresh.say("agent", night)
    known.say("customer", -2 * night)
    known.say("agent", -night)
    known.say("customer")
    known.say("agent", night)
    whole = figures(world, tenant, "answer_times", first=-5, last=5)
    by_day = [row for day in range(5, -6, -1) for row in figures(world, tenant, "answer_times", first=day, last=day)]
    assert by_day == whole and [row["day"] for row in whole] == [str(DAY + timedelta(n)) for n in (1, 0, -1)]
    assert (whole[0]["first_answers"], whole[0]["later_answers"], whole[0]["first_p50_seconds"]) == (1, 1, 86400)
    assert figures(world, tenant, "reading_rates", first=5, last=6) == []


def test_who_may_ask(world: World) -> None:
    """Staff with the manage right: no viewer, nobody of the chat; a stranger's own are empty; a span has its bounds."""
    tenant, other = world.tenant("viewer", "agent"), world.tenant()
    talk = Written(world, tenant, "channel")
    talk.say("agent")
    talk.say("customer", 1)
    for name in ("reading_rates", "answer_times"):
        assert figures(world, tenant, name, "agent") != [] and figures(world, other, name) == []
        for user in (tenant.people["viewer"], talk.people[0], other.people["owner"]):
            with refused("PT403"):
                world.rpc(user, tenant, f"{name}(%s, %s)", DAY, DAY)
        for first, last in ((0, -1), (-366, 0)):
            with refused("PT422", code="bad_span"):
                figures(world, tenant, name, first=first, last=last)


@pytest.mark.parametrize("name", ["tenant_reading", "tenant_answers"])
def test_the_counting_itself_is_nobodys_to_call(world: World, name: str) -> None:
    """What takes a tenant's id is the owner's."""
    tenant = world.tenant()
    assert not world.value(
        f"select has_function_privilege('authenticated', 'private.{name}(uuid,date,date)', 'execute')"
    )
    assert world.value(f"select private.{name}(%s, %s, %s)", tenant.id, DAY, DAY) == []
