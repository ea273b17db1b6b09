"""A candidate policy over a span of history: what would have fared otherwise. Memory does not grow with the history."""

import signal
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from typing import Any
from uuid import UUID

import psycopg

from app.db.queries import query
from app.domain.simulation import SimulationReport, Written
from app.history.reading import FIRST, PAGE, Show, Span, reading, tenants, total
from app.moderation.simulation import (
    Candidate,
    Case,
    Fate,
    Tally,
    Windows,
    events_of,
    judge_all,
    reads_customers,
    wanted,
)

Batch = tuple[str, list[Written], list[Case]]


def simulate(
    url: str, document: Mapping[str, Any], span: Span, *, jobs: int = 1, samples: int = 5, show: Show | None = None
) -> SimulationReport:
    """What `document` would have made of a span. Ctrl-C ends it with what was counted until then (`complete` false).

    Raises NotFound for an unknown tenant. The document has to be a checked one.
    """
    started = time.monotonic()
    tally, complete = Tally(samples, document), True
    with reading(url) as connection:
        try:
            reads = {"customers": reads_customers(document)}
            expected = total(connection, "count_written", span, **reads) if show else 0
            with closing(_ahead(_batches(connection, document, span))) as batches:
                for tenant, rows, cases, fates in _judged(batches, document, jobs):
                    for row, case, fate in zip(rows, cases, fates, strict=True):
                        tally.add(tenant, row, case, fate)
                    if show:
                        show(tally.report.messages, expected)
        except KeyboardInterrupt:
            complete = False
    return tally.finished(complete=complete, seconds=time.monotonic() - started)


def _batches(
    connection: psycopg.Connection[tuple[Any, ...]], document: Mapping[str, Any], span: Span
) -> Iterator[tuple[Candidate, Batch]]:
    for tenant_id, slug, home in tenants(connection, span):
        candidate = Candidate(document, home)
        windows = Windows()
        for page in pages(connection, tenant_id, document, span):
            rows, cases = wanted(windows, page)
            yield candidate, (slug, rows, cases)


def _ahead(batches: Iterator[tuple[Candidate, Batch]]) -> Generator[tuple[Candidate, Batch]]:
    """One batch further than was asked for: Postgres looks for the next page while this one is judged."""
    with ThreadPoolExecutor(1, "parley-history") as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def pages(
    connection: psycopg.Connection[tuple[Any, ...]], tenant_id: UUID, document: Mapping[str, Any], span: Span
) -> Iterator[list[Written]]:
    """A tenant's messages in the span, and those before them in their conversations, page by page."""
    place: dict[str, Any] = {"thread_id": span.thread or FIRST, "seq": 0}
    given = {"tenant_id": tenant_id, "events": events_of(document), "limit": PAGE, **span.named()}
    given["customers"] = reads_customers(document)
    while True:
        found = connection.execute(query("moderating", "moderation_history"), {**given, **place}).fetchall()
        page = [Written(*row) for row in found]
        if page:
            yield page
        if len(page) < PAGE:
            return
        place = {"thread_id": page[-1].thread_id, "seq": page[-1].seq}


def _judged(
    batches: Iterator[tuple[Candidate, Batch]], document: Mapping[str, Any], jobs: int
) -> Iterator[tuple[str, list[Written], list[Case], list[Fate]]]:
    if jobs == 1:
        for candidate, (tenant, rows, cases) in batches:
            yield tenant, rows, cases, judge_all(candidate, cases)
        return
    waiting: deque[tuple[Batch, Future[list[Fate]]]] = deque()
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (dict(document),)) as pool:
        try:
            for candidate, batch in batches:
                waiting.append((batch, pool.submit(_work, candidate.regions, batch[2])))
                if len(waiting) > 2 * jobs:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _next(waiting: deque[tuple[Batch, Future[list[Fate]]]]) -> tuple[str, list[Written], list[Case], list[Fate]]:
    (tenant, rows, cases), future = waiting.popleft()
    return tenant, rows, cases, future.result()


_document: dict[str, Any] = {}


def _begin(document: dict[str, Any]) -> None:
    """In a process of the pool: Ctrl-C is for the one that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _document.update(document)


def _work(regions: tuple[str, ...], cases: list[Case]) -> list[Fate]:
    return judge_all(Candidate(_document, regions), cases)
