"""Moving, copying, removing and signing objects."""

import asyncio
from typing import Any

import psycopg

from devstack.surface.storage import errors, names
from devstack.surface.storage.files import ATTEMPTS
from devstack.surface.storage.incoming import user_metadata
from devstack.surface.storage.requests import Answer, Request, text, whole
from devstack.surface.storage.room import Room
from devstack.surface.storage.rows import SERVICE, Row, transaction
from devstack.surface.storage.signing import DOWNLOAD
from devstack.surface.storage.uploads import commit, now

SEEN = "select name from storage.objects where bucket_id = %(bucket)s and name = any(%(names)s)"
NOT_SIGNED = "Either the object does not exist or you do not have access to it"


async def move(room: Room, request: Request) -> Answer:
    """Give an object another name or bucket. Its file stays where it is: no name is a path."""
    _, source, target = await _ends(request)
    owner = request.caller.user_id

    async def rename() -> Row:
        try:
            return await rows.rename(*source, *target, owner)
        except psycopg.errors.UniqueViolation as error:
            raise errors.duplicate() from error

    async with transaction(room.pool, SERVICE, request) as rows:
        await rows.lock(*target)
        await rows.object(*source, lock=True)

        async def as_caller() -> None:
            await rows.object(*source)
            await rename()

        await rows.ask(request.caller, as_caller)
        moved = await rename()
    return Answer({"message": "Successfully moved", "Id": moved["id"], "Key": moved["name"]})


async def copy(room: Room, request: Request) -> Answer:
    """A second object with the same bytes; with the same metadata unless `copyMetadata` is false."""
    body, source, target = await _ends(request)
    old, version = await _copied(room, request, source)
    is_same = body.get("copyMetadata") is not False
    row = {
        "bucket_id": target[0], "name": target[1], "owner_id": request.caller.user_id, "version": version,
        "metadata": {**(old["metadata"] or {}), **({} if is_same else _changed(body.get("metadata"))),
                     "lastModified": now()},
        "user_metadata": old["user_metadata"] if is_same else user_metadata(request),
    }  # fmt: skip
    try:
        upsert = request.header(b"x-upsert") == "true"
        made, before = await commit(room, request, request.caller, row, upsert=upsert)
    except BaseException:
        room.files.remove([version])
        raise
    await asyncio.to_thread(room.files.remove, [before])
    return Answer({"Id": made["id"], "Key": "/".join(target), **made})


async def _copied(room: Room, request: Request, source: tuple[str, str]) -> tuple[Row, str]:
    """The object at `source`, as far as the caller may see it, and the version of a copy of its file."""
    for _ in range(ATTEMPTS):
        async with transaction(room.pool, request.caller, request) as rows:
            old = await rows.object(*source)
        try:
            return old, await asyncio.to_thread(room.files.copy, old["version"] or "")
        except FileNotFoundError:
            continue  # it was replaced in this moment
    raise errors.no_such_key()


def _changed(metadata: Any) -> dict[str, str]:
    """Of the metadata a copy is asked to have, what may be chosen."""
    given = metadata if isinstance(metadata, dict) else {}
    return {name: value for name in ("cacheControl", "mimetype") if isinstance(value := given.get(name), str)}


async def _ends(request: Request) -> tuple[dict[str, Any], tuple[str, str], tuple[str, str]]:
    """The body of a move or copy, and (bucket, name) of both ends. Raises StorageError."""
    body = await request.json()
    if body.get("sourceVersionId") is not None:
        raise errors.Unsupported("object versions")
    bucket = names.check_bucket(text(body, "bucketId"))
    source, target = text(body, "sourceKey"), names.check_key(text(body, "destinationKey"))
    other = body.get("destinationBucket")
    request.named = [(bucket, source), (names.check_bucket(other) if isinstance(other, str) else bucket, target)]
    return body, request.named[0], request.named[1]


async def remove(room: Room, request: Request) -> Answer:
    """One object."""
    await request.drain()
    async with transaction(room.pool, request.caller, request) as rows:
        gone = await rows.delete(names.check_bucket(request.bucket), [names.check_key(request.name)])
        if not gone:
            raise errors.no_such_key()
    await asyncio.to_thread(room.files.remove, [row["version"] for row in gone])
    return Answer({"message": "Successfully deleted"})


async def remove_many(room: Room, request: Request) -> Answer:
    """Those of the named objects that the caller may see and delete; what they were."""
    bucket = names.check_bucket(request.bucket)
    wanted = await _strings(request, "prefixes")
    async with transaction(room.pool, request.caller, request) as rows:
        gone = await rows.delete(bucket, wanted)
    request.refused = [(bucket, name) for name in wanted if name not in {row["name"] for row in gone}]
    await asyncio.to_thread(room.files.remove, [row["version"] for row in gone])
    return Answer([{name: value for name, value in row.items() if name != "path_tokens"} for row in gone])


async def _strings(request: Request, name: str) -> list[str]:
    """A member of the body that must be a list of strings. Raises StorageError."""
    found = (await request.json()).get(name)
    if isinstance(found, list) and any(isinstance(one, dict) and "versionId" in one for one in found):
        raise errors.Unsupported("object versions")
    if found is None:
        raise errors.invalid_request(f"body must have required property '{name}'")
    if not isinstance(found, list):
        raise errors.invalid_request(f"body/{name} must be array")
    if not found:
        raise errors.invalid_request(f"body/{name} must NOT have fewer than 1 items")
    if wrong := [place for place, one in enumerate(found) if not isinstance(one, str)]:
        raise errors.invalid_request(f"body/{name}/{wrong[0]} must be string")
    return [one for one in found if "\0" not in one]


async def sign(room: Room, request: Request) -> Answer:
    """A URL with which whoever has it may read this one object, since the caller may now."""
    bucket, name = names.check_bucket(request.bucket), names.check_key(request.name)
    body = await request.json()
    seconds = whole(body, "expiresIn", least=1)
    if body.get("transform"):
        raise errors.Unsupported("image transformations")
    if body.get("versionId") is not None:
        raise errors.Unsupported("object versions")
    async with transaction(room.pool, request.caller, request) as rows:
        await rows.object(bucket, name)
    return Answer({"signedURL": _signed(room, f"{bucket}/{name}", seconds)})


async def sign_many(room: Room, request: Request) -> Answer:
    """The same for many; one that cannot be signed says so in its place."""
    bucket = names.check_bucket(request.bucket)
    paths = await _strings(request, "paths")
    seconds = whole(request.body, "expiresIn", least=1)
    async with transaction(room.pool, request.caller, request) as rows:
        seen = {row["name"] for row in await rows.all(SEEN, bucket=bucket, names=paths)}
    request.refused = [(bucket, path) for path in paths if path not in seen]
    return Answer([
        {
            "error": None if path in seen else NOT_SIGNED, "path": path,
            "signedURL": _signed(room, f"{bucket}/{path}", seconds) if path in seen else None,
        }
        for path in paths
    ])  # fmt: skip


def _signed(room: Room, url: str, seconds: int) -> str:
    return f"/object/sign/{url}?token={room.tokens.sign(DOWNLOAD, url, seconds)}"
