"""Run one receiver of inbound messages alone."""

import click

from app.commands._stack import become
from app.receivers import receivers, told


class Receive(click.Command):
    """Its help lists the receivers there are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each receiver and what it says of itself."""
        with formatter.section("Receivers"):
            formatter.write_dl([(name, told(name)) for name in receivers()])
        super().format_epilog(ctx, formatter)


@click.command(cls=Receive)
@click.argument("what", type=click.Choice(list(receivers())), default="email")
def command(what: str) -> None:
    """Take messages in until SIGTERM. `parley up` runs every receiver for you.

    Of the ones that poll any number of copies may run."""
    become(receivers()[what])
