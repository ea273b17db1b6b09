"""Connections of the surface's rooms."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from devstack.surface.identity import Caller

Connection = AsyncConnection[tuple[Any, ...]]
Pool = AsyncConnectionPool[Connection]


def make_pool(url: str, *, name: str, size: int = 10, checked: bool = False) -> Pool:
    """A pool of autocommit connections, not yet open: `await pool.open()`. `checked`: each is asked whether it still
    lives before it is given out, so that a restart of Postgres costs nobody a failed request."""
    return AsyncConnectionPool(
        url, check=AsyncConnectionPool.check_connection if checked else None,
        min_size=1, max_size=size, open=False, name=name, timeout=10.0, connection_class=Connection,
        kwargs={"autocommit": True, "application_name": f"parley surface {name}", "connect_timeout": 5},
    )  # fmt: skip


@asynccontextmanager
async def acting(pool: Pool, caller: Caller, *, read_only: bool = False) -> AsyncIterator[Connection]:
    """One transaction in which the connection is `caller`: its role, and its claims as policies read them. Rolled back
    when the block raises."""
    async with pool.connection() as connection, connection.transaction():
        async with connection.pipeline():
            await connection.execute(
                sql.SQL("set transaction read {}").format(sql.SQL("only" if read_only else "write"))
            )
            await connection.execute(sql.SQL("set local role {}").format(sql.Identifier(caller.role)))
            await connection.execute(
                "select set_config('request.jwt.claims', %s, true),"
                " set_config('search_path', 'public, extensions', true)",
                [json.dumps(caller.claims)],
            )
        yield connection
