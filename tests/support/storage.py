"""Supabase Storage in small, on a loopback port: what our own client asks of it with the service key, and no more.

Objects are kept in memory and, as in the real one, each has a row in `storage.objects`.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from app.settings import Settings
from tests.support.database import Database

KEY = "sb_secret_for_tests"


class FakeStorage:
    """A Storage server; `objects` maps (bucket, path) to bytes. Broken while `away`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.objects: dict[tuple[str, str], bytes] = {}
        self.away = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        """What SUPABASE_URL is."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def settings(self, **more: Any) -> Settings:
        """Settings of a process that uses it."""
        return self.database.settings(supabase_url=self.url, supabase_secret_key=KEY, **more)

    def put(self, bucket: str, path: str, data: bytes) -> None:
        """An object is there."""
        with self.database.connect("admin") as admin:
            admin.execute("insert into storage.objects (bucket_id, name) values (%s, %s) on conflict do nothing",
                          [bucket, path])  # fmt: skip
        self.objects[bucket, path] = data

    def remove(self, bucket: str, paths: list[str]) -> None:
        """Objects are gone."""
        with self.database.connect("admin") as admin:
            admin.execute("delete from storage.objects where bucket_id = %s and name = any(%s)", [bucket, paths])
        for path in paths:
            self.objects.pop((bucket, path), None)

    def answer(self, method: str, path: str, body: bytes, key: str) -> tuple[int, bytes]:
        """Status and body of one request."""
        if self.away or key != KEY:
            return (503, b"") if self.away else (401, b"{}")
        signed = re.fullmatch(r"/storage/v1/object/(sign|upload/sign)/([^/]+)/(.+)", path)
        if signed and method == "POST":
            named = f"/object/{signed[1]}/{signed[2]}/{signed[3]}?token=t0ken"
            return 200, json.dumps({"signedURL": named, "url": named}).encode()
        removed = re.fullmatch(r"/storage/v1/object/([^/]+)", path)
        if removed and method == "DELETE":
            self.remove(removed[1], json.loads(body)["prefixes"])
            return 200, b"[]"
        match = re.fullmatch(r"/storage/v1/object/([^/]+)/(.+)", path)
        if match and method == "POST":
            self.put(match[1], unquote(match[2]), body)
            return 200, b"{}"
        data = self.objects.get((match[1], unquote(match[2]))) if match else None
        return (200, data) if data is not None else (400, b'{"statusCode": "404", "error": "not_found"}')

    def _handler(outer) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the request's
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                key = self.headers.get("authorization", "").removeprefix("Bearer ")
                status, data = outer.answer(self.command, urlsplit(self.path).path, body, key)
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler
