"""Conversations as readers see them, and what a change leaves them in. No I/O."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from app.domain.channels import Channel
from app.domain.judgement import Escalated

Folder = Literal["inbox", "spam", "automated"]
SaidFolder = Literal["inbox", "spam"]
Status = Literal["open", "snoozed", "closed", "archived"]
Control = Literal["ai", "human"]
Kind = Literal["channel", "direct", "group", "internal", "broadcast", "assistant", "inspiration"]
ScopeRule = Literal["channel_contact", "email_reference", "pair", "pair_context", "explicit"]
Direction = Literal["inbound", "outbound", "internal"]
SearchPolicy = Literal["none", "metadata", "full"]
ChatPolicy = Literal["context", "anyone", "nobody"]
PushShown = Literal["preview", "sender", "nothing"]
MarketWrites = Literal["anywhere", "api"]
LiveSigns = Literal["shown", "none"]
ChatScope = Literal["pair", "pair_context", "explicit"]
NoReply = Literal["erased", "merged", "receive_only", "account_unverified"]
Action = Literal["take_over", "hand_back", "close", "archive", "reopen"]


class ThreadHead(msgspec.Struct, frozen=True):
    """A conversation as the inbox shows it."""

    id: UUID
    channel: Channel
    channel_session_id: UUID | None
    contact_id: UUID | None
    contact_name: str | None
    subject: str | None
    folder: Folder
    status: Status
    snoozed_until: datetime | None
    control: Control
    control_epoch: int
    assignee_id: UUID | None
    labels: list[str]
    last_seq: int
    last_rev: int
    unread_count: int
    last_message_at: datetime | None
    last_direction: Direction | None
    preview: str | None
    created_at: datetime


class Thread(ThreadHead, frozen=True):
    """A conversation with what only its detail view needs."""

    kind: Kind
    context_kind: str | None
    context_id: str | None
    scope_rule: ScopeRule
    folder_said: bool
    search_policy: SearchPolicy | None
    last_inbound_seq: int
    staff_read_seq: int
    closed_at: datetime | None
    merged_into: UUID | None
    merged_from: list[UUID]
    reply_until: datetime | None
    reply_chars: int | None
    reply_utf16: bool | None
    takes_templates: bool | None
    no_reply: NoReply | None
    has_notes: bool
    escalations: list[Escalated]


class ThreadNote(msgspec.Struct, frozen=True):
    """What one of the staff wrote for the others. No contact ever sees it."""

    id: UUID
    thread_id: UUID
    note: str
    author: str
    author_user_id: UUID | None
    created_at: datetime
    edited_at: datetime | None


class NotePut(ThreadNote, frozen=True):
    """A note as it is now; `duplicate` when this client_note_id was used before."""

    duplicate: bool


class NoteDeleted(msgspec.Struct, frozen=True):
    """A note that is gone."""

    note_id: UUID
    deleted: bool


class ThreadState(msgspec.Struct, frozen=True):
    """What a change left a conversation in."""

    thread_id: UUID
    status: Status
    control: Control
    control_epoch: int
    assignee_id: UUID | None
    labels: list[str]
    snoozed_until: datetime | None
    folder: Folder
    folder_said: bool


class ReadState(msgspec.Struct, frozen=True):
    """How far the staff has read, and the conversation as it is then; null for whoever may not read it."""

    thread_id: UUID
    staff_read_seq: int
    unread_count: int
    conversation: Thread | None = None


class MergedThreads(msgspec.Struct, frozen=True):
    """Two conversations that became one: `merged` ended in `thread_id`."""

    thread_id: UUID
    merged: UUID


class ThreadSearch(msgspec.Struct, frozen=True):
    """What may be searched in a conversation, its own rule or the tenant's."""

    thread_id: UUID
    search_policy: SearchPolicy


class Filters(msgspec.Struct, frozen=True):
    """Which threads an inbox shows; None is no filter."""

    folder: Folder | None = None
    status: Status | None = None
    assignee_id: UUID | None = None
    unassigned: bool = False
    label: str | None = None
    channel: Channel | None = None
    session_id: UUID | None = None
    contact_id: UUID | None = None
    control: Control | None = None
    unread: bool | None = None
    q: str | None = None
