"""Turns due follow-ups into outbound rows or cancels them when the contact answered."""

import logging

from app.db import worker as db
from workers import metrics
from workers.loop import Pool
from workers.timers import main

log = logging.getLogger("parley.followups")
BATCH = 50
MOST_S = 5.0


async def run_due(pool: Pool) -> float:
    """Handle what is due; the seconds until the next one, at most five: new ones may be scheduled meanwhile."""
    async with pool.connection() as connection:
        rows = await db.fetch(connection, "insights", "run_follow_ups", limit=BATCH)
        for row in rows:
            metrics.HANDLED.labels("followups", row["outcome"]).inc()
            log.info("follow-up", extra=row)
        seconds = await db.fetch_value(connection, "insights", "next_follow_up")
    if len(rows) == BATCH:
        return 0.0
    return MOST_S if seconds is None else min(MOST_S, max(0.05, float(seconds)))


if __name__ == "__main__":
    main("followups", run_due)
