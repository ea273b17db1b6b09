"""The outermost layer: request id, security headers, counters, one log line per request."""

import logging
import re
import time
import uuid
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram

from app.http.deps import CALLER_KEY
from app.log import context

log = logging.getLogger("parley.api")
_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
DEFAULTS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
"""Set where the handler said nothing else."""
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

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = next((v for k, v in scope["headers"] if k == b"x-request-id" and _REQUEST_ID.match(v)), None)
        request_id = request_id or uuid.uuid4().hex.encode()
        status = 500

        async def send_out(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                names = {name for name, _ in headers}
                headers += HEADERS
                headers += [pair for pair in DEFAULTS if pair[0] not in names]
                headers.append((b"x-request-id", request_id))
                message["headers"] = headers
            await send(message)

        with context(request_id=request_id.decode()):
            try:
                await self._app(scope, receive, send_out)
            finally:
                self._finish(scope, status, time.perf_counter() - started)

    def _finish(self, scope: Any, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = scope.get("path_template") if status not in (404, 405) or scope.get("path_params") else None
        self._meters.count(method, route or "other", status, seconds)
        level = logging.INFO if method != "GET" or status >= 400 else logging.DEBUG
        if log.isEnabledFor(level):
            caller = scope.get(CALLER_KEY)
            ids = {name: str(value) for name, value in (scope.get("path_params") or {}).items() if name.endswith("_id")}
            log.log(
                level, "%s %s %s", method, route or scope["path"], status,
                extra={
                    "ms": round(seconds * 1000, 2), "status": status,
                    "tenant_id": str(caller.tenant_id) if caller and caller.tenant_id else None, **ids,
                },
            )  # fmt: skip


METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"}
