"""The admin's read-only viewer: queries of viewer.sql. Each writes its audit row in the same transaction."""

from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param
from app.domain.viewer import FoundConversations, ViewedThread, ViewFilter

QUERIES = load("viewer")


async def find_conversations(unit: Unit, reason: str, wanted: ViewFilter, limit: int) -> FoundConversations:
    """See `FoundConversations`. Raises Forbidden for anybody but admins."""
    params = {"reason": reason, "filter": json_param(wanted.named()), "limit": limit}
    return msgspec.convert(await unit.call(QUERIES["find_conversations"], params), FoundConversations)


async def read_thread(
    unit: Unit, thread_id: UUID, reason: str, *, before_seq: int | None, limit: int
) -> ViewedThread:  # fmt: skip
    """See `ViewedThread`. Raises Forbidden for anybody but admins."""
    params = {"thread_id": thread_id, "reason": reason, "before_seq": before_seq, "limit": limit}
    return msgspec.convert(await unit.call(QUERIES["read_thread"], params), ViewedThread)
