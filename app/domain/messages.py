"""Messages and their files as readers see them. No I/O."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.domain.judgement import ModerationStatus, Notice
from app.domain.threads import Control, Direction

DeliveryStatus = Literal[
    "received", "inbound_processing", "inbound_ai_replied", "inbound_human_takeover", "inbound_error",
    "queued", "sending", "sent", "delivered", "read", "failed", "bounced", "cancelled", "dispatch_unknown",
]  # fmt: skip
MessageType = Literal["text", "image", "file", "audio", "video", "system", "template", "location"]
SenderKind = Literal["contact", "ai", "agent", "system", "participant"]
AutoClass = Literal["none", "auto_reply", "list", "bulk", "report"]


class Message(msgspec.Struct, frozen=True):
    """One message of a thread."""

    id: UUID
    seq: int
    rev: int
    direction: Direction
    delivery_status: DeliveryStatus
    moderation_status: ModerationStatus
    message_type: MessageType
    sender_kind: SenderKind
    sender: str
    sender_contact_id: UUID | None
    sender_user_id: UUID | None
    sender_name: str | None
    sender_address: str | None
    subject: str | None
    body: str
    language: str | None
    client_message_id: str | None
    auto_class: AutoClass
    has_attachments: bool
    has_html: bool
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


class SingleMessage(Message, frozen=True):
    """A message fetched by its own id."""

    thread_id: UUID


class MessageHtml(msgspec.Struct, frozen=True):
    """The HTML part of a mail as its sender sent it: hostile until it was cleaned. `cut` when it was longer."""

    message_id: UUID
    html: str
    cut: bool


class Page(msgspec.Struct, frozen=True):
    """Some messages of a thread and the head they were read with."""

    last_seq: int
    last_rev: int
    control: Control
    messages: list[Message]


class Sent(msgspec.Struct, frozen=True):
    """What became of a send; `duplicate` when this client id was sent before. Unless `moderation_status` is approved or
    filtered, nobody but its sender sees it; `moderation` then says why, and what to change."""

    message_id: UUID
    thread_id: UUID
    seq: int
    rev: int
    delivery_status: DeliveryStatus
    duplicate: bool
    moderation_status: ModerationStatus = "approved"
    moderation: Notice | None = None


class Started(msgspec.Struct, frozen=True):
    """The conversation that was made (`created`) or found, and what became of its first message if one was given."""

    thread_id: UUID
    created: bool
    message_id: UUID | None
    seq: int | None
    rev: int | None
    delivery_status: DeliveryStatus | None
    duplicate: bool
    moderation_status: ModerationStatus | None = None
    moderation: Notice | None = None


AttachmentStatus = Literal["quarantined", "released", "refused", "expired", "erased"]


class Attachment(msgspec.Struct, frozen=True):
    """A file of a message: given out once it is released; `refused` says why its bytes were not kept."""

    id: UUID
    filename: str
    content_type: str
    size_bytes: int
    sha256: str | None
    inline: bool
    content_id: str | None
    status: AttachmentStatus
    refused: str | None
    detected_type: str | None


class Uploaded(msgspec.Struct, frozen=True):
    """A file that waits to be sent; unless a send names it, it goes at `expires_at`."""

    attachment_id: UUID
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    expires_at: datetime


class AttachmentData(msgspec.Struct, frozen=True):
    """A file with its bytes; None unless it was released."""

    filename: str
    content_type: str
    status: AttachmentStatus
    refused: str | None
    data: bytes | None


class Retried(msgspec.Struct, frozen=True):
    """A message that goes through the decision again."""

    message_id: UUID
    delivery_status: DeliveryStatus


class Explanation(msgspec.Struct, frozen=True):
    """The whole chain of one message. Each link has the fields its table has; a chapter may add to them."""

    message: dict[str, Any]
    thread: dict[str, Any]
    moderation: dict[str, Any]
    decision: dict[str, Any] | None
    waiting: dict[str, Any] | None
    dispatches: list[dict[str, Any]]
    notifications: list[dict[str, Any]]
    escalations: list[dict[str, Any]] = []
