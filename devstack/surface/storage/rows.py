"""Rows of storage.buckets and storage.objects: who may do what is decided by their policies, under the caller's role.

What changes a row is done twice in one transaction. First as the caller, in a savepoint that is rolled back: that asks
the policies. Then as the service, with everything in it: that is what happened, and the only thing triggers keep.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from devstack.surface.database import Connection, Pool, acting
from devstack.surface.identity import Caller
from devstack.surface.storage import errors
from devstack.surface.storage.requests import Request

SERVICE = Caller("service_role", {"role": "service_role"})
Row = dict[str, Any]

BUCKET = "id, name, owner, public, type::text, file_size_limit, allowed_mime_types, created_at, updated_at"
ONE_BUCKET = f"select {BUCKET} from storage.buckets where id = %(id)s"  # noqa: S608 - our own text
ONE_OBJECT = "select * from storage.objects where bucket_id = %(bucket)s and name = %(name)s"
INSERT = """
insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
values (%(bucket_id)s, %(name)s, %(owner)s, %(owner_id)s, %(version)s, %(metadata)s, %(user_metadata)s)
"""
UPSERT = f"""{INSERT}
on conflict (bucket_id, name) do update
set owner = excluded.owner, owner_id = excluded.owner_id, version = excluded.version, metadata = excluded.metadata,
  user_metadata = excluded.user_metadata
returning *
"""


class Rows:
    """One transaction of one request."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, query: str | sql.Composed, **values: Any) -> list[Row]:
        """The rows of a query."""
        async with self._connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query, values)
            return await cursor.fetchall() if cursor.description else []

    async def one(self, query: str | sql.Composed, **values: Any) -> Row | None:
        """Its first row."""
        return next(iter(await self.all(query, **values)), None)

    async def count(self, query: str, **values: Any) -> int:
        """How many rows a statement touched."""
        return (await self._connection.execute(query, values)).rowcount

    async def ask(self, caller: Caller, work: Callable[[], Awaitable[object]]) -> None:
        """Do `work` as `caller` and take it back: raises what the policies say against it."""
        async with self._connection.transaction() as savepoint:
            await self._connection.execute(sql.SQL("set local role {}").format(sql.Identifier(caller.role)))
            await self._connection.execute(
                "select set_config('request.jwt.claims', %s, true)", [json.dumps(caller.claims)]
            )
            await work()
            raise psycopg.Rollback(savepoint)

    async def lock(self, bucket: str, name: str) -> None:
        """Let one transaction at a time replace, move or copy to an object."""
        await self._connection.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 7276012))", [f"{bucket}/{name}"]
        )

    # ── buckets ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def bucket(self, bucket_id: str, *, lock: bool = False) -> Row:
        """A bucket the role of the transaction may see. Raises StorageError."""
        query = ONE_BUCKET + (" for update" if lock else "")
        if "\0" in bucket_id or not (found := await self.one(query, id=bucket_id)):
            raise errors.no_such_bucket()
        return found

    # ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def object(self, bucket: str, name: str, *, lock: bool = False) -> Row:
        """An object the role of the transaction may see. Raises StorageError."""
        query = ONE_OBJECT + (" for update" if lock else "")
        if not (found := await self.one(query, bucket=bucket, name=name)):
            raise errors.no_such_key()
        return found

    async def insert(self, row: Row) -> Row:
        """Add an object. Raises StorageError when there is one of that name."""
        return await self._write(f"{INSERT} returning *", row)

    async def upsert(self, row: Row) -> Row:
        """Add an object or replace the one of that name."""
        return await self._write(UPSERT, row)

    async def may_write(self, row: Row, *, upsert: bool) -> None:
        """Add an object without looking at it again, so that a policy for insert is enough; or, for `upsert`, replace
        one, for which it takes those for select and update as well. For `ask`."""
        try:
            await self._connection.execute(UPSERT if upsert else INSERT, _bound(row))
        except psycopg.errors.UniqueViolation as error:
            raise errors.duplicate() from error

    async def _write(self, query: str, row: Row) -> Row:
        try:
            written = await self.one(query, **_bound(row))
        except psycopg.errors.UniqueViolation as error:
            raise errors.duplicate() from error
        assert written is not None
        return written

    async def rename(self, bucket: str, name: str, to_bucket: str, to_name: str, owner: str | None) -> Row:
        """Give an object another name or bucket. Raises StorageError."""
        query = """
        update storage.objects
        set name = %(to_name)s, bucket_id = %(to_bucket)s,
          owner = %(owner)s, owner_id = %(owner_id)s
        where bucket_id = %(bucket)s and name = %(name)s
        returning *
        """
        values = {"bucket": bucket, "name": name, "to_bucket": to_bucket, "to_name": to_name}
        moved = await self.one(query, **values, owner=as_uuid(owner), owner_id=owner)
        if moved is None:
            raise errors.no_such_key()
        return moved

    async def delete(self, bucket: str, names: Sequence[str]) -> list[Row]:
        """Delete the objects the role of the transaction may see and delete; the rows they were."""
        query = "delete from storage.objects where bucket_id = %(bucket)s and name = any(%(names)s) returning *"
        return await self.all(query, bucket=bucket, names=list(names))


def _bound(row: Row) -> Row:
    """A row as the statements bind it."""
    metadata, user_metadata = row.get("metadata"), row.get("user_metadata")
    owner_id = row.get("owner_id")
    return {
        "bucket_id": row["bucket_id"], "name": row["name"], "owner": as_uuid(owner_id), "owner_id": owner_id,
        "version": row.get("version"), "metadata": None if metadata is None else Jsonb(metadata),
        "user_metadata": None if user_metadata is None else Jsonb(user_metadata),
    }  # fmt: skip


def as_uuid(owner: str | None) -> UUID | None:
    """The owner as the older column keeps it: only when it is a UUID."""
    try:
        return UUID(owner) if owner else None
    except ValueError:
        return None


@asynccontextmanager
async def transaction(pool: Pool, caller: Caller, request: Request) -> AsyncIterator[Rows]:
    """A transaction as `caller`, in which policies see what the request does."""
    async with acting(pool, caller) as connection:
        await connection.execute(
            "select set_config('storage.operation', %s, true), set_config('storage.allow_delete_query', 'true', true),"
            " set_config('request.method', %s, true), set_config('request.path', %s, true)",
            [request.operation, request.method, request.scope["path"].replace("\0", "")],
        )
        yield Rows(connection)
