"""Tokens somebody else made, keys of another project, and what has no name here."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devstack.surface.auth.routes import REFUSED
from tests.devstack.auth.kit import GOOD, NOBODY, Local


def claims(local: Local, **more: Any) -> dict[str, Any]:
    """The claims of a user who exists."""
    [(user_id,)] = local.execute("select id from auth.users where email = %s", local.person())
    now = int(time.time())
    said = {"sub": str(user_id), "role": "authenticated", "aud": "authenticated", "iat": now, "exp": now + 600}
    return {**said, **more}


def encoded(part: Any) -> str:
    """One part of a token that no library would sign."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _other_key(local: Local) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims(local), key, algorithm="ES256", headers={"kid": local.keys["signing_key_id"]})


def _no_algorithm(local: Local) -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims(local))}."


def _public_key_as_secret(local: Local) -> str:
    import hashlib
    import hmac

    pem = local.context.identity._public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': local.keys['signing_key_id']})}.{encoded(claims(local))}"
    signature = base64.urlsafe_b64encode(hmac.digest(pem, head.encode(), hashlib.sha256)).decode().rstrip("=")
    return f"{head}.{signature}"


def _jwk_as_secret(local: Local) -> str:
    import hashlib
    import hmac

    secret = json.dumps(local.context.identity.jwks()["keys"][0]).encode()
    head = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims(local))}"
    signature = base64.urlsafe_b64encode(hmac.digest(secret, head.encode(), hashlib.sha256)).decode().rstrip("=")
    return f"{head}.{signature}"


def _expired(local: Local) -> str:
    return local.context.identity.sign(claims(local, exp=int(time.time()) - 60))


def _endless(local: Local) -> str:
    said = claims(local)
    del said["exp"]
    return local.context.identity.sign(said)


def _owner(local: Local) -> str:
    return local.context.identity.sign(claims(local, role="postgres"))


def _tampered(local: Local) -> str:
    head, _, signature = local.context.identity.sign(claims(local)).split(".")
    return f"{head}.{encoded(claims(local))}.{signature}"


@pytest.mark.parametrize(
    "forged",
    [_other_key, _no_algorithm, _public_key_as_secret, _jwk_as_secret, _expired, _endless, _owner, _tampered,
     lambda _: "nonsense", lambda _: "a.b.c"],
)  # fmt: skip
def test_a_forged_token_opens_nothing(local: Local, forged: Callable[[Local], str]) -> None:
    """403 bad_jwt for the user's paths, and none of them is a key either."""
    token = forged(local)
    answer = local.as_user(token, "GET", "/user")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "bad_jwt")
    assert local.as_user(token, "PUT", "/user", {"data": {"x": 1}}).status_code == 403
    assert local.as_user(token, "GET", "/admin/users").status_code == 403
    assert local.ask("GET", "/settings", apikey=token).status_code == 401


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda _: "nonsense", "token is malformed: token contains an invalid number of segments"),
        (_expired, "token has invalid claims: token is expired"),
        (_tampered, "token signature is invalid: crypto/ecdsa: verification error"),
        (_jwk_as_secret, "token signature is invalid: signature is invalid"),
        (_no_algorithm, "token signature is invalid: signing method none is invalid"),
    ],
)  # fmt: skip
def test_why_a_token_is_refused_is_said_as_hosted_says_it(local: Local, made: Callable[[Local], str], why: str) -> None:
    """Programs tell an expired token from a forged one by these words."""
    said = local.as_user(made(local), "GET", "/user").json()["msg"]
    assert said == f"invalid JWT: unable to parse or verify signature, {why}"


def test_a_token_of_somebody_who_is_gone_opens_nothing(local: Local) -> None:
    """Signed well, but for nobody, for no user, or for a session that never was."""
    for said, status, code in (
        (claims(local, sub=str(uuid.uuid4())), 403, "user_not_found"), (claims(local, sub="7"), 400, "bad_jwt"),
        (claims(local, sub=""), 403, "bad_jwt"),
        (claims(local, session_id=str(uuid.uuid4())), 403, "session_not_found"),
        (claims(local, session_id="7"), 403, "session_not_found"),
    ):  # fmt: skip
        answer = local.as_user(local.context.identity.sign(said), "GET", "/user")
        assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_a_legacy_token_is_a_users_as_well(local: Local) -> None:
    """`parley token` signs with the project's HS256 secret."""
    said = claims(local)
    token = jwt.encode(said, local.keys["jwt_secret"], algorithm="HS256")
    assert local.as_user(token, "GET", "/user").json()["id"] == said["sub"]


def test_the_gateway_wants_a_key_of_this_project(local: Local) -> None:
    """None, another stack's, and what is no key; every key of this one will do."""
    bare = httpx.get(f"{local.url}/auth/v1/settings")
    assert (bare.status_code, bare.json()["message"]) == (401, "No API key found in request")
    bearer = httpx.get(f"{local.url}/auth/v1/settings", headers={"authorization": f"Bearer {local.keys['anon_key']}"})
    assert bearer.status_code == 401
    key = local.keys["publishable_key"]
    assert local.ask("GET", f"/settings?x=1&apikey={key}", apikey="").status_code == 401  # an empty header is a header
    assert httpx.get(f"{local.url}/auth/v1/settings?apikey={key}").status_code == 200
    for key in ("sb_publishable_of_another_stack", "sb_", "é"):
        answer = local.ask("GET", f"/settings?apikey={key}", apikey="")
        assert (answer.status_code, bool(answer.json()["message"])) == (401, True), key
    for name in ("publishable_key", "secret_key", "anon_key", "service_key"):
        assert local.ask("GET", "/settings", apikey=local.keys[name]).status_code == 200, name
    for path in ("/health", "/.well-known/jwks.json"):
        assert httpx.get(f"{local.url}/auth/v1{path}").status_code == 200


def test_the_key_set_holds_the_public_key_alone(local: Local) -> None:
    """What a client checks tokens with; no private part."""
    [key] = httpx.get(f"{local.url}/auth/v1/.well-known/jwks.json").json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg", "key_ops"}
    assert (key["kty"], key["alg"], key["use"]) == ("EC", "ES256", "sig")


@pytest.mark.parametrize(
    ("method", "path", "feature"),
    [
        ("POST", "/factors", "multi-factor"), ("POST", f"/factors/{NOBODY}/challenge", "multi-factor"),
        ("GET", f"/admin/users/{NOBODY}/factors", "multi-factor"), ("GET", "/authorize?provider=github", "social"),
        ("GET", "/user/identities/authorize?provider=github", "identities"), ("POST", "/sso", "single sign-on"),
        ("GET", "/sso/saml/metadata", "SAML"), ("GET", "/admin/sso/providers", "single sign-on"),
        ("POST", "/token?grant_type=id_token", "ID token"), ("POST", "/token?grant_type=web3", "wallet"),
        ("GET", "/admin/oauth/clients", "OAuth server"), ("GET", "/admin/audit", "audit"),
    ],
)  # fmt: skip
def test_what_is_left_out_is_refused_by_name(local: Local, method: str, path: str, feature: str) -> None:
    """501 that names the feature and the way to a full Supabase."""
    answer = local.ask(method, path, {})
    body = answer.json()
    assert answer.status_code == 501 and body["error_code"] == "not_supported"
    assert feature in body["msg"] and "supabase start" in body["msg"]
    if not path.startswith("/token"):  # a browser that is sent there brings no key
        assert httpx.request(method, f"{local.url}/auth/v1{path}").status_code == 501
    assert len(REFUSED) >= 8


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/signup", {"phone": "+15550100", "password": GOOD}), ("/otp", {"phone": "+15550100"}),
        ("/token?grant_type=password", {"phone": "+15550100", "password": GOOD}),
        ("/verify", {"phone": "+15550100", "token": "123456", "type": "sms"}),
        ("/resend", {"type": "sms", "phone": "+15550100"}),
    ],
)  # fmt: skip
def test_phones_are_refused_by_name(local: Local, path: str, body: Any) -> None:
    """The same 501."""
    answer = local.ask("POST", path, body)
    assert answer.status_code == 501 and "phone" in answer.json()["msg"]


def test_errors_follow_the_version_the_client_speaks(local: Local) -> None:
    """From 2024-01-01 on `code` is the word and `message` the text, and the answer says so."""
    body = {"email": "nobody@example.com", "password": GOOD}
    for version, dated in (("2024-01-01", True), ("2030-12-31", True), ("2023-01-01", False), ("nonsense", False)):
        answer = local.ask("POST", "/token?grant_type=password", body, x_supabase_api_version=version)
        expected = (
            {"code": "invalid_credentials", "message": "Invalid login credentials"} if dated else
            {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
        )  # fmt: skip
        assert answer.json() == expected
        assert answer.headers.get("x-supabase-api-version") == ("2024-01-01" if dated else None)


def test_settings_say_what_a_form_may_offer(local: Local) -> None:
    """E-mail and visitors; nothing that would be refused."""
    said = local.ask("GET", "/settings").json()
    on = {name for name, is_on in said["external"].items() if is_on}
    assert on == {"email", "anonymous_users"}
    assert (said["disable_signup"], said["mailer_autoconfirm"], said["saml_enabled"]) == (False, False, False)


def test_unknown_paths_and_methods_are_told_apart(local: Local) -> None:
    """404 and 405."""
    assert local.ask("GET", "/nothing").status_code == 404
    assert local.ask("DELETE", "/user").status_code == 405
    assert local.ask("GET", "/token").status_code == 405


def test_bodies_that_are_no_json_or_too_large_are_refused(local: Local) -> None:
    """400 and 413, not 500, however deep it goes."""
    headers = {"apikey": local.keys["publishable_key"]}
    for depth in (900, 990, 5000):
        deep = b'{"data":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        assert httpx.post(f"{local.url}/auth/v1/signup", content=deep, headers=headers).status_code in (200, 400)
    for content, status in ((b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[]", 400), (b" " * 1_000_001, 413)):
        answer = httpx.post(f"{local.url}/auth/v1/signup", content=content, headers=headers)
        assert answer.status_code == status, content[:9]


def test_a_text_postgres_cannot_keep_is_refused(local: Local) -> None:
    """A NUL character, or half a character, wherever it stands: 400, not 500."""
    for path, body in (
        ("/signup", {"email": "a\x00b@example.com", "password": GOOD}),
        ("/signup", {"email": "nul@example.com", "password": GOOD, "data": {"name": "a\x00b"}}),
        ("/token?grant_type=password", {"email": "a\x00b", "password": GOOD}),
        ("/token?grant_type=refresh_token", {"refresh_token": "\x00"}),
        ("/verify", {"type": "email", "token_hash": "\x00"}),
        ("/signup", {"email": "half@example.com", "password": GOOD, "data": {"name": "\ud800"}}),
    ):  # fmt: skip
        headers = {"apikey": local.keys["publishable_key"]}
        answer = httpx.post(f"{local.url}/auth/v1{path}", content=json.dumps(body), headers=headers)
        assert answer.status_code == 400, (body, answer.text)
