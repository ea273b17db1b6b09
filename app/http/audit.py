"""/v1/audit-log and /v1/access-denials: what was done and what was refused, to read and to take away. Admins."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import FromQuery, JSONBody

from app.db import audit as db
from app.db.unit import Unit
from app.domain.tenancy import AuditRow, Denial, LogFilter
from app.http.deps import CallerUnit
from app.http.types import (
    NO_CONTROL,
    PAGE,
    Cursor,
    Limit,
    Line,
    Listing,
    Moment,
    QueryLine,
    QueryWord,
    Word,
    cut,
    decode_cursor,
    encode_cursor,
    zoned,
)  # fmt: skip

TAGS = ["logs"]
MOST = 10_000
"""Rows of one export."""
BodyCursor = Annotated[str, msgspec.Meta(max_length=200, pattern=NO_CONTROL)]


class DenialsExport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows to take away; what is absent is any. `cursor` is the `next_cursor` of the export before."""

    action: Word | None = None
    object_kind: Word | None = None
    object_id: Line | None = None
    after: Moment | None = None
    before: Moment | None = None
    cursor: BodyCursor | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = MOST


class AuditExport(DenialsExport, frozen=True, forbid_unknown_fields=True):
    """Which rows to take away; what is absent is any. `cursor` is the `next_cursor` of the export before."""

    actor: Line | None = None


@get("/audit-log", summary="What happened", tags=TAGS)
async def list_audit_log(  # noqa: PLR0917
    unit: CallerUnit, actor: QueryLine = None, action: QueryWord = None, object_kind: QueryWord = None,
    object_id: QueryLine = None, after: FromQuery[datetime | None] = None, before: FromQuery[datetime | None] = None,
    cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[AuditRow]:  # fmt: skip
    """Newest first; by who did it, what, to what, and when. Admins."""
    wanted = LogFilter(actor, action, object_kind, object_id, zoned("after", after), zoned("before", before))
    return cut(await db.list_audit(unit, wanted, below=decode_cursor(cursor), limit=limit + 1), limit, "at")


@get("/access-denials", summary="What was refused", tags=TAGS)
async def list_access_denials(  # noqa: PLR0917
    unit: CallerUnit, action: QueryWord = None, object_kind: QueryWord = None, object_id: QueryLine = None,
    after: FromQuery[datetime | None] = None, before: FromQuery[datetime | None] = None,
    cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[Denial]:  # fmt: skip
    """Attempts from outside on objects of this tenant, newest first. Admins."""
    wanted = LogFilter(None, action, object_kind, object_id, zoned("after", after), zoned("before", before))
    return cut(await db.list_denials(unit, wanted, below=decode_cursor(cursor), limit=limit + 1), limit, "at")


@post("/audit-log/export", status_code=200, summary="Take the audit log away", tags=TAGS)
async def export_audit_log(unit: CallerUnit, data: JSONBody[AuditExport]) -> Listing[AuditRow]:
    """Up to 10,000 rows, newest first. That they were taken, by which filter and how many, is a row of it. Admins."""
    return await _export(unit, AuditRow, data, data.actor)


@post("/access-denials/export", status_code=200, summary="Take what was refused away", tags=TAGS)
async def export_access_denials(unit: CallerUnit, data: JSONBody[DenialsExport]) -> Listing[Denial]:
    """Up to 10,000 rows, newest first. That they were taken is a row of the audit log. Admins."""
    return await _export(unit, Denial, data, None)


async def _export(unit: Unit, row: type[db.R], data: DenialsExport, actor: str | None) -> Listing[db.R]:
    wanted = LogFilter(actor, data.action, data.object_kind, data.object_id, data.after, data.before)
    items, has_more = await db.export(unit, row, wanted, below=decode_cursor(data.cursor), limit=data.limit)
    return Listing(items, encode_cursor(items[-1].at, items[-1].id) if has_more else None)


router = Router(
    "/", route_handlers=[list_audit_log, list_access_denials, export_audit_log, export_access_denials],
)  # fmt: skip
