"""Recorded verdicts, made again from what they were made from, and compared byte for byte."""

import time
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from app.db.queries import query
from app.domain.judgement import Opinion
from app.domain.simulation import ReplayReport, Unequal
from app.history.reading import FIRST, PAGE, Show, Span, reading, tenants, total
from app.moderation.gate import judge_inputs, read_inputs
from app.moderation.verdicts import VERSION

LISTED = 100


def replay(url: str, span: Span, *, show: Show | None = None) -> ReplayReport:
    """Make every verdict of a span again. Ctrl-C ends it with what was compared until then (`complete` false).

    Raises NotFound for an unknown tenant.
    """
    started = time.monotonic()
    report = ReplayReport()
    with reading(url) as connection:
        try:
            expected = total(connection, "count_verdicts", span) if show else 0
            for tenant_id, slug, _ in tenants(connection, span):
                for row in _verdicts(connection, tenant_id, span):
                    _compare(report, slug, *row)
                    if show:
                        show(report.verdicts, expected)
        except KeyboardInterrupt:
            report.complete = False
    report.seconds = round(time.monotonic() - started, 2)
    return report


def _verdicts(
    connection: psycopg.Connection[tuple[Any, ...]], tenant_id: UUID, span: Span
) -> Iterator[tuple[Any, ...]]:
    given = {"tenant_id": tenant_id, "limit": PAGE, **span.named()}
    last = FIRST
    while True:
        page = connection.execute(query("moderating", "judged_history"), {**given, "verdict_id": last}).fetchall()
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1][0]


def _compare(  # noqa: PLR0917 - one per column
    report: ReplayReport, tenant: str, verdict_id: UUID, decider: str, recorded: str | None,
    model: Mapping[str, Any] | None, inputs: dict[str, Any] | None,
) -> None:  # fmt: skip
    report.verdicts += 1
    if decider in {"person", "nobody"}:
        report.by_people += 1
    elif recorded is not None and msgspec.json.decode(recorded).get("version") != VERSION:
        report.other_version += 1
    elif recorded is None or inputs is None or any(one.get("body") is None for one in inputs["earlier"]):
        report.gone += 1
    else:
        opinion = msgspec.convert(model, Opinion) if model else None
        again = judge_inputs(read_inputs(inputs), opinion).verdict
        report.identical += again == recorded
        report.different += again != recorded
        if again != recorded and len(report.differences) < LISTED:
            report.differences.append(
                Unequal(tenant=tenant, verdict_id=str(verdict_id), recorded=recorded, replayed=again)
            )
