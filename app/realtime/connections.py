"""Whose connections there are, and how long they last: told to the database every few seconds, one row a tenant.

A connection is somebody's once he has joined a private topic; whose tenant's he is, the database knows.
"""

import asyncio
import logging
import os
import secrets
import socket as network
import time
from collections import Counter, defaultdict
from typing import Any

import msgspec
import psycopg
from psycopg_pool import PoolTimeout

from app.db import realtime as db
from app.db.pool import Pool
from app.realtime.claims import Claims
from app.realtime.socket import Socket

log = logging.getLogger("parley.realtime")
REPORT_S = 15.0
FORGOTTEN_FROM = 10_000
"""So many lengths are kept while the database does not answer."""


class Connections:
    """The book of one gateway. Figures that could not be told are told again, under the same number."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._process = f"{network.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._number = 0
        self._now: Counter[str] = Counter()
        self._since: dict[str, Counter[str]] = defaultdict(Counter)
        self._lasted: dict[str, list[float]] = defaultdict(list)
        self._untold: bytes | None = None

    def joined(self, socket: Socket, claims: Claims) -> None:
        """Somebody was let into a private topic: from now on the connection is his."""
        if socket.party is not None or claims.sub is None:
            return
        socket.party = f"{claims.sub}@{claims.tenant}" if claims.tenant else claims.sub
        self._now[socket.party] += 1
        self._since[socket.party]["opened"] += 1

    def ended(self, socket: Socket) -> None:
        """A connection is over."""
        if socket.party is None:
            return
        self._now[socket.party] -= 1
        self._since[socket.party]["broken" if socket.broken else "closed"] += 1
        if len(self._lasted[socket.party]) < FORGOTTEN_FROM:
            self._lasted[socket.party].append(round(time.monotonic() - socket.begun_at, 3))

    async def run(self) -> None:
        """Report for ever."""
        while True:
            await asyncio.sleep(REPORT_S)
            await self.report()

    async def report(self) -> None:
        """Tell the database, unless there is and was nobody."""
        if self._untold is None:
            if not self._now:
                return
            self._untold = self._take()
            self._number += 1
        try:
            async with self._pool.connection() as connection:
                await db.report_connections(connection, self._process, self._number, self._untold)
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("connections could not be reported, trying again", extra={"reason": str(error)})
            return
        self._untold = None

    def _take(self) -> bytes:
        told: dict[str, dict[str, Any]] = {
            party: {"connections": number, **self._since[party], "lasted": self._lasted[party]}
            for party, number in self._now.items()
        }
        self._now = Counter({party: number for party, number in self._now.items() if number})
        self._since.clear()
        self._lasted.clear()
        return msgspec.json.encode(told)
