"""/v1/broadcasts: what a tenant tells all its people in the app, or some of them."""

from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody

from app.db import broadcasts as db
from app.domain.broadcasts import Audience, Broadcast, BroadcastMade, BroadcastRead, ContextKind
from app.errors import BadInput
from app.http.deps import CallerUnit
from app.http.types import PAGE, Body, Cursor, Limit, Line, Listing, cut, decode_cursor

TAGS = ["messages"]


class NewBroadcast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For everybody; or with `role`, or with both of the context, for those. `id` makes it repeatable."""

    body: Body
    id: UUID | None = None
    role: Audience | None = None
    context_kind: ContextKind | None = None
    context_id: Line | None = None


def _segment(data: NewBroadcast) -> dict[str, str]:
    """Whom it is for. Raises BadInput for a role and a context at once."""
    if data.role and (data.context_kind or data.context_id):
        raise BadInput("A broadcast is for a role or for a context.", code="bad_value", field="role",
                       remedy="send one of the two")  # fmt: skip
    if data.role:
        return {"kind": "role", "role": data.role}
    if data.context_kind or data.context_id:
        named = {"context_kind": data.context_kind, "context_id": data.context_id}
        return {"kind": "context", **{name: value for name, value in named.items() if value}}
    return {"kind": "all"}


@get("/broadcasts", summary="List broadcasts", tags=TAGS)
async def list_broadcasts(unit: CallerUnit, cursor: Cursor = None, limit: Limit = PAGE) -> Listing[Broadcast]:
    """Newest first, with how far each is."""
    found = await db.list_broadcasts(unit, before=decode_cursor(cursor), limit=limit + 1)
    return cut(found, limit, "created_at")


@post("/broadcasts", summary="Tell all people something", tags=TAGS)
async def create_broadcast(unit: CallerUnit, data: JSONBody[NewBroadcast]) -> BroadcastMade:
    """Each person with a sign-in gets it in his thread of announcements, within seconds to minutes. Admins."""
    return await db.create_broadcast(unit, data.body, _segment(data), data.id)


@get("/broadcasts/{broadcast_id:uuid}", summary="One broadcast", tags=TAGS)
async def get_broadcast(unit: CallerUnit, broadcast_id: FromPath[UUID]) -> BroadcastRead:
    """How many have it, and how many have read it."""
    return await db.get_broadcast(unit, broadcast_id)


@post("/broadcasts/{broadcast_id:uuid}/cancel", status_code=200, summary="Stop a broadcast", tags=TAGS)
async def cancel_broadcast(unit: CallerUnit, broadcast_id: FromPath[UUID]) -> BroadcastMade:
    """Who has it keeps it; nobody else gets it. Admins."""
    return await db.cancel_broadcast(unit, broadcast_id)


router = Router("/", route_handlers=[list_broadcasts, create_broadcast, get_broadcast, cancel_broadcast])
