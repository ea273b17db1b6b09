"""The surface on a database of its own, two users and a stranger, and raw HTTP to its Storage."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.database import Database
from tests.support.surface import LocalProject

POLICIES = """
create policy t_select on storage.objects for select to authenticated
using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
create policy t_insert on storage.objects for insert to authenticated
with check (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
create policy t_update on storage.objects for update to authenticated
using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
create policy t_delete on storage.objects for delete to authenticated
using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
"""
PNG = {"content-type": "image/png"}


@dataclass
class User:
    """Somebody with a token: what he sends goes to `/storage/v1` as he."""

    id: uuid.UUID
    http: httpx.Client

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, its path as it is: httpx encodes what is not encoded, and resolves nothing."""
        return self.http.request(method, f"/storage/v1/{path}", **options)

    def upload(self, name: str, body: Any = b"x", *, bucket: str = "files", **headers: str) -> httpx.Response:
        """POST an object of the user's own folder."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", f"object/{bucket}/{self.id}/{name}", content=body, headers=PNG | given)

    def download(self, name: str, *, bucket: str = "files", **headers: str) -> httpx.Response:
        """GET one."""
        return self.ask("GET", f"object/{bucket}/{self.id}/{name}", headers=headers)


class World:
    """A running surface with the buckets `files` (policies above) and `public`, and nobody's policies elsewhere."""

    def __init__(self, database: Database, home: Path) -> None:
        self.local = LocalProject(database, home)
        self.database = database
        self.owner: psycopg.Connection[Any] = database.connect()
        self.owner.execute(POLICIES.encode())
        self.clients: list[httpx.Client] = []
        self.service = self.user(role="service_role")
        for name, public in (("files", False), ("public", True)):
            made = self.service.ask("POST", "bucket", json={"name": name, "public": public})
            assert made.status_code == 200, made.text

    def user(self, **claims: Any) -> User:
        """A new user."""
        made = uuid.uuid4()
        return User(made, self.client(authorization=f"Bearer {self.local.project.token(made, **claims)}"))

    def client(self, **headers: str) -> httpx.Client:
        """A client that sends `headers`."""
        client = httpx.Client(base_url=self.local.project.url, headers=headers, timeout=60)
        self.clients.append(client)
        return client

    @property
    def folder(self) -> Path:
        """Where this database's files lie."""
        [found] = [path for path in (self.local.room.home / "storage").iterdir() if path.is_dir()]
        return found

    def files(self, part: str = "objects") -> list[Path]:
        """Every file below it."""
        return sorted(path for path in (self.folder / part).rglob("*") if path.is_file())

    def versions(self) -> list[str]:
        """The versions of all rows."""
        return sorted(version for (version,) in self.owner.execute("select version from storage.objects"))

    def is_whole(self) -> bool:
        """Whether every row has its file and every file its row."""
        return self.versions() == sorted(path.name for path in self.files()) and not self.files("uploads")

    def close(self) -> None:
        """Hang up and end the surface."""
        for client in self.clients:
            client.close()
        self.owner.close()
        self.local.close()


@pytest.fixture(scope="module")
def world(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A surface for the tests of a module."""
    made = World(module_database, tmp_path_factory.mktemp("storage"))
    yield made
    made.close()


@pytest.fixture
def alice(world: World) -> User:
    """A user."""
    return world.user()


@pytest.fixture
def bob(world: World) -> User:
    """Another one, a stranger to the first."""
    return world.user()
