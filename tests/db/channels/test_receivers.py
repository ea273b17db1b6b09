"""Polled accounts: one reader at a time, and a cursor that moves with the messages or not at all."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World, refused

CLAIM = "select * from private.claim_receivers(%s, 'test_chat', 10)"


@pytest.fixture
def account(world: World) -> tuple[Tenant, uuid.UUID]:
    """A tenant with one polled account; nobody else's is left."""
    world.owner.execute("update public.et_channel_sessions set status = 'deleted' where provider = 'test_chat'")
    tenant = world.tenant()
    return tenant, world.session(tenant.id, "chat", f"bot{uuid.uuid4().hex[:8]}")


def claim(world: World, worker: str = "r1") -> list[Row]:
    """Accounts this process may read."""
    return world.worker.execute(CLAIM, [worker]).fetchall()


def advance(world: World, held: Row, cursor: str, connection: Any = None) -> None:
    """Move the cursor of a held account."""
    (connection or world.worker).execute(
        "select private.advance_receiver(%s, %s, %s, %s)",
        [held["tenant_id"], held["session_id"], held["fence"], cursor],
    )


def test_an_account_is_read_by_one_process(world: World, account: Any) -> None:
    """A second process gets it only when the first stopped or its lease ended, with the cursor where it was."""
    (held,) = claim(world)
    assert held["session_id"] == account[1] and held["cursor"] == {}
    assert claim(world, "r2") == []
    advance(world, held, '{"offset": 7}')
    world.worker.execute(
        "select private.release_receiver(%s, %s, %s)", [held["tenant_id"], held["session_id"], held["fence"]]
    )
    (again,) = claim(world, "r2")
    assert again["cursor"] == {"offset": 7} and again["fence"] > held["fence"]


def test_who_lost_the_lease_moves_nothing(world: World, account: Any) -> None:
    """Messages and cursor are one transaction: an old reader's batch is undone whole."""
    tenant, session = account
    (old,) = claim(world)
    world.owner.execute("update private.receiver_cursors set lease_until = clock_timestamp() - interval '1 s'")
    (new,) = claim(world, "r2")
    before = world.value("select count(*) from public.et_messages where tenant_id = %s", tenant.id)
    with refused("PT409", code="lease_lost"), world.worker.transaction():
        world.deliver(tenant, "u1", channel="chat", channel_session_id=session)
        advance(world, old, '{"offset": 9}')
    assert world.value("select count(*) from public.et_messages where tenant_id = %s", tenant.id) == before
    assert not world.worker.execute(
        "select private.renew_receiver(%s, %s, %s) as r", [tenant.id, session, old["fence"]]).fetchone()["r"]  # fmt: skip
    advance(world, new, '{"offset": 9}')


def test_a_paused_account_is_let_go(world: World, account: Any) -> None:
    """Its reader is told to stop, and nobody claims it until it is resumed."""
    tenant, session = account
    (held,) = claim(world)
    world.owner.execute("update public.et_channel_sessions set status = 'paused' where id = %s", [session])
    assert not world.worker.execute(
        "select private.renew_receiver(%s, %s, %s) as r", [tenant.id, session, held["fence"]]).fetchone()["r"]  # fmt: skip
    world.owner.execute("update private.receiver_cursors set lease_until = null")
    assert claim(world, "r2") == []


def test_eight_processes_share_the_accounts(world: World, account: Any) -> None:
    """Concurrent claims give every account to exactly one process."""
    tenant, _ = account
    made = {account[1], *(world.session(tenant.id, "chat", f"bot{uuid.uuid4().hex[:8]}") for _ in range(30))}
    found = world.together(8, lambda connection, n: connection.execute(CLAIM, [f"r{n}"]).fetchall())
    sessions = [row["session_id"] for rows in found for row in rows]
    assert len(sessions) == len(set(sessions)) and set(sessions) <= made
    rest = world.worker.execute("select * from private.claim_receivers('rest', 'test_chat', 100)").fetchall()
    assert set(sessions) | {row["session_id"] for row in rest} == made


def test_a_worker_renews_secrets_of_its_tenant_only(world: World, account: Any) -> None:
    """A token the provider renewed is stored under the transaction's tenant; another's stays untouched."""
    tenant, session = account
    stranger = world.tenant()
    for claimed, expected in ((stranger, 0), (tenant, 1)):
        with world.worker.transaction():
            world.worker.execute("select set_config('parley.tenant_id', %s, true)", [str(claimed.id)])
            world.worker.execute(
                "select private.replace_secret(%s, %s, 'token', 'sealed'::bytea)", [tenant.id, session]
            )
        count = world.value("select count(*) from private.channel_secrets where session_id = %s", session)
        assert count == expected


def test_an_account_that_is_pushed_is_not_claimed(world: World, account: Any) -> None:
    """`mode` other than polling: nobody polls it, and a reader it has is told to stop."""
    tenant, session = account
    (held,) = claim(world)
    world.owner.execute(
        'update public.et_channel_sessions set config = \'{"mode": "webhook"}\' where id = %s', [session]
    )
    assert not world.worker.execute(
        "select private.renew_receiver(%s, %s, %s) as r", [tenant.id, session, held["fence"]]).fetchone()["r"]  # fmt: skip
    world.owner.execute("update private.receiver_cursors set lease_until = null")
    assert claim(world, "r2") == []
    world.owner.execute(
        "update public.et_channel_sessions set last_heartbeat_at = now() - interval '1 hour' where id = %s", [session]
    )
    world.worker.execute("select private.mark_silent_sessions()")
    assert world.value("select status from public.et_channel_sessions where id = %s", session) == "connected"


def test_a_provider_that_lets_an_account_in_proves_its_address(world: World, account: Any) -> None:
    """Under the lease only, once, on record; and for nobody else who claims the same address."""
    session = account[1]
    address = world.value("select address from public.et_channel_sessions where id = %s", session)
    other = world.tenant()
    theirs = world.session(other.id, "chat", address, verified=False)
    world.owner.execute(
        "update public.et_channel_sessions set verified_at = null, status = 'pending' where id = %s", [session]
    )
    held = {row["session_id"]: row for row in claim(world)}
    assert not held[session]["proven"]

    def prove(row: Row, fence: int | None = None) -> bool:
        values = [row["tenant_id"], row["session_id"], row["fence"] if fence is None else fence]
        return bool(world.worker.execute("select private.prove_receiver(%s, %s, %s) as p", values).fetchone()["p"])

    assert not prove(held[session], fence=0)
    assert prove(held[session]) and prove(held[session])
    assert not prove(held[theirs])
    row = world.one("select status, verified_at from public.et_channel_sessions where id = %s", session)
    assert row["status"] == "connected" and row["verified_at"]
    audited = world.all(
        "select * from public.audit_log where action = 'channel_session.verified' and object_id = %s", str(session)
    )
    assert len(audited) == 1


def test_who_was_unreachable_comes_back_but_not_who_was_put_aside(world: World) -> None:
    """A bounce ends by itself, a complaint or a person's decision does not; and only in the transaction's tenant."""
    tenant, stranger = world.tenant(), world.tenant()
    for address, reason in (("1", "bounced"), ("2", "complained"), ("3", "manual"), ("4", "unsubscribed")):
        world.owner.execute(
            "insert into public.suppressions (tenant_id, kind, address, scope, reason) values (%s, 'chat', %s, 'all', %s)",
            [tenant.id, address, reason],
        )
    for acting, lifted in ((stranger, []), (tenant, ["1"])):
        with world.worker.transaction():
            world.worker.execute("select set_config('parley.tenant_id', %s, true)", [str(acting.id)])
            answers = {
                address: world.worker.execute(
                    "select private.note_reachable(%s, 'chat', %s) as r", [tenant.id, address]
                ).fetchone()["r"]
                for address in ("1", "2", "3", "4", "5")
            }
        assert [address for address, answer in answers.items() if answer] == lifted
    left = world.all("select address from public.suppressions where tenant_id = %s order by 1", tenant.id)
    assert [row["address"] for row in left] == ["2", "3", "4"]
    assert (
        world.value(
            "select count(*) from public.audit_log where tenant_id = %s and action = 'suppression.lifted'", tenant.id
        )
        == 1
    )
