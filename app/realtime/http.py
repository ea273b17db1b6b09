"""Broadcasts over HTTP, for servers and for clients that have not joined; and how the gateway is."""

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from app.domain.realtime import Voice
from app.realtime import frames, signs
from app.realtime.claims import Claims, Refused
from app.realtime.gateway import Gateway
from app.scrapers import may_scrape

log = logging.getLogger("parley.realtime")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ONE = re.compile(r"/api/broadcast/([^/]+)/events/([^/]+)")
BODY_BYTES = 3_000_000
BATCH = 100
CORS = [
    (b"access-control-allow-origin", b"*"), (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, apikey, content-type, x-client-info, x-api-key"),
    (b"access-control-max-age", b"86400"),
]  # fmt: skip


class Entry(msgspec.Struct, frozen=True):
    """One message of the batch endpoint."""

    topic: str
    event: str
    payload: msgspec.Raw = frames.EMPTY
    private: bool = False


class Batch(msgspec.Struct, frozen=True):
    """The body of the batch endpoint."""

    messages: list[Entry]


async def answer(
    gateway: Gateway, scope: Scope, path: str, receive: Receive, send: Send, *, cors: bool
) -> None:  # fmt: skip
    """Answer one request."""
    status, body, kind = 200, b"", b"application/json"
    try:
        if scope["method"] == "OPTIONS":
            status = 204
        elif path in ("", "/", "/health", "/api/ping"):
            body = msgspec.json.encode(_state(gateway))
        elif path == "/metrics" and _is_local(scope):
            body, kind = gateway.meters.text(), b"text/plain; version=0.0.4; charset=utf-8"
        elif not path.startswith("/api/broadcast"):
            raise Refused("NotFound", "There is nothing at this path", 404)
        elif scope["method"] != "POST":
            raise Refused("MethodNotAllowed", "Broadcasts are sent by POST", 405)
        else:
            await _broadcast(gateway, scope, path, await _body(receive))
            status = 202
    except Refused as refused:
        status, body = refused.status, msgspec.json.encode({"message": str(refused), "error": str(refused)})
    headers = [(b"content-length", str(len(body)).encode()), *(CORS if cors else [])]
    if body:
        headers.append((b"content-type", kind))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def header(scope: Scope, name: bytes) -> str:
    """A header, or the empty string."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _is_local(scope: Scope) -> bool:
    address = (scope.get("client") or ("",))[0]
    return may_scrape(address, {key.decode("latin-1") for key, _ in scope["headers"]})


async def _broadcast(gateway: Gateway, scope: Scope, path: str, body: bytes) -> None:
    claims = await gateway.gatekeeper.claims(_token(scope))
    entries = _batch(body) if path.rstrip("/") == "/api/broadcast" else [_single(scope, body)]
    for _, _, sent in entries:
        if len(sent.data) > gateway.limits.payload_bytes:
            raise Refused("PayloadTooLarge", f"a payload has at most {gateway.limits.payload_bytes} bytes", 422)
    for private, _, _ in entries:
        gateway.refuse_public(private)
    if not gateway.http_messages.take(len(entries)):
        raise Refused("TooManyRequests", "Too many messages per second", 429)
    allowed = await _allowed(gateway, claims, {topic for private, topic, _ in entries if private})
    if path.rstrip("/") != "/api/broadcast" and entries[0][0] and not allowed:
        raise Refused("Unauthorized", "You do not have permissions to write to this topic", 403)
    refused = None
    for private, topic, sent in entries:
        voice = allowed.get(topic) if private else "anything"
        sign = signs.broadcast(sent, claims.sub) if voice == "signs" else sent
        if sign is None:
            refused = topic
        elif voice is not None:
            gateway.rooms.publish(private, topic, sign)
    if refused is not None:
        log.info("what is no sign was not passed on", extra={"topic": refused, "extension": "broadcast"})
        if path.rstrip("/") != "/api/broadcast":
            raise Refused("Unauthorized", signs.WHY, 403)


def _token(scope: Scope) -> str:
    scheme, _, bearer = header(scope, b"authorization").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else ""
    token = token or header(scope, b"apikey") or header(scope, b"x-api-key")
    if not token:
        raise Refused("Unauthorized", "Send a token as `Authorization: Bearer …`, or the project's key as `apikey`")
    return token


def _batch(body: bytes) -> list[tuple[bool, str, frames.Broadcast]]:
    try:
        messages = msgspec.json.decode(body, type=Batch).messages
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refused("BadInput", f"the body is no batch of messages: {error}", 422) from error
    if len(messages) > BATCH:
        raise Refused("BadInput", f"a batch has at most {BATCH} messages", 422)
    return [(one.private, *_checked(one.topic, one.event, bytes(one.payload), is_json=True)) for one in messages]


def _single(scope: Scope, body: bytes) -> tuple[bool, str, frames.Broadcast]:
    # The raw path: a topic may hold an escaped slash.
    raw = scope.get("raw_path") or scope["path"].encode()
    match = ONE.search(raw.decode("latin-1").partition("?")[0])
    if match is None:
        raise Refused("NotFound", "There is nothing at this path", 404)
    kind = header(scope, b"content-type").partition(";")[0].strip().lower()
    if kind not in ("application/json", "application/octet-stream", ""):
        raise Refused("UnsupportedMediaType", "send application/json or application/octet-stream", 415)
    is_json = kind != "application/octet-stream"
    private = parse_qs(scope["query_string"].decode("latin-1")).get("private", [""])[0] == "true"
    return (private, *_checked(unquote(match[1]), unquote(match[2]), body or b"{}", is_json=is_json))


def _checked(topic: str, event: str, data: bytes, *, is_json: bool) -> tuple[str, frames.Broadcast]:
    if not topic or not event or "\x00" in topic:
        raise Refused("BadInput", "topic and event are needed", 422)
    if max(len((frames.PREFIX + topic).encode()), len(event.encode())) > frames.MAX_NAME_BYTES:
        raise Refused("BadInput", "topic or event is too long", 422)
    if is_json:
        try:
            frames.check_json(data)
        except frames.BadFrame as error:
            raise Refused("BadInput", "the payload is no JSON", 422) from error
    return topic, frames.Broadcast(event, data, is_json)


async def _allowed(gateway: Gateway, claims: Claims, topics: set[str]) -> dict[str, Voice]:
    """Of these private topics, the ones that may be written to, and what."""
    allowed: dict[str, Voice] = {}
    for topic in topics:
        if (voice := await gateway.authority.may_write(claims, topic, "broadcast")) is not None:
            allowed[topic] = voice
        else:
            await gateway.authority.denied(claims, topic, "write broadcast")
    return allowed


async def _body(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        event = await receive()
        part = event.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > BODY_BYTES:
            raise Refused("PayloadTooLarge", f"a body has at most {BODY_BYTES} bytes", 422)
        if not event.get("more_body"):
            return b"".join(parts)


def _state(gateway: Gateway) -> dict[str, Any]:
    return {
        "status": "ok", "source": gateway.feed.mode, "connections": len(gateway.sockets),
        "topics": gateway.rooms.count(), "rows": gateway.feed.delivered, "deliveries": gateway.rooms.delivered,
    }  # fmt: skip
