"""What somebody may do on a private topic, asked of the database, and attempts that are kept."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from app.db import realtime as db
from app.db.pool import Pool
from app.domain.realtime import May, Message, Speaker, Voice
from app.realtime.claims import Claims, Refused

log = logging.getLogger("parley.realtime")
T = TypeVar("T")
AWAY = (psycopg.Error, PoolTimeout)


class Authority:
    """Asks the policies of realtime.messages. Raises Refused when they cannot be asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def may_read(self, claims: Claims, topic: str) -> May:
        """Which extensions of a topic may be read."""
        try:
            return await self._ask(lambda connection: db.may_read(connection, _speaker(claims), topic))
        except AWAY as error:
            raise _why(error) from error

    async def may_write(self, claims: Claims, topic: str, extension: str) -> Voice | None:
        """What may be written to an extension of a topic; None for nothing."""
        try:
            return await self._ask(lambda connection: db.may_write(connection, _speaker(claims), topic, extension))
        except AWAY as error:
            raise _why(error) from error

    async def replay(self, topic: str, since_ms: int, limit: int) -> list[Message]:
        """The newest messages of a topic since a moment, oldest first."""
        try:
            return await self._ask(lambda connection: db.replay(connection, topic, since_ms, limit))
        except AWAY as error:
            raise Refused("UnableToReplayMessages", "Realtime was unable to replay messages", 500) from error

    async def denied(self, claims: Claims, topic: str, action: str) -> None:
        """Keep an attempt. Nothing was given away, so a log that cannot be written changes nothing but the log."""
        try:
            await self._ask(lambda connection: db.log_denied_topic(connection, _speaker(claims), topic, action))
        except AWAY:
            log.exception("an attempt on a foreign topic could not be logged")

    async def _ask(self, question: Callable[[db.Connection], Awaitable[T]]) -> T:
        """Ask once more on another connection when the first one was dead: after a restart, all of them are."""
        try:
            async with self._pool.connection() as connection:
                return await question(connection)
        except psycopg.OperationalError:
            await self._pool.check()
        async with self._pool.connection() as connection:
            return await question(connection)


def _speaker(claims: Claims) -> Speaker:
    return Speaker(claims.text, claims.role, claims.sub)


def _why(error: Exception) -> Refused:
    if isinstance(error, PoolTimeout):
        return Refused("IncreaseConnectionPool", "Too many requests wait for a database connection", 503)
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    if state == "23514":
        return Refused("MissingPartition", "There is no partition of realtime.messages for today", 500)
    if state is None or state.startswith(("08", "57P", "53")):
        return Refused("UnableToConnectToProject", "The database does not answer", 503)
    log.error("the policies of realtime.messages could not be asked", extra={"sqlstate": state, "reason": str(error)})
    return Refused("Unauthorized", "The policies of this topic could not be evaluated", 403)
