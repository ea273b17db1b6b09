"""What is true of every answer on the wire: security headers, request id, HEAD, entity tags, compression."""

import hashlib
import zlib
from typing import Any

from litestar.types import Message, Send

Headers = list[tuple[bytes, bytes]]
SECURITY: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
DEFAULTS: Headers = [
    (b"cache-control", b"no-store"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""Set where the handler said nothing else."""
GZIP_FROM_BYTES = 4096
"""A shorter answer fits into a few packets anyway."""
TEXTS = (b"application/json", b"text/", b"application/problem+json")
TAG_CHARS = 24


class Answer:
    """The `send` a request is served with. The head of an answer waits for its body, which decides on 304 and gzip."""

    __slots__ = ("_accepts", "_extra", "_head", "_is_head", "_known", "_send", "status")

    def __init__(self, send: Send, asked: dict[bytes, bytes], method: str, extra: Headers) -> None:
        """`asked`: the request's headers that matter here; `extra`: headers that every answer to it carries."""
        self._send = send
        self._is_head = method == "HEAD"
        self._known = asked.get(b"if-none-match") if method in ("GET", "HEAD") else None
        self._accepts = asked.get(b"accept-encoding", b"")
        self._extra = extra
        self._head: Any = None
        self.status = 500

    async def __call__(self, message: Message) -> None:
        """Send one message of the application (ASGI)."""
        if message["type"] == "http.response.start":
            self._head = message
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._head is not None:
            head, self._head = self._head, None
            self.status, headers = head["status"], self._headers(head)
            if not more:
                body = self._fit(headers, body)
            head |= {"status": self.status, "headers": list(headers.items()) + self._extra}
            await self._send(head)
        await self._send({"type": "http.response.body", "body": b"" if self._is_head else body, "more_body": more})

    def _headers(self, head: Any) -> dict[bytes, bytes]:
        headers = dict(head["headers"])
        for name, value in DEFAULTS:
            headers.setdefault(name, value)
        allow = headers.get(b"allow")
        if allow and b"GET" in allow and b"HEAD" not in allow:
            headers[b"allow"] = allow.replace(b"GET", b"GET, HEAD")
        return headers

    def _fit(self, headers: dict[bytes, bytes], body: bytes) -> bytes:
        """The body as this client wants it: not at all when he has it, compressed when that is worth while."""
        kind = headers.get(b"content-type", b"")
        if self.status == 200 and (kind.startswith(TEXTS) or b"etag" in headers):
            tag = headers.setdefault(b"etag", etag(body))
            if self._known is not None and matches(self._known, tag):
                self.status = 304
                headers.pop(b"content-type", None)
                headers.pop(b"content-length", None)
                return b""
        if len(body) >= GZIP_FROM_BYTES and kind.startswith(TEXTS):
            headers[b"vary"] = b"accept-encoding"
            if takes_gzip(self._accepts):
                body = gzipped(body)
                headers[b"content-encoding"] = b"gzip"
                headers[b"content-length"] = str(len(body)).encode()
        return body


def etag(body: bytes) -> bytes:
    """A weak entity tag: equal for equal bodies, however they are compressed."""
    # SHA-256 is the quickest of the good ones: processors compute it themselves.
    return b'W/"' + hashlib.sha256(body).hexdigest()[:TAG_CHARS].encode() + b'"'


def matches(known: bytes, tag: bytes) -> bool:
    """Whether If-None-Match names a tag. The weak comparison of RFC 9110."""
    tags = {part.strip().removeprefix(b"W/") for part in known.split(b",")}
    return b"*" in tags or tag.removeprefix(b"W/") in tags


def takes_gzip(accepts: bytes) -> bool:
    """Whether Accept-Encoding names gzip, and not with a weight of nought."""
    for part in accepts.lower().split(b","):
        coding, _, weight = part.partition(b";")
        if coding.strip() in (b"gzip", b"*"):
            return weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def gzipped(body: bytes) -> bytes:
    """The body as gzip, at the level that costs least."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()
