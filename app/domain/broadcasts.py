"""What a tenant tells its people in the app. No I/O."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

BroadcastStatus = Literal["running", "done", "cancelled"]
Audience = Literal["customer", "provider", "lead", "unknown"]
ContextKind = Literal["project", "bid_card", "job", "booking"]


class Broadcast(msgspec.Struct, frozen=True):
    """A text for some or all people, and how far it is."""

    id: UUID
    body: str
    segment_kind: Literal["all", "role", "context"]
    role: Audience | None
    context_kind: ContextKind | None
    context_id: str | None
    status: BroadcastStatus
    delivered: int
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class BroadcastRead(msgspec.Struct, frozen=True):
    """A broadcast with how many have read it."""

    id: UUID
    body: str
    segment_kind: Literal["all", "role", "context"]
    role: Audience | None
    context_kind: ContextKind | None
    context_id: str | None
    status: BroadcastStatus
    delivered: int
    read: int
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class BroadcastMade(msgspec.Struct, frozen=True):
    """A broadcast after a change, and whether it was begun by it."""

    id: UUID
    status: BroadcastStatus
    created: bool
