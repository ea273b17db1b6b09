"""The admin API: users as a server with the secret key keeps them, and what becomes of their data."""

import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import bcrypt
import httpx
import pytest
from supabase_auth.errors import AuthApiError

from tests.devstack.auth.kit import ANOTHER, GOOD, NOBODY, Local, fragment, new_address
from tests.devstack.auth.test_links import follow


def test_users_are_listed_in_pages(local: Local) -> None:
    """Newest first, with the headers supabase-js reads; a filter finds by address."""
    addresses = [local.person() for _ in range(5)]
    admin = local.admin().auth.admin
    assert [user.email for user in admin.list_users(page=1, per_page=2)] == addresses[:-3:-1]
    answer = local.ask("GET", "/admin/users?page=1&per_page=2", authorization=f"Bearer {local.keys['service_key']}")
    total = int(answer.headers["x-total-count"])
    assert total >= 5 and answer.json()["aud"] == "authenticated"
    assert answer.headers["link"] == (
        f'</admin/users?page=2&per_page=2>; rel="next", </admin/users?page={-(-total // 2)}&per_page=2>; rel="last"'
    )
    found = local.ask("GET", f"/admin/users?filter={addresses[0]}", apikey=local.keys["secret_key"])
    assert [user["email"] for user in found.json()["users"]] == [addresses[0]]
    bad = local.ask("GET", "/admin/users?per_page=0", apikey=local.keys["secret_key"])
    assert (bad.status_code, bad.json()["error_code"]) == (400, "validation_failed")


def test_a_user_is_made_as_asked(local: Local) -> None:
    """Id, metadata, role, phone and a hash from elsewhere; the password of that hash works."""
    wanted, address = str(uuid.uuid4()), new_address()
    hashed = bcrypt.hashpw(GOOD.encode(), bcrypt.gensalt(4)).decode()
    user = local.admin().auth.admin.create_user({
        "id": wanted, "email": address.upper(), "password_hash": hashed, "email_confirm": True, "phone": "+1 555 0100",
        "phone_confirm": True, "user_metadata": {"name": "Ada"}, "app_metadata": {"plan": "gold"},
    }).user  # fmt: skip
    assert (user.id, user.email, user.phone) == (wanted, address, "15550100")
    assert user.app_metadata == {"plan": "gold", "provider": "email", "providers": ["email", "phone"]}
    assert user.user_metadata["name"] == "Ada" and user.phone_confirmed_at is not None
    assert local.signed_in(address).auth.get_user()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "validation_failed"), ({"email": "nonsense"}, 400, "validation_failed"),
        ({"email": "x@example.com", "id": "7"}, 400, "validation_failed"),
        ({"email": "x@example.com", "ban_duration": "a while"}, 400, "validation_failed"),
        ({"email": "x@example.com", "password": GOOD, "password_hash": "x"}, 400, "validation_failed"),
        ({"email": "x@example.com", "password_hash": "$argon2id$v=19$m=1"}, 501, "not_supported"),
        ({"phone": "call me"}, 400, "validation_failed"),
    ],
)  # fmt: skip
def test_what_is_no_user_is_refused(local: Local, fields: Any, status: int, code: str) -> None:
    """And nothing of it is kept."""
    answer = local.ask("POST", "/admin/users", fields, apikey=local.keys["secret_key"])
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert local.execute("select count(*) from auth.users where email = 'x@example.com'") == [(0,)]


def test_an_address_belongs_to_one_user(local: Local) -> None:
    """By creation and by change."""
    first, second = local.person(), local.person()
    admin = local.admin().auth.admin
    with pytest.raises(AuthApiError, match="already been registered") as refused:
        admin.create_user({"email": first.upper()})
    assert (refused.value.status, refused.value.code) == (422, "email_exists")
    [(user_id,)] = local.execute("select id from auth.users where email = %s", second)
    with pytest.raises(AuthApiError) as refused:
        admin.update_user_by_id(str(user_id), {"email": first})
    assert refused.value.code == "email_exists"


def test_a_visitor_stays_one_until_somebody_confirms_his_address(local: Local) -> None:
    """An address an admin gives him is not yet known to be his."""
    visitor, admin = local.client().auth.sign_in_anonymously().user, local.admin().auth.admin
    assert visitor is not None
    address = f"visitor-{visitor.id}@example.com"
    given = admin.update_user_by_id(visitor.id, {"email": address}).user
    assert (given.email, given.is_anonymous, given.identities[0].identity_data["email_verified"]) == (
        address,
        True,
        False,
    )
    other = address.replace("visitor", "guest")
    confirmed = admin.update_user_by_id(visitor.id, {"email": other, "email_confirm": True}).user
    assert (confirmed.email, confirmed.is_anonymous) == (other, False)
    assert confirmed.identities[0].identity_data["email_verified"] is True


def test_a_user_is_changed_without_his_doing(local: Local) -> None:
    """Address, password and metadata at once; a new password ends his sessions."""
    address, client = new_address(), local.signed_in()
    session = client.auth.get_session()
    assert session is not None
    changed = (
        local.admin()
        .auth.admin.update_user_by_id(
            session.user.id,
            {"email": address, "password": ANOTHER, "app_metadata": {"plan": "gold"}, "role": "authenticated"},
        )
        .user
    )
    assert (changed.email, changed.app_metadata["plan"]) == (address, "gold")
    assert local.as_user(session.access_token, "GET", "/user").status_code == 403
    assert local.signed_in(address, ANOTHER).auth.get_user()


def test_unknown_users_are_not_found(local: Local) -> None:
    """404 by an id nobody has, and by what is no id."""
    for user_id, code in ((uuid.uuid4(), "user_not_found"), ("nonsense", "validation_failed")):
        for method in ("GET", "PUT", "DELETE"):
            answer = local.ask(method, f"/admin/users/{user_id}", {}, apikey=local.keys["secret_key"])
            assert (answer.status_code, answer.json()["error_code"]) == (404, code)


def member(local: Local, role: str, tenant: str, address: str = "") -> str:
    """A user who is a member of `tenant`; his id."""
    address = address or local.person()
    [(user_id,)] = local.execute("select id from auth.users where email = %s", address)
    local.execute(
        "insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, %s)", tenant, user_id, role
    )
    return str(user_id)


def test_a_deleted_user_leaves_what_belongs_to_the_tenant(local: Local) -> None:
    """Membership and sessions go; his contact stays, unlinked; the tenant and its other members stay."""
    [(tenant,)] = local.execute("insert into public.tenants (slug, name) values ('left', 'Left') returning id")
    owner = member(local, "owner", tenant)
    address = local.person()
    client = local.signed_in(address)
    agent = member(local, "agent", tenant, address)
    [(contact,)] = local.execute(
        "insert into public.contacts (tenant_id, display_name) values (%s, 'Ada') returning id", tenant
    )
    local.execute(
        "insert into public.contact_identities (tenant_id, contact_id, kind, address) values (%s, %s, 'email', %s)",
        tenant, contact, address,
    )  # fmt: skip
    local.execute("update public.contacts set auth_user_id = %s where id = %s", agent, contact)
    token = client.auth.get_session()
    local.admin().auth.admin.delete_user(agent)
    assert local.execute("select auth_user_id from public.contacts where id = %s", contact) == [(None,)]
    assert local.execute("select user_id::text from public.tenant_members where tenant_id = %s", tenant) == [(owner,)]
    assert local.execute("select count(*) from auth.sessions where user_id = %s", agent) == [(0,)]
    assert token is not None
    gone = local.as_user(token.access_token, "GET", "/user")
    assert (gone.status_code, gone.json()["error_code"]) == (403, "user_not_found")
    again = local.ask("POST", "/signup", {"email": address, "password": GOOD})
    assert again.status_code == 200 and again.json()["id"] != agent


def test_the_last_owner_of_a_tenant_stays(local: Local) -> None:
    """The schema refuses to leave a tenant without one; hosted answers that as we do, and nothing is gone."""
    [(tenant,)] = local.execute("insert into public.tenants (slug, name) values ('kept', 'Kept') returning id")
    owner = member(local, "owner", tenant)
    answer = local.ask("DELETE", f"/admin/users/{owner}", apikey=local.keys["secret_key"])
    assert (answer.status_code, answer.json()["msg"]) == (500, "Database error deleting user")
    assert local.execute("select count(*) from auth.users where id = %s", owner) == [(1,)]


def test_a_softly_deleted_user_keeps_only_his_id(local: Local) -> None:
    """He cannot sign in, his address is free, and rows that name him stay."""
    address = local.person()
    client = local.signed_in(address)
    session = client.auth.get_session()
    assert session is not None
    local.admin().auth.admin.delete_user(session.user.id, should_soft_delete=True)
    left = local.admin().auth.admin.get_user_by_id(session.user.id).user
    assert left.deleted_at and left.email != address and left.user_metadata == {}
    assert local.as_user(session.access_token, "GET", "/user").status_code == 403
    with pytest.raises(AuthApiError, match="Invalid login credentials"):
        local.signed_in(address)
    assert local.admin().auth.admin.create_user({"email": address}).user.id != session.user.id
    local.admin().auth.admin.delete_user(session.user.id, should_soft_delete=True)


def test_an_invited_user_accepts_and_chooses_a_password(local: Local) -> None:
    """A mail of its own kind; who has confirmed cannot be invited."""
    address = new_address()
    admin = local.admin().auth.admin
    user = admin.invite_user_by_email(address, {"data": {"team": "blue"}}).user
    assert user.invited_at is not None and user.user_metadata["team"] == "blue"
    assert local.mail(address).subject == "You have been invited"
    said = fragment(follow(local, local.mail(address).link))
    assert said["type"] == "invite"
    client = local.client()
    client.auth.set_session(said["access_token"], said["refresh_token"])
    client.auth.update_user({"password": GOOD})
    assert local.signed_in(address).auth.get_user()
    with pytest.raises(AuthApiError) as refused:
        admin.invite_user_by_email(address)
    assert refused.value.code == "email_exists"


@pytest.mark.parametrize("kind", ["signup", "invite", "magiclink", "recovery"])
def test_links_can_be_had_without_a_mail(local: Local, kind: str) -> None:
    """The link signs in; its parts are what verify_otp takes; no mail leaves."""
    address = new_address() if kind in ("signup", "invite") else local.person()
    password = {"password": GOOD} if kind == "signup" else {}
    wanted: Any = {"type": kind, "email": address, **password, "options": {"redirect_to": "http://localhost:9/x"}}
    link = local.admin().auth.admin.generate_link(wanted)
    properties = link.properties
    assert (properties.verification_type, properties.redirect_to) == (kind, "http://localhost:9/x")
    assert properties.hashed_token in properties.action_link and len(properties.email_otp) == 6
    answer = follow(local, properties.action_link)
    assert answer.headers["location"].startswith("http://localhost:9/x#")
    assert fragment(answer)["type"] == kind and local.mails(address) == []


def test_links_that_change_an_address(local: Local) -> None:
    """One for each side; both must be followed."""
    old, new = local.person(), new_address()
    admin = local.admin().auth.admin
    made = {}
    for kind in ("email_change_current", "email_change_new"):
        wanted: Any = {"type": kind, "email": old, "new_email": new}
        made[kind] = admin.generate_link(wanted).properties.action_link
    assert parse_qs(urlsplit(made["email_change_new"]).query)["type"] == ["email_change"]
    assert "message" in fragment(follow(local, made["email_change_current"]))
    assert "access_token" in fragment(follow(local, made["email_change_new"]))
    assert local.signed_in(new).auth.get_user()


def test_links_for_nobody_are_refused(local: Local) -> None:
    """Recovery of an unknown address; types that do not exist; a magic link makes the user instead."""
    ask = {"apikey": local.keys["secret_key"]}
    body = {"type": "recovery", "email": new_address()}
    assert local.ask("POST", "/admin/generate_link", body, **ask).json()["error_code"] == "user_not_found"
    assert local.ask("POST", "/admin/generate_link", {**body, "type": "x"}, **ask).status_code == 400
    made = local.ask("POST", "/admin/generate_link", {**body, "type": "magiclink"}, **ask)
    assert made.json()["verification_type"] == "signup"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/users"), ("POST", "/admin/users"), ("GET", f"/admin/users/{NOBODY}"),
        ("PUT", f"/admin/users/{NOBODY}"), ("DELETE", f"/admin/users/{NOBODY}"),
        ("POST", "/admin/generate_link"), ("POST", "/invite"),
    ],
)  # fmt: skip
def test_nobody_else_is_an_admin(local: Local, method: str, path: str) -> None:
    """Neither a browser's keys nor a user's token, whatever role he would like to have."""
    session = local.signed_in(local.person(app_metadata={"role": "service_role"})).auth.get_session()
    assert session is not None
    for token in (local.keys["anon_key"], local.keys["publishable_key"], session.access_token):
        answer = local.as_user(token, method, path, {})
        assert (answer.status_code, answer.json()["error_code"]) == (403, "not_admin")
    bare = httpx.request(method, f"{local.url}/auth/v1{path}", json={})
    assert bare.status_code == 401
