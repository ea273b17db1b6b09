"""Moderation policies as the API reads and changes them, and history for its simulations."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from app.db.queries import load, query
from app.db.unit import Unit, found, json_param, rows_as
from app.domain.policies import ModerationPolicy, PolicyVersion
from app.domain.simulation import Written

QUERIES = load("policies")
FIRST = UUID(int=0)
PAGE = 500
S = TypeVar("S", bound=msgspec.Struct)


async def list_policies(unit: Unit, before_version: int | None, limit: int) -> list[PolicyVersion]:
    """Versions, newest first."""
    params = {"before_version": before_version, "limit": limit}
    return rows_as(PolicyVersion, await unit.read(QUERIES["list_moderation_policies"], params))


async def get_policy(unit: Unit, version: int | None) -> ModerationPolicy | None:
    """One version, or the one in force; None when there is none."""
    rows = await unit.read(QUERIES["get_moderation_policy"], {"version": version})
    return ModerationPolicy(*rows[0]) if rows else None


async def call(unit: Unit, shape: type[S], name: str, /, **params: Any) -> S:
    """What a client function answers with, as `shape`; dicts travel as jsonb. Raises NotFound for its 404."""
    values = {key: json_param(value) if isinstance(value, dict) else value for key, value in params.items()}
    return msgspec.convert(await unit.call(QUERIES[name], values), shape)


async def history(
    unit: Unit, document: Mapping[str, Any], events: list[str], *, customers: bool,
    thread_id: UUID | None, since: datetime | None, until: datetime | None, reason: str | None,
) -> AsyncGenerator[tuple[dict[str, Any], list[Written]], None]:  # fmt: skip
    """What was written in the caller's tenant (`slug`, `home_regions`), page by page, after the look is on record; also
    by customers to the business when that is wanted.

    It is read under the login role: an admin tries a policy on these texts without being shown them. Raises Forbidden
    for others, BadInput for a bad document or one conversation without a reason, NotFound for a foreign one.
    """
    span = {"thread_id": thread_id, "from": since, "until": until}
    # On record before the first text is read, whatever becomes of the reading.
    async with unit.transaction() as connection:
        await connection.execute("reset role")
        asked = {**span, "document": json_param(document), "reason": reason}
        row = await (await connection.execute(query("moderating", "begin_simulation"), asked)).fetchone()
    tenant = found(row[0] if row else {})
    given = {"tenant_id": tenant["tenant_id"], "only": thread_id, "events": events, "limit": PAGE, **span}
    given["customers"] = customers
    place: dict[str, Any] = {"thread_id": thread_id or FIRST, "seq": 0}
    async with unit.transaction() as connection:
        await connection.execute("reset role")
        while True:
            cursor = await connection.execute(query("moderating", "moderation_history"), {**given, **place})
            page = [Written(*one) for one in await cursor.fetchall()]
            if page:
                yield tenant, page
            if len(page) < PAGE:
                return
            place = {"thread_id": page[-1].thread_id, "seq": page[-1].seq}
