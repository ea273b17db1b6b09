"""A request as the handlers see it, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote

import msgspec

from devstack.surface.asgi import Receive, Scope, header
from devstack.surface.auth.problems import Problem, bad_json

MAX_BODY = 1_000_000
T = TypeVar("T")


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What every JSON body may be: members we do not know are ignored, and null stands for absent."""


@dataclass(frozen=True)
class Request:
    """One request, its body read."""

    method: str
    path: str
    scope: Scope
    query: Mapping[str, str]
    body: bytes
    address: str
    """Who asks, for the limits."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """What the placeholders of its route stand for."""

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return header(self.scope, name.lower().encode())

    def read(self, kind: type[T]) -> T:
        """The JSON body. Raises Problem."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise bad_json(str(error)) from error


@dataclass(frozen=True)
class Answer:
    """A response: `body` as JSON, or nothing at all."""

    body: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def redirect(url: str) -> Answer:
    """303 to `url`; what of it no header can carry is percent-encoded."""
    return Answer(None, 303, (("location", quote(url, safe="%/:?#[]@!$&'()*+,;=~")),))


async def receive_request(scope: Scope, receive: Receive) -> Request:
    """Read all of a request. Raises Problem when its body is too large."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise Problem(413, "validation_failed", "Request body is too large")
        chunks.append(chunk)
        more = bool(message.get("more_body")) and message["type"] == "http.request"
    query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True))
    client = scope.get("client") or ("", 0)
    path = scope["path"].rstrip("/") or "/"
    return Request(scope["method"], path, scope, query, b"".join(chunks), str(client[0]))
