"""A small HTTP/2 server for providers that speak nothing else; handlers are those of `devstack.providers.http`.

With a TLS context it wants `h2` by ALPN; without, the client has to know beforehand that it talks HTTP/2.
"""

import asyncio
import contextlib
import ssl
from typing import Self

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from devstack.providers.http import Drop, Handler, Request


class Server2:
    """Listens on 127.0.0.1. Use as an async context manager; `port` is known inside, `connections` counts them."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self.handler, self.port, self.connections = handler, 0, 0
        self._tls = tls
        if tls is not None:
            tls.set_alpn_protocols(["h2"])
        self._open: set[_Connection] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in list(self._open):
            connection.end()
        await asyncio.sleep(0)

    def go_away(self) -> None:
        """End every connection as a server does that is about to restart: what it answered is answered."""
        for connection in list(self._open):
            connection.h2.close_connection()
            connection.flush()
            connection.writer.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = _Connection(self.handler, writer)
        self._open.add(connection)
        try:
            await connection.serve(reader)
        except (OSError, h2.exceptions.ProtocolError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(connection)
            connection.end()


class _Connection:
    """One connection and its streams, each answered by a task of its own."""

    def __init__(self, handler: Handler, writer: asyncio.StreamWriter) -> None:
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.writer = writer
        self._handler = handler
        self._requests: dict[int, Request] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Until the client hangs up."""
        self.h2.initiate_connection()
        self.flush()
        while data := await reader.read(65_536):
            for event in self.h2.receive_data(data):
                self._take(event)
            self.flush()

    def flush(self) -> None:
        """Write what the protocol has to say."""
        if not self.writer.is_closing():
            self.writer.write(self.h2.data_to_send())

    def end(self) -> None:
        """Hang up, whatever is under way."""
        for request in self._requests.values():
            request.disconnected.set()
        for task in self._tasks:
            task.cancel()
        self.writer.transport.abort()

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            named = {str(name): str(value) for name, value in event.headers}
            plain = {name: value for name, value in named.items() if not name.startswith(":")}
            self._requests[event.stream_id] = Request(method=named[":method"], path=named[":path"], headers=plain)
        elif isinstance(event, h2.events.DataReceived):
            self._requests[event.stream_id].body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            task = asyncio.create_task(self._answer(event.stream_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(event, h2.events.StreamReset) and event.stream_id in self._requests:
            self._requests[event.stream_id].disconnected.set()

    async def _answer(self, stream: int) -> None:
        answer = await self._handler(self._requests[stream])
        if isinstance(answer, Drop):
            self.writer.transport.abort()
            return
        head = [(":status", str(answer.status)), ("content-type", answer.content_type)]
        head += [(name.lower(), value) for name, value in answer.headers.items()]
        with contextlib.suppress(h2.exceptions.ProtocolError):  # the client gave up on this stream
            self.h2.send_headers(stream, head)
            self.h2.send_data(stream, answer.body, end_stream=True)
            self.flush()
        self._requests.pop(stream, None)
