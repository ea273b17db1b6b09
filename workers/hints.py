"""Telling inboxes that conversations moved: many at once, so that no message pays for it.

A mail is one of thousands in an hour, and a hint is a row that is written, logged and sent on. So what comes in from
outside is not told by its own transaction, but by the worker that has claimed it: at once when it is quiet, else four
times a second, one hint for each tenant.
"""

import asyncio
import logging
import time

import psycopg
from psycopg_pool import PoolTimeout

from app.db import worker as db
from workers.loop import Pool

log = logging.getLogger("parley.hints")
EVERY_S = 0.25
SHARE = 10.0
"""However many tenants there are: telling takes at most a tenth of the time."""
AT_ONCE = 500


class Hints:
    """Threads with news that their inboxes have not been told of yet."""

    def __init__(self) -> None:
        self._threads: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, pool: Pool, thread_id: str) -> None:
        """There is news in a thread. Returns at once."""
        self._threads.add(thread_id)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell(pool))

    async def _tell(self, pool: Pool) -> None:
        while self._threads:
            began = time.monotonic()
            told = [self._threads.pop() for _ in range(min(AT_ONCE, len(self._threads)))]
            try:
                async with pool.connection() as connection:
                    await db.fetch_value(connection, "inbound", "hint_inboxes", thread_ids=told)
            except (psycopg.Error, PoolTimeout, OSError) as error:  # who looks for himself finds it all the same
                log.debug("inboxes were not told", extra={"reason": str(error)})
            await asyncio.sleep(max(EVERY_S, SHARE * (time.monotonic() - began)))

    async def close(self) -> None:
        """Tell nobody any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
