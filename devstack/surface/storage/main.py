"""Which path leads where, and how every answer is sent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg

from devstack.surface import project
from devstack.surface.asgi import Receive, Scope, Send, respond_json, serve
from devstack.surface.context import Context
from devstack.surface.database import make_pool
from devstack.surface.identity import Caller
from devstack.surface.problems import Unauthorised, refusal
from devstack.surface.storage import buckets, denials, downloads, errors, listing, names, objects, uploads
from devstack.surface.storage.downloads import FileAnswer
from devstack.surface.storage.files import Files
from devstack.surface.storage.requests import Answer, Gone, Request, parts_of
from devstack.surface.storage.room import Room
from devstack.surface.storage.signing import Tokens, make_key

Handler = Callable[[Room, Request], Awaitable[Answer | FileAnswer]]
LIMIT = "50MiB"
"""Bytes a file may have where `supabase/config.toml` says nothing."""
logger = logging.getLogger(__name__)

OPEN = {
    ("GET", "object/public/:/*"), ("HEAD", "object/public/:/*"), ("GET", "object/info/public/:/*"),
    ("GET", "object/sign/:/*"), ("HEAD", "object/sign/:/*"), ("PUT", "object/upload/sign/:/*"),
    ("GET", "object/:/*"), ("HEAD", "object/:/*"), ("GET", "object/info/:/*"),
}  # fmt: skip
"""What is reached without a key: public objects and signed URLs."""
ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "bucket", "bucket.list", buckets.list_buckets),
    ("POST", "bucket", "bucket.create", buckets.create_bucket),
    ("GET", "bucket/:", "bucket.get", buckets.get_bucket),
    ("PUT", "bucket/:", "bucket.update", buckets.update_bucket),
    ("DELETE", "bucket/:", "bucket.delete", buckets.delete_bucket),
    ("POST", "bucket/:/empty", "bucket.empty", buckets.empty_bucket),
    ("POST", "object/list/:", "object.list", listing.list_objects),
    ("POST", "object/list-v2/:", "object.list_v2", listing.list_objects_v2),
    ("POST", "object/move", "object.move", objects.move),
    ("POST", "object/copy", "object.copy", objects.copy),
    ("POST", "object/sign/:", "object.sign_many", objects.sign_many),
    ("POST", "object/sign/:/*", "object.sign", objects.sign),
    ("GET", "object/sign/:/*", "object.get_signed", downloads.get_signed),
    ("HEAD", "object/sign/:/*", "object.get_signed", downloads.get_signed),
    ("POST", "object/upload/sign/:/*", "object.sign_upload_url", uploads.sign_upload),
    ("PUT", "object/upload/sign/:/*", "object.upload_signed", uploads.upload_signed),
    ("GET", "object/public/:/*", "object.get_public", downloads.get_public),
    ("HEAD", "object/public/:/*", "object.info_public", downloads.get_public),
    ("GET", "object/info/public/:/*", "object.info_public", downloads.info_public),
    ("GET", "object/info/authenticated/:/*", "object.info_authenticated", downloads.info),
    ("GET", "object/info/:/*", "object.info_authenticated", downloads.info),
    ("GET", "object/authenticated/:/*", "object.get_authenticated", downloads.get),
    ("HEAD", "object/authenticated/:/*", "object.info_authenticated", downloads.get),
    ("DELETE", "object/:", "object.delete_many", objects.remove_many),
    ("DELETE", "object/:/*", "object.delete", objects.remove),
    ("GET", "object/:/*", "object.get_authenticated", downloads.get),
    ("HEAD", "object/:/*", "object.info_authenticated", downloads.get),
    ("POST", "object/:/*", "object.upload", uploads.upload),
    ("PUT", "object/:/*", "object.upload_update", uploads.update),
)
"""Method, path, operation as policies see it, handler. `:` is one part, `*` all that follow; the first match counts."""
REFUSED = {
    "render": "image transformations", "s3": "the S3 protocol", "upload": "resumable uploads",
    "vector": "vector buckets", "iceberg": "analytics buckets", "cdn": "purging a CDN",
    "bucket/:/lifecycle": "bucket lifecycle rules", "admin": "the administration of Storage",
}  # fmt: skip


def match(pattern: str, parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """What of `parts` the `:` and `*` of a pattern stand for; None when the path is another."""
    rest: list[str] = []
    wanted = pattern.split("/")
    for number, one in enumerate(wanted):
        if number >= len(parts):
            return None
        if one == "*":
            return (*rest, *parts[number:]) if "".join(parts[number:]) else None
        if one == ":":
            rest.append(parts[number])
        elif one != parts[number]:
            return None
    return tuple(rest) if len(parts) == len(wanted) else None


class Storage:
    """The ASGI application. `file_size_limit` stands in for the one of `supabase/config.toml`."""

    def __init__(self, context: Context, file_size_limit: int | None = None) -> None:
        self._context = context
        said = str(project.section("storage").get("file_size_limit", LIMIT))
        limit = names.parse_size(said) if file_size_limit is None else file_size_limit
        pool = make_pool(context.database_urls["storage"], name="storage")
        self.room = Room(pool, Files(context.files), Tokens(make_key(context.files)), limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await serve(scope, receive, send, live=self._live, answer=self._answer)

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.room.pool.open()
        try:
            await self._open()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        finally:
            await self.room.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self) -> None:
        """Find the files of this very database, and remove those that no row of it knows. Files of another database
        (a `DATABASE_URL` of yesterday) lie in another folder and stay."""
        async with self.room.pool.connection() as connection:
            cursor = await connection.execute(
                "select system_identifier, (select oid from pg_database where datname = current_database())"
                " from pg_control_system()"
            )
            place = await cursor.fetchone() or ("", "")
            self.room.files = Files(self._context.files / f"{place[0]}-{place[1]}")
            await asyncio.to_thread(self.room.files.open)
            cursor = await connection.execute("select version from storage.objects where version is not null")
            known = [version for (version,) in await cursor.fetchall()]
        if lost := await asyncio.to_thread(self.room.files.sweep, known):
            logger.info("storage: removed %s files without a row", lost)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, Caller("anon", {"role": "anon"}), is_known=False)
        try:
            answer = await self._handle(request)
            await denials.keep(self.room, request)
        except Gone:
            return
        except errors.Unsupported as error:
            answer = Answer(refusal(error.feature) | {"statusCode": "501"}, 501)
        except Exception as error:
            problem = await denials.judge(self.room, request, _problem(error))
            answer = Answer(problem.body(), problem.http, [(b"cache-control", b"no-store")])
        await request.drain()
        if isinstance(answer, Answer):
            await _send(send, answer, is_head=request.method == "HEAD")
            return
        try:
            await answer.send(send)
        finally:
            answer.close()

    async def _handle(self, request: Request) -> Answer | FileAnswer:
        scope = request.scope
        parts = parts_of(scope["raw_path"])
        for pattern, feature in REFUSED.items():
            if match(pattern, parts) is not None or match(f"{pattern}/*", parts) is not None:
                raise errors.Unsupported(feature)
        for method, pattern, operation, handler in ROUTES:
            if method == request.method and (rest := match(pattern, parts)) is not None:
                self._identify(request, is_open=(method, pattern) in OPEN)
                request.operation, request.rest = f"storage.{operation}", rest
                return await handler(self.room, request)
        if parts in (("health",), ("status",)):
            return Answer({"healthy": True})
        told = f"Route {request.method}:{scope['path']} not found"
        raise errors.StorageError(404, "NotFound", told, error="Not Found", http=404)

    def _identify(self, request: Request, *, is_open: bool) -> None:
        """Set who asks. A path that needs no key is not closed by a bad one. Raises StorageError."""
        try:
            request.caller = self._context.identity.caller(request.scope)
            request.is_known = True
        except Unauthorised as error:
            if is_open:
                return
            if error.message.startswith("No API key"):
                raise errors.invalid_request("headers must have required property 'authorization'") from error
            raise errors.denied(_as_hosted(request, error)) from error


def _as_hosted(request: Request, refused: Unauthorised) -> str:
    """Why a token is refused, in the words of the library hosted Storage reads tokens with."""
    token = (request.header(b"authorization") or "").partition(" ")[2].strip() or request.header(b"apikey") or ""
    if token.count(".") != 2:
        return "Invalid Compact JWS"
    is_old = refused.message == "JWT expired"
    return '"exp" claim timestamp check failed' if is_old else "signature verification failed"


def _problem(error: Exception) -> errors.StorageError:
    """What the client is told of an exception."""
    if isinstance(error, errors.StorageError):
        return error
    if isinstance(error, RecursionError):
        return errors.invalid_request("body is nested too deeply")
    if isinstance(error, psycopg.Error) and error.sqlstate:
        told = errors.of_database(error)
        if told.status < 500:
            return told
        logger.warning("storage: %s", error)
        return told
    logger.exception("storage: %s", type(error).__name__)
    return errors.StorageError(500, "InternalError", "Internal server error")


async def _send(send: Send, answer: Answer, *, is_head: bool) -> None:
    if not is_head:
        await respond_json(send, answer.status, answer.value, answer.headers)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": b""})
