"""Moderation policies: versions, what another policy would change, verdicts made again."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec

from app.commands._document import read_document
from app.commands._escalations import command as escalations
from app.commands._moderation_report import command as report
from app.commands._policies import policy
from app.commands._times import moment
from app.domain.simulation import ReplayReport, SimulationReport
from app.errors import BadInput
from app.history.reading import Show, Span
from app.settings import load

SHOWN = 20


@click.group()
def command() -> None:
    """Moderation as operators see it: `policy` keeps versions, `simulate` and `replay` look back, `report` adds up.

    `escalations` lists where a rule called a person.
    """


command.add_command(policy)
command.add_command(report, "report")
command.add_command(escalations, "escalations")


def _span(function: Callable[..., Any]) -> Any:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option("--to", "until", callback=moment, help="Before that time. Default: until now."),
        click.option("--from", "since", callback=moment, help="2h, 7d, or an ISO time. Default: from the beginning."),
        click.option("--tenant", help="Only this tenant's (its slug)."),
    ):
        function = option(function)
    return function


@command.command()
@click.option(
    "--policy", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
    help="The candidate's document, JSON.",
)  # fmt: skip
@_span
@click.option("--thread", type=click.UUID, help="Only this conversation.")
@click.option("--samples", default=5, show_default=True, type=click.IntRange(0, 1000), help="Messages shown a change.")
@click.option("--show-text", metavar="REASON", help="Show their texts, and write down why you look.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that judge.")
def simulate(  # noqa: PLR0917 - one per option
    file: Path, tenant: str | None, since: datetime | None, until: datetime | None, as_json: bool,
    thread: UUID | None, samples: int, show_text: str | None, jobs: int,
) -> None:  # fmt: skip
    """What a candidate policy would have made of what was written. Nothing is changed.

    Originals are read where readers see a mask, and what the sender had written before, as it was. A model's second
    opinion is not asked for. Ctrl-C prints what was counted until then, with exit code 130.
    """
    from app.history.simulate import simulate as run
    from app.moderation.documents import check

    if show_text is not None and len(show_text.strip()) < 5:
        raise BadInput("say why you look at these texts", field="show-text", remedy="a sentence is enough")
    document = read_document(file)
    check(document)
    span = Span(tenant=tenant, thread=thread, since=since, until=until)
    with _progress(as_json, "judged") as show:
        report = run(load().database_url, document, span, jobs=jobs, samples=samples, show=show)
    _keep_texts(report, show_text)
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        _print_simulation(report)
    sys.exit(0 if report.complete else 130)


def _keep_texts(report: SimulationReport, reason: str | None) -> None:
    """Leave the texts in the samples when the look is on record, and take them out otherwise."""
    if reason is None:
        report.samples = [msgspec.structs.replace(one, text=None) for one in report.samples]
        return
    import psycopg

    from app.db.queries import query

    looked: dict[str, list[str]] = {}
    for one in report.samples:
        looked.setdefault(one.tenant, []).append(one.message_id)
    with psycopg.connect(load().database_url) as connection:
        for slug, messages in looked.items():
            row = connection.execute(query("moderating", "tenant_named"), {"slug": slug}).fetchone()
            details = json.dumps({"reason": reason.strip()[:500], "messages": messages})
            connection.execute(
                query("moderating", "audit_texts"), {"tenant_id": row and row[0], "details": details}
            )  # fmt: skip


@command.command()
@_span
def replay(tenant: str | None, since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """Make recorded verdicts again and compare them byte for byte. Nothing is changed.

    Each is made with the policy version, texts, window and model answer it was made from. Exit code 1 when one differs.
    """
    from app.history.replay import replay as run

    with _progress(as_json, "compared") as show:
        report = run(load().database_url, Span(tenant=tenant, since=since, until=until), show=show)
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        _print_replay(report)
    sys.exit(1 if report.different else 0 if report.complete else 130)


@contextmanager
def _progress(quiet: bool, word: str) -> Iterator[Show | None]:
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(word, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _print_simulation(report: SimulationReport) -> None:
    rate = report.messages / report.seconds * 60 if report.seconds else 0
    click.echo(
        f"{report.messages:,} messages judged in {report.seconds:,.1f} s ({rate:,.0f} a minute)"
        + ("" if report.complete else "; ended before the end of the span")
    )
    click.echo(f"{report.changed:,} would fare otherwise, {report.decided_by_people:,} of them decided by people")
    if report.model_questions:
        click.echo(f"a model would have been asked about {report.model_questions:,}")
    _table(("change", "messages"), [(name, f"{count:,}") for name, count in report.changes.items()])
    _table(("kind", "change", "messages"), _pairs(report.by_kind))
    _table(("rule", "acts on", "changes"),
           [(name, f"{one.acts_on:,}", f"{one.changed:,}") for name, one in report.by_rule.items()])  # fmt: skip
    _table(("escalation", "holds", "calls"),
           [(name, f"{one.holds:,}", f"{one.calls:,}") for name, one in report.escalations.items()])  # fmt: skip
    if len(report.by_tenant) > 1:
        _table(("tenant", "change", "messages"), _pairs(report.by_tenant))
    _table(("tenant", "sender", "changes"),
           [(one.tenant, one.sender, f"{one.changed:,}") for one in report.by_sender[:SHOWN]])  # fmt: skip
    _table(("message", "change", "because of", "text"),
           [(one.message_id, f"{one.now}→{one.then}", ", ".join(one.rules), (one.text or "")[:60])
            for one in report.samples])  # fmt: skip


def _pairs(counts: dict[str, dict[str, int]]) -> list[tuple[str, ...]]:
    return [(name, change, f"{count:,}") for name, changes in counts.items() for change, count in changes.items()]


def _print_replay(report: ReplayReport) -> None:
    click.echo(
        f"{report.verdicts:,} verdicts: {report.identical:,} identical, {report.different:,} different,"
        f" {report.gone:,} whose texts are gone, {report.by_people:,} not made by detectors,"
        f" {report.other_version:,} by other rules than these" + ("" if report.complete else "; ended early")
    )
    _table(("verdict", "recorded", "replayed"),
           [(one.verdict_id, one.recorded[:60], one.replayed[:60]) for one in report.differences[:SHOWN]])  # fmt: skip


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if not rows:
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*heads, box=None)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    Console().print(table)
