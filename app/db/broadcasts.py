"""Broadcasts as the API reads and begins them: queries of broadcasts.sql."""

from typing import Any
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param, rows_as
from app.domain.broadcasts import Broadcast, BroadcastMade, BroadcastRead
from app.domain.paging import Position

QUERIES = load("broadcasts")


async def list_broadcasts(unit: Unit, *, before: Position | None, limit: int) -> list[Broadcast]:
    """Newest first."""
    params = {"before_at": before and before.at, "before_id": before and before.id, "limit": limit}
    return rows_as(Broadcast, await unit.read(QUERIES["list_broadcasts"], params))


async def get_broadcast(unit: Unit, broadcast_id: UUID) -> BroadcastRead:
    """See `BroadcastRead`. Raises NotFound."""
    answer = await unit.call(QUERIES["get_broadcast"], {"broadcast_id": broadcast_id})
    return msgspec.convert(answer, BroadcastRead)


async def create_broadcast(
    unit: Unit, body: str, segment: dict[str, Any], broadcast_id: UUID | None
) -> BroadcastMade:  # fmt: skip
    """See `BroadcastMade`."""
    params = {"body": body, "segment": json_param(segment), "broadcast_id": broadcast_id}
    return msgspec.convert(await unit.call(QUERIES["create_broadcast"], params), BroadcastMade)


async def cancel_broadcast(unit: Unit, broadcast_id: UUID) -> BroadcastMade:
    """See `BroadcastMade`. Raises NotFound."""
    answer = await unit.call(QUERIES["cancel_broadcast"], {"broadcast_id": broadcast_id})
    return msgspec.convert(answer, BroadcastMade)
