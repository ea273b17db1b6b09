"""What an adapter declares is all the database knows of a channel."""

import uuid

import pytest

from app.domain.channels import Capabilities
from tests.db.helpers import Tenant, World, refused


class Declares:
    """An adapter, as far as the database sees one."""

    def __init__(self, provider: str, **more: object) -> None:
        self.capabilities = Capabilities(
            provider=provider, channel=provider, delivery_class="N", max_body_chars=500, **more  # type: ignore[arg-type]
        )  # fmt: skip


def declare(world: World, provider: str, **more: object) -> None:
    """A router with one adapter starts."""
    world.declare_adapters([Declares(provider, **more)])  # type: ignore[list-item]


def account(world: World, tenant: Tenant, provider: str, address: str) -> uuid.UUID:
    """A connected account of a provider."""
    world.providers[provider] = provider
    return world.session(tenant.id, provider, address)


def test_a_channel_of_phone_numbers_shares_its_people_with_the_others(world: World) -> None:
    """One number is one person, on WhatsApp and on a channel that was added; a channel without a word has its own."""
    declare(world, "beacon", address_kind="phone")
    declare(world, "pager")
    tenant = world.tenant()
    number = "+15550001122"
    seen = {}
    for channel in ("whatsapp", "beacon", "pager"):
        session = account(world, tenant, channel, "+15550009900")
        for _ in range(2):  # new to us, then on the path of a known address in an open thread
            row = world.arrive(
                tenant, number, channel=channel, channel_session_id=session, external_id=uuid.uuid4().hex
            )
            seen.setdefault(channel, set()).add(row["sender_contact_id"])
    assert seen["whatsapp"] == seen["beacon"] and len(seen["beacon"]) == 1
    assert len(seen["pager"] | seen["beacon"]) == 2
    rows = world.all("select kind from public.contact_identities where tenant_id = %s order by kind", tenant.id)
    assert [row["kind"] for row in rows] == ["pager", "phone"]


def test_an_account_has_an_address_of_its_channels_kind(world: World) -> None:
    """A number that is none is refused, on a declared channel as on WhatsApp."""
    declare(world, "flare", address_kind="phone")
    tenant = world.tenant()
    for channel in ("flare", "whatsapp"):
        with refused("23514"):
            account(world, tenant, channel, "0151 23")
    session = account(world, tenant, "flare", "+15550002233")
    with refused("23514"):
        world.owner.execute("update public.et_channel_sessions set address = 'x' where id = %s", [session])


def test_what_a_channel_said_of_its_addresses_stays(world: World) -> None:
    """People are kept by it: a second word changes nothing."""
    declare(world, "torch", address_kind="phone")
    declare(world, "torch", address_kind="email")
    declare(world, "torch")
    person = world.user()
    assert world.rpc(person, None, "address_kind(%s)", "torch") == "phone"
    assert [world.rpc(person, None, "address_kind(%s)", one) for one in ("sms", "phone", "email", "new")] == [
        "phone", "phone", "email", "new"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "given"),
    [(None, {"webhook_secret"}), (set(), set()), ({"seal", "app_secret"}, {"seal", "app_secret"})],
)
def test_the_edge_gets_the_secrets_its_provider_declared(
    world: World, declared: set[str] | None, given: set[str]
) -> None:
    """And no others, whatever the account has; before anybody declared it, the one most providers have."""
    provider = f"p{uuid.uuid4().hex[:8]}"
    if declared is not None:
        declare(world, provider, webhook_secrets=frozenset(declared))
    tenant = world.tenant()
    session = account(world, tenant, provider, uuid.uuid4().hex)
    for name in ("webhook_secret", "seal", "app_secret", "token", "password"):
        world.owner.execute("select private.put_channel_secret(%s, %s, %s, 'x')", [tenant.id, session, name])
    row = world.ingress.execute("select secrets from private.webhook_session(%s)", [session]).fetchone()
    assert row is not None and set(row["secrets"]) == given


def test_only_accounts_that_can_are_paired(world: World) -> None:
    """Pairing is what a provider declares; any other account is no account to pair."""
    declare(world, "lamp", can_pair=True)
    declare(world, "bell")
    tenant = world.tenant()
    owner = tenant.people["owner"]
    lamp, bell = (account(world, tenant, one, uuid.uuid4().hex) for one in ("lamp", "bell"))
    assert world.rpc(owner, tenant, "pair_channel_session(%s)", lamp)["status"] == "connected"
    assert world.rpc(owner, tenant, "pair_channel_session(%s)", bell)["code"] == "not_found"
