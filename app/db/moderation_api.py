"""Moderation as the API does it and as its callers ask about it: one typed function per query of moderation_api.sql."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from app.db.queries import load
from app.db.unit import Connection, Unit, rows_as
from app.domain.judgement import Escalated, MessageComment, MessageModeration, Original, Record, Recorded, Visibility
from app.domain.paging import Position

QUERIES = load("moderation_api")


async def policy_in_force(unit: Unit) -> tuple[dict[str, Any] | None, list[str]]:
    """The active policy's document, None where there is none, and the tenant's home countries."""
    rows = await unit.read(QUERIES["policy_in_force"], {})
    return (rows[0][0], rows[0][1] or []) if rows else (None, [])


async def my_message_moderation(unit: Unit, message_id: UUID) -> MessageModeration:
    """What became of a message of the caller's. Raises NotFound for one that is not his."""
    return msgspec.convert(
        await unit.call(QUERIES["my_message_moderation"], {"message_id": message_id}), MessageModeration
    )


async def read_original(unit: Unit, message_id: UUID, reason: str) -> Original:
    """What was written. Raises Forbidden for anybody but admins, NotFound."""
    params = {"message_id": message_id, "reason": reason}
    return msgspec.convert(await unit.call(QUERIES["read_original"], params), Original)


async def list_comments(unit: Unit, message_id: UUID, visibility: Visibility | None) -> list[MessageComment] | None:
    """What is said beside a message, to the caller; None when he sees no such message."""
    params = {"message_id": message_id, "visibility": visibility}
    rows = await unit.read(QUERIES["list_comments"], params, scope=None)
    return rows_as(MessageComment, [row for row in rows if row[0] is not None]) if rows else None


async def list_escalations(
    unit: Unit, thread_id: UUID, *, below: Position | None, limit: int
) -> list[Escalated] | None:  # fmt: skip
    """Whom a conversation called, newest first; None when the caller's tenant has no such conversation."""
    params = {"thread_id": thread_id, "below_at": below and below.at, "below_id": below and below.id, "limit": limit}
    rows = await unit.read(QUERIES["list_escalations"], params)
    return rows_as(Escalated, [row for row in rows if row[0] is not None]) if rows else None


class Waiting:
    """A message that was written in this transaction and waits to be judged in it."""

    def __init__(self, connection: Connection, tenant_id: UUID, message_id: str) -> None:
        self.connection = connection
        self.tenant_id = tenant_id
        self.names = {"tenant_id": tenant_id, "message_id": message_id}

    async def inputs(self) -> dict[str, Any] | None:
        """What `read_inputs` takes; None when it does not wait."""
        found: dict[str, Any] | None = await _value(self.connection, "moderation_inputs", self.names)
        return found

    async def record(self, record: Record) -> Recorded:
        """What was judged becomes what is."""
        values = {**self.names, "verdict": Jsonb(msgspec.to_builtins(record))}
        return msgspec.convert(await _value(self.connection, "record_verdict", values), Recorded)

    async def readers_body(self) -> str | None:
        """What readers see of it now. Ends the judging: the rest of the transaction is the caller's again."""
        await self.connection.execute(AS_CALLER)
        cursor = await self.connection.execute(QUERIES["readers_text"].sql, self.names)
        row = await cursor.fetchone()
        return None if row is None else str(row[1])


AS_CALLER = "select set_config('role', 'authenticated', true)"


@contextlib.asynccontextmanager
async def judging(connection: Connection, message_id: str) -> AsyncIterator[Waiting]:
    """The message the caller has just written, under the login role, which may judge, until the transaction ends."""
    async with connection.pipeline():
        cursor = await connection.execute(QUERIES["tenant_of_message"].sql, {"message_id": message_id})
        await connection.execute("reset role")
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("whoever writes a message can see it")
    yield Waiting(connection, row[0], message_id)


async def _value(connection: Connection, name: str, values: dict[str, Any]) -> Any:
    row = await (await connection.execute(QUERIES[name].sql, values)).fetchone()
    return row[0] if row else None
