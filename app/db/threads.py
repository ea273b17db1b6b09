"""Threads as the API reads and changes them: one typed function per query of threads.sql."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, rows_as
from app.errors import BadInput

QUERIES = load("threads")
FOLDERS = ["inbox", "spam", "automated"]
STATUSES = ["open", "snoozed", "closed", "archived"]
ACTIONS = {"take_over", "hand_back", "close", "archive", "reopen"}


class Position(msgspec.Struct, frozen=True):
    """A place in a list ordered by time and id."""

    at: datetime
    id: UUID


class ThreadHead(msgspec.Struct, frozen=True):
    """A conversation as the inbox shows it."""

    id: UUID
    channel: str
    channel_session_id: UUID | None
    contact_id: UUID | None
    contact_name: str | None
    subject: str | None
    folder: str
    status: str
    snoozed_until: datetime | None
    control: str
    control_epoch: int
    assignee_id: UUID | None
    labels: list[str]
    last_seq: int
    last_rev: int
    unread_count: int
    last_message_at: datetime | None
    last_direction: str | None
    preview: str | None
    created_at: datetime


class Thread(ThreadHead, frozen=True):
    """A conversation with what only its detail view needs."""

    kind: str
    context_kind: str | None
    context_id: str | None
    scope_rule: str
    search_policy: str | None
    last_inbound_seq: int
    staff_read_seq: int
    closed_at: datetime | None
    merged_into: UUID | None
    merged_from: list[UUID]


class ThreadState(msgspec.Struct, frozen=True):
    """What a change left a conversation in."""

    thread_id: UUID
    status: str
    control: str
    control_epoch: int
    assignee_id: UUID | None
    labels: list[str]
    snoozed_until: datetime | None


class ReadState(msgspec.Struct, frozen=True):
    """How far the staff has read."""

    thread_id: UUID
    staff_read_seq: int
    unread_count: int


class Insight(msgspec.Struct, frozen=True):
    """What the CRM knows of a conversation; everything but the first two is null until it was read."""

    thread_id: UUID
    last_seq: int
    summary: str | None
    label: str | None
    sentiment: float | None
    sentiment_label: str | None
    next_step: str | None
    language: str | None
    follow_up_at: datetime | None
    follow_up_text: str | None
    follow_up_status: str | None
    read_seq: int | None
    version: int | None
    model: str | None
    prompt_version: str | None
    updated_at: datetime | None


class Notification(msgspec.Struct, frozen=True):
    """Something the staff should know."""

    id: UUID
    kind: str
    title: str
    thread_id: UUID | None
    created_at: datetime
    read_at: datetime | None


class Filters(msgspec.Struct, frozen=True):
    """Which threads an inbox shows; None is no filter."""

    folder: str | None = None
    status: str | None = None
    assignee_id: UUID | None = None
    unassigned: bool = False
    label: str | None = None
    channel: str | None = None
    session_id: UUID | None = None
    contact_id: UUID | None = None
    control: str | None = None
    unread: bool | None = None
    q: str | None = None


async def list_threads(
    unit: Unit, filters: Filters, *, below: Position | None, above: Position | None, limit: int
) -> list[ThreadHead]:
    """Threads newest first below a position, or oldest first above one. Raises BadInput where the tenant allows no
    search."""
    params: dict[str, Any] = msgspec.structs.asdict(filters)
    params |= {
        "folders": [filters.folder] if filters.folder else FOLDERS,
        "statuses": [filters.status] if filters.status else STATUSES,
        "below_at": below and below.at, "below_id": below and below.id,
        "above_at": above and above.at, "above_id": above and above.id,
        "policy": await search_policy(unit) if filters.q else None,
        "like": filters.q and _like(filters.q), "limit": limit,
    }  # fmt: skip
    return rows_as(ThreadHead, await unit.read(QUERIES["list_threads"], params, keep_plan=False))


async def search_policy(unit: Unit) -> str:
    """What the tenant lets be searched: metadata or full. Raises BadInput when it is nothing."""
    rows = await unit.read(QUERIES["search_policy"], {})
    if not rows or rows[0][0] == "none":
        raise BadInput(
            "This tenant does not allow its conversations to be searched.",
            code="search_disabled", field="q", remedy="an admin can set search_policy to metadata or full",
        )  # fmt: skip
    return str(rows[0][0])


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def get_thread(unit: Unit, thread_id: UUID) -> Thread | None:
    """One thread, None when the caller sees no such thread."""
    rows = await unit.read(QUERIES["get_thread"], {"thread_id": thread_id})
    return Thread(*rows[0]) if rows else None


async def thread_by_alias(unit: Unit, alias: str) -> UUID | None:
    """The thread an alias or a scope key leads to, None when it leads nowhere the caller may see."""
    rows = await unit.read(QUERIES["thread_by_alias"], {"alias": alias})
    return rows[0][0] if rows else None


async def merge_threads(unit: Unit, winner_id: UUID, loser_id: UUID) -> dict[str, Any]:
    """Merge two conversations of one contact: {"thread_id", "merged"}. Raises Conflict, BadInput, NotFound."""
    return await unit.call(QUERIES["merge_threads"], {"winner_id": winner_id, "loser_id": loser_id})


async def set_thread(unit: Unit, thread_id: UUID, action: str) -> ThreadState:
    """Take over, hand back, close, archive or reopen a thread: `action` is one of ACTIONS."""
    return await _change(unit, f"{action}_thread", {"thread_id": thread_id})


async def assign_thread(unit: Unit, thread_id: UUID, assignee_id: UUID | None) -> ThreadState:
    """Give a thread to a member, or to nobody."""
    return await _change(unit, "assign_thread", {"thread_id": thread_id, "assignee_id": assignee_id})


async def label_thread(unit: Unit, thread_id: UUID, add: list[str], remove: list[str]) -> ThreadState:
    """Add and remove labels."""
    return await _change(unit, "label_thread", {"thread_id": thread_id, "add": add, "remove": remove})


async def snooze_thread(unit: Unit, thread_id: UUID, until: datetime) -> ThreadState:
    """Put a thread away until a moment."""
    return await _change(unit, "snooze_thread", {"thread_id": thread_id, "until": until})


async def _change(unit: Unit, name: str, params: dict[str, Any]) -> ThreadState:
    return msgspec.convert(await unit.call(QUERIES[name], params), ThreadState)


async def mark_thread_read(unit: Unit, thread_id: UUID, seq: int | None) -> ReadState:
    """The staff has read up to a seq, or to the end."""
    return msgspec.convert(
        await unit.call(QUERIES["mark_thread_read"], {"thread_id": thread_id, "seq": seq}), ReadState
    )


async def set_thread_search(unit: Unit, thread_id: UUID, policy: str | None) -> dict[str, Any]:
    """What may be searched in a thread: {"thread_id", "search_policy"} in force."""
    return await unit.call(QUERIES["set_thread_search"], {"thread_id": thread_id, "policy": policy})


async def thread_insight(unit: Unit, thread_id: UUID) -> Insight | None:
    """The insight of a thread, None when the caller sees no such thread."""
    rows = await unit.read(QUERIES["thread_insight"], {"thread_id": thread_id})
    return Insight(*rows[0]) if rows else None


async def list_notifications(unit: Unit, *, below: Position | None, limit: int) -> list[Notification]:
    """Notifications, newest first."""
    params = {"below_at": below and below.at, "below_id": below and below.id, "limit": limit}
    return rows_as(Notification, await unit.read(QUERIES["list_notifications"], params))
