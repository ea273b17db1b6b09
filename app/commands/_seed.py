"""`parley demo --seed`: the demo tenant on the command line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import msgspec

from app.commands._stack import is_running, read_state, tidied_up
from app.demo.channel import Progress
from app.settings import Settings, load, read_json


def run_seed(seed: int, *, remove: bool, as_json: bool) -> None:
    """Make the tenant of a seed, or say that it is there; with `remove` take it away. Other tenants are not touched."""
    from app.db.migrate import connect_as_owner
    from app.demo.seed.build import remove_tenant, seed_tenant

    settings = load()
    with tidied_up(), connect_as_owner(settings.database_url) as connection, progress_bars(as_json) as say:
        if remove:
            tenant_id = remove_tenant(connection, seed)
            click.echo(msgspec.json.encode({"tenant_id": tenant_id, "removed": True}) if as_json else "removed")
            return
        made = seed_tenant(connection, seed, _password(settings), say)
    if as_json:
        click.echo(msgspec.json.encode(made))
        return
    there = "made" if made.is_new else "is there already"
    click.echo(f"{made.name} ({made.slug}) {there}: {made.conversations} conversations, {made.messages:,} messages")
    port = read_state(settings.home_dir).get("api_port") if is_running(settings.home_dir) else None
    if port:
        click.echo(f"  desk     http://127.0.0.1:{port}/dashboard/")
    how = f" with {made.password}" if made.password else ": let a link be sent, or set a password in Supabase Auth"
    click.echo(
        f"  sign in  {made.email}{how}" if made.is_new or made.password else f"  sign in  {made.email} as before"
    )


def _password(settings: Settings) -> str | None:
    """What the people for show sign in with on this machine; None where no stack of ours runs."""
    keys = read_json(settings.home_dir / "keys.json") if is_running(settings.home_dir) else {}
    found = keys.get("demo_password")
    return str(found) if found else None


@contextmanager
def progress_bars(quiet: bool) -> Iterator[Progress]:
    """Bars on stderr while the block lasts; nothing where that is no terminal, or `quiet` is asked for."""
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
