"""/v1/threads: the inbox and what the staff does with a conversation."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from app import log
from app.db import threads as db
from app.db.unit import Unit, missing
from app.domain.channels import Template
from app.domain.insights import Insight
from app.domain.messages import Started
from app.domain.notifications import Notification, NotificationsRead
from app.domain.outbound import Opening
from app.domain.threads import (
    Control,
    Filters,
    MergedThreads,
    ReadState,
    SaidFolder,
    SearchPolicy,
    Thread,
    ThreadHead,
    ThreadSearch,
    ThreadState,
)  # fmt: skip
from app.errors import BadInput, Forbidden
from app.http.deps import CallerUnit, existing
from app.http.types import (
    PAGE,
    Body,
    ClientId,
    Cursor,
    Folder,
    Limit,
    Listing,
    Moment,
    PathLine,
    QueryChannel,
    QueryLine,
    QueryWord,
    Seq,
    Status,
    Subject,
    Word,
    cut,
    decode_cursor,
    encode_cursor,
)  # fmt: skip

TAGS = ["threads"]


class Inbox(msgspec.Struct, frozen=True):
    """A page of the inbox, newest first.

    `next_cursor` leads to older ones. A conversation that gets a message while you page moves to the top: what moved is
    found with `newer_than=<newer_cursor of the first page>`, oldest first, until `next_cursor` is null.
    """

    items: list[ThreadHead]
    next_cursor: str | None
    newer_cursor: str | None


class StartThread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to write to first, over which account, and why.

    Without `body` nothing is sent: the answer is the conversation to write in. With `client_message_id` a repeated
    request changes nothing and gets the first answer. With `template` the provider sends that text; `body` then says
    what its reader will see.
    """

    contact_id: UUID
    session_id: UUID
    purpose: Opening = "conversation"
    subject: Subject | None = None
    body: Body | None = None
    template: Template | None = None
    client_message_id: ClientId | None = None


class Assign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a conversation is given to; null is nobody."""

    assignee_id: UUID | None


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labels to put on and to take off."""

    add: Annotated[list[Word], msgspec.Meta(max_length=50)] = []
    remove: Annotated[list[Word], msgspec.Meta(max_length=50)] = []


class Snooze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when a conversation is put away."""

    until: Moment


class FileThread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a conversation belongs: `spam`, or `inbox` when it is none; null lets the detector decide again.

    With `expected_last_seq` the word is refused when there is a newer message.
    """

    folder: SaidFolder | None
    expected_last_seq: Seq | None = None


class MergeThread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The conversation that ends in the other."""

    loser_id: UUID


class ReadUpTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to which seq the staff has read; null is to the end."""

    seq: Seq | None = None


class SearchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be searched in a conversation; null is what the tenant says."""

    policy: SearchPolicy | None


@get("/threads", summary="List conversations", tags=TAGS)
async def list_threads(  # noqa: PLR0917
    unit: CallerUnit, folder: FromQuery[Folder] = "inbox", status: FromQuery[Status] = "open",
    assignee: QueryWord = None,
    label: QueryWord = None, channel: QueryChannel = None,
    session: FromQuery[UUID | None] = None,
    contact: FromQuery[UUID | None] = None,
    control: FromQuery[Control | None] = None, unread: FromQuery[bool | None] = None,
    q: QueryLine = None,
    cursor: Cursor = None,
    newer_than: Cursor = None,
    limit: Limit = PAGE,
) -> Inbox:  # fmt: skip
    """The inbox: keyset paging over (last message, id)."""
    assignee_id = _assignee(unit, assignee)
    filters = Filters(
        folder=None if folder == "any" else folder, status=None if status == "any" else status, assignee_id=assignee_id,
        unassigned=assignee == "none", label=label, channel=channel, session_id=session, contact_id=contact,
        control=control, unread=unread, q=q,
    )  # fmt: skip
    below, above = decode_cursor(cursor), decode_cursor(newer_than, "newer_than")
    found = await db.list_threads(unit, filters, below=below, above=above, limit=limit + 1)
    if not found and below is None and above is None:
        await _check_named(unit, filters)
    page = cut(found, limit, "last_message_at")
    newest = page.items[-1 if above else 0] if page.items else None
    newer = encode_cursor(newest.last_message_at, newest.id) if newest and newest.last_message_at else newer_than
    return Inbox(page.items, page.next_cursor, newer)


def _assignee(unit: Unit, assignee: str | None) -> UUID | None:
    if assignee in (None, "none"):
        return None
    if assignee == "me":
        if unit.caller.user_id is None:
            raise BadInput("An API key is nobody's assignee.", field="assignee", remedy="name a member's id")
        return unit.caller.user_id
    try:
        return UUID(assignee)
    except ValueError as error:
        raise BadInput("This is no assignee.", field="assignee", remedy="send a member's id, `me` or `none`") from error


async def _check_named(unit: Unit, filters: Filters) -> None:
    """An empty answer to a filter that names an id: the id may be somebody else's, which is an attempt."""
    named = (("member", filters.assignee_id), ("contact", filters.contact_id), ("channel_session", filters.session_id))
    for kind, object_id in named:
        is_self = object_id == unit.caller.user_id
        if object_id and not is_self and await unit.classify(kind, object_id, "list_threads") != "own":
            raise missing(kind)


@post("/threads", summary="Start a conversation", tags=TAGS)
async def start_thread(unit: CallerUnit, data: JSONBody[StartThread]) -> Response[Started]:
    """Write to a contact who has not written; 201, or 200 when there was nothing to make or to send.

    The conversation is the one the contact's own messages lead to. What may not be sent to him (suppressed, blocked,
    without consent to marketing) is refused; what only has to wait is queued.
    """
    started = await db.start_thread(
        unit, contact_id=data.contact_id, session_id=data.session_id, purpose=data.purpose, subject=data.subject,
        body=data.body, template=data.template, client_message_id=data.client_message_id,
    )  # fmt: skip
    log.bind(thread_id=str(started.thread_id))
    made = started.created or (started.message_id is not None and not started.duplicate)
    return Response(started, status_code=201 if made else 200)


@get("/threads/{thread_id:uuid}", summary="One conversation", tags=TAGS)
async def get_thread(unit: CallerUnit, thread_id: FromPath[UUID]) -> Thread:
    """A conversation with its head."""
    return await existing(unit, await db.get_thread(unit, thread_id), "thread", thread_id, "get_thread")


@get("/threads/by-alias/{alias:str}", summary="A conversation by an older id", tags=TAGS)
async def get_thread_by_alias(unit: CallerUnit, alias: PathLine) -> Thread:
    """The conversation that a key of an older system, or of a merged conversation, leads to."""
    thread_id = await db.thread_by_alias(unit, alias)
    if thread_id is None:
        raise missing("thread")
    return await existing(unit, await db.get_thread(unit, thread_id), "thread", thread_id, "get_thread")


@post("/threads/{thread_id:uuid}/merge", status_code=200, summary="Merge two conversations", tags=TAGS)
async def merge_threads(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[MergeThread]) -> MergedThreads:
    """The loser is archived and new messages land here; no message moves. Both must be of one contact and account."""
    return await db.merge_threads(unit, thread_id, data.loser_id)


@post("/threads/{thread_id:uuid}/take-over", status_code=200, summary="Take over from the AI", tags=TAGS)
async def take_over_thread(unit: CallerUnit, thread_id: FromPath[UUID]) -> ThreadState:
    """From here on a person answers; what the AI had queued is cancelled."""
    return await db.set_thread(unit, thread_id, "take_over")


@post("/threads/{thread_id:uuid}/hand-back", status_code=200, summary="Hand back to the AI", tags=TAGS)
async def hand_back_thread(unit: CallerUnit, thread_id: FromPath[UUID]) -> ThreadState:
    """The AI may answer again."""
    return await db.set_thread(unit, thread_id, "hand_back")


@post("/threads/{thread_id:uuid}/close", status_code=200, summary="Close", tags=TAGS)
async def close_thread(unit: CallerUnit, thread_id: FromPath[UUID]) -> ThreadState:
    """Closed; a new message reopens it."""
    return await db.set_thread(unit, thread_id, "close")


@post("/threads/{thread_id:uuid}/archive", status_code=200, summary="Archive", tags=TAGS)
async def archive_thread(unit: CallerUnit, thread_id: FromPath[UUID]) -> ThreadState:
    """Archived; a new message reopens it."""
    return await db.set_thread(unit, thread_id, "archive")


@post("/threads/{thread_id:uuid}/reopen", status_code=200, summary="Reopen", tags=TAGS)
async def reopen_thread(unit: CallerUnit, thread_id: FromPath[UUID]) -> ThreadState:
    """Open again."""
    return await db.set_thread(unit, thread_id, "reopen")


@post("/threads/{thread_id:uuid}/assign", status_code=200, summary="Assign", tags=TAGS)
async def assign_thread(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[Assign]) -> ThreadState:
    """Give the conversation to a member, or to nobody."""
    return await db.assign_thread(unit, thread_id, data.assignee_id)


@post("/threads/{thread_id:uuid}/labels", status_code=200, summary="Label", tags=TAGS)
async def label_thread(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[Labels]) -> ThreadState:
    """Add and remove labels."""
    return await db.label_thread(unit, thread_id, data.add, data.remove)


@post("/threads/{thread_id:uuid}/snooze", status_code=200, summary="Snooze", tags=TAGS)
async def snooze_thread(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[Snooze]) -> ThreadState:
    """Put away until a moment, or until the contact writes."""
    return await db.snooze_thread(unit, thread_id, data.until)


@post("/threads/{thread_id:uuid}/folder", status_code=200, summary="Spam, or not", tags=TAGS)
async def set_thread_folder(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[FileThread]) -> ThreadState:
    """Say where the conversation and the contact's next ones belong; no message moves it afterwards.

    In spam the AI answers nothing, and what it had queued is cancelled. Out of spam nothing old is answered by itself.
    """
    return await db.set_thread_folder(unit, thread_id, data.folder, expected_last_seq=data.expected_last_seq)


@post("/threads/{thread_id:uuid}/read", status_code=200, summary="Mark as read", tags=TAGS)
async def mark_thread_read(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[ReadUpTo]) -> ReadState:
    """The staff has read up to a seq; never moves back. Answers with the conversation as it is then."""
    state = await db.mark_thread_read(unit, thread_id, data.seq)
    try:
        return msgspec.structs.replace(state, conversation=await db.get_thread(unit, thread_id))
    except Forbidden:  # a key that may change and not read: what it asked for is done
        return state


@put("/threads/{thread_id:uuid}/search-policy", summary="Set what may be searched", tags=TAGS)
async def set_thread_search(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[SearchIn]) -> ThreadSearch:
    """The search index of the conversation follows at once."""
    return await db.set_thread_search(unit, thread_id, data.policy)


@get("/threads/{thread_id:uuid}/insights", summary="What the CRM knows", tags=TAGS)
async def get_thread_insight(unit: CallerUnit, thread_id: FromPath[UUID]) -> Insight:
    """Summary, label, mood, next step and follow-up, as of read_seq."""
    return await existing(unit, await db.thread_insight(unit, thread_id), "thread", thread_id, "thread_insight")


@get("/notifications", summary="List notifications", tags=["notifications"])
async def list_notifications(unit: CallerUnit, cursor: Cursor = None, limit: Limit = PAGE) -> Listing[Notification]:
    """What the staff should know, newest first."""
    found = await db.list_notifications(unit, below=decode_cursor(cursor), limit=limit + 1)
    return cut(found, limit, "created_at")


class NotificationsSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which notifications were read: all of them without ids."""

    ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=500)] | None = None


@post("/notifications/read", status_code=200, summary="Mark notifications as read", tags=["notifications"])
async def mark_notifications_read(unit: CallerUnit, data: JSONBody[NotificationsSeen]) -> NotificationsRead:
    """Read on one device is read on all; for the signed-in person alone."""
    return await db.mark_notifications_read(unit, data.ids)


router = Router(
    "/",
    route_handlers=[
        list_threads, start_thread, get_thread, get_thread_by_alias, merge_threads, take_over_thread, hand_back_thread,
        close_thread, archive_thread, reopen_thread, assign_thread, label_thread, snooze_thread, set_thread_folder,
        mark_thread_read, set_thread_search, get_thread_insight, list_notifications, mark_notifications_read,
    ],
)  # fmt: skip
