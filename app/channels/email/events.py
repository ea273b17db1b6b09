"""From a parsed mail to what the core stores: one message with its files, and a receipt for every report in it."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from app.channels.email.parse import parse_mail
from app.domain.email import MailLimits, MailReport, ParsedMail
from app.domain.inbound import ChannelEvent, InboundFile, InboundMessage, Receipt

NOBODY = "unknown@invalid"
"""Stands in for a sender address that is no address; the written one stays in the metadata."""
_STORABLE = re.compile(r"[^\s\x00-\x1f\x7f@]+@[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
"""What `private.is_address('email', …)` accepts."""


def to_events(mail: ParsedMail) -> list[ChannelEvent]:
    """The message first, then its receipts. Their event ids come from the mail's own id: a copy counts once."""
    receipts = (_receipt(report, f"{mail.dedupe_id}:{number}", mail) for number, report in enumerate(mail.reports))
    return [_message(mail), *receipts]


def too_large(head: bytes, size: int, limits: MailLimits, most: int) -> ParsedMail:
    """A mail whose body was not fetched: its header, a note instead of the text, and why it is not all there."""
    note = f"This mail is {size} bytes large, more than the {most} that are taken. It is still in the mailbox."
    kept = re.sub(rb"(?im)^(?:content-[a-z-]+|mime-version):.*(?:\r?\n[ \t].*)*\r?\n", b"", head).rstrip(b"\r\n")
    mail = parse_mail(kept + b"\r\n\r\n" + note.encode(), envelope_from="?@?", envelope_to=[], limits=limits)
    return msgspec.structs.replace(mail, unparsed=f"larger than {most} bytes")


def storable(address: str | None) -> bool:
    """Whether the database takes this as an e-mail address."""
    return (
        address is not None
        and len(address) <= 320
        and address == address.lower()
        and bool(_STORABLE.fullmatch(address))
    )


def _message(mail: ParsedMail) -> InboundMessage:
    sender = next((a for a in (mail.from_address, mail.envelope_from) if storable(a)), NOBODY)
    metadata: dict[str, Any] = {
        "message_id": mail.message_id,
        "to": list(mail.to_addresses[:50]),
        "reply_to": mail.reply_to if storable(mail.reply_to) else None,
        "from_written": mail.from_address if sender != mail.from_address else None,
        "auto_reason": mail.auto_reason,
        "spam_reasons": list(mail.spam_reasons),
        "unsubscribe_request": mail.unsubscribe_request or None,
        "unparsed": mail.unparsed,
    }
    references: Sequence[str] = (*mail.references, *((mail.in_reply_to,) if mail.in_reply_to else ()))
    return InboundMessage(
        external_message_id=mail.dedupe_id[:1100],
        content_digest=mail.content_digest,
        sender_address=sender,
        sender_name=mail.from_name or None,
        subject=mail.subject[:1000] or None,
        body=mail.text,
        reference_ids=tuple(dict.fromkeys(references)),
        auto_class=mail.auto_class,
        spam_score=mail.spam_score,
        occurred_at=mail.sent_at,
        metadata={name: value for name, value in metadata.items() if value not in (None, [])},
        files=tuple(
            InboundFile(
                filename=one.filename, content_type=one.content_type, size_bytes=one.size_bytes, data=one.data,
                sha256=one.sha256, inline=one.inline, content_id=one.content_id, refused=one.refused,
            )
            for one in mail.attachments
        ),
        html=None if mail.unparsed else mail.html,
    )  # fmt: skip


def _receipt(report: MailReport, event_id: str, mail: ParsedMail) -> Receipt:
    return Receipt(
        event_id=event_id,
        kind=report.kind,
        external_message_id=report.original_message_id,
        recipient=report.recipient,
        status_code=report.status_code,
        diagnostic=report.diagnostic,
        occurred_at=mail.sent_at,
    )
