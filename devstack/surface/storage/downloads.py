"""Giving a file out: whole or a range of it, or only what is known about it."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import quote

from devstack.surface.asgi import Headers, Send
from devstack.surface.storage import errors, names
from devstack.surface.storage.files import ATTEMPTS, BLOCK
from devstack.surface.storage.requests import Answer, Request
from devstack.surface.storage.room import Room
from devstack.surface.storage.rows import SERVICE, Row, transaction
from devstack.surface.storage.signing import DOWNLOAD
from devstack.surface.storage.uploads import token_of

ACTIVE = ("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml")
"""Types a browser would run something of: sandboxed, so that a file somebody uploaded acts for nobody."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass
class FileAnswer:
    """Bytes `first` to `last` of an open file (None: no bytes at all, a HEAD or a 304)."""

    status: int
    headers: Headers
    file: BinaryIO | None = None
    first: int = 0
    last: int = -1

    async def send(self, send: Send) -> None:
        """Send it block by block: what waits for a slow reader is one block."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if self.file is not None:
            left = self.last - self.first + 1
            await asyncio.to_thread(self.file.seek, self.first)
            while left > 0 and (block := await asyncio.to_thread(self.file.read, min(BLOCK, left))):
                left -= len(block)
                await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()


async def get(room: Room, request: Request) -> FileAnswer:
    """An object the caller may see; of a public bucket, any."""
    return await _serve(room, request, await find(room, request))


async def get_public(room: Room, request: Request) -> FileAnswer:
    """An object of a public bucket, whoever asks."""
    return await _serve(room, request, await find_public(room, request))


async def get_signed(room: Room, request: Request) -> FileAnswer:
    """The object a token stands for."""
    url = f"{request.bucket}/{request.name}"
    claims = room.tokens.check(token_of(request), DOWNLOAD, url)
    async with transaction(room.pool, SERVICE, request) as rows:
        row = await rows.object(request.bucket, names.check_key(request.name))
    expires = format_datetime(datetime.fromtimestamp(claims["exp"], UTC), usegmt=True)
    return await _serve(room, request, row, expires)


async def info(room: Room, request: Request) -> Answer:
    """What is known about an object the caller may see."""
    return Answer(described(await find(room, request)))


async def info_public(room: Room, request: Request) -> Answer:
    """What is known about an object of a public bucket."""
    return Answer(described(await find_public(room, request)))


async def find(room: Room, request: Request) -> Row:
    """The object the path names, as far as the caller may see it. Raises StorageError."""
    names.check_bucket(request.bucket)
    name = names.check_key(request.name)
    if request.query("versionId") is not None:
        raise errors.Unsupported("object versions")
    async with transaction(room.pool, SERVICE, request) as rows:
        bucket = await rows.bucket(request.bucket)
        if bucket["public"]:
            return await rows.object(request.bucket, name)
    if not request.is_known:
        raise errors.no_such_bucket()
    async with transaction(room.pool, request.caller, request) as rows:
        return await rows.object(request.bucket, name)


async def find_public(room: Room, request: Request) -> Row:
    """The same for a public bucket; any other does not exist. Raises StorageError."""
    names.check_bucket(request.bucket)
    async with transaction(room.pool, SERVICE, request) as rows:
        if not (await rows.bucket(request.bucket))["public"]:
            raise errors.no_such_bucket()
        return await rows.object(request.bucket, names.check_key(request.name))


def described(row: Row) -> Row:
    """An object as `info` answers it."""
    kept = row["metadata"] or {}
    return {
        "id": row["id"], "name": row["name"], "version": row["version"], "bucket_id": row["bucket_id"],
        "size": kept.get("size"), "content_type": kept.get("mimetype"), "cache_control": kept.get("cacheControl"),
        "etag": kept.get("eTag"), "metadata": row["user_metadata"], "last_modified": row["updated_at"],
        "created_at": row["created_at"],
    }  # fmt: skip


async def _serve(room: Room, request: Request, row: Row, expires: str | None = None) -> FileAnswer:
    """The answer for an object: conditions first, then the range, then the bytes."""
    file = await _open(room, request, row)
    try:
        size = await asyncio.to_thread(file.seek, 0, 2)
        headers = _headers(request, row, expires)
        if not _is_changed(request, row):
            file.close()
            return FileAnswer(304, [one for one in headers if one[0] != b"content-type"])
        first, last = _range(request, row, size)
        status = 200
        if (first, last) != (0, size - 1):
            status = 206
            headers.append((b"content-range", f"bytes {first}-{last}/{size}".encode()))
        headers.append((b"content-length", str(last - first + 1).encode()))
    except BaseException:
        file.close()
        raise
    if request.method == "HEAD":
        file.close()
        return FileAnswer(status, headers)
    return FileAnswer(status, headers, file, first, last)


async def _open(room: Room, request: Request, row: Row) -> BinaryIO:
    """The file of a row. Between the two it may have been replaced: then the row is read again."""
    version = row["version"]
    for _ in range(ATTEMPTS):
        try:
            return await asyncio.to_thread(room.files.read, version or "")
        except FileNotFoundError:
            async with transaction(room.pool, SERVICE, request) as rows:
                again = await rows.object(row["bucket_id"], row["name"])
            version = again["version"]
            row.update(again)
    raise errors.StorageError(404, "NoSuchKey", "The resource was not found", error="Not found")


def _headers(request: Request, row: Row, expires: str | None) -> Headers:
    kept = row["metadata"] or {}
    kind = str(kept.get("mimetype") or "application/octet-stream")
    cached = ("expires", expires) if expires else ("cache-control", str(kept.get("cacheControl") or "no-cache"))
    said = [
        ("accept-ranges", "bytes"), ("content-type", "text/plain" if "text/html" in kind.lower() else kind),
        ("etag", str(kept.get("eTag") or "")), ("last-modified", format_datetime(_modified(row), usegmt=True)),
        ("x-content-type-options", "nosniff"), ("x-robots-tag", "none"), cached,
    ]  # fmt: skip
    if names.bare_type(kind) in ACTIVE:
        said.append(("content-security-policy", "default-src 'none'; sandbox"))
    if kept.get("contentEncoding"):
        said.append(("content-encoding", str(kept["contentEncoding"])))
    download = request.query("download")
    if download is not None:
        encoded = quote(download, safe="!'()*~")
        told = f" filename={encoded}; filename*=UTF-8''{encoded};" if download else ""
        said.append(("content-disposition", f"attachment;{told}"))
    return [(name.encode(), clean(value)) for name, value in said if value]


def clean(value: str) -> bytes:
    """A value a client chose, as a header may carry it."""
    return re.sub(r"[^\x20-\x7e]", "?", value).encode()


def _modified(row: Row) -> datetime:
    """When the bytes became what they are, to the second."""
    text = (row["metadata"] or {}).get("lastModified")
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = row["updated_at"]
    return moment.astimezone(UTC).replace(microsecond=0)


def _is_changed(request: Request, row: Row) -> bool:
    """Whether what the client has already is another one."""
    if (tags := request.header(b"if-none-match")) is not None:
        mine = (row["metadata"] or {}).get("eTag")
        return not any(tag.strip().removeprefix("W/") in (mine, "*") for tag in tags.split(","))
    if (since := request.header(b"if-modified-since")) is not None:
        try:
            return _modified(row) > parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return True
    return True


def _range(request: Request, row: Row, size: int) -> tuple[int, int]:
    """First and last byte to send. Several ranges at once, and what is no range, get the whole file."""
    asked = _RANGE.fullmatch((request.header(b"range") or "").strip())
    if_range = request.header(b"if-range")
    if not asked or not (asked[1] or asked[2]) or (if_range and if_range != (row["metadata"] or {}).get("eTag")):
        return 0, size - 1
    if not asked[1]:
        first, last = max(size - int(asked[2]), 0), size - 1
    else:
        first, last = int(asked[1]), min(int(asked[2]) if asked[2] else size - 1, size - 1)
        if asked[2] and int(asked[2]) < first:
            return 0, size - 1
    if first >= size:
        raise errors.StorageError(416, "InvalidRange", "The requested range is not satisfiable", http=416)
    return first, last
