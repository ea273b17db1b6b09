"""A gateway on a real socket, people with tokens, and clients."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import jwt
import psycopg
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from app import realtime
from app.realtime import claims
from app.realtime import gateway as gateway_module
from app.realtime.asgi import App
from app.realtime.limits import Limits
from app.realtime.server import OPTIONS
from tests.support.database import Database
from tests.support.patience import PATIENCE_S

SECRET = "a secret of at least thirty-two bytes for tests"
PUBLISHABLE, SERVER_KEY = "sb_publishable_test", "sb_secret_test"
SPEC = {PUBLISHABLE: {"role": "anon"}, SERVER_KEY: {"role": "service_role"}}
TENANT, OTHER_TENANT = uuid.UUID(int=0xA0), uuid.UUID(int=0xB0)


def token(
    user: Any = None, *, tenant: Any = None, role: str = "authenticated", lasts: float = 600.0, **more: Any
) -> str:
    """A signed token."""
    said: dict[str, Any] = {"role": role, "aud": role, "exp": time.time() + lasts, **more}
    if user is not None:
        said["sub"] = str(user)
    if tenant is not None:
        said["app_metadata"] = {"tenant_id": str(tenant)}
    return jwt.encode(said, SECRET, algorithm="HS256")


class Client:
    """A client that speaks version 2.0.0 by hand, so that a test sees every frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.refs = 0

    async def send(self, topic: str, event: str, payload: Any, *, join_ref: str | None = None) -> str:
        """Send a text frame; returns its ref."""
        self.refs += 1
        await self.socket.send(json.dumps([join_ref, str(self.refs), topic, event, payload]))
        return str(self.refs)

    async def frame(self, event: str, timeout: float = PATIENCE_S) -> Any:
        """The next frame with this event: [join_ref, ref, topic, event, payload]; a binary one as broadcast."""
        async with asyncio.timeout(timeout):
            while True:
                found = read(await self.socket.recv())
                if found[3] == event:
                    return found

    async def told(self, name: str, timeout: float = PATIENCE_S) -> Any:
        """The next broadcast with this name: its payload, `meta` and all."""
        async with asyncio.timeout(timeout):
            while True:
                found = await self.frame("broadcast", timeout)
                if found[4]["event"] == name:
                    return found[4]

    async def join(self, topic: str, access: str | None = None, *, private: bool = True, **config: Any) -> Any:
        """Join `realtime:<topic>`; returns the reply's payload."""
        config = {"private": private, "broadcast": {}, "presence": {}, "postgres_changes": [], **config}
        payload = {"config": config} | ({"access_token": access} if access else {})
        await self.send(f"realtime:{topic}", "phx_join", payload, join_ref=str(self.refs + 1))
        return (await self.frame("phx_reply"))[4]

    async def silent(self, name: str, seconds: float = 0.3) -> None:
        """No broadcast with this name comes."""
        with pytest.raises(TimeoutError):
            await self.told(name, seconds)


def read(data: str | bytes) -> list[Any]:
    """A frame of version 2.0.0, text or binary."""
    if isinstance(data, str):
        found: list[Any] = json.loads(data)
        return found
    sizes, at, parts = data[1:4], 5, []
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    body = json.loads(data[at:]) if data[4] else data[at:]
    payload = {"type": "broadcast", "event": parts[1].decode(), "payload": body}
    if parts[2]:
        payload["meta"] = json.loads(parts[2])
    return [None, None, parts[0].decode(), "broadcast", payload]


class Running:
    """A gateway that serves."""

    def __init__(self, app: App, port: int, database: Database) -> None:
        self.app, self.port, self.database = app, port, database

    @property
    def url(self) -> str:
        """Where Realtime is, as clients that know Supabase expect it."""
        return f"http://127.0.0.1:{self.port}/realtime/v1"

    @asynccontextmanager
    async def client(self, key: str = PUBLISHABLE, **options: Any) -> AsyncIterator[Client]:
        """A connection."""
        address = f"ws://127.0.0.1:{self.port}/realtime/v1/websocket?apikey={key}&vsn=2.0.0"
        async with connect(address, max_size=None, **options) as socket:
            yield Client(socket)

    async def until(self, true: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(
    database: Database, limits: Limits | None = None, public_keys: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Running]:  # fmt: skip
    """A gateway on a free port of this machine."""
    limits = limits or Limits(join_backoff_s=0.0)
    asked = database.settings(supabase_jwt_secret=SECRET, **settings)
    app = realtime.app(asked, resolve_key=SPEC.get, limits=limits, public_keys=public_keys, cors=True)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, **OPTIONS))
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not server.started:
                if task.done():
                    await task
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        running = Running(app, port, database)
        if settings.get("realtime_source", "auto") == "auto":
            # A slot begins once every transaction of the whole cluster has ended, those of other tests, too.
            await running.until(lambda: app.gateway.feed.mode == "replication")
        yield running
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def gateway(module_database: Database) -> AsyncIterator[Running]:
    """A gateway on the module's database."""
    async with serving(module_database) as running:
        yield running


Later = Callable[[float], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """`later(seconds)`: the gateway's clock is that much ahead from now on, so that no token has to run out while we work."""
    ahead = 0.0

    def later(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    clock = SimpleNamespace(time=lambda: time.time() + ahead, monotonic=time.monotonic)
    for module in (claims, gateway_module):
        monkeypatch.setattr(module, "time", clock)
    return later


class People:
    """A tenant with staff and a conversation between two people, and a stranger from elsewhere."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.owner = database.connect()
        self.staff, self.viewer, self.stranger = (self._user(name) for name in ("staff", "viewer", "stranger"))
        self.ann, self.bob = self._user("ann"), self._user("bob")
        self.tenant, self.elsewhere = uuid.uuid4(), uuid.uuid4()
        for tenant, owner in ((self.tenant, self.staff), (self.elsewhere, self.stranger)):
            self.run("insert into public.tenants (id, slug, name) values (%s, %s, 'T')", tenant, f"t-{tenant.hex[:8]}")
            self.run(
                "insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, 'owner')", tenant, owner
            )
        self.run("insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, 'viewer')",
                 self.tenant, self.viewer)  # fmt: skip
        self.thread = self.add_thread(staff_readable=False)
        for user in (self.ann, self.bob):
            self.run("insert into public.thread_participants (tenant_id, thread_id, user_id) values (%s, %s, %s)",
                     self.tenant, self.thread, user)  # fmt: skip

    def _user(self, name: str) -> uuid.UUID:
        made = uuid.uuid4()
        self.run("insert into auth.users (id, email) values (%s, %s)", made, f"{name}-{made.hex[:6]}@test.test")
        return made

    def run(self, statement: str, *values: Any) -> None:
        """Run a statement as the owner."""
        self.owner.execute(statement, values)

    def value(self, statement: str, *values: Any) -> Any:
        """One value."""
        row = self.owner.execute(statement, values).fetchone()
        return row and row[0]

    def add_thread(self, *, staff_readable: bool) -> uuid.UUID:
        """A thread in the app."""
        made = uuid.uuid4()
        self.run(
            "insert into public.et_threads (tenant_id, id, kind, channel, scope_rule, scope_key, staff_readable)"
            " values (%s, %s, 'direct', 'in_app', 'explicit', %s, %s)", self.tenant, made, f"x:{made}", staff_readable,
        )  # fmt: skip
        return made

    def write(self, thread: uuid.UUID, user: uuid.UUID, body: str, **columns: Any) -> uuid.UUID:
        """A message of a participant; returns its id."""
        made = uuid.uuid4()
        row = {
            "tenant_id": self.tenant, "id": made, "thread_id": thread, "channel": "in_app", "direction": "internal",
            "delivery_status": "sent", "sender_kind": "participant", "sender": f"user:{user}", "sender_user_id": user,
            "body": body, **columns,
        }  # fmt: skip
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        self.run(f"insert into public.et_messages ({names}) values ({marks})", *row.values())
        return made

    def say(self, topic: str, payload: dict[str, Any], event: str = "news", *, private: bool = True) -> None:
        """A broadcast from the database."""
        self.run("select realtime.send(%s, %s, %s, %s)", json.dumps(payload), event, topic, private)


@pytest.fixture
def people(module_database: Database) -> Any:
    """Fresh people on the module's database."""
    made = People(module_database)
    yield made
    made.owner.close()


Serve = Callable[..., Awaitable[Running]]
__all__ = ["Client", "People", "Running", "psycopg", "serving", "token"]
