"""/v1/threads/{id}/messages and /v1/messages: reading by rev, sending, files, and asking why."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, QueryParameter

from app import log
from app.db import messages as db
from app.db.unit import Unit
from app.domain.channels import Template
from app.domain.contacts import AddressKind
from app.domain.messages import Attachment, Explanation, Message, MessageHtml, Retried, Sent, SingleMessage, Uploaded
from app.domain.outbound import Lifted, Resolution, Resolved, Suppressed, Suppression, SuppressionScope, UnknownDispatch
from app.domain.threads import Control
from app.errors import BadInput, ParleyError, TooLarge
from app.http.addresses import normalised
from app.http.deps import CallerUnit, existing
from app.http.types import (
    BIGINT_MAX,
    PAGE,
    Address,
    ClientId,
    Cursor,
    FileName,
    Limit,
    Listing,
    Seq,
    Subject,
    Text,
    cut,
    decode_cursor,
)  # fmt: skip

TAGS = ["messages"]
POLL_MS = {"active": 3000, "background": 10_000, "idle": 30_000}
MessageLimit = Annotated[int, QueryParameter(ge=1, le=100)]
"""A conversation opens where nobody has read yet, in one page; so it may be longer than those of lists."""
_TYPE = re.compile(r"^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}$")


class MessagePage(msgspec.Struct, frozen=True):
    """Messages of a thread. Poll again with `since=<next_since>` after `next_poll_ms`, at once while `has_more`."""

    thread_id: UUID
    messages: list[Message]
    next_since: int
    has_more: bool
    last_seq: int
    last_rev: int
    control: Control
    next_poll_ms: int


class SendMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to send.

    With `client_message_id` a repeated request changes nothing and gets the first answer. With `expected_last_seq` the
    send is refused (409, with what is new) when the conversation moved on. With `template` the provider sends that
    text; `body` then says what its reader will see. With `attachments` (files you uploaded, in their order) the body
    may be empty; each file is sent once.
    """

    body: Text = ""
    client_message_id: ClientId | None = None
    expected_last_seq: Seq | None = None
    subject: Subject | None = None
    template: Template | None = None
    attachments: Annotated[list[UUID], msgspec.Meta(max_length=20)] = []


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of an unknown dispatch; resend writes a new message."""

    resolution: Resolution


class Suppress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address to send nothing to any more, or nothing automatic."""

    kind: AddressKind
    address: Address
    scope: SuppressionScope = "all"


class Lift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address to send to again."""

    kind: AddressKind
    address: Address


@get("/threads/{thread_id:uuid}/messages", summary="Messages of a conversation", tags=TAGS)
async def list_messages(  # noqa: PLR0917
    unit: CallerUnit, thread_id: FromPath[UUID],
    since: Annotated[str, Parameter(description="The last rev you saw, or an ISO time.", max_length=64)] = "0",
    before_seq: Annotated[int | None, Parameter(description="Instead: older than this seq, newest first.", ge=0,
                                                le=BIGINT_MAX)] = None,
    limit: MessageLimit = PAGE, client_state: FromQuery[Literal["active", "background", "idle"]] = "active",
) -> MessagePage:  # fmt: skip
    """What changed after a rev, oldest change first; or, with before_seq, history."""
    if before_seq is not None:
        rev = 0
        page = await db.page_by_seq(unit, thread_id, before_seq=before_seq, limit=limit + 1)
    else:
        rev = await _rev(unit, thread_id, since)
        page = await db.page_by_rev(unit, thread_id, since=rev, limit=limit + 1)
    page = await existing(unit, page, "thread", thread_id, "list_messages")
    messages, has_more = page.messages[:limit], len(page.messages) > limit
    seen = page.last_rev if before_seq is not None else rev
    next_since = messages[-1].rev if messages and before_seq is None else seen
    return MessagePage(
        thread_id, messages, next_since, has_more, page.last_seq, page.last_rev, page.control, POLL_MS[client_state]
    )


@get("/threads/{thread_id:uuid}/history", summary="History over merges", tags=TAGS)
async def list_history(
    unit: CallerUnit, thread_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = PAGE
) -> Listing[SingleMessage]:
    """Messages of the conversation and of all that was merged with it, newest first."""
    before = decode_cursor(cursor)
    found = await db.history(unit, thread_id, before_id=before.id if before else None, limit=limit + 1)
    return cut(await existing(unit, found, "thread", thread_id, "list_history"), limit, "created_at")


async def _rev(unit: Unit, thread_id: UUID, since: str) -> int:
    """The rev that `since` means: a number as it is, a time through the database."""
    meant = since_means(since)
    if isinstance(meant, int):
        return meant
    return await existing(unit, await db.rev_at(unit, thread_id, meant), "thread", thread_id, "list_messages")


def since_means(since: str) -> int | datetime:
    """A rev, or a moment. Raises BadInput for what is neither."""
    if since.isascii() and since.isdigit():
        return _checked(int(since)) if len(since) <= 19 else _checked(BIGINT_MAX + 1)
    try:
        # In a query string an unescaped + arrives as a space.
        at = datetime.fromisoformat(since.replace(" ", "+") if "T" in since else since)
    except ValueError as error:
        raise BadInput(
            "This is neither a rev nor a time.", field="since", remedy="send next_since as it was"
        ) from error
    if at.tzinfo is None:
        raise BadInput("This time has no zone.", field="since", remedy="end it with Z")
    return at


def _checked(rev: int) -> int:
    if rev > BIGINT_MAX:
        raise BadInput(
            "This rev is out of range.", code="out_of_range", field="since", remedy="send next_since as it was"
        )
    return rev


@post("/threads/{thread_id:uuid}/messages", summary="Send a message", tags=TAGS)
async def send_message(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[SendMessage]) -> Response[Sent]:
    """Queued for sending; 201, or 200 when this client_message_id was sent before. The AI falls silent here."""
    sent = await db.send_message(
        unit, thread_id, data.body, client_message_id=data.client_message_id,
        expected_last_seq=data.expected_last_seq, subject=data.subject, template=data.template,
        attachments=data.attachments,
    )  # fmt: skip
    log.bind(message_id=str(sent.message_id))
    return Response(sent, status_code=200 if sent.duplicate else 201)


@post("/attachments", summary="Upload a file to send", tags=TAGS, request_max_body_size=None)
async def upload_attachment(unit: CallerUnit, request: Request[Any, Any, State], filename: FileName) -> Uploaded:
    """The body is the file as it is, Content-Type what it is. Name its id in a send within a day, or it goes."""
    data = await _file(request, request.app.state.settings.max_attachment_bytes)
    return await db.upload_attachment(unit, filename, request.headers.get("content-type"), data)


async def _file(request: Request[Any, Any, State], most: int) -> bytes:
    """The body of a request, which is a file of at most `most` bytes. Raises TooLarge, ParleyError 415."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ParleyError("The file is packed for the way.", code="unsupported_media_type", status=415,
                          remedy="send it as it is, without Content-Encoding")  # fmt: skip
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most or (request.content_length or 0) > most:
            raise TooLarge(f"A file has at most {most} bytes here.", remedy="send a smaller one, or a link")
    return bytes(data)


@get("/messages/{message_id:uuid}", summary="One message", tags=TAGS)
async def get_message(unit: CallerUnit, message_id: FromPath[UUID]) -> SingleMessage:
    """A message by its id."""
    return await existing(unit, await db.get_message(unit, message_id), "message", message_id, "get_message")


@get("/messages/{message_id:uuid}/explain", summary="Why is this message where it is?", tags=TAGS)
async def explain_message(unit: CallerUnit, message_id: FromPath[UUID]) -> Response[Explanation]:
    """Scope rule, thread, moderation, decision, queue, attempts, receipts, notifications."""
    chain: Any = await db.explain_message(unit, message_id)
    return Response(chain)


@get("/messages/{message_id:uuid}/html", summary="How a mail was laid out", tags=TAGS)
async def get_message_html(unit: CallerUnit, message_id: FromPath[UUID]) -> MessageHtml:
    """The HTML part as it came, inside JSON: whoever shows it cleans it and lets no script run. 404 where there is
    none, or where the text is no longer shown as it was written."""
    return await existing(unit, await db.message_html(unit, message_id), "message", message_id, "get_message_html")


@post("/messages/{message_id:uuid}/retry", status_code=200, summary="Decide again", tags=TAGS)
async def retry_message(unit: CallerUnit, message_id: FromPath[UUID]) -> Retried:
    """A message in inbound_error goes through the decision again."""
    return await db.retry_inbound(unit, message_id)


@post("/messages/{message_id:uuid}/resolve-unknown", status_code=200, summary="Settle an unknown dispatch", tags=TAGS)
async def resolve_unknown(unit: CallerUnit, message_id: FromPath[UUID], data: JSONBody[Resolve]) -> Resolved:
    """A person says what became of it."""
    return await db.resolve_unknown(unit, message_id, data.resolution)


@get("/messages/{message_id:uuid}/attachments", summary="Files of a message", tags=TAGS)
async def list_attachments(unit: CallerUnit, message_id: FromPath[UUID]) -> Listing[Attachment]:
    """Names, types, sizes and whether a file is given out yet; a refused one says why."""
    found = await db.list_attachments(unit, message_id)
    return Listing(await existing(unit, found, "message", message_id, "list_attachments"))


@get("/attachments/{attachment_id:uuid}", summary="Download a file", tags=TAGS, media_type="application/octet-stream")
async def download_attachment(unit: CallerUnit, attachment_id: FromPath[UUID]) -> Response[bytes]:
    """The bytes once the file was checked, always as a download: what strangers sent is never shown in our origin."""
    found = await db.get_attachment(unit, attachment_id)
    file = await existing(unit, found, "attachment", attachment_id, "get_attachment")
    if file.status == "quarantined":
        raise ParleyError(
            "This file is being checked.", code="file_quarantined", status=409, remedy="ask again in a moment"
        )
    if file.data is None and file.status == "released":
        raise ParleyError("This file is in Storage.", code="file_in_storage", status=409,
                          remedy=f"POST /v1/attachments/{attachment_id}/open answers a link to it")  # fmt: skip
    if file.data is None:
        raise ParleyError(
            "The bytes of this file were not kept.", code="file_refused", status=410, remedy="ask the sender for it",
            extra={"reason": file.refused or file.status},
        )  # fmt: skip
    kind = file.content_type if _TYPE.match(file.content_type) else "application/octet-stream"
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", file.filename)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.filename, safe='')}"
    headers = {
        "content-disposition": disposition, "content-security-policy": "sandbox; default-src 'none'",
        "etag": f'"{attachment_id}"',  # the bytes of a file never change
    }  # fmt: skip
    return Response(file.data, media_type=kind, headers=headers)


@get("/dispatches/unknown", summary="Sends without a known outcome", tags=["outbound"])
async def list_unknown_dispatches(
    unit: CallerUnit, cursor: Cursor = None, limit: Limit = PAGE
) -> Listing[UnknownDispatch]:
    """Oldest first; settle each with resolve-unknown."""
    found = await db.list_unknown_dispatches(unit, above=decode_cursor(cursor), limit=limit + 1)
    return cut(found, limit, "created_at")


@get("/suppressions", summary="Suppressed addresses", tags=["outbound"])
async def list_suppressions(unit: CallerUnit, cursor: Cursor = None, limit: Limit = PAGE) -> Listing[Suppression]:
    """Newest first."""
    below = decode_cursor(cursor)
    found = await db.list_suppressions(unit, below_id=below.id if below else None, limit=limit + 1)
    return cut(found, limit, "created_at")


@post("/suppressions", summary="Suppress an address", tags=["outbound"])
async def suppress_address(unit: CallerUnit, data: JSONBody[Suppress]) -> Suppressed:
    """Nothing, or nothing automatic, is sent to it any more."""
    address = await normalised(unit, data.kind, data.address, "address")
    return await db.suppress_address(unit, data.kind, address, data.scope)


@post("/suppressions/lift", status_code=200, summary="Lift a suppression", tags=["outbound"])
async def lift_suppression(unit: CallerUnit, data: JSONBody[Lift]) -> Lifted:
    """The address may be written to again. Admins."""
    return await db.lift_suppression(unit, data.kind, await normalised(unit, data.kind, data.address, "address"))


router = Router(
    "/",
    route_handlers=[
        list_messages, list_history, send_message, get_message, get_message_html, explain_message, retry_message,
        resolve_unknown, list_attachments, download_attachment, upload_attachment, list_unknown_dispatches,
        list_suppressions, suppress_address, lift_suppression,
    ],
)  # fmt: skip
