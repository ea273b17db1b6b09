"""What is known of an account's past: when it last sent, and what it last had trouble with."""

from typing import Any

from tests.db.helpers import Row, Tenant, World


def account(world: World, tenant: Tenant) -> Row:
    """What its row says."""
    return world.one(
        "select status, last_outbound_at, last_error, last_error_at from public.et_channel_sessions where id = %s",
        tenant.session,
    )


def accept(world: World, tenant: Tenant) -> Any:
    """The provider takes a message: when the account says it last did."""
    world.owner.execute("select private.note_accepted_send(%s, %s)", [tenant.id, tenant.session])
    return account(world, tenant)["last_outbound_at"]


def test_the_last_send_is_written_once_a_minute(world: World) -> None:
    """The second of a minute costs a look and no write; a minute later it is written again."""
    tenant = world.tenant()
    assert account(world, tenant)["last_outbound_at"] is None
    first = accept(world, tenant)
    assert first is not None and accept(world, tenant) == first
    world.owner.execute(
        "update public.et_channel_sessions set last_outbound_at = now() - interval '61 seconds' where id = %s",
        [tenant.session],
    )
    assert accept(world, tenant) > first


def test_trouble_is_remembered_when_it_is_over(world: World) -> None:
    """The reason and its moment stay when the account works again, until there is another."""
    tenant = world.tenant()
    beat = "select private.record_heartbeat(%s, %s, %s, %s)"
    world.worker.execute(beat, [tenant.id, tenant.session, "degraded", "no answer within 20 s"])
    bad = account(world, tenant)
    assert (bad["last_error"], bad["last_error_at"] is not None) == ("no answer within 20 s", True)
    world.worker.execute(beat, [tenant.id, tenant.session, "connected", None])
    good = account(world, tenant)
    assert (good["status"], good["last_error"]) == ("connected", "no answer within 20 s")
    assert good["last_error_at"] == bad["last_error_at"]
    world.worker.execute(beat, [tenant.id, tenant.session, "disconnected", "the password is wrong"])
    assert account(world, tenant)["last_error"] == "the password is wrong"
