"""Calling a provider's HTTP API. What matters is the difference between no, not reached, and nobody knows.

A request that never reached the provider can be repeated; one that may have reached it and was not answered clearly is
unknown. The base URL is the operator's choice alone, because a tenant's could point anywhere.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from app.channels import outside

ANSWER_MOST = 64 * 1024
AUTH_PAUSE_S = 300.0
"""How long an account whose credentials are refused waits before it tries again."""
BYTES_PER_S = 100_000
"""The slowest connection that large bodies are waited for."""
_NOT_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL,
    httpx.ProxyError,
)  # fmt: skip


class NotReachedError(Exception):
    """Not a byte of the request left: nothing happened."""


class NoAnswerError(Exception):
    """The request began and its answer is missing: nobody knows what happened."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, whatever its status; header names in lower case, the body cut where the caller's patience ends."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, whatever it holds."""
        return self.body.decode("utf-8", "replace")

    @property
    def document(self) -> Any:
        """The body's JSON, None when it is none."""
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(self.body)
        return None

    @property
    def retry_after_s(self) -> float | None:
        """What waiting the provider asks for, in seconds."""
        return retry_after(self.headers)


class HttpApi:
    """One provider's API over one client. Times in seconds."""

    def __init__(
        self, base_url: str, *, connect_s: float = 10.0, answer_s: float = 30.0, connections: int = 32,
        http2: bool = False,
    ) -> None:  # fmt: skip
        """`http2`: the provider speaks nothing else."""
        self.base = base_url.rstrip("/")
        self._connect_s, self._answer_s, self._connections = connect_s, answer_s, connections
        self._http2 = http2
        self._client: httpx.AsyncClient | None = None

    async def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, most: int = ANSWER_MOST,
        wait_s: float = 0.0, auth: tuple[str, str] | None = None, **body: Any,
    ) -> Answer:  # fmt: skip
        """One request; redirects are not followed. `path` may be a whole URL, `body` is httpx's `json`, `content`,
        `data`, `files` or `params`; at most `most` bytes of the answer are read. `wait_s` is added to the time it may
        take: long polls, downloads.

        Raises NotReachedError or NoAnswerError; outside.Refused for a whole URL that leads to an address inside, unless
        it is the API's own host.
        """
        client = self._client or self._open()
        url = path if path.startswith(("http://", "https://")) else self.base + path
        wait_s += self._answer_s + sum(len(part[1]) for part in (body.get("files") or {}).values()) / BYTES_PER_S
        timeout = httpx.Timeout(wait_s, connect=self._connect_s, pool=self._connect_s)
        data = bytearray()
        try:
            async with (
                asyncio.timeout(self._connect_s + wait_s),
                client.stream(
                    method, url, headers=headers, auth=httpx.USE_CLIENT_DEFAULT if auth is None else auth,
                    timeout=timeout, **body,
                ) as response,
            ):  # fmt: skip
                async for chunk in response.aiter_bytes():
                    data += chunk
                    if len(data) >= most:
                        break
        except _NOT_SENT as error:
            raise NotReachedError(told(error)) from error
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise NoAnswerError(told(error)) from error
        plain = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=plain, body=bytes(data[:most]))

    async def close(self) -> None:
        """Close idle connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _open(self) -> httpx.AsyncClient:
        # An idle connection is given up before the provider does: a request on a dying one would end as unknown. In
        # HTTP/2 the provider says what it did not read any more, and takes it amiss when connections come and go.
        limits = httpx.Limits(
            max_connections=self._connections, max_keepalive_connections=self._connections,
            keepalive_expiry=60.0 if self._http2 else 4.0,
        )  # fmt: skip
        ours = frozenset({urlsplit(self.base).hostname or ""})
        way = outside.transport(ours, limits, http2=self._http2)
        self._client = httpx.AsyncClient(transport=way, follow_redirects=False, trust_env=False)
        return self._client


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: Retry-After in either form, else the reset of the rate limit. None when nothing is said."""
    written = headers.get("retry-after") or headers.get("ratelimit-reset") or headers.get("x-ratelimit-reset")
    if written is None:
        return None
    with contextlib.suppress(ValueError):
        seconds = float(written)
        return min(seconds, 86_400.0) if 0 <= seconds < 1e9 else None
    with contextlib.suppress(ValueError, TypeError):
        return min(max(0.0, (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds()), 86_400.0)
    return None


def member(document: Any, *path: str | int) -> Any:
    """What stands at a path of a JSON document, None when the document has another shape."""
    for step in path:
        if isinstance(step, str) and isinstance(document, dict):
            document = document.get(step)
        elif isinstance(step, int) and isinstance(document, list) and len(document) > step:
            document = document[step]
        else:
            return None
    return document


def text_of(value: Any) -> str:
    """A member that should be text, on one line; empty when it is none."""
    return " ".join(value.split())[:1000] if isinstance(value, str) else ""


def told(error: Exception) -> str:
    """An error on one line, without what it was called with."""
    return f"{type(error).__name__}: {error}"[:500]


def host_and_path(url: str) -> tuple[str, str]:
    """Of an address somebody typed. What cannot be one has neither, and is called so."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none", ""
    return parts.hostname or "", parts.path
