"""What people have to do by hand, and the browsers they are reached at. No I/O."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

TaskStatus = Literal["open", "done", "failed", "cancelled"]
TaskOutcome = Literal["done", "no_answer", "wrong_address", "not_possible", "cancelled"]


class ManualTask(msgspec.Struct, frozen=True):
    """A send a person has to make."""

    id: UUID
    kind: str
    status: TaskStatus
    title: str
    reason: str | None
    target: str
    message_id: UUID
    thread_id: UUID
    assignee_id: UUID | None
    due_at: datetime | None
    tries: int
    outcome: str | None
    note: str | None
    created_at: datetime
    completed_at: datetime | None
    script: str


FollowUpStatus = Literal["scheduled", "sent", "cancelled"]


class FollowUp(msgspec.Struct, frozen=True):
    """What is written to a contact again by itself."""

    id: UUID
    origin: Literal["insight", "decision"]
    status: FollowUpStatus
    due_at: datetime
    body: str | None
    thread_id: UUID
    message_id: UUID | None
    contact_id: UUID | None
    contact_name: str | None
    channel: str


class TaskEnded(msgspec.Struct, frozen=True):
    """What a person's word made of a task; `due_at` counts while it is open."""

    task_id: UUID
    status: TaskStatus
    due_at: datetime | None


class TaskAssigned(msgspec.Struct, frozen=True):
    """Whose a task is now."""

    task_id: UUID
    assignee_id: UUID | None


class TaskChanged(msgspec.Struct, frozen=True):
    """Until when a task is to be done, and by whom."""

    task_id: UUID
    due_at: datetime | None
    assignee_id: UUID | None


class PushRegistered(msgspec.Struct, frozen=True):
    """The contact a browser belongs to now."""

    contact_id: UUID
    registered: bool


class PushForgotten(msgspec.Struct, frozen=True):
    """How many subscriptions of the caller went."""

    forgotten: int
