"""In whose name mail leaves by the platform's own server: nobody speaks as somebody else."""

import json
from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World, refused


def patch(world: World, tenant: Tenant, **fields: Any) -> Row:
    """An admin changes his account."""
    call = "update_channel_session(%s, %s::jsonb)"
    return dict(world.rpc(tenant.people["admin"], tenant, call, tenant.session, json.dumps(fields)))


def details(world: World) -> Row:
    """What the router is told of the one mail that waits."""
    row = world.worker.execute(
        "select private.dispatch_details(c.tenant_id, c.queue_id) as d from private.claim_outbound('o', 1) as c"
    ).fetchone()
    return dict(row["d"])  # type: ignore[index]


def sender(world: World, tenant: Tenant) -> str:
    """The address a mail of the tenant leaves from."""
    world.enqueue(world.arrive(tenant))
    return str(details(world)["sender_address"])


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant whose mail leaves by the platform's server."""
    made = world.tenant("admin")
    world.owner.execute("update public.et_channel_sessions set provider = 'smtp' where id = %s", [made.session])
    return made


def test_an_address_of_the_own_domain_is_the_tenants(world: World, tenant: Tenant) -> None:
    """Who proved one address of a domain that nobody else is at may write as any other of it."""
    address = f"hello@{tenant.slug}.test"
    patch(world, tenant, sender_address=address)
    assert sender(world, tenant) == address


def test_the_address_of_another_tenant_is_not(world: World, tenant: Tenant) -> None:
    """Neither for an account nor for the tenant, neither by setting it nor by having it from before."""
    other = world.tenant()
    with refused("PT422", code="sender_not_verified"):
        patch(world, tenant, sender_address=other.mailbox)
    with refused("PT422", code="sender_not_verified"):
        world.rpc(tenant.people["admin"], tenant, "update_tenant(%s::jsonb)",
                  json.dumps({"sender_address": other.mailbox}))  # fmt: skip
    for table, key in (("et_channel_sessions", "tenant_id"), ("tenants", "id")):
        world.owner.execute(
            f"update public.{table} set sender_address = %s where {key} = %s", [other.mailbox, tenant.id]
        )
        assert sender(world, tenant) == tenant.mailbox


def test_a_domain_that_several_tenants_share_is_nobodys(world: World, tenant: Tenant) -> None:
    """Below the platform's own domain each has his address and no other."""
    neighbour = world.tenant()
    world.session(neighbour.id, "email", f"neighbour@{tenant.slug}.test")
    with refused("PT422", code="sender_not_verified"):
        patch(world, tenant, sender_address=f"info@{tenant.slug}.test")
    patch(world, tenant, sender_address=tenant.mailbox)


def test_a_server_of_the_own_knows_who_may_write(world: World, tenant: Tenant) -> None:
    """It is asked with the tenant's own password; the envelope is the tenant's own affair there, and only there."""
    patch(world, tenant, config={"smtp": {"envelope_from": "bounce@elsewhere.test"}})
    world.enqueue(world.arrive(tenant))
    assert details(world)["session_config"] == {"smtp": {}}
    config = {"smtp": {"host": "smtp.elsewhere.test", "envelope_from": "bounce@elsewhere.test"}}
    patch(world, tenant, sender_address="hello@elsewhere.test", config=config)
    world.enqueue(world.arrive(tenant))
    told = details(world)
    assert (told["sender_address"], told["session_config"]) == ("hello@elsewhere.test", config)


def test_an_address_nobody_verified_sends_nothing(world: World, tenant: Tenant) -> None:
    """Not a test, not a person's message, and not what was queued before."""
    admin = tenant.people["admin"]
    made = world.rpc(admin, tenant, "create_channel_session('email', 'smtp', 'Boss', 'boss@victim.test')")
    with refused("PT422", code="account_unverified"):
        world.rpc(admin, tenant, "test_channel_session(%s, 'ann@people.test')", made["session_id"])
    thread = world.arrive(tenant)["thread_id"]
    sent = world.rpc(admin, tenant, "send_message(%s, 'Hello')", thread)
    world.owner.execute("update public.et_channel_sessions set verified_at = null where id = %s", [tenant.session])
    with refused("PT422", code="account_unverified"):
        world.rpc(admin, tenant, "send_message(%s, 'Hello')", thread)
    assert world.claim_out() == []
    row = world.queue(sent["message_id"])
    assert (row["status"], row["status_reason"]) == ("cancelled", "account_unverified")
    assert world.violations(tenant) == {}
