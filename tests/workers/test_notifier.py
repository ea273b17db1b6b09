"""The notifier at work: what the staff should know is read in their browsers, decrypted, once."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.keys import _vapid_key
from tests.channels.push.service import PushService, push_service
from tests.db.chat.kit import Chat
from tests.db.helpers import Tenant
from tests.db.push.test_push import register
from tests.support.database import Database
from tests.support.threaded import InThread
from tests.workers.harness import Room, wait_until

URL = "https://desk.acme.test/c/{thread_id}"


class Served(PushService, InThread):
    """A push service in a thread."""

    def __init__(self) -> None:
        PushService.__init__(self)
        InThread.__init__(self)

    async def listen(self) -> None:
        """On any port."""
        self._serving = push_service(self)
        await self._serving.__aenter__()

    async def stop_listening(self) -> None:
        """Take nothing more."""
        await self._serving.__aexit__(None, None, None)


@pytest.fixture
def browser() -> Iterator[Served]:
    """One browser and its push service."""
    with Served() as made:
        yield made


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Room]:
    """A room with a key of its own, whose notifier may talk to this machine."""
    made = Room(
        database, tmp_path, vapid_private_key=_vapid_key(), private_hosts="127.0.0.1", notification_url=URL,
        notification_icon="https://desk.acme.test/icon.png",
    )  # fmt: skip
    yield made
    made.close()


def subscribe(room: Room, tenant: Tenant, browser: Served) -> None:
    """The agent's browser subscribes with the key it is given, and registers itself."""
    agent = tenant.people["agent"]
    wait_until(lambda: room.world.value("select vapid_public_key from private.deployment"), what=room.logs)
    assert len(room.world.rpc(agent, tenant, "push_key()")["public_key"]) == 87
    register(room.world, agent, tenant, "https://push.test/1")
    # Browsers' push services speak https; the one on this machine does not.
    room.world.owner.execute(
        "update public.contact_identities set address = %s where tenant_id = %s and kind = 'push'", [browser.address, tenant.id]
    )  # fmt: skip


def tell(room: Room, tenant: Tenant, kind: str) -> None:
    """Something everybody should know."""
    query = "insert into public.notifications (tenant_id, kind, title) values (%s, %s, 'Look at this')"
    room.world.owner.execute(query, [tenant.id, kind])


def test_a_chat_message_is_pushed_once_and_only_to_who_did_not_read_it(desk: Room, browser: Served) -> None:
    """A notifier of its own process: it is killed before its turn and another tells it, after the tenant's pause."""
    chat = Chat(desk.world, push_delay_s=1)
    ann, bob = chat.pair()
    (notifier,) = desk.start("notifier")
    wait_until(lambda: desk.world.value("select vapid_public_key from private.deployment"), what=desk.logs)
    register(desk.world, bob.user, None, "https://push.test/2", chat.tenant.slug)
    desk.world.owner.execute(
        "update public.contact_identities set address = %s where contact_id = %s and kind = 'push'", [browser.address, bob.contact]
    )  # fmt: skip
    thread = chat.start(ann, bob, body="Are you there?")["thread_id"]
    chat.call(bob, "mark_read", thread_id=uuid.UUID(thread))
    wait_until(lambda: pushes(desk, chat.tenant) == [("skipped", "read")], what=desk.logs)
    chat.say(ann, uuid.UUID(thread), "And now?")
    notifier.kill()
    desk.start("notifier")
    wait_until(lambda: ("pushed", None) in pushes(desk, chat.tenant), what=desk.logs)
    ((_, shown),) = browser.got
    assert (shown["title"], shown["body"], shown["url"]) == ("Ann", "You have a new message", f"./#{thread}")


def pushes(room: Room, tenant: Tenant) -> list[tuple[Any, ...]]:
    """How the pushes of a tenant stand."""
    query = "select status, reason from private.notification_pushes where tenant_id = %s order by created_at"
    return [tuple(row.values()) for row in room.world.all(query, tenant.id)]


def test_a_takeover_is_read_in_the_agents_browser_and_leads_to_the_conversation(desk: Room, browser: Served) -> None:
    """Somebody asks for a person: title, who and what, where to go and what to do, encrypted for that browser; then the
    browser is gone, and so is its subscription."""
    tenant = desk.world.tenant("agent")
    desk.start("inbound", "notifier")
    subscribe(desk, tenant, browser)
    row = desk.world.arrive(tenant, "cleo@people.test", "I want to speak to a human being, please")
    wait_until(lambda: browser.got, what=desk.logs)
    ((headers, shown),) = browser.got
    thread = str(row["thread_id"])
    assert shown["title"] == "A conversation needs a person"
    assert shown["body"].endswith("I want to speak to a human being, please")
    assert shown["url"] == shown["data"]["url"] == URL.replace("{thread_id}", thread)
    assert shown["icon"] == "https://desk.acme.test/icon.png" and shown["requireInteraction"]
    assert [action["action"] for action in shown["actions"]] == ["open", "read"]
    assert shown["data"]["notification_id"] and shown["tag"] == f"human_takeover:{thread}"
    assert headers["urgency"] == "high" and headers["authorization"].startswith("vapid ")
    wait_until(lambda: pushes(desk, tenant) == [("pushed", None)], what=desk.logs)
    tell(desk, tenant, "webhook_error")
    wait_until(lambda: len(browser.got) == 2, what=desk.logs)
    headers, shown = browser.got[1]
    name = desk.world.value("select name from public.tenants where id = %s", tenant.id)
    assert (shown["body"], headers["urgency"]) == (name, "normal")
    browser.status = 410
    tell(desk, tenant, "complaint_rate")
    wait_until(lambda: ("gone", "410") in pushes(desk, tenant), what=desk.logs)
    left = "select 1 from public.contact_identities where tenant_id = %s and kind = 'push'"
    assert desk.world.all(left, tenant.id) == []


def test_a_notifier_that_is_killed_in_a_call_repeats_nothing(desk: Room, browser: Served) -> None:
    """The browser got it once; the next notifier says that nobody knows."""
    desk.lease(2)
    tenant = desk.world.tenant("agent")
    (notifier,) = desk.start("notifier")
    subscribe(desk, tenant, browser)
    browser.faults.order("hang")
    tell(desk, tenant, "webhook_error")
    wait_until(lambda: browser.got, what=desk.logs)
    notifier.kill()
    browser.faults.clear()
    desk.start("notifier")
    wait_until(lambda: pushes(desk, tenant) == [("unknown", "lease_expired")], what=desk.logs)
    assert len(browser.got) == 1
