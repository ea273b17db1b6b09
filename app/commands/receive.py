"""Run one receiver of inbound messages alone."""

import click

from app.commands._stack import become


@click.command()
@click.argument("what", type=click.Choice(["email", "imap", "telegram"]), default="email")
def command(what: str) -> None:
    """Take messages in until SIGTERM. `parley up` runs every receiver for you.

    \b
    email      accepts mail over SMTP on PARLEY_SMTP_HOST:PARLEY_SMTP_PORT
    imap       reads every connected mailbox; any number of copies may run
    telegram   polls every connected bot; any number of copies may run
    """
    become(f"workers.receivers.{what}")
