"""The process that serves the surface: `python -m devstack.surface.main`."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import uvicorn

from app import log, realtime
from app.settings import load, read_json
from devstack.surface import auth, example, functions, rest, storage
from devstack.surface.asgi import ASGIApp, Receive, Scope, Send, respond_json, with_key, within
from devstack.surface.context import Context, make_context
from devstack.surface.cors import Cors
from devstack.surface.problems import Unauthorised, unsupported

HOST = "127.0.0.1"


class Surface:
    """Gives each request to the room its path names. Rooms that have something to open or close take part in the ASGI
    lifespan."""

    def __init__(self, rooms: Mapping[str, ASGIApp]) -> None:
        self._rooms = rooms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        for prefix, room in self._rooms.items():
            if scope["path"] == prefix or scope["path"].startswith(f"{prefix}/"):
                await room(within(with_key(scope), prefix), receive, send)
                return
        if scope["type"] == "http":
            is_health = scope["path"] == "/health"
            body = {"status": "ok"} if is_health else {"message": "no Route matched with those values"}
            await respond_json(send, 200 if is_health else 404, body)
            return
        await send({"type": "websocket.close", "code": 1008})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            async with contextlib.AsyncExitStack() as stack:
                for room in self._rooms.values():
                    await stack.enter_async_context(_living(room))
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.shutdown.complete"})


@contextlib.asynccontextmanager
async def _living(room: ASGIApp) -> AsyncIterator[None]:
    """Run the lifespan of one room around the block."""
    asked: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    answers: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def run() -> None:
        try:
            await room({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, asked.get, answers.put)  # type: ignore[arg-type]
        except Exception as error:
            await answers.put({"type": "lifespan.startup.failed", "message": str(error)})
        await answers.put({"type": "lifespan.none"})  # a room that has nothing to open need not answer

    await asked.put({"type": "lifespan.startup"})
    task = asyncio.create_task(run())
    answer = await answers.get()
    if answer["type"] == "lifespan.startup.failed":
        await task
        raise RuntimeError(answer.get("message", "a room of the surface did not start"))
    yield
    await asked.put({"type": "lifespan.shutdown"})
    await task


def make_app(context: Context) -> ASGIApp:
    """The whole surface, CORS included."""
    rooms = {
        "/auth/v1": auth.app(context), "/rest/v1": rest.app(context), "/storage/v1": storage.app(context),
        "/functions/v1": functions.app(context), "/realtime/v1": _realtime(context), "/chat": example.app(context),
        "/graphql/v1": unsupported("GraphQL"),
    }  # fmt: skip
    return Cors(Surface(rooms))


def _realtime(context: Context) -> ASGIApp:
    """The gateway. It knows tokens by itself; keys and the keys of tokens are the surface's."""
    if not context.settings.realtime_database_url:
        return unsupported("realtime")

    def claims(key: str) -> Mapping[str, Any] | None:
        try:
            return context.identity.of(key).claims
        except Unauthorised:
            return None

    return realtime.app(context.settings, resolve_key=claims, public_keys=context.identity.jwks())


def main() -> None:
    """Serve until told to stop."""
    settings = load()
    log.configure(settings)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # it would name each WebSocket's address, key and all
    context = make_context(settings, read_json(settings.home_dir / "keys.json"))
    config = uvicorn.Config(
        make_app(context), host=HOST, port=settings.supabase_port, log_config=None, access_log=False,
        ws="websockets-sansio", ws_per_message_deflate=False, lifespan="on",
        timeout_graceful_shutdown=5, server_header=False,
        proxy_headers=False,  # no proxy is in front: who asks could say any address, and be limited by it
    )  # fmt: skip
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
