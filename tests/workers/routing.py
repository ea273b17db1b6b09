"""The outbound router in this process: its own handler with the real adapters, one round at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from cryptography.fernet import Fernet

from app.domain.work import Claim
from devstack.keys import _vapid_key
from tests.support.database import Database
from workers.loop import open_pool
from workers.outbound import OutboundHandler


class Routing:
    """What the loop does with a handler, without the loop."""

    def __init__(self, handler: OutboundHandler, pool: Any) -> None:
        self.handler = handler
        self.pool = pool

    async def round(self) -> dict[str, str]:
        """Claim what may leave and send it all at once: message id → status it came to."""
        async with self.pool.connection() as connection:
            jobs = await self.handler.claim(connection, Claim(worker="outbound:test", limit=32))
        statuses = await asyncio.gather(*(self.handler.handle(self.pool, job) for job in jobs))
        return {str(job.data["message_id"]): status for job, status in zip(jobs, statuses, strict=True)}


@contextlib.asynccontextmanager
async def routing(database: Database, **settings: Any) -> AsyncIterator[Routing]:
    """A router of `database` whose adapters may talk to this machine; its providers are declared."""
    chosen: dict[str, Any] = {
        "private_hosts": "127.0.0.1", "vapid_private_key": _vapid_key(),
        "secrets_keys": Fernet.generate_key().decode(), **settings,
    }  # fmt: skip
    made = database.settings(**chosen)
    handler, pool = OutboundHandler(made), open_pool(made, "outbound:test")
    await pool.open()
    try:
        routed = Routing(handler, pool)
        await routed.round()
        yield routed
    finally:
        await handler.close()
        await pool.close()
