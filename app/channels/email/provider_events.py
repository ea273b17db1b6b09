"""What mail providers tell of a mail afterwards, as receipts of the core. Pure: payload in, receipts out.

Amazon SES (event publishing and feedback notifications, inside an SNS message) and SendGrid's event webhook, for
accounts that send through their SMTP relays; Resend and SparkPost are read by their adapters. A mail is known by our
queue id where the provider was given it to repeat, else by the provider's own id or our Message-ID.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.channels.http_api import member, text_of
from app.domain.channels import Webhook
from app.domain.inbound import Receipt

EVENTS_MOST = 10_000
_MACHINES = re.compile(
    r"(?i)googleimageproxy|ggpht|yahoomailproxy|^mozilla/5\.0$|bot\b|bot/|crawl|spider|preview|scanner|prefetch|barracuda|"
    r"mimecast|proofpoint|symantec|messagelabs|trendmicro|fireeye|safelinks|cloudmark|sophos|forcepoint"
)
_SES = {
    "Delivery": "delivered", "DeliveryDelay": "delayed", "Complaint": "complained", "Open": "opened",
    "Click": "clicked", "Reject": "failed", "Rendering Failure": "failed",
}  # fmt: skip
_SES_DETAILS = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}
_SES_RECIPIENTS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
_SENDGRID = {
    "delivered": "delivered", "deferred": "delayed", "spamreport": "complained", "open": "opened", "click": "clicked",
    "unsubscribe": "unsubscribed", "group_unsubscribe": "unsubscribed",
}  # fmt: skip
_SENDGRID_DROPPED = {
    "bounced address": "bounced_hard", "invalid": "bounced_hard", "unsubscribed address": "unsubscribed",
    "spam reporting address": "complained",
}  # fmt: skip


def is_machine(user_agent: str) -> bool:
    """Whether a mail proxy or scanner calls itself so; it opens mail that nobody reads."""
    return bool(_MACHINES.search(user_agent.strip()))


def read_events(kind: str, webhook: Webhook) -> list[Receipt]:
    """The receipts in a call of a relay's provider, `ses` or `sendgrid`. Raises ValueError for what makes no sense."""
    if kind == "ses":
        return list(ses_receipts(_decoded(webhook.payload)))
    if kind == "sendgrid":
        return list(sendgrid_receipts(_decoded(webhook.payload), webhook.event_id))
    raise ValueError(f"no events of {kind!r} are known")


def ses_receipts(message: Any) -> Iterator[Receipt]:
    """One receipt for each recipient of an SNS message. What SNS itself says (a subscription) has none."""
    if member(message, "Type") != "Notification":
        return
    text = member(message, "Message")
    try:
        event = msgspec.json.decode(text) if isinstance(text, str) else None
    except msgspec.DecodeError:
        return  # Amazon's own words: "Successfully validated SNS topic …"
    kind = text_of(member(event, "eventType")) or text_of(member(event, "notificationType"))
    details = member(event, _SES_DETAILS.get(kind, kind.lower()))
    receipt = _ses_bounce(details) if kind == "Bounce" else _SES.get(kind)
    if receipt is None:
        return
    for number, (address, status, diagnostic) in enumerate(_ses_recipients(event, details)):
        yield Receipt(
            event_id=f"{text_of(member(message, 'MessageId'))}:{number}",
            kind=receipt,
            external_message_id=_ses_message_id(event),
            queue_id=text_of(member(event, "mail", "tags", "queue_id", 0)) or None,
            recipient=address,
            status_code=status,
            diagnostic=diagnostic,
            machine=receipt in {"opened", "clicked"} and is_machine(text_of(member(details, "userAgent"))),
            occurred_at=_iso(member(details, "timestamp")) or _iso(member(message, "Timestamp")),
        )


def _ses_message_id(event: Any) -> str | None:
    """Our Message-ID where the headers came along: Amazon gives the mail one of its own."""
    for header in _list(member(event, "mail", "headers")):
        if text_of(member(header, "name")).lower() == "message-id":
            return text_of(member(header, "value")).strip("<> ") or None
    return text_of(member(event, "mail", "messageId")) or None


def _ses_bounce(details: Any) -> str:
    return "bounced_hard" if member(details, "bounceType") == "Permanent" else "bounced_soft"


def _ses_recipients(event: Any, details: Any) -> Iterator[tuple[str | None, str | None, str | None]]:
    """(address, status code, diagnostic) of whom an event is about."""
    said = text_of(member(details, "smtpResponse")) or text_of(member(details, "reason"))
    said = said or text_of(member(details, "errorMessage")) or text_of(member(details, "delayType"))
    told = [one for name in _SES_RECIPIENTS for one in _list(member(details, name))]
    for one in told:
        diagnostic = text_of(member(one, "diagnosticCode")) or said
        yield text_of(member(one, "emailAddress")) or None, text_of(member(one, "status")) or None, diagnostic or None
    if not told:
        for one in _list(member(details, "recipients")) or _list(member(event, "mail", "destination")) or [None]:
            yield text_of(one) or None, None, said or None


def sendgrid_receipts(batch: Any, call_id: str) -> Iterator[Receipt]:
    """One receipt for each event that says something of a mail. Raises ValueError for what is no batch."""
    if not isinstance(batch, list):
        raise ValueError("a SendGrid call is a list of events")
    for number, event in enumerate(batch[:EVENTS_MOST]):
        kind = _sendgrid_kind(event)
        if kind is None:
            continue
        sent = text_of(member(event, "smtp-id")).strip("<> ")
        yield Receipt(
            event_id=text_of(member(event, "sg_event_id")) or f"{call_id}:{number}",
            kind=kind,
            external_message_id=sent or text_of(member(event, "sg_message_id")).partition(".")[0] or None,
            queue_id=text_of(member(event, "queue_id")) or None,
            recipient=text_of(member(event, "email")) or None,
            status_code=text_of(member(event, "status")) or None,
            diagnostic=text_of(member(event, "reason")) or text_of(member(event, "response")) or None,
            machine=kind in {"opened", "clicked"}
            and (member(event, "sg_machine_open") is True or is_machine(text_of(member(event, "useragent")))),
            occurred_at=_seconds(member(event, "timestamp")),
        )


def _sendgrid_kind(event: Any) -> str | None:
    name = text_of(member(event, "event"))
    if name == "bounce":
        # `blocked` is the receiver's mood or ours; `bounce` with 5.x.x speaks of the address.
        hard = member(event, "type") != "blocked" and not text_of(member(event, "status")).startswith("4")
        return "bounced_hard" if hard else "bounced_soft"
    if name == "dropped":
        return _SENDGRID_DROPPED.get(text_of(member(event, "reason")).lower(), "failed")
    return _SENDGRID.get(name)


def _decoded(payload: bytes) -> Any:
    try:
        return msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise ValueError(f"no JSON: {error}") from error


def _list(value: Any) -> list[Any]:
    return value[:EVENTS_MOST] if isinstance(value, list) else []


def _iso(written: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(written: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(written), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
