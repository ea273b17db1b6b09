"""The way out over SparkPost, class N: no idempotency key is documented for its transmissions, so none is claimed.

Every transmission carries our queue row's id in its metadata, and events repeat it: a send whose answer was lost is
settled by the first event about it. Account: secret `api_key`, sender address of a verified sending domain.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.channels.email.http_api import QUOTA_PAUSE_S, MailApi, plain_headers, prepared
from app.channels.email.provider_events import is_machine
from app.channels.http_api import Answer, member, text_of
from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, Session, Webhook
from app.domain.email import OutgoingMail
from app.domain.inbound import ChannelEvent, Receipt
from app.settings import Settings

_KINDS = {
    "delivery": "delivered",
    "delay": "delayed",
    "spam_complaint": "complained",
    "list_unsubscribe": "unsubscribed",
    "link_unsubscribe": "unsubscribed",
    "open": "opened",
    "initial_open": "opened",
    "click": "clicked",
    "generation_failure": "failed",
    "generation_rejection": "failed",
    "policy_rejection": "failed",
}
CAPABILITIES = Capabilities(
    provider="sparkpost",
    channel="email",
    webhook_secrets=frozenset({"webhook_secret"}),
    webhook_function="email-events",
    delivery_class="N",
    direction="out",
    max_body_chars=500_000,
    max_attachment_bytes=14 * 1024 * 1024,
    max_attachments=20,
    receipts=frozenset({"bounced_hard", "bounced_soft", *_KINDS.values()}),
)
EVENTS_MOST = 10_000
_HARD_CLASSES = {"10", "30", "90"}
"""Bounce classes of SparkPost that speak of the address: invalid, none given, unsubscribed."""
_SUPPRESSED_CLASS = "25"


class SparkPostAdapter:
    """Sends for every SparkPost account of this installation."""

    capabilities = CAPABILITIES

    def __init__(self, base_url: str, *, answer_s: float = 30.0) -> None:
        self._api = MailApi("sparkpost", base_url, answer_s=answer_s)

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one mail. Provider errors end as an `Outcome`; only what `before_send` raises is raised again."""
        ready = prepared(self._api, dispatch)
        if isinstance(ready, Outcome):
            return ready
        key, mail = ready
        headers = {"Authorization": key}
        answer = await self._api.deliver("/api/v1/transmissions", request(mail, dispatch), headers, before_send)
        return answer if isinstance(answer, Outcome) else self._outcome(answer)

    async def check(self, session: Session) -> Health:
        """Whether the key is valid; 403 comes from a valid key that may not read the account."""
        key = session.secrets.get("api_key", "")
        if not key:
            return Health(status="disconnected", reason="the account has no secret api_key")
        return await self._api.look("/api/v1/account", {"Authorization": key.strip()}, restricted=(403,))

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """A batch of events a call; what is none of ours is left out. Raises ValueError for what is no batch."""
        del session
        batch = msgspec.json.decode(webhook.payload)
        if not isinstance(batch, list):
            raise ValueError("a SparkPost call is a list of events")
        events: list[ChannelEvent] = []
        for number, entry in enumerate(batch[:EVENTS_MOST]):
            groups = member(entry, "msys")
            for event in groups.values() if isinstance(groups, dict) else ():
                receipt = _receipt(event, f"{webhook.event_id}:{number}")
                if receipt is not None:
                    events.append(receipt)
        return events

    async def close(self) -> None:
        """Release pooled connections."""
        await self._api.close()

    def _outcome(self, answer: Answer) -> Outcome:
        if answer.status < 300:
            results = member(answer.document, "results")
            made, accepted = text_of(member(results, "id")), member(results, "total_accepted_recipients")
            if made and accepted == 0:
                return self._api.ended("rejected", "recipient_rejected", "the provider accepted no recipient")
            if made:
                return Outcome(kind="accepted", provider="sparkpost", provider_message_id=made)
            return self._api.ended("unknown", "no_answer", f"an answer without id: {answer.text[:200]}")
        first = member(answer.document, "errors", 0)
        code = member(first, "code")
        name = str(code) if isinstance(code, str | int) else ""
        text = " ".join(filter(None, (text_of(member(first, "message")), text_of(member(first, "description")))))
        if answer.status == 420:
            return self._api.ended(
                "retry", "429", text or "sending limit reached", answer.retry_after_s or QUOTA_PAUSE_S
            )
        return self._api.refused(answer, name, text or answer.text[:200])


def create_adapter(settings: Settings) -> SparkPostAdapter:
    """The adapter of this process."""
    return SparkPostAdapter(settings.sparkpost_url)


def request(mail: OutgoingMail, dispatch: Dispatch) -> dict[str, Any]:
    """The body of a transmission to one recipient. Tracking is off: what we send is what arrives."""
    content: dict[str, Any] = {
        "from": {"email": mail.from_address, **({"name": mail.from_name} if mail.from_name else {})},
        "subject": mail.subject or "(no subject)",
        "text": mail.text,
        "headers": plain_headers(mail),
    }
    if mail.html is not None:
        content["html"] = mail.html
    if mail.reply_to:
        content["reply_to"] = mail.reply_to
    if mail.files:
        content["attachments"] = [
            {"name": file.filename, "type": file.content_type, "data": base64.b64encode(file.data).decode()}
            for file in mail.files
        ]
    address = {"email": mail.to_address, **({"name": mail.to_name} if mail.to_name else {})}
    return {
        "options": {
            "open_tracking": False,
            "click_tracking": False,
            "transactional": dispatch.purpose in {"reply", "conversation", "notification"},
        },
        "recipients": [{"address": address}],
        "metadata": {"queue_id": dispatch.queue_id},
        "content": content,
    }


def _receipt(event: Any, event_id: str) -> Receipt | None:
    kind = text_of(member(event, "type"))
    bounce_class = str(member(event, "bounce_class") or "")
    reason = text_of(member(event, "raw_reason")) or text_of(member(event, "reason"))
    if kind in {"bounce", "out_of_band"}:
        gone = bounce_class in _HARD_CLASSES or bounce_class == _SUPPRESSED_CLASS
        receipt = "bounced_hard" if gone else "bounced_soft"
    elif kind in _KINDS:
        receipt = _KINDS[kind]
    else:
        return None
    return Receipt(
        event_id=text_of(member(event, "event_id")) or event_id,
        kind=receipt,
        external_message_id=text_of(member(event, "transmission_id")) or None,
        queue_id=text_of(member(event, "rcpt_meta", "queue_id")) or None,
        recipient=text_of(member(event, "rcpt_to")) or None,
        status_code=text_of(member(event, "error_code")) or None,
        diagnostic=reason or None,
        machine=receipt in {"opened", "clicked"} and _by_machine(event),
        occurred_at=_time(member(event, "timestamp")),
    )


def _by_machine(event: Any) -> bool:
    parsed = member(event, "user_agent_parsed")
    told = any(member(parsed, name) is True for name in ("is_proxy", "is_prefetched"))
    return told or is_machine(text_of(member(event, "user_agent")))


def _time(written: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(written), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
