"""Apps people registered: whose they are, which account reaches them, and what they are shown."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, detail, refused
from tests.db.push.test_notifying import claim, end, tell

ANDROID, IPHONE = "cX_1:APA91b-" + "q" * 60, "ab" * 32


def install(world: World, user: Any, tenant: Tenant | None, kind: str, token: str, app: str = "acme-desk",
            slug: str | None = None) -> Any:  # fmt: skip
    """An app registers itself."""
    return world.rpc(user, tenant, "register_device(%s, %s, %s, %s)", kind, app, token, slug)


def devices(world: World, tenant: Tenant) -> list[str]:
    """Addresses that may be pushed to."""
    rows = world.all("select address from public.contact_identities where tenant_id = %s and kind = 'push'", tenant.id)
    return sorted(row["address"] for row in rows)


def account(world: World, tenant: Tenant, provider: str = "fcm", app: str = "acme-desk") -> Any:
    """The owner connects an account of push."""
    world.owner.execute("select private.register_providers(%s)", [Jsonb([
        {"provider": "fcm", "channel": "push", "delivery_class": "N", "max_body_chars": 20_000, "recipient_prefix": "fcm:{account}/"},
        {"provider": "apns", "channel": "push", "delivery_class": "N", "max_body_chars": 20_000, "recipient_prefix": "apns:{account}/"},
    ])])  # fmt: skip
    owner = tenant.people["owner"]
    return world.rpc(owner, tenant, "create_channel_session('push', %s, 'App', %s)", provider, app)["session_id"]


def test_a_member_registers_apps_and_forgets_one(world: World) -> None:
    """Twice is once, Apple's hex in either case is the same; forgetting takes only the caller's own."""
    tenant = world.tenant("agent")
    agent, owner = tenant.people["agent"], tenant.people["owner"]
    for kind, token in (("fcm", ANDROID), ("apns", IPHONE), ("fcm", ANDROID), ("apns", IPHONE.upper())):
        assert install(world, agent, tenant, kind, token)["registered"]
    assert devices(world, tenant) == [f"apns:acme-desk/{IPHONE}", f"fcm:acme-desk/{ANDROID}"]
    assert world.rpc(owner, tenant, "forget_device('fcm', 'acme-desk', %s)", ANDROID)["forgotten"] == 0
    assert world.rpc(agent, tenant, "forget_device('apns', 'acme-desk', %s)", IPHONE.upper())["forgotten"] == 1
    assert devices(world, tenant) == [f"fcm:acme-desk/{ANDROID}"]
    consents = "select count(*) from public.contact_consents where tenant_id = %s and purpose = 'notification'"
    assert world.value(consents, tenant.id) == 1


def test_who_signs_in_on_an_app_takes_it_over(world: World) -> None:
    """A phone that changes hands is not told of the other's conversations; longer tokens are other phones."""
    tenant = world.tenant("agent", "admin")
    install(world, tenant.people["agent"], tenant, "apns", IPHONE)
    install(world, tenant.people["agent"], tenant, "apns", IPHONE + "cd")
    install(world, tenant.people["admin"], tenant, "apns", IPHONE)
    rows = world.all(
        "select c.auth_user_id as whose, i.address from public.contact_identities as i join public.contacts as c on"
        " c.id = i.contact_id where i.tenant_id = %s and i.kind = 'push' order by length(i.address)", tenant.id,
    )  # fmt: skip
    assert [row["whose"] for row in rows] == [tenant.people["admin"], tenant.people["agent"]]


def test_a_stranger_registers_nowhere(world: World) -> None:
    """A tenant that does not know him is not found, and a customer's app belongs to the tenant that does."""
    tenant, other = world.tenant(), world.tenant()
    world.arrive(tenant, "cleo@people.test")
    cleo = world.user("cleo@people.test")
    world.rpc(cleo, None, "claim_contact(%s)", tenant.slug)
    assert install(world, cleo, None, "fcm", ANDROID, slug=tenant.slug)["registered"]
    assert install(world, cleo, None, "fcm", ANDROID, slug=other.slug)["code"] == "not_found"
    assert install(world, world.user(), None, "fcm", ANDROID, slug=tenant.slug)["code"] == "not_found"
    assert len(devices(world, tenant)) == 1 and devices(world, other) == []


@pytest.mark.parametrize(
    ("kind", "app", "token", "field"),
    [
        ("web", "a", ANDROID, "kind"),
        (None, "a", ANDROID, "kind"),
        ("fcm", "a/b", ANDROID, "app"),
        ("fcm", None, ANDROID, "app"),
        ("fcm", "a", "x#" + ANDROID, "token"),
        ("fcm", "a", "q" * 1701, "token"),
        ("fcm", "a", None, "token"),
        ("apns", "a", "abc" * 23, "token"),
        ("apns", "a", "ab" * 31, "token"),
        ("apns", "a", "ab" * 101, "token"),
    ],
)
def test_what_is_no_app_on_a_device_is_named(world: World, kind: Any, app: Any, token: Any, field: str) -> None:
    """The field and what it should be."""
    tenant = world.tenant()
    with refused("PT422", code="bad_device") as caught:
        install(world, tenant.people["owner"], tenant, kind, token, app)
    assert detail(caught[0])["field"] == field and devices(world, tenant) == []


def test_an_app_is_reached_with_its_tenants_own_account(world: World) -> None:
    """By the app's name, among that tenant's accounts alone; not while it is paused; a browser needs none."""
    tenant, other = world.tenant("agent"), world.tenant()
    account(world, other)
    mine = account(world, tenant)
    account(world, tenant, "fcm", "other-app")
    world.owner.execute(
        "insert into private.channel_secrets (tenant_id, session_id, name, ciphertext) values (%s, %s, 'service_account', 'x')",
        [tenant.id, mine],
    )
    install(world, tenant.people["agent"], tenant, "fcm", ANDROID)
    tell(world, tenant)
    (push,) = claim(world)
    reached = push["content"]["account"]
    assert (reached["session_id"], reached["tenant_id"]) == (str(mine), str(tenant.id))
    assert (reached["provider"], reached["address"], set(reached["secrets"])) == (
        "fcm",
        "acme-desk",
        {"service_account"},
    )
    world.rpc(tenant.people["owner"], tenant, "set_channel_session_status(%s, 'paused')", mine)
    assert world.value("select private.push_content(%s, %s) -> 'account'", tenant.id, push["push_id"]) is None
    assert world.value("select private.push_account(%s, 'https://push.test/1#p256dh=x&auth=y')", tenant.id) is None


def test_the_icon_counts_what_one_has_not_read(world: World) -> None:
    """One's own and everybody's, until read; others' are not one's."""
    tenant = world.tenant("agent", "admin")
    agent = tenant.people["agent"]
    install(world, agent, tenant, "apns", IPHONE)
    first = tell(world, tenant)
    tell(world, tenant, user_id=tenant.people["admin"])
    tell(world, tenant, user_id=agent)
    assert [push["content"]["unread"] for push in claim(world)] == [2, 2]
    world.rpc(agent, tenant, "mark_notifications_read(%s)", [first])
    tell(world, tenant, "manual_task", user_id=agent)
    assert [push["content"]["unread"] for push in claim(world)] == [2]


def test_a_device_that_is_gone_is_forgotten(world: World) -> None:
    """The service said so; nothing more is tried there, and signing in again brings it back."""
    tenant = world.tenant("agent")
    agent = tenant.people["agent"]
    install(world, agent, tenant, "fcm", ANDROID)
    tell(world, tenant)
    (push,) = claim(world)
    gone = {"kind": "rejected", "error_code": "UNREGISTERED", "suppress_recipient": True}
    assert end(world, push, gone) == "gone" and devices(world, tenant) == []
    install(world, agent, tenant, "fcm", ANDROID)
    tell(world, tenant)
    assert len(claim(world)) == 1


def test_a_message_goes_to_a_device_its_account_reaches(world: World) -> None:
    """Of several, the one that registered last; where the account reaches none, that is said."""
    tenant = world.tenant("agent")
    world.arrive(tenant, "dora@people.test")
    dora = world.user("dora@people.test")
    contact = world.rpc(dora, None, "claim_contact(%s)", tenant.slug)["contact_id"]
    firebase, apple = account(world, tenant), account(world, tenant, "apns", "com.acme.app")
    for kind, app, token in (
        ("fcm", "acme-desk", ANDROID),
        ("fcm", "acme-desk", ANDROID + "2"),
        ("fcm", "other", ANDROID),
    ):
        install(world, dora, None, kind, token, app, tenant.slug)
    world.rpc(tenant.people["owner"], tenant, "test_channel_session(%s, %s)", firebase, f"fcm:acme-desk/{ANDROID}")
    agent = tenant.people["agent"]

    def begin(session: Any) -> Row:
        return dict(world.rpc(agent, tenant, "start_thread(%s, %s, p_body => 'Hello')", contact, session))

    sent = begin(firebase)
    recipient = "select recipient from public.et_outbound_queue where message_id = %s"
    assert world.value(recipient, sent["message_id"]) == f"fcm:acme-desk/{ANDROID}2"
    with refused("PT422", code="no_recipient"):
        begin(apple)
    with refused("PT422", code="bad_address") as caught:
        world.rpc(tenant.people["owner"], tenant, "test_channel_session(%s, %s)", apple, f"fcm:acme-desk/{ANDROID}")
    assert "apns:com.acme.app/" in str(caught[0].diag.message_hint)
