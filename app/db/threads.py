"""Threads as the API reads and changes them: one typed function per query of threads.sql."""

import re
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param, rows_as
from app.domain.channels import Template
from app.domain.insights import Insight
from app.domain.judgement import Escalated
from app.domain.messages import Started
from app.domain.notifications import Notification, NotificationsRead
from app.domain.outbound import Opening
from app.domain.paging import Position
from app.domain.threads import (
    Action,
    Filters,
    Folder,
    MergedThreads,
    NoteDeleted,
    NotePut,
    ReadState,
    SaidFolder,
    SearchPolicy,
    Status,
    Thread,
    ThreadHead,
    ThreadNote,
    ThreadSearch,
    ThreadState,
)  # fmt: skip
from app.errors import BadInput

QUERIES = load("threads")
FOLDERS = list(get_args(Folder))
STATUSES = list(get_args(Status))
_PHONE = re.compile(r"[+(]?[\d\s()./-]+")


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
        "like": filters.q and _like(filters.q), "digits": filters.q and _digits(filters.q),
        "number": filters.q and _number(filters.q), "limit": limit,
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


def _digits(text: str) -> str | None:
    """What of a telephone number is the same however it is written; None for what is none."""
    if not _PHONE.fullmatch(text):
        return None
    digits = re.sub(r"\D", "", text)
    return digits.lstrip("0") if len(digits) >= 4 else None


def _number(text: str) -> UUID | None:
    """The conversation whose id this is; None for any other text."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


async def get_thread(unit: Unit, thread_id: UUID) -> Thread | None:
    """One thread, None when the caller sees no such thread."""
    rows = await unit.read(QUERIES["get_thread"], {"thread_id": thread_id})
    if not rows:
        return None
    return Thread(*(*rows[0][:-1], msgspec.convert(rows[0][-1], list[Escalated])))


async def thread_by_alias(unit: Unit, alias: str) -> UUID | None:
    """The thread an alias or a scope key leads to, None when it leads nowhere the caller may see."""
    rows = await unit.read(QUERIES["thread_by_alias"], {"alias": alias})
    return rows[0][0] if rows else None


async def start_thread(
    unit: Unit, *, contact_id: UUID, session_id: UUID, purpose: Opening, subject: str | None, body: str | None,
    template: Template | None, client_message_id: str | None,
) -> Started:  # fmt: skip
    """Write to a contact first. Raises RateLimited, BadInput for what may not be sent to him, Conflict, NotFound."""
    params = {
        "contact_id": contact_id, "session_id": session_id, "purpose": purpose, "subject": subject, "body": body,
        "template": template and json_param(template), "client_message_id": client_message_id,
    }  # fmt: skip
    return msgspec.convert(await unit.write(QUERIES["start_thread"], params), Started)


async def merge_threads(unit: Unit, winner_id: UUID, loser_id: UUID) -> MergedThreads:
    """Merge two conversations of one contact. Raises Conflict, BadInput, NotFound."""
    return msgspec.convert(
        await unit.call(QUERIES["merge_threads"], {"winner_id": winner_id, "loser_id": loser_id}), MergedThreads
    )


async def set_thread(unit: Unit, thread_id: UUID, action: Action) -> ThreadState:
    """Take over, hand back, close, archive or reopen a thread."""
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


async def set_thread_folder(
    unit: Unit, thread_id: UUID, folder: SaidFolder | None, *, expected_last_seq: int | None
) -> ThreadState:
    """Say whether a thread is spam; None takes it back. Raises Conflict, NotFound."""
    params = {"thread_id": thread_id, "folder": folder, "expected_last_seq": expected_last_seq}
    return await _change(unit, "set_thread_folder", params)


async def _change(unit: Unit, name: str, params: dict[str, Any]) -> ThreadState:
    return msgspec.convert(await unit.call(QUERIES[name], params), ThreadState)


async def mark_thread_read(unit: Unit, thread_id: UUID, seq: int | None) -> ReadState:
    """The staff has read up to a seq, or to the end."""
    return msgspec.convert(
        await unit.call(QUERIES["mark_thread_read"], {"thread_id": thread_id, "seq": seq}), ReadState
    )


async def set_thread_search(unit: Unit, thread_id: UUID, policy: SearchPolicy | None) -> ThreadSearch:
    """What may be searched in a thread."""
    return msgspec.convert(
        await unit.call(QUERIES["set_thread_search"], {"thread_id": thread_id, "policy": policy}), ThreadSearch
    )


async def thread_insight(unit: Unit, thread_id: UUID) -> Insight | None:
    """The insight of a thread, None when the caller sees no such thread."""
    rows = await unit.read(QUERIES["thread_insight"], {"thread_id": thread_id})
    return Insight(*rows[0]) if rows else None


async def list_notifications(unit: Unit, *, below: Position | None, limit: int) -> list[Notification]:
    """Notifications, newest first."""
    params = {"below_at": below and below.at, "below_id": below and below.id, "limit": limit}
    return rows_as(Notification, await unit.read(QUERIES["list_notifications"], params))


async def mark_notifications_read(unit: Unit, ids: list[UUID] | None) -> NotificationsRead:
    """The caller has read these, or all there are. Users only."""
    return msgspec.convert(await unit.call(QUERIES["mark_notifications_read"], {"ids": ids}), NotificationsRead)


async def list_notes(unit: Unit, thread_id: UUID, *, below: Position | None, limit: int) -> list[ThreadNote] | None:
    """Notes on a thread, newest first; None when the caller sees no such thread."""
    params = {"thread_id": thread_id, "below_at": below and below.at, "below_id": below and below.id, "limit": limit}
    rows = await unit.read(QUERIES["list_notes"], params)
    return rows_as(ThreadNote, [row for row in rows if row[0] is not None]) if rows else None


async def add_note(unit: Unit, thread_id: UUID, note: str, client_note_id: str | None) -> NotePut:
    """Write something for colleagues. Raises Conflict, NotFound."""
    params = {"thread_id": thread_id, "note": note, "client_note_id": client_note_id}
    return msgspec.convert(await unit.call(QUERIES["add_note"], params), NotePut)


async def change_note(unit: Unit, note_id: UUID, note: str) -> NotePut:
    """Change what one wrote oneself. Raises Forbidden, NotFound."""
    return msgspec.convert(await unit.call(QUERIES["change_note"], {"note_id": note_id, "note": note}), NotePut)


async def delete_note(unit: Unit, note_id: UUID) -> NoteDeleted:
    """Delete what one wrote oneself, or, as an admin, anybody. Raises Forbidden, NotFound."""
    return msgspec.convert(await unit.call(QUERIES["delete_note"], {"note_id": note_id}), NoteDeleted)
