"""Accounts whose provider refuses what is sent because of the account: degraded with the first refusal, and lifted by
what shows that they work."""

import uuid

import pytest

from tests.db.helpers import Row, Tenant, World

BAD = ("degraded", "sends are refused: 401 the token was revoked")
GOOD = ("connected", None)


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with an admin, an agent and a mailbox."""
    return world.tenant("admin", "agent")


def state(world: World, session: uuid.UUID) -> tuple[str, str | None]:
    """Status and reason of an account."""
    row = world.one("select status, status_reason from public.et_channel_sessions where id = %s", session)
    return row["status"], row["status_reason"]


def claimed(world: World, tenant: Tenant) -> Row:
    """A send a router has in hand."""
    queued = world.enqueue(world.arrive(tenant), "We come on Tuesday.")
    return next(row for row in world.claim_out() if row["queue_id"] == queued["queue_id"])


def refuse(world: World, claim: Row, code: str = "auth") -> None:
    """The provider says no, and who is meant."""
    assert world.finish(claim, "retry", error_code=code, error="401 the token was revoked") == "queued"


def health(world: World, tenant: Tenant, status: str) -> tuple[str, str | None]:
    """The health worker has asked the provider."""
    world.worker.execute("select private.record_health(%s, %s, %s, 'x')", [tenant.id, tenant.session, status])
    return state(world, tenant.session)


def beat(world: World, tenant: Tenant) -> tuple[str, str | None]:
    """Whoever reads the account says that it is connected."""
    world.worker.execute("select private.record_heartbeat(%s, %s, 'connected', null)", [tenant.id, tenant.session])
    return state(world, tenant.session)


def again(world: World, claim: Row) -> Row:
    """The next try of the same send."""
    world.owner.execute("update private.outbound_work set run_at = now() where queue_id = %s", [claim["queue_id"]])
    return next(row for row in world.claim_out() if row["queue_id"] == claim["queue_id"])


def test_the_first_refusal_degrades_the_account_and_tells_its_admins(world: World, tenant: Tenant) -> None:
    """In the transaction that records the try; once, however many follow; no other account is touched."""
    beside, stranger = world.session(tenant.id, "chat", "bot-beside"), world.tenant("admin")
    for claim in [claimed(world, tenant), claimed(world, tenant)]:
        refuse(world, claim)
        assert state(world, tenant.session) == BAD
    assert state(world, beside) == state(world, stranger.session) == GOOD
    told = world.all("select tenant_id, user_id, kind, title from public.notifications where channel_session_id = %s",
                     tenant.session)  # fmt: skip
    assert {row["user_id"] for row in told} == {tenant.people["owner"], tenant.people["admin"]} and len(told) == 2
    assert {row["kind"] for row in told} == {"channel_degraded"}
    assert world.value("select count(*) from public.notifications where tenant_id = %s", stranger.id) == 0


@pytest.mark.parametrize("code", ["429", "421", "down", "450"])
def test_other_refusals_say_nothing_of_the_account(world: World, tenant: Tenant, code: str) -> None:
    """Limits, an outage and one recipient's mailbox."""
    refuse(world, claimed(world, tenant), code)
    assert state(world, tenant.session) == GOOD


@pytest.mark.parametrize("status", ["pending", "paused", "disconnected", "deleted"])
def test_only_a_connected_account_is_degraded(world: World, tenant: Tenant, status: str) -> None:
    """It is off, not yet judged, or its trouble is known and worse."""
    claim = claimed(world, tenant)
    world.owner.execute("update public.et_channel_sessions set status = %s where id = %s", [status, tenant.session])
    refuse(world, claim)
    assert state(world, tenant.session) == (status, None)


def test_an_accepted_send_lifts_it_at_once(world: World, tenant: Tenant) -> None:
    """While a refused send waits, neither a good check nor a heartbeat does: they may ask less than a send does."""
    claim = claimed(world, tenant)
    refuse(world, claim)
    assert health(world, tenant, "connected") == beat(world, tenant) == BAD
    claim = again(world, claim)
    assert health(world, tenant, "connected") == beat(world, tenant) == BAD, "nor while it is tried again"
    assert world.finish(claim) == "sent"
    assert state(world, tenant.session) == GOOD
    assert world.value("select count(*) from public.notifications where tenant_id = %s and kind = 'channel_connected'",
                       tenant.id) == 2  # fmt: skip


@pytest.mark.parametrize("shown", ["check", "heartbeat"])
def test_what_no_send_waits_for_is_lifted_by_whoever_sees_it_well(world: World, tenant: Tenant, shown: str) -> None:
    """The send was given up: an account that nothing is sent on would stay degraded otherwise."""
    claim = claimed(world, tenant)
    refuse(world, claim)
    assert world.finish(again(world, claim), "rejected", error_code="gone") == "failed"
    assert state(world, tenant.session) == BAD
    assert (health(world, tenant, "connected") if shown == "check" else beat(world, tenant)) == GOOD


def test_another_secret_makes_the_check_count_again(world: World, tenant: Tenant) -> None:
    """What was refused with the old one says nothing any more, neither before nor after the answer came."""
    claim, late = claimed(world, tenant), claimed(world, tenant)
    refuse(world, claim)
    world.api.execute("select private.put_channel_secret(%s, %s, 'token', '\\x00')", [tenant.id, tenant.session])
    assert health(world, tenant, "connected") == GOOD
    refuse(world, late)
    assert state(world, tenant.session) == GOOD
    refuse(world, again(world, late))
    assert state(world, tenant.session) == BAD


def test_worse_news_of_the_provider_is_recorded_meanwhile(world: World, tenant: Tenant) -> None:
    """An account the provider does not know any more is disconnected; mere trouble changes nothing."""
    refuse(world, claimed(world, tenant))
    assert health(world, tenant, "degraded") == BAD
    assert health(world, tenant, "disconnected") == ("disconnected", "check: x")
    assert health(world, tenant, "connected") == GOOD
