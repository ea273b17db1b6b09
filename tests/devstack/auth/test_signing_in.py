"""Passwords: what a token says, and that a stranger learns nothing from being refused."""

import time
from typing import Any
from unittest.mock import patch

import bcrypt
import jwt
import pytest
from supabase_auth.errors import AuthApiError

from app.http.auth import Authenticator
from app.settings import Settings
from devstack.surface.auth.limits import Limits
from devstack.surface.auth.problems import Problem
from tests.devstack.auth.kit import ANOTHER, GOOD, Local, new_address


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_token_says_what_hosted_says(local: Local) -> None:
    """ES256 with the key of the key set, and the claims policies and clients read."""
    client = local.signed_in()
    session = client.auth.get_session()
    assert session is not None and session.expires_in == 3600 and session.token_type == "bearer"
    header = jwt.get_unverified_header(session.access_token)
    claims = claims_of(session.access_token)
    assert (header["alg"], header["kid"]) == ("ES256", local.keys["signing_key_id"])
    assert claims["iss"] == f"{local.url}/auth/v1"
    assert claims["exp"] - claims["iat"] == 3600 and session.expires_at == claims["exp"]
    assert (claims["aud"], claims["role"], claims["aal"]) == ("authenticated", "authenticated", "aal1")
    assert (claims["sub"], claims["email"], claims["phone"]) == (session.user.id, session.user.email, "")
    assert claims["is_anonymous"] is False and len(claims["session_id"]) == 36
    assert claims["app_metadata"] == {"provider": "email", "providers": ["email"]}
    [method] = claims["amr"]
    assert method["method"] == "password" and abs(method["timestamp"] - time.time()) < 60
    verified = client.auth.get_claims()
    assert verified is not None and verified["claims"]["sub"] == session.user.id


def test_the_projects_hook_puts_the_tenant_into_the_token(local: Local) -> None:
    """The migrations' own hook, called as supabase_auth_admin with hosted's event; its tables are under RLS."""
    address = local.person()
    [(user_id,)] = local.execute("select id from auth.users where email = %s", address)
    [(tenant,)] = local.execute("insert into public.tenants (slug, name) values ('hooked', 'Hooked') returning id")
    local.execute(
        "insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, 'owner')", tenant, user_id
    )
    session = local.signed_in(address).auth.get_session()
    assert session is not None
    metadata = claims_of(session.access_token)["app_metadata"]
    assert (metadata["tenant_id"], metadata["tenant_role"]) == (str(tenant), "owner")


async def test_our_api_takes_the_token_beside_legacy_ones(local: Local) -> None:
    """ES256 by the key set, HS256 by the secret, both at once; an HS256 token made with the public key by neither."""
    settings = Settings(
        supabase_jwt_secret=local.keys["jwt_secret"],
        supabase_jwks_url=f"{local.url}/auth/v1/.well-known/jwks.json",
    )
    session = local.signed_in().auth.get_session()
    assert session is not None
    authenticator = Authenticator(settings)
    assert str((await authenticator.caller(f"Bearer {session.access_token}", None)).user_id) == session.user.id
    now = int(time.time())
    said = {"sub": session.user.id, "role": "authenticated", "aud": "authenticated", "exp": now + 60}
    legacy = jwt.encode(said, local.keys["jwt_secret"], algorithm="HS256")
    assert str((await authenticator.caller(f"Bearer {legacy}", None)).user_id) == session.user.id


WRONG = {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}


def test_unknown_and_wrong_are_one_answer_after_one_check(local: Local) -> None:
    """The same bytes, and exactly one bcrypt check for each: nobody learns by the clock who is a user."""
    passwordless = new_address()
    local.admin().auth.admin.create_user({"email": passwordless, "email_confirm": True})
    soft = local.person()
    local.execute("update auth.users set banned_until = now() + interval '1 day' where email = %s", soft)
    for address in (local.person(), new_address(), passwordless, soft):
        with patch.object(bcrypt, "checkpw", wraps=bcrypt.checkpw) as check:
            answer = local.ask("POST", "/token?grant_type=password", {"email": address, "password": ANOTHER})
        assert (answer.status_code, answer.json()) == (400, WRONG), address
        assert check.call_count == 1, address


def test_a_banned_user_is_told_once_he_knows_his_password(local: Local) -> None:
    """`user_banned`, also for a session that is refreshed; lifting the ban lets him in."""
    address = local.person()
    client = local.signed_in(address)
    session = client.auth.get_session()
    assert session is not None
    local.admin().auth.admin.update_user_by_id(session.user.id, {"ban_duration": "1h"})
    with pytest.raises(AuthApiError, match="User is banned") as refused:
        local.signed_in(address)
    assert refused.value.code == "user_banned"
    refresh = local.ask("POST", "/token?grant_type=refresh_token", {"refresh_token": session.refresh_token})
    assert refresh.json()["error_code"] == "user_banned"
    local.admin().auth.admin.update_user_by_id(session.user.id, {"ban_duration": "none"})
    assert local.signed_in(address).auth.get_user()


def test_who_guesses_is_stopped(local: Local) -> None:
    """Failures use the attempts of an address up; then 429 for the right password as well. Successes cost nothing."""
    address = local.person()
    right = {"email": address, "password": GOOD}
    with patch.object(local.room, "_auth", _strict(local)):
        for _ in range(8):
            assert local.ask("POST", "/token?grant_type=password", right).status_code == 200
        for _ in range(5):
            assert local.ask("POST", "/token?grant_type=password", {**right, "password": "guess"}).status_code == 400
        answers = [
            local.ask("POST", "/token?grant_type=password", right),
            local.ask("POST", "/token?grant_type=password", right, x_forwarded_for="10.9.8.7"),
        ]
    for answer in answers:
        assert (answer.status_code, answer.json()["error_code"]) == (429, "over_request_rate_limit")


def _strict(local: Local) -> Any:
    from dataclasses import replace

    auth = local.room._auth
    return replace(auth, limits=Limits(replace(auth.config, failed_logins=5)))


def test_attempts_come_back_with_time(local: Local) -> None:
    """A full bucket after five minutes, one attempt after a fifth of them; addresses do not share."""
    from dataclasses import replace

    now = [0.0]
    limits = Limits(replace(local.config, failed_logins=5), clock=lambda: now[0])
    for _ in range(5):
        limits.take("token", "10.0.0.1")
    with pytest.raises(Problem):
        limits.take("token", "10.0.0.1")
    limits.take("token", "10.0.0.2")
    now[0] = 61.0
    limits.take("token", "10.0.0.1")
    with pytest.raises(Problem):
        limits.take("token", "10.0.0.1")


async def test_the_asynchronous_client_signs_in_as_well(local: Local) -> None:
    """supabase-py's other half."""
    client = await local.async_client()
    answer = await client.auth.sign_in_with_password({"email": local.person(), "password": GOOD})
    assert answer.session is not None
    user = await client.auth.get_user()
    assert user is not None and user.user.last_sign_in_at is not None
    await client.auth.sign_out()


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        ("raise exception 'boom'", 500, "Error running hook URI: pg-functions://postgres/public/a_hook"),
        ("return '{\"error\": {\"http_code\": 403, \"message\": \"not today\"}}'", 403, "not today"),
        ("return '{\"error\": {\"message\": \"broken\"}}'", 500, "broken"),
        ("return event #- '{claims,email}'", 500,
         "output claims do not conform to the expected schema: \n- (root): email is required\n"),
        ("return jsonb_set(event, '{claims,exp}', '\"soon\"')", 500,
         "output claims do not conform to the expected schema: \n- exp: Invalid type. Expected: integer\n"),
        ("perform pg_sleep(5); return event", 500, "Error running hook URI: pg-functions://postgres/public/a_hook"),
    ],
)  # fmt: skip
def test_a_hook_that_fails_lets_nobody_in(local: Local, answer: str, status: int, message: str) -> None:
    """Hosted's words for a hook that raises, refuses, forgets a claim or takes too long; no session is left."""
    from dataclasses import replace

    from devstack.surface.auth import tokens

    local.execute(
        "create or replace function public.a_hook(event jsonb) returns jsonb language plpgsql set search_path = '' as"
        f" $$ begin {answer}; end $$"
    )
    local.execute("grant execute on function public.a_hook(jsonb) to supabase_auth_admin")
    address = local.person()
    auth = local.room._auth
    hooked = replace(auth.config, token_hook="pg-functions://postgres/public/a_hook")
    minter = tokens.Minter(hooked, local.context.identity, auth.url)
    mocked = replace(auth, config=hooked, sessions=replace(auth.sessions, minter=minter))
    with (
        patch.object(local.room, "_auth", mocked),
        patch.object(tokens, "HOOK_TIMEOUT_MS", 200 if "pg_sleep" in answer else 60_000),
    ):
        said = local.ask("POST", "/token?grant_type=password", {"email": address, "password": GOOD})
    assert (said.status_code, said.json()["msg"]) == (status, message)
    [(sessions,)] = local.execute(
        "select count(*) from auth.sessions s join auth.users u on u.id = s.user_id where u.email = %s", address
    )
    assert sessions == 0


def test_a_database_that_restarts_costs_nobody_a_sign_in(local: Local) -> None:
    """Every connection of the room is cut; the next request finds a new one."""
    address = local.person()
    local.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley surface auth'"
        " and datname = current_database()"
    )
    assert local.signed_in(address).auth.get_user()
