"""The words of ASGI that the surface speaks."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

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
