"""The loop every worker stands on: wake → claim → do → record.

A worker is a `Handler`; the loop gives it LISTEN with fallback polling, a bounded number of jobs at once, lease
renewal, fences, back-off while the database is away, a graceful stop and metrics. No transaction is open while a job
is done.

No tenant fills the worker: slots for one batch are kept for those who have nothing in it yet, the rest is divided
among those who have, claims are small, and jobs start one tenant after the other.
"""

import asyncio
import contextlib
import logging
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import psycopg
from psycopg_pool import AsyncConnectionPool

from app import log as logs
from app.db import worker as db
from app.db.listen import listen
from app.domain.work import Claim, Job
from app.errors import SetupError, told_in_one_line
from app.settings import Settings, load
from workers import metrics
from workers.turns import AWAY, Turns

log = logging.getLogger("parley.worker")
Pool = db.Pool
ANSWER_S = 8.0
"""How long the database may take over one job's statement; no sane one takes a tenth of it."""
CONFLICTS = {"40001", "40P01"}
"""The database is there and gave somebody else the way: the job need not wait for its lease to end."""
LINGER_STEP_S = 0.01
LINGER_MOST_S = 1.0
SWEEP_S = 5.0
GRACE_S = 10.0


class Acknowledged(str):
    """An outcome with nothing to record: the next claim puts the job away in the same statement."""

    __slots__ = ()


class Handler(Protocol):
    """One kind of work. `chapter` names its queries; `channel` the NOTIFY that announces it."""

    name: str
    chapter: str
    channel: str
    concurrency: int
    """Jobs at hand at most."""
    batch: int
    """Jobs a claim brings at most; as many slots are kept for tenants that have nothing here yet."""

    async def claim(self, connection: db.Connection, claim: Claim) -> list[Job]:
        """At most `claim.limit` jobs that nobody else holds, each under a lease and a fence."""
        ...

    async def handle(self, pool: Pool, job: Job) -> str:
        """Do one job and record it; the returned word is counted in the metrics. See also `Acknowledged`."""
        ...

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:
        """`handle` raised: put the job back or aside."""
        ...

    async def release(self, pool: Pool, job: Job) -> None:
        """The worker stops before `handle` was done: give the job back if that is safe."""
        ...

    async def close(self) -> None:
        """Give back what the handler holds open; called once, after the last job."""
        ...


def worker_name(kind: str) -> str:
    """`inbound:host:pid`: who holds a lease, as a person reads it in the database."""
    return f"{kind}:{socket.gethostname()}:{os.getpid()}"


class PatientPool(AsyncConnectionPool[db.Connection]):
    """A pool whose patience ends: a peer that vanished without a word would hold its user for ever."""

    answer_s = 60.0

    @contextlib.asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[db.Connection]:
        """As in any pool, but a connection used for longer than `answer_s` is hung up and every idle one replaced."""
        async with super().connection(timeout) as connection:
            timer = asyncio.get_running_loop().call_later(self.answer_s, self._hang_up, connection)
            try:
                yield connection
            finally:
                timer.cancel()

    def _hang_up(self, connection: db.Connection) -> None:
        log.warning("the database took too long over a statement, hanging up")
        with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as twin:
            # Whoever waits for an answer is told that the connection was lost.
            twin.shutdown(socket.SHUT_RDWR)
        self._draining = asyncio.create_task(self.drain())


def open_pool(
    settings: Settings, name: str, *, size: int | None = None, wait_s: float = 10.0, answer_s: float = 60.0
) -> Pool:
    """A pool of autocommit connections as the worker role; `private.actor()` knows them by `name`.

    Who asks for a connection waits at most `wait_s`, then gets PoolTimeout; who uses one for longer than `answer_s`
    loses it (OperationalError). Raises SetupError when no database is known.
    """
    if not settings.worker_database_url:
        raise SetupError("no database is known", remedy="start one with `make up`, or set DATABASE_URL")
    pool = PatientPool(
        settings.worker_database_url, min_size=1, max_size=size or settings.pool_size, open=False, timeout=wait_s,
        kwargs={
            "autocommit": True, "application_name": name, "options": f"-c parley.worker={name}", "connect_timeout": 5,
        },
        reconnect_timeout=30,
    )  # fmt: skip
    pool.answer_s = answer_s
    return pool


class Loop:
    """Runs one handler until `stop()` or SIGTERM."""

    def __init__(self, settings: Settings, handler: Handler) -> None:
        self.settings = settings
        self.handler = handler
        self.name = worker_name(handler.name)
        self.pool = open_pool(settings, self.name, answer_s=ANSWER_S)
        self.running: dict[asyncio.Task[None], Job] = {}
        self.stopping = asyncio.Event()
        self._held: Counter[str] = Counter()
        """Jobs at hand per tenant."""
        self._turns = Turns()
        self._acknowledged: list[Job] = []
        self._wake = asyncio.Event()
        self._watermark: datetime | None = None
        self._last_tenant: str | None = None
        self._last_sweep = 0.0
        self._lease_s = 60.0

    def stop(self) -> None:
        """Claim nothing more; jobs at hand are finished or given back."""
        self.stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Until stopped. Raises nothing for a database that goes away: it waits and tries again."""
        await self.pool.open()
        listener = asyncio.create_task(
            listen(self.settings.worker_database_url, (self.handler.channel,), self._wake.set, self.name)
        )
        renewer = asyncio.create_task(self._renew_forever())
        try:
            await self._claim_forever()
        finally:
            listener.cancel()
            await self._finish()
            renewer.cancel()
            await asyncio.gather(listener, renewer, return_exceptions=True)
            await self.handler.close()
            await self.pool.close()

    async def _claim_forever(self) -> None:
        pause = 0.2
        while not self.stopping.is_set():
            try:
                self._wake.clear()
                await self._drain()
                pause = 0.2
            except AWAY as error:
                metrics.DATABASE_ERRORS.labels(self.handler.name).inc()
                log.warning("the database does not answer, trying again", extra={"reason": str(error)})
                await self._sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter
                pause = min(pause * 2, 5.0)
                continue
            await self._sleep(self.settings.poll_interval_ms / 1000)

    async def _drain(self) -> None:
        """Claim until nothing is left and every transaction that skipped its wake-up has become visible."""
        target: int | None = None
        passed = False
        until = time.monotonic() + LINGER_MOST_S
        while not self.stopping.is_set() and len(self.running) < self.handler.concurrency:
            if await self._claim_once():
                until = time.monotonic() + LINGER_MOST_S
                continue
            # Whoever has its fill is claimed for again when one of its jobs is done: that wakes us.
            if passed or self._full() or time.monotonic() > until:
                return
            async with self.pool.connection() as connection:
                oldest, newest = await db.horizon(connection)
            target = newest if target is None else target
            passed = oldest >= target
            if not passed:
                await asyncio.sleep(LINGER_STEP_S)

    def _most(self) -> int:
        """How many jobs one tenant may have here: its share of all slots but those kept for newcomers."""
        return max(1, (self.handler.concurrency - self.handler.batch) // max(1, len(self._held)))

    def _full(self) -> list[str]:
        """Tenants that have their fill. Half a share must be free before more is claimed, so that claims stay large."""
        most = self._most()
        room = max(1, min(self.handler.batch, most // 2))
        return [tenant for tenant, count in self._held.items() if count > most - room]

    async def _claim_once(self) -> bool:
        limit = max(1, min(self.handler.batch, self.handler.concurrency - len(self.running)))
        sweep = time.monotonic() - self._last_sweep > min(SWEEP_S, self._lease_s / 2)
        claim = Claim(
            worker=self.name, limit=limit, watermark=None if sweep else self._watermark, after_tenant=self._last_tenant,
            full_tenants=tuple(self._full()), acknowledged=tuple(self._acknowledged),
        )  # fmt: skip
        async with self.pool.connection() as connection:
            jobs = await self.handler.claim(connection, claim)
        del self._acknowledged[: len(claim.acknowledged)]
        if sweep:
            self._last_sweep = time.monotonic()
        if not jobs:
            return False
        self._note_claim(claim, jobs)
        for job in jobs:
            task = asyncio.create_task(self._work(job))
            self.running[task] = job
            self._held[job.tenant_id] += 1
            task.add_done_callback(self._done)
        return True

    def _note_claim(self, claim: Claim, jobs: Sequence[Job]) -> None:
        metrics.CLAIMED.labels(self.handler.name).inc(len(jobs))
        waited, now = metrics.WAITED.labels(self.handler.name), datetime.now(UTC)
        for job in jobs:
            waited.observe(max(0.0, (now - job.run_at).total_seconds()))
        tenants = {job.tenant_id for job in jobs}
        # The last one in turn: the claim began behind `after_tenant` and went around.
        self._last_tenant = max(tenants, key=lambda one: (one <= (claim.after_tenant or ""), one))
        # Only a claim that reached every waiting tenant says that nothing older is left behind.
        if len(tenants) < claim.limit and not claim.full_tenants:
            self._watermark = db.earliest(jobs) - timedelta(seconds=1)

    def _done(self, task: "asyncio.Task[None]") -> None:
        had_no_room = len(self.running) >= self.handler.concurrency
        was_full = set(self._full())
        job = self.running.pop(task)
        self._held[job.tenant_id] -= 1
        if not self._held[job.tenant_id]:
            del self._held[job.tenant_id]
        if self._acknowledged or had_no_room or was_full - set(self._full()):
            self._wake.set()

    async def _work(self, job: Job) -> None:
        started = time.perf_counter()
        outcome = "cancelled"
        with logs.context(tenant_id=job.tenant_id, thread_id=job.thread_id, message_id=job.data.get("message_id")):
            try:
                await self._turns.wait(job.tenant_id)
                outcome = await self.handler.handle(self.pool, job)
                if isinstance(outcome, Acknowledged):
                    self._acknowledged.append(job)
            except asyncio.CancelledError:
                with contextlib.suppress(Exception):
                    await self.handler.release(self.pool, job)
            except AWAY as error:
                # Nothing was recorded: the lease runs out and the job is claimed again.
                outcome = "database_away"
                log.warning("could not record a job", extra={"reason": str(error)})
                if isinstance(error, psycopg.Error) and error.sqlstate in CONFLICTS:
                    with contextlib.suppress(Exception):
                        await self.handler.release(self.pool, job)
            except Exception as error:
                log.exception("a job failed")
                outcome = await self._fail(job, error)
            finally:
                metrics.HANDLED.labels(self.handler.name, outcome).inc()
                metrics.SECONDS.labels(self.handler.name).observe(time.perf_counter() - started)
                log.debug("job done", extra={"outcome": outcome, "item_id": job.item_id})

    async def _fail(self, job: Job, error: Exception) -> str:
        try:
            return await self.handler.fail(self.pool, job, error)
        except Exception:
            log.exception("a failed job could not be put back; its lease will run out")
            return "unrecorded"

    async def _renew_forever(self) -> None:
        while True:
            with contextlib.suppress(psycopg.Error, *AWAY):
                async with self.pool.connection() as connection:
                    self._lease_s = await db.lease_seconds(connection)
                    held = dict(self.running)
                    kept = await db.renew(connection, self.handler.chapter, list(held.values())) if held else set()
                for task, job in held.items():
                    if job.fence not in kept and not task.done():
                        metrics.LOST.labels(self.handler.name).inc()
                        task.cancel()
            await asyncio.sleep(self._lease_s / 4)

    async def _finish(self) -> None:
        if self.running:
            await asyncio.wait(list(self.running), timeout=GRACE_S)
        for task in list(self.running):
            task.cancel()
        if self.running:
            await asyncio.wait(list(self.running), timeout=GRACE_S)
        for job in self._acknowledged:
            with contextlib.suppress(Exception):
                await self.handler.release(self.pool, job)

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)


async def run_until_signal(loop: Loop) -> None:
    """Run a loop; SIGTERM and SIGINT stop it gracefully."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, loop.stop)
    await loop.run()


@told_in_one_line()
def main(make: Callable[[Settings], Handler]) -> None:
    """What every worker file runs: settings, logs, metrics, then the loop. `make(settings)` builds the handler."""
    settings = load()

    async def start() -> None:
        handler = make(settings)
        logs.configure(settings, worker=worker_name(handler.name))
        metrics.serve(settings)
        loop = Loop(settings, handler)
        log.info("worker started", extra={"kind": handler.name})
        await run_until_signal(loop)
        log.info("worker stopped")

    import uvloop

    uvloop.run(start())
