"""What moderation's verdicts add up to, for one tenant: `parley moderation report`."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import click
import psycopg

from app.db.queries import query
from app.domain.analysis import AnalysisItem, Group
from app.errors import NotFound
from app.settings import load

SHOWN = 10
DAY = click.DateTime(["%Y-%m-%d"])


def _at(text: str, number: float | None, unit: str = "") -> str:
    return f"{text} {'—' if number is None else f'{number:g}{unit}'}"


@click.command()
@click.option("--tenant", required=True, help="Its slug or id.")
@click.option("--first-day", type=DAY, help="Default: thirty days up to the last.")
@click.option("--last-day", type=DAY, help="It included. Default: today (UTC).")
@click.option("--json", "as_json", is_flag=True, help="One object: {summary, kind, day, contact, bid_card, rule}.")
def command(tenant: str, first_day: datetime | None, last_day: datetime | None, as_json: bool) -> None:
    """What a tenant's people and machines wrote in a span of days, what became of it, and its security score.

    At most a year; lists are cut after 200 with --json, after ten without.
    """
    last = last_day.date() if last_day else datetime.now(UTC).date()
    first = first_day.date() if first_day else last - timedelta(29)
    report = read(load().database_url, tenant, first, last, 200 if as_json else SHOWN)
    if as_json:
        click.echo(json.dumps(report))
    else:
        _print(tenant, report)


def read(url: str, tenant: str, first_day: date, last_day: date, limit: int) -> dict[str, Any]:
    """The report as an object. Raises NotFound when there is no such tenant, BadInput for days that are no span."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(query("analysis", "tenant_named"), {"tenant": tenant}).fetchone()
        if not found:
            raise NotFound(f"there is no tenant {tenant}", remedy="name its slug or id")
        values = {"tenant_id": found[0], "first_day": first_day, "last_day": last_day, "limit": limit}
        report: dict[str, Any] = {"tenant": found[1]}
        for group in get_args(Group):
            row = connection.execute(query("analysis", "tenant_analysis"), values | {"group": group}).fetchone()
            report[group] = [_plain(item) for item in row[0]["items"]] if row else []
        row = connection.execute(query("analysis", "tenant_security"), values).fetchone()
        return report | {"summary": row[0] if row else {}}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in ("number", "key")}


def _print(tenant: str, report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    summary, console = report["summary"], Console()
    click.echo(f"{tenant}, {summary['first_day']} to {summary['last_day']}: {_at('security score', summary['score'])}")
    click.echo(
        f"{summary['texts']} texts: {summary['approved']} let through, {summary['filtered']} masked,"
        f" {summary['review']} held, {summary['blocked']} stopped"
    )
    wrong = _at("wrong in", None if (rate := summary["false_positive_rate"]) is None else rate * 100, " %")
    click.echo(
        f"people decided on {summary['reviewed']}, {wrong}; {_at('half waited', summary['review_p50_seconds'], ' s')},"
        f" {_at('95 of 100', summary['review_p95_seconds'], ' s')}, {summary['reviews_late']} late"
    )
    click.echo(f"{summary['repeat_offenders']} repeat offenders, {summary['evasions']} runs of evasion")
    for group in get_args(Group):
        items = [{name: value for name, value in item.items() if value is not None} for item in report[group]]
        if not items:
            continue
        columns = [name for name in AnalysisItem.__struct_fields__ if any(name in item for item in items)]
        table = Table(title=f"by {group.replace('_', ' ')}", box=None, padding=(0, 1), title_justify="left")
        for name in columns:
            table.add_column(name.replace("_", " "))
        for item in items:
            table.add_row(*(str(item.get(name, "")) for name in columns))
        console.print(table)
