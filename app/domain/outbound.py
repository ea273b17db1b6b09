"""Sends whose outcome is open, and addresses nothing is sent to. No I/O."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from app.domain.channels import Channel
from app.domain.contacts import AddressKind
from app.domain.messages import SenderKind

Opening = Literal["conversation", "notification", "marketing"]
"""Why somebody is written to who has not written."""
Resolution = Literal["sent", "failed", "resend"]
SuppressionScope = Literal["all", "automatic"]
SuppressionReason = Literal["bounced", "complained", "unsubscribed", "manual"]


class UnknownDispatch(msgspec.Struct, frozen=True):
    """A send nobody knows the outcome of: the provider has it once, or not at all."""

    id: UUID
    message_id: UUID
    thread_id: UUID
    channel: Channel
    recipient: str
    status_reason: str | None
    created_at: datetime
    finished_at: datetime | None


Trouble = Literal["failed", "unknown", "stopped"]
"""failed: refused, given up, or came back. unknown: it has arrived or not. stopped: a rule kept it at home."""


class Undelivered(msgspec.Struct, frozen=True):
    """A send that did not arrive, or nobody knows of. `sent_again_id` is the message that went in its place."""

    id: UUID
    trouble: Trouble
    status: Literal["failed", "bounced", "dispatch_unknown", "cancelled"]
    message_id: UUID
    thread_id: UUID
    channel: Channel
    recipient: str
    contact_name: str | None
    status_reason: str | None
    error: str | None
    excerpt: str
    sender_kind: SenderKind
    created_at: datetime
    finished_at: datetime | None
    sent_again_id: UUID | None


class Resolved(msgspec.Struct, frozen=True):
    """What a person said became of an unknown send."""

    message_id: UUID
    resolution: Resolution


class Suppression(msgspec.Struct, frozen=True):
    """An address nothing (all) or nothing automatic is sent to."""

    id: UUID
    kind: AddressKind
    address: str
    scope: SuppressionScope
    reason: SuppressionReason
    created_at: datetime


class Suppressed(msgspec.Struct, frozen=True):
    """An address that is on the list now."""

    suppression_id: UUID
    kind: AddressKind
    address: str


class Lifted(msgspec.Struct, frozen=True):
    """An address that is off the list."""

    kind: AddressKind
    address: str
    lifted: bool
