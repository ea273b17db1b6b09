"""List the newest conversations of all tenants."""

import json

import click
import psycopg
from psycopg.rows import dict_row

from app.db.queries import query
from app.errors import NotFound
from app.settings import load


@click.command()
@click.option("--tenant", help="Only this tenant's (its slug).")
@click.option("--folder", type=click.Choice(["inbox", "spam", "automated"]), help="Only this folder's.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(tenant: str | None, folder: str | None, limit: int, as_json: bool) -> None:
    """List conversations, newest first: who, about what, who is in control, how many unread."""
    with psycopg.connect(load().database_url, autocommit=True, row_factory=dict_row) as connection:
        values = {"tenant": tenant, "folder": folder, "limit": limit}
        rows = connection.execute(query("operations", "list_threads"), values).fetchall()
        if tenant and not rows and not connection.execute(query("operations", "has_tenant"), values).fetchone():
            raise NotFound(f"no tenant {tenant}", remedy="`parley threads` lists all")
    if as_json:
        click.echo(json.dumps(rows, default=str))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("tenant", "contact", "subject", "folder", "status", "control", "new", "last message", box=None)
    for row in rows:
        when = row["last_message_at"].strftime("%Y-%m-%d %H:%M") if row["last_message_at"] else ""
        table.add_row(row["tenant"], row["contact"] or "", (row["subject"] or row["preview"] or "")[:50], row["folder"],
                      row["status"], row["control"], str(row["unread_count"]), when)  # fmt: skip
    Console().print(table)
