"""Run the Realtime gateway alone."""

import click

from app.commands._stack import become


@click.command()
def command() -> None:
    """Serve Realtime on PARLEY_API_HOST:PARLEY_REALTIME_PORT until SIGTERM. The local stack serves it for you."""
    become("app.realtime.server")
