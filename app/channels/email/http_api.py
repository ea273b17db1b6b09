"""What e-mail providers with an HTTP API have in common: one client, bounded calls, and what an answer means.

A request that never reached the provider can be repeated; one that may have reached it and was not answered clearly is
`unknown`. Whether that leads to another try is the business of the delivery class.
"""

import asyncio
import contextlib
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from app.channels.email.compose import HeaderError, address_fields, extra_fields
from app.channels.email.outgoing import MissingFileError, to_mail
from app.domain.channels import BeforeSend, Dispatch, Health, Outcome
from app.domain.email import OutgoingMail

ANSWER_MOST = 64 * 1024
AUTH_PAUSE_S = 300.0
QUOTA_PAUSE_S = 3600.0
_NOT_REACHED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_SUPPRESSED = re.compile(r"(?i)\bsuppress(?:ed|ion list)\b")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP answer: status, what waiting it asks for, and its JSON (None when it is none)."""

    status: int
    retry_after_s: float | None
    document: Any
    text: str


class MailApi:
    """One provider's HTTP API. `base_url` is the operator's choice alone: a tenant's could point anywhere."""

    def __init__(self, provider: str, base_url: str, *, answer_s: float = 30.0, connections: int = 16) -> None:
        self.provider, self._answer_s, self._connections = provider, answer_s, connections
        self._base_url = base_url.rstrip("/")
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close idle connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def deliver(
        self, path: str, document: dict[str, Any], headers: dict[str, str], before_send: BeforeSend
    ) -> Answer | Outcome:
        """POST the call that delivers; the provider's answer, or the outcome when there is none."""
        await before_send()
        try:
            return await self._call("POST", path, headers, document)
        except _NOT_REACHED as error:
            return self.ended("retry", "connection", _told(error))
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            return self.ended("unknown", "no_answer", _told(error))

    async def look(self, path: str, headers: dict[str, str], *, restricted: tuple[int, ...] = ()) -> Health:
        """GET what needs nothing but a valid key; `restricted` answers come from a key that may do less, and works."""
        try:
            answer = await self._call("GET", path, headers)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            return Health(status="degraded", reason=_told(error))
        if answer.status < 300 or answer.status in restricted:
            return Health(status="connected")
        if answer.status in {401, 403}:
            return Health(status="disconnected", reason=f"the provider refuses the key: {answer.text[:200]}")
        return Health(status="degraded", reason=f"the provider answers {answer.status}: {answer.text[:200]}")

    def ended(self, kind: Any, code: str, text: str, after_s: float | None = None, *, gone: bool = False) -> Outcome:
        """An outcome of this provider."""
        return Outcome(
            kind=kind, provider=self.provider, error_code=code, error=text[:500], retry_after_s=after_s,
            suppress_recipient=gone,
        )  # fmt: skip

    def refused(self, answer: Answer, name: str, text: str) -> Outcome:
        """What an answer that is no success means, when the provider's own codes have not decided it."""
        said = f"{name}: {text}" if name else text or f"HTTP {answer.status}"
        status, after = answer.status, answer.retry_after_s
        if status == 429:
            return self.ended("retry", "429", said, after)
        if status in {401, 403}:
            # The key or the domain is to be mended; the mail is fine.
            return self.ended("retry", "auth", said, AUTH_PAUSE_S)
        if status == 408 or 300 <= status < 400:
            return self.ended("retry", str(status), said, after)
        if 400 <= status < 500:
            return self.ended("rejected", name or str(status), said, gone=bool(_SUPPRESSED.search(said)))
        return self.ended("unknown", str(status), said, after)

    async def _call(self, method: str, path: str, headers: dict[str, str], document: Any = None) -> Answer:
        client = self._client or self._open()
        content = None if document is None else json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        async with (
            asyncio.timeout(self._answer_s),
            client.stream(method, self._base_url + path, content=content, headers={**kind, **headers}) as response,
        ):
            data = b""
            async for piece in response.aiter_bytes():
                data += piece
                if len(data) > ANSWER_MOST:
                    break
            text = data[:ANSWER_MOST].decode("utf-8", "replace")
            return Answer(
                status=response.status_code,
                retry_after_s=retry_after(response.headers),
                document=_json(text),
                text=text,
            )

    def _open(self) -> httpx.AsyncClient:
        # An idle connection is given up before the provider does: a request on a dying one would end as unknown.
        limits = httpx.Limits(max_connections=self._connections, keepalive_expiry=4.0)
        timeout = httpx.Timeout(self._answer_s, connect=10.0)
        self._client = httpx.AsyncClient(limits=limits, timeout=timeout, follow_redirects=False, trust_env=False)
        return self._client


def prepared(api: MailApi, dispatch: Dispatch) -> tuple[str, OutgoingMail] | Outcome:
    """The account's key and the mail of a dispatch, else why it cannot be sent."""
    key = dispatch.secrets.get("api_key")
    if not key or not key.isascii():
        return api.ended("retry", "auth", "the account has no secret api_key", AUTH_PAUSE_S)
    mail = readable(api, dispatch)
    return mail if isinstance(mail, Outcome) else (key.strip(), mail)


def readable(api: MailApi, dispatch: Dispatch) -> OutgoingMail | Outcome:
    """The mail of a dispatch when every field of it may stand in a header, else why not."""
    try:
        mail = to_mail(dispatch)
        address_fields(mail)
    except HeaderError as error:
        return api.ended("rejected", "invalid_header", f"the mail cannot be written: {error}")
    except MissingFileError as error:
        return api.ended("rejected", "missing_file", str(error))
    return mail


def plain_headers(mail: OutgoingMail) -> dict[str, str]:
    """Thread, loop and unsubscribe headers on one line each; Reply-To has a field of its own in every API."""
    fields = {name: value.replace("\r\n", "") for name, value in extra_fields(mail)}
    fields.pop("Reply-To", None)
    return fields


def named(address: str, name: str) -> str:
    """`"Name" <address>`, or the bare address."""
    shown = name.strip().replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}" <{address}>' if shown else address


def retry_after(headers: httpx.Headers) -> float | None:
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


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _json(text: str) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    return None
