"""Putting a file into a bucket: asked of the policies, written to disk, and only then a row."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from devstack.surface.identity import Caller
from devstack.surface.storage import errors, names
from devstack.surface.storage.incoming import Incoming
from devstack.surface.storage.requests import Answer, Request
from devstack.surface.storage.room import Room
from devstack.surface.storage.rows import SERVICE, Row, transaction
from devstack.surface.storage.signing import UPLOAD, UPLOAD_S


async def upload(room: Room, request: Request) -> Answer:
    """POST: a new object; with `x-upsert: true` also in the place of one."""
    upsert = request.header(b"x-upsert") == "true"
    row = await store(room, request, request.caller, request.caller.user_id, upsert=upsert)
    return Answer({"Key": f"{request.bucket}/{request.name}", "Id": str(row["id"])})


async def update(room: Room, request: Request) -> Answer:
    """PUT: in the place of an object, or a new one, as hosted."""
    row = await store(room, request, request.caller, request.caller.user_id, upsert=True)
    return Answer({"Key": f"{request.bucket}/{request.name}", "Id": str(row["id"])})


async def sign_upload(room: Room, request: Request) -> Answer:
    """A token with which whoever has it may upload this one object, since the caller may now."""
    bucket, name = names.check_bucket(request.bucket), names.check_key(request.name)
    upsert = (request.header(b"x-upsert") or "").lower() == "true"
    await request.drain()
    owner = request.caller.user_id
    async with transaction(room.pool, SERVICE, request) as rows:
        await rows.bucket(bucket)
        draft = {"bucket_id": bucket, "name": name, "owner_id": owner, "version": "1"}
        await rows.ask(request.caller, lambda: rows.may_write(draft, upsert=upsert))
    url = f"{bucket}/{name}"
    token = room.tokens.sign(UPLOAD, url, UPLOAD_S, owner=owner, upsert=upsert)
    return Answer({"url": f"/object/upload/sign/{url}?token={token}", "token": token})


async def upload_signed(room: Room, request: Request) -> Answer:
    """PUT with such a token: as the service, on behalf of whoever signed."""
    url = f"{request.bucket}/{request.name}"
    claims = room.tokens.check(token_of(request), UPLOAD, url)
    await store(room, request, SERVICE, claims.get("owner"), upsert=bool(claims.get("upsert")))
    return Answer({"Key": url})


def token_of(request: Request) -> str:
    """The token in the query. Raises StorageError."""
    if not (token := request.query("token")):
        raise errors.invalid_request("querystring must have required property 'token'")
    return token


async def store(room: Room, request: Request, caller: Caller, owner: str | None, *, upsert: bool) -> Row:
    """Take the file of `request` and keep it; the row it became. No transaction is open while bytes come in."""
    bucket, name = names.check_bucket(request.bucket), names.check_key(request.name)
    incoming = Incoming(request)
    await incoming.open()
    is_placeholder = name.endswith(names.PLACEHOLDER)
    said = {"mimetype": incoming.mime_type, "cacheControl": incoming.cache_control}
    row: Row = {"bucket_id": bucket, "name": name, "owner_id": owner, "version": "1", "metadata": said,
                "user_metadata": incoming.metadata}  # fmt: skip
    async with transaction(room.pool, SERVICE, request) as rows:
        limits = await rows.bucket(bucket)
        if not is_placeholder:
            names.check_type(incoming.mime_type, limits["allowed_mime_types"])
        await rows.ask(caller, lambda: rows.may_write(row, upsert=upsert))
    limit = min(room.file_size_limit, room.file_size_limit if (own := limits["file_size_limit"]) is None else own)
    limit = 0 if is_placeholder else limit
    if incoming.announced > limit:
        raise errors.too_large()
    async with room.files.draft() as draft:
        await draft.take(incoming.chunks(), limit)
        await asyncio.to_thread(draft.keep)
        row |= {"version": draft.version, "metadata": metadata(incoming, draft.size, draft.etag)}
        kept, before = await commit(room, request, caller, row, upsert=upsert)
    await asyncio.to_thread(room.files.remove, [before])
    return kept


async def commit(room: Room, request: Request, caller: Caller, row: Row, *, upsert: bool) -> tuple[Row, str | None]:
    """Write the row of a kept file, when the caller may still; also the version it replaced, if any."""
    async with transaction(room.pool, SERVICE, request) as rows:
        await rows.lock(row["bucket_id"], row["name"])
        await rows.ask(caller, lambda: rows.may_write(row, upsert=upsert))
        if not upsert:
            return await rows.insert(row), None
        before = await rows.one(
            "select version from storage.objects where bucket_id = %(bucket_id)s and name = %(name)s",
            bucket_id=row["bucket_id"], name=row["name"],
        )  # fmt: skip
        return await rows.upsert(row), before["version"] if before else None


def metadata(incoming: Incoming, size: int, etag: str) -> dict[str, Any]:
    """What hosted Storage keeps of a file."""
    encoding = {"contentEncoding": incoming.encoding} if incoming.encoding else {}
    return {
        "eTag": etag, "size": size, "mimetype": incoming.mime_type, "cacheControl": incoming.cache_control,
        "lastModified": now(), "contentLength": size, "httpStatusCode": 200, **encoding,
    }  # fmt: skip


def now() -> str:
    """This moment as JavaScript writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
