"""Web Push against a push service that decrypts as a browser does and checks the signature as Mozilla's does."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.channels import outside
from app.channels.push import PushAdapter, WebPush, subscription
from app.domain.channels import Outcome, Session
from devstack.keys import _vapid_key
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


@pytest.mark.parametrize(
    ("status", "headers", "kind", "suppress"),
    [
        (410, "", "rejected", True),
        (404, "", "rejected", True),
        (429, "Retry-After: 9\r\n", "retry", False),
        (503, "", "retry", False),
        (500, "", "unknown", False),
        (0, "", "unknown", False),
        (413, "", "rejected", False),
        (403, "", "rejected", False),
    ],
)
async def test_every_answer_has_its_ending(
    adapter: PushAdapter, service: PushService, status: int, headers: str, kind: str, suppress: bool
) -> None:
    """Gone browsers are suppressed, full services waited for, and nobody guesses after a broken connection."""
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


async def test_a_service_that_never_ends_is_cut(
    adapter: PushAdapter, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer without end is read as far as it matters; one that drips is waited for just so long, and is unknown."""
    monkeypatch.setattr(outside, "PATIENCE_S", 0.5)
    service.drip = b"x" * 65536
    assert (await push(adapter, service))[0].kind == "accepted"
    service.drip = b"x"
    outcome, marks = await push(adapter, service)
    assert (outcome.kind, outcome.error_code, marks) == ("unknown", "no_answer", 1)


async def test_a_key_that_signs_is_in_order(adapter: PushAdapter) -> None:
    """The account works when the installation's key can sign for its subject; else the reason names the setting."""
    session = Session(tenant_id="t", session_id="s", channel="push", provider="webpush", address="app", config={},
                      secrets={})  # fmt: skip
    assert (await adapter.check(session)).status == "connected"
    broken = {"PRIVATE_KEY": PushAdapter("", "mailto:x@y.z"), "SUBJECT": PushAdapter(_vapid_key(), "x@y.z")}
    for setting, one in broken.items():
        health = await one.check(session)
        assert health.status == "disconnected" and setting in str(health.reason)
