"""Trying an account: one real message over every channel there is, by the real router to a provider on this machine."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from app.channels.registry import create_adapters
from app.settings import Settings
from tests.db.helpers import Row, Tenant, World, detail, refused
from tests.workers.routing import routing
from tests.workers.trials import PERSON, TEMPLATE, TRIALS, Trial, connect, whatsapp_cloud


def send_me_one(world: World, tenant: Tenant, session: Any, to: str, template: Row | None = None) -> Row:
    """The owner tries it."""
    given = template and Jsonb(template)
    return dict(world.rpc(tenant.people["owner"], tenant, "test_channel_session(%s, %s, %s)", session, to, given))


@pytest.mark.parametrize("provider", sorted(TRIALS))
async def test_one_arrives(world: World, provider: str) -> None:
    """The provider has exactly one, and the admin is told how it ended; trying again makes no second conversation."""
    tenant = world.tenant()
    async with TRIALS[provider]() as trial, routing(world.database, **trial.settings) as router:
        session = connect(world, router, tenant, provider, trial)
        sent = send_me_one(world, tenant, session, trial.to, trial.template)
        assert await router.round() == {sent["message_id"]: trial.ends}
        got = trial.got()
        again = send_me_one(world, tenant, session, trial.to, trial.template)
    assert again["thread_id"] == sent["thread_id"] and world.thread(sent["thread_id"])["folder"] == "automated"
    if provider in ("phone", "in_app"):
        assert got == []
        tasks = world.all("select kind, target from public.manual_tasks where tenant_id = %s", tenant.id)
        assert tasks == ([{"kind": "call", "target": trial.to}] if provider == "phone" else [])
    else:
        assert len(got) == 1 and (trial.template["name"] if trial.template else "This is a test message") in got[0]
    assert world.violations(tenant) == {}


def test_every_way_out_is_tried() -> None:
    """A provider that is added is tried here, unless nothing can be sent over it."""
    adapters = create_adapters(Settings()).values()
    outward = {one.capabilities.provider for one in adapters if one.capabilities.direction != "in"}
    assert outward == set(TRIALS)


async def test_outside_the_window_the_remedy_is_named(world: World) -> None:
    """Free text to a number that has not written is refused with what to do, which then works; so it does once that
    number has written."""
    tenant = world.tenant()
    async with whatsapp_cloud() as trial, routing(world.database, **trial.settings) as router:
        session = connect(world, router, tenant, "whatsapp_cloud", trial)
        with refused("PT422", code="window_closed") as caught:
            send_me_one(world, tenant, session, PERSON)
        assert detail(caught[0])["field"] == "template" and "approved" in str(caught[0].diag.message_hint)
        assert world.all("select 1 from public.et_threads where tenant_id = %s", tenant.id) == []
        assert send_me_one(world, tenant, session, PERSON, TEMPLATE)["message_id"]
        world.arrive(tenant, PERSON, channel="whatsapp", channel_session_id=session)
        assert send_me_one(world, tenant, session, PERSON)["message_id"]
        with refused("PT422", code="bad_template"):
            send_me_one(world, tenant, session, PERSON, {"name": "Not a name"})


async def test_where_nothing_can_be_sent_the_remedy_is_named(world: World) -> None:
    """A hosted form is tried by answering it, and a mail provider has no templates."""
    tenant = world.tenant()
    async with routing(world.database) as router:
        form = connect(world, router, tenant, "hosted_form", Trial("form", "x", list, "answers"))
        with refused("PT422", code="receive_only") as caught:
            send_me_one(world, tenant, form, "me")
        assert "link" in str(caught[0].diag.message_hint)
        mail = connect(world, router, tenant, "resend", Trial("email", "x", list, "mail@acme.test"))
        with refused("PT422", code="no_templates"):
            send_me_one(world, tenant, mail, "me@admin.test", TEMPLATE)
