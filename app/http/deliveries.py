"""/v1/dispatches/undelivered and /v1/messages/{id}/send-again: what did not arrive, and what a person does about it."""

from typing import get_args
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery

from app.db import deliveries as db
from app.domain.channels import Channel
from app.domain.messages import Sent
from app.domain.outbound import Trouble, Undelivered
from app.http.deps import CallerUnit
from app.http.types import PAGE, Cursor, Limit, Listing, cut, decode_cursor


@get("/dispatches/undelivered", summary="Sends that did not arrive", tags=["outbound"])
async def list_undelivered(
    unit: CallerUnit, trouble: FromQuery[Trouble | None] = None, channel: FromQuery[Channel | None] = None,
    cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[Undelivered]:  # fmt: skip
    """Newest first: refused or came back, outcome unknown, stopped by a rule."""
    below = decode_cursor(cursor)
    found = await db.list_undelivered(
        unit, troubles=[trouble] if trouble else get_args(Trouble), channel=channel,
        below_id=below.id if below else None, limit=limit + 1,
    )  # fmt: skip
    return cut(found, limit, "created_at")


@post("/messages/{message_id:uuid}/send-again", summary="Send what did not arrive", tags=["outbound"])
async def send_again(unit: CallerUnit, message_id: FromPath[UUID]) -> Response[Sent]:
    """Once per message: 201, or 200 with the one that went before. What may have arrived is refused until somebody has
    settled it. Agents."""
    sent = await db.send_again(unit, message_id)
    return Response(sent, status_code=200 if sent.duplicate else 201)


router = Router("/", route_handlers=[list_undelivered, send_again])
