"""Accounts whose provider says nothing of what it took: noticed after a day, told, and healed by its first word."""

import asyncio
import json
import uuid
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from app.channels.email.resend import ResendAdapter
from app.domain.work import Claim
from app.settings import Settings
from tests.db.helpers import Row, Tenant, World
from workers.housekeeper import Housekeeper
from workers.ingress import IngressHandler

PUSHES: Row = {
    "provider": "mailer", "channel": "email", "receipts": ["delivered", "bounced_hard"],
    "webhook_function": "email-events", "webhook_secrets": ["webhook_secret"],
}  # fmt: skip
GOOD = ("connected", None)


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant whose mail leaves by a provider that pushes receipts."""
    world.declare(PUSHES)
    tenant = world.tenant("admin", "agent")
    world.owner.execute("update public.et_channel_sessions set provider = 'mailer', checked_at = now()"
                        " where tenant_id = %s", [tenant.id])  # fmt: skip
    watch(world, tenant)
    return tenant


def mark(world: World) -> None:
    """The housekeeper looks."""
    world.worker.execute("select private.mark_unheard_sessions()")


def watch(world: World, tenant: Tenant) -> None:
    """The account has been there, and quiet, for two hours."""
    mark(world)
    world.owner.execute("update private.receipt_watches set heard_at = heard_at - interval '2 h' where tenant_id = %s",
                        [tenant.id])  # fmt: skip


def send(world: World, tenant: Tenant, times: int = 20, kind: str = "accepted") -> list[str]:
    """So many answers leave; the provider's ids of them."""
    ids = []
    thread = world.arrive(tenant, f"{uuid.uuid4().hex[:8]}@people.test")
    for _ in range(times):
        world.enqueue({"tenant_id": tenant.id, "thread_id": thread["thread_id"]})
        (claim,) = world.claim_out(limit=1)
        ids.append(uuid.uuid4().hex)
        world.finish(claim, kind, provider_message_id=ids[-1])
    return ids


def pass_time(world: World, tenant: Tenant, first: str = "25 h", last: str = "2 h") -> None:
    """The first send that was counted is so long ago, and the last."""
    world.owner.execute(
        "update private.receipt_watches set first_at = now() - %s::interval, last_at = now() - %s::interval"
        " where tenant_id = %s and unheard > 0", [first, last, tenant.id])  # fmt: skip


def state(world: World, session: Any) -> tuple[str, str | None]:
    """What the housekeeper makes of the account."""
    mark(world)
    row = world.one("select status, status_reason from public.et_channel_sessions where id = %s", session)
    return row["status"], row["status_reason"]


def told(world: World, tenant: Tenant, kind: str) -> set[Any]:
    """Who got such a notification."""
    return {row["user_id"] for row in world.all(
        "select user_id from public.notifications where tenant_id = %s and kind = %s", tenant.id, kind)}  # fmt: skip


def deafen(world: World, tenant: Tenant) -> list[str]:
    """Twenty sends without a word, a day ago; the ids of them."""
    ids = send(world, tenant)
    pass_time(world, tenant)
    assert state(world, tenant.session)[0] == "degraded"
    return ids


def test_twenty_sends_without_a_word_degrade_the_account(world: World, tenant: Tenant) -> None:
    """It names its webhook and what is missing; owners and admins are told once, and strangers are untouched."""
    stranger = world.tenant("admin")
    send(world, tenant, 19)
    pass_time(world, tenant)
    assert state(world, tenant.session) == GOOD
    send(world, tenant, 1)
    pass_time(world, tenant)
    status, reason = state(world, tenant.session)
    assert status == "degraded" and reason is not None and reason.startswith("no receipts: 20 messages were accepted")
    assert f"/functions/v1/email-events/{tenant.session}; not set here: webhook_secret" in reason
    assert state(world, tenant.session) == (status, reason)
    assert told(world, tenant, "channel_degraded") == {tenant.people["owner"], tenant.people["admin"]}
    assert state(world, stranger.session) == GOOD and told(world, stranger, "channel_degraded") == set()


@pytest.mark.parametrize(("first", "last"), [("23 h", "2 h"), ("25 h", "30 min")])
def test_sends_are_given_time(world: World, tenant: Tenant, first: str, last: str) -> None:
    """The first is to be a day old, and a burst behind it an hour: its receipts may be on their way."""
    send(world, tenant)
    pass_time(world, tenant, first, last)
    assert state(world, tenant.session) == GOOD


def test_only_what_was_accepted_counts(world: World, tenant: Tenant) -> None:
    """Of a message the provider refused it has nothing more to say."""
    send(world, tenant, 25, "rejected")
    pass_time(world, tenant)
    assert state(world, tenant.session) == GOOD
    assert world.value("select unheard from private.receipt_watches where tenant_id = %s", tenant.id) == 0


def test_the_first_receipt_heals_it(world: World, tenant: Tenant) -> None:
    """At once, also by a repeated one; neither a heartbeat nor a good check nor what came by mail does."""
    ids = deafen(world, tenant)
    world.worker.execute("select private.record_heartbeat(%s, %s, 'connected', null)", [tenant.id, tenant.session])
    world.worker.execute("select private.record_health(%s, %s, 'connected', null)", [tenant.id, tenant.session])
    world.receipt(tenant, "bounced_hard", ids[0], "report")
    assert state(world, tenant.session)[0] == "degraded"
    world.receipt(tenant, "bounced_hard", ids[0], "report", session_id=str(tenant.session))
    row = world.one("select status, status_reason from public.et_channel_sessions where id = %s", tenant.session)
    assert (row["status"], row["status_reason"]) == GOOD == state(world, tenant.session)
    assert told(world, tenant, "channel_connected") == {tenant.people["owner"], tenant.people["admin"]}


def test_a_receipt_speaks_for_the_account_that_sent(world: World, tenant: Tenant) -> None:
    """Two accounts at one provider may have one webhook between them."""
    ids = deafen(world, tenant)
    other = world.session(tenant.id, "email", "other@desk.test")
    world.receipt(tenant, "delivered", ids[0], session_id=str(other))
    assert state(world, tenant.session) == GOOD


def test_a_receipt_while_somebody_holds_the_account_heals_it_a_minute_later(world: World, tenant: Tenant) -> None:
    """Nobody waits for a lock: the housekeeper lifts what the receipt could not."""
    ids = deafen(world, tenant)
    with world.database.connect(autocommit=False) as holder:
        holder.execute("select from public.et_channel_sessions where id = %s for update", [tenant.session])
        world.receipt(tenant, "delivered", ids[0], session_id=str(tenant.session))
        holder.rollback()
    assert state(world, tenant.session) == GOOD


def test_an_account_that_hears_is_not_counted(world: World, tenant: Tenant) -> None:
    """Within an hour of a receipt a send writes nothing, and neither does a second receipt."""
    ids = send(world, tenant, 3)
    world.receipt(tenant, "delivered", ids[0], session_id=str(tenant.session))
    before = world.one("select *, xmin::text as version from private.receipt_watches where tenant_id = %s", tenant.id)
    assert before["unheard"] == 0
    ids = send(world, tenant, 21)
    world.receipt(tenant, "delivered", ids[0], session_id=str(tenant.session))
    after = world.one("select *, xmin::text as version from private.receipt_watches where tenant_id = %s", tenant.id)
    assert after == before


def test_calls_that_wait_to_be_read_are_a_word(world: World, tenant: Tenant) -> None:
    """It is our worker that is away, not the provider; what cannot be read for good is no word."""
    send(world, tenant)
    pass_time(world, tenant)
    world.push(tenant.session)
    assert state(world, tenant.session) == GOOD
    world.owner.execute("delete from private.webhook_work where tenant_id = %s", [tenant.id])
    assert state(world, tenant.session)[0] == "degraded"


def test_a_quiet_account_is_left_alone(world: World, tenant: Tenant) -> None:
    """A month without a send is no silence of its provider."""
    world.owner.execute("update private.receipt_watches set heard_at = heard_at - interval '30 d' where tenant_id = %s",
                        [tenant.id])  # fmt: skip
    assert state(world, tenant.session) == GOOD


@pytest.mark.parametrize("change", [
    {"receipts": ["bounced_hard"]}, {"receipts": []}, {"webhook_function": None}, {"webhook_optional": True},
])  # fmt: skip
def test_a_provider_that_tells_nothing_is_not_waited_for(world: World, tenant: Tenant, change: Row) -> None:
    """It declares no deliveries, pushes nothing, or only for accounts that say so; the account is well again."""
    deafen(world, tenant)
    world.declare({**PUSHES, **change})
    assert state(world, tenant.session) == GOOD
    assert world.value("select count(*) from private.receipt_watches where tenant_id = %s", tenant.id) == 0


def test_an_optional_webhook_is_waited_for_where_it_is(world: World, tenant: Tenant) -> None:
    """An account of plain SMTP that says whose calls it gets; unless it is told of failures alone."""
    world.declare({**PUSHES, "webhook_optional": True})
    configure = "update public.et_channel_sessions set config = %s where id = %s"
    world.owner.execute(configure, ['{"webhook": {"kind": "ses"}}', tenant.session])
    watch(world, tenant)
    send(world, tenant)
    pass_time(world, tenant)
    status, reason = state(world, tenant.session)
    assert status == "degraded" and "not set here" not in str(reason)
    world.owner.execute(configure, ['{"webhook": {"kind": "ses", "deliveries": false}}', tenant.session])
    assert state(world, tenant.session) == GOOD


def test_worse_news_of_the_provider_is_recorded(world: World, tenant: Tenant) -> None:
    """A check that finds it disconnected counts, mere trouble does not; when that is mended the silence is noticed."""
    deafen(world, tenant)
    health = "select private.record_health(%s, %s, %s, %s) as r"
    found = {}
    for status, reason in (("degraded", "slow"), ("disconnected", "key revoked")):
        row = world.worker.execute(health, [tenant.id, tenant.session, status, reason]).fetchone()
        found[status] = row["r"] if row else None
    assert found == {"degraded": "unchanged", "disconnected": "disconnected"}
    assert state(world, tenant.session) == ("disconnected", "check: key revoked")
    world.worker.execute(health, [tenant.id, tenant.session, "connected", None])
    assert state(world, tenant.session)[0] == "degraded"


def test_a_call_of_the_provider_is_what_heals_it(world: World, tenant: Tenant) -> None:
    """The housekeeper notices in its first round; one event of Resend that the ingress worker reads, and all is well."""
    adapter = ResendAdapter("http://127.0.0.1:9")
    ids = send(world, tenant)
    pass_time(world, tenant)
    world.declare_adapters([adapter])
    world.owner.execute("update public.et_channel_sessions set provider = 'resend' where id = %s", [tenant.session])

    async def work() -> list[str]:
        dsn, seen = world.database.dsn("parley_worker"), []
        handler = IngressHandler(Settings(), {"resend": adapter})
        async with AsyncConnectionPool(dsn, open=False, kwargs={"autocommit": True}) as pool:
            for _ in range(2):
                await Housekeeper().round(pool)
                seen.append(world.value("select status from public.et_channel_sessions where id = %s", tenant.session))
                world.push(tenant.session, "first", json.dumps(
                    {"type": "email.delivered", "created_at": "2026-11-02T10:00:00Z", "data": {"email_id": ids[0]}}
                ).encode())  # fmt: skip
                async with pool.connection() as connection:
                    jobs = await handler.claim(connection, Claim(worker="i1", limit=4))
                for job in jobs:
                    await handler.handle(pool, job)
        await handler.close()
        return seen

    assert asyncio.run(work()) == ["degraded", "connected"]
