"""Who is asking: tokens, memberships, keys, invitations, and the last owner."""

import hashlib
import json
import threading
import uuid
from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, Tenant, World, refused


def hook(world: World, user: uuid.UUID, claims: Row | None = None) -> Row:
    """What the access token hook makes of a user's claims, as Supabase Auth calls it."""
    event = {"user_id": str(user), "claims": claims or {"sub": str(user), "role": "authenticated"}}
    with world.database.connect("admin") as admin, admin.transaction():
        admin.execute("set local role supabase_auth_admin")
        row = admin.execute("select private.custom_access_token_hook(%s)", [json.dumps(event)]).fetchone()
    assert row is not None
    return dict(row[0]["claims"])


def current(world: World, user: Any, tenant: Any, **claims: Any) -> uuid.UUID | None:
    """current_tenant() for a token."""
    with world.acting(user, tenant, **claims) as connection:
        row = connection.execute("select id from public.tenants").fetchall()
    return row[0]["id"] if row else None


def test_the_hook_names_the_active_tenant_else_the_oldest(world: World) -> None:
    """The token carries one tenant and the role in it; switching changes the next token."""
    one, two = world.tenant(), world.tenant()
    user = world.member(one.id, "viewer")
    world.owner.execute("insert into public.tenant_members values (%s, %s, 'admin')", [two.id, user])
    assert hook(world, user)["app_metadata"] == {"tenant_id": str(one.id), "tenant_role": "viewer"}
    world.rpc(user, one, "switch_tenant(%s)", two.id)
    assert hook(world, user)["app_metadata"] == {"tenant_id": str(two.id), "tenant_role": "admin"}
    world.owner.execute("delete from public.tenant_members where tenant_id = %s and user_id = %s", [two.id, user])
    assert hook(world, user)["app_metadata"]["tenant_id"] == str(one.id)


def test_the_hook_overwrites_what_a_token_pretends(world: World) -> None:
    """A user without tenants gets none, whatever app_metadata said before, and the rest of the claims stays."""
    claims = {"app_metadata": {"tenant_id": str(world.tenant().id), "provider": "email"}, "aal": "aal1"}
    assert hook(world, world.user(), claims) == {"app_metadata": {"provider": "email"}, "aal": "aal1"}


def test_access_ends_at_once(world: World) -> None:
    """Removed member, deleted tenant, revoked and expired key: the same token sees nothing at the next statement."""
    tenant = world.tenant("agent")
    agent = tenant.people["agent"]
    assert current(world, agent, tenant) == tenant.id
    world.owner.execute("delete from public.tenant_members where user_id = %s", [agent])
    assert current(world, agent, tenant) is None
    key = world.value(
        "insert into public.api_keys (tenant_id, name, secret_digest, hint, scopes) values (%s, 'k', %s, 'h', '{read}')"
        " returning id", tenant.id, hashlib.sha256(b"").digest(),
    )  # fmt: skip
    token = {"api_key_id": str(key), "role": "authenticated"}
    assert current(world, uuid.uuid4(), tenant, **token) == tenant.id
    assert current(world, uuid.uuid4(), world.tenant(), **token) is None, "a key opens its own tenant only"
    for change in ("expires_at = now() - interval '1 s'", "expires_at = null, revoked_at = now()"):
        world.owner.execute(f"update public.api_keys set {change} where id = %s", [key])
        assert current(world, uuid.uuid4(), tenant, **token) is None
    assert world.rpc(tenant.people["owner"], tenant, "delete_tenant()")["deleted"]
    assert current(world, tenant.people["owner"], tenant) is None


@pytest.mark.parametrize("claims", [{"sub": "-" * 36}, {"sub": "x"}, {"app_metadata": {"tenant_id": "-" * 36}},
                                    {"app_metadata": "x"}, {"app_metadata": {"tenant_id": 5}}])  # fmt: skip
def test_odd_claims_are_nobody(world: World, claims: Row) -> None:
    """A claim that is no uuid is no user and no tenant, not an error."""
    token = {"role": "authenticated", **claims}
    with world.api.transaction():
        world.api.execute("set local role authenticated")
        world.api.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(token)])
        assert world.api.execute("select 1 from public.tenants").fetchall() == []


def test_a_key_is_checked_by_its_secret(world: World) -> None:
    """The full key gives claims; a wrong secret, another key's secret or a revoked key gives none."""
    tenant = world.tenant("admin")
    made = [world.rpc(tenant.people["admin"], tenant, "create_api_key('ci', '{read,send}')") for _ in range(2)]
    ask = "select private.api_key_claims(%s) as c"
    keys = [key["key"] for key in made]
    claims = world.api.execute(ask, [keys[0]]).fetchone()["c"]  # type: ignore[index]
    assert claims["api_key_id"] == made[0]["api_key_id"]
    assert claims["app_metadata"] == {"tenant_id": str(tenant.id)}
    for wrong in (keys[0][:36] + keys[1][36:], keys[0][:-1], keys[0].upper(), "", "pk_x"):
        assert world.api.execute(ask, [wrong]).fetchone() == {"c": None}
    world.rpc(tenant.people["admin"], tenant, "revoke_api_key(%s)", made[0]["api_key_id"])
    assert world.api.execute(ask, [keys[0]]).fetchone() == {"c": None}
    assert keys[0] not in str(world.all("select * from public.api_keys")), "the secret is stored nowhere"


def invite(world: World, tenant: Tenant, address: str, role: str = "agent") -> str:
    """An invitation's token."""
    return str(world.rpc(tenant.people["owner"], tenant, "invite_member(%s, %s)", address, role)["token"])


def test_an_invitation_is_for_one_confirmed_address_and_one_use(world: World) -> None:
    """The invited address joins once; others, unconfirmed ones and a second use get the same answer as nonsense."""
    tenant = world.tenant()
    token = invite(world, tenant, "New@People.test")
    nonsense = world.rpc(world.user(), None, "accept_invitation('x')")
    assert nonsense["code"] == "not_found"
    wrong, unconfirmed = world.user("other@people.test"), world.user("new@people.test", confirmed=False)
    for user in (wrong, unconfirmed):
        assert world.rpc(user, None, "accept_invitation(%s)", token) == nonsense
    world.owner.execute("update auth.users set email_confirmed_at = now() where id = %s", [unconfirmed])
    assert world.rpc(unconfirmed, None, "accept_invitation(%s)", token)["role"] == "agent"
    assert world.rpc(unconfirmed, None, "accept_invitation(%s)", token) == nonsense
    assert hook(world, unconfirmed)["app_metadata"]["tenant_id"] == str(tenant.id)


@pytest.mark.parametrize("spoil", ["expires_at = now()", "revoked_at = now()", "tenant"])
def test_a_spoilt_invitation_opens_nothing(world: World, spoil: str) -> None:
    """Expired, revoked, or of a deleted tenant."""
    tenant = world.tenant()
    address = f"{uuid.uuid4().hex}@people.test"
    user, token = world.user(address), invite(world, tenant, address)
    if spoil == "tenant":
        world.owner.execute(
            "update public.tenants set status = 'deleted', deleted_at = now() where id = %s", [tenant.id]
        )
    else:
        world.owner.execute(f"update public.tenant_invitations set {spoil} where tenant_id = %s", [tenant.id])
    assert world.rpc(user, None, "accept_invitation(%s)", token)["code"] == "not_found"
    assert world.all("select 1 from public.tenant_members where user_id = %s", user) == []


def test_only_owners_make_and_unmake_owners(world: World) -> None:
    """An admin can neither invite, promote, demote nor remove an owner."""
    tenant = world.tenant("admin", "agent")
    admin, owner, agent = (tenant.people[role] for role in ("admin", "owner", "agent"))
    for call, values in (("invite_member('x@y.test', 'owner')", []), ("set_member_role(%s, 'owner')", [agent]),
                         ("set_member_role(%s, 'agent')", [owner]), ("remove_member(%s)", [owner])):  # fmt: skip
        with refused("PT403"):
            world.rpc(admin, tenant, call, *values)
    assert world.rpc(owner, tenant, "set_member_role(%s, 'owner')", agent)["role"] == "owner"


def test_a_tenant_keeps_an_owner(world: World) -> None:
    """The last owner cannot leave, be demoted, be moved to another tenant or vanish with his sign-in."""
    tenant, other = world.tenant("agent"), world.tenant()
    owner = tenant.people["owner"]
    for call in ("remove_member(%s)", "set_member_role(%s, 'agent')"):
        with refused("PT409", code="last_owner"):
            world.rpc(owner, tenant, call, owner)
    for statement in ("delete from auth.users where id = %(u)s",
                      "update public.tenant_members set tenant_id = %(o)s where user_id = %(u)s"):  # fmt: skip
        with refused("PT409", code="last_owner"):
            world.owner.execute(statement, {"u": owner, "o": other.id})
    assert world.rpc(tenant.people["agent"], tenant, "remove_member(%s)", tenant.people["agent"])["removed"]


def test_two_owners_cannot_leave_at_the_same_moment(world: World) -> None:
    """One of two concurrent departures is refused."""
    for _ in range(5):
        tenant = world.tenant()
        owners = [tenant.people["owner"], world.member(tenant.id, "owner")]
        gate = threading.Barrier(2)

        def leave(
            connection: psycopg.Connection[Row], number: int, owners: list[uuid.UUID] = owners,
            gate: threading.Barrier = gate,
        ) -> str | None:  # fmt: skip
            gate.wait(60)
            try:
                connection.execute("delete from public.tenant_members where user_id = %s", [owners[number]])
            except psycopg.Error as error:
                return error.sqlstate
            return None

        assert sorted(map(str, world.together(2, leave, "postgres"))) == ["None", "PT409"]


def test_switching_to_a_foreign_tenant_is_denied_and_logged(world: World) -> None:
    """Missing and foreign answer with the same bytes and status; exactly one row says who tried what."""
    mine, foreign = world.tenant("agent"), world.tenant()
    agent = mine.people["agent"]
    with world.acting(agent, mine) as connection:
        missing = connection.execute("select public.switch_tenant(%s)::text as r", [uuid.uuid4()]).fetchone()
        denied = connection.execute("select public.switch_tenant(%s)::text as r", [foreign.id]).fetchone()
        status = connection.execute("select current_setting('response.status', true) as s").fetchone()
    assert missing == denied and status == {"s": "404"}
    rows = world.all("select * from public.access_denials where tenant_id in (%s, %s)", mine.id, foreign.id)
    assert [(row["tenant_id"], row["actor"], row["actor_tenant_id"], row["action"]) for row in rows] == [
        (foreign.id, f"user:{agent}", mine.id, "switch_tenant")]  # fmt: skip


def test_anonymous_sign_ins_and_keys_found_no_tenant(world: World) -> None:
    """A tenant needs a person with an address."""
    call = "create_tenant('Mine', %s)"
    with refused("PT401"):
        world.rpc(world.user(), None, call, f"s{uuid.uuid4().hex[:8]}", is_anonymous=True)
    with refused("PT401"):
        world.rpc(uuid.uuid4(), world.tenant(), call, "s1", api_key_id=str(uuid.uuid4()), role="authenticated")
    user = world.user()
    made = world.rpc(user, None, call, f"s{uuid.uuid4().hex[:8]}")
    assert hook(world, user)["app_metadata"] == {"tenant_id": made["tenant_id"], "tenant_role": "owner"}


def test_an_unknown_setting_is_named(world: World) -> None:
    """update_tenant changes what it knows, bumps the policy version, and refuses the rest by name."""
    tenant = world.tenant("admin")
    admin = tenant.people["admin"]
    for patch, field in (({"slug": "x"}, "slug"), ({"settings": {"policy_version": 9}}, "policy_version"),
                         ({"settings": {"nonsense": 1}}, "nonsense"), ({"status": "active"}, "status")):  # fmt: skip
        with refused("PT422", code="unknown_setting") as caught:
            world.rpc(admin, tenant, "update_tenant(%s::jsonb)", json.dumps(patch))
        assert json.loads(str(caught[0].diag.message_detail))["field"] == field
    before = world.value("select policy_version from public.tenant_settings where tenant_id = %s", tenant.id)
    world.rpc(admin, tenant, "update_tenant(%s::jsonb)", '{"name": "New", "settings": {"ai_enabled": false}}')
    row = world.one("select t.name, s.ai_enabled, s.policy_version from public.tenants as t inner join"
                    " public.tenant_settings as s on s.tenant_id = t.id where t.id = %s", tenant.id)  # fmt: skip
    assert row == {"name": "New", "ai_enabled": False, "policy_version": before + 1}


def test_one_address_is_verified_for_one_tenant(world: World) -> None:
    """Two tenants verify the same mailbox at once: one gets it, and its mail."""
    for number in range(5):
        address = f"shared{number}@people.test"
        sessions = [
            (t.id, world.session(t.id, "email", address, verified=False)) for t in (world.tenant(), world.tenant())
        ]
        gate = threading.Barrier(2)

        def verify(
            connection: psycopg.Connection[Row], which: int, sessions: Any = sessions, gate: threading.Barrier = gate
        ) -> bool:
            gate.wait(60)
            row = connection.execute("select private.verify_channel_session(%s, %s) as r", sessions[which]).fetchone()
            return bool(row and row["r"])

        assert sorted(world.together(2, verify, "postgres")) == [False, True]


def test_a_contact_is_claimed_through_a_confirmed_address_only(world: World) -> None:
    """Unconfirmed gets the answer of a stranger; a second sign-in cannot take a linked contact over."""
    tenant = world.tenant()
    contact = world.arrive(tenant, "cust@people.test")["sender_contact_id"]
    user = world.user("cust@people.test", confirmed=False)
    assert world.rpc(user, None, "claim_contact(%s)", tenant.slug)["code"] == "not_found"
    with refused("PT409", code="address_not_verified"):
        world.owner.execute("update public.contacts set auth_user_id = %s where id = %s", [user, contact])
    world.owner.execute("update auth.users set email_confirmed_at = now() where id = %s", [user])
    assert world.rpc(user, None, "claim_contact(%s)", tenant.slug)["contact_id"] == str(contact)
    world.owner.execute("insert into public.contact_identities (tenant_id, contact_id, kind, address)"
                        " values (%s, %s, 'phone', '+12025550188')", [tenant.id, contact])  # fmt: skip
    other = world.user(phone="12025550188")
    with refused("PT409", code="linked_already"):
        world.rpc(other, None, "claim_contact(%s)", tenant.slug)
    assert world.value("select auth_user_id from public.contacts where id = %s", contact) == user


def test_a_member_chooses_what_he_reads_and_nobody_else_does(world: World) -> None:
    """At the active tenant alone; colleagues see it; null gives it back to the tenant. A stranger is told of none."""
    one, two = world.tenant("agent"), world.tenant()
    agent = one.people["agent"]
    world.owner.execute("insert into public.tenant_members values (%s, %s, 'viewer')", [two.id, agent])
    answer = world.rpc(agent, one, "set_language('pt-BR')")
    assert answer == {"user_id": str(agent), "tenant_id": str(one.id), "language": "pt-BR"}
    read = "select tenant_id, language from public.tenant_members where user_id = %s order by language nulls last"
    assert [row["language"] for row in world.all(read, agent)] == ["pt-BR", None]
    with world.acting(one.people["owner"], one) as connection:
        assert connection.execute(read, [agent]).fetchone() == {"tenant_id": one.id, "language": "pt-BR"}
    assert world.rpc(world.user(), one, "set_language('de')")["code"] == "not_found"
    assert world.rpc(world.user(), None, "set_language('de')")["code"] == "not_found"
    assert world.rpc(agent, one, "set_language()")["language"] is None
    assert {row["language"] for row in world.all(read, agent)} == {None}


@pytest.mark.parametrize(
    "tag", ["", "english", "EN", "en_US", "e", "en-", "en-US\n", "de-" + "x" * 9, "en" + "-abcdefgh" * 4]
)
def test_what_is_no_language_tag_is_refused(world: World, tag: str) -> None:
    """By the function with the remedy, and by the table whoever writes."""
    tenant = world.tenant("agent")
    with refused("PT422", code="bad_language"):
        world.rpc(tenant.people["agent"], tenant, "set_language(%s)", tag)
    with pytest.raises(psycopg.errors.CheckViolation):
        world.owner.execute("update public.tenant_members set language = %s where tenant_id = %s", [tag, tenant.id])
