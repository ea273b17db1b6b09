"""Where rows of realtime.messages come from, so that each reaches the rooms once and none is lost.

    replication ──▶ deliver     live, in the order of commits
    look-ups    ──▶ deliver     what was committed while no slot was there: after each (re)connection, and for as long
                                as there is none; woken by NOTIFY where the database has a trigger, else by the clock

A look-up takes every row of transactions that were not over at the last moment up to which all was delivered, and
leaves out what was delivered since: neither clocks nor the order of ids decide, so a transaction that commits late is
not missed.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable

import psycopg
from psycopg import AsyncConnection

from app.db import realtime as db
from app.domain.realtime import Horizon, Message
from app.realtime.feed.stream import Stream
from app.settings import Settings

log = logging.getLogger("parley.realtime")
HORIZON_S = 1.0
"""How often the last safe moment is moved on while rows are streamed."""
POLL_S = 0.25
BEGIN_S = 3.0
RETRY_S = 0.2
SLOWEST_S = 10.0
LASTED_S = 5.0
"""The pause before replication is tried again grows up to the first, unless it had worked longer than the second."""
LOOK_BACK_S = 900.0
"""A transaction that lasted longer is not looked for."""
ROWS = 100_000
REMEMBERED = 65_536


class Feed:
    """Delivers every broadcast row once, whatever becomes of connections. `mode` says how at the moment."""

    def __init__(self, settings: Settings, deliver: Callable[[Message], None]) -> None:
        self._url = settings.realtime_database_url
        self._source = settings.realtime_source
        self._hand_on = deliver
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._safe: int | None = None
        self._horizons: deque[Horizon] = deque(maxlen=600)
        self._wake = asyncio.Event()
        self._filling = asyncio.Lock()
        self._live = False
        self._first = asyncio.Event()
        self._connection: db.Connection | None = None
        self.mode = "starting"
        self.delivered = 0

    def hint(self) -> None:
        """There may be new rows."""
        if not self._live:
            self._wake.set()

    async def begun(self) -> None:
        """Wait until rows are told from now on; not for ever, since what needs no rows works without the database."""
        if not self._first.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEGIN_S):
                    await self._first.wait()

    async def run(self) -> None:
        """Deliver until cancelled."""
        tasks = [asyncio.create_task(self._keep_looking())]
        if self._source in ("auto", "replication"):
            tasks.append(asyncio.create_task(self._keep_following()))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            if self._connection is not None:
                await self._connection.close()

    # ── replication ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _keep_following(self) -> None:
        pause, told = RETRY_S, ""
        while True:
            why, begun_at = "", time.monotonic()
            try:
                why = await self._lacks() or ""
                if not why:
                    await Stream(self._deliver, self._progressed).follow(self._url, self._begun)
            except (psycopg.Error, OSError, TimeoutError) as error:
                why = str(error).strip() or "no answer"
            finally:
                self._live = False
            self._wake.set()
            lasted = time.monotonic() - begun_at > LASTED_S
            pause = RETRY_S if lasted else min(pause * 2, SLOWEST_S)
            if why != told or lasted:
                log.warning("rows are looked up, not replicated (%s)", why)
                told = why
            await asyncio.sleep(pause)

    async def _lacks(self) -> str | None:
        async with self._filling:
            return await db.may_replicate(await self._connected())

    async def _begun(self) -> None:
        """The slot is there: what was committed before it is looked up once more."""
        self._live = True
        self._horizons.clear()
        while self._live:
            try:
                await self._fill()
                break
            except (psycopg.Error, OSError, TimeoutError):
                await asyncio.sleep(RETRY_S)
        self.mode = "replication"
        log.info("rows are replicated")

    def _progressed(self, position: int) -> None:
        """Everything committed up to a position was delivered: horizons taken before it are behind us."""
        while self._horizons and self._horizons[0].lsn <= position:
            self._safe = self._horizons.popleft().xmin

    # ── look-ups ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _keep_looking(self) -> None:
        while True:
            try:
                if self._live and self.mode == "replication":
                    async with self._filling:
                        self._horizons.append(await db.horizon(await self._connected()))
                else:
                    await self._fill()
                    if not self._live:
                        self.mode = "poll" if self._source == "poll" else "notify"
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("rows cannot be looked up: %s", str(error).strip())
                await asyncio.sleep(RETRY_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HORIZON_S if self._live else POLL_S):
                    await self._wake.wait()
            self._wake.clear()

    async def _fill(self) -> None:
        """Deliver what was committed since the last safe moment and not delivered yet."""
        async with self._filling:
            connection = await self._connected()
            now = await db.horizon(connection)
            if self._safe is not None:
                found = await db.rows_since(connection, self._safe, LOOK_BACK_S, ROWS)
                for message in found:
                    self._deliver(message)
            self._safe = now.xmin
            self._first.set()

    async def _connected(self) -> db.Connection:
        if self._connection is None or self._connection.closed or self._connection.broken:
            self._connection = await AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=5, application_name="parley realtime look-ups",
                options="-c statement_timeout=10000 -c bytea_output=hex",
                keepalives_idle=10, keepalives_interval=3, keepalives_count=3,
            )  # fmt: skip
        return self._connection

    def _deliver(self, message: Message) -> None:
        if message.id in self._seen:
            return
        self._seen[message.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self.delivered += 1
        self._hand_on(message)
