"""Whom conversations called: `parley moderation escalations`."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import click
import psycopg
from psycopg.rows import dict_row

from app.commands._times import moment
from app.db.queries import query
from app.errors import NotFound
from app.settings import load


@click.command()
@click.option("--tenant", required=True, help="Its slug.")
@click.option("--thread", type=click.UUID, help="Only this conversation's.")
@click.option("--rule", help="Only this rule's.")
@click.option("--from", "since", callback=moment, help="2h, 7d, or an ISO time. Default: from the beginning.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(  # noqa: PLR0917 - one per option
    tenant: str, thread: UUID | None, rule: str | None, since: datetime | None, limit: int, as_json: bool
) -> None:  # fmt: skip
    """Where a rule of the policy called a person, newest first: which rule, what was measured, and what it did."""
    named = {"thread_id": thread, "rule": rule, "from": since, "limit": limit}
    with psycopg.connect(load().database_url, autocommit=True) as connection:
        found = connection.execute(query("moderating", "tenant_named"), {"slug": tenant}).fetchone()
        if not found:
            raise NotFound(f"there is no tenant {tenant}", remedy="name its slug, as `parley threads` shows it")
        cursor = connection.cursor(row_factory=dict_row)
        rows = cursor.execute(query("moderating", "escalations"), {"tenant_id": found[0], **named}).fetchall()
    for row in rows:
        click.echo(json.dumps(row, default=str) if as_json else in_words(row))
    if not rows and not as_json:
        click.echo("nobody was called")


def in_words(row: dict[str, Any]) -> str:
    """One escalation as a line."""
    reasons = f": {', '.join(row['reasons']).replace('_', ' ')}" if row["reasons"] else ""
    return (
        f"{row['created_at']:%Y-%m-%d %H:%M}  {row['thread_id']}  {row['rule']} → {row['action']}"
        f"  ({row['signal']} {row['value']:g}{reasons})"
    )
