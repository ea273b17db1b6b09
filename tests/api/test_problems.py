"""Bad input is the caller's fault, said in a problem document; never a 5xx."""

import socket
from collections.abc import Callable

import pytest

from tests.api.kit import SECRET, Client, World, serving, token

ANY_ID = "0197a000-0000-7000-8000-0000000000ff"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "field"),
    [
        ("GET", "/nowhere", None, 404, "no_such_path", None),
        ("GET", "/v1/threads/not-an-id", None, 404, "no_such_path", None),
        ("PUT", "/v1/threads", None, 405, "method_not_allowed", None),
        ("POST", "/v1/contacts", b"{", 400, "malformed", None),
        ("POST", "/v1/contacts", b'{"company": "\xff"}', 400, "malformed", None),
        ("POST", "/v1/contacts", b"[" * 100_000, 422, "bad_input", None),
        ("POST", "/v1/contacts", b'{"attributes": {"a": ' + b"[" * 100_000, 400, "malformed", None),
        ("POST", "/v1/contacts", b"[]", 422, "bad_input", None),
        ("POST", "/v1/contacts", b'{"company": 5}', 422, "bad_input", "company"),
        ("POST", "/v1/contacts", b'{"compny": "x"}', 422, "bad_input", "compny"),
        (
            "POST",
            "/v1/faq",
            b'{"question": "q", "keywords": ["k"], "answer": "a", "enabled": 0}',
            422,
            "bad_input",
            "enabled",
        ),
        ("GET", "/v1/threads?unread=null", None, 422, "bad_input", "unread"),
        ("GET", "/v1/threads?limit=5&limit=6", None, 422, "bad_input", "limit"),
        ("POST", "/v1/contacts", rb'{"company": "a\u0000b"}', 422, "bad_input", "company"),
        ("POST", "/v1/contacts", rb'{"company": "a\ud800 and more text"}', 422, "bad_value", None),
        ("POST", "/v1/contacts", rb'{"attributes": {"a": "\u0000"}}', 422, "bad_value", None),
        ("POST", "/v1/contacts", b'{"company": "' + b"x" * (1 << 20) + b'"}', 413, "too_large", None),
        ("POST", f"/v1/threads/{ANY_ID}/messages", b"", 422, "body_missing", None),
        ("POST", f"/v1/threads/{ANY_ID}/messages", b'{"body": 7}', 422, "bad_input", "body"),
        ("POST", f"/v1/threads/{ANY_ID}/read", b'{"seq": 9223372036854775808}', 422, "bad_input", "seq"),
        ("POST", f"/v1/threads/{ANY_ID}/read", b'{"seq": -1}', 422, "bad_input", "seq"),
        ("GET", "/v1/threads?limit=51", None, 422, "bad_input", "limit"),
        ("GET", "/v1/threads?cursor=zzz", None, 422, "bad_cursor", "cursor"),
        ("GET", "/v1/threads?folder=attic", None, 422, "bad_input", "folder"),
        ("GET", "/v1/threads?label=%00", None, 422, "bad_input", "label"),
        ("GET", "/v1/threads?assignee_id=me", None, 422, "unknown_parameter", "assignee_id"),
        ("GET", f"/v1/threads/{ANY_ID}/messages?since=99999999999999999999", None, 422, "out_of_range", "since"),
        ("GET", f"/v1/threads/{ANY_ID}/messages?since=yesterday", None, 422, "bad_input", "since"),
        ("PATCH", "/v1/tenant", b'{"settings": {"nonsense": 1}}', 422, "bad_input", "settings.nonsense"),
        (
            "PATCH",
            "/v1/tenant",
            b'{"settings": {"sends_per_minute": "x"}}',
            422,
            "bad_input",
            "settings.sends_per_minute",
        ),
    ],
)
def test_bad_input_is_named(
    owner_client: Client, method: str, path: str, body: bytes | None, status: int, code: str | None, field: str | None
) -> None:
    """Status, code and the field at fault, in a problem document with a request id."""
    answer = owner_client.http.request(method, path, content=body, headers={"content-type": "application/json"})
    document = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json" and answer.headers["x-request-id"]
    assert document["status"] == status and document["title"] and document["detail"] and document["type"]
    assert code is None or document["code"] == code
    assert document.get("field") == field
    if status == 405:
        assert "GET" in answer.headers["allow"]


def test_the_database_away_is_503_and_comes_back(world: World) -> None:
    """Without a database every answer is 503 with Retry-After; health still says that the process lives."""
    listener = socket.create_server(("127.0.0.1", 0))
    dead = f"postgresql://parley_api:x@127.0.0.1:{listener.getsockname()[1]}/x"
    listener.close()
    with serving(world.database.settings(api_database_url=dead, supabase_jwt_secret=SECRET)) as url:
        someone = Client(url, token(world.acme.people["agent"], world.acme.id))
        answer = someone.get("/v1/threads")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert someone.get("/health").status_code == 200
        assert someone.get("/health/ready").status_code == 503
        assert "parley_database_up 0" in someone.get("/metrics").text


def test_cut_connections_do_not_reach_readers(agent: Client, world: World) -> None:
    """When the server drops every connection, the next reads are answered over new ones."""
    assert agent.get("/v1/threads").status_code == 200
    world.db.execute("set role none")
    with world.database.connect("admin") as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'parley_api' and datname = %s",
            [world.database.name],
        )
    codes = [agent.get("/v1/threads").status_code for _ in range(6)]
    assert codes[-1] == 200 and set(codes) <= {200, 503}


def test_answers_carry_safe_headers_and_cors_only_for_our_origins(client: Callable[..., Client]) -> None:
    """No sniffing, no framing, no caching; only a configured origin may read answers from a browser."""
    http = client().http
    answer = http.get("/health", headers={"origin": "https://app.acme.test", "x-request-id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.headers["access-control-allow-origin"] == "https://app.acme.test"
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in http.get("/health", headers={"origin": "https://evil.test"}).headers
    assert http.get("/health", headers={"x-request-id": "bad id"}).headers["x-request-id"] != "bad id"
