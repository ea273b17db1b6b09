"""Run one receiver of inbound messages alone."""

import click

from app.commands._stack import become


@click.command()
@click.argument("what", type=click.Choice(["email", "telegram"]), default="email")
def command(what: str) -> None:
    """Take messages in until SIGTERM. `parley up` runs every receiver for you.

    \b
    email      accepts mail over SMTP on PARLEY_SMTP_HOST:PARLEY_SMTP_PORT
    telegram   polls every connected bot; any number of copies may run
    """
    become(f"workers.receivers.{what}")
