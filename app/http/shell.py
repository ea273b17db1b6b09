"""The outermost layer: request id, who may call from a browser, counters, one log line per request."""

import logging
import re
import time
import uuid
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram

from app.http.answer import SECURITY, Answer
from app.http.cors import Cors
from app.http.deps import CALLER_KEY
from app.log import context

log = logging.getLogger("parley.api")
_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")
READ = {b"x-request-id", b"origin", b"if-none-match", b"accept-encoding", b"access-control-request-method"}
"""Request headers that this layer looks at."""
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"}
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Meters:
    """Counters and latencies of this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "parley_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._latency = Histogram(
            "parley_http_request_seconds", "Seconds from first byte in to last byte out.", ["method", "route"],
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._known: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request."""
        key = (method, route, status)
        if key not in self._known:
            self._known[key] = (self._requests.labels(method, route, status), self._latency.labels(method, route))
        counter, histogram = self._known[key]
        counter.inc()
        histogram.observe(seconds)


class Shell:
    """Wraps the application: everything that is true of every answer."""

    def __init__(self, app: ASGIApp, meters: Meters, cors: Cors) -> None:
        self._app = app
        self._meters = meters
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        asked = {name: value for name, value in scope["headers"] if name in READ}
        request_id = asked.get(b"x-request-id", b"")
        if not _REQUEST_ID.match(request_id):
            request_id = uuid.uuid4().hex.encode()
        extra = [*SECURITY, (b"x-request-id", request_id)]
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in asked:
            await _no_content(send, extra + self._cors.preflight(asked.get(b"origin")))
            self._meters.count("OPTIONS", "preflight", 204, time.perf_counter() - started)
            return
        answer = Answer(send, asked, scope["method"], extra + self._cors.answer(asked.get(b"origin")))
        # HEAD is GET without the body; the handlers need not know.
        inner: Any = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        with context(request_id=request_id.decode()):
            try:
                await self._app(inner, receive, answer)
            finally:
                self._finish(inner, scope["method"], answer.status, time.perf_counter() - started)

    def _finish(self, scope: Any, method: str, status: int, seconds: float) -> None:
        method = method if method in METHODS else "other"
        route = scope.get("path_template") if status not in (404, 405) or scope.get("path_params") else None
        self._meters.count(method, route or "other", status, seconds)
        level = logging.INFO if method not in ("GET", "HEAD") or status >= 400 else logging.DEBUG
        if log.isEnabledFor(level):
            caller = scope.get(CALLER_KEY)
            # An API key's tenant is known only once the database has checked the key.
            tenant = {"tenant_id": str(caller.tenant_id)} if caller and caller.tenant_id else {}
            log.log(
                level, "%s %s %s", method, route or scope["path"], status,
                extra={"ms": round(seconds * 1000, 2), "status": status, **tenant},
            )  # fmt: skip


async def _no_content(send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
