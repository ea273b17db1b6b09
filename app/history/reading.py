"""What simulation and replay share: a read-only connection as owner, and the span they read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from app.db.queries import query
from app.errors import NotFound

Show = Callable[[int, int], None]
"""Called with how many are done, of how many."""
PAGE = 1000
FIRST = UUID(int=0)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What of history: one tenant (by slug) or all, one conversation or all, from … until."""

    tenant: str | None = None
    thread: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    def named(self) -> dict[str, Any]:
        """As queries take it."""
        return {"only": self.thread, "from": self.since, "until": self.until}


@contextmanager
def reading(url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The owner's connection, which cannot write."""
    options = "-c default_transaction_read_only=on"
    with psycopg.connect(url, autocommit=True, application_name="parley moderation", options=options) as connection:
        yield connection


def tenants(connection: psycopg.Connection[tuple[Any, ...]], span: Span) -> list[tuple[UUID, str, list[str]]]:
    """Id, slug and home countries of those in the span. Raises NotFound for a slug nobody has."""
    found = connection.execute(query("moderating", "tenants_to_judge"), {"slug": span.tenant}).fetchall()
    if span.tenant and not found:
        raise NotFound(f"there is no tenant {span.tenant}", remedy="name its slug, as `parley threads` shows it")
    return [(row[0], row[1], row[2]) for row in found]


def total(connection: psycopg.Connection[tuple[Any, ...]], name: str, span: Span, **more: Any) -> int:
    """What a counting query says, over all tenants of the span."""
    counted = 0
    for tenant_id, _, _ in tenants(connection, span):
        named = {"tenant_id": tenant_id, **span.named(), **more}
        row = connection.execute(query("moderating", name), named).fetchone()
        counted += row[0] if row else 0
    return counted
