"""For workers that act when time passes rather than when work is queued: one task, many times, stopped gracefully."""

import asyncio
import contextlib
import logging
import random
import signal
from collections.abc import Awaitable, Callable

import psycopg
from psycopg_pool import PoolTimeout

from app import log as logs
from app.errors import told_in_one_line
from app.settings import Settings, load
from workers import metrics
from workers.loop import Pool, open_pool, worker_name

log = logging.getLogger("parley.worker")
Round = Callable[[Pool], Awaitable[float]]
"""One round of work; returns how many seconds to wait before the next."""


async def run_rounds(
    settings: Settings, kind: str, work: Round, stopping: asyncio.Event,
    close: Callable[[], Awaitable[None]] | None = None,
) -> None:  # fmt: skip
    """Run rounds until `stopping` is set. A database that goes away is waited for."""
    pool = open_pool(settings, worker_name(kind), size=2)
    await pool.open()
    pause = 0.5
    try:
        while not stopping.is_set():
            try:
                wait = await work(pool)
                pause = 0.5
            except (psycopg.OperationalError, PoolTimeout, OSError) as error:
                metrics.DATABASE_ERRORS.labels(kind).inc()
                log.warning("the database does not answer, trying again", extra={"reason": str(error)})
                wait = pause * (0.5 + random.random())  # noqa: S311 - jitter
                pause = min(pause * 2, 10.0)
            except Exception:
                log.exception("a round failed; the next one comes")
                wait = 5.0
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), wait)
    finally:
        if close is not None:
            await close()
        await pool.close()


@told_in_one_line()
def main(
    kind: str, work: Round, *, settings: Settings | None = None, close: Callable[[], Awaitable[None]] | None = None
) -> None:
    """What a timer worker's file runs; `close` is called after the last round, while the database is at hand."""
    settings = settings or load()

    async def start() -> None:
        logs.configure(settings, worker=worker_name(kind))
        metrics.serve(settings)
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        log.info("worker started", extra={"kind": kind})
        await run_rounds(settings, kind, work, stopping, close)
        log.info("worker stopped")

    asyncio.run(start())
