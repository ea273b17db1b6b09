"""What channels bring in, written in one transaction of the caller: messages with their files, edits, receipts.

Every receiver, webhook and bridge ends here; nothing is decided. The transaction runs as the worker role under the
tenant of the account.
"""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from app.db.queries import query
from app.db.worker import Connection, fetch, fetch_value
from app.domain.inbound import (
    ChannelEvent,
    InboundFile,
    InboundMessage,
    MessageEdit,
    OptedIn,
    OptedOut,
    Reachable,
    Receipt,
    Stored,
)

MOST_HTML = 100_000
"""What the database takes of one mail's HTML; receivers cut there."""


class Place(msgspec.Struct, frozen=True):
    """The account events belong to."""

    tenant_id: str
    session_id: str
    channel: str
    provider: str
    pushed: bool = False
    """They came by the account's webhook: receipts prove that it works."""


async def store(connection: Connection, place: Place, events: Sequence[ChannelEvent]) -> list[Stored]:
    """Write `events` in their order, inside the caller's transaction; where each message is, in the order of the
    messages.

    Raises psycopg errors: DataError and IntegrityError for values the database refuses.
    """
    await connection.execute(query("inbound", "set_tenant"), {"tenant_id": place.tenant_id})
    stored: list[Stored] = []
    for event in events:
        if isinstance(event, InboundMessage):
            stored.append(await _store_message(connection, place, event))
        elif isinstance(event, MessageEdit):
            await edit(connection, place, event)
        elif isinstance(event, Receipt):
            await record_receipt(connection, place, event)
        else:
            await _note_wish(connection, place, event)
    return stored


async def _note_wish(connection: Connection, place: Place, event: Reachable | OptedOut | OptedIn) -> None:
    """Who may be written to from now on, or no longer."""
    values: dict[str, Any] = {"tenant_id": place.tenant_id, "channel": place.channel, "address": event.address}
    if isinstance(event, OptedOut):
        await fetch(connection, "inbound", "note_opt_out", scope=event.scope, **values)
    elif isinstance(event, OptedIn):
        await fetch(connection, "inbound", "note_opt_in", **values)
    else:
        await fetch(connection, "inbound", "note_reachable", **values)


async def _store_message(connection: Connection, place: Place, message: InboundMessage) -> Stored:
    key = {
        "tenant_id": place.tenant_id, "channel": place.channel, "external_message_id": message.external_message_id,
        "content_digest": message.content_digest,
    }  # fmt: skip
    rows = await fetch(connection, "inbound", "insert_inbound", **key, **_columns(message, place))
    new = bool(rows)
    if not new:
        rows = await fetch(connection, "inbound", "find_message", **key)
    for position, file in enumerate(message.files if new else ()):
        await connection.execute(query("inbound", "insert_attachment"), _file(file, position, place, rows[0]["id"]))
    if new and message.html:
        values = {"tenant_id": place.tenant_id, "message_id": rows[0]["id"], "html": message.html[:MOST_HTML]}
        await connection.execute(query("inbound", "insert_html"), {**values, "is_cut": len(message.html) >= MOST_HTML})
    return Stored(message_id=rows[0]["id"], thread_id=rows[0]["thread_id"], new=new)


def _columns(message: InboundMessage, place: Place) -> dict[str, Any]:
    files = [{"filename": f.filename, "size_bytes": f.size_bytes, "refused": f.refused} for f in message.files]
    metadata = {**message.metadata, "attachments": files, "html": bool(message.html) or None}
    return {
        "session_id": place.session_id,
        "sender_address": message.sender_address,
        "sender_name": message.sender_name,
        "contact_id": message.contact_id,
        "subject": message.subject,
        "body": message.body,
        "reference_ids": list(message.reference_ids),
        "auto_class": message.auto_class,
        "spam_score": message.spam_score,
        "message_type": message.message_type,
        "metadata": Jsonb({name: value for name, value in metadata.items() if value not in (None, [])}),
        "occurred_at": message.occurred_at,
    }


def _file(file: InboundFile, position: int, place: Place, message_id: str) -> dict[str, Any]:
    return {
        "tenant_id": place.tenant_id, "id": uuid.uuid4(), "message_id": message_id, "position": position,
        "filename": file.filename, "content_type": file.content_type, "size_bytes": file.size_bytes,
        "sha256": file.sha256, "inline": file.inline, "content_id": file.content_id,
        "refused": file.refused, "data": file.data,
    }  # fmt: skip


async def edit(connection: Connection, place: Place, change: MessageEdit) -> str:
    """changed, unchanged or unknown (no such message)."""
    result: dict[str, Any] = await fetch_value(
        connection, "inbound", "edit_inbound", tenant_id=place.tenant_id, channel=place.channel,
        external_message_id=change.external_message_id, body=change.body, edited_at=change.edited_at,
    )  # fmt: skip
    return str(result["result"])


async def record_receipt(connection: Connection, place: Place, receipt: Receipt) -> str:
    """applied, kept (its message is not known yet) or duplicate."""
    document = msgspec.to_builtins(receipt) | {"provider": place.provider, "channel": place.channel}
    if place.pushed:
        document["session_id"] = place.session_id
    result: dict[str, Any] = await fetch_value(
        connection, "inbound", "record_receipt", tenant_id=place.tenant_id, receipt=Jsonb(document)
    )
    return str(result["result"])
