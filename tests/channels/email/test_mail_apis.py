"""E-mail providers over HTTP: what they are sent, what each of their answers means, and what happens when none comes."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from app.channels.email.resend import ResendAdapter
from app.channels.email.sparkpost import SparkPostAdapter
from app.domain.channels import Dispatch, Outcome, OutgoingFile, Session, Webhook
from tests.channels.email.mail_apis import KEY, Api, Resend, SparkPost, serve
from tests.channels.email.test_smtp import DISPATCH, Mark

SENT = msgspec.structs.replace(
    DISPATCH, secrets={"api_key": KEY}, queue_id="01a21239-3a59-7e81-9ade-8ebffab0402c", idempotency_key="01a21239", sender_name='Müller & "Söhne"',
    session_config={"reply_to": "desk+reply@example.com"},
)  # fmt: skip
FILE = OutgoingFile(
    id="f", filename="Plan Küche.pdf", content_type="application/pdf", size_bytes=3, data=b"\x00\xff\x01"
)
KINDS: dict[str, tuple[type[Api], Any]] = {
    "resend": (Resend, ResendAdapter),
    "sparkpost": (SparkPost, SparkPostAdapter),
}


@pytest.fixture(params=KINDS)
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """Each provider in turn."""
    with serve(KINDS[request.param][0]()) as made:
        yield made


@pytest.fixture
def resend() -> Iterator[Resend]:
    """Resend alone."""
    with serve(Resend()) as made:
        yield made


@pytest.fixture
def sparkpost() -> Iterator[SparkPost]:
    """SparkPost alone."""
    with serve(SparkPost()) as made:
        yield made


def adapter(api: Api, answer_s: float = 30.0) -> Any:
    """The adapter that talks to this server."""
    return (ResendAdapter if isinstance(api, Resend) else SparkPostAdapter)(
        f"http://127.0.0.1:{api.port}", answer_s=answer_s
    )


async def send(api: Api, dispatch: Dispatch = SENT, mark: Mark | None = None, answer_s: float = 30.0) -> Outcome:
    """One mail through a fresh adapter."""
    out = adapter(api, answer_s)
    outcome: Outcome = await out.send(dispatch, mark or Mark())
    await out.close()
    return outcome


async def test_resend_is_sent_a_whole_mail(resend: Resend) -> None:
    """Names, words, thread and loop headers, a reply address, files, and our row's id as a tag."""
    mark = Mark()
    outcome = await send(resend, msgspec.structs.replace(SENT, attachments=(FILE,)), mark)
    assert (outcome.kind, mark.calls) == ("accepted", 1)
    (mail,) = resend.mails
    assert outcome.provider_message_id == resend.keys["01a21239"][0]
    assert mail["from"] == '"Müller & \\"Söhne\\"" <desk@example.com>'
    assert (mail["to"], mail["subject"], mail["text"]) == (["ann@example.org"], "Your visit", "Hello\n.\nbye")
    assert mail["headers"] == {
        "In-Reply-To": "<in-1@example.org>", "References": "<in-0@example.org> <in-1@example.org>",
        "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All",
    }  # fmt: skip
    assert mail["reply_to"] == "desk+reply@example.com"
    assert mail["attachments"] == [{"filename": "Plan Küche.pdf", "content": "AP8B", "content_type": "application/pdf"}]
    assert mail["tags"] == [{"name": "queue_id", "value": SENT.queue_id}]


async def test_sparkpost_is_sent_a_whole_mail(sparkpost: SparkPost) -> None:
    """The same mail in its form, untracked, with our row's id in the metadata."""
    outcome = await send(sparkpost, msgspec.structs.replace(SENT, attachments=(FILE,)))
    assert outcome.kind == "accepted"
    (mail,) = sparkpost.mails
    assert mail["content"]["from"] == {"email": "desk@example.com", "name": 'Müller & "Söhne"'}
    assert mail["recipients"] == [{"address": {"email": "ann@example.org", "name": "Ann"}}]
    assert mail["content"]["headers"]["References"] == "<in-0@example.org> <in-1@example.org>"
    assert mail["content"]["attachments"] == [{"name": "Plan Küche.pdf", "type": "application/pdf", "data": "AP8B"}]
    assert mail["metadata"] == {"queue_id": SENT.queue_id}
    assert mail["options"] == {"open_tracking": False, "click_tracking": False, "transactional": True}


async def test_marketing_carries_one_click_unsubscribe(api: Api) -> None:
    """RFC 8058: both headers, on marketing only, each on one line."""
    config = {"unsubscribe": {"url": "https://x.example/u/1", "mailto": "stop@example.com"}}
    await send(api, msgspec.structs.replace(SENT, purpose="marketing", session_config=config))
    await send(api, msgspec.structs.replace(SENT, idempotency_key="k2", session_config=config))
    marketing, reply = (mail.get("headers") or mail["content"]["headers"] for mail in api.mails)
    assert marketing["List-Unsubscribe"] == "<https://x.example/u/1>, <mailto:stop@example.com>"
    assert marketing["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in reply


@pytest.mark.parametrize("evil", ["x\r\nBcc: eve@example.org", "x\x00y"])
async def test_no_field_can_add_a_header(api: Api, evil: str) -> None:
    """A line break is refused here, not left to the provider."""
    mark = Mark()
    for field in ("subject", "sender_name", "recipient_name", "recipient"):
        outcome = await send(api, msgspec.structs.replace(SENT, **{field: evil}), mark)
        assert (outcome.kind, outcome.error_code) == ("rejected", "invalid_header")
    assert (mark.calls, api.calls) == (0, [])


async def test_a_repeated_request_is_byte_for_byte_the_same(resend: Resend) -> None:
    """The second attempt after a lost answer gets the first one's id, and one mail was sent."""
    moods = iter(["lose", None])
    resend.moods = lambda: next(moods)
    assert (await send(resend)).kind == "unknown"
    again = await send(resend, msgspec.structs.replace(SENT, attempt=2))
    assert again.kind == "accepted"
    assert again.provider_message_id == resend.keys["01a21239"][0]
    assert len(resend.mails) == 1


ONE_DAY = "Sun, 01 Nov 2099 10:00:00 GMT"
"""A date so far away that it is cut to a day."""
ENDINGS: dict[str, list[tuple[Any, tuple[str, str, float | None, bool]]]] = {
    "resend": [
        ((429, {"Retry-After": "7"}, {"name": "rate_limit_exceeded", "message": "Too many requests"}), ("retry", "429", 7.0, False)),
        ((429, {"ratelimit-reset": "2"}, {"name": "rate_limit_exceeded", "message": "Too many"}), ("retry", "429", 2.0, False)),
        ((429, {}, {"name": "daily_quota_exceeded", "message": "You have reached your quota"}), ("retry", "429", 3600.0, False)),
        ((422, {}, {"name": "invalid_to_address", "message": "Invalid `to`"}), ("rejected", "invalid_to_address", None, False)),
        ((422, {}, {"name": "validation_error", "message": "The recipient is on the suppression list"}), ("rejected", "validation_error", None, True)),
        ((403, {}, {"name": "validation_error", "message": "The domain is not verified"}), ("retry", "auth", 300.0, False)),
        ((401, {}, {"name": "missing_api_key", "message": "Missing API key"}), ("retry", "auth", 300.0, False)),
        ((409, {}, {"name": "concurrent_idempotent_requests", "message": "in progress"}), ("unknown", "concurrent_idempotent_requests", 5.0, False)),
        ((409, {}, {"name": "invalid_idempotent_request", "message": "other payload"}), ("unknown", "invalid_idempotent_request", None, False)),
        ((500, {}, {"name": "application_error", "message": "An unexpected error"}), ("unknown", "500", None, False)),
        ((200, {}, {"ok": True}), ("unknown", "no_answer", None, False)),
    ],
    "sparkpost": [
        ((429, {"Retry-After": ONE_DAY}, {"errors": [{"message": "Too Many Requests"}]}), ("retry", "429", 86_400.0, False)),
        ((420, {}, {"errors": [{"message": "Exceed Sending Limit", "code": "2102"}]}), ("retry", "429", 3600.0, False)),
        ((400, {}, {"errors": [{"code": "1902", "message": "Message generation rejected", "description": "recipient address suppressed due to customer policy"}]}), ("rejected", "1902", None, True)),
        ((422, {}, {"errors": [{"code": "5002", "message": "At least one valid recipient is required"}]}), ("rejected", "5002", None, False)),
        ((401, {}, {"errors": [{"message": "Unauthorized."}]}), ("retry", "auth", 300.0, False)),
        ((403, {}, {"errors": [{"message": "Forbidden."}]}), ("retry", "auth", 300.0, False)),
        ((413, {}, {"errors": [{"message": "Request Entity Too Large"}]}), ("rejected", "413", None, False)),
        ((503, {"Retry-After": "30"}, "<html>gateway</html>"), ("unknown", "503", 30.0, False)),
        ((200, {}, {"results": {"id": "1", "total_accepted_recipients": 0, "total_rejected_recipients": 1}}), ("rejected", "recipient_rejected", None, False)),
        ((302, {"Location": "http://127.0.0.1:9/"}, "moved"), ("retry", "302", None, False)),
        ((200, {}, [1, 2]), ("unknown", "no_answer", None, False)),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "answer", "expected"), [(p, a, e) for p, rows in ENDINGS.items() for a, e in rows]
)
async def test_every_answer_has_its_meaning(provider: str, answer: Any, expected: tuple[Any, ...]) -> None:
    """Status, the provider's own code and Retry-After decide; nothing is sent after a clear no."""
    with serve(KINDS[provider][0]()) as api:
        api.moods = lambda: answer
        outcome = await send(api)
    kind, code, after, gone = expected
    assert (outcome.kind, outcome.error_code, outcome.suppress_recipient) == (kind, code, gone)
    assert outcome.retry_after_s == after
    assert KEY not in repr(outcome)


@pytest.mark.parametrize("mood", ["lose", "close", "garbage", "torn", "hang"])
async def test_no_clear_answer_is_unknown(api: Api, mood: str) -> None:
    """Lost, late, torn or senseless: the request may have done its work."""
    mark = Mark()
    api.moods = lambda: mood
    outcome = await send(api, mark=mark, answer_s=0.4)
    assert (outcome.kind, outcome.error_code, mark.calls) == ("unknown", "no_answer", 1)


async def test_an_endless_answer_is_cut(api: Api) -> None:
    """A megabyte of answer is not read to its end."""
    api.moods = lambda: (500, {}, "x" * 1_000_000)
    outcome = await send(api)
    assert outcome.kind == "unknown"
    assert len(outcome.error or "") <= 500


async def test_nobody_listening_is_a_retry() -> None:
    """A connection that was never made has delivered nothing."""
    outcome = await ResendAdapter("http://127.0.0.1:9").send(SENT, Mark())
    assert (outcome.kind, outcome.error_code) == ("retry", "connection")


async def test_what_the_mark_raises_passes_and_nothing_is_sent(api: Api) -> None:
    """A lost lease stops the call."""
    with pytest.raises(ConnectionError, match="lease"):
        await send(api, mark=Mark(ConnectionError("lease lost")))
    assert api.calls == []


async def test_an_account_without_key_waits_for_one(api: Api) -> None:
    """Nothing is called; the row waits under the name `auth`."""
    mark = Mark()
    outcome = await send(api, msgspec.structs.replace(SENT, secrets={}), mark)
    assert (outcome.kind, outcome.error_code, mark.calls, api.calls) == ("retry", "auth", 0, [])


def session(provider: str, key: str = KEY) -> Session:
    """An account of a provider."""
    return Session(
        tenant_id="t",
        session_id="s",
        channel="email",
        provider=provider,
        address="desk@example.com",
        config={},
        secrets={"api_key": key},
    )


@pytest.mark.parametrize(
    ("provider", "key", "status"),
    [("resend", KEY, "connected"), ("resend", "re_sending_only", "connected"), ("resend", "re_wrong", "disconnected"),
     ("sparkpost", KEY, "connected"), ("sparkpost", "sending-only", "connected"), ("sparkpost", "wrong", "disconnected"), ("sparkpost", "", "disconnected")],
)  # fmt: skip
async def test_a_check_tells_a_good_key_from_a_bad_one(provider: str, key: str, status: str) -> None:
    """A key that may only send works; a refused one is told."""
    with serve(KINDS[provider][0]()) as api:
        out = adapter(api)
        assert (await out.check(session(provider, key))).status == status
        await out.close()


async def receipts(provider: str, payload: Any) -> list[tuple[Any, ...]]:
    """What a webhook call says, in short."""
    out = KINDS[provider][1]("http://127.0.0.1:9")
    hook = Webhook(event_id="evt_1", headers={}, payload=json.dumps(payload).encode())
    events = await out.read_webhook(hook, session(provider))
    return [(one.event_id, one.kind, one.external_message_id, one.queue_id, one.recipient) for one in events]


@pytest.mark.parametrize(
    ("kind", "extra", "expected"),
    [("email.delivered", {}, "delivered"), ("email.bounced", {"bounce": {"type": "Permanent", "message": "no such user"}}, "bounced_hard"),
     ("email.bounced", {"bounce": {"type": "Transient", "subType": "MailboxFull"}}, "bounced_soft"), ("email.complained", {}, "complained"),
     ("email.delivery_delayed", {}, "delayed"), ("email.suppressed", {}, "bounced_hard"), ("email.sent", {}, None), ("domain.updated", {}, None)],
)  # fmt: skip
@pytest.mark.parametrize("tags", [{"queue_id": "q1"}, [{"name": "queue_id", "value": "q1"}]])
async def test_resends_events_become_receipts(kind: str, extra: Any, expected: str | None, tags: Any) -> None:
    """Each names Resend's id and our row; what is no receipt is left out."""
    data = {"email_id": "e1", "to": ["ann@example.org"], "tags": tags, **extra}
    found = await receipts("resend", {"type": kind, "created_at": "2026-11-02T10:00:00.000Z", "data": data})
    assert found == ([("evt_1", expected, "e1", "q1", "ann@example.org")] if expected else [])


async def test_sparkposts_batches_become_receipts() -> None:
    """Several events a call, each with an id of its own; the bounce class decides between hard and soft."""
    base = {
        "transmission_id": "t1",
        "rcpt_to": "ann@example.org",
        "rcpt_meta": {"queue_id": "q1"},
        "timestamp": "1793613600",
    }
    kinds = [
        ("delivery", {}),
        ("bounce", {"bounce_class": "10"}),
        ("bounce", {"bounce_class": "22"}),
        ("bounce", {"bounce_class": "25"}),
        ("spam_complaint", {}),
        ("injection", {}),
    ]
    batch = [
        {"msys": {"message_event": {**base, "type": kind, "event_id": f"e{number}", **extra}}}
        for number, (kind, extra) in enumerate(kinds)
    ]
    found = await receipts("sparkpost", [*batch, {"msys": {}}, "?", {"msys": {"message_event": 3}}])
    assert [(one[0], one[1]) for one in found] == [
        ("e0", "delivered"),
        ("e1", "bounced_hard"),
        ("e2", "bounced_soft"),
        ("e3", "bounced_hard"),
        ("e4", "complained"),
    ]
    assert {one[2:] for one in found} == {("t1", "q1", "ann@example.org")}


@pytest.mark.parametrize("provider", KINDS)
@pytest.mark.parametrize("payload", [3, {}, "x", {"type": 1, "data": []}, None])
async def test_a_senseless_call_is_refused(provider: str, payload: Any) -> None:
    """ValueError, as the port asks for."""
    with pytest.raises(ValueError):
        await receipts(provider, payload)
