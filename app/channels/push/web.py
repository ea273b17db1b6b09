"""Web Push (RFC 8030, 8291, 8292): a notification in somebody's browser or phone, encrypted for that browser alone.

Class N: push services know no idempotency key. A recipient is `endpoint#p256dh=…&auth=…`, as `register_push` stores
it. A subscription the service calls gone is suppressed, which removes it.
"""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import py_vapid
import pywebpush
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.channels import outside
from app.channels.http_api import retry_after
from app.channels.push.shown import KEPT_S, Push, badge, of_message
from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, Session
from app.settings import Settings

GONE = {404, 410}
ANSWER_MOST = 4096
"""Bytes read of what a push service says."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One browser."""

    endpoint: str
    p256dh: str
    auth: str


def subscription(address: str) -> Subscription:
    """The browser behind an address. Raises ValueError."""
    endpoint, _, keys = address.partition("#")
    found = parse_qs(keys)
    if urlsplit(endpoint).scheme not in ("https", "http") or not (found.get("p256dh") and found.get("auth")):
        raise ValueError("this is no push subscription")
    return Subscription(endpoint=endpoint, p256dh=found["p256dh"][0], auth=found["auth"][0])


class WebPush:
    """Encrypts for one browser, signs with the installation's VAPID key, and hands over to the browser's push
    service."""

    def __init__(self, private_key: str, subject: str, private_hosts: frozenset[str] = frozenset()) -> None:
        self._key = py_vapid.Vapid02.from_string(private_key) if private_key else None
        self._subject = subject
        self._client = outside.client(private_hosts)
        self._open_http = private_hosts

    @property
    def public_key(self) -> str | None:
        """What browsers subscribe with: the uncompressed point, base64url; None without a key."""
        if self._key is None:
            return None
        point = self._key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).decode().rstrip("=")

    async def push(self, push: Push, account: Session | None, before_send: BeforeSend) -> Outcome:
        """Push one notification. Browsers are reached with the installation's key, whatever the account."""
        del account
        if self._key is None:
            return _rejected("no_vapid_key", "PARLEY_VAPID_PRIVATE_KEY is not set.")
        try:
            browser = subscription(push.address)
            host = urlsplit(browser.endpoint)
            if host.scheme != "https" and host.hostname not in self._open_http:
                raise ValueError("a push service speaks https")
            content = _encrypt(browser, msgspec.json.encode(_for_browsers(push.shown)))
        except (ValueError, pywebpush.WebPushException) as error:
            return _rejected("bad_subscription", str(error), gone=True)
        headers = {**self._authorization(browser.endpoint), **_headers(push.topic, urgent=push.urgent)}
        await before_send()
        try:
            answer, _ = await outside.once(self._client, "POST", browser.endpoint, content, headers, most=ANSWER_MOST)
        except outside.Refused as error:
            return _rejected("not_public", str(error), gone=True)
        except httpx.ConnectError as error:
            return Outcome(kind="retry", provider="webpush", error_code="connection", error=str(error))
        except httpx.HTTPError as error:
            return Outcome(kind="unknown", provider="webpush", error_code="no_answer", error=type(error).__name__)
        return _ending(answer)

    def check(self) -> Health:
        """Whether the installation's key can sign: no push service is asked, since only a browser's would answer."""
        if self._key is None:
            return Health(status="disconnected", reason="PARLEY_VAPID_PRIVATE_KEY is not set")
        try:
            self._authorization("https://push.example/")
        except (py_vapid.VapidException, ValueError, TypeError) as error:
            reason = f"the VAPID key and PARLEY_VAPID_SUBJECT do not sign: {error}"
            return Health(status="disconnected", reason=reason[:300])
        return Health(status="connected")

    def _authorization(self, endpoint: str) -> dict[str, str]:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}", "sub": self._subject, "exp": int(time.time()) + 12 * 3600,
        }  # fmt: skip
        signed: dict[str, str] = self._key.sign(claims) if self._key else {}
        return signed

    async def close(self) -> None:
        """Close pooled connections."""
        await self._client.aclose()


class PushAdapter:
    """Messages of a conversation, as notifications in the browsers of the person they are for."""

    capabilities = Capabilities(
        provider="webpush", channel="push", delivery_class="N", max_body_chars=20_000, direction="out",
        session_per_second=100.0, recipient_prefix="http",
    )  # fmt: skip

    def __init__(self, push: WebPush) -> None:
        self._push = push

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Push one notification."""
        return await self._push.push(of_message(dispatch), None, before_send)

    async def check(self, session: Session) -> Health:
        """Whether browsers can be pushed to at all: an account has nothing of its own."""
        del session
        return self._push.check()

    async def close(self) -> None:
        """Close pooled connections."""
        await self._push.close()


def _for_browsers(shown: dict[str, Any]) -> dict[str, Any]:
    """What showNotification() takes: there, `badge` is a picture. The number is for setAppBadge()."""
    number = badge(shown)
    if number is None:
        return shown
    plain = {name: value for name, value in shown.items() if name != "badge"}
    return plain | {"data": {**plain.get("data", {}), "badge": number}}


def _encrypt(browser: Subscription, payload: bytes) -> bytes:
    info = {"endpoint": browser.endpoint, "keys": {"p256dh": browser.p256dh, "auth": browser.auth}}
    encoded = pywebpush.WebPusher(info).encode(payload, content_encoding="aes128gcm")
    return bytes(encoded["body"])


def _headers(topic: str, *, urgent: bool) -> dict[str, str]:
    # One waiting notification per conversation: a browser that comes back is not flooded.
    digest = base64.urlsafe_b64encode(hashlib.sha256(topic.encode()).digest()[:24]).decode()
    return {"TTL": str(KEPT_S), "Urgency": "high" if urgent else "normal", "Topic": digest,
            "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream"}  # fmt: skip


def _ending(answer: outside.Answer) -> Outcome:
    code, text = str(answer.status), answer.body[:300].decode("utf-8", "replace")
    # 201 by the book. A 200 without a place of the message may be a proxy's page as well.
    if answer.status in (201, 202) or (answer.status == 200 and (not answer.body or "location" in answer.headers)):
        return Outcome(kind="accepted", provider="webpush", provider_message_id=answer.headers.get("location"))
    if answer.status in GONE:
        return _rejected(code, "The subscription is gone.", gone=True)
    if answer.status in (429, 503):
        wait_s = retry_after(answer.headers)
        return Outcome(kind="retry", provider="webpush", error_code=code, error=text, retry_after_s=wait_s)
    if answer.status >= 500 or answer.status < 400:
        return Outcome(kind="unknown", provider="webpush", error_code=code, error=text)
    return _rejected(code, text)


def _rejected(code: str, text: str, *, gone: bool = False) -> Outcome:
    return Outcome(kind="rejected", provider="webpush", error_code=code, error=text, suppress_recipient=gone)


def create_push(settings: Settings) -> WebPush:
    """Web Push with this installation's key."""
    hosts = frozenset(settings.private_host_names())
    return WebPush(settings.vapid_private_key, settings.vapid_subject, hosts)


def create_adapter(settings: Settings) -> PushAdapter:
    """The adapter of this process."""
    return PushAdapter(create_push(settings))
