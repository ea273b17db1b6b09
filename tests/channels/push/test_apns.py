"""Apps on Apple's devices, against a service that speaks HTTP/2 and judges tokens, topics and payloads as Apple does."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest

from app.channels.push import apns as module
from app.channels.push.apns import Apns
from app.domain.channels import Dispatch, Outcome, Session
from tests.channels import promises
from tests.channels.dispatches import Mark, dispatch
from tests.channels.push.apple import BUNDLE, PHONE, Apple, apple
from tests.support.tls import Authority


@pytest.fixture
async def service() -> AsyncIterator[Apple]:
    """Apple on a loopback port."""
    async with apple() as made:
        yield made


@pytest.fixture
async def adapter(service: Apple, request: pytest.FixtureRequest) -> AsyncIterator[Apns]:
    """An adapter that knows no other Apple, and where it does not answer waits a second for it."""
    made = Apns(service.url, "http://127.0.0.1:1", answer_s=promises.answer_s(promises.fault_of(request)))
    yield made
    await made.close()


def message(service: Apple, phone: str = PHONE, **members: Any) -> Dispatch:
    """A message to somebody's phone."""
    given = {"session_config": service.config, "secrets": {"key": service.pem}, "session_address": BUNDLE, **members}
    return dispatch(channel="push", provider="apns", recipient=f"apns:{BUNDLE}/{phone}", **given)


async def push(adapter: Apns, service: Apple, **members: Any) -> tuple[Outcome, int]:
    """Push one message; how it ended and how often the mark was set."""
    mark = Mark()
    return await adapter.send(message(service, **members), mark), mark.calls


async def test_the_phone_shows_what_was_sent(adapter: Apns, service: Apple) -> None:
    """Title, text, where a tap leads, the number on the icon, buttons, and the conversation; one token for all."""
    rich = {"url": "https://acme.test/t/1", "badge": 3, "image": "https://acme.test/p.png", "evil": 1,
            "actions": [{"action": "accept", "title": "Accept"}, {"action": "ask", "title": "Ask"}, "nonsense"]}  # fmt: skip
    outcome, marks = await push(
        adapter, service, subject="New quote", body="Your quote is ready.", metadata={"push": rich}
    )
    ((headers, shown),) = service.got
    assert (outcome.kind, marks) == ("accepted", 1) and len(outcome.provider_message_id or "") == 36
    assert shown["aps"] == {
        "alert": {"title": "New quote", "body": "Your quote is ready."}, "badge": 3, "category": "accept_ask",
        "mutable-content": 1, "sound": "default", "thread-id": "th1",
    }  # fmt: skip
    assert (shown["url"], shown["image"], shown["thread_id"]) == (rich["url"], rich["image"], "th1")
    assert [one["title"] for one in json.loads(shown["actions"])] == ["Accept", "Ask"] and "evil" not in shown
    assert (headers["apns-topic"], headers["apns-push-type"], headers["apns-priority"]) == (BUNDLE, "alert", "10")
    assert time.time() < int(headers["apns-expiration"]) <= time.time() + 24 * 3600
    await push(adapter, service, purpose="marketing")
    assert service.got[1][0]["apns-priority"] == "5"
    assert service.got[1][0]["apns-collapse-id"] == headers["apns-collapse-id"]
    assert len(service.tokens) == 1 and service.server.connections == 1


@pytest.mark.parametrize(
    ("status", "reason", "kind", "code", "gone"),
    [
        (410, "Unregistered", "rejected", "Unregistered", True),
        (410, "ExpiredToken", "rejected", "ExpiredToken", True),
        (400, "BadDeviceToken", "rejected", "BadDeviceToken", True),
        (400, "DeviceTokenNotForTopic", "rejected", "DeviceTokenNotForTopic", False),
        (400, "TopicDisallowed", "retry", "auth", False),
        (403, "InvalidProviderToken", "retry", "auth", False),
        (403, "Forbidden", "retry", "auth", False),
        (413, "PayloadTooLarge", "rejected", "PayloadTooLarge", False),
        (429, "TooManyRequests", "retry", "429 TooManyRequests", False),
        (429, "TooManyProviderTokenUpdates", "retry", "429 TooManyProviderTokenUpdates", False),
        (503, "ServiceUnavailable", "retry", "ServiceUnavailable", False),
        (503, "Shutdown", "retry", "Shutdown", False),
        (500, "InternalServerError", "unknown", "InternalServerError", False),
    ],
)
async def test_every_reason_has_its_ending(
    adapter: Apns, service: Apple, status: int, reason: str, kind: str, code: str, gone: bool
) -> None:
    """Phones that are gone are forgotten, what is wrong with the account waits for the admin, a busy service is waited
    for, and nobody guesses after an error."""
    service.devices[PHONE] = (status, reason)
    outcome, _ = await push(adapter, service)
    assert (outcome.kind, outcome.error_code, outcome.suppress_recipient) == (kind, code, gone)
    assert reason in str(outcome.error) and outcome.retry_after_s == (300 if code == "auth" else None)


async def test_a_token_that_expired_is_renewed_once(adapter: Apns, service: Apple) -> None:
    """Many sends that are refused together get one new token; one that is refused again is the admin's to mend."""
    await push(adapter, service)
    service.expired.update(service.tokens)
    outcomes = await asyncio.gather(*(adapter.send(message(service), Mark()) for _ in range(20)))
    assert {one.kind for one in outcomes} == {"accepted"} and len(service.got) == 21
    assert len(service.tokens) == 2
    service.devices[PHONE] = (403, "ExpiredProviderToken")
    calls = service.calls["push"]
    outcome, marks = await push(adapter, service)
    assert (outcome.kind, outcome.error_code, marks) == ("retry", "auth", 1)
    assert service.calls["push"] == calls + 2


async def test_a_token_is_kept_for_less_than_an_hour(
    adapter: Apns, service: Apple, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apple wants a new one within the hour and none within twenty minutes."""
    await push(adapter, service)
    now = time.time()
    for minutes, tokens in ((21, 1), (46, 2)):
        monkeypatch.setattr(time, "time", lambda later=minutes: now + later * 60)
        await push(adapter, service)
        assert len(service.tokens) == tokens
    assert 20 * 60 < module.TOKEN_S < 60 * 60
    first, second = (jwt.decode(one, options={"verify_signature": False})["iat"] for one in service.tokens)
    assert second - first >= 45 * 60


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"secrets": {}}, "secret key"),
        ({"secrets": {"key": "nonsense"}}, "secret key"),
        ({"session_config": {"key_id": "x"}}, "config.team_id"),
        ({"session_config": {"team_id": "x", "key_id": "x", "environment": "moon"}}, "config.environment"),
    ],
)
async def test_an_account_that_is_not_set_up_says_what_lacks(
    adapter: Apns, service: Apple, members: dict[str, Any], named: str
) -> None:
    """Nothing leaves, the message waits, and the check names the same."""
    outcome, marks = await push(adapter, service, **members)
    assert (outcome.kind, outcome.error_code, marks, service.calls) == ("retry", "auth", 0, {})
    health = await adapter.check(session(service, **members))
    assert health.status == "disconnected" and named in str(health.reason) and named in str(outcome.error)


def test_a_key_is_told_from_what_is_none(service: Apple, adapter: Apns) -> None:
    """As downloaded; its id or a certificate is refused before it is stored."""
    rule = adapter.capabilities.secret_rules["key"]
    assert re.fullmatch(rule, service.pem) and re.fullmatch(rule, service.pem.strip().replace("\n", "\r\n"))
    assert not re.fullmatch(rule, "KEY1234567") and not re.fullmatch(rule, "-----BEGIN CERTIFICATE-----\nx")


def session(service: Apple, **members: Any) -> Session:
    """The account."""
    config, secrets = members.get("session_config", service.config), members.get("secrets", {"key": service.pem})
    return Session(tenant_id="t", session_id="s", channel="push", provider="apns", address=BUNDLE, config=config,
                   secrets=secrets)  # fmt: skip


async def test_a_check_asks_apple_without_telling_anybody(adapter: Apns, service: Apple) -> None:
    """Works; another team's key is refused by name; no Apple at all is trouble; nobody's phone shows anything."""
    assert (await adapter.check(session(service))).status == "connected"
    foreign = await adapter.check(session(service, secrets={"key": Apple().pem}))
    assert foreign.status == "disconnected" and "InvalidProviderToken" in str(foreign.reason)
    nowhere = await adapter.check(session(service, session_config={**service.config, "environment": "sandbox"}))
    assert nowhere.status == "degraded" and service.got == []


@pytest.mark.parametrize(
    "address", ["apns:com.other.app/" + PHONE, "fcm:x/y", "https://push.test/1#p256dh=x&auth=y", ""]
)
async def test_a_device_of_something_else_is_not_called(adapter: Apns, service: Apple, address: str) -> None:
    """An account reaches the app it is for."""
    outcome = await adapter.send(msgspec.structs.replace(message(service), recipient=address), Mark())
    assert (outcome.kind, outcome.suppress_recipient, service.calls) == ("rejected", False, {})


async def test_a_long_text_is_cut_to_what_apple_takes(adapter: Apns, service: Apple) -> None:
    """Four KiB, whatever alphabet; a little less than all of it is shown."""
    for text in ("ж" * 20_000, "\n" * 20_000, "🔔" * 20_000):
        rich = {"url": "https://acme.test/" + "x" * 2000}
        outcome, _ = await push(adapter, service, body=text, metadata={"push": rich})
        assert outcome.kind == "accepted" and len(service.got[-1][1]["aps"]["alert"]["body"]) > 200


async def test_a_service_that_restarts_costs_nothing(adapter: Apns, service: Apple) -> None:
    """It says goodbye on the connection that is open, and the next push takes another."""
    await push(adapter, service)
    service.server.go_away()
    await asyncio.sleep(0.5)  # long enough to have heard it
    outcome, _ = await push(adapter, service)
    assert outcome.kind == "accepted", outcome
    assert service.server.connections == 2


async def test_over_tls_the_protocol_is_agreed_and_the_name_is_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP/2 by ALPN, as Apple wants it; whoever cannot prove to be Apple is not told anything."""
    authority = Authority(tmp_path)
    async with apple(tls=authority.server("127.0.0.1")) as service:
        stranger = Apns(service.url, service.url)
        refused, _ = await push(stranger, service)
        await stranger.close()
        assert (refused.kind, refused.error_code, service.calls) == ("retry", "connection", {})
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        known = Apns(service.url, service.url)
        assert (await push(known, service))[0].kind == "accepted"
        await known.close()


class Place:
    """Apple and an adapter, as every adapter's promises want them."""

    def __init__(self, provider: Apple, adapter: Apns) -> None:
        self.provider, self.adapter = provider, adapter

    def dispatch(self) -> Dispatch:
        """A message to the phone."""
        return message(self.provider)


@pytest.fixture
def place(service: Apple, adapter: Apns) -> Place:
    """Both."""
    return Place(service, adapter)


@pytest.mark.parametrize(("fault", "delivered"), promises.UNCLEAR)
async def test_a_call_whose_end_nobody_knows_is_unknown(place: Place, mark: Mark, fault: Any, delivered: int) -> None:
    """Lost, late, senseless answers and server errors: the phone may show it or not, so it is never sent again."""
    place.provider.faults.order_all({"calls": "push", **fault})
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, mark.calls) == ("unknown", 1)
    assert len(place.provider.got) == delivered


async def test_nobody_listening_is_a_retry(place: Place) -> None:
    """Without a connection not a byte has left."""
    await promises.nobody_listens(lambda url: Apns(url, url), place.dispatch())


async def test_a_lost_lease_stops_before_the_call(place: Place) -> None:
    """What `before_send` raises comes back, and nothing is sent."""
    await promises.a_lost_lease_stops(place)


async def test_a_limit_is_waited_out(place: Place) -> None:
    """As long as it says."""
    await promises.a_limit_is_waited_out(place, "push")
