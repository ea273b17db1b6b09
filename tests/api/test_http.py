"""The protocol's basics: methods, preflights, media types, sizes, tags, compression, request ids, logs."""

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from app import log as logs
from tests.api.kit import SECRET, Client, World, serving

Make = Callable[..., Client]
PAGE = "https://app.acme.test"
BODY = {"body": "Hello"}


def test_head_is_get_without_a_body(agent: Client, client: Make) -> None:
    """Status and headers as of GET, whoever asks and wherever."""
    for who, path, status in (
        (agent, "/v1/threads", 200), (client(), "/health", 200), (client(), "/openapi.json", 200),
        (client(), "/v1/threads", 401), (agent, "/nowhere", 404), (agent, "/v1/tenants", 405),
    ):  # fmt: skip
        same = {"x-request-id": "one"}
        head, get = who.http.head(path, headers=same), who.http.get(path, headers=same)
        assert (head.status_code, head.content) == (status, b""), path
        told = [dict(answer.headers) for answer in (head, get)]
        [headers.pop("date") for headers in told]
        assert told[0] == told[1], path


def test_options_and_405_name_what_is_allowed(agent: Client, client: Make) -> None:
    """Allow lists the methods of the address; OPTIONS needs no token."""
    asked = client().http.options("/v1/threads")
    assert asked.status_code == 204
    assert set(asked.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    refused = agent("PUT", "/v1/contacts", {})
    assert refused.status_code == 405 and refused.json()["code"] == "method_not_allowed"
    assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert agent("PROPFIND", "/v1/contacts").status_code == 405


def preflight(http: httpx.Client, origin: str, method: str = "POST") -> httpx.Response:
    """What a browser asks before a request from a page."""
    asked = {"origin": origin, "access-control-request-method": method,
             "access-control-request-headers": "authorization,content-type,if-none-match"}  # fmt: skip
    return http.options("/v1/threads", headers=asked)


def test_pages_of_our_origins_may_call(client: Make) -> None:
    """A preflight from a configured origin is granted, from any other it is not; caches keep the two apart."""
    http = client().http
    granted = preflight(http, PAGE)
    assert granted.status_code == 204 and granted.headers["access-control-allow-origin"] == PAGE
    assert "PATCH" in granted.headers["access-control-allow-methods"]
    assert {"authorization", "x-api-key", "if-none-match", "content-type"} <= set(
        granted.headers["access-control-allow-headers"].split(", ")
    )
    refused = preflight(http, "https://evil.test")
    assert not [name for name in refused.headers if name.startswith("access-control-")]
    answers = [http.get("/v1/threads", headers={"origin": origin}) for origin in (PAGE, "https://evil.test")]
    assert [answer.headers.get("access-control-allow-origin") for answer in answers] == [PAGE, None]
    assert all("origin" in answer.headers["vary"] for answer in answers)
    exposed = answers[0].headers["access-control-expose-headers"]
    assert {"x-request-id", "retry-after", "etag"} <= set(exposed.split(", "))
    assert "access-control-allow-credentials" not in answers[0].headers


def test_any_origin_and_none(world: World) -> None:
    """`*` grants every page; without origins no page is granted anything."""
    for origins, granted in (("*", "*"), ("", None)):
        with serving(world.database.settings(supabase_jwt_secret=SECRET, cors_origins=origins)) as url:
            http = Client(url).http
            for answer in (preflight(http, "https://any.test"), http.get("/health", headers={"origin": PAGE})):
                assert answer.headers.get("access-control-allow-origin") == granted


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 404), ({"content-type": "application/json; charset=utf-8"}, 404), ({}, 404),
        ({"content-type": "application/x-www-form-urlencoded"}, 415), ({"content-type": "text/plain"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
    ],
    ids=str,
)  # fmt: skip
def test_a_body_is_json(agent: Client, headers: dict[str, str], status: int) -> None:
    """Anything else is 415 and says what to send; nothing said counts as JSON."""
    path = "/v1/threads/0197a000-0000-7000-8000-0000000000ff/messages"
    answer = agent.http.post(path, content=json.dumps(BODY), headers=headers)
    assert answer.status_code == status, answer.text
    if status == 415:
        assert answer.json()["code"] == "unsupported_media_type" and answer.headers["accept"] == "application/json"


def test_who_asks_comes_before_what_is_asked(client: Make) -> None:
    """A stranger learns only that he must sign in, whatever is wrong with his request."""
    http = client().http
    path = "/v1/threads/0197a000-0000-7000-8000-0000000000ff/messages"
    for options in (
        {"content": "{", "headers": {"content-type": "application/json"}}, {"content": "x", "params": {"x": "1"}},
        {"content": b"x" * (2 << 20)}, {"content": "<a/>", "headers": {"content-type": "text/xml"}},
    ):  # fmt: skip
        assert http.post(path, **options).status_code == 401


def test_a_large_body_is_refused_whether_announced_or_not(agent: Client) -> None:
    """413 for a length in the header and for a stream without one."""

    def stream() -> Iterator[bytes]:
        yield b'{"company": "'
        for _ in range(40):
            yield b"x" * 65_536

    for content in (b"x" * (1 << 21), stream()):
        answer = agent.http.post("/v1/contacts", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_what_a_client_has_is_not_sent_again(agent: Client, world: World) -> None:
    """If-None-Match answers 304 until something changed, and says nothing to who may not read."""
    _, thread = world.mail(world.acme, "tags@example.com")
    path = f"/v1/threads/{thread}/messages"
    first = agent.get(path)
    known = {"if-none-match": f'"other", {first.headers["etag"]}'}
    again = agent.http.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"] and "content-type" not in again.headers
    world.mail(world.acme, "tags@example.com", "more")
    assert agent.http.get(path, headers=known).status_code == 200
    assert agent.http.get(path, headers={"if-none-match": "*", "authorization": "Bearer x"}).status_code == 401
    document = agent.get("/openapi.json")
    assert document.headers["cache-control"] == "no-cache"
    assert agent.http.get("/openapi.json", headers={"if-none-match": document.headers["etag"]}).status_code == 304


def test_long_answers_are_compressed_for_those_who_ask(client: Make, world: World) -> None:
    """gzip from a few KiB on, never against a client's word, and the same tag either way."""
    _, thread = world.mail(world.acme, "long@example.com", "word " * 4000)
    agent = client(world.acme.token("agent"))
    path = f"/v1/threads/{thread}/messages"
    plain = agent.http.get(path, headers={"accept-encoding": "identity"})
    packed = agent.http.get(path, headers={"accept-encoding": "br, gzip;q=0.5"})
    refused = agent.http.get(path, headers={"accept-encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip" and packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content) / 5
    assert "content-encoding" not in plain.headers and "content-encoding" not in refused.headers
    assert plain.headers["etag"] == packed.headers["etag"]
    assert all("accept-encoding" in answer.headers["vary"] for answer in (plain, packed, refused))
    short = agent.http.get("/v1/me", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in short.headers


def test_the_request_id_is_in_answer_problem_and_log(agent: Client, world: World) -> None:
    """One name for a request everywhere; a client's own is kept where it is harmless."""
    with logged() as lines:
        refused = agent("POST", "/v1/contacts", {"company": 5}, headers={"x-request-id": "checkout-42"})
        unknown = agent.get("/v1/threads/0197a000-0000-7000-8000-0000000000ff")
    assert refused.headers["x-request-id"] == refused.json()["request_id"] == "checkout-42"
    assert unknown.headers["x-request-id"] == unknown.json()["request_id"] and len(unknown.json()["request_id"]) == 32
    assert [line["request_id"] for line in lines()] == ["checkout-42", unknown.json()["request_id"]]


def test_logs_name_tenant_thread_and_message(client: Make, owner_client: Client, world: World) -> None:
    """A JSON line per change, with the ids it was about: of a token's tenant, of a key's, and of what was made."""
    message, thread = world.mail(world.acme, "logs@example.com")
    key = client(owner_client.post("/v1/api-keys", {"name": "logs", "scopes": ["read", "send"]}).json()["key"])
    agent = client(world.acme.token("agent"))
    with logged() as lines:
        sent = key.post(f"/v1/threads/{thread}/messages", BODY).json()["message_id"]
        agent.post(f"/v1/messages/{message}/retry")
    first, second = lines()
    tenant = str(world.acme.id)
    assert (first["tenant_id"], first["thread_id"], first["message_id"]) == (tenant, str(thread), sent)
    assert (second["tenant_id"], second["message_id"], second["status"]) == (tenant, str(message), 409)
    assert first["event"] == "POST /v1/threads/{thread_id}/messages 201" and first["ms"] > 0


@contextmanager
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the API logs of two requests, as the JSON a collector reads. A line is written once its answer has left."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter([]))
    log = logging.getLogger("parley.api")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
        deadline = time.monotonic() + 60
        while stream.getvalue().count("\n") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def test_metrics_are_for_this_machine_alone(client: Make) -> None:
    """A request that a proxy passes on comes from elsewhere, whatever address it has here."""
    http = client().http
    assert http.get("/metrics").status_code == 200
    for header in ("x-forwarded-for", "forwarded", "x-real-ip"):
        assert http.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404
