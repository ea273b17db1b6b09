"""Stop the stack that `parley up --detach` left running."""

import click

from app.commands._stack import stop
from app.settings import load


@click.command()
def command() -> None:
    """Stop everything cleanly: workers first, Postgres last. The data stays; nothing running is no error."""
    click.echo("stopped" if stop(load().home_dir) else "nothing is running")
