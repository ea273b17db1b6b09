"""Tasks for people and their browsers, as the API reads and changes them: one function per query of tasks.sql."""

from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from app.db.queries import load
from app.db.unit import Unit, rows_as
from app.domain.notifications import PushKey
from app.domain.paging import NEVER, Position
from app.domain.tasks import FollowUp, ManualTask, PushForgotten, PushRegistered, TaskAssigned, TaskChanged, TaskEnded

QUERIES = load("tasks")


async def list_tasks(
    unit: Unit, *, statuses: list[str], assignee_id: UUID | None, contact_id: UUID | None, after: Position | None,
    limit: int,
) -> list[ManualTask]:  # fmt: skip
    """Tasks by due date, those without one last, after the one `after` names."""
    params = {
        "statuses": statuses, "assignee_id": assignee_id, "contact_id": contact_id,
        "after_due": after.at if after and after.at < NEVER else None, "after_id": after and after.id, "limit": limit,
    }  # fmt: skip
    return rows_as(ManualTask, await unit.read(QUERIES["list_tasks"], params, keep_plan=False))


async def list_follow_ups(
    unit: Unit, *, statuses: list[str], contact_id: UUID | None, after: Position | None, limit: int
) -> list[FollowUp]:
    """Follow-ups by due date, after the one `after` names."""
    params = {
        "statuses": statuses, "contact_id": contact_id, "after_due": after and after.at,
        "after_id": after and after.id, "limit": limit,
    }  # fmt: skip
    return rows_as(FollowUp, await unit.read(QUERIES["list_follow_ups"], params, keep_plan=False))


async def get_task(unit: Unit, task_id: UUID) -> ManualTask | None:
    """One task, None when the caller sees no such task."""
    rows = await unit.read(QUERIES["get_task"], {"task_id": task_id})
    return ManualTask(*rows[0]) if rows else None


async def complete_task(unit: Unit, task_id: UUID, outcome: str, note: str | None) -> TaskEnded:
    """See `TaskEnded`."""
    params = {"task_id": task_id, "outcome": outcome, "note": note}
    return msgspec.convert(await unit.call(QUERIES["complete_task"], params), TaskEnded)


async def assign_task(unit: Unit, task_id: UUID, user_id: UUID | None) -> TaskAssigned:
    """See `TaskAssigned`."""
    params = {"task_id": task_id, "user_id": user_id}
    return msgspec.convert(await unit.call(QUERIES["assign_task"], params), TaskAssigned)


async def change_task(unit: Unit, task_id: UUID, changes: dict[str, Any]) -> TaskChanged:
    """See `TaskChanged`."""
    params = {"task_id": task_id, "changes": Jsonb(msgspec.to_builtins(changes))}
    return msgspec.convert(await unit.call(QUERIES["change_task"], params), TaskChanged)


async def push_key(unit: Unit) -> PushKey:
    """The key browsers subscribe with. Raises NotFound while this installation pushes nothing."""
    return msgspec.convert(await unit.call(QUERIES["push_key"], {}), PushKey)


async def register_push(
    unit: Unit, *, endpoint: str, p256dh: str, auth: str, tenant_slug: str | None
) -> PushRegistered:
    """See `PushRegistered`."""
    params = {"endpoint": endpoint, "p256dh": p256dh, "auth": auth, "tenant_slug": tenant_slug}
    return msgspec.convert(await unit.call(QUERIES["register_push"], params), PushRegistered)


async def forget_push(unit: Unit, endpoint: str) -> PushForgotten:
    """See `PushForgotten`."""
    return msgspec.convert(await unit.call(QUERIES["forget_push"], {"endpoint": endpoint}), PushForgotten)


async def register_device(unit: Unit, *, kind: str, app: str, token: str, tenant_slug: str | None) -> PushRegistered:
    """See `PushRegistered`."""
    params = {"kind": kind, "app": app, "token": token, "tenant_slug": tenant_slug}
    return msgspec.convert(await unit.call(QUERIES["register_device"], params), PushRegistered)


async def forget_device(unit: Unit, *, kind: str, app: str, token: str) -> PushForgotten:
    """See `PushForgotten`."""
    params = {"kind": kind, "app": app, "token": token}
    return msgspec.convert(await unit.call(QUERIES["forget_device"], params), PushForgotten)
