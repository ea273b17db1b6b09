"""What the staff should know, and what is new in the chat, on whatever device somebody carries: a browser, an Android
phone and an iPhone, each by its own service, over the tenant's own accounts."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.fernet import Fernet

from app.domain.channels import Session
from app.domain.work import Claim
from app.secrets import Vault
from devstack.keys import _vapid_key
from tests.channels.push import apple as iphones
from tests.channels.push import firebase as androids
from tests.channels.push.apple import Apple, apple
from tests.channels.push.firebase import Firebase, firebase
from tests.channels.push.service import PushService, push_service
from tests.db.chat.kit import Chat, Person
from tests.db.helpers import Row, Tenant, World
from tests.db.push.test_devices import install
from tests.db.push.test_notifying import tell
from tests.db.push.test_push import register
from tests.workers.routing import Routing, routing
from tests.workers.trials import Trial, connect
from workers.loop import open_pool
from workers.notifier import NotifierHandler

URL = "https://desk.acme.test/c/{thread_id}"
CHAT_URL = "https://app.acme.test/#{thread_id}"


class Desk:
    """A notifier in this process, the three services, and what one round comes to."""

    def __init__(self, world: World, router: Routing, firebase: Firebase, apple: Apple, browser: PushService) -> None:
        self.world, self.router = world, router
        self.firebase, self.apple, self.browser = firebase, apple, browser
        self.handler = NotifierHandler(router.handler.settings)
        self.pool = open_pool(router.handler.settings, "notifier:test")

    async def round(self) -> list[str]:
        """Claim what is due and push it all at once; how each ended."""
        async with self.pool.connection() as connection:
            jobs = await self.handler.claim(connection, Claim(worker="notifier:test", limit=32))
        return sorted(await asyncio.gather(*(self.handler.handle(self.pool, job) for job in jobs)))

    def connect(self, tenant: Tenant) -> tuple[Any, Any]:
        """The owner connects the tenant's Firebase project and its app at Apple's: (fcm, apns)."""
        google = Trial("push", "", list, androids.PROJECT, {}, {"service_account": self.firebase.service_account})
        store = Trial("push", "", list, iphones.BUNDLE, self.apple.config, {"key": self.apple.pem})
        return (
            connect(self.world, self.router, tenant, "fcm", google),
            connect(self.world, self.router, tenant, "apns", store),
        )

    def carry(self, tenant: Tenant, *devices: str, person: Person | None = None) -> None:
        """The devices of the agent, or of a customer, register themselves."""
        user, place = (person.user, None) if person else (tenant.people["agent"], tenant)
        if "fcm" in devices:
            install(self.world, user, place, "fcm", androids.PHONE, androids.PROJECT, tenant.slug)
        if "apns" in devices:
            install(self.world, user, place, "apns", iphones.PHONE, iphones.BUNDLE, tenant.slug)
        if "web" in devices:
            register(self.world, user, place, "https://push.test/1", tenant.slug)
            self.world.owner.execute(
                "update public.contact_identities set address = %s where tenant_id = %s and address like 'https://push.test/1#%%'",
                [self.browser.address, tenant.id],
            )

    def pushes(self, tenant: Tenant) -> list[tuple[str, str | None]]:
        """How the pushes of a tenant stand."""
        query = "select status, reason from private.notification_pushes where tenant_id = %s order by status, reason"
        return [(row["status"], row["reason"]) for row in self.world.all(query, tenant.id)]

    def account(self, session: Any) -> Row:
        """An account as it is now."""
        return self.world.one("select status, status_reason from public.et_channel_sessions where id = %s", session)


@pytest.fixture
async def desk(world: World) -> AsyncIterator[Desk]:
    """A desk without anybody at it."""
    async with contextlib.AsyncExitStack() as stack:
        google, store, browser = [await stack.enter_async_context(one()) for one in (firebase, apple, push_service)]
        router = await stack.enter_async_context(routing(
            world.database, fcm_url=google.url, fcm_oauth_url=google.oauth_url, apns_url=store.url, notification_url=URL,
            chat_url=CHAT_URL, vapid_private_key=_vapid_key(),
        ))  # fmt: skip
        made = Desk(world, router, google, store, browser)
        await made.pool.open()
        yield made
        await made.handler.close()
        await made.pool.close()


async def test_every_device_shows_the_same(desk: Desk) -> None:
    """Title, text, where a tap leads, what can be done, and the number on the icon."""
    tenant = desk.world.tenant("agent")
    desk.connect(tenant)
    desk.carry(tenant, "fcm", "apns", "web")
    thread = desk.world.arrive(tenant, "cleo@people.test", "My boiler is cold")["thread_id"]
    tell(desk.world, tenant, thread_id=thread)
    assert await desk.round() == ["pushed"] * 3
    android, (headers, iphone), (_, browser) = desk.firebase.got[0], desk.apple.got[0], desk.browser.got[0]
    url = URL.replace("{thread_id}", str(thread))
    title, text = "A conversation needs a person", "My boiler is cold"
    assert (android["notification"]["title"], iphone["aps"]["alert"]["title"], browser["title"]) == (title,) * 3
    assert all(
        shown.endswith(text)
        for shown in (android["notification"]["body"], iphone["aps"]["alert"]["body"], browser["body"])
    )
    assert (android["data"]["url"], iphone["url"], browser["url"]) == (url,) * 3
    assert (
        android["android"]["notification"]["notification_count"],
        iphone["aps"]["badge"],
        browser["data"]["badge"],
    ) == (1,) * 3
    assert json.loads(android["data"]["actions"]) == json.loads(iphone["actions"]) == browser["actions"]
    assert iphone["aps"]["category"] == "open_read" and android["data"]["notification_id"] == iphone["notification_id"]
    assert (android["android"]["priority"], headers["apns-priority"]) == ("HIGH", "10")
    tell(desk.world, tenant, "webhook_error")
    assert await desk.round() == ["pushed"] * 3
    assert (desk.firebase.got[1]["android"]["priority"], desk.apple.got[1][0]["apns-priority"]) == ("NORMAL", "5")


async def test_devices_that_are_gone_are_forgotten_and_others_are_not(desk: Desk) -> None:
    """Each service has its own word for it."""
    tenant = desk.world.tenant("agent")
    desk.connect(tenant)
    desk.carry(tenant, "fcm", "apns", "web")
    desk.firebase.devices[androids.PHONE] = androids.wrong(404, "NOT_FOUND", "UNREGISTERED")
    desk.apple.devices[iphones.PHONE] = (410, "Unregistered")
    tell(desk.world, tenant)
    assert await desk.round() == ["gone", "gone", "pushed"]
    assert desk.pushes(tenant) == [("gone", "UNREGISTERED"), ("gone", "Unregistered"), ("pushed", None)]
    left = desk.world.all(
        "select address from public.contact_identities where tenant_id = %s and kind = 'push'", tenant.id
    )
    assert [row["address"] for row in left] == [desk.browser.address]


async def test_a_broken_account_says_so_at_once(desk: Desk) -> None:
    """What is pushed waits, the account's status names the service's word, admins are told, and a check takes it back."""
    tenant = desk.world.tenant("agent")
    _, store = desk.connect(tenant)
    desk.carry(tenant, "apns")
    desk.apple.devices[iphones.PHONE] = (403, "InvalidProviderToken")
    tell(desk.world, tenant)
    assert await desk.round() == ["retry"]
    account = desk.account(store)
    assert account["status"] == "disconnected" and "InvalidProviderToken" in account["status_reason"]
    told = "select user_id from public.notifications where tenant_id = %s and kind = 'channel_disconnected'"
    assert [row["user_id"] for row in desk.world.all(told, tenant.id)] == [tenant.people["owner"]]
    desk.apple.devices[iphones.PHONE] = None
    adapter: Any = desk.router.handler.adapters["apns"]
    session = Session(
        tenant_id=str(tenant.id), session_id=str(store), channel="push", provider="apns", address=iphones.BUNDLE,
        config=desk.apple.config, secrets={"key": desk.apple.pem},
    )  # fmt: skip
    assert (await adapter.check(session)).status == "connected"
    desk.world.end_rests("notification_pushes")
    assert await desk.round() == ["pushed"]


async def test_without_an_account_a_phone_is_not_reached(desk: Desk) -> None:
    """Another tenant's account of the same app is nobody else's; what cannot be opened here waits for its key."""
    tenant, other = desk.world.tenant("agent"), desk.world.tenant("agent")
    desk.connect(other)
    desk.carry(tenant, "fcm")
    tell(desk.world, tenant)
    assert await desk.round() == ["failed"] and desk.pushes(tenant) == [("failed", "no_account")]
    desk.carry(other, "fcm")
    desk.handler.vault = Vault([Fernet.generate_key().decode()])
    tell(desk.world, other)
    assert await desk.round() == ["retry"] and desk.pushes(other) == [("waiting", "secrets_keys")]
    assert desk.firebase.got == []


async def test_a_busy_service_is_waited_for_and_an_unclear_end_is_not_repeated(desk: Desk) -> None:
    """As long as it says; a call whose answer is lost may have been heard."""
    tenant = desk.world.tenant("agent")
    desk.connect(tenant)
    desk.carry(tenant, "fcm", "apns")
    desk.firebase.faults.order("limit", calls="send", times=1, seconds=300)
    desk.apple.faults.order("lost", times=1)
    tell(desk.world, tenant)
    assert await desk.round() == ["retry", "unknown"]
    wait = desk.world.value(
        "select run_at - clock_timestamp() from private.notification_pushes where status = 'waiting'"
    )
    assert 200 < wait.total_seconds() <= 300 and await desk.round() == []
    desk.world.end_rests("notification_pushes")
    assert await desk.round() == ["pushed"]
    assert (len(desk.firebase.got), len(desk.apple.got)) == (1, 1)


async def test_without_a_key_browsers_wait_and_phones_do_not(desk: Desk) -> None:
    """The installation's key is for browsers alone."""
    tenant = desk.world.tenant("agent")
    desk.connect(tenant)
    desk.carry(tenant, "fcm", "web")
    desk.handler._key = None
    tell(desk.world, tenant)
    assert await desk.round() == ["pushed", "retry"]
    assert desk.pushes(tenant) == [("pushed", None), ("waiting", "no_vapid_key")]


async def test_a_chat_message_is_read_on_every_device_of_who_it_is_for(desk: Desk) -> None:
    """Who wrote and how many, in his language, leading to the conversation; a newer push takes the older one's place."""
    chat = Chat(desk.world, push_delay_s=0)
    ann, bob = chat.pair()
    desk.connect(chat.tenant)
    desk.carry(chat.tenant, "fcm", "apns", "web", person=bob)
    desk.world.owner.execute("update public.contacts set locale = 'fr-CA' where id = %s", [bob.contact])
    thread = uuid.UUID(chat.start(ann, bob)["thread_id"])
    chat.say(ann, thread, "My boiler is cold")
    assert await desk.round() == ["pushed"] * 3
    android, (headers, iphone), (named, browser) = desk.firebase.got[0], desk.apple.got[0], desk.browser.got[0]
    shown = [android["notification"], iphone["aps"]["alert"], browser]
    assert [(one["title"], one["body"]) for one in shown] == [("Ann", "Nouveau message")] * 3
    assert (android["data"]["url"], iphone["url"], browser["url"]) == (
        CHAT_URL.replace("{thread_id}", str(thread)),
    ) * 3
    assert browser["data"]["thread_id"] == iphone["thread_id"] == android["data"]["thread_id"] == str(thread)
    assert (android["android"]["priority"], headers["apns-priority"], named["urgency"]) == ("HIGH", "10", "high")
    for body in ("Are you there?", "Hello?"):
        chat.say(ann, thread, body)
    assert await desk.round() == ["pushed"] * 3
    android, (again, iphone), (other, browser) = desk.firebase.got[1], desk.apple.got[1], desk.browser.got[1]
    assert (browser["body"], browser["data"]["badge"], iphone["aps"]["badge"]) == ("3 nouveaux messages", 3, 3)
    assert (again["apns-collapse-id"], other["topic"]) == (headers["apns-collapse-id"], named["topic"])
    assert (browser["tag"], android["android"]["notification"]["tag"]) == (f"message:{thread}",) * 2
    assert "boiler" not in json.dumps([desk.firebase.got, desk.apple.got, desk.browser.got])


async def test_a_chat_message_withdrawn_while_a_token_is_fetched_is_not_pushed(desk: Desk) -> None:
    """Asking Google for a token takes a while; the database is asked once more when that is done."""
    chat = Chat(desk.world, push_delay_s=0, push_shows="preview")
    ann, bob = chat.pair()
    desk.connect(chat.tenant)
    desk.carry(chat.tenant, "fcm", "web", person=bob)
    thread = uuid.UUID(chat.start(ann, bob)["thread_id"])
    sent = chat.say(ann, thread, "I should not have said that")
    async with desk.pool.connection() as connection:
        jobs = await desk.handler.claim(connection, Claim(worker="notifier:test", limit=32))
    chat.call(ann, "delete_own_message", message_id=uuid.UUID(sent["message_id"]))
    assert [await desk.handler.handle(desk.pool, job) for job in jobs] == ["lost"] * 2
    assert await desk.round() == [] and desk.firebase.got == [] == desk.browser.got
    assert desk.pushes(chat.tenant) == [("skipped", "withdrawn")] * 2


async def test_a_phone_that_is_gone_is_forgotten_and_the_others_are_told(desk: Desk) -> None:
    """Of a customer as of the staff."""
    chat = Chat(desk.world, push_delay_s=0, push_shows="nothing")
    ann, bob = chat.pair()
    desk.connect(chat.tenant)
    desk.carry(chat.tenant, "fcm", "web", person=bob)
    desk.firebase.devices[androids.PHONE] = androids.wrong(404, "NOT_FOUND", "UNREGISTERED")
    thread = uuid.UUID(chat.start(ann, bob)["thread_id"])
    chat.say(ann, thread)
    assert await desk.round() == ["gone", "pushed"]
    name = desk.world.value("select name from public.tenants where id = %s", chat.tenant.id)
    assert desk.browser.got[0][1]["title"] == name and desk.browser.got[0][1]["body"] == "You have a new message"
    chat.say(ann, thread)
    assert await desk.round() == ["pushed"]
