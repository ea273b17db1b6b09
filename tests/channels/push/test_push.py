"""Web Push against a push service that decrypts as a browser does and checks the signature as Mozilla's does."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.channels import outside
from app.channels.push.web import PushAdapter, WebPush, subscription
from app.domain.channels import Dispatch, Outcome, Session
from devstack.keys import _vapid_key
from tests.channels import promises
from tests.channels.dispatches import Mark, dispatch
from tests.channels.push.service import PushService, push_service

LOCAL = frozenset({"127.0.0.1"})


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    """A push service on a loopback port."""
    async with push_service() as made:
        yield made


@pytest.fixture
async def adapter() -> AsyncIterator[PushAdapter]:
    """An adapter with a key of its own."""
    made = PushAdapter(WebPush(_vapid_key(), "mailto:ops@acme.test", LOCAL))
    yield made
    await made.close()


async def push(adapter: PushAdapter, service: PushService, **members: Any) -> tuple[Outcome, int]:
    """Push one message; how it ended and how often the mark was set."""
    mark = Mark()
    message = dispatch(channel="push", provider="webpush", recipient=service.address, **members)
    return await adapter.send(message, mark), mark.calls


async def test_the_browser_reads_what_was_sent(adapter: PushAdapter, service: PushService) -> None:
    """Encrypted for this browser, signed for this service, with the conversation to open."""
    outcome, marks = await push(adapter, service, subject="New quote", body="Your quote is ready.",
                                metadata={"push": {"url": "/t/1", "evil": 1}})  # fmt: skip
    assert (outcome.kind, outcome.provider_message_id, marks) == ("accepted", "https://push.test/m/1", 1)
    ((headers, shown),) = service.got
    assert (shown["title"], shown["body"], shown["url"]) == ("New quote", "Your quote is ready.", "/t/1")
    assert shown["data"]["thread_id"] == "th1" and "evil" not in shown
    assert headers["content-encoding"] == "aes128gcm" and int(headers["ttl"]) > 0 and len(headers["topic"]) <= 32
    scheme, _, value = headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in value.split(","))
    number = base64.urlsafe_b64decode(parts["k"] + "==")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), number)
    claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=service.url)
    assert scheme == "vapid" and claims["sub"] == "mailto:ops@acme.test"


async def test_a_number_for_the_icon_is_told_beside(adapter: PushAdapter, service: PushService) -> None:
    """A browser's `badge` is a picture; a number is for setAppBadge(), where the service worker finds it."""
    for badge in (3, "https://acme.test/badge.png"):
        await push(adapter, service, metadata={"push": {"badge": badge}})
    (_, number), (_, picture) = service.got
    assert "badge" not in number and number["data"]["badge"] == 3
    assert picture["badge"] == "https://acme.test/badge.png" and "badge" not in picture["data"]


@pytest.mark.parametrize(
    ("status", "headers", "kind", "suppress"),
    [
        (410, {}, "rejected", True),
        (404, {}, "rejected", True),
        (429, {"Retry-After": "9"}, "retry", False),
        (503, {}, "retry", False),
        (500, {}, "unknown", False),
        (413, {}, "rejected", False),
        (403, {}, "rejected", False),
        (301, {"Location": "https://elsewhere.test/"}, "unknown", False),
        (200, {}, "accepted", False),
        (202, {}, "accepted", False),
    ],
)
async def test_every_answer_has_its_ending(
    adapter: PushAdapter, service: PushService, status: int, headers: dict[str, str], kind: str, suppress: bool
) -> None:
    """Gone browsers are suppressed, full services waited for, and nobody guesses after an error or a redirect."""
    service.status, service.headers = status, headers
    outcome, _ = await push(adapter, service)
    assert (outcome.kind, outcome.suppress_recipient) == (kind, suppress)
    assert outcome.retry_after_s == (9 if status == 429 else None)


async def test_a_long_text_is_cut_to_what_a_notification_shows(adapter: PushAdapter, service: PushService) -> None:
    """Push services take four KiB; the app reads the rest from the message."""
    outcome, _ = await push(adapter, service, body="ä" * 20_000)
    assert outcome.kind == "accepted" and len(service.got[0][1]["body"]) == 600


async def test_without_a_key_nothing_is_sent(service: PushService) -> None:
    """The reason names the setting."""
    outcome, marks = await push(PushAdapter(WebPush("", "mailto:x@y.z", LOCAL)), service)
    assert (outcome.kind, outcome.error_code, marks) == ("rejected", "no_vapid_key", 0)


async def test_a_service_inside_the_network_is_never_called(service: PushService) -> None:
    """The endpoint is the browser's word: only public https addresses are pushed to."""
    outcome, _ = await push(PushAdapter(WebPush(_vapid_key(), "mailto:x@y.z")), service)
    assert (outcome.kind, service.got) == ("rejected", [])


@pytest.mark.parametrize("address", ["https://p.test/x", "nonsense", "ftp://p.test/#p256dh=a&auth=b", ""])
def test_what_is_no_subscription_is_named(address: str) -> None:
    """Endpoint and both keys, or an error."""
    with pytest.raises(ValueError, match="subscription"):
        subscription(address)


@contextlib.asynccontextmanager
async def dripping(piece: bytes) -> AsyncIterator[str]:
    """A service whose answer never ends."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].split("\r")[0]))
        writer.write(b"HTTP/1.1 201 x\r\n\r\n")
        with contextlib.suppress(OSError):
            while not writer.is_closing():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.05)

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_a_service_that_never_ends_is_cut(
    adapter: PushAdapter, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer without end is read as far as it matters; one that drips is waited for just so long, and is unknown."""
    async with dripping(b"x" * 65536) as service.url:
        assert (await push(adapter, service))[0].kind == "accepted"
    monkeypatch.setattr(outside, "PATIENCE_S", 1.0)
    async with dripping(b"x") as service.url:
        outcome, marks = await push(adapter, service)
    assert (outcome.kind, outcome.error_code, marks) == ("unknown", "no_answer", 1)


async def test_a_key_that_signs_is_in_order(adapter: PushAdapter) -> None:
    """The account works when the installation's key can sign for its subject; else the reason names the setting."""
    session = Session(tenant_id="t", session_id="s", channel="push", provider="webpush", address="app", config={},
                      secrets={})  # fmt: skip
    assert (await adapter.check(session)).status == "connected"
    broken = {
        "PRIVATE_KEY": PushAdapter(WebPush("", "mailto:x@y.z")),
        "SUBJECT": PushAdapter(WebPush(_vapid_key(), "x@y.z")),
    }
    for setting, one in broken.items():
        health = await one.check(session)
        assert health.status == "disconnected" and setting in str(health.reason)


class Place:
    """A push service and an adapter, as every adapter's promises want them."""

    def __init__(self, provider: PushService, adapter: PushAdapter) -> None:
        self.provider, self.adapter = provider, adapter

    def dispatch(self, url: str = "") -> Dispatch:
        """A message to the browser."""
        address = self.provider.address.replace(self.provider.url, url or self.provider.url)
        return dispatch(channel="push", provider="webpush", recipient=address)


@pytest.fixture
def place(service: PushService, adapter: PushAdapter) -> Place:
    """Both."""
    return Place(service, adapter)


@pytest.mark.parametrize(("fault", "delivered"), promises.UNCLEAR)
async def test_a_call_whose_end_nobody_knows_is_unknown(
    place: Place, mark: Mark, monkeypatch: pytest.MonkeyPatch, fault: Any, delivered: int
) -> None:
    """Lost, late, senseless answers and server errors: the browser may show it or not, so it is never sent again."""
    monkeypatch.setattr(outside, "PATIENCE_S", promises.answer_s(fault))
    place.provider.faults.order_all({"calls": "push", **fault})
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, mark.calls) == ("unknown", 1)
    assert len(place.provider.got) == delivered


async def test_nobody_listening_is_a_retry(place: Place) -> None:
    """Without a connection not a byte has left."""
    where: list[str] = []

    def make(url: str) -> PushAdapter:
        where.append(url)
        return PushAdapter(WebPush(_vapid_key(), "mailto:ops@acme.test", LOCAL))

    await promises.nobody_listens(make, lambda: place.dispatch(where[0]))


async def test_a_lost_lease_stops_before_the_call(place: Place) -> None:
    """What `before_send` raises comes back, and nothing is sent."""
    await promises.a_lost_lease_stops(place)


async def test_a_limit_is_waited_out(place: Place) -> None:
    """As long as the service says, in seconds or as a date."""
    await promises.a_limit_is_waited_out(place, "push")
    place.provider.status = 429
    place.provider.headers = {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)}
    outcome = await place.adapter.send(place.dispatch(), Mark())
    assert outcome.kind == "retry" and 100 < (outcome.retry_after_s or 0) <= 120
