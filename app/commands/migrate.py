"""Bring the database up to date (supabase/migrations), as `supabase db push` would."""

import json

import click
import msgspec

from app.db.migrate import SEED, migrate
from app.settings import load


@click.command()
@click.option("--seed/--no-seed", default=None, help="Also run supabase/seed.sql. Default: only on the local stack.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as one JSON object.")
@click.option("--quiet", is_flag=True, help="Say nothing when there was nothing to do.")
def command(seed: bool | None, as_json: bool, quiet: bool) -> None:
    """Apply what is pending in supabase/migrations, each file in one transaction.

    Works on the local stack, or on DATABASE_URL (a Supabase project's direct connection). The history is the Supabase
    CLI's; a file that was edited after it was applied is refused. Afterwards the roles parley_api, parley_worker and
    parley_shadow can log in.
    """
    settings = load()
    is_local = not is_elsewhere(settings.database_url)
    wanted = is_local if seed is None else seed
    report = migrate(
        settings,
        seed=SEED if wanted else None,
        progress=lambda name: None if as_json else click.echo(f"applying {name}", err=True),
    )
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(report)))
        return
    for remark in report.remarks:
        click.echo(f"note: {remark}", err=True)
    if report.applied or not quiet:
        click.echo(f"{len(report.applied)} applied, {report.before} were already there ({report.seconds:.1f} s)")


def is_elsewhere(database_url: str) -> bool:
    """Whether `database_url` is a database elsewhere: anything but this machine, where a demo tenant would be in the
    way."""
    from psycopg.conninfo import conninfo_to_dict

    host = str(conninfo_to_dict(database_url).get("host", "")) if database_url else ""
    return host not in ("127.0.0.1", "localhost", "::1", "") and not host.startswith("/")
