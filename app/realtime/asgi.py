"""The ASGI application: WebSockets, the two broadcast endpoints, health."""

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from app.realtime import frames, http
from app.realtime.claims import Refused
from app.realtime.gateway import Gateway
from app.realtime.socket import Socket

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
SOCKET_PATHS = {"/websocket", "/socket/websocket", "/realtime/v1/websocket"}
VERSIONS = {"": frames.V1, "1.0.0": frames.V1, "2.0.0": frames.V2}


class App:
    """One gateway as an ASGI application. Mount it at /realtime/v1, or serve it alone."""

    def __init__(self, gateway: Gateway, *, cors: bool) -> None:
        self.gateway = gateway
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve (ASGI)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        await self.gateway.ready()
        root = scope.get("root_path", "")
        path = scope["path"]
        if root and path.startswith(root + "/"):  # some servers leave the mount in the path
            path = path[len(root) :]
        if scope["type"] == "http":
            await http.answer(self.gateway, scope, path.removeprefix("/realtime/v1"), receive, send, cors=self._cors)
        elif scope["type"] == "websocket":
            await self._open(scope, path, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.gateway.ready()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.gateway.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        try:
            if path not in SOCKET_PATHS:
                raise Refused("NotFound", "There is no WebSocket at this path", 404)
            socket = await self._let_in(scope, send)
        except Refused as refused:
            await _refuse(scope, send, refused)
            return
        await send({"type": "websocket.accept"})
        # What the handshake brought is not needed again, and kept for as long as the connection lasts.
        scope["headers"], scope["query_string"] = [], b""
        await _converse(self.gateway, socket, receive)

    async def _let_in(self, scope: Scope, send: Send) -> Socket:
        if len(self.gateway.sockets) >= self.gateway.limits.connections:
            raise Refused("ConnectionRateLimitReached", "Too many connected users", 429)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        version = VERSIONS.get(query.get("vsn", [""])[0])
        if version is None:
            raise Refused("UnsupportedVersion", "vsn is 1.0.0 or 2.0.0", 400)
        key = http.header(scope, b"x-api-key") or query.get("apikey", [""])[0]
        if not key:
            raise Refused("Unauthorized", "Send the project's key as `apikey`")
        await self.gateway.gatekeeper.claims(key)
        return Socket(send, version, key, self.gateway.limits)


async def _converse(gateway: Gateway, socket: Socket, receive: Receive) -> None:
    """Take frames until the client leaves."""
    gateway.sockets[socket] = None
    socket.heard_at = time.monotonic()
    try:
        while True:
            event = await receive()
            if event["type"] != "websocket.receive" or socket.closed:
                socket.broken = socket.broken or _is_lost(event)
                break
            socket.heard_at = time.monotonic()
            try:
                text = event.get("text")
                frame = frames.read_binary(event["bytes"]) if text is None else frames.read_text(text, socket.version)
            except frames.BadFrame:
                continue
            await gateway.take(socket, frame)
    finally:
        socket.closed = True
        gateway.sockets.pop(socket, None)
        gateway.connections.ended(socket)
        for channel in tuple(socket.channels.values()):
            channel.leave()


def _is_lost(event: Mapping[str, Any]) -> bool:
    """Whether a connection ended without a goodbye: a server then names a code nobody sent, and no reason."""
    return event["type"] == "websocket.disconnect" and event.get("code") in {1005, 1006} and "reason" not in event


async def _refuse(scope: Scope, send: Send, refused: Refused) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": refused.code})
        return
    body = msgspec.json.encode({"error": str(refused)})
    headers = [(b"content-type", b"application/json")]
    await send({"type": "websocket.http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
