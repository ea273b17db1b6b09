"""Resend and SparkPost on a loopback port: what they say is `devstack.providers.mail`'s, how it arrives is a matter of
moods. `Api` speaks HTTP byte by byte, so that an answer can be lost, late, torn or senseless.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from devstack.providers.mail import apis
from devstack.providers.mail.apis import ResendApi, SparkPostApi

KEY = "re_test_key"


class Api:
    """A provider: `moods` is asked before each call what shall happen to its answer (None: it arrives).

    `lose`: the mail is taken and the connection drops; `hang`: nothing comes; `garbage`, `torn`: no JSON, half of it;
    `close`: dropped before anything was done; or a whole `(status, headers, document)` to answer with instead.
    """

    def __init__(self, api: apis.Api) -> None:
        self.api = api
        self.moods: Callable[[], Any] = lambda: None
        self.calls: list[tuple[str, str, dict[str, str], Any]] = []
        self.port = 0

    @property
    def mails(self) -> list[dict[str, Any]]:
        """What it took, in order."""
        return self.api.mails

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, any number of calls."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._call(reader, writer):
                await writer.drain()
        writer.close()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        mood = self.moods() if method == "POST" else None
        if mood == "close":
            return False
        document = json.loads(body) if body else None
        self.calls.append((method, path, headers, document))
        extra: dict[str, str] = {}
        if isinstance(mood, tuple):
            status, extra, said = mood
        elif method == "GET":
            status, said = self.api.look(headers)
        elif path != self.api.path:
            status, said = 404, {"name": "not_found", "message": "no such path"}
        else:
            status, said = self.api.answer(headers, document)
        if mood == "lose":
            return False
        if mood == "hang":
            await asyncio.sleep(30)
        text = (
            b"<html>?" if mood == "garbage" else said.encode() if isinstance(said, str) else json.dumps(said).encode()
        )
        lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(text)}"]
        lines += [f"{name}: {value}" for name, value in extra.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (text[:3] if mood == "torn" else text))
        return mood != "torn"


class Resend(Api):
    """Resend, as the demo's provider plays it."""

    def __init__(self) -> None:
        super().__init__(ResendApi(KEY))

    @property
    def keys(self) -> dict[str, tuple[str, str]]:
        """Idempotency key → the id it made, and the body it made it from."""
        assert isinstance(self.api, ResendApi)
        return self.api.keys


class SparkPost(Api):
    """SparkPost, likewise."""

    def __init__(self) -> None:
        super().__init__(SparkPostApi(KEY))


@contextlib.contextmanager
def serve(api: Api) -> Iterator[Api]:
    """Serve in a thread; `api.port` says where."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(api.talk, "127.0.0.1", 0), loop).result(60)
    api.port = server.sockets[0].getsockname()[1]

    async def stop() -> None:
        server.close()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0.02)

    try:
        yield api
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()
