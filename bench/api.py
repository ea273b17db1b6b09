"""What a request through the API costs beside a bare handler that does one query, in one process and one run.

The bare handlers are Litestar and psycopg and nothing else: no token, no role, no claims, no row-level security, no
problem documents, no counters; a pooled owner's connection runs one statement and the rows are encoded. The thread page
runs the same query on both sides; the send is compared with the same database function, called by a connection that has
been given its caller for good, and, for information, with a plain insert.

`python -m bench.api` needs a migrated database of its own: see `rows()`.
"""

import asyncio
import json
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import jwt
import msgspec
import psycopg
from litestar import Litestar, get, post
from litestar.params import FromPath, JSONBody
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from app.db import messages as db
from app.domain.messages import Message
from app.http.main import make_app
from app.http.messages import SendMessage
from app.settings import Settings, load

SECRET = "bench-" + uuid.uuid4().hex + uuid.uuid4().hex
REQUESTS = 400
ROUNDS = 3
TARGET = 0.6
Call = Callable[[], Awaitable[int]]


class Place(msgspec.Struct, frozen=True):
    """Where the bench writes: one tenant, one member, one thread with a page of messages."""

    tenant_id: uuid.UUID
    user_id: uuid.UUID
    thread_id: uuid.UUID


def prepare(owner_url: str) -> Place:
    """A tenant of its own with a thread of 60 messages. The database must be one where that does no harm."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        tenant = _one(connection, "insert into public.tenants (slug, name) values (%s, 'Bench') returning id",
                      f"bench-{uuid.uuid4().hex[:8]}")  # fmt: skip
        user = _one(connection, "insert into auth.users (id, email) values (gen_random_uuid(), %s) returning id",
                    f"{uuid.uuid4().hex}@bench.test")  # fmt: skip
        connection.execute("insert into public.tenant_members (tenant_id, user_id) values (%s, %s)", [tenant, user])
        connection.execute("update public.tenant_settings set sends_per_minute = 100000 where tenant_id = %s", [tenant])
        session = _one(
            connection, "insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status,"
            " verified_at) values (%s, 'email', 'smtp', 'b', %s, 'connected', now()) returning id",
            tenant, f"{uuid.uuid4().hex}@bench.test",
        )  # fmt: skip
        for number in range(60):
            thread = _one(
                connection, "insert into public.et_messages (tenant_id, channel, channel_session_id, direction,"
                " delivery_status, sender_kind, sender, sender_address, body, external_message_id)"
                " values (%s, 'email', %s, 'inbound', 'received', 'contact', '', 'a@bench.test', %s, %s)"
                " returning thread_id", tenant, session, f"Message {number}. " + "Some words of it. " * 10,
                uuid.uuid4().hex,
            )  # fmt: skip
        connection.execute(
            "create unlogged table if not exists public.bench_floor (id uuid primary key, thread uuid, body text)"
        )
        connection.execute("vacuum analyze public.et_messages, public.et_threads")
    return Place(tenant, user, thread)


def clean_up(owner_url: str) -> None:
    """Take the floor's table away again."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("drop table if exists public.bench_floor")


def _one(connection: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None


def bare_app(
    pool: AsyncConnectionPool[AsyncConnection[Any]], sending: AsyncConnectionPool[AsyncConnection[Any]]
) -> Litestar:
    """Litestar handlers that do one query and nothing else."""
    page_sql, send_sql = db.QUERIES["page_by_rev"].sql, db.QUERIES["send_message"].sql

    @get("/page/{thread_id:uuid}")
    async def page(thread_id: FromPath[uuid.UUID]) -> list[Message]:
        async with pool.connection() as connection:
            cursor = await connection.execute(page_sql, {"thread_id": thread_id, "since": 0, "limit": 51})
            return [Message(*row[db.HEAD_COLUMNS :]) for row in await cursor.fetchall()]

    @post("/send/{thread_id:uuid}")
    async def send(thread_id: FromPath[uuid.UUID], data: JSONBody[SendMessage]) -> dict[str, Any]:
        params = {**msgspec.structs.asdict(data), "thread_id": thread_id}
        async with sending.connection() as connection:
            row = await (await connection.execute(send_sql, params)).fetchone()
        answer: dict[str, Any] = row[0] if row else {}
        return answer

    @post("/insert/{thread_id:uuid}")
    async def insert(thread_id: FromPath[uuid.UUID], data: JSONBody[SendMessage]) -> dict[str, Any]:
        made = uuid.uuid4()
        async with pool.connection() as connection:
            await connection.execute("insert into public.bench_floor values (%s, %s, %s)", (made, thread_id, data.body))
        return {"id": made}

    return Litestar([page, send, insert], openapi_config=None, logging_config=None)


async def measure(settings: Settings, place: Place) -> dict[str, list[float]]:
    """Milliseconds of every request by kind; ours and bare take turns, so that both see the same machine."""
    claims = {
        "sub": str(place.user_id), "role": "authenticated", "exp": int(time.time()) + 3600,
        "app_metadata": {"tenant_id": str(place.tenant_id)},
    }  # fmt: skip
    token = jwt.encode(claims, SECRET, algorithm="HS256")

    async def as_member(connection: AsyncConnection[Any]) -> None:
        await connection.execute("select set_config('request.jwt.claims', %s, false)", [json.dumps(claims)])

    async def in_tenant(connection: AsyncConnection[Any]) -> None:
        await connection.execute("select set_config('parley.active_tenant', %s, false)", [str(place.tenant_id)])

    def pool(configure: Any) -> AsyncConnectionPool[AsyncConnection[Any]]:
        return AsyncConnectionPool(
            settings.database_url, min_size=2, max_size=settings.pool_size, open=False, configure=configure,
            kwargs={"autocommit": True},
        )  # fmt: skip

    reading, sending = pool(in_tenant), pool(as_member)
    await reading.open()
    await sending.open()
    ours = make_app(msgspec.structs.replace(settings, supabase_jwt_secret=SECRET, supabase_jwks_url=""))
    bare = bare_app(reading, sending)
    thread, auth = str(place.thread_id), [(b"authorization", f"Bearer {token}".encode())]
    body = json.dumps({"body": "Thank you, we will be there at nine."}).encode()
    calls = {
        "page": lambda: request(ours, "GET", f"/v1/threads/{thread}/messages", auth),
        "page bare": lambda: request(bare, "GET", f"/page/{thread}", []),
        "send": lambda: request(ours, "POST", f"/v1/threads/{thread}/messages", auth, body),
        "send bare": lambda: request(bare, "POST", f"/send/{thread}", [], body),
        "insert bare": lambda: request(bare, "POST", f"/insert/{thread}", [], body),
    }
    async with Lifespan(ours), Lifespan(bare):
        taken = await _rounds(calls)
    await reading.close()
    await sending.close()
    return taken


async def _rounds(calls: Mapping[str, Call]) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(ROUNDS + 1):
        for name, call in calls.items():
            for _ in range(REQUESTS if number else 50):
                started = time.perf_counter()
                status = await call()
                spent = (time.perf_counter() - started) * 1000
                if status >= 300:
                    raise RuntimeError(f"{name} answered {status}")
                if number:  # the first round only warms up
                    taken[name].append(spent)
    return taken


async def request(app: Any, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> int:
    """One request straight into an ASGI application, without a socket: what is left is the application's own work."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "headers": [*headers, (b"content-type", b"application/json")], "state": {},
    }  # fmt: skip
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    await app(scope, receive, send)
    return status


class Lifespan:
    """Starts and stops an ASGI application as a server would."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._to: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> None:
        """Start it."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._task = asyncio.create_task(self._app(scope, self._to.get, self._from.put))
        await self._say("startup")

    async def __aexit__(self, *_: object) -> None:
        """Stop it."""
        await self._say("shutdown")
        await self._task

    async def _say(self, word: str) -> None:
        await self._to.put({"type": f"lifespan.{word}"})
        answer = await self._from.get()
        if not answer["type"].endswith("complete"):
            raise RuntimeError(f"{word} failed: {answer.get('message')}")


def rows(settings: Settings | None = None) -> list[dict[str, Any]]:
    """Each figure beside what it is measured against: {"name", "value", "unit", "target", "met", "against"}.

    `settings` must lead to a database that may be written to; None reads them from the environment.
    """
    settings = settings or load()
    place = prepare(settings.database_url)
    try:
        taken = run(settings, place)
    finally:
        clean_up(settings.database_url)
    found = []
    for name, bare in (("page", "page bare"), ("send", "send bare"), ("send", "insert bare")):
        ratio = statistics.median(taken[bare]) / statistics.median(taken[name])
        target = TARGET if bare != "insert bare" else None
        found.append(_row(f"api {name}, share of {bare} (median)", ratio, "ratio", target, AGAINST[bare]))
    for name, values in taken.items():
        cuts = statistics.quantiles(values, n=20)
        found.append(_row(f"api {name} p50", statistics.median(values), "ms", None, None))
        found.append(_row(f"api {name} p95", cuts[18], "ms", None, None))
    return found


AGAINST = {
    "page bare": "Litestar + psycopg running the same query as the owner: no token, role, claims or RLS",
    "send bare": "Litestar + psycopg calling the same function on a connection that is the caller for good",
    "insert bare": "Litestar + psycopg inserting one row into an unlogged table without triggers",
}


def run(settings: Settings, place: Place) -> dict[str, list[float]]:
    """Measure on the event loop the API itself uses."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure(settings, place))


def _row(name: str, value: float, unit: str, target: float | None, against: str | None) -> dict[str, Any]:
    met = None if target is None else value >= target
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target, "met": met, "against": against}


if __name__ == "__main__":
    print(json.dumps({"rows": rows()}, indent=2))
