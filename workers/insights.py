"""The CRM worker: reads the unified history of a thread that moved and writes its insight. It never talks."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from app.db import worker as db
from app.db.assistants import Ledger
from app.deciders.registry import create_summarizer
from app.domain.insights import InsightRequest, Summarizer
from app.domain.work import Claim, Job
from app.settings import Settings
from workers.loop import Acknowledged, Pool, main
from workers.parts import close
from workers.turns import Together

log = logging.getLogger("parley.insights")
AT_ONCE = 8
"""Summaries being written at once: a model may be slow and have limits. What waits for its turn is under a lease."""


class InsightsHandler:
    """Runs again only when a thread has messages its insight has not read."""

    name = "insights"
    chapter = "insights"
    channel = "et_insights"
    concurrency = 128
    batch = 64

    def __init__(self, settings: Settings, summarizer: Summarizer | None = None) -> None:
        self.ledger = Ledger()
        self.summarizer = summarizer or create_summarizer(settings, self.ledger)
        self._writing = asyncio.Semaphore(AT_ONCE)
        self._record = Together(_record, most=64)

    async def claim(self, connection: db.Connection, claim: Claim) -> list[Job]:
        """Threads that moved."""
        return await db.claim_insights(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Write the insight of one thread; `unchanged` when it has read everything already."""
        history = job.data
        if not history or not history["turns"]:
            return Acknowledged("unchanged")
        self.ledger.use(pool.connection)
        request = msgspec.convert({**history, "case_id": history["thread_id"]}, InsightRequest)
        async with self._writing:
            summary = await self.summarizer.summarize(request)
        document = db.to_plain(summary.insight) | {
            "read_seq": history["last_seq"], "model": summary.model, "prompt_version": summary.prompt_version,
        }  # fmt: skip
        return await self._record(pool, job.tenant_id, (job, document))

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:
        """Tried again later; set aside after eight errors."""
        async with pool.connection() as connection:
            return await db.fail_insight(connection, job, f"{type(error).__name__}: {error}")

    async def release(self, pool: Pool, job: Job) -> None:
        """Put back at once."""
        async with pool.connection() as connection:
            await db.fail_insight(connection, job, None)

    async def close(self) -> None:
        """Settle what is open, hang up on the model."""
        await self.ledger.close()
        await close(self.summarizer)


async def _record(pool: Pool, done: Sequence[tuple[Job, dict[str, Any]]]) -> list[str]:
    async with pool.connection() as connection:
        return await db.complete_insights(connection, done)


if __name__ == "__main__":
    main(InsightsHandler)
