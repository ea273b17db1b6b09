"""Run the HTTP API alone."""

import click

from app.commands._stack import become


@click.command()
def command() -> None:
    """Serve the API on PARLEY_API_HOST:PARLEY_API_PORT until SIGTERM. `parley up` runs it for you."""
    become("app.http.main")
