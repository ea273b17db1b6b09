"""/v1/tasks, /v1/push-subscriptions and /v1/push-devices: what people do by hand, and the browsers and apps they are
reached at."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, UnsetType

from app.db import tasks as db
from app.db.unit import Unit, missing
from app.domain.notifications import PushKey
from app.domain.tasks import (
    FollowUp,
    FollowUpStatus,
    ManualTask,
    PushForgotten,
    PushRegistered,
    TaskAssigned,
    TaskChanged,
    TaskEnded,
    TaskOutcome,
    TaskStatus,
)  # fmt: skip
from app.http.deps import CallerUnit, existing, given
from app.http.types import NO_NUL, PAGE, Cursor, Limit, Listing, cut, decode_cursor, zoned

TAGS = ["tasks"]
Note = Annotated[str, msgspec.Meta(max_length=4000, pattern=NO_NUL)]
Endpoint = Annotated[str, msgspec.Meta(max_length=1500, pattern=r"^https://[^\s#]+\Z")]
PublicKey = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{80,100}\Z")]
AuthSecret = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,40}\Z")]


TenantSlug = Annotated[str, msgspec.Meta(max_length=100, pattern=NO_NUL)]
AppName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.-]{1,155}\Z")]
DeviceToken = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_:-]{20,1700}\Z")]


class TaskEnding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it went. `no_answer` puts it off by four hours, five times; `wrong_address` suppresses the address."""

    outcome: TaskOutcome
    note: Note | None = None


class Assignee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member; null gives the task back to everybody."""

    user_id: UUID | None


class TaskPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. `due_at` is a moment to come, null for whenever; `assignee_id` null is nobody."""

    due_at: datetime | UnsetType | None = UNSET
    assignee_id: UUID | UnsetType | None = UNSET


class PushKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a PushSubscription."""

    p256dh: PublicKey
    auth: AuthSecret


class PushSubscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What PushSubscription.toJSON() gives; `tenant_slug` where the caller works for no tenant."""

    endpoint: Endpoint
    keys: PushKeys
    tenant_slug: TenantSlug | None = None
    expirationTime: float | None = None  # noqa: N815 - the browser's word


class PushEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The subscription to forget."""

    endpoint: Endpoint


class DeviceName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An app on a device: for `fcm` the Firebase project and the registration token, for `apns` the bundle id and the
    device token in hex."""

    kind: Literal["fcm", "apns"]
    app: AppName
    token: DeviceToken


class PushDevice(DeviceName, frozen=True, forbid_unknown_fields=True):
    """The app to push to; `tenant_slug` where the caller works for no tenant."""

    tenant_slug: TenantSlug | None = None


@get("/tasks", summary="List tasks", tags=TAGS)
async def list_tasks(  # noqa: PLR0917
    unit: CallerUnit, task_status: FromQuery[Literal[TaskStatus, "any"]] = "open",
    assignee_id: FromQuery[UUID | None] = None, contact_id: FromQuery[UUID | None] = None,
    cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[ManualTask]:  # fmt: skip
    """What waits for a person, by due date, what has none last; what a member has to do, what there is to do about a
    contact."""
    statuses = list(get_args(TaskStatus)) if task_status == "any" else [task_status]
    found = await db.list_tasks(
        unit, statuses=statuses, assignee_id=assignee_id, contact_id=contact_id, after=decode_cursor(cursor),
        limit=limit + 1,
    )  # fmt: skip
    if not found:
        await _check_named(unit, "list_tasks", member=assignee_id, contact=contact_id)
    return cut(found, limit, "due_at")


@get("/follow-ups", summary="List follow-ups", tags=TAGS)
async def list_follow_ups(
    unit: CallerUnit, follow_up_status: FromQuery[Literal[FollowUpStatus, "any"]] = "scheduled",
    contact_id: FromQuery[UUID | None] = None, cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[FollowUp]:  # fmt: skip
    """What is written again by itself when nobody answers, by due date. A person who takes over ends it."""
    statuses = list(get_args(FollowUpStatus)) if follow_up_status == "any" else [follow_up_status]
    found = await db.list_follow_ups(
        unit, statuses=statuses, contact_id=contact_id, after=decode_cursor(cursor), limit=limit + 1
    )
    if not found:
        await _check_named(unit, "list_follow_ups", contact=contact_id)
    return cut(found, limit, "due_at")


async def _check_named(unit: Unit, action: str, **named: UUID | None) -> None:
    """An empty answer to a filter that names an id: the id may be somebody else's, which is an attempt."""
    for kind, object_id in named.items():
        if object_id and object_id != unit.caller.user_id and await unit.classify(kind, object_id, action) != "own":
            raise missing(kind)


@get("/tasks/{task_id:uuid}", summary="One task", tags=TAGS)
async def get_task(unit: CallerUnit, task_id: FromPath[UUID]) -> ManualTask:
    """A task with what is to be said."""
    return await existing(unit, await db.get_task(unit, task_id), "manual_task", task_id, "get_task")


@post("/tasks/{task_id:uuid}/complete", status_code=200, summary="Say how it went", tags=TAGS)
async def complete_task(unit: CallerUnit, task_id: FromPath[UUID], data: JSONBody[TaskEnding]) -> TaskEnded:
    """The message is sent, failed or cancelled by this, and by nothing else. Agents."""
    return await db.complete_task(unit, task_id, data.outcome, data.note)


@post("/tasks/{task_id:uuid}/assign", status_code=200, summary="Take or give a task", tags=TAGS)
async def assign_task(unit: CallerUnit, task_id: FromPath[UUID], data: JSONBody[Assignee]) -> TaskAssigned:
    """To oneself, to a colleague, or back to everybody. Agents."""
    return await db.assign_task(unit, task_id, data.user_id)


@patch("/tasks/{task_id:uuid}", summary="Change a task", tags=TAGS)
async def change_task(unit: CallerUnit, task_id: FromPath[UUID], data: JSONBody[TaskPatch]) -> TaskChanged:
    """Until when an open task is to be done, and by whom. Agents."""
    if isinstance(data.due_at, datetime):
        zoned("due_at", data.due_at)
    return await db.change_task(unit, task_id, given(data))


@get("/push-subscriptions/key", summary="The key browsers subscribe with", tags=TAGS)
async def push_key(unit: CallerUnit) -> PushKey:
    """`applicationServerKey` for PushManager.subscribe(). When it is another than the one a browser subscribed with, it
    has to subscribe anew."""
    return await db.push_key(unit)


@put("/push-subscriptions", summary="Let this browser be pushed to", tags=TAGS)
async def register_push(unit: CallerUnit, data: JSONBody[PushSubscription]) -> PushRegistered:
    """As the caller's own contact; needs a confirmed e-mail address. Registering again changes nothing."""
    return await db.register_push(
        unit, endpoint=data.endpoint, p256dh=data.keys.p256dh, auth=data.keys.auth, tenant_slug=data.tenant_slug
    )


@delete("/push-subscriptions", status_code=200, summary="Stop pushing to this browser", tags=TAGS)
async def forget_push(unit: CallerUnit, data: JSONBody[PushEndpoint]) -> PushForgotten:
    """Takes away the caller's own alone."""
    return await db.forget_push(unit, data.endpoint)


@put("/push-devices", summary="Let this app be pushed to", tags=TAGS)
async def register_device(unit: CallerUnit, data: JSONBody[PushDevice]) -> PushRegistered:
    """As the caller's own contact; needs a confirmed e-mail address. Registering again changes nothing. Pushes go over
    the tenant's account of the channel push whose address is `app`."""
    return await db.register_device(
        unit, kind=data.kind, app=data.app, token=data.token, tenant_slug=data.tenant_slug
    )  # fmt: skip


@delete("/push-devices", status_code=200, summary="Stop pushing to this app", tags=TAGS)
async def forget_device(unit: CallerUnit, data: JSONBody[DeviceName]) -> PushForgotten:
    """Takes away the caller's own alone: for when he signs out."""
    return await db.forget_device(unit, kind=data.kind, app=data.app, token=data.token)


router = Router(
    "/",
    route_handlers=[
        list_tasks, list_follow_ups, get_task, complete_task, assign_task, change_task, push_key, register_push,
        forget_push, register_device, forget_device,
    ],
)  # fmt: skip
