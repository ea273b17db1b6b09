"""Who gets in, and who does not."""

import base64
import http.server
import json
import threading
import time
import uuid
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.api.kit import SECRET, Client, World, serving, token

Make = Callable[..., Client]


def test_no_token_is_401(client: Make) -> None:
    """Without a token the answer is a problem that says how to sign in."""
    answer = client().get("/v1/threads")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_authenticated"


def unsigned(world: World) -> str:
    """A token with algorithm none."""
    return jwt.encode(
        {"sub": str(world.acme.people["agent"]), "role": "authenticated", "exp": 9e9}, "", algorithm="none"
    )


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000}, {"exp": None}, {"secret": "another-secret-0123456789abcdef0123456789"},
        {"role": "postgres"}, {"role": "service_role"}, {"role": "anon"}, {"role": None}, {"aud": "somebody-else"},
        {"nbf": 4_000_000_000}, {"sub": "not-an-id"}, {"sub": None}, {"algorithm": "HS384"},
        {"role": ["authenticated"]}, {"aud": 7},
    ],
    ids=str,
)  # fmt: skip
def test_bad_tokens_are_401(client: Make, world: World, claims: dict[str, object]) -> None:
    """Expired, unsigned by us, of another role or audience, or naming nobody: each is refused."""
    made = {"user_id": world.acme.people["agent"], "tenant_id": world.acme.id, **claims}
    assert client(token(**made)).get("/v1/threads").status_code == 401


@pytest.mark.parametrize(
    "text", ["x", "a.b.c", "pk_", "pk_" + "0" * 32 + "_" + "0" * 64, "x" * 20_000, "eyJhbGciOiJIUzI1NiJ9.W10.x"]
)
def test_nonsense_is_401(client: Make, text: str) -> None:
    """Whatever stands in the header, the answer is 401 and no fault of ours."""
    http = client().http
    assert http.get("/v1/threads", headers={"authorization": f"Bearer {text}"}).status_code == 401
    assert http.get("/v1/threads", headers={"x-api-key": text or "-"}).status_code == 401
    assert http.get("/v1/threads", headers={"authorization": f"Basic {text}"}).status_code == 401


def test_algorithm_none_is_401(client: Make, world: World) -> None:
    """An unsigned token is no token."""
    assert client(unsigned(world)).get("/v1/threads").status_code == 401


def test_a_token_cannot_pass_for_an_api_key(client: Make, world: World) -> None:
    """A claim api_key_id in a user's token gives him no right of that key."""
    key_id = world.one(
        "insert into public.api_keys (tenant_id, name, secret_digest, hint, scopes)"
        " values (%s, 'k', 'x', 'pk', '{read,admin}') returning id", world.acme.id,
    )  # fmt: skip
    forged = token(world.birch.people["owner"], world.acme.id, api_key_id=str(key_id))
    assert client(forged).get("/v1/api-keys").status_code == 403


def test_a_removed_member_is_out_at_once(client: Make, world: World) -> None:
    """The token stays valid, the membership does not: the next request is refused."""
    user = world.user("leaver@acme.test")
    world.join(world.acme.id, user, "agent")
    leaver = client(token(user, world.acme.id))
    assert leaver.get("/v1/threads").status_code == 200
    world.db.execute("delete from public.tenant_members where user_id = %s", [user])
    assert leaver.get("/v1/threads").status_code == 403
    assert leaver.post(f"/v1/threads/{uuid.uuid4()}/close").status_code == 403


def test_a_tenant_that_is_not_his_is_403(client: Make, world: World) -> None:
    """A token naming a tenant its user does not belong to reads nothing there."""
    answer = client(token(world.birch.people["owner"], world.acme.id)).get("/v1/threads")
    assert answer.status_code == 403
    assert client(token(world.acme.people["agent"])).get("/v1/threads").status_code == 403


def test_deleted_and_suspended_tenants(client: Make, world: World) -> None:
    """A deleted tenant is closed to its members; a suspended one can still be read and written to."""
    gone, held = world.tenant("gone"), world.tenant("held")
    _, thread_id = world.mail(held)
    world.db.execute("update public.tenants set status = 'deleted', deleted_at = now() where id = %s", [gone.id])
    world.db.execute("update public.tenants set status = 'suspended' where id = %s", [held.id])
    assert client(gone.token("owner")).get("/v1/threads").status_code == 403
    assert len(client(held.token("owner")).get("/v1/threads").json()["items"]) == 1
    assert client(held.token("owner")).post(f"/v1/threads/{thread_id}/messages", {"body": "Hi"}).status_code == 201


def test_a_viewer_reads_and_changes_nothing(client: Make, world: World) -> None:
    """The role decides: a viewer may read and is refused every change."""
    _, thread_id = world.mail(world.acme)
    viewer = client(world.acme.token("viewer"))
    assert viewer.get(f"/v1/threads/{thread_id}").status_code == 200
    for path, body in (("messages", {"body": "Hi"}), ("close", None), ("read", {})):
        answer = viewer.post(f"/v1/threads/{thread_id}/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert viewer.get("/v1/api-keys").status_code == 403
    assert viewer.get("/v1/audit-log").status_code == 403


def test_api_keys_have_scopes_and_end_when_revoked(client: Make, world: World, owner_client: Client) -> None:
    """A key does what its scopes say, in both headers, until it is revoked: then the very next request fails."""
    _, thread_id = world.mail(world.acme)
    made = owner_client.post("/v1/api-keys", {"name": "shop", "scopes": ["read"]})
    assert made.status_code == 201
    reader = client(made.json()["key"])
    assert reader.get("/v1/threads").status_code == 200
    assert reader.get("/v1/me").json()["tenant_id"] == str(world.acme.id)
    assert client().http.get("/v1/threads", headers={"x-api-key": made.json()["key"]}).status_code == 200
    assert reader.post(f"/v1/threads/{thread_id}/messages", {"body": "Hi"}).status_code == 403
    assert reader.get("/v1/audit-log").status_code == 403
    sender = client(owner_client.post("/v1/api-keys", {"name": "s", "scopes": ["send"]}).json()["key"])
    assert sender.post(f"/v1/threads/{thread_id}/messages", {"body": "Hi"}).status_code == 201
    assert sender.get("/v1/threads").status_code == 403
    assert made.json()["key"] not in owner_client.get("/v1/api-keys").text
    assert owner_client("DELETE", f"/v1/api-keys/{made.json()['api_key_id']}").status_code == 200
    assert reader.get("/v1/threads").status_code == 401
    assert reader.post(f"/v1/threads/{thread_id}/close").status_code == 401


def test_published_keys_verify_tokens_and_are_no_secret(world: World) -> None:
    """ES256 tokens pass with the project's published key; a token HMAC-signed with that public key does not."""
    private = ec.generate_private_key(ec.SECP256R1())
    entry = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(private.public_key())) | {
        "kid": "k1",
        "alg": "ES256",
        "use": "sig",
    }
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with KeysServer({"keys": [entry, {"kty": "oct", "kid": "evil", "k": "c2VjcmV0"}]}) as keys_url:
        settings = world.database.settings(supabase_jwt_secret="", supabase_jwks_url=keys_url)
        claims = {
            "sub": str(world.acme.people["agent"]), "role": "authenticated", "exp": int(time.time()) + 60,
            "app_metadata": {"tenant_id": str(world.acme.id)},
        }  # fmt: skip
        good = jwt.encode(claims, private, algorithm="ES256", headers={"kid": "k1"})
        unknown = jwt.encode(claims, private, algorithm="ES256", headers={"kid": "other"})
        confused = ".".join(hmac_signed(claims, public, "k1"))
        evil = jwt.encode(claims, "secret-secret-secret-secret-secret", algorithm="HS256", headers={"kid": "evil"})
        with serving(settings) as url:
            assert Client(url, good).get("/v1/threads").status_code == 200
            for bad in (unknown, confused, evil, token(world.acme.people["agent"], world.acme.id)):
                assert Client(url, bad).get("/v1/threads").status_code == 401


def hmac_signed(claims: dict[str, object], key: bytes, key_id: str) -> list[str]:
    """A token signed by HMAC with any bytes as the key, which PyJWT itself would refuse to make."""
    import hashlib
    import hmac

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": key_id}).encode())
    body = part(json.dumps(claims).encode())
    return [head, body, part(hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest())]


class KeysServer:
    """Serves a key set over real HTTP on a loopback port."""

    def __init__(self, document: object) -> None:
        body = json.dumps(document).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/jwks.json"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_secret_is_not_the_public_key(client: Make, world: World) -> None:
    """With a secret configured and no key set, asymmetric tokens are refused."""
    private = ec.generate_private_key(ec.SECP256R1())
    made = jwt.encode(
        {"sub": str(world.acme.people["agent"]), "role": "authenticated", "exp": 9e9}, private, algorithm="ES256"
    )
    assert client(made).get("/v1/threads").status_code == 401
    assert SECRET not in client(made).get("/v1/threads").text
