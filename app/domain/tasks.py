"""What a person has to do by hand: the row as the API shows it."""

from datetime import datetime
from uuid import UUID

import msgspec


class ManualTaskRow(msgspec.Struct, frozen=True):
    """One task. What to say is the body of its message."""

    id: UUID
    kind: str
    status: str
    title: str
    reason: str | None
    target: str
    message_id: UUID
    thread_id: UUID
    assignee_id: UUID | None
    due_at: datetime
    tries: int
    outcome: str | None
    note: str | None
    created_at: datetime
    completed_at: datetime | None
    script: str
    """The message's body: what to say, or what to write into the form."""
