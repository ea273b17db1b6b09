"""Notifications on their way to browsers: for whom, when, once, and how each way ends."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, refused
from tests.db.push.test_push import KEY, SECRET, register

ACCEPTED = {"kind": "accepted"}
GONE = {"kind": "rejected", "error_code": "410", "suppress_recipient": True}


@pytest.fixture
def staff(world: World) -> Tenant:
    """A tenant whose agent and admin have a browser each, and whose owner has none."""
    tenant = world.tenant("agent", "admin")
    for role in ("agent", "admin"):
        register(world, tenant.people[role], tenant, f"https://push.test/{tenant.slug}/{role}")
    return tenant


def tell(world: World, tenant: Tenant, kind: str = "human_takeover", **columns: Any) -> uuid.UUID:
    """Something the staff should know."""
    values = {"user_id": None, "thread_id": None, **columns}
    made: uuid.UUID = world.value(
        "insert into public.notifications (tenant_id, kind, title, user_id, thread_id)"
        " values (%s, %s, 'A conversation needs a person', %s, %s) returning id",
        tenant.id, kind, values["user_id"], values["thread_id"],
    )  # fmt: skip
    return made


def claim(world: World, limit: int = 10) -> list[Row]:
    """What a notifier gets, with what would be shown."""
    return world.all(
        "select c.*, private.push_content(c.tenant_id, c.push_id) as content from private.claim_pushes('n1', %s) as c", limit
    )  # fmt: skip


def start(world: World, push: Row) -> bool:
    """The call begins."""
    return bool(world.value("select private.start_push(%s, %s, %s)", push["tenant_id"], push["push_id"], push["fence"]))


def finish(world: World, push: Row, outcome: Row) -> str:
    """The call began, and ended so."""
    assert start(world, push)
    return end(world, push, outcome)


def end(world: World, push: Row, outcome: Row) -> str:
    """How it ended."""
    return str(
        world.value(
            "select private.finish_push(%s, %s, %s, %s)", push["tenant_id"], push["push_id"], push["fence"], Jsonb(outcome)
        )
    )  # fmt: skip


def states(world: World, tenant: Tenant) -> list[tuple[str, str | None]]:
    """Status and reason of each push of a tenant."""
    rows = world.all(
        "select status, reason from private.notification_pushes where tenant_id = %s order by status, reason", tenant.id
    )
    return [(row["status"], row["reason"]) for row in rows]


def endpoints(pushes: list[Row]) -> list[str]:
    """Whose browsers they are for."""
    return sorted(push["content"]["address"].split("#")[0].rpartition("/")[2] for push in pushes)


def test_everybody_it_is_for_is_told_once_on_each_browser(world: World, staff: Tenant) -> None:
    """For all: each member's browsers; for one: his; other tenants' members and their browsers: never."""
    other = world.tenant("agent")
    register(world, other.people["agent"], other, f"https://push.test/{other.slug}/stranger")
    register(world, staff.people["agent"], staff, f"https://push.test/{staff.slug}/phone")
    tell(world, staff)
    pushes = claim(world)
    assert endpoints(pushes) == ["admin", "agent", "phone"]
    assert [finish(world, push, ACCEPTED) for push in pushes] == ["pushed"] * 3
    tell(world, staff, user_id=staff.people["admin"])
    assert endpoints(claim(world)) == ["admin"]
    assert states(world, other) == []


def test_what_is_shown_is_read_when_it_is_sent(world: World, staff: Tenant) -> None:
    """The conversation's name and preview; of one the staff may not read, only that there is one."""
    thread = world.arrive(staff, "cleo@people.test", "My boiler is cold")
    world.owner.execute("update public.contacts set display_name = 'Cleo' where id = %s", [thread["sender_contact_id"]])
    tell(world, staff, thread_id=thread["thread_id"], user_id=staff.people["agent"])
    (push,) = claim(world)
    shown = push["content"]
    assert (shown["contact_name"], shown["preview"], shown["thread_id"]) == ("Cleo", "My boiler is cold", str(thread["thread_id"]))  # fmt: skip
    world.owner.execute("update public.et_threads set staff_readable = false where id = %s", [thread["thread_id"]])
    again = world.value("select private.push_content(%s, %s)", staff.id, push["push_id"])
    assert (again["contact_name"], again["preview"], again["title"]) == (None, None, "A conversation needs a person")


def test_a_second_one_of_a_conversation_adds_nothing_while_one_waits(world: World, staff: Tenant) -> None:
    """Until the first has left; another kind or another conversation is news."""
    thread = world.arrive(staff, "dina@people.test")["thread_id"]
    agent = staff.people["agent"]
    for kind in ("human_takeover", "human_takeover", "manual_task"):
        tell(world, staff, kind, thread_id=thread, user_id=agent)
    first = claim(world)
    assert sorted(push["content"]["kind"] for push in first) == ["human_takeover", "manual_task"]
    for push in first:
        finish(world, push, ACCEPTED)
    tell(world, staff, thread_id=thread, user_id=agent)
    assert len(claim(world)) == 1


def test_quiet_hours_are_kept_and_asked_again(world: World, staff: Tenant) -> None:
    """In the person's own time zone: nothing leaves at night, everything when it ends; also what was due before."""
    now = datetime.now(UTC)
    quiet = {
        "quiet_hours_start": (now - timedelta(hours=2)).time(),
        "quiet_hours_end": (now + timedelta(hours=2)).time(),
    }
    tell(world, staff, user_id=staff.people["admin"])
    world.configure(staff, **quiet)
    world.owner.execute("update public.tenants set time_zone = 'UTC' where id = %s", [staff.id])
    world.owner.execute(
        "update public.contacts set time_zone = 'Asia/Kathmandu' where tenant_id = %s and auth_user_id = %s",
        [staff.id, staff.people["agent"]],
    )
    tell(world, staff)
    pushes = claim(world)
    assert endpoints(pushes) == ["agent"]  # it is hours later in Kathmandu
    assert ("waiting", "quiet_hours") in states(world, staff)
    due = world.value("select min(run_at) from private.notification_pushes where reason = 'quiet_hours'")
    assert timedelta(hours=1, minutes=55) < due - now < timedelta(hours=2, minutes=5)
    world.configure(staff, quiet_hours_start=None, quiet_hours_end=None)
    world.end_rests("notification_pushes")
    assert endpoints(claim(world)) == ["admin", "admin"]


def test_what_was_read_or_is_nobodys_any_more_is_not_pushed(world: World, staff: Tenant) -> None:
    """Read on another device, left the tenant, a day old, unsubscribed: each says why."""
    read = tell(world, staff, user_id=staff.people["agent"])
    world.rpc(staff.people["agent"], staff, "mark_notifications_read(%s)", [read])
    tell(world, staff, user_id=staff.people["admin"])
    world.owner.execute("delete from public.tenant_members where user_id = %s", [staff.people["admin"]])
    assert claim(world) == []
    assert states(world, staff) == [("skipped", "no_member"), ("skipped", "read")]
    tell(world, staff, user_id=staff.people["agent"])
    world.owner.execute("update private.notification_pushes set created_at = now() - interval '25 hours'")
    assert claim(world) == []
    tell(world, staff, user_id=staff.people["agent"])
    world.rpc(staff.people["agent"], staff, "forget_push(%s)", f"https://push.test/{staff.slug}/agent")
    assert claim(world) == []
    assert states(world, staff)[0] == ("gone", "unsubscribed") and ("skipped", "too_old") in states(world, staff)


def test_a_gone_subscription_goes_and_takes_its_waiting_pushes_along(world: World, staff: Tenant) -> None:
    """The push service said 410: removed, and nothing more is tried there."""
    agent = staff.people["agent"]
    for _ in range(2):
        tell(world, staff, user_id=agent)
    first, second = claim(world)
    assert finish(world, first, GONE) == "gone"
    assert world.all("select 1 from public.contact_identities where tenant_id = %s and kind = 'push' and address like %s", staff.id, "%/agent#%") == []  # fmt: skip
    assert world.value("select private.push_content(%s, %s)", staff.id, second["push_id"]) is None
    assert end(world, second, {"kind": "released"}) == "released"
    assert claim(world) == [] and states(world, staff) == [("gone", "410"), ("gone", "unsubscribed")]


def test_a_call_nobody_knows_the_end_of_is_never_repeated(world: World, staff: Tenant) -> None:
    """Unknown by its answer, by a worker that died, stopped or broke in it; before the call all of that is harmless."""
    for outcome in ({"kind": "unknown"}, {"kind": "error"}, {"kind": "released"}):
        tell(world, staff, user_id=staff.people["agent"])
        (push,) = claim(world)
        assert finish(world, push, outcome) == "unknown"
    tell(world, staff, user_id=staff.people["agent"])
    (push,) = claim(world)
    assert start(world, push)
    world.owner.execute(
        "update private.notification_pushes set lease_until = now() - interval '1 s' where status = 'waiting'"
    )
    assert claim(world) == [] and end(world, push, ACCEPTED) == "lost"
    assert states(world, staff).count(("unknown", "lease_expired")) == 1
    tell(world, staff, user_id=staff.people["agent"])
    (push,) = claim(world)
    assert end(world, push, {"kind": "released"}) == "released"
    (push,) = claim(world)
    assert finish(world, push, ACCEPTED) == "pushed"


def test_later_is_honoured_and_ends_after_eight_times(world: World, staff: Tenant) -> None:
    """The service's own pause counts; a service that is always busy is given up."""
    tell(world, staff, user_id=staff.people["agent"])
    (push,) = claim(world)
    assert finish(world, push, {"kind": "retry", "error_code": "429", "retry_after_s": 120}) == "retry"
    wait = world.value("select run_at - clock_timestamp() from private.notification_pushes where status = 'waiting'")
    assert timedelta(seconds=30) < wait <= timedelta(seconds=120) and claim(world) == []
    for number in range(8):
        world.end_rests("notification_pushes")
        (push,) = claim(world)
        assert finish(world, push, {"kind": "retry", "error_code": "503"}) == ("retry" if number < 7 else "failed")
    assert states(world, staff) == [("failed", "503")]


def test_two_notifiers_never_hold_one_push(world: World, staff: Tenant) -> None:
    """A claimed one is nobody else's; a lease that went can neither begin nor record."""
    tell(world, staff)
    mine = claim(world)
    assert len(mine) == 2 and claim(world) == []
    world.owner.execute("update private.notification_pushes set lease_until = now() - interval '1 s'")
    theirs = claim(world)
    assert len(theirs) == 2
    assert [start(world, push) for push in mine] == [False, False]
    assert {finish(world, push, ACCEPTED) for push in theirs} == {"pushed"}


def test_a_browser_that_registers_again_keeps_what_is_on_its_way(world: World, staff: Tenant) -> None:
    """Front ends register at every start: the same subscription of the same person is the same browser."""
    tell(world, staff, user_id=staff.people["agent"])
    endpoint = f"https://push.test/{staff.slug}/agent"
    register(world, staff.people["agent"], staff, endpoint)
    assert len(claim(world)) == 1
    # Somebody else signs in on it: from now on it is his.
    register(world, staff.people["admin"], staff, endpoint)
    tell(world, staff, user_id=staff.people["agent"])
    assert endpoints(claim(world)) == []


def test_the_key_is_for_whoever_is_signed_in(world: World, staff: Tenant) -> None:
    """Nothing before the notifier ran; then the key, for members and customers alike."""
    world.owner.execute("update private.deployment set vapid_public_key = null")
    with refused("PT404", code="no_push_key"):
        world.rpc(staff.people["agent"], staff, "push_key()")
    world.worker.execute("select private.set_push_key(%s)", [KEY + SECRET])
    for person, place in ((staff.people["agent"], staff), (world.user(), None)):
        assert world.rpc(person, place, "push_key()") == {"public_key": KEY + SECRET}


def test_what_ended_a_month_ago_is_swept(world: World, staff: Tenant) -> None:
    """What waits stays."""
    tell(world, staff)
    first, _ = claim(world)
    finish(world, first, ACCEPTED)
    world.owner.execute("update private.notification_pushes set finished_at = now() - interval '31 days' where finished_at is not null")  # fmt: skip
    assert world.worker.execute("select private.sweep_pushes() as n").fetchone() == {"n": 1}
    assert [status for status, _ in states(world, staff)] == ["waiting"]
