"""Chat messages on their way to the devices of the people they are new to: to whom, when, what is shown, and once."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.db.chat.kit import Chat, Person
from tests.db.helpers import Row, World
from tests.db.push.test_notifying import ACCEPTED, GONE, claim, end, endpoints, finish, start, states
from tests.db.push.test_push import register

LATER = {"kind": "retry", "error_code": "503"}


class Pushed(Chat):
    """A chat whose people carry devices, told at once unless a test says otherwise."""

    def __init__(self, world: World, **settings: Any) -> None:
        super().__init__(world, **{"push_delay_s": 0, **settings})

    def carry(self, person: Person, *names: str) -> None:
        """Browsers of a person."""
        for name in names or (person.name.lower(),):
            register(self.world, person.user, None, f"https://push.test/{self.tenant.slug}/{name}", self.tenant.slug)

    def talk(self) -> tuple[Person, Person, uuid.UUID]:
        """Ann writes to Bob, who carries a phone; her conversation is there, and nothing of it waits."""
        ann, bob = self.pair()
        self.carry(ann)
        self.carry(bob)
        return ann, bob, uuid.UUID(self.start(ann, bob)["thread_id"])

    def due(self) -> list[Row]:
        """What a notifier gets."""
        return claim(self.world)

    def states(self) -> list[tuple[str, str | None]]:
        """How the tenant's pushes stand, and that every invariant holds."""
        self.sound()
        return states(self.world, self.tenant)

    def judge(self, message: Any, status: str) -> None:
        """Moderation decides."""
        change = "select public.edit_message(%s, jsonb_build_object('moderation_status', %s::text))"
        self.world.owner.execute(change, [message, status])


@pytest.fixture
def chat(world: World) -> Pushed:
    """A tenant whose people write to each other and carry devices."""
    return Pushed(world)


def test_a_message_is_pushed_to_everybody_it_is_new_to(world: World, chat: Pushed) -> None:
    """On each of his devices, with who wrote and how many; not to who wrote it, nor to people of another tenant or of
    another conversation."""
    ann, bob, thread = chat.talk()
    chat.carry(bob, "tablet")
    carl = chat.person("Carl")
    chat.carry(carl)
    stranger = Pushed(world)
    stranger.carry(stranger.person("Sam"))
    chat.say(ann, thread, "Tuesday at nine?")
    pushes = chat.due()
    assert endpoints(pushes) == ["bob", "tablet"]
    shown = pushes[0]["content"]
    assert (shown["sender_name"], shown["count"], shown["unread"], shown["thread_id"]) == ("Ann", 1, 1, str(thread))
    assert "Tuesday" not in str(shown) and shown["language"] == "en"
    assert [finish(world, push, ACCEPTED) for push in pushes] == ["pushed"] * 2
    assert chat.due() == [] and chat.states() == [("pushed", None)] * 2
    assert states(world, stranger.tenant) == []


def test_a_device_registered_at_another_business_hears_nothing(world: World, chat: Pushed) -> None:
    """One person, a contact of two businesses, who let only one of them push."""
    ann, bob, thread = chat.talk()
    other = Pushed(world)
    email = world.value("select email from auth.users where id = %s", bob.user)
    world.arrive(other.tenant, email)
    world.rpc(bob.user, None, "claim_contact(%s)", other.tenant.slug)
    world.rpc(bob.user, None, "forget_push(%s)", f"https://push.test/{chat.tenant.slug}/bob")
    other.carry(bob)
    chat.say(ann, thread)
    assert chat.due() == [] and states(world, other.tenant) == []


def test_who_reads_it_in_time_is_not_disturbed(world: World) -> None:
    """So long as the tenant says, ten seconds by default, then it is due; what was read, on whatever device, is not pushed."""
    chat = Pushed(world, push_delay_s=300)
    ann, _, thread = chat.talk()
    chat.say(ann, thread)
    wait = world.value(
        "select run_at - created_at from private.notification_pushes where tenant_id = %s", chat.tenant.id
    )
    assert timedelta(seconds=299) < wait < timedelta(seconds=400) and chat.due() == []
    bob = chat.person("Bob")
    chat.share(ann, bob)
    thread = uuid.UUID(chat.start(ann, bob)["thread_id"])
    chat.carry(bob, "other")
    chat.say(ann, thread)
    chat.call(bob, "mark_read", thread_id=thread)
    world.end_rests("notification_pushes")
    assert endpoints(chat.due()) == ["bob"]
    assert ("skipped", "read") in chat.states()
    default = world.value("select column_default from information_schema.columns where column_name = 'push_delay_s'")
    assert default == "10"


def test_a_burst_is_one_push(world: World, chat: Pushed) -> None:
    """With how many there are; what comes after it has left is another, which counts all he has not read."""
    ann, bob, thread = chat.talk()
    for number in range(3):
        chat.say(ann, thread, f"{number}")
    (push,) = chat.due()
    assert push["content"]["count"] == 3
    assert start(world, push)
    chat.say(ann, thread, "and another thing")
    assert end(world, push, ACCEPTED) == "pushed"
    (push,) = chat.due()
    assert push["content"]["count"] == 4
    finish(world, push, ACCEPTED)
    chat.call(bob, "mark_read", thread_id=thread)
    assert chat.states() == [("pushed", None)] * 2


def test_a_burst_of_any_length_keeps_its_newest_hundred(world: World, chat: Pushed) -> None:
    """A night of messages does not grow a row without end."""
    ann, _, thread = chat.talk()
    last = [chat.say(ann, thread, str(number))["message_id"] for number in range(103)][-1]
    kept = world.value("select message_ids from private.notification_pushes where tenant_id = %s", chat.tenant.id)
    assert len(kept) == 100 and str(kept[-1]) == last
    (push,) = chat.due()
    assert push["content"]["count"] == 103


def test_what_is_held_back_is_pushed_when_it_is_released(world: World) -> None:
    """Nobody hears of a pending message; its release is when it is new; blocked after all, it never was."""
    chat = Pushed(world, push_shows="preview")
    ann, bob, thread = chat.talk()
    held = [chat.say(ann, thread, body)["message_id"] for body in ("555-0100", "fine")]
    for message in held:
        chat.judge(message, "pending")
    assert chat.due() == []
    assert chat.states() == [("skipped", "withdrawn")]
    chat.judge(held[0], "approved")
    (push,) = chat.due()
    assert push["content"]["preview"] == "555-0100"
    chat.judge(held[0], "blocked")
    assert not start(world, push)
    assert chat.due() == [] and chat.states() == [("skipped", "withdrawn")] * 2
    assert chat.page(bob, thread)["unread_count"] == 0


def test_a_message_that_was_never_shown_makes_no_push(world: World, chat: Pushed) -> None:
    """Held from its first moment: no row waits."""
    ann, bob, thread = chat.talk()
    made = world.one(
        "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind, sender,"
        " sender_contact_id, sender_user_id, body, moderation_status) values (%s, %s, 'in_app', 'internal', 'sent',"
        " 'participant', %s, %s, %s, 'call me', 'pending') returning id",
        chat.tenant.id, thread, f"user:{ann.user}", ann.contact, ann.user,
    )  # fmt: skip
    assert chat.states() == []
    chat.judge(made["id"], "approved")
    assert endpoints(chat.due()) == ["bob"]
    assert chat.page(bob, thread)["unread_count"] == 1


def test_what_is_said_or_withdrawn_after_a_claim_is_told_as_it_is_then(world: World) -> None:
    """The claim is void, and the next one shows the message that came, the text that is now, or nothing."""
    chat = Pushed(world, push_shows="preview")
    ann, _, thread = chat.talk()
    first = chat.say(ann, thread, "See you Monday")["message_id"]
    (push,) = chat.due()
    chat.call(ann, "edit_own_message", message_id=uuid.UUID(first), body="See you Tuesday")
    assert not start(world, push)
    (push,) = chat.due()
    assert push["content"]["preview"] == "See you Tuesday"
    second = chat.say(ann, thread, "at nine")["message_id"]
    assert not start(world, push)
    (push,) = chat.due()
    assert (push["content"]["preview"], push["content"]["count"]) == ("at nine", 2)
    chat.call(ann, "delete_own_message", message_id=uuid.UUID(second))
    assert not start(world, push)
    (push,) = chat.due()
    assert push["content"]["preview"] == "See you Tuesday"
    chat.call(ann, "delete_own_message", message_id=uuid.UUID(first))
    assert not start(world, push)
    assert chat.due() == [] and chat.states() == [("skipped", "withdrawn")]


def test_what_is_read_after_a_claim_does_not_leave(world: World, chat: Pushed) -> None:
    """The last question is asked just before the call."""
    ann, bob, thread = chat.talk()
    chat.say(ann, thread)
    (push,) = chat.due()
    chat.call(bob, "mark_read", thread_id=thread)
    assert not start(world, push) and end(world, push, ACCEPTED) == "lost"
    assert chat.states() == [("skipped", "read")]


def test_who_does_not_want_it_is_left_alone(world: World, chat: Pushed) -> None:
    """Muted, blocked, or taken back: before it was said there is no push, after it the push is dropped, saying why."""
    ann, bob, thread = chat.talk()
    chat.say(ann, thread)
    chat.call(bob, "set_conversation", thread_id=thread, archived=True, muted_until="infinity")
    assert chat.due() == [] and chat.states() == [("skipped", "muted")]
    chat.say(ann, thread)
    assert chat.states() == [("skipped", "muted")]
    chat.call(bob, "set_conversation", thread_id=thread, archived=False, muted_until="1970-01-01T00:00:00Z")
    chat.say(ann, thread)
    chat.call(bob, "block_person", contact_id=ann.contact)
    assert chat.due() == [] and ("skipped", "blocked") in chat.states()
    chat.call(bob, "block_person", contact_id=ann.contact, blocked=False)
    chat.say(ann, thread)
    agent = chat.tenant.people["agent"]
    world.rpc(agent, chat.tenant, "record_consent(%s, 'push', 'notification', false)", bob.contact)
    assert chat.due() == [] and ("skipped", "no_consent") in chat.states()


def test_a_business_that_may_not_write_pushes_nothing(world: World, chat: Pushed) -> None:
    """A suspended tenant, and a person it blocked."""
    ann, bob, thread = chat.talk()
    chat.say(ann, thread)
    world.owner.execute("update public.contacts set blocked_at = now() where id = %s", [bob.contact])
    assert chat.due() == [] and chat.states() == [("skipped", "not_allowed")]
    world.owner.execute("update public.contacts set blocked_at = null where id = %s", [bob.contact])
    chat.say(ann, thread)
    world.owner.execute("select private.suspend_tenant(%s, 'unpaid')", [chat.tenant.id])
    assert chat.due() == [] and chat.states() == [("skipped", "not_allowed")] * 2


def test_in_a_group_those_who_left_and_those_one_blocked_are_silent(world: World) -> None:
    """A group's push says who and where; somebody blocked says nothing to who blocked him; who left hears nothing."""
    chat = Pushed(world)
    ann, bob, carl = chat.person("Ann"), chat.person("Bob"), chat.person("Carl")
    context = chat.share(ann, bob, carl)
    thread = uuid.UUID(chat.call(
        ann, "start_thread", contact_ids=[bob.contact, carl.contact], subject="Kitchen", context_kind="booking",
        context_id=context,
    )["thread_id"])  # fmt: skip
    for person in (bob, carl):
        chat.carry(person)
    chat.call(bob, "block_person", contact_id=ann.contact)
    chat.say(ann, thread)
    (push,) = chat.due()
    assert endpoints([push]) == ["carl"]
    assert (push["content"]["sender_name"], push["content"]["group_name"]) == ("Ann", "Kitchen")
    finish(world, push, ACCEPTED)
    chat.say(ann, thread)
    chat.call(carl, "leave_conversation", thread_id=thread)
    assert chat.due() == [] and ("skipped", "left") in chat.states()
    chat.say(ann, thread)
    assert endpoints(chat.due()) == []


@pytest.mark.parametrize(
    ("setting", "members"), [("preview", {"sender_name", "preview"}), ("sender", {"sender_name"}), ("nothing", set())]
)
def test_no_more_leaves_the_database_than_the_tenant_lets_devices_show(world: World, setting: str, members: set[str]) -> None:  # fmt: skip
    """The beginning of it in one line, who wrote, or only that there is one."""
    chat = Pushed(world, push_shows=setting)
    ann, _, thread = chat.talk()
    chat.say(ann, thread, "My\nboiler " + "is cold " * 30)
    content = chat.due()[0]["content"]
    assert {"sender_name", "preview"} & content.keys() == members
    if "preview" in members:
        assert content["preview"].startswith("My boiler is cold") and len(content["preview"]) == 121
    assert ("Ann" in str(content)) == bool(members)


def test_quiet_hours_are_those_of_where_the_person_is(world: World, chat: Pushed) -> None:
    """Bob sleeps, and what was said meanwhile is one push in the morning; his language is his own."""
    ann, bob, thread = chat.talk()
    now = datetime.now(UTC)
    hours = {
        "quiet_hours_start": (now - timedelta(hours=2)).time(),
        "quiet_hours_end": (now + timedelta(hours=2)).time(),
    }
    world.configure(chat.tenant, **hours)
    world.owner.execute("update public.contacts set time_zone = 'UTC', locale = 'de-AT' where id = %s", [bob.contact])
    world.owner.execute("update public.contacts set time_zone = 'Asia/Kathmandu' where id = %s", [ann.contact])
    chat.say(ann, thread, "one")
    chat.say(bob, thread, "an answer")
    assert endpoints(chat.due()) == ["ann"]
    assert ("waiting", "quiet_hours") in chat.states()
    chat.say(ann, thread, "two")
    world.configure(chat.tenant, quiet_hours_start=None, quiet_hours_end=None)
    world.end_rests("notification_pushes")
    (push,) = (one for one in chat.due() if endpoints([one]) == ["bob"])
    assert (push["content"]["count"], push["content"]["language"]) == (2, "de-AT")


def test_a_call_that_is_to_be_made_later_joins_what_was_said_meanwhile(world: World, chat: Pushed) -> None:
    """The service is busy, more comes: one push waits, for as long as the service asked, and tells of both."""
    ann, bob, thread = chat.talk()
    chat.say(ann, thread, "one")
    (push,) = chat.due()
    assert start(world, push)
    chat.say(ann, thread, "two")
    assert end(world, push, {**LATER, "retry_after_s": 60}) == "retry"
    assert chat.states() == [("skipped", "joined"), ("waiting", None)]
    assert chat.due() == []
    kept = world.one("select cardinality(message_ids) as n, attempts from private.notification_pushes where status = 'waiting'"
                     " and tenant_id = %s", chat.tenant.id)  # fmt: skip
    assert (kept["n"], kept["attempts"]) == (2, 1)
    world.end_rests("notification_pushes")
    (push,) = chat.due()
    assert push["content"]["count"] == 2 and finish(world, push, LATER) == "retry"
    chat.call(bob, "mark_read", thread_id=thread)
    world.end_rests("notification_pushes")
    assert chat.due() == []


def test_a_killed_notifier_loses_and_doubles_nothing(world: World, chat: Pushed) -> None:
    """Before the call another one pushes it, with what came meanwhile; in the call nobody repeats it."""
    ann, _, thread = chat.talk()
    chat.say(ann, thread)
    (dead,) = chat.due()
    chat.say(ann, thread)
    world.expire_leases("notification_pushes")
    (push,) = chat.due()
    assert not start(world, dead) and push["content"]["count"] == 2
    assert start(world, push)
    world.owner.execute(
        "update private.notification_pushes set lease_until = now() - interval '1 s' where status = 'waiting'"
    )
    assert chat.due() == [] and end(world, push, ACCEPTED) == "lost"
    assert chat.states() == [("unknown", "lease_expired")]


def test_what_the_business_writes_is_pushed_once_it_was_sent(world: World, chat: Pushed) -> None:
    """Under its own name; while it is queued its customer hears nothing, and his own words are not told to him."""
    ann = chat.person("Ann")
    chat.carry(ann)
    world.session(chat.tenant.id, "in_app", "app")
    thread = uuid.UUID(chat.call(ann, "start_thread", body="Hello?")["thread_id"])
    world.rpc(chat.tenant.people["agent"], chat.tenant, "send_message(%s, 'On Monday')", thread)
    assert chat.due() == []
    world.finish(next(row for row in world.claim_out(classes={"in_app": "I"}) if row["thread_id"] == thread))
    (push,) = chat.due()
    name = world.value("select name from public.tenants where id = %s", chat.tenant.id)
    assert endpoints([push]) == ["ann"]
    assert (push["content"]["sender_name"], push["content"]["tenant_name"]) == (None, name)


def test_a_device_that_is_gone_or_somebody_elses_is_told_nothing(world: World, chat: Pushed) -> None:
    """410 removes it; whoever signs in on it takes it over, with nothing of what was on its way to the other."""
    ann, bob, thread = chat.talk()
    chat.carry(bob, "old")
    chat.say(ann, thread)
    pushes = {endpoints([push])[0]: push for push in chat.due()}
    assert finish(world, pushes["old"], GONE) == "gone"
    carl = chat.person("Carl")
    chat.carry(carl, "bob")
    assert not start(world, pushes["bob"])
    assert chat.due() == [] and chat.states() == [("gone", "410"), ("gone", "unsubscribed")]
    chat.say(ann, thread)
    assert chat.due() == []


def test_erasure_takes_the_devices_and_what_is_on_its_way(world: World, chat: Pushed) -> None:
    """Neither the erased person is told anything, nor is anything of him told."""
    ann, bob, thread = chat.talk()
    chat.say(ann, thread)
    chat.say(bob, thread)
    world.rpc(chat.tenant.people["admin"], chat.tenant, "erase_contact(%s, 'request')", bob.contact)
    left = "select 1 from public.contact_identities where contact_id = %s"
    assert world.all(left, bob.contact) == []
    told = chat.due()
    assert "bob" not in endpoints(told) and "Bob" not in str([push["content"] for push in told])
    assert ("gone", "unsubscribed") in states(world, chat.tenant)


def test_people_see_nothing_of_the_pushes_themselves(world: World, chat: Pushed) -> None:
    """Nobody but the notifier claims, and no client reads who is told what."""
    ann, bob, thread = chat.talk()
    chat.say(ann, thread)
    for call in ("private.notification_pushes", "private.claim_pushes('x', 1)"):
        with world.acting(bob.user) as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute(f"select * from {call}")
