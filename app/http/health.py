"""/health, /health/ready and /metrics: for supervisors and scrapers, without a token."""

from collections import defaultdict
from typing import Any, Literal

import msgspec
import psycopg
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from prometheus_client import generate_latest
from psycopg_pool import PoolTimeout

from app.db.pool import Pool
from app.db.queries import query
from app.errors import Unavailable
from app.scrapers import may_scrape

GAUGES = (
    ("parley_queue_depth", "Items that wait or are being worked on."),
    ("parley_queue_oldest_seconds", "Age of the oldest item."),
    ("parley_queue_in_flight", "Items under a live lease: claims held now."),
)
CONNECTIONS = {
    "parley_connections": ("pool_size", "Database connections of this process."),
    "parley_connections_idle": ("pool_available", "Those that nobody uses now."),
    "parley_connections_waited_for": ("requests_waiting", "Requests that wait for one."),
}
RECENT = {
    "decisions": ("action", "Decisions of the last five minutes."),
    "dispatch_attempts": ("outcome", "Dispatch tries of the last five minutes."),
    "dispatch_seconds": ("quantile", "From due to accepted, over the last five minutes."),
}
"""Figure of private.recent_activity() → its label's name and help. Workers serve their own counters beside this."""


class Health(msgspec.Struct, frozen=True):
    """The process lives."""

    status: Literal["ok"] = "ok"


class Ready(msgspec.Struct, frozen=True):
    """The database answers and has the schema this version was written for."""

    schema: str
    status: Literal["ready"] = "ready"


@get("/health", summary="Is the process alive?", tags=["operations"])
async def health() -> Health:
    """Always the same answer while the process serves."""
    return Health()


@get("/health/ready", summary="Can it serve?", tags=["operations"])
async def ready(request: Request[Any, Any, State]) -> Ready:
    """503 while the database is away or lacks migrations."""
    state = request.app.state
    try:
        pool: Pool = state.pool
        async with pool.connection(timeout=1.0) as connection:
            row = await (await connection.execute(query("operations_api", "schema_version"))).fetchone()
    except psycopg.errors.UndefinedFunction as error:
        raise Unavailable("Migrations are missing.", remedy="run `parley migrate`") from error
    except (psycopg.Error, PoolTimeout) as error:
        raise Unavailable("The database does not answer.", remedy="see the runbook: API not ready") from error
    version = row[0] if row else None
    if state.newest_migration and version and version < state.newest_migration:
        raise Unavailable("Migrations are missing.", remedy="run `parley migrate`", extra={"applied": version})
    return Ready(version or "unknown")


@get("/metrics", summary="Prometheus metrics", tags=["operations"], media_type=MediaType.TEXT)
async def metrics(request: Request[Any, Any, State]) -> Response[bytes]:
    """This process's requests and the database's queues. Answered to callers on the same machine only."""
    if not may_scrape(request.client.host if request.client else "", request.headers):
        raise NotFoundException
    state = request.app.state
    text = generate_latest(state.meters.registry) + (_connections(state.pool) + await _queues(state.pool)).encode()
    return Response(text, media_type="text/plain; version=0.0.4")


def _connections(pool: Pool) -> str:
    """Gauges of this process's connections."""
    stats, lines = pool.get_stats(), []
    for name, (figure, text) in CONNECTIONS.items():
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {stats.get(figure, 0)}"]
    return "\n".join([*lines, ""])


async def _queues(pool: Pool) -> str:
    """Gauges per queue over all tenants, and whether the database answered."""
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    lines = ["# HELP parley_database_up Whether the database answered this scrape.", "# TYPE parley_database_up gauge"]
    try:
        async with pool.connection(timeout=1.0) as connection:
            rows = await (await connection.execute(query("operations_api", "queue_totals"))).fetchall()
            recent = await (await connection.execute(query("operations_api", "recent_activity"))).fetchall()
            board = await (await connection.execute(query("operations_api", "board_age"))).fetchone()
    except (psycopg.Error, PoolTimeout):
        return "\n".join([*lines, "parley_database_up 0", ""])
    for queue, depth, oldest, in_flight in rows:
        totals[queue] = [depth, oldest, in_flight]
    lines.append("parley_database_up 1")
    if board and board[0] is not None:
        lines += ["# HELP parley_board_age_seconds How old what is counted for the board is."]
        lines += ["# TYPE parley_board_age_seconds gauge", f"parley_board_age_seconds {board[0]}"]
    for place, (name, text) in enumerate(GAUGES):
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        lines += [f'{name}{{queue="{queue}"}} {values[place]}' for queue, values in sorted(totals.items())]
    for name, (label, text) in RECENT.items():
        lines += [f"# HELP parley_{name}_5m {text}", f"# TYPE parley_{name}_5m gauge"]
        lines += [f'parley_{name}_5m{{{label}="{key}"}} {value}' for figure, key, value in recent if figure == name]
    return "\n".join([*lines, ""])
