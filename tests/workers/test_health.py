"""The health worker: an account that looks connected but is dead."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from psycopg.types.json import Jsonb

from app.settings import Settings
from tests.channels.email.smtp_servers import broken_server
from tests.support.loopback import Telegrams
from tests.support.loopback import account as row_of
from tests.support.phones import WhatsApps, account
from tests.workers.harness import Room, wait_until
from workers import health
from workers.loop import open_pool


@pytest.fixture
def whatsapps() -> Iterator[WhatsApps]:
    """A Cloud API."""
    with WhatsApps() as made:
        yield made


async def run_round(settings: Settings) -> None:
    """One round of a worker of this room."""
    pool = open_pool(settings, "health:test")
    await pool.open()
    try:
        await health.HealthWorker(settings).round(pool)
    finally:
        await pool.close()


def state(room: Room, session: Any) -> tuple[str, str | None]:
    """Status and reason of an account."""
    row = room.world.one("select status, status_reason from public.et_channel_sessions where id = %s", session)
    return row["status"], row["status_reason"]


def point_at(room: Room, session: Any, port: int) -> None:
    """Let an account send through the server at `port`, and let it be due for a check."""
    room.world.owner.execute(
        "update public.et_channel_sessions set config = %s, checked_at = null where id = %s",
        [Jsonb({"smtp": {"host": "127.0.0.1", "port": port, "tls": "none"}}), session],
    )


async def test_a_dead_server_is_noticed_and_a_living_one_again(room: Room) -> None:
    """Nobody listens: degraded, with the reason. The server is back: connected."""
    session = room.tenant().session
    point_at(room, session, 9)
    await run_round(room.settings)
    status, reason = state(room, session)
    assert status == "degraded" and str(reason).startswith("check: ")
    async with broken_server("drop") as port:
        point_at(room, session, port)
        await run_round(room.settings)
    assert state(room, session) == ("connected", None)


async def test_a_server_that_says_nothing_does_not_hold_up_the_others(room: Room, monkeypatch: Any) -> None:
    """The check has a deadline of its own; other accounts are checked beside it."""
    monkeypatch.setattr(health, "ANSWER_S", 2.0)
    mute, fine = room.tenant().session, room.tenant().session
    server = await asyncio.start_server(lambda reader, writer: reader.read(), "127.0.0.1", 0)
    async with broken_server("drop") as port:
        point_at(room, mute, server.sockets[0].getsockname()[1])
        point_at(room, fine, port)
        await run_round(room.settings)
    server.close()
    assert state(room, mute)[0] == "degraded" and "did not answer within" in str(state(room, mute)[1])
    assert state(room, fine)[0] == "connected"


async def test_a_new_account_is_connected_by_its_provider_s_word(room: Room) -> None:
    """Telegram names the bot: pending becomes connected, and the address is proved. A wrong token says so instead."""
    with Telegrams() as telegrams:
        settings = msgspec.structs.replace(room.settings, telegram_url=telegrams.url)
        tenant = room.tenant()
        _, good = telegrams.connect(room, tenant)
        _, bad = telegrams.connect(room, tenant)
        telegrams.set_token(room, tenant, bad, "700999:AA" + "x" * 30)
        await run_round(settings)
    assert state(room, good) == ("connected", None) and row_of(room, good)["verified_at"]
    assert state(room, bad)[0] == "disconnected" and "does not know the token" in str(state(room, bad)[1])
    assert row_of(room, bad)["verified_at"] is None


async def test_strangers_pages_are_not_opened_every_five_minutes(room: Room) -> None:
    """How often an account is checked is its adapter's to say: a form's pages are somebody else's."""
    tenant = room.tenant()
    room.world.providers["form"] = "webform"
    form = room.world.session(tenant.id, "form", "forms")
    asked = "update public.et_channel_sessions set checked_at = now() - %s::interval where id = any(%s)"
    for ago, checked in (("10 min", {tenant.session}), ("7 h", {tenant.session, form})):
        room.world.owner.execute(asked, [ago, [tenant.session, form]])
        await run_round(room.settings)
        rows = room.world.all(
            "select id from public.et_channel_sessions where checked_at > now() - interval '1 min' and tenant_id = %s",
            tenant.id,
        )
        assert {row["id"] for row in rows} == checked


async def test_the_templates_of_an_account_are_read_with_its_health(room: Room, whatsapps: WhatsApps) -> None:
    """What Meta lists is what may be sent; a token that may not read them is told to the admins; silence keeps them."""
    tenant = room.tenant()
    number, token = (
        whatsapps.provider.add_number("1065", "+15550783881", token="t", business="1022"),
        {"access_token": "t"},
    )
    number.approve("hello", "en", "Hello {{1}}")
    config = {"phone_number_id": "1065", "business_account_id": "1022"}
    session = account(room, tenant, "whatsapp", "whatsapp_cloud", "+15550783881", config, **token)
    settings = msgspec.structs.replace(room.settings, whatsapp_url=whatsapps.url)

    async def round_of(**change: Any) -> list[tuple[str, str]]:
        room.world.owner.execute(
            "update public.et_channel_sessions set checked_at = null, config = %s where id = %s",
            [Jsonb(config | change), session],
        )
        await run_round(settings)
        rows = room.world.all("select name, status from public.message_templates where session_id = %s", session)
        return [(row["name"], row["status"]) for row in rows]

    assert await round_of() == [("hello", "approved")]
    number.approve("hello", "en", "Hello {{1}}", status="PAUSED")
    whatsapps.provider.faults.order("drop", calls="message_templates", times=1)
    assert await round_of() == [("hello", "approved")] and state(room, session)[0] == "connected"
    assert await round_of() == [("hello", "paused")]
    assert await round_of(business_account_id="7") == [("hello", "paused")]
    status, reason = state(room, session)
    assert status == "degraded" and "templates cannot be read" in str(reason)
    assert await round_of() == [("hello", "paused")] and state(room, session) == ("connected", None)


def test_the_process_checks_by_itself(room: Room) -> None:
    """`parley worker health` notices the dead account of a running installation and tells the owner."""
    tenant = room.tenant()
    point_at(room, tenant.session, 9)
    room.start("health")
    wait_until(lambda: state(room, tenant.session)[0] == "degraded", 60, what=room.logs)
    rows = room.world.all("select kind from public.notifications where tenant_id = %s", tenant.id)
    assert [row["kind"] for row in rows] == ["channel_degraded"]
