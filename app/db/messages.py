"""Messages as the API reads and sends them: one typed function per query of messages.sql."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from app.db.queries import load
from app.db.unit import Row, Unit, rows_as
from app.domain.channels import Template
from app.domain.messages import (
    Attachment,
    AttachmentData,
    Message,
    MessageHtml,
    Page,
    Retried,
    Sent,
    SingleMessage,
    Uploaded,
)
from app.domain.outbound import Lifted, Resolved, Suppressed, Suppression, UnknownDispatch
from app.domain.paging import Position
from app.errors import NotFound

QUERIES = load("messages")
HEAD_COLUMNS = 3


async def page_by_rev(unit: Unit, thread_id: UUID, *, since: int, limit: int) -> Page | None:
    """Messages that changed after a rev, oldest change first; None when the caller sees no such thread."""
    params = {"thread_id": thread_id, "since": since, "limit": limit}
    return _page(await unit.read(QUERIES["page_by_rev"], params))


async def page_by_seq(unit: Unit, thread_id: UUID, *, before_seq: int, limit: int) -> Page | None:
    """Messages before a seq, newest first; None when the caller sees no such thread."""
    params = {"thread_id": thread_id, "before_seq": before_seq, "limit": limit}
    return _page(await unit.read(QUERIES["page_by_seq"], params))


async def history(unit: Unit, thread_id: UUID, *, before_id: UUID | None, limit: int) -> list[SingleMessage] | None:
    """Messages of a thread and of those merged with it, newest first; None when the caller sees no such thread."""
    rows = await unit.read(QUERIES["history"], {"thread_id": thread_id, "before_id": before_id, "limit": limit})
    return rows_as(SingleMessage, [row for row in rows if row[0] is not None]) if rows else None


def _page(rows: list[Row]) -> Page | None:
    if not rows:
        return None
    messages = [Message(*row[HEAD_COLUMNS:]) for row in rows if row[HEAD_COLUMNS] is not None]
    last_seq, last_rev, control = rows[0][:HEAD_COLUMNS]
    return Page(last_seq, last_rev, control, messages)


async def rev_at(unit: Unit, thread_id: UUID, at: datetime) -> int | None:
    """The rev just before a moment; None when the caller sees no such thread."""
    rows = await unit.read(QUERIES["rev_at"], {"thread_id": thread_id, "at": at})
    return None if rows[0][0] is None else int(rows[0][0])


async def get_message(unit: Unit, message_id: UUID) -> SingleMessage | None:
    """One message, None when the caller sees no such message."""
    rows = await unit.read(QUERIES["get_message"], {"message_id": message_id})
    return SingleMessage(*rows[0][HEAD_COLUMNS:]) if rows else None


async def message_html(unit: Unit, message_id: UUID) -> MessageHtml | None:
    """How a mail was laid out; None when the caller sees no such message. Raises NotFound when it has no HTML."""
    rows = await unit.read(QUERIES["message_html"], {"message_id": message_id})
    if not rows:
        return None
    if rows[0][0] is None:
        raise NotFound("This message has no HTML.", code="no_html", remedy="its body says the same as text")
    return msgspec.convert(rows[0][0], MessageHtml)


async def send_message(
    unit: Unit, thread_id: UUID, body: str, *, client_message_id: str | None, expected_last_seq: int | None,
    subject: str | None, template: Template | None = None, attachments: Sequence[UUID] = (),
) -> Sent:  # fmt: skip
    """Send a message. Raises Conflict with what is new, RateLimited, BadInput, NotFound."""
    params = {
        "thread_id": thread_id, "body": body, "client_message_id": client_message_id,
        "expected_last_seq": expected_last_seq, "subject": subject,
        "template": None if template is None else Jsonb(msgspec.to_builtins(template)),
        "attachments": list(attachments),
    }  # fmt: skip
    return msgspec.convert(await unit.write(QUERIES["send_message"], params), Sent)


async def upload_attachment(unit: Unit, filename: str, content_type: str | None, data: bytes) -> Uploaded:
    """Keep a file that is to be sent. Raises BadInput, TooLarge, RateLimited where the tenant's quota is full."""
    params = {"filename": filename, "content_type": content_type, "data": data}
    return msgspec.convert(await unit.call(QUERIES["upload_attachment"], params), Uploaded)


async def explain_message(unit: Unit, message_id: UUID) -> dict[str, Any]:
    """The chain of one message: message, thread, moderation, decision, waiting, dispatches, notifications."""
    return await unit.call(QUERIES["explain_message"], {"message_id": message_id})


async def retry_inbound(unit: Unit, message_id: UUID) -> Retried:
    """Decide again on a failed message."""
    return msgspec.convert(await unit.call(QUERIES["retry_inbound"], {"message_id": message_id}), Retried)


async def resolve_unknown(unit: Unit, message_id: UUID, resolution: str) -> Resolved:
    """Settle an unknown dispatch as sent, failed or resend."""
    return msgspec.convert(
        await unit.call(QUERIES["resolve_unknown"], {"message_id": message_id, "resolution": resolution}), Resolved
    )


async def list_attachments(unit: Unit, message_id: UUID) -> list[Attachment] | None:
    """Files of a message; None when the caller sees no such message."""
    rows = await unit.read(QUERIES["list_attachments"], {"message_id": message_id})
    return rows_as(Attachment, [row for row in rows if row[0] is not None]) if rows else None


async def get_attachment(unit: Unit, attachment_id: UUID) -> AttachmentData | None:
    """One file with its bytes; None when the caller sees no such file."""
    rows = await unit.read(QUERIES["get_attachment"], {"attachment_id": attachment_id})
    return AttachmentData(*rows[0]) if rows else None


async def list_unknown_dispatches(unit: Unit, *, above: Position | None, limit: int) -> list[UnknownDispatch]:
    """Sends without a known outcome, oldest first."""
    params = {"above_at": above and above.at, "above_id": above and above.id, "limit": limit}
    return rows_as(UnknownDispatch, await unit.read(QUERIES["list_unknown_dispatches"], params))


async def list_suppressions(unit: Unit, *, below_id: UUID | None, limit: int) -> list[Suppression]:
    """Suppressed addresses, newest first."""
    params = {"below_id": below_id, "limit": limit}
    return rows_as(Suppression, await unit.read(QUERIES["list_suppressions"], params))


async def suppress_address(unit: Unit, kind: str, address: str, scope: str) -> Suppressed:
    """Stop sending to an address."""
    return msgspec.convert(
        await unit.call(QUERIES["suppress_address"], {"kind": kind, "address": address, "scope": scope}), Suppressed
    )


async def lift_suppression(unit: Unit, kind: str, address: str) -> Lifted:
    """Allow sending to an address again."""
    return msgspec.convert(await unit.call(QUERIES["lift_suppression"], {"kind": kind, "address": address}), Lifted)
