"""Keeps the schema cache; reads it anew upon `notify pgrst, 'reload schema'`, or when something seems to be missing."""

import asyncio
import contextlib
import logging
import time
import tomllib
from pathlib import Path

import psycopg
from psycopg import sql

from devstack.surface.database import Pool
from devstack.surface.rest.catalogue import load
from devstack.surface.rest.schema import Options, Schema

CHANNEL = "pgrst"
FRESH_S = 1.0
"""A cache younger than this is not read again for something it does not know."""
_LOG = logging.getLogger(__name__)


def options_of(config: Path) -> Options:
    """What `supabase/config.toml` says about the API."""
    try:
        api = tomllib.loads(config.read_text()).get("api", {})
    except (OSError, tomllib.TOMLDecodeError):
        return Options()
    return Options(
        tuple(api.get("schemas", ("public",))), tuple(api.get("extra_search_path", ("public", "extensions"))),
        api.get("max_rows"),
    )  # fmt: skip


class Cache:
    """The schema cache of one database."""

    def __init__(self, pool: Pool, url: str, options: Options) -> None:
        self._pool = pool
        self._url = url
        self._options = options
        self._lock = asyncio.Lock()
        self._schema = Schema(options)
        self._read_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._stale = True

    async def current(self) -> Schema:
        """The cache, read first if nobody has or a reload was asked for."""
        if self._stale:
            await self.reload(self._schema.version)
        return self._schema

    async def reload(self, seen: int) -> Schema:
        """Read it again, unless somebody has since version `seen`."""
        async with self._lock:
            if self._schema.version == seen or self._stale:
                self._stale = False
                started = time.monotonic()
                try:
                    self._schema = await self._read()
                except BaseException:
                    self._stale = True
                    raise
                self._read_at = started
        return self._schema

    async def _read(self) -> Schema:
        for last in (False, True):
            try:
                async with self._pool.connection() as connection:
                    return await load(connection, self._options, self._schema.version + 1)
            except psycopg.Error:  # something was dropped while it was read, or the connection was an old one
                if last:
                    raise
        raise AssertionError("unreachable")

    async def fresher(self, seen: Schema) -> Schema:
        """A cache newer than `seen`, where one could know more; else `seen` itself."""
        if self._schema.version != seen.version:
            return self._schema
        if time.monotonic() - self._read_at < FRESH_S:
            return seen
        return await self.reload(seen.version)

    async def open(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, application_name="parley surface rest listener", connect_timeout=5
                )
                async with connection:
                    await connection.execute(sql.SQL("listen {}").format(sql.Identifier(CHANNEL)))
                    self._stale = True  # something may have been said before
                    async for notice in connection.notifies():
                        if notice.payload in ("", "reload schema", "reload config"):
                            self._stale = True
            except psycopg.Error as error:
                _LOG.warning("not listening for schema changes: %s", error)
            await asyncio.sleep(1.0)
