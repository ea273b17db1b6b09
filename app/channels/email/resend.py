"""The way out over Resend, class I: its `POST /emails` honours an `Idempotency-Key` for 24 hours.

The key is the queue row's id, and a repeated request has the same body, so a lost answer costs nothing. Account: secret
`api_key`, sender address of a domain verified there. The provider chooses the Message-ID; receipts name its own id and,
by a tag, our queue row.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.channels.email.http_api import QUOTA_PAUSE_S, MailApi, named, plain_headers, prepared
from app.channels.email.provider_events import is_machine
from app.channels.http_api import Answer, member, text_of
from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, Session, Webhook
from app.domain.email import OutgoingMail
from app.domain.inbound import ChannelEvent, Receipt
from app.settings import Settings

_KINDS = {
    "email.delivered": "delivered",
    "email.delivery_delayed": "delayed",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
    "email.failed": "failed",
    "email.suppressed": "bounced_hard",
}
CAPABILITIES = Capabilities(
    provider="resend",
    channel="email",
    webhook_secrets=frozenset({"webhook_secret"}),
    webhook_function="email-events",
    delivery_class="I",
    key_hours=24,
    direction="out",
    max_body_chars=500_000,
    max_attachment_bytes=28 * 1024 * 1024,
    max_attachments=20,
    session_per_second=10,
    receipts=frozenset({"bounced_hard", "bounced_soft", *_KINDS.values()}),
)


class ResendAdapter:
    """Sends for every Resend account of this installation."""

    capabilities = CAPABILITIES

    def __init__(self, base_url: str, *, answer_s: float = 30.0) -> None:
        self._api = MailApi("resend", base_url, answer_s=answer_s)

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one mail. Provider errors end as an `Outcome`; only what `before_send` raises is raised again."""
        ready = prepared(self._api, dispatch)
        if isinstance(ready, Outcome):
            return ready
        key, mail = ready
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": dispatch.idempotency_key}
        answer = await self._api.deliver("/emails", request(mail, dispatch), headers, before_send)
        return answer if isinstance(answer, Outcome) else self._outcome(answer)

    async def check(self, session: Session) -> Health:
        """Whether the key is valid. A key that may only send answers 401 with a name of its own, and works."""
        key = session.secrets.get("api_key", "")
        if not key:
            return Health(status="disconnected", reason="the account has no secret api_key")
        health = await self._api.look("/domains", {"Authorization": f"Bearer {key.strip()}"})
        return Health(status="connected") if "restricted_api_key" in (health.reason or "") else health

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """One event a call. Raises ValueError for what is no event."""
        del session
        event = msgspec.json.decode(webhook.payload)
        kind, data = member(event, "type"), member(event, "data")
        if not isinstance(kind, str) or not isinstance(data, dict):
            raise ValueError("a Resend event has a type and data")
        if kind == "email.bounced":
            permanent = text_of(member(data, "bounce", "type")).lower() == "permanent"
            receipt = "bounced_hard" if permanent else "bounced_soft"
        elif kind in _KINDS:
            receipt = _KINDS[kind]
        else:
            return []
        tags = data.get("tags")
        return [
            Receipt(
                event_id=webhook.event_id,
                kind=receipt,
                external_message_id=text_of(data.get("email_id")) or None,
                queue_id=_queue_id(tags),
                machine=receipt in {"opened", "clicked"} and is_machine(_agent(data)),
                recipient=text_of(member(data, "to", 0)) or None,
                diagnostic=text_of(member(data, "bounce", "message"))
                or text_of(member(data, "failed", "reason"))
                or None,
                occurred_at=_time(member(event, "created_at")),
            )
        ]

    async def close(self) -> None:
        """Release pooled connections."""
        await self._api.close()

    def _outcome(self, answer: Answer) -> Outcome:
        if answer.status < 300:
            made = text_of(member(answer.document, "id"))
            if made:
                return Outcome(kind="accepted", provider="resend", provider_message_id=made)
            return self._api.ended("unknown", "no_answer", f"an answer without id: {answer.text[:200]}")
        name, text = text_of(member(answer.document, "name")), text_of(member(answer.document, "message"))
        if name == "concurrent_idempotent_requests":
            return self._api.ended("unknown", name, text, answer.retry_after_s or 5.0)
        if name == "invalid_idempotent_request":
            # The key was used with other words: an earlier attempt got through, how it ended is not told.
            return self._api.ended("unknown", name, text)
        if name in {"daily_quota_exceeded", "monthly_quota_exceeded"}:
            return self._api.ended("retry", "429", f"{name}: {text}", answer.retry_after_s or QUOTA_PAUSE_S)
        return self._api.refused(answer, name, text or answer.text[:200])


def create_adapter(settings: Settings) -> ResendAdapter:
    """The adapter of this process."""
    return ResendAdapter(settings.resend_url)


def request(mail: OutgoingMail, dispatch: Dispatch) -> dict[str, Any]:
    """The body of `POST /emails`; the same mail gives the same body."""
    document: dict[str, Any] = {
        "from": named(mail.from_address, mail.from_name),
        "to": [mail.to_address],
        "subject": mail.subject or "(no subject)",
        "text": mail.text,
        "headers": plain_headers(mail),
        "tags": [{"name": "queue_id", "value": dispatch.queue_id}],
    }
    if mail.html is not None:
        document["html"] = mail.html
    if mail.reply_to:
        document["reply_to"] = mail.reply_to
    if mail.files:
        document["attachments"] = [
            {
                "filename": file.filename,
                "content": base64.b64encode(file.data).decode(),
                "content_type": file.content_type,
            }
            for file in mail.files
        ]
    return document


def _queue_id(tags: Any) -> str | None:
    """Tags come as an object or as a list of names and values."""
    if isinstance(tags, list):
        tags = {member(one, "name"): member(one, "value") for one in tags}
    return text_of(member(tags, "queue_id")) or None


def _agent(data: dict[str, Any]) -> str:
    return text_of(member(data, "click", "userAgent")) or text_of(member(data, "open", "userAgent"))


def _time(written: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return None
