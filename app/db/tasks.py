"""Tasks for people and their browsers, as the API reads and changes them: one function per query of tasks.sql."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.queries import load
from app.db.unit import Unit, rows_as
from app.domain.tasks import ManualTaskRow

QUERIES = load("tasks")


async def list_tasks(
    unit: Unit, *, status: str, assignee_id: UUID | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[ManualTaskRow]:
    """Tasks by due date, after the one `after` names."""
    params = {
        "status": status, "assignee_id": assignee_id, "after_due": after and after[0], "after_id": after and after[1],
        "limit": limit,
    }  # fmt: skip
    return rows_as(ManualTaskRow, await unit.read(QUERIES["list_tasks"], params, keep_plan=False))


async def get_task(unit: Unit, task_id: UUID) -> ManualTaskRow | None:
    """One task, None when the caller sees no such task."""
    rows = await unit.read(QUERIES["get_task"], {"task_id": task_id})
    return ManualTaskRow(*rows[0]) if rows else None


async def complete_task(unit: Unit, task_id: UUID, outcome: str, note: str | None) -> dict[str, Any]:
    """{"task_id", "status", "due_at"}."""
    return await unit.call(QUERIES["complete_task"], {"task_id": task_id, "outcome": outcome, "note": note})


async def assign_task(unit: Unit, task_id: UUID, user_id: UUID | None) -> dict[str, Any]:
    """{"task_id", "assignee_id"}."""
    return await unit.call(QUERIES["assign_task"], {"task_id": task_id, "user_id": user_id})


async def register_push(
    unit: Unit, *, endpoint: str, p256dh: str, auth: str, tenant_slug: str | None
) -> dict[str, Any]:
    """{"contact_id", "registered"}."""
    params = {"endpoint": endpoint, "p256dh": p256dh, "auth": auth, "tenant_slug": tenant_slug}
    return await unit.call(QUERIES["register_push"], params)


async def forget_push(unit: Unit, endpoint: str) -> dict[str, Any]:
    """{"forgotten"}: how many subscriptions of the caller went."""
    return await unit.call(QUERIES["forget_push"], {"endpoint": endpoint})
