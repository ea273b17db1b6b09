"""Prove the invariants of the core on the live database."""

import json
import sys

import click
import psycopg
from psycopg.rows import dict_row

from app.db.queries import query
from app.settings import load


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Run private.check_invariants(): one line a promise, exit code 1 when one is broken. Changes nothing."""
    with psycopg.connect(load().database_url, autocommit=True, row_factory=dict_row) as connection:
        rows = connection.execute(query("operations", "check_invariants")).fetchall()
    violations = sum(row["violations"] for row in rows)
    if as_json:
        click.echo(json.dumps({"violations": violations, "invariants": rows}, default=str))
    else:
        for row in rows:
            mark = "ok  " if row["violations"] == 0 else "FAIL"
            click.echo(
                f"{mark} {row['invariant']}"
                + (f"  {row['violations']} rows, e.g. {row['samples'][0]}" if row["violations"] else "")
            )
    sys.exit(1 if violations else 0)
