"""/v1/conversations: what people who take part in something together write to each other."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, PathParameter, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from app import log
from app.db import chat as db
from app.domain.chat import (
    ChatChanged,
    ChatPage,
    ChatSent,
    ChatStarted,
    ClientState,
    ContextKind,
    ContextPerson,
    ContextPut,
    ConversationDetail,
    ConversationFound,
    ConversationLeft,
    Conversations,
    ListFilter,
    PersonBlocked,
    PersonRole,
    SeatCursor,
    UnreadTotal,
)
from app.domain.paging import Position
from app.http.deps import CallerUnit
from app.http.messages import since_means
from app.http.types import (
    BIGINT_MAX,
    END,
    NO_CONTROL,
    PAGE,
    ClientId,
    Cursor,
    Limit,
    Line,
    Listing,
    Moment,
    PathLine,
    Seq,
    Slug,
    Text,
    decode_cursor,
    encode_cursor,
)  # fmt: skip

TAGS = ["chat"]
ContextId = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]
QuerySlug = Annotated[str | None, QueryParameter(pattern=rf"^[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?{END}")]
Reaction = Annotated[str, PathParameter(min_length=1, max_length=16, pattern=rf"^[^\x00-\x20\x7f-\x9f]*{END}")]
NEVER = "1970-01-01T00:00:00Z"
FIRST_PAGE = 15


class StartConversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The conversation with a person, a group (`contact_ids`, with a `subject`), or the business (neither).

    People are named by contact id or by sign-in id. It is found or made; with `body` its first message is sent, once
    per `client_message_id`.
    """

    contact_id: UUID | None = None
    contact_ids: Annotated[list[UUID], Meta(min_length=1, max_length=200)] | None = None
    context_kind: ContextKind | None = None
    context_id: ContextId | None = None
    subject: Line | None = None
    body: Text | None = None
    client_message_id: ClientId | None = None
    tenant_slug: Slug | None = None


class SendChatMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to people one shares a conversation with.

    With `client_message_id` a repeated request changes nothing and gets the first answer.
    """

    body: Text = ""
    client_message_id: ClientId | None = None
    expected_last_seq: Seq | None = None
    reply_to_id: UUID | None = None
    context_kind: ContextKind | None = None
    context_id: ContextId | None = None
    attachments: Annotated[list[UUID], Meta(max_length=20)] = []


class EditMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new text of one's message."""

    body: Text


class MoveCursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to which seq; null is to the end. A cursor never moves back."""

    seq: Seq | None = None


class ConversationPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change for oneself; what is absent stays. `muted` alone is for good; with `muted_until` until then."""

    archived: bool | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    muted_until: Moment | UnsetType = UNSET


class NewPeople(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is taken into the group."""

    contact_ids: Annotated[list[UUID], Meta(min_length=1, max_length=200)]


class SystemMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the tenant's own server tells a conversation, once per `client_message_id`."""

    body: Annotated[str, Meta(min_length=1, max_length=2000)]
    client_message_id: ClientId | None = None
    context_kind: ContextKind | None = None
    context_id: ContextId | None = None
    metadata: dict[str, Any] = {}


class ContextMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who takes part in a context."""

    contact_id: UUID
    role: PersonRole = "participant"


class ContextPeople(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody who takes part from now on."""

    participants: Annotated[list[ContextMember], Meta(max_length=200)]


@post("/conversations", summary="Start or find a conversation", tags=TAGS)
async def start_conversation(unit: CallerUnit, data: JSONBody[StartConversation]) -> Response[ChatStarted]:
    """201 when it was made, 200 when it was there: any number may ask at once."""
    started = await db.start_conversation(unit, **{name: getattr(data, name) for name in data.__struct_fields__})
    log.bind(thread_id=str(started.thread_id))
    return Response(started, status_code=201 if started.created else 200)


@get("/conversations", summary="Your conversations", tags=TAGS)
async def list_conversations(  # noqa: PLR0917
    unit: CallerUnit, show: FromQuery[ListFilter] = "active",
    limit: Limit = FIRST_PAGE, cursor: Cursor = None, tenant_slug: QuerySlug = None,
    client_state: FromQuery[ClientState] = "active",
) -> Conversations:  # fmt: skip
    """Those that hold a message, newest first, with what is unread in all of them."""
    below = decode_cursor(cursor)
    found = await db.list_conversations(
        unit, show, limit=limit, cursor=_place(below) if below else None, tenant_slug=tenant_slug, state=client_state
    )
    if found.next_cursor is None:
        return found
    last = found.items[-1]
    assert last.last_message_at is not None
    return msgspec.structs.replace(found, next_cursor=encode_cursor(last.last_message_at, last.thread_id))


def _place(position: Position) -> str:
    """A place in the list as the database writes it: microseconds since the epoch, a dot, the id."""
    since = position.at - datetime.fromisoformat(NEVER)
    micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return f"{max(micros, 0)}.{position.id}"


@get("/conversations/unread", summary="How much you have not read", tags=TAGS)
async def unread_total(unit: CallerUnit, tenant_slug: QuerySlug = None) -> UnreadTotal:
    """Without what you muted, archived or blocked."""
    return await db.unread_total(unit, tenant_slug)


@get("/conversations/by-alias/{alias:str}", summary="The conversation an older id leads to", tags=TAGS)
async def resolve_conversation(unit: CallerUnit, alias: PathLine, tenant_slug: QuerySlug = None) -> ConversationFound:
    """conv_<person>_<person>, in any order, or a key that was kept as an alias."""
    return await db.resolve_conversation(unit, alias, tenant_slug)


@get("/conversations/{thread_id:uuid}", summary="One of your conversations", tags=TAGS)
async def get_conversation(unit: CallerUnit, thread_id: FromPath[UUID]) -> ConversationDetail:
    """With its people, their cursors, and whether you may write there now."""
    return await db.get_conversation(unit, thread_id)


@patch("/conversations/{thread_id:uuid}", summary="Archive or mute a conversation", tags=TAGS)
async def set_conversation(
    unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[ConversationPatch]
) -> ConversationDetail:
    """For yourself alone. A message from somebody else brings an archived one back, unless it is muted."""
    muted: datetime | str | None = None
    if data.muted is False:
        muted = NEVER
    elif data.muted_until is not UNSET:
        muted = data.muted_until
    elif data.muted is True:
        muted = "infinity"
    archived = None if data.archived is UNSET else data.archived
    return await db.set_conversation(unit, thread_id, archived=archived, muted_until=muted)


@get("/conversations/{thread_id:uuid}/messages", summary="Messages of a conversation of yours", tags=TAGS)
async def poll_messages(  # noqa: PLR0917
    unit: CallerUnit, thread_id: FromPath[UUID],
    since: Annotated[str, Parameter(description="The last rev you saw, or an ISO time.", max_length=64)] = "0",
    before_seq: Annotated[int | None, Parameter(description="Instead: older than this seq, newest first.", ge=0,
                                                le=BIGINT_MAX)] = None,
    limit: Limit = PAGE, client_state: FromQuery[ClientState] = "active",
) -> ChatPage:  # fmt: skip
    """What changed after a rev, oldest change first, with everybody's cursors; or, with before_seq, history."""
    rev = since_means(since)
    if isinstance(rev, datetime):
        rev = await db.rev_at(unit, thread_id, rev)
    return await db.poll_messages(unit, thread_id, since=rev, before_seq=before_seq, limit=limit, state=client_state)


@post("/conversations/{thread_id:uuid}/messages", summary="Write in a conversation", tags=TAGS)
async def send_chat_message(
    unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[SendChatMessage]
) -> Response[ChatSent]:
    """201, or 200 when this client_message_id was sent before."""
    options = {name: getattr(data, name) for name in data.__struct_fields__ if name != "body"}
    sent = await db.send_chat_message(unit, thread_id, data.body, **options)
    log.bind(message_id=str(sent.message_id))
    return Response(sent, status_code=200 if sent.duplicate else 201)


@patch("/messages/{message_id:uuid}", summary="Edit your message", tags=TAGS)
async def edit_own_message(unit: CallerUnit, message_id: FromPath[UUID], data: JSONBody[EditMessage]) -> ChatChanged:
    """Readers get the new text under a new rev."""
    return await db.edit_own_message(unit, message_id, data.body)


@delete("/messages/{message_id:uuid}", status_code=200, summary="Take your message back", tags=TAGS)
async def delete_own_message(unit: CallerUnit, message_id: FromPath[UUID]) -> ChatChanged:
    """It keeps its place; its text, files and reactions are gone."""
    return await db.delete_own_message(unit, message_id)


@put("/messages/{message_id:uuid}/reactions/{reaction:str}", summary="React to a message", tags=TAGS)
async def add_reaction(unit: CallerUnit, message_id: FromPath[UUID], reaction: Reaction) -> ChatChanged:
    """One sign, such as an emoji. Doing it twice changes nothing."""
    return await db.react_to_message(unit, message_id, reaction, present=True)


@delete("/messages/{message_id:uuid}/reactions/{reaction:str}", status_code=200, summary="Take a reaction back",
        tags=TAGS)  # fmt: skip
async def remove_reaction(unit: CallerUnit, message_id: FromPath[UUID], reaction: Reaction) -> ChatChanged:
    """Your own."""
    return await db.react_to_message(unit, message_id, reaction, present=False)


@post("/conversations/{thread_id:uuid}/read", status_code=200, summary="Mark as read", tags=TAGS)
async def mark_read(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[MoveCursor]) -> SeatCursor:
    """You have read up to a seq, or to the end; that takes no rev."""
    return await db.move_cursor(unit, thread_id, data.seq, read=True)


@post("/conversations/{thread_id:uuid}/delivered", status_code=200, summary="Mark as delivered", tags=TAGS)
async def mark_delivered(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[MoveCursor]) -> SeatCursor:
    """What is there up to a seq, or to the end, has reached your device."""
    return await db.move_cursor(unit, thread_id, data.seq, read=False)


@post("/conversations/{thread_id:uuid}/people", status_code=200, summary="Take people into a group", tags=TAGS)
async def add_people(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[NewPeople]) -> ConversationDetail:
    """Those you may write to. They read what was said before."""
    return await db.add_people(unit, thread_id, data.contact_ids)


@post("/conversations/{thread_id:uuid}/leave", status_code=200, summary="Leave a group", tags=TAGS)
async def leave_conversation(unit: CallerUnit, thread_id: FromPath[UUID]) -> ConversationLeft:
    """You read it no more, until somebody takes you in again."""
    return await db.leave_conversation(unit, thread_id)


@post("/conversations/{thread_id:uuid}/system-messages", summary="Write a system message", tags=TAGS)
async def post_system_message(
    unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[SystemMessage]
) -> Response[ChatSent]:
    """From the tenant's own server: a booking was confirmed, a call begins. 200 when it was written before."""
    options = {name: getattr(data, name) for name in data.__struct_fields__ if name != "body"}
    sent = await db.post_system_message(unit, thread_id, data.body, **options)
    return Response(sent, status_code=200 if sent.duplicate else 201)


@put("/people/{contact_id:uuid}/block", summary="Block somebody", tags=TAGS)
async def block_person(unit: CallerUnit, contact_id: FromPath[UUID], tenant_slug: QuerySlug = None) -> PersonBlocked:
    """Neither of you writes in your conversation from now on. He is not told."""
    return await db.block_person(unit, contact_id, tenant_slug, blocked=True)


@delete("/people/{contact_id:uuid}/block", status_code=200, summary="Let somebody write again", tags=TAGS)
async def unblock_person(unit: CallerUnit, contact_id: FromPath[UUID], tenant_slug: QuerySlug = None) -> PersonBlocked:
    """The block ends."""
    return await db.block_person(unit, contact_id, tenant_slug, blocked=False)


@put("/contexts/{context_kind:str}/{context:str}/participants", summary="Say who takes part in a context", tags=TAGS)
async def put_context_participants(
    unit: CallerUnit, context_kind: FromPath[ContextKind], context: PathLine, data: JSONBody[ContextPeople]
) -> ContextPut:
    """Who shares a project, bid card, job or booking may write to each other. The list replaces the one before."""
    people = msgspec.to_builtins(data.participants)
    return await db.put_context_participants(unit, context_kind, context, people)


@get("/contexts/{context_kind:str}/{context:str}/participants", summary="Who takes part in a context", tags=TAGS)
async def list_people(
    unit: CallerUnit, context_kind: FromPath[ContextKind], context: PathLine, tenant_slug: QuerySlug = None
) -> Listing[ContextPerson]:
    """For those who take part in it themselves; nobody for anybody else."""
    return Listing(await db.list_people(unit, context_kind, context, tenant_slug))


router = Router(
    "/",
    route_handlers=[
        start_conversation, list_conversations, unread_total, resolve_conversation, get_conversation, set_conversation,
        poll_messages, send_chat_message, edit_own_message, delete_own_message, add_reaction, remove_reaction,
        mark_read, mark_delivered, add_people, leave_conversation, post_system_message, block_person, unblock_person,
        put_context_participants, list_people,
    ],
)  # fmt: skip
