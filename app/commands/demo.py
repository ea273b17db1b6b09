"""Send real mail through the whole product and print what became of it."""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg

from app.commands._stack import is_running, read_state
from app.db.queries import query
from app.demo import mails as sources
from app.demo.run import Progress, Report, count, require_catcher, send_all, wait_until_settled
from app.errors import NotFound, SetupError
from app.settings import Settings, load, process_environment


@click.command()
@click.option("--mbox", type=click.Path(path_type=Path), help="Send the mails of this mbox file.")
@click.option("--maildir", type=click.Path(path_type=Path), help="Send the mails of this Maildir or folder of files.")
@click.option("--to", "recipient", help="The mailbox to send to. Default: the first one of the stack.")
@click.option("--private", is_flag=True, help="Use a throw-away stack even when one is running.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(mbox: Path | None, maildir: Path | None, recipient: str | None, private: bool, as_json: bool) -> None:
    """Send mail over SMTP, wait until every message is decided and every reply handed over, and print the figures.

    Uses the running stack, or a throw-away one of its own when none runs. Refuses to run where replies could reach
    anybody but the local catcher. The exit code is 1 when something was lost or an invariant is broken.

    \b
    parley demo                      eleven mails of its own, one of them broken
    parley demo --mbox list.mbox     any mail you have, thousands of messages
    """
    if mbox and maildir:
        raise click.UsageError("--mbox and --maildir exclude each other")
    batch = _load(mbox, maildir)
    with _stack(private, quiet=as_json) as settings, _progress(as_json) as progress:
        report = asyncio.run(_run(batch, recipient, settings, progress))
    if as_json:
        click.echo(json.dumps({name: getattr(report, name) for name in Report.__struct_fields__}))
    else:
        _print(report)
    sys.exit(1 if report.lost or report.violations else 0)


def _load(mbox: Path | None, maildir: Path | None) -> list[bytes]:
    batch = list(sources.from_mbox(mbox) if mbox else sources.from_folder(maildir) if maildir else sources.sample())
    if not batch:
        raise NotFound("there is no mail in there", remedy="name another file")
    return batch


async def _run(batch: list[bytes], recipient: str | None, settings: Settings, progress: Progress) -> Report:
    connection = await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True)
    async with connection:
        await require_catcher(settings, connection)
        since = (await (await connection.execute(query("operations", "now"))).fetchone() or [None])[0]
        if recipient is None:
            row = await (await connection.execute(query("operations", "first_mailbox"))).fetchone()
            if row is None:
                raise NotFound("no tenant has a mailbox", remedy="create an e-mail channel session first")
            recipient = str(row[0])
        results = await send_all(batch, recipient, settings, progress)
        for text in sorted({result.error for result in results if result.error})[:5]:
            click.echo(f"refused: {text}", err=True)
        stuck = await wait_until_settled(connection, progress)
        return await count(connection, results, since, stuck)


@contextmanager
def _stack(private: bool, *, quiet: bool) -> Iterator[Settings]:
    settings = load()
    if not private and is_running(settings.home_dir):
        if not read_state(settings.home_dir).get("ready"):
            raise SetupError("the stack is still starting", remedy="try again in a moment")
        yield settings
        return
    home = Path(tempfile.mkdtemp(prefix="parley-demo-"))
    environment = {name: value for name, value in process_environment().items() if not _of_a_stack(name)}
    environment["PARLEY_HOME"] = str(home)
    command_line = [sys.executable, "-m", "app.cli"]
    if not quiet:
        click.echo("starting a throw-away stack …", err=True)
    try:
        up = subprocess.run(
            [*command_line, "up", "--detach"], env=environment, capture_output=True, text=True, check=False
        )
        if up.returncode:
            lines = (up.stderr or up.stdout).strip().splitlines() or ["no reason given"]
            raise SetupError(f"the throw-away stack did not start: {lines[-1].removeprefix('error: ')}")
        yield load({"PARLEY_HOME": str(home)})
    finally:
        subprocess.run([*command_line, "down"], env=environment, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


def _of_a_stack(name: str) -> bool:
    return name.startswith(("PARLEY_", "SUPABASE_")) or name == "DATABASE_URL"


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    if quiet or not sys.stderr.isatty():
        yield lambda _phase, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    tasks: dict[str, TaskID] = {}
    with Bars(console=Console(stderr=True), transient=True) as bars:

        def show(phase: str, done: int, total: int) -> None:
            task = tasks.setdefault(phase, bars.add_task(phase, total=total)) if phase not in tasks else tasks[phase]
            bars.update(task, completed=done, total=total)

        yield show


WORDS = {
    "sent": "mails sent", "received": "accepted with 250", "lost": "accepted and lost", "duplicates": "seen before",
    "unparsed": "kept unparsed", "threads": "threads", "decisions": "decisions", "replies": "replies handed over",
    "errors": "errors", "p50_ms": "reply p50 (ms)", "p95_ms": "reply p95 (ms)", "p99_ms": "reply p99 (ms)",
    "violations": "broken invariants",
}  # fmt: skip


def _print(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, words in WORDS.items():
        value = getattr(report, name)
        table.add_row(words, "–" if value is None else f"{value:,}")
    console = Console()
    console.print(table)
    console.print("[dim]See the replies with `parley mail`, the reasons with `parley explain`.[/dim]")
