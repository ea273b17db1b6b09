"""`/functions/v1/<name>`: passes requests on to the Deno process that runs the edge functions, as the gateway of hosted
Supabase does. Bodies stream both ways, whatever they are."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from devstack.functions import FUNCTIONS
from devstack.surface import project
from devstack.surface.asgi import ASGIApp, Headers, Receive, Scope, Send, header, respond_json, serve
from devstack.surface.context import Context
from devstack.surface.identity import Identity
from devstack.surface.problems import Unauthorised

logger = logging.getLogger(__name__)
CONNECT_S = 5.0
WALL_CLOCK_S = 150.0
"""How long a function may take to answer: hosted's limit of the free plan."""
HOP_BY_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
}  # fmt: skip
RELAY_ERROR: Headers = [(b"x-relay-error", b"true")]
"""What tells supabase-js that it was the way to the function that failed, not the function."""


OPEN: Headers = [(b"access-control-allow-origin", b"*")]
"""On what the gateway itself answers; a function says for itself who may read it."""


class Gone(Exception):
    """The client hung up."""


class Relay:
    """The application below `/functions/v1`. `verifies` says of a function whether it wants a valid token (config.toml:
    `verify_jwt`, true where nothing is said), `folder` is where they lie: what is not there is nobody's to protect."""

    def __init__(self, target: str, identity: Identity, verifies: dict[str, bool], folder: Path | None = None) -> None:
        self._target = target
        self._folder = folder
        self._identity = identity
        self._verifies = verifies
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await serve(scope, receive, send, live=self._live, answer=self._answer)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if problem := self._refusal(scope):
            await respond_json(send, problem[0], {"code": problem[1], "message": problem[2]}, OPEN)
        else:
            await self._pass_on(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=20)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as self._client:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Why a request does not get as far as the function; None when it does. As on hosted, the Authorization header
        alone counts, and an opaque API key is no JWT: a function for everybody says `verify_jwt = false`."""
        name = scope["path"].strip("/").split("/")[0]
        if scope["method"] == "OPTIONS" or not self._verifies.get(name, True):
            return None
        if self._folder and not (self._folder / name / "index.ts").is_file():
            return 404, "NOT_FOUND", "Requested function was not found"
        scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
        token = token.strip()
        if not scheme:
            return 401, "UNAUTHORIZED_NO_AUTH_HEADER", "Missing authorization header"
        try:
            if scheme.lower() != "bearer" or token.startswith("sb_"):
                raise Unauthorised("no JWT", "")
            self._identity.of(token)
        except Unauthorised:
            return 401, "UNAUTHORIZED_INVALID_JWT_FORMAT", "Invalid JWT"
        return None

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._client is not None, "the lifespan did not begin"
        path = scope.get("root_path", "") + scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        # Not built by the client: that would add headers the caller did not send, and ask for what he cannot read.
        request = httpx.Request(
            scope["method"], httpx.URL(self._target + path, query=scope.get("query_string", b"")),
            headers=_onwards(scope), content=_body(receive) if _has_body(scope) else None,
            extensions={"timeout": httpx.Timeout(WALL_CLOCK_S, connect=CONNECT_S).as_dict()},
        )  # fmt: skip
        try:
            answer = await self._client.send(request, stream=True)
        except Gone:
            return
        except httpx.HTTPError as error:
            logger.error("the edge functions do not answer %s %s: %r", scope["method"], scope["path"], error)
            status, word = (504, "TIMEOUT") if isinstance(error, httpx.ReadTimeout) else (502, "BAD_GATEWAY")
            text = "the edge functions do not answer: see functions.log; `make setup` fetches Deno and their libraries"
            await respond_json(send, status, {"code": word, "message": text}, RELAY_ERROR + OPEN)
            return
        async with contextlib.aclosing(answer):
            stream = asyncio.ensure_future(_stream(answer, send))
            hang_up = asyncio.ensure_future(_hung_up(receive, has_body=_has_body(scope)))
            done, waiting = await asyncio.wait({stream, hang_up}, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            if stream in done:
                stream.result()  # cut short: so is the connection, for half an answer must not look like a whole one


async def _stream(answer: httpx.Response, send: Send) -> None:
    headers = [(name.lower(), value) for name, value in answer.headers.raw]
    kept = [(name, value) for name, value in headers if name not in HOP_BY_HOP and name != b"date"]  # ours is added
    await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
    async for chunk in answer.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _hung_up(receive: Receive, *, has_body: bool) -> None:
    """Returns when the client is gone. Its body was read already, or is empty."""
    if not has_body:
        await receive()
    while (await receive())["type"] != "http.disconnect":
        pass


def _has_body(scope: Scope) -> bool:
    return bool(header(scope, b"transfer-encoding")) or header(scope, b"content-length") not in (None, "0")


def _onwards(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The request's headers with what a gateway adds. The Host stays: functions build addresses from it."""
    kept = [(name, value) for name, value in scope["headers"] if name not in HOP_BY_HOP]
    client = scope.get("client") or ("127.0.0.1", 0)
    host = header(scope, b"host") or ""
    return [
        *kept, (b"x-forwarded-for", str(client[0]).encode()), (b"x-forwarded-host", host.encode("latin-1")),
        (b"x-forwarded-proto", str(scope.get("scheme", "http")).encode()),
    ]  # fmt: skip


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    """The request's body as it arrives. Raises Gone."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        yield message.get("body", b"")
        more = bool(message.get("more_body"))


def app(context: Context) -> ASGIApp:
    """The ASGI application below `/functions/v1`."""
    said: dict[str, Any] = project.section("functions")
    verifies = {name: bool(one.get("verify_jwt", True)) for name, one in said.items() if isinstance(one, dict)}
    return Relay(f"http://127.0.0.1:{context.settings.functions_port}", context.identity, verifies, FUNCTIONS)
