"""Buckets: under the caller's role and the policies of storage.buckets."""

import asyncio
from typing import Any

import psycopg
from psycopg import sql

from devstack.surface.storage import errors, names
from devstack.surface.storage.requests import Answer, Request, text
from devstack.surface.storage.room import Room
from devstack.surface.storage.rows import BUCKET, SERVICE, Row, Rows, as_uuid, transaction

BATCH = 1000
EMPTIED = "Empty bucket has been queued. Completion may take up to an hour."
"""What hosted says and does. Here it is done by then."""
SORTED_BY = ("id", "name", "created_at", "updated_at")


async def list_buckets(room: Room, request: Request) -> Answer:
    """The buckets the caller may see: `limit`, `offset`, `search`, `sortColumn`, `sortOrder`."""
    column = request.query("sortColumn") or "name"
    order = (request.query("sortOrder") or "asc").lower()
    if column not in SORTED_BY or order not in ("asc", "desc"):
        raise errors.invalid_request("querystring/sortColumn must be equal to one of the allowed values")
    query = sql.SQL(
        "select {columns} from storage.buckets where position(lower(%(search)s) in lower(name)) > 0"
        " order by {column} {order}, id limit %(limit)s offset %(offset)s"
    ).format(columns=sql.SQL(BUCKET), column=sql.Identifier(column), order=sql.SQL(order))
    limit, offset = _number(request, "limit", 1), _number(request, "offset", 0) or 0
    async with transaction(room.pool, request.caller, request) as rows:
        found = await rows.all(query, search=request.query("search") or "", limit=limit, offset=offset)
    return Answer([_shown(row) for row in found])


def _number(request: Request, name: str, least: int) -> int | None:
    value = request.query(name)
    if value is None:
        return None
    if not value.isdigit() or len(value) > 9 or int(value) < least:
        raise errors.invalid_request(f"querystring/{name} must be >= {least}")
    return int(value)


async def get_bucket(room: Room, request: Request) -> Answer:
    """One bucket. As hosted has it, its type is told in the list alone."""
    async with transaction(room.pool, request.caller, request) as rows:
        found = _shown(await rows.bucket(request.bucket))
    return Answer({name: value for name, value in found.items() if name != "type"})


async def create_bucket(room: Room, request: Request) -> Answer:
    """A new bucket: `name`, `id` (the name, unless it is told), `public`, `file_size_limit`, `allowed_mime_types`."""
    body = await request.json()
    name = names.check_bucket(text(body, "name"))
    bucket = names.check_bucket(text(body, "id")) if body.get("id") else name
    fields = {"public": False, "file_size_limit": None, "allowed_mime_types": None, **_fields(room, body)}
    user = request.caller.user_id
    query = """
    insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
    values (%(id)s, %(name)s, %(owner)s, %(owner_id)s, %(public)s, %(file_size_limit)s, %(allowed_mime_types)s)
    """
    async with transaction(room.pool, request.caller, request) as rows:
        try:
            await rows.count(query, id=bucket, name=name, owner=as_uuid(user), owner_id=user, **fields)
        except psycopg.errors.UniqueViolation as error:
            raise errors.duplicate("BucketAlreadyExists") from error
    return Answer({"name": name})


async def update_bucket(room: Room, request: Request) -> Answer:
    """Change what the body names, and leave the rest."""
    fields = _fields(room, await request.json())
    settings = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in fields]
    query = sql.SQL("update storage.buckets set {} where id = %(id)s returning id").format(
        sql.SQL(", ").join([*settings, sql.SQL("updated_at = now()")])
    )
    async with transaction(room.pool, request.caller, request) as rows:
        if "\0" in request.bucket or not await rows.one(query, id=request.bucket, **fields):
            raise errors.no_such_bucket()
    return Answer({"message": "Successfully updated"})


def _fields(room: Room, body: dict[str, Any]) -> Row:
    """The columns a body sets. Raises StorageError."""
    if body.get("type") not in (None, "STANDARD"):
        raise errors.Unsupported(f"{str(body['type']).lower()[:20]} buckets")
    if body.get("versioning_status") not in (None, "DISABLED", "disabled"):
        raise errors.Unsupported("versioned buckets")
    fields: Row = {}
    if body.get("public") is not None:
        if not isinstance(body["public"], bool):
            raise errors.invalid_request("body/public must be boolean")
        fields["public"] = body["public"]
    if "file_size_limit" in body:
        fields["file_size_limit"] = _limit(room, body["file_size_limit"])
    if "allowed_mime_types" in body:
        types = body["allowed_mime_types"]
        if types is not None and not (isinstance(types, list) and all(isinstance(one, str) for one in types)):
            raise errors.invalid_request("body/allowed_mime_types must be array of strings")
        fields["allowed_mime_types"] = types and names.check_types([one for one in types if one])
    return fields


def _limit(room: Room, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = names.parse_size(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise errors.invalid_request("body/file_size_limit must be integer")
    if value > room.file_size_limit:
        raise errors.too_large()
    return value


async def delete_bucket(room: Room, request: Request) -> Answer:
    """An empty bucket."""
    await request.drain()
    async with transaction(room.pool, SERVICE, request) as rows:
        await rows.bucket(request.bucket, lock=True)
        if await rows.one("select 1 from storage.objects where bucket_id = %(id)s limit 1", id=request.bucket):
            raise errors.not_empty()
        await rows.ask(request.caller, lambda: _delete(rows, request.bucket))
        await _delete(rows, request.bucket)
    return Answer({"message": "Successfully deleted"})


async def _delete(rows: Rows, bucket: str) -> None:
    if not await rows.count("delete from storage.buckets where id = %(id)s", id=bucket):
        raise errors.no_such_bucket()


async def empty_bucket(room: Room, request: Request) -> Answer:
    """Delete every object the caller may see; when he may not delete one of them, say which and stop."""
    await request.drain()
    query = 'select name from storage.objects where bucket_id = %(id)s order by name collate "C" limit %(limit)s'
    while True:
        async with transaction(room.pool, request.caller, request) as rows:
            await rows.bucket(request.bucket)
            seen = [row["name"] for row in await rows.all(query, id=request.bucket, limit=BATCH)]
            gone = await rows.delete(request.bucket, seen)
        await asyncio.to_thread(room.files.remove, [row["version"] for row in gone])
        if left := sorted(set(seen) - {row["name"] for row in gone}):
            listed = " ,".join(left[:20])
            raise errors.denied(f"Cannot delete: {listed}, you may have SELECT but not DELETE permissions")
        if len(seen) < BATCH:
            return Answer({"message": EMPTIED})


def _shown(row: Row) -> Row:
    """A bucket as it is answered."""
    return {**row, "owner": str(row["owner"]) if row["owner"] else ""}
