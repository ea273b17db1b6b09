"""Delete the local stack's data and start afresh."""

import shutil
from pathlib import Path

import click

from app.commands._stack import is_running, read_state, stop
from app.settings import load


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--keys", is_flag=True, help="Also delete the generated keys: tokens and encrypted secrets become useless."
)
def command(yes: bool, keys: bool) -> None:
    """Stop the stack and delete its database with the files of its Storage, caught mail and logs. A database given by
    DATABASE_URL is never touched, and its files are not while it is the last that was used."""
    home = load().home_dir
    found = leftovers(home, keys=keys)
    if not found and not is_running(home):
        click.echo("nothing to delete")
        return
    if not yes:
        click.confirm(f"Delete {', '.join(path.name for path in found)} in {home}?", abort=True)
    stop(home)
    for path in leftovers(home, keys=keys):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    click.echo("deleted; `parley up` starts afresh")


def leftovers(home: Path, *, keys: bool) -> list[Path]:
    """What a reset deletes: data folders of any Postgres major (also half-made ones), mail, logs, state, and
    files of its Storage."""
    found = [*home.glob("pg[0-9][0-9]*"), home / "mail", home / "logs", home / "state.json"]
    state = read_state(home)
    if not state.get("external_database_url"):
        found.append(home / "storage")
    elsewhere = state.get("data_dir")
    if isinstance(elsewhere, str) and Path(elsewhere).name.startswith("pg"):
        found.append(Path(elsewhere))
    if keys:
        found.append(home / "keys.json")
    return sorted({path for path in found if path.exists()})
