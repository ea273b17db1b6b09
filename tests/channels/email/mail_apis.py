"""Resend and SparkPost on a loopback port: real paths, checks of what they are given, error bodies, and moods.

`Api` speaks HTTP byte by byte, so that an answer can be lost, late, torn or senseless.
"""

import asyncio
import base64
import binascii
import contextlib
import json
import re
import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

Reply = tuple[int, Any]
KEY = "re_test_key"


class Api(ABC):
    """A provider: `moods` is asked before each call what shall happen to its answer (None: it arrives).

    `lose`: the mail is taken and the connection drops; `hang`: nothing comes; `garbage`, `torn`: no JSON, half of it;
    `close`: dropped before anything was done; or a whole `(status, headers, document)` to answer with instead.
    """

    path = ""

    def __init__(self) -> None:
        self.moods: Callable[[], Any] = lambda: None
        self.mails: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, dict[str, str], Any]] = []
        self.port = 0

    @abstractmethod
    def answer(self, headers: dict[str, str], document: Any) -> Reply:
        """What the provider says to a call to its path."""

    @abstractmethod
    def look(self, path: str, headers: dict[str, str]) -> Reply:
        """What it says to a GET."""

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
            status, said = self.look(path, headers)
        elif path != self.path:
            status, said = 404, {"name": "not_found", "message": "no such path"}
        else:
            status, said = self.answer(headers, document)
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
    """`POST /emails` with idempotency keys, as its documentation tells it."""

    path = "/emails"

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, tuple[str, str]] = {}

    def answer(self, headers: dict[str, str], document: Any) -> Reply:
        if headers.get("authorization") != f"Bearer {KEY}":
            return 403, {"statusCode": 403, "name": "invalid_api_key", "message": "API key is invalid"}
        if fault := self._fault(document):
            return 422, {"statusCode": 422, "name": "validation_error", "message": fault}
        key, payload = headers.get("idempotency-key", ""), json.dumps(document, sort_keys=True)
        if not 1 <= len(key) <= 256:
            return 400, {"statusCode": 400, "name": "invalid_idempotency_key", "message": "1-256 chars"}
        if key in self.keys:
            made, before = self.keys[key]
            if before != payload:
                return 409, {"statusCode": 409, "name": "invalid_idempotent_request", "message": "other payload"}
            return 200, {"id": made}
        made = str(uuid.uuid4())
        self.keys[key] = (made, payload)
        self.mails.append(document)
        return 200, {"id": made}

    def look(self, path: str, headers: dict[str, str]) -> Reply:
        if headers.get("authorization") == f"Bearer {KEY}":
            return 200, {"data": []}
        if headers.get("authorization") == "Bearer re_sending_only":
            return 401, {"name": "restricted_api_key", "message": "This API key is restricted to only send emails"}
        return 403, {"name": "invalid_api_key", "message": "API key is invalid"}

    @staticmethod
    def _fault(document: Any) -> str | None:
        address = r"[^\s@<>\"]+@[a-z0-9.-]+"
        if not re.fullmatch(rf'{address}|"(?:[^"\\]|\\.)+" <{address}>', document.get("from", "")):
            return "Invalid `from` field"
        if not all(re.fullmatch(address, one) for one in document.get("to", ["?"])):
            return "Invalid `to` field"
        if not document.get("subject") or not (document.get("text") or document.get("html")):
            return "Missing `subject` or `text`"
        if any(re.search(r"[\r\n]", name + value) for name, value in document.get("headers", {}).items()):
            return "Invalid `headers`"
        if any(not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", one["name"] + one["value"]) for one in document["tags"]):
            return "Invalid `tags`"
        return _base64_fault(one["content"] for one in document.get("attachments", []))


class SparkPost(Api):
    """`POST /api/v1/transmissions`: whoever asks twice, sends twice."""

    path = "/api/v1/transmissions"

    def answer(self, headers: dict[str, str], document: Any) -> Reply:
        if headers.get("authorization") != KEY:
            return 401, {"errors": [{"message": "Unauthorized."}]}
        content, recipients = document.get("content", {}), document.get("recipients", [])
        if not recipients or not content.get("from", {}).get("email") or not content.get("subject"):
            return 422, self._error("1400", "required field is missing", "content object or template_id required")
        if {name.lower() for name in content.get("headers", {})} & {"from", "to", "subject", "reply-to"}:
            return 422, self._error("1300", "invalid data format/type", "header not allowed")
        if fault := _base64_fault(one["data"] for one in content.get("attachments", [])):
            return 422, self._error("1300", "invalid data format/type", fault)
        self.mails.append(document)
        made = str(uuid.uuid4().int)[:17]
        return 200, {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": made}}

    def look(self, path: str, headers: dict[str, str]) -> Reply:
        known = {KEY: 200, "sending-only": 403}
        return known.get(headers.get("authorization", ""), 401), {"results": {}}

    @staticmethod
    def _error(code: str, message: str, description: str) -> Any:
        return {"errors": [{"code": code, "message": message, "description": description}]}


def _base64_fault(contents: Any) -> str | None:
    for content in contents:
        try:
            base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            return "Invalid attachment content"
    return None


@contextlib.contextmanager
def serve(api: Api) -> Iterator[Api]:
    """Serve in a thread; `api.port` says where."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(api.talk, "127.0.0.1", 0), loop).result(10)
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
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
