"""Measure the speed we claim, beside its floors and peers."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from app.commands._stack import tidied_up
from app.errors import SetupError
from app.settings import process_environment

BENCHES = (
    "ingest", "queue", "reads", "api", "reply", "release", "realtime", "screen", "desk", "start", "moderate",
    "simulate", "security", "board",
)  # fmt: skip
NEEDED = {
    "reply": {"catcher", "receive-email", "inbound", "outbound", "housekeeper"},
    "release": {"moderator"},
    "screen": {"api", "surface"},
    "desk": {"api", "surface"},
    "start": set[str](),
    "moderate": set[str](),
}
"""Processes a bench measures; every other bench wants the database for itself.
`start` starts them all, itself; `moderate` needs none."""


@click.command()
@click.argument("what", type=click.Choice([*BENCHES, "all"]), default="all")
@click.option(
    "--json", "as_json", is_flag=True, help='One object: {"rows": [{name, value, unit, target, met, against}]}.'
)
@click.option(
    "--messages",
    default=1_000_000,
    show_default=True,
    help="reads, simulate, security, board: messages in the large table.",
)
@click.option("--seconds", default=2.0, show_default=True, help="Length of one measured slice.")
@click.option("--install-peers", is_flag=True, help="queue: install graphile-worker and procrastinate first.")
@click.option("--no-peers", is_flag=True, help="queue: measure ourselves only.")
@click.option("--database", metavar="URL", help="Measure this migrated, throw-away database (as its owner) instead.")
def command(  # noqa: PLR0917 - one per option
    what: str, as_json: bool, messages: int, seconds: float, install_peers: bool, no_peers: bool, database: str | None
) -> None:
    """Measure on a private Postgres that is thrown away afterwards; a running stack is not touched.

    Only ratios within one run mean anything: floor and peers are measured in turns with us. `ingest` takes about two
    minutes, `queue` two, `reads` and `security` two, `board` three and `simulate` ten for a million messages, `desk`
    two, `realtime` one, the others half a minute each; `moderate` seconds. `start` has a stack of its own also beside
    --database. Exit code 0 also when a target is missed: look at `met`.
    """
    if install_peers:
        _run(["--install-peers", "queue"], process_environment())
    rows: list[dict[str, Any]] = []
    for name in BENCHES if what == "all" else (what,):
        with tidied_up(), _stack(database if name != "start" else None, NEEDED.get(name, {"database"})) as environment:
            options = ["--messages", str(messages), "--seconds", str(seconds), *(["--no-peers"] if no_peers else [])]
            rows += json.loads(_run([name, *options], environment))["rows"]
    if as_json:
        click.echo(json.dumps({"rows": rows}))
    else:
        _print(rows)


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SetupError("the bench did not finish", remedy="see the lines above")
    return done.stdout


@contextmanager
def _stack(given: str | None, needed: set[str]) -> Iterator[dict[str, str]]:
    if given:
        yield {**process_environment(), "DATABASE_URL": given}
        return
    home = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    environment = {
        name: value for name, value in process_environment().items()
        if not name.startswith(("PARLEY_", "SUPABASE_", "ANTHROPIC_")) and name != "DATABASE_URL"
    }  # fmt: skip
    environment |= {"PARLEY_HOME": str(home), "PARLEY_DECIDER": "rules"}
    parley = [sys.executable, "-m", "app.cli"]
    try:
        if needed:
            _up([*parley, "up", "--detach", *(f"--only={name}" for name in needed)], environment)
        yield environment
    finally:
        subprocess.run([*parley, "down"], env=environment, capture_output=True, check=False)
        subprocess.run([*parley, "reset", "--yes"], env=environment, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


def _up(command: list[str], environment: dict[str, str]) -> None:
    up = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if up.returncode:
        lines = (up.stderr or up.stdout).strip().splitlines() or ["no reason given"]
        raise SetupError(f"the throw-away Postgres did not start: {lines[-1].removeprefix('error: ')}")


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2))
    for title in ("measured", "", "", "target", "", "against"):
        table.add_column(title, justify="right" if title in ("", "target") else "left")
    for row in rows:
        met = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[row["met"]]
        value = (
            "—" if row["value"] is None else f"{row['value']:,.3g}" if row["value"] < 1000 else f"{row['value']:,.0f}"
        )
        table.add_row(row["name"], value, row["unit"], row["target"], met, row["against"])
    Console().print(table)
