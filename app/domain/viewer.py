"""Conversations between participants, as an admin looks at them with a reason. No I/O."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class ViewedPerson(msgspec.Struct, frozen=True):
    """Somebody who takes part."""

    contact_id: UUID | None
    user_id: UUID | None
    role: str
    name: str | None


class FoundConversation(msgspec.Struct, frozen=True):
    """A conversation between participants: who, about what, when; no text."""

    thread_id: UUID
    kind: str
    subject: str | None
    status: str
    context_kind: str | None
    context_id: str | None
    people: list[ViewedPerson]
    last_seq: int
    last_message_at: datetime
    created_at: datetime


class FoundConversations(msgspec.Struct, frozen=True):
    """What a search found, newest first."""

    items: list[FoundConversation]
    has_more: bool


class ViewedMessage(msgspec.Struct, frozen=True):
    """What was written, by whom, and whether it was shown."""

    id: UUID
    seq: int
    sender: str
    sender_contact_id: UUID | None
    message_type: str
    moderation_status: str
    body: str
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


class ViewedThread(msgspec.Struct, frozen=True):
    """A page of a conversation, oldest message first; `before_seq` of the first leads to older ones."""

    thread_id: UUID
    kind: str
    last_seq: int
    people: list[ViewedPerson]
    has_more: bool
    messages: list[ViewedMessage]


class ViewFilter(msgspec.Struct, frozen=True):
    """Which conversations are looked for."""

    contact_id: UUID | None
    context_kind: str | None
    context_id: str | None
    before_at: datetime | None
    before_id: UUID | None

    def named(self) -> dict[str, Any]:
        """Its fields that say something."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}
