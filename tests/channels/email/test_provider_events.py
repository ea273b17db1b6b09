"""What providers tell of a mail afterwards, read into receipts: payloads as their public documentation shows them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels.email.provider_events import is_machine, read_events
from app.channels.email.resend import create_adapter as resend
from app.channels.email.smtp import SmtpAdapter
from app.channels.email.sparkpost import create_adapter as sparkpost
from app.domain.channels import Session, Webhook
from app.domain.inbound import Receipt
from app.settings import Settings

QUEUE = "01990000-0000-7000-8000-000000000001"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def hook(payload: Any) -> Webhook:
    """A stored call."""
    return Webhook(
        event_id="call", headers={}, payload=payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    )


def sns(event: Any, **members: Any) -> Webhook:
    """An event of SES as SNS wraps it."""
    text = event if isinstance(event, str) else json.dumps(event)
    return hook(
        {
            "Type": "Notification",
            "MessageId": "sns-1",
            "Timestamp": "2026-11-21T10:00:00.000Z",
            "Message": text,
            **members,
        }
    )


def ses(
    kind: str, details: dict[str, Any], *, name: str | None = None, label: str = "eventType", **mail: Any
) -> list[Receipt]:
    """Read one event of SES."""
    about = {"messageId": "ses-id", "destination": ["ann@example.com"], "tags": {"queue_id": [QUEUE]}, **mail}
    return read_events("ses", sns({label: kind, "mail": about, name or kind.lower(): details}))


# ── Amazon SES ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("type_", "kind"), [("Permanent", "bounced_hard"), ("Transient", "bounced_soft"), ("Undetermined", "bounced_soft")]
)
def test_ses_bounces_name_each_recipient(type_: str, kind: str) -> None:
    """Permanent ones are hard; everything else may pass."""
    details = {
        "bounceType": type_, "bounceSubType": "General", "timestamp": "2026-11-21T10:00:01.500Z",
        "bouncedRecipients": [
            {"emailAddress": "a@x.test", "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 no such user"},
            {"emailAddress": "b@x.test"},
        ],
    }  # fmt: skip
    first, second = ses("Bounce", details)
    assert first == Receipt(
        event_id="sns-1:0", kind=kind, external_message_id="ses-id", queue_id=QUEUE, recipient="a@x.test", status_code="5.1.1",
        diagnostic="smtp; 550 no such user", occurred_at=datetime(2026, 11, 21, 10, 0, 1, 500000, UTC),
    )  # fmt: skip
    assert (second.event_id, second.recipient, second.status_code) == ("sns-1:1", "b@x.test", None)


@pytest.mark.parametrize(
    ("kind", "name", "details", "expected"),
    [
        ("Complaint", None, {"complainedRecipients": [{"emailAddress": "ann@example.com"}], "complaintFeedbackType": "abuse"}, "complained"),
        ("Delivery", None, {"recipients": ["ann@example.com"], "smtpResponse": "250 ok"}, "delivered"),
        ("DeliveryDelay", "deliveryDelay", {"delayType": "MailboxFull", "delayedRecipients": [{"emailAddress": "ann@example.com", "status": "4.2.2"}]}, "delayed"),
        ("Reject", None, {"reason": "Bad content"}, "failed"),
        ("Rendering Failure", "failure", {"errorMessage": "Attribute 'x' is not present"}, "failed"),
        ("Open", None, {"userAgent": BROWSER, "ipAddress": "192.0.2.1"}, "opened"),
        ("Click", None, {"userAgent": BROWSER, "link": "https://x.test"}, "clicked"),
    ],
)  # fmt: skip
def test_every_event_of_ses_is_read(kind: str, name: str | None, details: dict[str, Any], expected: str) -> None:
    """Under event publishing, and under the older feedback notifications, which have no tags."""
    (receipt,) = ses(kind, details, name=name)
    assert (receipt.kind, receipt.recipient, receipt.queue_id, receipt.machine) == (
        expected,
        "ann@example.com",
        QUEUE,
        False,
    )
    older = {"tags": None, "headers": [{"name": "Message-Id", "value": "<ours@desk.test>"}]}
    (receipt,) = ses(kind, details, name=name, label="notificationType", **older)
    assert (receipt.kind, receipt.queue_id, receipt.external_message_id) == (expected, None, "ours@desk.test")


def test_what_ses_only_mentions_is_no_receipt() -> None:
    """Sends, subscriptions, Amazon's greeting, and what SNS says itself."""
    assert ses("Send", {}) == [] and ses("Subscription", {}) == [] and ses("Novelty", {}) == []
    assert read_events("ses", sns("Successfully validated SNS topic for Amazon SES event publishing.")) == []
    assert read_events("ses", hook({"Type": "SubscriptionConfirmation", "Message": "You have chosen"})) == []
    assert read_events("ses", sns("null")) == [] and read_events("ses", hook([])) == []


def test_a_proxy_of_ses_is_a_machine() -> None:
    """By the name it gives itself."""
    (receipt,) = ses("Open", {"userAgent": PROXY})
    assert receipt.machine


# ── SendGrid ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def sendgrid(**event: Any) -> list[Receipt]:
    """Read one event of SendGrid."""
    about = {"email": "ann@example.com", "timestamp": 1_700_000_000, "sg_event_id": "sg-1", "smtp-id": "<ours@desk.test>",
             "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "queue_id": QUEUE}  # fmt: skip
    return read_events("sendgrid", hook([{**about, **event}]))


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "delivered", "response": "250 OK"}, "delivered"), ({"event": "deferred", "response": "400 try again"}, "delayed"),
        ({"event": "bounce", "type": "bounce", "status": "5.0.0", "reason": "500 unknown recipient"}, "bounced_hard"),
        ({"event": "bounce", "type": "blocked", "status": "5.7.1", "reason": "blocked"}, "bounced_soft"),
        ({"event": "bounce", "status": "4.0.0"}, "bounced_soft"), ({"event": "spamreport"}, "complained"),
        ({"event": "dropped", "reason": "Bounced Address"}, "bounced_hard"), ({"event": "dropped", "reason": "Invalid"}, "bounced_hard"),
        ({"event": "dropped", "reason": "Spam Content"}, "failed"), ({"event": "dropped", "reason": "Unsubscribed Address"}, "unsubscribed"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "complained"),
        ({"event": "unsubscribe"}, "unsubscribed"), ({"event": "group_unsubscribe", "asm_group_id": 10}, "unsubscribed"),
        ({"event": "open", "useragent": BROWSER, "sg_machine_open": False}, "opened"), ({"event": "click", "useragent": BROWSER}, "clicked"),
    ],
)  # fmt: skip
def test_every_event_of_sendgrid_is_read(event: dict[str, Any], kind: str) -> None:
    """Known by our queue id, and by our Message-ID."""
    (receipt,) = sendgrid(**event)
    assert (receipt.kind, receipt.event_id, receipt.queue_id, receipt.external_message_id) == (
        kind,
        "sg-1",
        QUEUE,
        "ours@desk.test",
    )
    assert receipt.recipient == "ann@example.com" and not receipt.machine
    assert receipt.occurred_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_sendgrid_marks_machines_and_names_what_has_no_id() -> None:
    """Apple's prefetching by its flag, others by their name; without an event id the place in the call is one."""
    assert (
        sendgrid(event="open", sg_machine_open=True)[0].machine and sendgrid(event="open", useragent=PROXY)[0].machine
    )
    assert not sendgrid(event="delivered", useragent=PROXY)[0].machine
    (receipt,) = sendgrid(event="delivered", sg_event_id=None, **{"smtp-id": None})
    assert (receipt.event_id, receipt.external_message_id) == ("call:0", "14c5d75ce93")
    assert sendgrid(event="processed") == [] and sendgrid(event="group_resubscribe") == []
    assert read_events("sendgrid", hook(["x", None, {}, {"event": 7}])) == []


# ── the others, and the way in ───────────────────────────────────────────────────────────────────────────────────────


def session(provider: str, **config: Any) -> Session:
    """An account."""
    return Session(
        tenant_id="t", session_id="s", channel="email", provider=provider, address="d@x.test", config=config, secrets={}
    )


async def test_opens_of_resend_and_sparkpost_know_machines_too() -> None:
    """By user agent, and by what SparkPost itself found out."""
    seen = []
    for agent in (BROWSER, PROXY):
        event = {
            "type": "email.opened",
            "created_at": "2026-11-21T10:00:00Z",
            "data": {"email_id": "x", "open": {"userAgent": agent}},
        }
        (receipt,) = await resend(Settings()).read_webhook(hook(event), session("resend"))
        seen.append(receipt.machine)  # type: ignore[union-attr]
    for parsed in ({"is_proxy": False}, {"is_prefetched": True}):
        batch = [
            {
                "msys": {
                    "track_event": {"type": "open", "event_id": "e", "user_agent": BROWSER, "user_agent_parsed": parsed}
                }
            }
        ]
        (receipt,) = await sparkpost(Settings()).read_webhook(hook(batch), session("sparkpost"))
        seen.append(receipt.machine)  # type: ignore[union-attr]
    assert seen == [False, True, False, True]


async def test_an_smtp_account_reads_what_its_relay_tells() -> None:
    """`config.webhook.kind` names the provider; without one, or with nonsense, the call makes no sense."""
    adapter = SmtpAdapter("smtp://127.0.0.1:1?tls=none")
    (receipt,) = await adapter.read_webhook(
        hook([{"event": "delivered", "sg_event_id": "e"}]), session("smtp", webhook={"kind": "sendgrid"})
    )
    assert receipt.kind == "delivered"  # type: ignore[union-attr]
    for config in ({}, {"webhook": "x"}, {"webhook": {"kind": "other"}}):
        with pytest.raises(ValueError, match="no events"):
            await adapter.read_webhook(hook([]), session("smtp", **config))
    await adapter.close()


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"7", b'"x"', b"{}"])
def test_a_call_that_makes_no_sense_is_a_value_error(payload: bytes) -> None:
    """Or holds nothing: it never breaks the reader."""
    for kind in ("ses", "sendgrid"):
        try:
            assert read_events(kind, hook(payload)) == []
        except ValueError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("agent", "machine"),
    [(PROXY, True), (BROWSER, False), ("", False), (" Mozilla/5.0 ", True), ("Thunderbird", False)],
)
def test_machines_are_known_by_name(agent: str, machine: bool) -> None:
    """Proxies and scanners; a provider that names nobody says nothing."""
    assert is_machine(agent) is machine
