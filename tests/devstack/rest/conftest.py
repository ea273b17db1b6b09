"""A bare Supabase database with the schema of world.sql, and the REST room in front of it."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from devstack.surface.identity import Identity
from devstack.surface.rest import make_app
from devstack.surface.rest.schema import Options
from tests.support.database import Cluster, Database

HS256 = "a-secret-of-the-tests-that-is-long-enough"
PUBLISHABLE, SECRET = "sb_publishable_tests", "sb_secret_tests"
ALICE, BOB = "aaaaaaaa-0000-0000-0000-000000000001", "bbbbbbbb-0000-0000-0000-000000000002"
FAR = 4_102_444_800


def token(role: str, subject: str | None = None, **claims: Any) -> str:
    """A legacy token of the project."""
    body = {"role": role, "exp": FAR, **claims} | ({"sub": subject} if subject else {})
    return jwt.encode(body, HS256, algorithm="HS256")


@pytest.fixture(scope="session")
def identity() -> Identity:
    """The keys of the room."""
    return Identity(
        jwt_secret=HS256,
        signing_key=ec.generate_private_key(ec.SECP256R1()),
        key_id="test",
        publishable=PUBLISHABLE,
        secret=SECRET,
    )


@pytest.fixture(scope="session")
def world_template(cluster: Cluster) -> Iterator[str]:
    """Name of a bare database with the schema of world.sql; never connect to it."""
    made = cluster.create(name=f"rest_{secrets.token_hex(6)}")
    with made.connect() as owner:
        owner.execute("set search_path = public")
        owner.execute(Path(__file__).with_name("world.sql").read_text())
    yield made.name
    made.drop()


@pytest.fixture(scope="module")
def world(cluster: Cluster, world_template: str) -> Iterator[Database]:
    """A database with the schema of world.sql, shared by the tests of one module."""
    made = cluster.create(template=world_template)
    yield made
    made.drop()


def login(world: Database) -> str:
    """How the room enters the database."""
    return world.dsn("authenticator")


class Api:
    """Requests to the room as a client sends them, over ASGI."""

    def __init__(self, client: httpx.AsyncClient, key: str = PUBLISHABLE, bearer: str | None = None) -> None:
        self.client = client
        self.key = key
        self.bearer = bearer

    def by(self, *, key: str = PUBLISHABLE, bearer: str | None = None) -> "Api":
        """The same room, somebody else."""
        return Api(self.client, key, bearer)

    async def __call__(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send one request; a body that is no text is sent as JSON."""
        given = {"apikey": self.key, **({"authorization": f"Bearer {self.bearer}"} if self.bearer else {})}
        content: Any = body
        if body is not None and not isinstance(body, str | bytes):
            content, given["content-type"] = json.dumps(body), "application/json"
        return await self.client.request(method, path, content=content, headers={**given, **(headers or {})})

    async def get(self, path: str, **headers: str) -> Any:
        """The JSON of a read that must succeed."""
        answer = await self("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status_code in (200, 206), answer.text
        return answer.json()


@contextlib.asynccontextmanager
async def living(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app` while its lifespan runs."""
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan"}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rest") as client:
        yield client
    await inbox.put({"type": "lifespan.shutdown"})
    await task


OPTIONS = Options(schemas=("public", "api"), max_rows=None)


@pytest.fixture
async def api(world: Database, identity: Identity) -> AsyncIterator[Api]:
    """The room, asked with the publishable key: as `anon`."""
    async with living(make_app(identity, login(world), OPTIONS)) as client:
        yield Api(client)
