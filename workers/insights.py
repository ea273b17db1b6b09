"""The CRM worker: reads the unified history of a thread that moved and writes its insight. It never talks."""

import logging

import msgspec

from app.db import worker as db
from app.db.assistants import Ledger
from app.deciders.registry import create_summarizer
from app.domain.insights import InsightRequest, Summarizer
from app.domain.work import Claim, Job
from app.settings import Settings
from workers.loop import Pool, main
from workers.parts import close

log = logging.getLogger("parley.insights")


class InsightsHandler:
    """Runs again only when a thread has messages its insight has not read."""

    name = "insights"
    chapter = "insights"
    channel = "et_insights"
    concurrency = 8

    def __init__(self, settings: Settings, summarizer: Summarizer | None = None) -> None:
        self.ledger = Ledger()
        self.summarizer = summarizer or create_summarizer(settings, self.ledger)

    async def claim(self, connection: db.Connection, claim: Claim) -> list[Job]:
        """Threads that moved."""
        return await db.claim_insights(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Write the insight of one thread; `unchanged` when it has read everything already."""
        history = job.data
        if history["last_seq"] <= history["read_seq"] or not history["turns"]:
            async with pool.connection() as connection:
                await db.complete_insight(connection, job, None)
            return "unchanged"
        self.ledger.use(pool.connection)
        request = msgspec.convert({**history, "case_id": history["thread_id"]}, InsightRequest)
        summary = await self.summarizer.summarize(request)
        document = db.to_plain(summary.insight) | {
            "read_seq": history["last_seq"], "model": summary.model, "prompt_version": summary.prompt_version,
        }  # fmt: skip
        async with pool.connection() as connection:
            return await db.complete_insight(connection, job, document)

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


if __name__ == "__main__":
    main(InsightsHandler)
