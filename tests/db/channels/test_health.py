"""Accounts that go bad: who notices, who is told, and what a check may change."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import Tenant, World, refused


@pytest.fixture
def account(world: World) -> tuple[Tenant, uuid.UUID]:
    """A tenant with an admin, an agent and one account."""
    tenant = world.tenant("admin", "agent")
    return tenant, tenant.session


def record(world: World, account: Any, status: str, reason: str | None = None) -> str:
    """The health worker says what the provider answered."""
    tenant, session = account
    row = world.worker.execute(
        "select private.record_health(%s, %s, %s, %s) as r", [tenant.id, session, status, reason]
    ).fetchone()
    return str(row["r"])


def state(world: World, account: Any) -> tuple[str, str | None]:
    """Status and reason of the account."""
    row = world.one("select status, status_reason from public.et_channel_sessions where id = %s", account[1])
    return row["status"], row["status_reason"]


def told(world: World, tenant: Tenant) -> dict[str, set[Any]]:
    """Kind of notification → who got it."""
    found: dict[str, set[Any]] = {}
    for row in world.all("select kind, user_id from public.notifications where tenant_id = %s", tenant.id):
        found.setdefault(row["kind"], set()).add(row["user_id"])
    return found


def test_owners_and_admins_are_told_once(world: World, account: Any) -> None:
    """A disconnected account is announced to those who can mend it; flapping does not repeat it."""
    tenant, _ = account
    for status in ("disconnected", "connected", "disconnected", "connected"):
        assert record(world, account, status, "no such token") == status
    people = {tenant.people["owner"], tenant.people["admin"]}
    assert told(world, tenant) == {"channel_disconnected": people, "channel_connected": people}
    count = world.value("select count(*) from public.notifications where tenant_id = %s", tenant.id)
    assert count == 4
    with world.acting(tenant.people["agent"], tenant) as connection:
        assert connection.execute("select 1 from public.notifications").fetchall() == []


def test_a_check_does_not_overrule_the_reader(world: World, account: Any) -> None:
    """What a receiver found wrong stays until the receiver finds it right; what a check found, a check may undo."""
    tenant, session = account
    world.worker.execute("select private.record_heartbeat(%s, %s, 'degraded', 'another poller')", [tenant.id, session])
    assert record(world, account, "connected") == "unchanged"
    assert record(world, account, "disconnected", "x") == "unchanged"
    assert state(world, account) == ("degraded", "another poller")
    world.worker.execute("select private.record_heartbeat(%s, %s, 'connected', null)", [tenant.id, session])
    assert record(world, account, "disconnected", "token revoked") == "disconnected"
    assert state(world, account) == ("disconnected", "check: token revoked")
    assert record(world, account, "connected") == "connected"
    assert state(world, account) == ("connected", None)


@pytest.mark.parametrize("status", ["paused", "deleted", "pending"])
def test_what_people_set_is_left_alone(world: World, account: Any, status: str) -> None:
    """A paused, deleted or unverified account is not checked and not changed."""
    world.owner.execute("update public.et_channel_sessions set status = %s where id = %s", [status, account[1]])
    assert record(world, account, "disconnected", "x") == "unchanged"
    rows = world.worker.execute(
        "select * from private.claim_health_checks('{test_email}', '0 s', 1000)").fetchall()  # fmt: skip
    assert account[1] not in {row["session_id"] for row in rows}


def test_copies_of_the_worker_share_the_checks(world: World, account: Any) -> None:
    """An account is asked about once per period, whoever asks first."""
    found = world.together(6, lambda connection, _: connection.execute(
        "select session_id from private.claim_health_checks('{test_email}', '1 min', 1000)").fetchall())  # fmt: skip
    ids = [row["session_id"] for rows in found for row in rows]
    assert ids.count(account[1]) == 1
    assert (
        world.worker.execute("select 1 from private.claim_health_checks('{test_email}', '1 min', 9)").fetchall() == []
    )


def test_an_account_nobody_reads_is_disconnected(world: World) -> None:
    """It says connected, but its reader has been gone for minutes; accounts that only receive pushes are not meant."""
    tenant = world.tenant()
    polled = world.session(tenant.id, "chat", "bot-silent")
    world.owner.execute("update public.et_channel_sessions set last_heartbeat_at = now() - interval '5 min'"
                        " where tenant_id = %s", [tenant.id])  # fmt: skip
    world.worker.execute("select * from private.claim_receivers('r', 'test_chat', 100)")
    world.worker.execute("select private.mark_silent_sessions()")
    status, reason = state(world, (tenant, polled))
    assert status == "disconnected" and "nobody has read this account for 0 h 5 min" in str(reason)
    assert state(world, (tenant, tenant.session))[0] == "connected"
    assert "channel_disconnected" in told(world, tenant)


def test_send_me_one(world: World, account: Any) -> None:
    """An admin sends one real message over an account; it is queued like any other and filed apart."""
    tenant, session = account
    answer = world.rpc(tenant.people["admin"], tenant, "test_channel_session(%s, %s)", session, "me@acme.test")
    queue = world.queue(answer["message_id"])
    assert (queue["recipient"], queue["status"], queue["channel_session_id"]) == ("me@acme.test", "queued", session)
    thread = world.thread(answer["thread_id"])
    assert thread["folder"] == "automated" and world.violations(tenant) == {}
    again = world.rpc(tenant.people["admin"], tenant, "test_channel_session(%s, %s)", session, "me@acme.test")
    assert again["thread_id"] == answer["thread_id"]


def test_a_test_needs_a_good_address_the_right_and_the_own_account(world: World, account: Any) -> None:
    """Agents may not, strangers see nothing and are logged, a bad address is named."""
    tenant, session = account
    with refused("PT422", code="bad_address"):
        world.rpc(tenant.people["owner"], tenant, "test_channel_session(%s, %s)", session, "no address")
    with refused("PT403"):
        world.rpc(tenant.people["agent"], tenant, "test_channel_session(%s, %s)", session, "me@acme.test")
    stranger = world.tenant()
    answer = world.rpc(stranger.people["owner"], stranger, "test_channel_session(%s, %s)", session, "me@acme.test")
    assert answer["code"] == "not_found"
    logged = world.all("select 1 from public.access_denials where object_id = %s", str(session))
    assert len(logged) == 1
