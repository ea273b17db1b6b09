"""LISTEN on a connection of its own: direct, kept alive, reconnected. A notification is a hint, never the job.

After every reconnect the callback runs once, because hints may have been lost meanwhile.
"""

import asyncio
import logging
from collections.abc import Callable

import psycopg
from psycopg import sql

Connection = psycopg.AsyncConnection[tuple[object, ...]]
log = logging.getLogger("parley.listen")
HEARTBEAT_S = 4.0
ANSWER_S = 3.0
RETRY_S = 1.0


async def listen(
    database_url: str, channels: tuple[str, ...], wake: Callable[[], None], name: str,
    heard: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Call `wake` for every notification on `channels`, until cancelled. With `heard`, that is told each notification's
    payload, and `wake` is called only when some may have been missed.

    A connection that does not answer a heartbeat within 3 s counts as dead even when TCP still thinks otherwise.
    """
    while True:
        connection: Connection | None = None
        try:
            connection = await psycopg.AsyncConnection.connect(
                database_url, autocommit=True, connect_timeout=5, application_name=f"{name}:listen",
                keepalives_idle=10, keepalives_interval=3, keepalives_count=3,
            )  # fmt: skip
            for channel in channels:
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
            wake()
            await _relay(connection, heard or (lambda _: wake()))
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("listen connection lost: polling until it is back", extra={"reason": str(error) or "no answer"})
        finally:
            # Not `async with`: leaving it would talk to a peer that may be gone.
            if connection is not None:
                await connection.close()
        wake()
        await asyncio.sleep(RETRY_S)


async def _relay(connection: Connection, heard: Callable[[str], None]) -> None:
    while True:
        async for notification in connection.notifies(timeout=HEARTBEAT_S, stop_after=1):
            heard(notification.payload)
        async with asyncio.timeout(ANSWER_S):
            await connection.execute("select 1")
