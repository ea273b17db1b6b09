"""Prove the invariants of the core, and the board's figures, on the live database."""

import json
import sys
from typing import Any

import click
import psycopg
from psycopg.rows import dict_row

from app.db.queries import query
from app.settings import load


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Run private.check_invariants(): one line a promise, exit code 1 when one is broken; and compare the hour of the
    board before this one with the tables. Changes nothing."""
    with psycopg.connect(load().database_url, autocommit=True, row_factory=dict_row) as connection:
        rows = connection.execute(query("operations", "check_invariants")).fetchall()
        board = connection.execute(query("operations", "board_state")).fetchone() or {}
    violations = sum(row["violations"] for row in rows) + len(board["differences"])
    if as_json:
        click.echo(json.dumps({"violations": violations, "invariants": rows, "board": board}, default=str))
    else:
        for row in rows:
            mark = "ok  " if row["violations"] == 0 else "FAIL"
            click.echo(
                f"{mark} {row['invariant']}"
                + (f"  {row['violations']} rows, e.g. {row['samples'][0]}" if row["violations"] else "")
            )
        click.echo(_told(board))
    sys.exit(1 if violations else 0)


def _told(board: dict[str, Any]) -> str:
    """One line on what is counted for the board."""
    age = board["age_seconds"]
    old = "never counted yet: does the housekeeper run?" if age is None else f"as of {age:.0f} s ago"
    different = board["differences"]
    wrong = f"  {len(different)} figures differ, e.g. {different[0]}" if different else ""
    return f"{'FAIL' if different else 'ok  '} board_adds_up  {old}{wrong}"
