"""Listing a bucket as a tree of folders, which only its objects' names make."""

import base64
import json
from typing import Any

from psycopg import sql

from devstack.surface.storage import errors, names
from devstack.surface.storage.requests import Answer, Request, text, whole
from devstack.surface.storage.room import Room
from devstack.surface.storage.rows import Row, Rows, transaction

MOST = 1500
MOST_V2 = 1000
SORTED_BY = ("name", "updated_at", "created_at", "last_accessed_at")

# Names are compared in lower case, as hosted; a folder is whatever stands before the next slash.
ENTRIES = """
with found as (
  select
    substr(o.name, length(%(prefix)s) + 1) as rest,
    strpos(substr(o.name, length(%(sought)s) + 1), '/') as slash,
    o.id, o.name, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
  from storage.objects as o
  where o.bucket_id = %(bucket)s and starts_with(lower(o.name), lower(%(sought)s))
)

select f.rest as name, f.id, f.updated_at, f.created_at, f.last_accessed_at, f.metadata
from found as f
where f.slash = 0
union all
select distinct left(f.rest, length(%(sought)s) - length(%(prefix)s) + f.slash - 1), null::uuid, null::timestamptz,
  null::timestamptz, null::timestamptz, null::jsonb
from found as f
where f.slash > 0
"""
PAGE = sql.SQL("""
select * from ({entries}) as e
order by {place} lower(e.name) collate "C" {order}, e.name collate "C" {order} limit %(limit)s offset %(offset)s
""")

FLAT = sql.SQL("""
select o.name, o.name as key, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
from storage.objects as o
where o.bucket_id = %(bucket)s and starts_with(o.name, %(prefix)s)
  and (%(after)s::text is null or ({value}, o.name collate "C") {beyond} (%(value)s::{type}, %(after)s))
order by {value} {order}, o.name collate "C" {order} limit %(limit)s
""")
TREE = sql.SQL("""
with found as (
  select o.*, strpos(substr(o.name, length(%(prefix)s) + 1), '/') as slash
  from storage.objects as o
  where o.bucket_id = %(bucket)s and starts_with(o.name, %(prefix)s)
),

entries as (
  select f.name, f.id, f.updated_at, f.created_at, f.last_accessed_at, f.metadata, {own} as place
  from found as f
  where f.slash = 0
  union all
  select left(f.name, length(%(prefix)s) + f.slash), null::uuid, null, null, null, null, {least}
  from found as f
  where f.slash > 0
  group by 1
)

select e.name, rtrim(e.name, '/') as key, e.id, e.updated_at, e.created_at, e.last_accessed_at, e.metadata,
  e.place as sorted_by
from entries as e
where %(after)s::text is null or (e.place, e.name collate "C") {beyond} (%(value)s::{type}, %(after)s)
order by e.place {order}, e.name collate "C" {order} limit %(limit)s
""")


def _order(body: dict[str, Any], columns: tuple[str, ...]) -> tuple[str, str]:
    """Column and direction of `sortBy`. Raises StorageError."""
    asked = body.get("sortBy") or {}
    if not isinstance(asked, dict):
        raise errors.invalid_request("body/sortBy must be object")
    column, order = asked.get("column") or "name", asked.get("order") or "asc"
    if column not in columns:
        raise errors.invalid_request("body/sortBy/column must be equal to one of the allowed values")
    if order not in ("asc", "desc"):
        raise errors.invalid_request("body/sortBy/order must be equal to one of the allowed values")
    return str(column), str(order)


async def list_objects(room: Room, request: Request) -> Answer:
    """One level below `prefix`, by page: folders (with nothing but a name) and objects."""
    bucket = names.check_bucket(request.bucket)
    body = await request.json()
    prefix = text(body, "prefix")
    search = text(body, "search") if body.get("search") else ""
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    column, order = _order(body, SORTED_BY)
    # Sorted by anything but the name, folders come first: they have nothing to sort them by.
    place = sql.SQL("") if column == "name" else sql.SQL("e.id is not null, e.{} {},").format(
        sql.Identifier(column), sql.SQL(order)
    )  # fmt: skip
    query = PAGE.format(entries=sql.SQL(ENTRIES), place=place, order=sql.SQL(order))
    async with transaction(room.pool, request.caller, request) as rows:
        found = await rows.all(
            query, bucket=bucket, prefix=prefix, sought=prefix + search,
            limit=whole(body, "limit", 100, least=1, most=MOST), offset=whole(body, "offset", 0),
        )  # fmt: skip
    return Answer(found)


async def list_objects_v2(room: Room, request: Request) -> Answer:
    """Everything that begins with `prefix`, or with `with_delimiter` one level of it, by cursor."""
    bucket = names.check_bucket(request.bucket)
    body = await request.json()
    for name in ("noncurrentVersions", "deleteMarkers"):
        if body.get(name) not in (None, "exclude"):
            raise errors.Unsupported("object versions")
    prefix = text(body, "prefix") if body.get("prefix") else ""
    column, order = _order(body, ("name", "updated_at", "created_at"))
    limit = whole(body, "limit", MOST_V2, least=1, most=MOST_V2)
    after, value = _read_cursor(body.get("cursor"))
    async with transaction(room.pool, request.caller, request) as rows:
        found = await _page(
            rows, column, order, is_tree=bool(body.get("with_delimiter")),
            bucket=bucket, prefix=prefix, after=after, value=value, limit=limit + 1,
        )  # fmt: skip
    page = found[:limit]
    places = [row.pop("sorted_by", row["name"] if column == "name" else row[column]) for row in page]
    answer: dict[str, Any] = {
        "hasNext": len(found) > limit,
        "folders": [{"name": row["name"], "key": row["key"]} for row in page if row["id"] is None],
        "objects": [row for row in page if row["id"] is not None],
    }
    if len(found) > limit:
        answer["nextCursor"] = _write_cursor(page[-1]["name"], places[-1])
    return Answer(answer)


async def _page(rows: Rows, column: str, order: str, *, is_tree: bool, **values: Any) -> list[Row]:
    """One page and one row more, sorted by (column, name)."""
    is_name = column == "name"
    own = sql.SQL('name collate "C"') if is_name else sql.Identifier(column)
    beyond = sql.SQL("<" if order == "desc" else ">")
    kind, way = sql.SQL("text" if is_name else "timestamptz"), sql.SQL(order)
    if not is_tree:
        value = sql.SQL("o.{}").format(own)
        return await rows.all(FLAT.format(value=value, beyond=beyond, type=kind, order=way), **values)
    least = (
        sql.SQL("left(f.name, length(%(prefix)s) + f.slash)") if is_name
        else sql.SQL("min(f.{})").format(sql.Identifier(column))
    )  # fmt: skip
    query = TREE.format(own=sql.SQL("f.{}").format(own), least=least, beyond=beyond, type=kind, order=way)
    return await rows.all(query, **values)


def _write_cursor(name: str, value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, str(value)]).encode()).decode()


def _read_cursor(cursor: Any) -> tuple[str | None, str | None]:
    """Name and sorted value of the last row of the page before. Raises StorageError."""
    if not cursor:
        return None, None
    try:
        name, value = json.loads(base64.urlsafe_b64decode(str(cursor)))
    except (ValueError, TypeError, RecursionError):
        raise errors.invalid_request("body/cursor is not one this list gave out") from None
    if not (isinstance(name, str) and isinstance(value, str)) or "\0" in name + value:
        raise errors.invalid_request("body/cursor is not one this list gave out")
    return name, value
