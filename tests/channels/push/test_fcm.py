"""Apps over Firebase Cloud Messaging, against servers that check assertions, access tokens and messages as Google's do."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from app.channels.push.fcm import Fcm
from app.domain.channels import Dispatch, Outcome, Session
from tests.channels import promises
from tests.channels.dispatches import Mark, dispatch
from tests.channels.push.firebase import PHONE, PROJECT, Firebase, firebase, wrong


@pytest.fixture
async def service() -> AsyncIterator[Firebase]:
    """Firebase and Google's token server on a loopback port."""
    async with firebase() as made:
        yield made


@pytest.fixture
async def adapter(service: Firebase, request: pytest.FixtureRequest) -> AsyncIterator[Fcm]:
    """An adapter that knows no other Google, and where it does not answer waits a second for it."""
    made = Fcm(service.url, service.oauth_url, answer_s=promises.answer_s(promises.fault_of(request)))
    yield made
    await made.close()


def message(service: Firebase, **members: Any) -> Dispatch:
    """A message to somebody's phone."""
    given = {
        "secrets": {"service_account": service.service_account}, "session_address": PROJECT,
        "recipient": f"fcm:{PROJECT}/{PHONE}", **members,
    }  # fmt: skip
    return dispatch(channel="push", provider="fcm", **given)


async def push(adapter: Fcm, service: Firebase, **members: Any) -> tuple[Outcome, int]:
    """Push one message; how it ended and how often the mark was set."""
    mark = Mark()
    return await adapter.send(message(service, **members), mark), mark.calls


async def test_the_phone_shows_what_was_sent(adapter: Fcm, service: Firebase) -> None:
    """Title, text, picture, where a tap leads, the number on the icon, buttons, and the conversation, for Android and
    for iOS; one access token for all."""
    rich = {"url": "https://acme.test/t/1", "badge": 3, "image": "https://acme.test/p.png", "evil": 1,
            "actions": [{"action": "accept", "title": "Accept"}, {"action": "ask", "title": "Ask"}, 7]}  # fmt: skip
    outcome, marks = await push(
        adapter, service, subject="New quote", body="Your quote is ready.", metadata={"push": rich}
    )
    assert (outcome.kind, outcome.provider_message_id, marks) == ("accepted", f"projects/{PROJECT}/messages/0:1", 1)
    (shown,) = service.got
    assert shown["token"] == PHONE
    assert shown["notification"] == {"title": "New quote", "body": "Your quote is ready.", "image": rich["image"]}
    assert (shown["data"]["url"], shown["data"]["thread_id"]) == (rich["url"], "th1") and "evil" not in shown["data"]
    assert [one["title"] for one in json.loads(shown["data"]["actions"])] == ["Accept", "Ask"]
    android, apple = shown["android"], shown["apns"]
    assert (android["priority"], android["ttl"], android["collapse_key"]) == ("HIGH", "86400s", "th1")
    assert (android["notification"]["tag"], android["notification"]["notification_count"]) == ("th1", 3)
    aps = apple["payload"]["aps"]
    assert (aps["badge"], aps["category"], aps["thread-id"], aps["mutable-content"]) == (3, "accept_ask", "th1", 1)
    assert int(apple["headers"]["apns-expiration"]) > time.time() and apple["headers"]["apns-priority"] == "10"
    assert (await push(adapter, service, purpose="marketing"))[0].kind == "accepted"
    assert service.got[1]["android"]["priority"] == "NORMAL" and service.calls == {"token": 1, "send": 2}


TOKEN_TOLD = wrong(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT")
TOKEN_TOLD["error"]["message"] = "INVALID_ARGUMENT: The registration token is not a valid FCM registration token"
TOKEN_FIELD = wrong(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token")


@pytest.mark.parametrize(
    ("error", "kind", "code", "gone", "wait_s"),
    [
        (wrong(404, "NOT_FOUND", "UNREGISTERED"), "rejected", "UNREGISTERED", True, None),
        (TOKEN_TOLD, "rejected", "INVALID_ARGUMENT", True, None),
        (TOKEN_FIELD, "rejected", "INVALID_ARGUMENT", True, None),
        (
            wrong(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.data"),
            "rejected",
            "INVALID_ARGUMENT",
            False,
            None,
        ),
        (wrong(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), "rejected", "SENDER_ID_MISMATCH", False, None),
        (wrong(403, "PERMISSION_DENIED"), "retry", "auth", False, 300),
        (wrong(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), "retry", "auth", False, 300),
        (wrong(404, "NOT_FOUND"), "retry", "auth", False, 300),
        (wrong(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), "retry", "429", False, 60),
        (wrong(503, "UNAVAILABLE", "UNAVAILABLE"), "retry", "UNAVAILABLE", False, None),
        (wrong(500, "INTERNAL", "INTERNAL"), "unknown", "INTERNAL", False, None),
    ],
)
async def test_every_error_has_its_ending(
    adapter: Fcm, service: Firebase, error: Any, kind: str, code: str, gone: bool, wait_s: float | None
) -> None:
    """Phones that are gone are forgotten, what is wrong with the account waits for the admin, a busy service is waited
    for, and nobody guesses after an error."""
    service.devices[PHONE] = error
    outcome, _ = await push(adapter, service)
    assert (outcome.kind, outcome.error_code, outcome.suppress_recipient) == (kind, code, gone)
    assert outcome.retry_after_s == wait_s and error["error"]["status"] in str(outcome.error)


async def test_an_error_of_an_odd_shape_has_an_ending_too(adapter: Fcm, service: Firebase) -> None:
    """Details of a shape nobody foresaw."""
    for details in (None, "x", [None, 7, {"fieldViolations": "x"}, {"errorCode": 7}], {"a": 1}):
        service.devices[PHONE] = {
            "error": {"code": 400, "message": [], "status": "INVALID_ARGUMENT", "details": details}
        }
        assert (await push(adapter, service))[0].kind == "rejected"


async def test_a_busy_service_says_how_long(adapter: Fcm, service: Firebase) -> None:
    """Retry-After of an overloaded one is kept, too."""
    service.devices[PHONE], service.headers = wrong(503, "UNAVAILABLE", "UNAVAILABLE"), {"retry_after": "40"}
    assert (await push(adapter, service))[0].retry_after_s == 40


async def test_a_refused_access_token_is_renewed_once(adapter: Fcm, service: Firebase) -> None:
    """Many sends that are refused together get one new token; if that is refused as well, it is the admin's to mend."""
    await push(adapter, service)
    service.revoked.update(service.issued)
    outcomes = await asyncio.gather(*(adapter.send(message(service), Mark()) for _ in range(20)))
    assert {one.kind for one in outcomes} == {"accepted"} and service.calls["token"] == 2
    service.devices[PHONE] = wrong(401, "UNAUTHENTICATED")
    calls = service.calls["send"]
    outcome, marks = await push(adapter, service)
    assert (outcome.kind, outcome.error_code, marks) == ("retry", "auth", 1)
    assert service.calls["send"] == calls + 2


async def test_an_access_token_is_renewed_before_it_ends(adapter: Fcm, service: Firebase) -> None:
    """One that is about to end might end on its way."""
    service.lasts_s = 100
    for tokens in (1, 2):
        assert (await push(adapter, service))[0].kind == "accepted" and len(service.issued) == tokens


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 500}, "token_server"),
        ({"kind": "limit", "seconds": 9}, "token_server"),
        ({"kind": "html", "status": 502}, "token_server"),
        ({"kind": "html", "status": 200}, "token_server"),
        ({"kind": "drop"}, "connection"),
        ({"kind": "lost"}, "connection"),
        ({"kind": "hang"}, "connection"),
        ({"kind": "status", "status": 401}, "auth"),
    ],
)
async def test_without_an_access_token_nothing_leaves(adapter: Fcm, service: Firebase, fault: Any, code: str) -> None:
    """However the token server fails: the message waits, and the mark is not set."""
    service.faults.order_all({"calls": "token", **fault})
    outcome, marks = await push(adapter, service)
    assert (outcome.kind, outcome.error_code, marks) == ("retry", code, 0) and "send" not in service.calls
    assert outcome.retry_after_s == {"limit": 9, "status": 300 if code == "auth" else None}.get(fault["kind"])


@pytest.mark.parametrize(
    ("secrets", "named"),
    [
        ({}, "secret service_account"),
        ({"service_account": "nonsense"}, "service_account"),
        ({"service_account": "{}"}, "service_account"),
        ({"service_account": '{"client_email": "a", "private_key": "x"}'}, "service_account"),
        ({"service_account": '{"client_email": 7, "private_key": []}'}, "service_account"),
    ],
)
async def test_an_account_that_is_not_set_up_says_what_lacks(
    adapter: Fcm, service: Firebase, secrets: dict[str, str], named: str
) -> None:
    """Nothing leaves, the message waits, and the check names the same."""
    outcome, marks = await push(adapter, service, secrets=secrets)
    assert (outcome.kind, outcome.error_code, marks, service.calls) == ("retry", "auth", 0, {})
    health = await adapter.check(session(service, secrets=secrets))
    assert health.status == "disconnected" and named in str(health.reason)


def test_a_file_is_told_from_what_is_none(service: Firebase, adapter: Fcm) -> None:
    """As downloaded, with the line break at its end; a path or a key alone is refused before it is stored."""
    rule = adapter.capabilities.secret_rules["service_account"]
    file = json.loads(service.service_account)
    assert re.fullmatch(rule, json.dumps(file, indent=2) + "\n")
    assert not re.fullmatch(rule, "service-account.json") and not re.fullmatch(rule, file["private_key"])


def session(service: Firebase, **members: Any) -> Session:
    """The account."""
    given = {"address": PROJECT, "secrets": {"service_account": service.service_account}, **members}
    return Session(tenant_id="t", session_id="s", channel="push", provider="fcm", config={}, **given)


async def test_a_check_asks_google_without_telling_anybody(adapter: Fcm, service: Firebase) -> None:
    """Works; a service account without the right is refused by name; another project is not its; nobody's phone shows
    anything."""
    assert (await adapter.check(session(service))).status == "connected"
    service.permitted = False
    refused = await adapter.check(session(service))
    assert refused.status == "disconnected" and "PERMISSION_DENIED" in str(refused.reason)
    service.permitted = True
    elsewhere = await adapter.check(session(service, address="other-project"))
    assert elsewhere.status == "disconnected" and "NOT_FOUND" in str(elsewhere.reason)
    service.faults.order("drop")
    assert (await adapter.check(session(service))).status == "degraded" and service.got == []


@pytest.mark.parametrize("address", [f"fcm:other/{PHONE}", f"apns:{PROJECT}/{PHONE}", "https://p.test/1#auth=y", ""])
async def test_a_device_of_something_else_is_not_called(adapter: Fcm, service: Firebase, address: str) -> None:
    """An account reaches the apps of its project."""
    outcome, marks = await push(adapter, service, recipient=address)
    assert (outcome.kind, outcome.suppress_recipient, marks, service.calls) == ("rejected", False, 0, {})


async def test_a_long_text_is_cut_to_what_firebase_takes(adapter: Fcm, service: Firebase) -> None:
    """Four KiB, whatever alphabet; a little less than all of it is shown."""
    for text in ("ж" * 20_000, "\n" * 20_000, "🔔" * 20_000):
        outcome, _ = await push(
            adapter, service, body=text, metadata={"push": {"url": "https://acme.test/" + "x" * 1500}}
        )
        shown = service.got[-1]
        assert outcome.kind == "accepted" and len(shown["notification"]["body"]) > 200
        assert len(msgspec.json.encode({**shown, "token": ""})) <= 4096 + len('"token":"",')


class Place:
    """Firebase and an adapter, as every adapter's promises want them."""

    def __init__(self, provider: Firebase, adapter: Fcm) -> None:
        self.provider, self.adapter = provider, adapter

    def dispatch(self) -> Dispatch:
        """A message to the phone."""
        return message(self.provider)


@pytest.fixture
def place(service: Firebase, adapter: Fcm) -> Place:
    """Both."""
    return Place(service, adapter)


@pytest.mark.parametrize(("fault", "delivered"), promises.UNCLEAR)
async def test_a_call_whose_end_nobody_knows_is_unknown(place: Place, mark: Mark, fault: Any, delivered: int) -> None:
    """Lost, late, senseless answers and server errors: the phone may show it or not, so it is never sent again."""
    place.provider.faults.order_all({"calls": "send", **fault})
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, mark.calls) == ("unknown", 1)
    assert len(place.provider.got) == delivered


async def test_nobody_listening_is_a_retry(place: Place) -> None:
    """Without a connection not a byte has left, neither to Firebase nor to the token server."""
    await promises.nobody_listens(lambda url: Fcm(url, place.provider.oauth_url), place.dispatch())
    await promises.nobody_listens(lambda url: Fcm(place.provider.url, f"{url}/token"), place.dispatch())


async def test_a_lost_lease_stops_before_the_call(place: Place) -> None:
    """What `before_send` raises comes back, and nothing is sent."""
    await promises.a_lost_lease_stops(place, {"token": 1})


async def test_a_limit_is_waited_out(place: Place) -> None:
    """As long as it says."""
    await promises.a_limit_is_waited_out(place, "send")
