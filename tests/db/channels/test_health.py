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


def record(world: World, account: Any, status: str, reason: str | None = None, *, proves: bool = False) -> str:
    """The health worker says what the provider answered."""
    tenant, session = account
    row = world.worker.execute(
        "select private.record_health(%s, %s, %s, %s, %s) as r", [tenant.id, session, status, reason, proves]
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


def new_account(world: World, tenant: Tenant, address: str = "me@own.test", provider: str = "test_email") -> Any:
    """An account as an admin makes it."""
    world.declare({"provider": provider, "channel": "email"})
    made = world.rpc(tenant.people["admin"], tenant, "create_channel_session('email', %s, 'Own', %s, '{}', null)",
                     provider, address)  # fmt: skip
    return tenant, uuid.UUID(made["session_id"])


def is_due(world: World, account: Any, provider: str = "test_email") -> bool:
    """Whether a health worker would check the account now."""
    rows = world.worker.execute(
        "select session_id from private.claim_health_checks(array[%s], '5 min', 1000)", [provider]).fetchall()  # fmt: skip
    return account[1] in {row["session_id"] for row in rows}


def test_a_new_account_is_checked_at_once_and_connected(world: World, account: Any) -> None:
    """Pending until the provider was asked; a bad answer names why and is told to the admins, a good one connects."""
    tenant, _ = account
    new = new_account(world, tenant)
    assert state(world, new) == ("pending", None) and is_due(world, new) and not is_due(world, new)
    assert record(world, new, "disconnected", "no such token") == "disconnected"
    assert state(world, new) == ("disconnected", "check: no such token")
    assert told(world, tenant) == {"channel_disconnected": {tenant.people["owner"], tenant.people["admin"]}}
    assert record(world, new, "disconnected", "no such token") == "unchanged"
    assert record(world, new, "connected") == "connected"
    assert state(world, new) == ("connected", None)
    assert world.value("select verified_at from public.et_channel_sessions where id = %s", new[1]) is None


@pytest.mark.parametrize("change", ["secret", "config", "resume"])
def test_what_was_changed_is_checked_again_at_once(world: World, account: Any, change: str) -> None:
    """A new secret, another config, and an account that is resumed; another name waits for its turn."""
    tenant, session = account
    assert is_due(world, account)
    admin = tenant.people["admin"]
    world.rpc(admin, tenant, "update_channel_session(%s, %s::jsonb)", session, '{"name": "New name"}')
    assert not is_due(world, account)
    if change == "secret":
        world.api.execute("select private.put_channel_secret(%s, %s, 'token', '\\x00')", [tenant.id, session])
    elif change == "config":
        world.rpc(admin, tenant, "update_channel_session(%s, %s::jsonb)", session, '{"config": {"a": 1}}')
    else:
        for status in ("paused", "connected"):
            world.rpc(admin, tenant, "set_channel_session_status(%s, %s)", session, status)
    assert is_due(world, account)


def test_a_provider_that_names_the_address_proves_it(world: World, account: Any) -> None:
    """The account is verified by that, once; whoever proves the same address later is turned away and told why."""
    tenant, _ = account
    first = new_account(world, tenant, "desk@shared.test")
    assert record(world, first, "connected", proves=True) == "connected"
    proved = world.one(
        "select status, status_reason, verified_at from public.et_channel_sessions where id = %s", first[1]
    )
    assert (proved["status"], proved["status_reason"]) == ("connected", None) and proved["verified_at"]
    assert record(world, first, "connected", proves=True) == "unchanged"
    second = new_account(world, world.tenant("admin"), "desk@shared.test")
    assert record(world, second, "connected", proves=True) == "disconnected"
    assert "another account has proved" in str(state(world, second)[1])
    assert world.value("select verified_at from public.et_channel_sessions where id = %s", second[1]) is None


def test_the_platform_s_own_server_vouches_for_no_stranger(world: World, account: Any) -> None:
    """An unverified address without a server of its own stays pending and says why; once it is verified it is
    connected and the reason is gone. With a server of its own it is that server's business."""
    tenant, _ = account
    plain = new_account(world, tenant, "boss@bank.test", "smtp")
    own = new_account(world, tenant, "me@mine.test", "smtp")
    world.rpc(tenant.people["admin"], tenant, "update_channel_session(%s, %s::jsonb)", own[1],
              '{"config": {"smtp": {"host": "mx.mine.test"}}}')  # fmt: skip
    assert (record(world, plain, "connected"), record(world, own, "connected")) == ("pending", "connected")
    assert state(world, plain)[0] == "pending" and "not verified" in str(state(world, plain)[1])
    world.owner.execute("select private.verify_channel_session(%s, %s)", [tenant.id, plain[1]])
    assert state(world, plain) == ("connected", None)


@pytest.mark.parametrize("status", ["paused", "deleted"])
def test_what_people_set_is_left_alone(world: World, account: Any, status: str) -> None:
    """A paused or deleted account is not checked and not changed."""
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
