"""From a parsed mail to committed rows: one transaction for all recipients. No SMTP here, and nothing is decided."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from app.db import worker as db
from app.db.queries import query
from app.domain.email import Attachment, MailReport, ParsedMail

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
    async with connection.transaction():
        for mailbox in sorted(set(mailboxes), key=lambda box: (box.tenant_id, box.session_id)):
            await connection.execute(query("inbound", "set_tenant"), {"tenant_id": mailbox.tenant_id})
            rows = await db.fetch(connection, "inbound", "insert_inbound", **_message(mail, mailbox))
            new = bool(rows)
            if not new:
                rows = await db.fetch(connection, "inbound", "find_message", **_message_key(mail, mailbox))
            row = rows[0]
            for attachment in mail.attachments if new else ():
                await connection.execute(
                    query("inbound", "insert_attachment"), _attachment(attachment, mailbox, row["id"])
                )
            for number, report in enumerate(mail.reports):
                receipt = Jsonb(_receipt(report, f"{mail.dedupe_id}:{number}", mail))
                await db.fetch(
                    connection, "inbound", "record_receipt", tenant_id=mailbox.tenant_id, receipt=receipt
                )  # fmt: skip
            done.append(Ingested(mailbox, row["id"], row["thread_id"], new))
    return done


def _message_key(mail: ParsedMail, mailbox: Mailbox) -> dict[str, Any]:
    return {
        "tenant_id": mailbox.tenant_id,
        "channel": "email",
        "external_message_id": mail.dedupe_id[:1100],
        "content_digest": mail.content_digest,
    }


def _storable(address: str | None) -> bool:
    return (
        address is not None
        and len(address) <= 320
        and address == address.lower()
        and bool(_STORABLE.fullmatch(address))
    )


def _message(mail: ParsedMail, mailbox: Mailbox) -> dict[str, Any]:
    sender = next((a for a in (mail.from_address, mail.envelope_from) if _storable(a)), NOBODY)
    metadata: dict[str, Any] = {
        "message_id": mail.message_id,
        "to": list(mail.to_addresses[:50]),
        "reply_to": mail.reply_to if _storable(mail.reply_to) else None,
        "from_written": mail.from_address if sender != mail.from_address else None,
        "auto_reason": mail.auto_reason,
        "spam_reasons": list(mail.spam_reasons),
        "unsubscribe_request": mail.unsubscribe_request or None,
        "unparsed": mail.unparsed,
        "attachments": [
            {"filename": a.filename, "size_bytes": a.size_bytes, "refused": a.refused} for a in mail.attachments
        ],
    }
    return _message_key(mail, mailbox) | {
        "session_id": mailbox.session_id,
        "sender_address": sender,
        "sender_name": mail.from_name or None,
        "subject": mail.subject[:1000] or None,
        "body": mail.text,
        "reference_ids": list(dict.fromkeys((*mail.references, *((mail.in_reply_to,) if mail.in_reply_to else ())))),
        "auto_class": mail.auto_class,
        "spam_score": mail.spam_score,
        "message_type": "text",
        "metadata": Jsonb({name: value for name, value in metadata.items() if value not in (None, [])}),
        "occurred_at": mail.sent_at,
    }


def _attachment(attachment: Attachment, mailbox: Mailbox, message_id: str) -> dict[str, Any]:
    return {
        "tenant_id": mailbox.tenant_id,
        "id": uuid.uuid4(),
        "message_id": message_id,
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "inline": attachment.inline,
        "content_id": attachment.content_id,
        "refused": attachment.refused,
        "data": attachment.data,
    }


def _receipt(report: MailReport, event_id: str, mail: ParsedMail) -> dict[str, Any]:
    return {
        "provider": "email",
        "event_id": event_id,
        "channel": "email",
        "kind": report.kind,
        "external_message_id": report.original_message_id,
        "recipient": report.recipient,
        "status_code": report.status_code,
        "diagnostic": report.diagnostic,
        "occurred_at": mail.sent_at.isoformat() if mail.sent_at else None,
    }
