"""Rows as the database logs them: a temporary replication slot, read over one connection.

psycopg has no replication of its own, but carries COPY in both directions: the rest is below.
"""

import asyncio
import os
import secrets
import struct
import time
from collections.abc import Awaitable, Callable

import psycopg
from psycopg import AsyncConnection, pq

from app.domain.realtime import Message
from app.realtime.feed.pgoutput import EPOCH_S, Decoder

PUBLICATION = "supabase_realtime_messages_publication"
STATUS_S = 1.0
SILENT_S = 10.0
"""The server answers every status: silent for so long, it is gone."""
_KEEPALIVE = struct.Struct(">QQB")
_STATUS = struct.Struct(">cQQQQB")
HEAD_BYTES = 25


class Stream:
    """One life of a slot. `progress` is the position up to which every commit was delivered."""

    def __init__(self, deliver: Callable[[Message], None], progressed: Callable[[int], None]) -> None:
        self._deliver = deliver
        self._progressed = progressed
        self._decoder = Decoder()
        self._heard_at = 0.0
        self.progress = 0

    async def follow(self, url: str, begun: Callable[[], Awaitable[None]]) -> None:
        """Deliver rows until the connection ends, which raises psycopg.Error or OSError.

        `begun` runs once the slot exists: what was committed before is not in it, everything after is.
        """
        connection = await AsyncConnection.connect(
            url, autocommit=True, replication="database", connect_timeout=5, application_name="parley realtime feed",
            options="-c statement_timeout=0 -c bytea_output=hex",
            keepalives_idle=10, keepalives_interval=3, keepalives_count=3,
        )  # fmt: skip
        try:
            slot = f"parley_realtime_{os.getpid()}_{secrets.token_hex(4)}"
            await connection.execute(
                f"CREATE_REPLICATION_SLOT {slot} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing')".encode()
            )
            await self._start(connection.pgconn, slot)
            reading = asyncio.create_task(self._read(connection.pgconn))
            try:
                await begun()
                await reading
            finally:
                reading.cancel()
        finally:
            await connection.close()

    async def _start(self, link: pq.abc.PGconn, slot: str) -> None:
        link.send_query(
            f"START_REPLICATION SLOT {slot} LOGICAL 0/0 (proto_version '1', publication_names '{PUBLICATION}')".encode()
        )
        link.flush()
        while link.is_busy():
            await _readable(link.socket)
            link.consume_input()
        result = link.get_result()
        if result is None or result.status != pq.ExecStatus.COPY_BOTH:
            raise psycopg.OperationalError(result.error_message.decode() if result else "replication did not start")

    async def _read(self, link: pq.abc.PGconn) -> None:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def arrived() -> None:
            try:
                link.consume_input()
                self._drain(link)
            except Exception as error:
                if not ended.done():
                    ended.set_exception(error)

        self._heard_at = time.monotonic()
        loop.add_reader(link.socket, arrived)
        try:
            self._drain(link)  # what came along with the first answer
            while True:
                await asyncio.wait((ended,), timeout=STATUS_S)
                if ended.done():
                    ended.result()
                if time.monotonic() - self._heard_at > SILENT_S:
                    raise psycopg.OperationalError("the server has fallen silent")
                self._report(link)
        finally:
            loop.remove_reader(link.socket)
            if ended.done() and not ended.cancelled():
                ended.exception()

    def _drain(self, link: pq.abc.PGconn) -> None:
        while True:
            size, data = link.get_copy_data(1)
            if size > 0:
                self._take(bytes(data))
            elif size == 0:
                return
            else:
                result = link.get_result()
                raise psycopg.OperationalError(result.error_message.decode() if result else "replication ended")

    def _take(self, data: bytes) -> None:
        self._heard_at = time.monotonic()
        if data[:1] == b"w":
            message = self._decoder.read(data[HEAD_BYTES:])
            if message is not None:
                self._deliver(message)
            elif self._decoder.committed > self.progress:
                self._advance(self._decoder.committed)
        elif data[:1] == b"k":
            self._advance(_KEEPALIVE.unpack_from(data, 1)[0])

    def _advance(self, position: int) -> None:
        if position > self.progress:
            self.progress = position
            self._progressed(position)

    def _report(self, link: pq.abc.PGconn) -> None:
        """Say how far we are, and ask for an answer."""
        micros = int((time.time() - EPOCH_S) * 1_000_000)
        link.put_copy_data(_STATUS.pack(b"r", self.progress, self.progress, self.progress, micros, 1))
        link.flush()


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
