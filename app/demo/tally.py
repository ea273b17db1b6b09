"""What we believe of a demo's dispatches, held against what a provider took."""

from collections.abc import Mapping, Set
from typing import Any

from app.db.queries import query
from app.demo.channel import Connection
from app.demo.report import Tally


async def tally(
    connection: Connection, provider: str, session_id: str, taken: Mapping[str, int], answers_lost: int, *,
    before: Set[str] = frozenset(),
) -> Tally:  # fmt: skip
    """One provider's. `taken`: our queue id → how often it took that message; `before`: those of earlier runs."""
    rows = [row for row in await dispatches(connection, session_id) if row[0] not in before]
    sent = {queue_id for queue_id, _, _, status in rows if status in {"sent", "delivered", "read"}}
    unknown = {queue_id: message_id for queue_id, message_id, _, status in rows if status == "dispatch_unknown"}
    ours = [queue_id for queue_id, *_ in rows]
    return Tally(
        provider=provider, delivery_class=rows[0][2] if rows else "?", dispatches=len(rows), sent=len(sent),
        answers_lost=answers_lost, doubled=sum(taken.get(one, 0) > 1 for one in ours),
        lost=sum(one not in taken for one in sent),
        unlisted=sum(one in taken and one not in sent and one not in unknown for one in ours),
        unknown=sorted(unknown.values()),
    )  # fmt: skip


async def dispatches(connection: Connection, session_id: str) -> list[Any]:
    """(queue id, message id, delivery class, status) of everything that was to leave over an account."""
    cursor = await connection.execute(query("operations", "demo_dispatches"), {"session_id": session_id})
    return await cursor.fetchall()
