"""Browsers people registered: whose they are, and how they go."""

from typing import Any

import pytest

from tests.db.helpers import Tenant, World, refused

KEY, SECRET = "B" + "A" * 86, "A" * 22


def register(world: World, user: Any, tenant: Tenant | None, endpoint: str, slug: str | None = None) -> Any:
    """A browser registers itself."""
    return world.rpc(user, tenant, "register_push(%s, %s, %s, %s)", endpoint, KEY, SECRET, slug)


def browsers(world: World, tenant: Tenant) -> list[str]:
    """Endpoints that may be pushed to."""
    rows = world.all("select address from public.contact_identities where tenant_id = %s and kind = 'push'", tenant.id)
    return sorted(row["address"].split("#")[0] for row in rows)


def test_a_member_registers_browsers_and_forgets_one(world: World) -> None:
    """Registering twice is one subscription, and one consent on record; forgetting takes only the caller's own."""
    tenant = world.tenant("agent")
    agent = tenant.people["agent"]
    for name in ("a", "b", "a"):
        assert register(world, agent, tenant, f"https://push.test/{name}")["registered"]
    assert browsers(world, tenant) == ["https://push.test/a", "https://push.test/b"]
    consents = world.all(
        "select purpose, granted, recorded_by from public.contact_consents where tenant_id = %s", tenant.id
    )
    assert [tuple(row.values()) for row in consents] == [("notification", True, f"user:{agent}")]
    owner = tenant.people["owner"]
    assert world.rpc(owner, tenant, "forget_push(%s)", "https://push.test/a")["forgotten"] == 0
    assert world.rpc(agent, tenant, "forget_push(%s)", "https://push.test/a")["forgotten"] == 1
    assert browsers(world, tenant) == ["https://push.test/b"]


def test_a_customer_registers_at_a_tenant_that_knows_him(world: World) -> None:
    """Through the contact his confirmed address made his; a tenant that does not know him is not found."""
    tenant, stranger = world.tenant(), world.tenant()
    world.arrive(tenant, "cleo@people.test")
    user = world.user("cleo@people.test")
    world.rpc(user, None, "claim_contact(%s)", tenant.slug)
    contact = world.value("select id from public.contacts where auth_user_id = %s", user)
    answer = register(world, user, None, "https://push.test/cleo", tenant.slug)
    assert answer["contact_id"] == str(contact)
    assert register(world, user, None, "https://push.test/cleo", stranger.slug)["code"] == "not_found"
    assert browsers(world, stranger) == []


def test_a_gone_subscription_is_removed(world: World) -> None:
    """The push service said 410: the identity goes with the suppression, and registering anew lifts it."""
    tenant = world.tenant("agent")
    register(world, tenant.people["agent"], tenant, "https://push.test/gone")
    address = world.value(
        "select address from public.contact_identities where tenant_id = %s and kind = 'push'", tenant.id
    )
    world.owner.execute("select private.suppress(%s, 'push', %s, 'bounced', null)", [tenant.id, address])
    assert browsers(world, tenant) == []
    register(world, tenant.people["agent"], tenant, "https://push.test/gone")
    assert browsers(world, tenant) == ["https://push.test/gone"]
    assert world.all("select 1 from public.suppressions where tenant_id = %s", tenant.id) == []


def test_what_is_pushed_goes_to_the_browser_that_registered_last(world: World) -> None:
    """Of several browsers the newest one is written to; one that registers again is the newest, and when it is gone the
    next one is."""
    tenant = world.tenant("agent")
    agent = tenant.people["agent"]
    for name in ("old", "new"):
        contact = register(world, agent, tenant, f"https://push.test/{name}")["contact_id"]
    account = world.session(tenant.id, "push", "our-app")
    started = world.rpc(agent, tenant, "start_thread(%s, %s)", contact, account)
    thread = {"tenant_id": tenant.id, "thread_id": started["thread_id"]}

    def reached() -> str:
        recipient = world.queue(world.enqueue(thread)["message_id"])["recipient"]
        return str(recipient.split("#")[0].rpartition("/")[2])

    assert reached() == "new"
    register(world, agent, tenant, "https://push.test/old")
    assert reached() == "old"
    address = "select address from public.contact_identities where tenant_id = %s and address like '%%/old#%%'"
    world.owner.execute(f"select private.suppress(%s, 'push', ({address}), 'bounced', null)", [tenant.id, tenant.id])
    assert reached() == "new"


@pytest.mark.parametrize("endpoint", ["http://push.test/x", "https://push.test/x#y", "ftp://x", "https://a b/"])
def test_what_is_no_subscription_is_refused(world: World, endpoint: str) -> None:
    """Only https endpoints without a fragment."""
    tenant = world.tenant("agent")
    with refused("PT422", code="bad_subscription"):
        register(world, tenant.people["agent"], tenant, endpoint)


def test_an_unconfirmed_address_registers_nothing(world: World) -> None:
    """A member whose e-mail is not confirmed is nobody's contact."""
    tenant = world.tenant()
    user = world.user(confirmed=False)
    world.owner.execute(
        "insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, 'agent')", [tenant.id, user]
    )
    with refused("PT409", code="address_not_verified"):
        register(world, user, tenant, "https://push.test/x")
