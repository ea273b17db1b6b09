"""The CRM worker: reads the unified history of a thread that moved and writes its insight. It never talks."""

import logging
from datetime import datetime

import msgspec

from app.db import worker as db
from app.deciders.summarize import summarize
from app.domain.deciding import Turn
from app.domain.work import Claim, Job
from app.settings import Settings
from workers.loop import Pool, main

log = logging.getLogger("parley.insights")
MODEL = "rules"


class InsightsHandler:
    """Runs again only when a thread has messages its insight has not read."""

    name = "insights"
    chapter = "insights"
    channel = "et_insights"
    concurrency = 8

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

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
        turns = msgspec.convert(history["turns"], tuple[Turn, ...])
        insight = summarize(
            turns, locale=history["locale"], now=datetime.fromisoformat(history["now"]), time_zone=history["time_zone"]
        )
        document = db.to_plain(insight) | {"read_seq": history["last_seq"], "model": MODEL}
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
        """Nothing is held."""


if __name__ == "__main__":
    main(InsightsHandler)
