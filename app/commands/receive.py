"""Run the receiver of inbound mail alone."""

import click

from app.commands._stack import become


@click.command()
def command() -> None:
    """Accept mail over SMTP on PARLEY_SMTP_HOST:PARLEY_SMTP_PORT until SIGTERM. `parley up` runs it for you."""
    become("workers.receivers.email")
