"""What the staff should know. No I/O."""

from datetime import datetime
from uuid import UUID

import msgspec


class Notification(msgspec.Struct, frozen=True):
    """Something the staff should know."""

    id: UUID
    kind: str
    title: str
    thread_id: UUID | None
    created_at: datetime
    read_at: datetime | None
    """When the caller read it; others have read it or not."""


class NotificationsRead(msgspec.Struct, frozen=True):
    """How many were new to the caller."""

    marked: int
