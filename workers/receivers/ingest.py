"""From a parsed mail to committed rows: one transaction for all recipients. No SMTP here, and nothing is decided."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from app.db import worker as db
from app.db.inbound import Place, store
from app.domain.email import Attachment, MailReport, ParsedMail
from app.domain.inbound import ChannelEvent, InboundFile, InboundMessage, Receipt

NOBODY = "unknown@invalid"
"""Stands in for a sender address that is no address; the written one stays in the metadata."""


_STORABLE = re.compile(r"[^\s\x00-\x1f\x7f@]+@[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
"""What `private.is_address('email', …)` accepts."""


class Mailbox(msgspec.Struct, frozen=True):
    """The channel session a recipient address belongs to."""

    tenant_id: str
    session_id: str


class Ingested(msgspec.Struct, frozen=True):
    """Where one mail is in one mailbox; `new` is False when it was there already."""

    mailbox: Mailbox
    message_id: str
    thread_id: str
    new: bool


async def find_mailbox(connection: db.Connection, address: str) -> Mailbox | None:
    """The mailbox behind a normalised address; `name+tag@…` is `name@…` unless it exists by itself."""
    local, _, domain = address.rpartition("@")
    for candidate in dict.fromkeys((address, f"{local.partition('+')[0]}@{domain}")):
        rows = await db.fetch(connection, "inbound", "find_inbound_session", channel="email", address=candidate)
        if rows:
            return Mailbox(rows[0]["tenant_id"], rows[0]["session_id"])
    return None


async def ingest(connection: db.Connection, mail: ParsedMail, mailboxes: Sequence[Mailbox]) -> list[Ingested]:
    """Write one mail into all `mailboxes`, or nothing. Sorted, so that two copies of one mail cannot deadlock."""
    done: list[Ingested] = []
    events = to_events(mail)
    async with connection.transaction():
        for mailbox in sorted(set(mailboxes), key=lambda box: (box.tenant_id, box.session_id)):
            place = Place(mailbox.tenant_id, mailbox.session_id, "email", "email")
            (one,) = await store(connection, place, events)
            done.append(Ingested(mailbox, one.message_id, one.thread_id, one.new))
    return done


def to_events(mail: ParsedMail) -> list[ChannelEvent]:
    """A mail as what the core stores: one message, then what it reports about mails of ours."""
    return [_message(mail), *(_receipt(report, number, mail) for number, report in enumerate(mail.reports))]


def _storable(address: str | None) -> bool:
    return (
        address is not None
        and len(address) <= 320
        and address == address.lower()
        and bool(_STORABLE.fullmatch(address))
    )


def _message(mail: ParsedMail) -> InboundMessage:
    sender = next((a for a in (mail.from_address, mail.envelope_from) if _storable(a)), NOBODY) or NOBODY
    metadata: dict[str, Any] = {
        "message_id": mail.message_id,
        "to": list(mail.to_addresses[:50]),
        "reply_to": mail.reply_to if _storable(mail.reply_to) else None,
        "from_written": mail.from_address if sender != mail.from_address else None,
        "auto_reason": mail.auto_reason,
        "spam_reasons": list(mail.spam_reasons),
        "unsubscribe_request": mail.unsubscribe_request or None,
        "unparsed": mail.unparsed,
    }
    replied = (mail.in_reply_to,) if mail.in_reply_to else ()
    return InboundMessage(
        external_message_id=mail.dedupe_id[:1100],
        content_digest=mail.content_digest,
        sender_address=sender,
        sender_name=mail.from_name or None,
        subject=mail.subject[:1000] or None,
        body=mail.text,
        reference_ids=tuple(dict.fromkeys((*mail.references, *replied))),
        auto_class=mail.auto_class,
        spam_score=mail.spam_score,
        metadata=metadata,
        occurred_at=mail.sent_at,
        files=tuple(_file(attachment) for attachment in mail.attachments),
    )


def _file(attachment: Attachment) -> InboundFile:
    return InboundFile(
        filename=attachment.filename,
        content_type=attachment.content_type,
        size_bytes=attachment.size_bytes,
        data=attachment.data,
        sha256=attachment.sha256,
        inline=attachment.inline,
        content_id=attachment.content_id,
        refused=attachment.refused,
    )


def _receipt(report: MailReport, number: int, mail: ParsedMail) -> Receipt:
    return Receipt(
        event_id=f"{mail.dedupe_id}:{number}",
        kind=report.kind,
        external_message_id=report.original_message_id,
        recipient=report.recipient,
        status_code=report.status_code,
        diagnostic=report.diagnostic,
        occurred_at=mail.sent_at,
    )
