"""Webhooks we set at the provider: what the database wants, what was done, and who does it."""

import uuid
from typing import Any

import pytest

from tests.db.channels.test_health import is_due
from tests.db.helpers import Row, Tenant, World

PLACE = "https://parley.test"


@pytest.fixture
def account(world: World) -> tuple[Tenant, uuid.UUID]:
    """A tenant with an account of mode webhook and one secret."""
    tenant = world.tenant("admin")
    session = world.session(tenant.id, "chat", f"bot-{uuid.uuid4().hex[:8]}")
    world.owner.execute(
        """update public.et_channel_sessions set config = '{"mode": "webhook"}' where id = %s""", [session]
    )
    put_secret(world, tenant, session)
    return tenant, session


def put_secret(world: World, tenant: Tenant, session: uuid.UUID) -> None:
    """The API stores a sealed secret."""
    world.api.execute("select private.put_channel_secret(%s, %s, 'token', '\\x00')", [tenant.id, session])


def claim(world: World, account: Any, place: str = PLACE) -> Row | None:
    """What a health worker is given to do about the account's webhook now."""
    rows = world.worker.execute("select * from private.claim_hooks('test_chat', %s, 1000)", [place]).fetchall()
    return next((row for row in rows if row["session_id"] == account[1]), None)


def complete(world: World, row: Row, *, done: bool = True) -> str:
    """It says what came of it."""
    values = [row[name] for name in ("tenant_id", "session_id", "fence", "wanted", "fingerprint")]
    found = world.worker.execute(
        "select private.complete_hook(%s, %s, %s, %s, %s, %s) as r", [*values, done]
    ).fetchone()
    return str(found["r"])  # type: ignore[index]


def settle(world: World, account: Any) -> str:
    """Do at once what there is to do."""
    row = claim(world, account)
    return complete(world, row) if row else "nothing"


def lose(world: World, account: Any, after: str) -> None:
    """A check finds that the provider has it no more, so long after it was set."""
    tenant, session = account
    world.owner.execute(
        "update private.provider_hooks set set_at = now() - %s::interval where session_id = %s", [after, session]
    )
    world.worker.execute("select private.lose_hook(%s, %s)", [tenant.id, session])


def put(world: World, account: Any, status: str) -> None:
    """An admin pauses, resumes or deletes the account."""
    tenant, session = account
    world.rpc(tenant.people["admin"], tenant, "set_channel_session_status(%s, %s)", session, status)


def test_a_new_account_gets_its_webhook_once(world: World, account: Any) -> None:
    """Wanted with its secrets; taken by one worker at a time; done until something changes; then checked at once."""
    row = claim(world, account)
    assert row and row["wanted"] and set(row["secrets"]) == {"token"}
    assert claim(world, account) is None, "somebody is at it"
    assert not is_due(world, account, "test_chat")
    assert complete(world, row) == "set"
    assert claim(world, account) is None
    assert is_due(world, account, "test_chat")


def test_who_is_polled_has_none(world: World, account: Any) -> None:
    """Without mode webhook nothing is set; an account that is polled from now on has it removed."""
    tenant, session = account
    assert settle(world, account) == "set"
    polled = (tenant, world.session(tenant.id, "chat", "bot-polled"))
    assert settle(world, polled) == "nothing"
    world.rpc(tenant.people["admin"], tenant, "update_channel_session(%s, %s::jsonb)", session, '{"config": {}}')
    assert settle(world, account) == "removed"
    assert settle(world, account) == "nothing"
    assert is_due(world, account, "test_chat"), "it is checked like any polled account"


@pytest.mark.parametrize("change", ["secret", "place", "lost"])
def test_what_it_was_set_with_changed(world: World, account: Any, change: str) -> None:
    """A rotated secret, another public address, a provider that has it no more: it is set again."""
    assert settle(world, account) == "set"
    place = "https://moved.test" if change == "place" else PLACE
    if change == "secret":
        put_secret(world, *account)
    elif change == "lost":
        lose(world, account, after="5 min")
    row = claim(world, account, place)
    assert row and row["wanted"] and complete(world, row) == "set"
    assert claim(world, account, place) is None


def test_one_that_is_lost_at_once_is_not_set_over_and_over(world: World, account: Any) -> None:
    """Setting it did not help: the next try waits five minutes, unless something changes."""
    settle(world, account)
    lose(world, account, after="10 s")
    assert claim(world, account) is None
    put_secret(world, *account)
    assert settle(world, account) == "set"


def test_a_paused_account_has_none_until_it_is_resumed(world: World, account: Any) -> None:
    """Removed, then set again."""
    settle(world, account)
    for status, outcome in (("paused", "removed"), ("connected", "set")):
        put(world, account, status)
        assert (settle(world, account), settle(world, account)) == (outcome, "nothing")


def test_a_deleted_account_keeps_what_removes_its_webhook(world: World, account: Any) -> None:
    """Its secrets are wiped at once but for the sealed copy, which goes with the webhook."""
    settle(world, account)
    put(world, account, "deleted")
    assert world.all("select 1 from private.channel_secrets where session_id = %s", account[1]) == []
    row = claim(world, account)
    assert row and not row["wanted"] and set(row["secrets"]) == {"token"}
    assert complete(world, row) == "removed"
    assert world.all("select 1 from private.provider_hooks where session_id = %s", account[1]) == []


def test_a_provider_that_does_not_listen_is_given_up_with_the_secrets(world: World, account: Any) -> None:
    """After a day of tries nothing of a deleted account is kept."""
    settle(world, account)
    put(world, account, "deleted")
    world.owner.execute("update private.provider_hooks set attempts = 150 where session_id = %s", [account[1]])
    row = claim(world, account)
    assert row and complete(world, row, done=False) == "given_up"
    assert world.all("select 1 from private.provider_hooks where session_id = %s", account[1]) == []


def test_a_failed_try_waits_but_a_change_does_not(world: World, account: Any) -> None:
    """Tries grow apart; a new secret is tried at once. Who was overtaken can say nothing."""
    row = claim(world, account)
    assert row and complete(world, row, done=False) == "retry"
    assert claim(world, account) is None
    put_secret(world, *account)
    again = claim(world, account)
    assert again and complete(world, row) == "lost" and complete(world, again) == "set"


def test_an_account_that_was_never_set_leaves_nothing(world: World, account: Any) -> None:
    """Paused and deleted before any worker came: there is nothing to remove."""
    put(world, account, "paused")
    assert settle(world, account) == "nothing"
    put(world, account, "deleted")
    assert settle(world, account) == "nothing"


def test_a_deleted_tenant_leaves_no_secrets(world: World, account: Any) -> None:
    """The keys to its accounts go with it, those of a bridge too; what takes a webhook away stays until it is gone. Others
    keep theirs."""
    tenant, session = account
    stranger = world.tenant()
    put_secret(world, stranger, stranger.session)
    assert settle(world, account) == "set"
    world.owner.execute(
        "insert into private.bridge_pairings (tenant_id, session_id, wanted_until) values (%s, %s, now())",
        [tenant.id, session],
    )
    assert world.rpc(tenant.people["owner"], tenant, "delete_tenant()")["deleted"]
    count = "select count(*) from private.{} where tenant_id = %s"
    assert [world.value(count.format(one), tenant.id) for one in ("channel_secrets", "bridge_pairings")] == [0, 0]
    assert world.value(count.format("channel_secrets"), stranger.id) == 1
    row = claim(world, account)
    assert row is not None and not row["wanted"] and set(row["secrets"]) == {"token"}
    assert complete(world, row) == "removed"
    assert world.value(count.format("provider_hooks"), tenant.id) == 0
