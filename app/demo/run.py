"""A demo run: send messages in, wait until all is settled, count what the database and the provider say."""

import asyncio
import time
from collections.abc import Sequence

import click
import psycopg
from psycopg.rows import dict_row

from app.db.queries import query
from app.demo.channel import Connection, DemoChannel, Progress, Sent
from app.demo.report import Report
from app.settings import Settings

STALLED_S = 60.0


async def run(channel: DemoChannel, settings: Settings, progress: Progress) -> Report:
    """One run on the stack of `settings`."""
    connection = await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True)
    async with connection:
        await channel.require_harmless(settings, connection)
        since = (await (await connection.execute(query("operations", "now"))).fetchone() or [None])[0]
        results = await channel.send_all(settings, connection, progress)
        for text in sorted({result.error for result in results if result.error})[:5]:
            click.echo(f"refused: {text}", err=True)
        stuck = await wait_until_settled(connection, progress)
        report = await count(connection, results, since, stuck)
        return await channel.compare(settings, connection, report)


async def wait_until_settled(connection: Connection, progress: Progress) -> int:
    """Wait until nothing is being decided or sent; returns what is left when nothing moves for a minute."""
    moved_at, before, most = time.monotonic(), -1, 1
    while True:
        cursor = await connection.execute(query("operations", "unsettled"))
        row = await cursor.fetchone()
        left = int(row[0]) if row else 0
        most = max(most, left)
        progress("settling", most - left, most)
        if left == 0:
            return 0
        if left != before:
            moved_at, before = time.monotonic(), left
        elif time.monotonic() - moved_at > STALLED_S:
            return left
        await asyncio.sleep(0.05)


async def count(connection: Connection, results: Sequence[Sent], since: object, stuck: int) -> Report:
    """Ask the database what became of the messages of this run."""
    ids = sorted({result.message_id for result in results if result.message_id})
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("operations", "demo_figures"), {"ids": ids, "since": since})
        row = await cursor.fetchone() or {}
        await cursor.execute(query("operations", "check_invariants"))
        violations = sum(item["violations"] for item in await cursor.fetchall())
    accepted = [result for result in results if result.error is None]
    return Report(
        sent=len(results), received=len(accepted), lost=len(ids) - row["found"] + _unnamed(accepted),
        duplicates=sum(result.duplicate for result in accepted), unparsed=row["unparsed"], threads=row["threads"],
        decisions=row["decisions"], replies=row["replies"],
        errors=len(results) - len(accepted) + row["errors"] + stuck,
        p50_ms=_ms(row["p50"]), p95_ms=_ms(row["p95"]), p99_ms=_ms(row["p99"]), violations=violations,
    )  # fmt: skip


def _unnamed(accepted: Sequence[Sent]) -> int:
    # Accepted without an id in the answer: nobody could say where it went, so it counts as lost.
    return sum(result.message_id is None for result in accepted)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
