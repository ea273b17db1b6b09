"""The first word to somebody, from the call that starts the conversation to what leaves the house, by the real router."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.channels.form.site import site
from tests.channels.push.service import push_service
from tests.db.helpers import Row, Tenant, World
from tests.workers.routing import Routing, routing
from tests.workers.trials import TRIALS, connect


@pytest.fixture
async def router(world: World) -> AsyncIterator[Routing]:
    """The router of this module's database."""
    async with routing(world.database) as made:
        yield made


@pytest.fixture
def tenant(world: World, router: Routing) -> Tenant:
    """A tenant whose accounts the router's adapters serve."""
    assert router.handler.adapters
    return world.tenant("agent")


def first_word(world: World, tenant: Tenant, channel: str, provider: str, kind: str, address: str, **more: Any) -> Row:
    """The owner connects an account, and the agent writes first over it."""
    own = "+15550001111" if kind == "phone" else "our-own"
    session = world.rpc(tenant.people["owner"], tenant, "create_channel_session(%s, %s, 'Desk', %s)",
                        channel, provider, own)["session_id"]  # fmt: skip
    world.rpc(tenant.people["owner"], tenant, "update_channel_session(%s, %s)", session,
              Jsonb({"sender_name": "Acme Heating", "sender_address": "desk@acme.test"}))  # fmt: skip
    return begin(world, tenant, session, kind, address, **more)


def begin(world: World, tenant: Tenant, session: Any, kind: str, address: str, **more: Any) -> Row:
    """The agent enters a contact and writes to him first."""
    known = world.rpc(
        tenant.people["agent"], tenant, "put_contact(null, jsonb_build_object('display_name', 'Ann Miller',"
        " 'identities', jsonb_build_array(jsonb_build_object('kind', %s::text, 'address', %s::text))))", kind, address,
    )  # fmt: skip
    if "purpose" in more:
        channel = world.value("select channel from public.et_channel_sessions where id = %s", session)
        world.rpc(tenant.people["agent"], tenant, "record_consent(%s, %s, %s, true)", known["contact_id"], channel,
                  more["purpose"])  # fmt: skip
    named = {"contact_id": known["contact_id"], "session_id": session, "body": "May we come on Tuesday?", **more}
    call = f"start_thread({', '.join(f'p_{name} => %s' for name in named)})"
    return dict(world.rpc(tenant.people["agent"], tenant, call, *named.values()))


async def test_on_a_form_it_is_submitted(world: World, tenant: Tenant, router: Routing) -> None:
    """The contact's own web form is opened, filled in and submitted, once."""
    with site() as page:
        started = first_word(world, tenant, "form", "webform", "form", f"{page.url}/plain")
        assert await router.round() == {started["message_id"]: "sent"}
        assert await router.round() == {}
        ((path, cookie, fields),) = page.submitted
    assert (path, cookie) == ("/take", "visit=v1")
    asked = (fields["fullname"], fields["mail"], fields["msg"])
    assert asked == ("Acme Heating", "desk@acme.test", "May we come on Tuesday?")
    assert world.violations(tenant) == {}


async def test_on_a_form_for_people_a_person_is_asked(world: World, tenant: Tenant, router: Routing) -> None:
    """A captcha is not a machine's to solve: the conversation has a task, and is sent when somebody did it."""
    with site() as page:
        started = first_word(world, tenant, "form", "webform", "form", f"{page.url}/captcha")
        assert await router.round() == {started["message_id"]: "queued"}
        assert page.submitted == []
        task = world.one("select * from public.manual_tasks where tenant_id = %s", tenant.id)
    assert (task["kind"], task["reason"], str(task["thread_id"])) == ("form", "captcha", started["thread_id"])
    world.rpc(tenant.people["agent"], tenant, "complete_task(%s, 'done')", task["id"])
    assert world.status(started["message_id"]) == "sent" and world.violations(tenant) == {}


async def test_on_the_phone_it_is_a_call_to_make(world: World, tenant: Tenant, router: Routing) -> None:
    """Whom to call and what to say; the message is sent once somebody has called."""
    started = first_word(world, tenant, "phone", "phone", "phone", "+15557770001")
    assert await router.round() == {started["message_id"]: "queued"}
    task = world.one("select * from public.manual_tasks where tenant_id = %s", tenant.id)
    assert (task["kind"], task["title"], task["target"]) == ("call", "Call Ann Miller", "+15557770001")
    assert str(task["message_id"]) == started["message_id"]
    assert world.message(task["message_id"])["body"] == "May we come on Tuesday?"
    assert await router.round() == {}
    world.rpc(tenant.people["agent"], tenant, "complete_task(%s, 'done')", task["id"])
    assert world.status(started["message_id"]) == "sent" and world.violations(tenant) == {}


async def test_in_a_browser_it_is_a_push(world: World, tenant: Tenant, router: Routing) -> None:
    """Encrypted for the contact's browser, with the conversation it opens."""
    async with push_service() as browser:
        started = first_word(world, tenant, "push", "webpush", "push", browser.address, subject="Your boiler",
                             purpose="notification")  # fmt: skip
        assert await router.round() == {started["message_id"]: "sent"}
        ((headers, shown),) = browser.got
    assert (shown["title"], shown["body"]) == ("Your boiler", "May we come on Tuesday?")
    assert shown["data"]["thread_id"] == started["thread_id"] and headers["urgency"] == "normal"
    assert world.violations(tenant) == {}


async def test_a_browser_that_is_gone_is_not_pushed_to_again(world: World, tenant: Tenant, router: Routing) -> None:
    """The service says 410: the next first word has nobody to go to."""
    async with push_service() as browser:
        browser.status = 410
        started = first_word(world, tenant, "push", "webpush", "push", browser.address)
        assert await router.round() == {started["message_id"]: "bounced"}
    assert world.all("select 1 from public.contact_identities where tenant_id = %s", tenant.id) == []


@pytest.mark.parametrize("provider", ["smtp", "twilio", "telegram", "whatsapp_cloud", "baileys"])
async def test_elsewhere_it_is_a_message(world: World, provider: str) -> None:
    """By e-mail, SMS, Telegram and WhatsApp both ways: one arrives, where WhatsApp wants one as a template."""
    tenant = world.tenant("agent")
    async with TRIALS[provider]() as trial, routing(world.database, **trial.settings) as router:
        session = connect(world, router, tenant, provider, trial)
        kind = "phone" if trial.channel in ("sms", "whatsapp") else trial.channel
        template = trial.template and Jsonb(trial.template)
        started = begin(world, tenant, session, kind, trial.to, subject="Your boiler", template=template)
        assert await router.round() == {started["message_id"]: "sent"}
        (got,) = trial.got()
    assert (trial.template["name"] if trial.template else "May we come on Tuesday?") in got
    assert world.queue(started["message_id"])["purpose"] == "conversation" and world.violations(tenant) == {}
