"""The words of ASGI that the surface speaks."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers = list[tuple[bytes, bytes]]


def header(scope: Scope, name: bytes) -> str | None:
    """The first header called `name` (lower case), or None."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return None


def with_key(scope: Scope) -> Scope:
    """`scope` with the API key of its query (`?apikey=…`) where a header would have it, as the gateway hands it on."""
    if scope["type"] != "http" or b"apikey=" not in scope.get("query_string", b""):
        return scope
    parts = scope["query_string"].split(b"&")
    keys = [part for part in parts if part.startswith(b"apikey=")]
    if not keys:
        return scope
    given = (b"apikey", unquote_to_bytes(keys[0].removeprefix(b"apikey=")))
    headers = [*scope["headers"], *([given] if header(scope, b"apikey") is None else [])]
    return {**scope, "headers": headers, "query_string": b"&".join(part for part in parts if part not in keys)}


def within(scope: Scope, prefix: str) -> Scope:
    """`scope` as an application mounted at `prefix` sees it: `root_path` grows, `path` is what follows."""
    path = scope["path"][len(prefix) :] or "/"
    raw = scope.get("raw_path") or scope["path"].encode()
    return {**scope, "root_path": scope.get("root_path", "") + prefix, "path": path,
            "raw_path": raw[len(prefix.encode()) :] or b"/"}  # fmt: skip


async def respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a whole response."""
    await send({
        "type": "http.response.start", "status": status,
        "headers": [*headers, (b"content-length", str(len(body)).encode())],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": body})


async def respond_json(send: Send, status: int, value: object, headers: Headers | None = None) -> None:
    """Send `value` as JSON."""
    await respond(send, status, msgspec.json.encode(value), [(b"content-type", b"application/json"), *(headers or [])])


Part = Callable[[Receive, Send], Awaitable[None]]


async def serve(scope: Scope, receive: Receive, send: Send, *, live: Part, answer: ASGIApp) -> None:
    """What a room does with a scope: `live` is its lifespan, `answer` takes requests, WebSockets are turned away."""
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "http":
        await answer(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008})
