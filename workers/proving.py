"""Looks at the promises of the core on live data, one after the other, beside whatever the housekeeper does."""

import asyncio
import contextlib
import logging
import time

import psycopg

from app.db import worker as db
from app.settings import Settings
from workers import metrics

log = logging.getLogger("parley.housekeeper")
BEGIN_AFTER_S = 10.0
LOOK_EVERY_S = 2.0
AGAIN_S = 3600.0
"""How long what was found is good. The database itself sees to it that looking takes a hundredth of the time."""


class Prover:
    """One look at a time, on a connection of its own: it may take minutes, and nothing waits for it."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.worker_database_url
        self.looking: asyncio.Task[None] | None = None
        self.begin_at = time.monotonic() + BEGIN_AFTER_S

    def go_on(self) -> None:
        """Begin the next look, unless one is under way or it is too early."""
        if self.url and time.monotonic() >= self.begin_at and (self.looking is None or self.looking.done()):
            self.begin_at = time.monotonic() + LOOK_EVERY_S
            self.looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Give up what is under way: the next housekeeper begins it anew."""
        if self.looking is not None:
            self.looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.looking

    async def _look(self) -> None:
        try:
            connecting = psycopg.AsyncConnection.connect(
                self.url, autocommit=True, application_name="parley prover", connect_timeout=5
            )
            async with await connecting as connection:
                name = await db.fetch_value(connection, "operations", "check_next_invariant", every_s=AGAIN_S)
            if name:
                metrics.HANDLED.labels("housekeeper", "proved").inc()
        except psycopg.Error as error:
            log.warning("a promise was not looked at; it will be", extra={"reason": str(error)})
