"""The ingress worker: stored calls become events, in order, once, whatever happens to it."""

import json
import os
import random
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.secrets import Vault
from tests.db.helpers import Row, Tenant
from tests.support.database import Database
from tests.workers.harness import Room, is_alive, wait_until

MODULES = "tests.workers.toy.adapter,tests.workers.odd_channel"


@pytest.fixture
def reading(database: Database, tmp_path: Path) -> Iterator[Room]:
    """A room whose workers know the toy and the odd channel; nothing runs yet."""
    made = Room(database, tmp_path, channel_modules=MODULES)
    yield made
    made.close()


def account(room: Room, tenant: Tenant, provider: str = "odd") -> uuid.UUID:
    """A connected account."""
    room.world.providers[provider] = provider
    return room.world.session(tenant.id, provider, uuid.uuid4().hex)


def push(room: Room, session: uuid.UUID, event: str | None = None, **said: Any) -> None:
    """A call comes in."""
    body = {"from": "ann", "text": "hi", **said}
    assert room.world.push(session, event, json.dumps(body).encode()) == "stored"


def waiting(room: Room) -> int:
    """Calls that are neither read nor set aside."""
    return int(room.world.value("select count(*) from private.webhook_work"))


def bodies(room: Room, tenant: Tenant) -> list[str]:
    """What was said in a tenant's threads, in their order."""
    rows = room.world.all("select body from public.et_messages where tenant_id = %s and direction = 'inbound' order by thread_id, seq", tenant.id)  # fmt: skip
    return [row["body"] for row in rows]


def errors(room: Room) -> dict[str, str]:
    """The calls set aside, by event id."""
    return {row["event_id"]: row["error"] for row in room.world.all("select event_id, error from private.webhook_events where error is not null")}  # fmt: skip


def test_a_conversation_keeps_its_order(reading: Room) -> None:
    """Three workers, two accounts, calls in a quick row: each thread reads as it was written, each call once."""
    tenant = reading.tenant()
    sessions = [account(reading, tenant) for _ in range(2)]
    reading.start("ingress", "ingress", "ingress")
    for number in range(60):
        for session in sessions:
            push(reading, session, str(number), **{"from": f"ann-{session}", "text": str(number)})
    wait_until(lambda: waiting(reading) == 0, what=reading.logs)
    assert bodies(reading, tenant) == [str(n) for n in range(60)] * 2
    rows = reading.world.all(
        "select distinct payload is null as gone, processed_at is not null as read from private.webhook_events"
    )
    assert rows == [{"gone": True, "read": True}]
    seen = reading.world.value("select last_inbound_at from public.et_channel_sessions where id = %s", sessions[0])
    assert seen is not None
    assert reading.violations() == []


def test_a_message_pushed_is_there_at_once(reading: Room) -> None:
    """The worker is woken: its next look would be ten minutes away."""
    tenant = reading.tenant()
    session = account(reading, tenant)
    reading.start("ingress", PARLEY_POLL_INTERVAL_MS="600000")
    reading.wait_for_listeners("ingress")
    for number in range(5):
        push(reading, session, text=str(number))
        wait_until(lambda number=number: len(bodies(reading, tenant)) > number, 60, 0.005, reading.logs)  # type: ignore[misc]


def test_poison_is_set_aside_and_the_others_are_read(reading: Room) -> None:
    """Nonsense and values the database refuses at once, errors after seven tries; the rest of the account goes on."""
    tenant = reading.tenant()
    session = account(reading, tenant)
    assert reading.world.push(session, "garbage", b"\xff") == "stored"
    push(reading, session, "lie", do="lie")
    push(reading, session, "raise", do="raise")
    for number in range(5):
        push(reading, session, f"good{number}", text=str(number))
    reading.start("ingress")
    wait_until(lambda: len(bodies(reading, tenant)) == 5, what=reading.logs)
    assert set(errors(reading)) == {"garbage", "lie"}
    for _ in range(7):
        wait_until(
            lambda: reading.world.value("select count(*) from private.webhook_work where run_at > clock_timestamp()") or not waiting(reading), what=reading.logs,
        )  # fmt: skip
        reading.world.owner.execute("update private.webhook_work set run_at = clock_timestamp() - interval '1 s'")
    wait_until(lambda: "raise" in errors(reading), what=reading.logs)
    assert "media server does not answer" in errors(reading)["raise"]
    assert waiting(reading) == 0 and reading.violations() == []


def test_a_call_nobody_can_read_waits_for_an_adapter(reading: Room) -> None:
    """An account of an unknown provider: tried again, not thrown away; its message comes once somebody can."""
    tenant = reading.tenant()
    session = account(reading, tenant, "unheard")
    push(reading, session, text="still here")
    (process,) = reading.start("ingress")
    found = "select attempts from private.webhook_work where attempts > 0"
    wait_until(lambda: reading.world.all(found), what=reading.logs)
    reading.world.owner.execute("update public.et_channel_sessions set provider = 'odd' where id = %s", [session])
    reading.world.owner.execute("update private.webhook_work set run_at = now()")
    wait_until(lambda: bodies(reading, tenant) == ["still here"], what=reading.logs)
    assert process.poll() is None


def test_an_adapter_is_given_open_secrets(reading: Room) -> None:
    """Sealed in the database, open in the adapter's hands, for media and answers."""
    tenant = reading.tenant()
    session = account(reading, tenant)
    sealed = Vault(reading.settings.secret_keys()).seal("the-bot-token")
    reading.world.owner.execute("select private.put_channel_secret(%s, %s, 'token', %s)", [tenant.id, session, sealed])
    push(reading, session)
    reading.start("ingress")
    wait_until(lambda: bodies(reading, tenant), what=reading.logs)
    assert reading.world.one("select metadata ->> 'secret' as s from public.et_messages where tenant_id = %s", tenant.id)["s"] == "the-bot-token"  # fmt: skip


def test_a_graceful_stop_gives_the_account_back(reading: Room) -> None:
    """SIGTERM while a call is read: the next worker has it at once, not after the lease."""
    tenant = reading.tenant()
    session = account(reading, tenant)
    (first,) = reading.start("ingress")
    push(reading, session, do="wait", s=120, text="slow")
    leased = "select 1 from private.webhook_leases where lease_until > clock_timestamp()"
    wait_until(lambda: reading.world.all(leased), what=reading.logs)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert reading.world.all(leased) == []
    assert waiting(reading) == 1 and bodies(reading, tenant) == []


def test_a_slow_account_holds_up_nobody_else(reading: Room) -> None:
    """While one account's media is fetched, others are read."""
    tenant = reading.tenant()
    slow, quick = account(reading, tenant), account(reading, tenant)
    reading.start("ingress")
    push(reading, slow, do="wait", s=120, text="slow")
    begun = "select 1 from private.webhook_work where session_id = %s and fence > 0"
    wait_until(lambda: reading.world.all(begun, slow), what=reading.logs)
    push(reading, quick, text="quick")
    wait_until(lambda: bodies(reading, tenant) == ["quick"], what=reading.logs)


def kill_readers(room: Room, kills: int, calls: int) -> Tenant:
    """Three tenants' accounts are read by workers that are killed again and again; answers one of the tenants."""
    room.lease(1)
    tenants = [room.tenant() for _ in range(3)]
    sessions = [account(room, tenant) for tenant in tenants for _ in range(2)]
    chance = random.Random()
    try:
        sent = 0
        for _ in range(kills):
            pid = room.fork("ingress").pid
            until = time.monotonic() + chance.uniform(0.03, 0.5)
            while time.monotonic() < until:
                if sent < calls:
                    push(room, sessions[sent % len(sessions)], str(sent), **{"from": f"p{sent % len(sessions)}", "text": str(sent)})  # fmt: skip
                    sent += 1
                else:
                    time.sleep(0.01)
            assert is_alive(pid), f"it ended by itself: {room.logs()}"
            os.kill(pid, signal.SIGKILL)
        while sent < calls:
            push(
                room,
                sessions[sent % len(sessions)],
                str(sent),
                **{"from": f"p{sent % len(sessions)}", "text": str(sent)},
            )
            sent += 1
        room.fork("ingress")
        wait_until(lambda: waiting(room) == 0, 60, what=room.logs)
    finally:
        room.end_all()
    assert errors(room) == {}
    everything: list[Row] = room.world.all("select thread_id, body::int as n from public.et_messages where direction = 'inbound' order by thread_id, seq")  # fmt: skip
    assert sorted(row["n"] for row in everything) == list(range(calls))
    for one in {row["thread_id"] for row in everything}:
        said = [row["n"] for row in everything if row["thread_id"] == one]
        assert said == sorted(said)
    assert room.violations() == []
    return tenants[0]


def test_killed_readers_lose_and_repeat_nothing(reading: Room) -> None:
    """SIGKILL at random moments: every call is one message, in order, and no invariant breaks."""
    kill_readers(reading, 12, 300)


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_five_hundred_killed_readers_lose_and_repeat_nothing(reading: Room) -> None:
    """The same, long enough to hit every line."""
    kill_readers(reading, 500, 6000)


@pytest.mark.prove
def test_a_call_that_kills_its_reader_is_set_aside(reading: Room) -> None:
    """Twenty dead workers later; everything else of the account is read then."""
    reading.lease(1)
    tenant = reading.tenant()
    session = account(reading, tenant)
    push(reading, session, "killer", do="die")
    push(reading, session, "after", text="after")
    try:
        for _ in range(21):
            pid = reading.fork("ingress").pid
            wait_until(
                lambda pid=pid: not Path(f"/proc/{pid}").exists() or bodies(reading, tenant), 60, 0.01, reading.logs
            )  # type: ignore[misc]
            reading.world.owner.execute("update private.webhook_leases set lease_until = clock_timestamp() - interval '1 s' where lease_until is not null")  # fmt: skip
        wait_until(lambda: bodies(reading, tenant) == ["after"], what=reading.logs)
    finally:
        reading.end_all()
    assert "did not come back" in errors(reading)["killer"]


def test_the_database_going_away_loses_nothing(reading: Room) -> None:
    """Calls stored before and after are read once it is back."""
    reading.lease(1)
    tenant = reading.tenant()
    session = account(reading, tenant)
    reading.start("ingress")
    for number in range(40):
        push(reading, session, str(number), text=str(number))
    with reading.database_away():
        time.sleep(0.5)
    for number in range(40, 60):
        push(reading, session, str(number), text=str(number))
    wait_until(lambda: waiting(reading) == 0, what=reading.logs)
    assert bodies(reading, tenant) == [str(n) for n in range(60)]


def test_an_answer_by_the_form_reaches_its_contact(reading: Room) -> None:
    """The message is in the contact's name, on a channel that takes and sends nothing: a person answers elsewhere."""
    tenant = reading.tenant()
    arrived = reading.world.arrive(tenant, "bob@people.test", "My offer?")
    contact = arrived["sender_contact_id"]
    reading.world.owner.execute("update public.et_threads set control = 'human' where id = %s", [arrived["thread_id"]])
    session = reading.world.session(tenant.id, "form", "site")
    reading.world.owner.execute(
        "update public.et_channel_sessions set provider = 'hosted_form' where id = %s", [session]
    )
    owner = tenant.people["owner"]
    link = reading.world.rpc(owner, tenant, "create_form_link(%s, %s)", session, contact)["link_id"]
    payload = json.dumps({"text": "What are your opening hours?", "name": "Bob"}).encode()
    reading.world.ingress.execute("select private.accept_form(%s, 'n1', %s)", [link, payload])
    reading.start("ingress", "outbound", "inbound")
    message = wait_until(lambda: reading.world.all("select * from public.et_messages where channel = 'form' and direction = 'inbound'"), what=reading.logs)[0]  # fmt: skip
    assert message["sender_contact_id"] == contact and message["body"] == "What are your opening hours?"
    decision = reading.decided(message["id"])
    assert (decision["action"], decision["proposed_action"]) == ("human_takeover", "auto_reply")
    assert "Nothing can be sent" in decision["reasons"][0]
    reading.settle(60, "inbound")
    assert reading.violations() == []
