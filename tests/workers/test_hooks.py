"""A bot with a webhook, from its making to its end: the health worker tells Telegram, Telegram calls the function."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from app.secrets import Vault
from tests.db.helpers import Tenant
from tests.support.database import Database
from tests.support.loopback import Telegrams, account
from tests.workers.harness import Room, wait_until
from tests.workers.test_health import run_round, state


@pytest.fixture(scope="module")
def telegrams() -> Iterator[Telegrams]:
    """A Bot API for the module."""
    with Telegrams() as made:
        yield made


@pytest.fixture(scope="module")
def room(module_database: Database, tmp_path_factory: pytest.TempPathFactory, telegrams: Telegrams) -> Iterator[Room]:
    """A room with the edge functions."""
    made = Room(module_database, tmp_path_factory.mktemp("hooks"), telegram_url=telegrams.url)
    made.start("functions")
    yield made
    made.close()


def put_secret(room: Room, tenant: Tenant, session: uuid.UUID, value: str) -> None:
    """An admin sets the secret that Telegram's calls carry."""
    sealed = Vault(room.settings.secret_keys()).seal(value)
    room.world.api.execute(
        "select private.put_channel_secret(%s, %s, 'webhook_secret', %s)", [tenant.id, session, sealed]
    )


def put(room: Room, tenant: Tenant, session: uuid.UUID, status: str) -> None:
    """An admin pauses, resumes or deletes the account."""
    room.world.rpc(tenant.people["owner"], tenant, "set_channel_session_status(%s, %s)", session, status)


def hear(room: Room, telegrams: Telegrams, bot: Any, session: uuid.UUID) -> None:
    """Somebody writes, and the function keeps Telegram's call."""
    kept = "select 1 from private.webhook_events where session_id = %s"
    before = len(room.world.all(kept, session))
    telegrams.write(bot, 42, "Hello")
    wait_until(lambda: len(room.world.all(kept, session)) == before + 1, what=room.logs)


async def test_a_webhook_lives_as_long_as_its_account(room: Room, telegrams: Telegrams) -> None:
    """Set with its secret and connected, set anew when the secret rotates, away while paused, set again, gone with the
    account; what is written meanwhile waits at Telegram."""
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant, mode="webhook")
    put_secret(room, tenant, session, "first_secret-1")
    await run_round(room.settings)
    assert bot.webhook["url"].endswith(f"/functions/v1/telegram-webhook/{session}")
    assert "message" in bot.allowed
    assert state(room, session) == ("connected", None) and account(room, session)["verified_at"]
    hear(room, telegrams, bot, session)
    put_secret(room, tenant, session, "second_secret-2")
    await run_round(room.settings)
    assert bot.webhook["secret_token"] == "second_secret-2"
    hear(room, telegrams, bot, session)
    put(room, tenant, session, "paused")
    await run_round(room.settings)
    assert bot.webhook == {}
    telegrams.write(bot, 42, "Anybody there?")
    put(room, tenant, session, "connected")
    await run_round(room.settings)
    wait_until(lambda: not bot.updates, what=room.logs)
    put(room, tenant, session, "deleted")
    await run_round(room.settings)
    assert bot.webhook == {}
    assert room.world.all("select 1 from private.provider_hooks where session_id = %s", session) == []


async def test_a_webhook_somebody_took_away_is_found_out_and_set_again(room: Room, telegrams: Telegrams) -> None:
    """It looked connected. The next check says it is dead, the round after that mends it; admins hear of both."""
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant, mode="webhook")
    put_secret(room, tenant, session, "secret")
    await run_round(room.settings)
    telegrams.loopback.do(telegrams.provider.webhooks.delete, bot, {})
    room.world.owner.execute("update public.et_channel_sessions set checked_at = null where id = %s", [session])
    room.world.owner.execute(
        "update private.provider_hooks set set_at = now() - interval '1 h' where session_id = %s", [session]
    )
    await run_round(room.settings)
    assert state(room, session)[0] == "disconnected" and "no webhook" in str(state(room, session)[1])
    await run_round(room.settings)
    assert state(room, session) == ("connected", None) and bot.webhook
    rows = room.world.all("select kind from public.notifications where channel_session_id = %s order by kind", session)
    assert [row["kind"] for row in rows] == ["channel_connected", "channel_disconnected"]


@pytest.mark.parametrize("secret", [None, "not allowed!"])
async def test_an_account_without_a_usable_secret_says_so(room: Room, telegrams: Telegrams, secret: str | None) -> None:
    """Nothing is set, the reason names the secret; once it is there, the account is connected without waiting."""
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant, mode="webhook")
    if secret:
        put_secret(room, tenant, session, secret)
    await run_round(room.settings)
    assert bot.webhook == {}
    assert state(room, session)[0] == "disconnected" and "webhook_secret" in str(state(room, session)[1])
    put_secret(room, tenant, session, "x" * 256)
    await run_round(room.settings)
    assert state(room, session) == ("connected", None)
