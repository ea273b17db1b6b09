"""Start everything: Postgres, migrations, API, workers, mail in and out."""

import signal

import click

from app.commands._stack import become


@click.command()
@click.option("--detach", is_flag=True, help="Return once it is ready and leave it running; `parley down` stops it.")
@click.option("--without", multiple=True, metavar="NAME", help="Leave a process out, to run it yourself (repeatable).")
@click.option("--only", multiple=True, metavar="NAME", help="Start these alone; `database` for none (repeatable).")
def command(detach: bool, without: tuple[str, ...], only: tuple[str, ...]) -> None:
    """Start the whole stack on this machine and print where everything is. Ctrl-C stops it; the data stays.

    Needs nothing installed: Postgres comes with the environment. With DATABASE_URL set, that Postgres is used
    instead: a Supabase project's direct connection, or a superuser's URL of an empty database.
    """
    chosen = (*(f"--without={name}" for name in without), *(f"--only={name}" for name in only))
    # A Ctrl-C while Python still imports would be answered with a traceback: it waits until somebody can handle it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    become("devstack.up", *(["--detach"] if detach else []), *chosen)
