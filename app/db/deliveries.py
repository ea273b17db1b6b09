"""Sends that did not arrive, and sending them again: one function per query of deliveries.sql."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, rows_as
from app.domain.channels import Channel
from app.domain.messages import Sent
from app.domain.outbound import Trouble, Undelivered

QUERIES = load("deliveries")


async def list_undelivered(
    unit: Unit, *, troubles: Sequence[Trouble], channel: Channel | None, below_id: UUID | None, limit: int
) -> list[Undelivered]:
    """Sends that did not arrive or nobody knows of, newest first, below the one `below_id` names."""
    params = {"troubles": list(troubles), "channel": channel, "below_id": below_id, "limit": limit}
    return rows_as(Undelivered, await unit.read(QUERIES["list_undelivered"], params, keep_plan=False))


async def send_again(unit: Unit, message_id: UUID) -> Sent:
    """Send it once more. Raises Conflict where it may have arrived or would be stopped again, NotFound, RateLimited."""
    return msgspec.convert(await unit.write(QUERIES["send_again"], {"message_id": message_id}), Sent)
