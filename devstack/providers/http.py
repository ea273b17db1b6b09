"""A small HTTP/1.1 server for providers that stand in for real ones: it can also do what real ones do on bad days.

A handler gets a `Request` and gives back a `Response`, or `DROP` to close the connection without a word.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import httptools

BODY_MOST = 64 * 1024 * 1024
WORDS = {
    200: "OK", 201: "Created", 307: "Temporary Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
    413: "Request Entity Too Large", 429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One file of a form."""

    filename: str
    content_type: str
    data: bytes


@dataclass
class Request:
    """One request, read to its end. Header names are in lower case."""

    method: str = ""
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    disconnected: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client hangs up before it has its answer."""

    def form(self) -> tuple[dict[str, Any], dict[str, Part]]:
        """(fields, files), wherever they are: query, JSON, url-encoded or multipart. Raises ValueError."""
        fields: dict[str, Any] = dict(self.query)
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/json") and self.body:
            given = json.loads(self.body)
            if not isinstance(given, dict):
                raise ValueError("no object")
            fields |= given
        elif kind.startswith("application/x-www-form-urlencoded"):
            fields |= dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        elif kind.startswith("multipart/form-data"):
            texts, files = read_multipart(self.body, kind)
            return fields | texts, files
        return fields, {}


@dataclass(frozen=True)
class Response:
    """An answer; `delay_s` before it is written."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    delay_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class Drop:
    """Hang up instead of answering."""


DROP: Final = Drop()
Handler = Callable[[Request], Awaitable[Response | Drop]]


def as_json(value: Any, status: int = 200, **headers: str) -> Response:
    """An answer in JSON; `retry_after` becomes Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, json.dumps(value).encode(), headers=named)


def read_multipart(body: bytes, content_type: str) -> tuple[dict[str, str], dict[str, Part]]:
    """(fields, files) of a multipart/form-data body, byte for byte. Raises ValueError."""
    boundary = re.search(r'boundary="?([^";,]+)"?', content_type)
    if not boundary:
        raise ValueError("no boundary")
    texts: dict[str, str] = {}
    files: dict[str, Part] = {}
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:]:
        if piece.startswith(b"--"):
            break
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        named = head.decode()
        name = re.search(r'[ ;]name="([^"]*)"', named)
        if not name:
            raise ValueError("a part without a name")
        filename = re.search(r'filename="([^"]*)"', named)
        kind = re.search(r"(?im)^content-type: *([^\r\n;]+)", named)
        if filename:
            files[name[1]] = Part(unquote(filename[1]), kind[1] if kind else "application/octet-stream", data)
        else:
            texts[name[1]] = data.decode()
    return texts, files


class Server:
    """Listens on 127.0.0.1. Use as an async context manager; `port` is known inside."""

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self.handler, self.port = handler, port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Server":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests of one connection, one after the other."""
        waiting = b""
        while True:
            reading = _Reading()
            parser = httptools.HttpRequestParser(reading)
            while not reading.complete:
                if not waiting and not (waiting := await reader.read(262_144)):
                    return
                try:
                    parser.feed_data(waiting)
                except httptools.HttpParserError:
                    writer.write(_head(Response(400)))
                    return
                waiting = b""
                if len(reading.request.body) + sum(map(len, reading.chunks)) > BODY_MOST:
                    writer.write(_head(Response(413)))
                    return
            answer, waiting = await self._answer(reading.finished(parser), reader)
            if isinstance(answer, Drop):
                writer.transport.abort()
                return
            writer.write(_head(answer) + answer.body)
            await writer.drain()

    async def _answer(self, request: Request, reader: asyncio.StreamReader) -> tuple[Response | Drop, bytes]:
        """The handler's answer, and what the client sent meanwhile. A client that hangs up is noticed."""
        watching = asyncio.create_task(reader.read(262_144))
        watching.add_done_callback(lambda done: None if _said(done) else request.disconnected.set())
        try:
            answer = await self.handler(request)
            if isinstance(answer, Response) and answer.delay_s:
                await asyncio.sleep(answer.delay_s)
        finally:
            early = _said(watching) if watching.done() else b""
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await watching
        return answer, early


def _said(done: "asyncio.Task[bytes]") -> bytes:
    return b"" if done.cancelled() or done.exception() else done.result()


def _head(answer: Response) -> bytes:
    lines = (
        f"HTTP/1.1 {answer.status} {WORDS.get(answer.status, 'Unknown')}",
        f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}",
        *(f"{name}: {value}" for name, value in answer.headers.items()), "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


class _Reading:
    """What httptools tells about one request."""

    def __init__(self) -> None:
        self.request = Request()
        self.chunks: list[bytes] = []
        self.url = b""
        self.complete = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        self.complete = True

    def finished(self, parser: httptools.HttpRequestParser) -> Request:
        """The request, whole."""
        path, _, query = self.url.decode("latin-1").partition("?")
        self.request.method = parser.get_method().decode()
        self.request.path = unquote(path)
        self.request.query = dict(parse_qsl(query, keep_blank_values=True))
        self.request.body = b"".join(self.chunks)
        return self.request
