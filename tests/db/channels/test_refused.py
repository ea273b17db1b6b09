"""Accounts whose provider calls in vain: noticed, told, and lifted; strangers who knock change nothing."""

import asyncio
import uuid
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from tests.db.helpers import Tenant, World
from workers.housekeeper import Housekeeper

REASON = "calls are refused: their signature does not fit the secret of this account"
BAD = ("degraded", REASON)
GOOD = ("connected", None)


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with an admin, an agent and one account."""
    return world.tenant("admin", "agent")


def refuse(world: World, session: uuid.UUID, times: int = 5, reason: str = "signature") -> None:
    """The edge turns calls away."""
    world.ingress.execute("select private.reject_webhook(%s, %s) from generate_series(1, %s)", [session, reason, times])


def age(world: World, tenant: Tenant) -> None:
    """Two hours pass for what was refused and accepted."""
    world.owner.execute("update private.webhook_rejections set minute = minute - interval '2 h' where tenant_id = %s",
                        [tenant.id])  # fmt: skip
    world.owner.execute("update private.webhook_events set id = overlay(id::text placing '00' from 1 for 2)::uuid"
                        " where tenant_id = %s", [tenant.id])  # fmt: skip


def judge(world: World, session: uuid.UUID) -> tuple[str, str | None]:
    """The housekeeper looks: status and reason of the account then."""
    world.worker.execute("select private.mark_refused_sessions()")
    row = world.one("select status, status_reason from public.et_channel_sessions where id = %s", session)
    return row["status"], row["status_reason"]


def told(world: World, tenant: Tenant, kind: str) -> set[Any]:
    """Who got such a notification."""
    return {row["user_id"] for row in world.all(
        "select user_id from public.notifications where tenant_id = %s and kind = %s", tenant.id, kind)}  # fmt: skip


def test_an_account_that_refuses_every_call_is_degraded(world: World, tenant: Tenant) -> None:
    """Five refused calls and none accepted: the account says why and its admins are told, once; no other is touched."""
    other, stranger = world.session(tenant.id, "chat", "bot-beside"), world.tenant("admin")
    refuse(world, tenant.session, 4)
    assert judge(world, tenant.session) == GOOD
    refuse(world, tenant.session, 1)
    assert judge(world, tenant.session) == judge(world, tenant.session) == BAD
    assert told(world, tenant, "channel_degraded") == {tenant.people["owner"], tenant.people["admin"]}
    assert world.value("select count(*) from public.notifications where tenant_id = %s", tenant.id) == 2
    assert judge(world, other) == judge(world, stranger.session) == GOOD
    assert told(world, stranger, "channel_degraded") == set()


def test_the_housekeeper_looks_in_its_first_round(world: World, tenant: Tenant) -> None:
    """And once a minute from then on."""

    async def once() -> None:
        dsn = world.database.dsn("parley_worker")
        async with AsyncConnectionPool(dsn, open=False, kwargs={"autocommit": True}) as pool:
            await Housekeeper().round(pool)

    refuse(world, tenant.session)
    asyncio.run(once())
    row = world.one("select status, status_reason from public.et_channel_sessions where id = %s", tenant.session)
    assert (row["status"], row["status_reason"]) == BAD


def test_who_knocks_degrades_no_account_that_accepts_calls(world: World, tenant: Tenant) -> None:
    """However many are refused before and after the one that was accepted."""
    refuse(world, tenant.session, 50)
    world.push(tenant.session)
    refuse(world, tenant.session, 50)
    assert judge(world, tenant.session) == GOOD


@pytest.mark.parametrize("reason", ["stale", "malformed", "honeypot"])
def test_only_signatures_count(world: World, tenant: Tenant, reason: str) -> None:
    """A replay, nonsense and a bot in a form say nothing of the account's secret."""
    refuse(world, tenant.session, 50, reason)
    assert judge(world, tenant.session) == GOOD


def test_what_was_refused_long_ago_degrades_nobody(world: World, tenant: Tenant) -> None:
    """Only the last hour counts, for what was accepted, too: a secret that no longer fits is noticed an hour later."""
    world.push(tenant.session)
    refuse(world, tenant.session)
    age(world, tenant)
    assert judge(world, tenant.session) == GOOD
    refuse(world, tenant.session)
    assert judge(world, tenant.session) == BAD


def test_an_accepted_call_lifts_it(world: World, tenant: Tenant) -> None:
    """Neither time nor a good answer of the provider nor a heartbeat does; admins hear of it."""
    refuse(world, tenant.session)
    assert judge(world, tenant.session) == BAD
    age(world, tenant)
    world.worker.execute("select private.record_heartbeat(%s, %s, 'connected', null)", [tenant.id, tenant.session])
    world.worker.execute("select private.record_health(%s, %s, 'connected', null)", [tenant.id, tenant.session])
    assert judge(world, tenant.session) == BAD
    world.push(tenant.session)
    refuse(world, tenant.session, 50)
    assert judge(world, tenant.session) == judge(world, tenant.session) == GOOD
    assert told(world, tenant, "channel_connected") == {tenant.people["owner"], tenant.people["admin"]}


def test_another_secret_lifts_it_until_it_fits_neither(world: World, tenant: Tenant) -> None:
    """What was refused with the old secret is forgotten, what is refused with the new one counts; only a secret that
    calls are verified with is meant."""
    refuse(world, tenant.session)
    assert judge(world, tenant.session) == BAD
    for name, expected in (("token", BAD), ("webhook_secret", GOOD)):
        world.api.execute("select private.put_channel_secret(%s, %s, %s, '\\x00')", [tenant.id, tenant.session, name])
        assert judge(world, tenant.session) == expected
    age(world, tenant)
    world.owner.execute("update private.channel_secrets set updated_at = now() - interval '5 min' where tenant_id = %s",
                        [tenant.id])  # fmt: skip
    refuse(world, tenant.session)
    assert judge(world, tenant.session) == BAD


def test_an_account_that_is_polled_expects_no_calls(world: World) -> None:
    """Unless its config says how calls are verified: then they are meant, whoever reads the messages."""
    tenant = world.tenant()
    polled = world.session(tenant.id, "chat", "bot-polled")
    world.worker.execute("select * from private.claim_receivers('r', 'test_chat', 100)")
    refuse(world, polled)
    assert judge(world, polled) == GOOD
    world.owner.execute("update public.et_channel_sessions set config = %s where id = %s",
                        ['{"webhook": {"kind": "ses"}}', polled])  # fmt: skip
    assert judge(world, polled) == BAD


@pytest.mark.parametrize("status", ["paused", "deleted", "disconnected"])
def test_an_account_that_is_not_connected_is_left_alone(world: World, tenant: Tenant, status: str) -> None:
    """It is off, or its trouble is known and worse."""
    world.owner.execute("update public.et_channel_sessions set status = %s where id = %s", [status, tenant.session])
    if status != "deleted":
        refuse(world, tenant.session)
    assert judge(world, tenant.session) == (status, None)


def test_worse_news_of_the_provider_is_recorded_meanwhile(world: World, tenant: Tenant) -> None:
    """An account its provider does not know any more is disconnected; mere trouble changes nothing, and once it is known
    again its refused calls are noticed anew."""
    refuse(world, tenant.session)
    assert judge(world, tenant.session) == BAD
    health = "select private.record_health(%s, %s, %s, 'account closed')"
    world.worker.execute(health, [tenant.id, tenant.session, "degraded"])
    assert judge(world, tenant.session) == BAD
    world.worker.execute(health, [tenant.id, tenant.session, "disconnected"])
    assert judge(world, tenant.session) == ("disconnected", "check: account closed")
    world.worker.execute(health, [tenant.id, tenant.session, "connected"])
    assert judge(world, tenant.session) == BAD
