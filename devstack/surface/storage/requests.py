"""A request as the handlers read it, and what they answer with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from devstack.surface.asgi import Headers, Receive, Scope, header
from devstack.surface.identity import Caller
from devstack.surface.storage import errors

JSON_BYTES = 1024 * 1024
DRAIN_BYTES = 64 * 1024 * 1024
"""How much of a refused upload is still read, so that its client gets to see why."""


class Gone(Exception):
    """The client hung up before its request was whole."""


@dataclass
class Answer:
    """A JSON answer."""

    value: Any
    status: int = 200
    headers: Headers = field(default_factory=list)


@dataclass
class Request:
    """One request below `/storage/v1`. `rest` is what follows the route: bucket first, then the parts of the name."""

    scope: Scope
    receive: Receive
    caller: Caller
    is_known: bool
    """Whether a key or token came with it at all."""
    operation: str = ""
    rest: tuple[str, ...] = ()
    is_read: bool = False
    body: dict[str, Any] = field(default_factory=dict)
    """The JSON body, once `json` has read it."""
    named: list[tuple[str, str]] = field(default_factory=list)
    """Bucket and name of the objects a body names, where the path names none."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Those of them the caller did not get."""

    @property
    def method(self) -> str:
        """GET, POST, …"""
        return str(self.scope["method"])

    @property
    def bucket(self) -> str:
        """The bucket the path names."""
        return self.rest[0]

    @property
    def name(self) -> str:
        """The object the path names."""
        return "/".join(self.rest[1:])

    def header(self, name: bytes) -> str | None:
        """A header's first value."""
        return header(self.scope, name)

    def query(self, name: str) -> str | None:
        """A query parameter, None when it is not there."""
        found = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True).get(name)
        return found[0] if found else None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, as it comes in. Raises Gone."""
        while not self.is_read:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                self.is_read = True
                raise Gone
            self.is_read = not message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    async def drain(self) -> None:
        """Read what is left of the body, and forget it."""
        left = DRAIN_BYTES
        try:
            async for chunk in self.chunks():
                left -= len(chunk)
                if left < 0:
                    return
        except Gone:
            return

    async def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body counts as an empty one. Raises StorageError."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) > JSON_BYTES:
                raise errors.too_large("body")
        try:
            value = msgspec.json.decode(bytes(body) or b"{}")
        except (msgspec.DecodeError, RecursionError) as error:
            raise errors.invalid_request("body is not valid JSON") from error
        if not isinstance(value, dict):
            raise errors.invalid_request("body must be object")
        self.body = value
        return value


def parts_of(raw_path: bytes) -> tuple[str, ...]:
    """The parts of a path, each decoded by itself: an encoded slash parts nothing. Raises StorageError."""
    try:
        return tuple(unquote(part, errors="strict") for part in raw_path.decode("ascii").lstrip("/").split("/"))
    except UnicodeDecodeError as error:
        raise errors.invalid_key(raw_path.decode("latin-1")) from error


def text(body: dict[str, Any], name: str) -> str:
    """A member that must be a string. Raises StorageError."""
    value = body.get(name)
    if not isinstance(value, str):
        raise errors.invalid_request(f"body must have required property '{name}'" if value is None
                                     else f"body/{name} must be string")  # fmt: skip
    if "\0" in value:
        raise errors.invalid_request(f"body/{name} must not contain a zero byte")
    return value


def whole(body: dict[str, Any], name: str, default: int | None = None, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """A member that must be a whole number (or its digits). Raises StorageError."""
    value = body.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, str) and value.strip().lstrip("-").isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise errors.invalid_request(f"body must have required property '{name}'" if value is None
                                     else f"body/{name} must be integer")  # fmt: skip
    if value < least:
        raise errors.invalid_request(f"body/{name} must be >= {least}")
    return min(value, most)
