"""What was done and what was refused: queries of audit.sql. All of them are for admins."""

from typing import Any, TypeVar

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param, rows_as
from app.domain.paging import Position
from app.domain.tenancy import AuditRow, Denial, LogFilter

QUERIES = load("audit")
R = TypeVar("R", AuditRow, Denial)


async def list_audit(unit: Unit, wanted: LogFilter, *, below: Position | None, limit: int) -> list[AuditRow]:
    """The audit log, newest first. Raises Forbidden for anybody but admins."""
    params = {**_named(wanted, below), "limit": limit}
    return rows_as(AuditRow, await unit.read(QUERIES["list_audit"], params, scope="admin", keep_plan=False))


async def list_denials(unit: Unit, wanted: LogFilter, *, below: Position | None, limit: int) -> list[Denial]:
    """Refused attempts, newest first. Raises Forbidden for anybody but admins."""
    params = {**_named(wanted, below), "limit": limit}
    return rows_as(Denial, await unit.read(QUERIES["list_denials"], params, scope="admin", keep_plan=False))


async def export(
    unit: Unit, row: type[R], wanted: LogFilter, *, below: Position | None, limit: int
) -> tuple[list[R], bool]:
    """Rows to take away, and whether there are older ones; an audit row says so. Raises Forbidden for anybody but
    admins."""
    named = {key: value for key, value in _named(wanted, below).items() if value is not None}
    params = {
        "log": "audit" if row is AuditRow else "denials", "filter": json_param(named), "limit": limit,
    }  # fmt: skip
    answer = await unit.call(QUERIES["export_audit"], params)
    return msgspec.convert(answer["items"], list[row]), answer["has_more"]  # type: ignore[valid-type]


def _named(wanted: LogFilter, below: Position | None) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(wanted), "below_at": below and below.at, "below_id": below and below.id,
    }  # fmt: skip
