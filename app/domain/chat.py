"""What people who take part in something together write to each other, as each of them sees it. No I/O."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.domain.judgement import ModerationStatus, Notice
from app.domain.messages import AttachmentStatus, DeliveryStatus, MessageType
from app.domain.threads import Kind

ContextKind = Literal["project", "bid_card", "job", "booking"]
PersonRole = Literal["customer", "provider", "participant"]
SeatRole = Literal["customer", "provider", "participant", "agent"]
ClientState = Literal["active", "background", "idle"]
ListFilter = Literal["active", "archived", "blocked", "unread", "all"]
SpeakerKind = Literal["participant", "system", "contact", "agent", "ai"]


class Quoted(msgspec.Struct, frozen=True):
    """The message another one answers: its beginning, empty once it was deleted."""

    id: UUID
    seq: int
    sender_user_id: UUID | None
    body: str
    deleted_at: datetime | None


class ChatFile(msgspec.Struct, frozen=True):
    """A file of a message; a picture with its size once it was released."""

    id: UUID
    filename: str
    content_type: str
    size_bytes: int
    status: AttachmentStatus
    width: int | None
    height: int | None
    has_thumbnail: bool


class ChatMessage(msgspec.Struct, frozen=True):
    """A message of a conversation. One that was deleted keeps its place, empty. Only its own sender is told its
    `moderation_status`; others get what they may see."""

    id: UUID
    thread_id: UUID
    seq: int
    rev: int
    message_type: MessageType
    sender_kind: SpeakerKind
    sender_user_id: UUID | None
    sender_contact_id: UUID | None
    body: str
    client_message_id: str | None
    reply_to: Quoted | None
    context_kind: ContextKind | None
    context_id: str | None
    reactions: dict[str, list[UUID]] | None
    metadata: dict[str, Any]
    attachments: list[ChatFile]
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    moderation_status: ModerationStatus | None = None


class Receipt(msgspec.Struct, frozen=True):
    """How far somebody else has got: your message has reached him, or was read, when its seq is not above."""

    user_id: UUID
    contact_id: UUID | None
    last_delivered_seq: int
    last_read_seq: int
    last_read_at: datetime | None


class ChatPage(msgspec.Struct, frozen=True):
    """Messages of a conversation. Poll with `since=<next_since>` after `next_poll_ms`, at once while `has_more`."""

    thread_id: UUID
    messages: list[ChatMessage]
    next_since: int
    has_more: bool
    last_seq: int
    last_rev: int
    unread_count: int
    receipts: list[Receipt]
    next_poll_ms: int


class ConversationPerson(msgspec.Struct, frozen=True):
    """Somebody who takes part; `user_id` is null until he has signed up, and in lists, which only know the name."""

    contact_id: UUID | None
    user_id: UUID | None
    role: SeatRole | None
    name: str | None


class Conversation(msgspec.Struct, frozen=True):
    """A conversation as one of those who take part sees it in his list."""

    thread_id: UUID
    tenant_id: UUID
    kind: Kind
    title: str | None
    subject: str | None
    other_contact_id: UUID | None
    people: list[ConversationPerson]
    role: SeatRole
    context_kind: ContextKind | None
    context_id: str | None
    last_seq: int
    last_rev: int
    last_read_seq: int
    unread_count: int
    preview: str | None
    last_message_at: datetime | None
    archived_at: datetime | None
    muted: bool
    muted_until: datetime | None
    blocked: bool


class ConversationDetail(Conversation, frozen=True):
    """One conversation with its people, their cursors, and whether the caller may write there now."""

    receipts: list[Receipt]
    may_write: bool


class Conversations(msgspec.Struct, frozen=True):
    """A page of the caller's conversations, newest first, and what he has not read in all of them."""

    items: list[Conversation]
    next_cursor: str | None
    unread_total: int
    conversations: int
    next_poll_ms: int


class UnreadTotal(msgspec.Struct, frozen=True):
    """What the caller has not read, and in how many conversations; without what he muted, archived or blocked."""

    unread_total: int
    conversations: int


class ChatStarted(msgspec.Struct, frozen=True):
    """The conversation that was made (`created`) or found, and what became of its first message if one was given."""

    thread_id: UUID
    kind: Kind
    created: bool
    message_id: UUID | None
    seq: int | None
    rev: int | None
    delivery_status: DeliveryStatus | None
    duplicate: bool
    moderation_status: ModerationStatus | None = None
    moderation: Notice | None = None


class ChatSent(msgspec.Struct, frozen=True):
    """What became of a send; `duplicate` when this client id was sent before. Unless `moderation_status` is approved or
    filtered, nobody but its sender sees it; `moderation` then says why, and what to change."""

    message_id: UUID
    thread_id: UUID
    seq: int
    rev: int
    created_at: datetime
    delivery_status: DeliveryStatus
    duplicate: bool
    moderation_status: ModerationStatus = "approved"
    moderation: Notice | None = None


class ChatChanged(msgspec.Struct, frozen=True):
    """A message that was edited, deleted or reacted to, and the rev it has now; an edited one is judged again."""

    message_id: UUID
    thread_id: UUID
    seq: int
    rev: int
    moderation_status: ModerationStatus | None = None
    moderation: Notice | None = None


class SeatCursor(msgspec.Struct, frozen=True):
    """How far the caller has got in a conversation."""

    thread_id: UUID
    last_read_seq: int
    last_delivered_seq: int
    unread_count: int


class PersonBlocked(msgspec.Struct, frozen=True):
    """Whether the caller hears from somebody."""

    contact_id: UUID
    blocked: bool


class ConversationLeft(msgspec.Struct, frozen=True):
    """A group the caller is out of."""

    thread_id: UUID
    left: bool


class ConversationFound(msgspec.Struct, frozen=True):
    """The conversation an older id leads to."""

    thread_id: UUID


class ContextPerson(msgspec.Struct, frozen=True):
    """Somebody who takes part in a context the caller takes part in."""

    contact_id: UUID
    user_id: UUID | None
    role: PersonRole
    name: str | None


class ContextPut(msgspec.Struct, frozen=True):
    """Who takes part in a context from now on: so many people."""

    context_kind: ContextKind
    context_id: str
    people: int
