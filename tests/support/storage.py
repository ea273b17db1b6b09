"""Storage for tests: the local surface's own, on a database of the tests, and what tests put there and look for."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from app.settings import Settings
from tests.support.database import Database
from tests.support.surface import LocalProject

BUCKETS = ["parley-attachments", "parley-public"]


class LocalStorage:
    """A running Storage. While it is `away`, processes are told an address nobody answers at."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.local = LocalProject(database, home)
        self.url = self.local.project.url
        self.away = False

    def close(self) -> None:
        """End it."""
        self.local.close()

    def settings(self, **more: Any) -> Settings:
        """Settings of a process that uses it."""
        url = "http://127.0.0.1:9" if self.away else self.url
        return self.database.settings(supabase_url=url, supabase_secret_key=self.local.project.secret_key, **more)

    def ask(self, method: str, path: str, key: str = "", **options: Any) -> httpx.Response:
        """One request to /storage/v1/object/…, with the secret key or as the holder of a token."""
        bearer = key or self.local.project.secret_key
        headers = {"authorization": f"Bearer {bearer}", "apikey": self.local.project.publishable_key if key else bearer}
        headers |= options.pop("headers", {})
        return httpx.request(
            method, f"{self.url}/storage/v1/object/{path}", headers=headers, trust_env=False, **options
        )

    def put(self, bucket: str, path: str, data: bytes, who: Any = None, **headers: str) -> int:
        """Upload an object, as somebody or with the secret key; the status of the answer."""
        key = self.local.project.token(who) if who else ""
        given = {"content-type": "image/jpeg", **headers}
        return self.ask("POST", f"{bucket}/{quote(path)}", key, content=data, headers=given).status_code

    def get(self, bucket: str, path: str, who: Any) -> int:
        """Read an object as somebody; the status of the answer."""
        return self.ask("GET", f"{bucket}/{quote(path)}", self.local.project.token(who)).status_code

    @property
    def objects(self) -> dict[tuple[str, str], bytes]:
        """Everything in the buckets of the chat."""
        with self.database.connect("admin") as admin:
            rows = admin.execute("select bucket_id, name from storage.objects where bucket_id = any(%s)", [BUCKETS])
            return {(b, name): self.ask("GET", f"{b}/{quote(name)}").content for b, name in rows.fetchall()}

    def clear(self) -> None:
        """Nothing is there any more."""
        self.away = False
        for bucket, name in self.objects:
            self.ask("DELETE", bucket, json={"prefixes": [name]})
