"""Pools of connections that log in as a runtime role."""

from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from app.errors import SetupError

Pool = AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]]
WAIT_S = 3.0
"""How long a request waits for a connection before it is answered 503."""
STATEMENT_TIMEOUT_MS = 15_000


def make_pool(url: str, *, size: int, name: str) -> Pool:
    """A pool of autocommit connections, not yet open: `await pool.open()`. Raises SetupError without a URL."""
    if not url:
        raise SetupError("no database is known", remedy="start one with `make up`, or set DATABASE_URL")
    return AsyncConnectionPool(
        url,
        min_size=min(2, size),
        max_size=size,
        open=False,
        name=name,
        timeout=WAIT_S,
        max_waiting=1000,
        reconnect_timeout=5.0,
        connection_class=AsyncConnection[tuple[Any, ...]],
        kwargs={
            "autocommit": True,
            "prepare_threshold": 2,
            "application_name": f"parley {name}",
            "connect_timeout": 5,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout=15000"
            " -c bytea_output=hex",
        },
    )
