"""What the Realtime gateway asks the database: one typed function per query of realtime.sql.

What a caller may do is tried out as hosted Supabase does it: in a transaction that is rolled back, under his role and
claims, with the policies of `realtime.messages` as judge.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection

from app.db.queries import load
from app.domain.realtime import Horizon, May, Message, Speaker, Voice

Connection = AsyncConnection[tuple[Any, ...]]
QUERIES = {name: query.sql for name, query in load("realtime").items()}


async def may_read(connection: Connection, speaker: Speaker, topic: str) -> May:
    """What of a private topic the speaker may read."""
    ids = {"broadcast": str(uuid.uuid4()), "presence": str(uuid.uuid4())}
    async with _tried(connection) as cursor:
        await connection.execute(QUERIES["become_service"])
        await connection.execute(QUERIES["try_rows"], {"topic": topic, **ids})
        await connection.execute(QUERIES["speak_as"], _speech(speaker, topic))
        await cursor.execute(QUERIES["visible_rows"], ids)
    seen = {row[0] for row in await cursor.fetchall()}
    return May(broadcast="broadcast" in seen, presence="presence" in seen)


async def may_write(connection: Connection, speaker: Speaker, topic: str, extension: str) -> Voice | None:
    """What the speaker may write to a private topic, None for nothing: `extension` is broadcast or presence."""
    speech = _speech(speaker, topic)
    try:
        async with _tried(connection) as cursor:
            if speaker.role == "authenticated":  # a key of the server is nobody's voice
                await connection.execute(QUERIES["speak_of"], speech)
                await cursor.execute(QUERIES["topic_voice"])
            await connection.execute(QUERIES["speak_as"], speech)
            await connection.execute(QUERIES["try_write"], {"topic": topic, "extension": extension})
    except psycopg.errors.InsufficientPrivilege:
        return None
    if speaker.role != "authenticated":
        return "anything"
    row = await cursor.fetchone()
    return row[0] if row else None


async def replay(connection: Connection, topic: str, since_ms: int, limit: int) -> list[Message]:
    """The newest messages of a private topic since a moment, oldest first."""
    values = {"topic": topic, "since_ms": since_ms, "limit": limit}
    rows = await _as_service(connection, QUERIES["replay"], values)
    return [_message(one, topic, event, text, raw, private=True) for one, event, text, raw in reversed(rows)]


async def horizon(connection: Connection) -> Horizon:
    """How far what is visible now reaches."""
    row = await (await connection.execute(QUERIES["log_horizon"])).fetchone()
    assert row is not None
    high, low = row[1].split("/")
    return Horizon(xmin=row[0], lsn=(int(high, 16) << 32) + int(low, 16))


async def rows_since(connection: Connection, xmin: int, seconds: float, limit: int) -> list[Message]:
    """Broadcasts of transactions from `xmin` on, at most `seconds` old."""
    values = {"xmin": xmin % 2**32, "seconds": seconds, "limit": limit}
    rows = await _as_service(connection, QUERIES["rows_since"], values)
    return [_message(*row, private=private, begun_at=begun_at) for *row, private, begun_at in rows]


def _message(
    one: str, topic: str, event: str, text: str | None, raw: str | None, *, private: bool, begun_at: float | None = None
) -> Message:  # fmt: skip
    """A row: `text` is its JSON, `raw` its bytes as Postgres writes them."""
    if text is None and raw is not None:
        return Message(one, topic, event, bytes.fromhex(raw.removeprefix("\\x")), private, False, begun_at)
    return Message(one, topic, event, (text or "{}").encode(), private, True, begun_at)


async def may_replicate(connection: Connection) -> str | None:
    """None when this login can follow the log; else what it lacks."""
    row = await (await connection.execute(QUERIES["may_replicate"])).fetchone()
    assert row is not None
    lacks = ("the right to replicate", "wal_level = logical", "the publication supabase_realtime_messages_publication")
    return next((what for has, what in zip(row, lacks, strict=True) if not has), None)


async def log_denied_topic(connection: Connection, speaker: Speaker, topic: str, action: str) -> None:
    """Keep an attempt on somebody else's topic."""
    await connection.execute(QUERIES["log_denied_topic"], {"claims": speaker.claims, "topic": topic, "action": action})


async def report_connections(connection: Connection, process: str, number: int, parties: bytes) -> None:
    """Tell of the WebSockets of a process; a report that comes again is counted once."""
    values = {"process": process, "number": number, "parties": parties.decode()}
    await connection.execute(QUERIES["report_connections"], values)


def _speech(speaker: Speaker, topic: str) -> dict[str, str]:
    return {"claims": speaker.claims, "sub": speaker.sub or "", "role": speaker.role, "topic": topic}


async def _as_service(connection: Connection, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    async with _tried(connection) as cursor:
        await connection.execute(QUERIES["become_service"])
        await cursor.execute(statement, values)
    return await cursor.fetchall()


@asynccontextmanager
async def _tried(connection: Connection) -> AsyncIterator[psycopg.AsyncCursor[tuple[Any, ...]]]:
    """One transaction in one round trip, rolled back at the end. Yields the cursor for the result that is wanted."""
    cursor = connection.cursor()
    try:
        async with connection.pipeline():
            await connection.execute("begin")
            yield cursor
            await connection.execute("rollback")
    finally:
        # A statement that failed took those behind it along: the rollback, and what was to be prepared for the next
        # time. The connection's own rollback forgets what it believes to be prepared.
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            await connection.rollback()
