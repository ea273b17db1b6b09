"""`/functions/v1` of the surface: what goes in arrives at the function, what it answers comes out, byte for byte."""

import asyncio
import gzip
import hashlib
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from app.settings import Settings
from devstack.keys import ensure_keys
from devstack.surface.context import make_context
from devstack.surface.cors import Cors
from devstack.surface.functions import Relay
from devstack.surface.main import Surface
from tests.support.web import Web


class Functions:
    """Stands in for the Deno process: says what it was asked, streams, breaks off."""

    def __init__(self) -> None:
        self.ended = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        name = scope["path"].removeprefix("/functions/v1/").split("/")[0]
        if name == "stream":
            await self._stream(receive, send)
        elif name == "broken":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise RuntimeError("broken on purpose")
        elif name == "zipped":
            packed = gzip.compress(b"plain text")
            headers = [(b"content-encoding", b"gzip"), (b"access-control-allow-origin", b"https://one.example")]
            await send({"type": "http.response.start", "status": 201, "headers": headers})
            await send({"type": "http.response.body", "body": packed})
        else:
            said = "\n".join([scope["method"], scope["path"], scope["query_string"].decode(),
                              *(f"{name.decode()}: {value.decode()}" for name, value in scope["headers"]),
                              hashlib.sha256(body).hexdigest()])  # fmt: skip
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")],
                }
            )
            await send({"type": "http.response.body", "body": said.encode()})

    async def _stream(self, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        gone = asyncio.ensure_future(receive())
        for number in range(600):
            await send({"type": "http.response.body", "body": f"data: {number}\n\n".encode(), "more_body": True})
            await asyncio.wait({gone}, timeout=0.05)
            if gone.done():
                self.ended += 1
                return


@pytest.fixture(scope="module")
def functions() -> Functions:
    """The stand-in's application."""
    return Functions()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A stack's keys."""
    return ensure_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def url(functions: Functions, keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The surface, whose function `strict` wants a token and the others do not."""
    settings = Settings(database_url="postgresql://127.0.0.1:1/none", supabase_url="http://127.0.0.1:1")
    identity = make_context(settings, keys).identity
    verifies = dict.fromkeys(("echo", "stream", "broken", "zipped"), False)
    with Web(functions) as upstream:
        rooms = {
            "/functions/v1": Relay(upstream.url, identity, verifies),
            "/empty/v1": Relay(upstream.url, identity, verifies, tmp_path_factory.mktemp("functions")),
            "/nowhere/v1": Relay("http://127.0.0.1:1", identity, verifies),
        }
        with Web(Cors(Surface(rooms))) as surface:
            yield surface.url


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_request_arrives_as_it_was_sent(url: str, method: str) -> None:
    """Method, path with its escapes, query, headers, a binary body; and nothing the caller did not say."""
    body = bytes(range(256)) * 5000 if method in ("POST", "PUT", "PATCH") else b""
    with httpx.Client() as client:
        request = httpx.Request(method, f"{url}/functions/v1/echo/a%20b?x=1&y=%2F", content=body or None,
                                headers={"host": "project.example", "x-own": "yes"})  # fmt: skip
        answer = client.send(request)
    lines = answer.text.split("\n")
    assert lines[:3] == [method, "/functions/v1/echo/a b", "x=1&y=%2F"]
    assert lines[-1] == hashlib.sha256(body).hexdigest()
    headers = dict(line.split(": ", 1) for line in lines[3:-1])
    assert (headers["host"], headers["x-own"], headers["x-forwarded-host"]) == (
        "project.example",
        "yes",
        "project.example",
    )
    assert not {"accept-encoding", "user-agent", "accept"} & set(headers)
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert len(answer.headers.get_list("date")) == 1


def test_a_body_that_streams_in_is_not_kept_back(url: str) -> None:
    """Chunks of unknown number arrive whole."""
    chunks = [bytes([number]) * 10_000 for number in range(50)]
    answer = httpx.post(f"{url}/functions/v1/echo", content=iter(chunks))
    assert answer.text.endswith(hashlib.sha256(b"".join(chunks)).hexdigest())


def test_an_answer_streams_out_and_ends_with_its_reader(url: str, functions: Functions) -> None:
    """The first event is there long before the last; when the reader hangs up, so does the relay."""
    with httpx.stream("GET", f"{url}/functions/v1/stream") as answer:
        first = next(answer.iter_text())
        assert first.startswith("data: 0") and "data: 599" not in first
    deadline = time.monotonic() + 60
    while functions.ended == 0:
        assert time.monotonic() < deadline, "the function still writes to nobody"
        time.sleep(0.05)


def test_an_answer_is_neither_unpacked_nor_opened_to_other_origins(url: str) -> None:
    """Encoding and CORS are the function's own."""
    headers = {"origin": "https://two.example", "accept-encoding": "gzip"}
    with httpx.stream("GET", f"{url}/functions/v1/zipped", headers=headers) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.status_code == 201 and gzip.decompress(raw) == b"plain text"
    assert answer.headers.get_list("access-control-allow-origin") == ["https://one.example"]


def test_half_an_answer_does_not_look_whole(url: str) -> None:
    """A function that dies in mid-sentence cuts the connection."""
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/functions/v1/broken")


def test_a_function_that_wants_a_token_gets_no_other_request(url: str, keys: dict[str, str]) -> None:
    """401 without one, with a forged one and with an opaque key; the tokens of the project will do; preflights pass."""
    there = f"{url}/functions/v1/strict"
    bare = httpx.post(there)
    assert (bare.status_code, bare.json()["message"]) == (401, "Missing authorization header")
    forged = jwt.encode({"role": "service_role", "exp": 4_000_000_000}, "x" * 32, algorithm="HS256")
    assert httpx.post(there, headers={"apikey": keys["anon_key"]}).status_code == 401
    opaque = (f"Bearer {keys['publishable_key']}", f"Bearer {keys['secret_key']}")
    for value in (f"Bearer {forged}", "Bearer nonsense", "Basic YTpi", *opaque):
        refused = httpx.post(there, headers={"authorization": value})
        assert (refused.status_code, refused.json()["message"]) == (401, "Invalid JWT"), value
        assert refused.headers["access-control-allow-origin"] == "*"
    for name in ("anon_key", "service_key"):
        assert httpx.post(there, headers={"authorization": f"Bearer {keys[name]}"}).status_code == 200, name
    assert httpx.options(there).status_code == 200
    assert httpx.post(f"{url}/functions/v1/another").status_code == 401


@pytest.mark.parametrize("name", ["nothing", "..", "%00", "%2e%2e%2f", "a%2fb"])
def test_a_function_that_is_none_is_not_found_whoever_asks(url: str, name: str) -> None:
    """404 before anybody asks for a token, as on hosted."""
    request = httpx.Request("POST", f"{url}/empty/v1/{name}")
    with httpx.Client() as client:
        answer = client.send(request)
    assert answer.status_code == 404


def test_functions_that_do_not_answer_are_a_relay_error(url: str) -> None:
    """502 with the header by which supabase-js tells the way from the function."""
    answer = httpx.post(f"{url}/nowhere/v1/echo", content=b"x")
    assert (answer.status_code, answer.headers["x-relay-error"]) == (502, "true")
    assert "make setup" in answer.json()["message"]
