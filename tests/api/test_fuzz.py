"""Bodies that nobody means: mutated and malformed ones change nothing, near misses make no server error."""

import copy
import json
import random
import re
import string
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from tests.api.kit import Client, World

SEED = 20261121
JUNK: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**63, -(2**63) - 1, 2**200, 1e308, "", "x", "\x00", "a\x00b", "\x1b[31m", "\x85",
    "a" * 5000, "z" * 201_000, "\u202e", " ", [], {}, [None], [[]], ["x" * 300], {"a": "\x00"}, {"": 1}, "🦊" * 200,
    [1] * 60, {str(n): n for n in range(60)}, {"__proto__": {}},
]  # fmt: skip
NEAR: list[Any] = [
    *JUNK, "0197a000-0000-7000-8000-0000000000ff", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "en", "UTC", "email", ["x"],
    {"kind": "email", "address": "a@b"}, {"email": "channel_contact"}, 50, "sent", "owner", ["read"], "+15551234567",
    "a@b.test", "Ann@Bücher.test", {"quiet_hours_start": "21:00"}, {"daily_send_cap": None},
]  # fmt: skip
BROKEN = (b"", b"{", b"}", b"nul", b'{"a":}', b'{"a": 1,}', b"\xff\xfe", b'{"a": "\xff"}', b'{"a": "\xed\xa0\x80"}',
          rb'{"a": "\ud800"}', b"[" * 5000, b'{"a":' * 5000, b"\x00", b"NaN", b'"', b"{'a': 1}")  # fmt: skip


class Route:
    """An operation that takes a body: where it is asked, what it takes, and a good body to spoil."""

    def __init__(self, method: str, url: str, content: Any, components: Any) -> None:
        self.method, self.url, self.example = method, url, content["example"]
        name = content["schema"]["$ref"].rpartition("/")[2]
        self.fields = list(components["schemas"][name]["properties"])
        schema = {**content["schema"], "components": components}
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        self.validator = jsonschema.Draft202012Validator(schema, format_checker=checker)

    def spoiled(self, rng: random.Random) -> bytes:
        """A body that is certainly wrong: no JSON, or JSON that breaks the documented schema."""
        while True:
            if rng.random() < 0.1:
                return self._torn(rng)
            body = self._mutated(rng)
            if not self.validator.is_valid(body):
                return json.dumps(body).encode()

    def _torn(self, rng: random.Random) -> bytes:
        if rng.random() < 0.4:
            return rng.choice(BROKEN)
        text = json.dumps(self.example).encode()
        return text[: rng.randrange(1, len(text))]

    def _mutated(self, rng: random.Random) -> Any:
        body = copy.deepcopy(self.example)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            holder, key = rng.choice(list(places(body)))
            kind = rng.random()
            if holder is None:
                return copy.deepcopy(rng.choice(JUNK))
            if kind < 0.7:
                holder[key] = copy.deepcopy(rng.choice(JUNK))
            elif kind < 0.85 and isinstance(holder, dict):
                holder[rng.choice(("x", "ID", "__proto__", "\x00", str(key) + " "))] = copy.deepcopy(rng.choice(JUNK))
            else:
                del holder[key]
            if not body:
                break
        return body

    def near(self, rng: random.Random) -> bytes:
        """A body of known fields with values that are right somewhere."""
        made = {name: rng.choice(NEAR) for name in self.fields if rng.random() < 0.7}
        if rng.random() < 0.05:
            made["".join(rng.choices(string.printable, k=5))] = rng.choice(NEAR)
        return json.dumps(made).encode()


def places(body: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document: the whole, then (holder, key) of what it holds."""
    yield None, None
    stack = [body]
    while stack:
        holder = stack.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            yield holder, key
            stack.append(holder[key])


@pytest.fixture(scope="module")
def routes(url: str, world: World) -> list[Route]:
    """All operations that take a body, asked of things that exist, so that a good body would change them."""
    message, thread = world.mail(world.acme)
    contact = world.one("select contact_id from public.et_threads where id = %s", thread)
    faq = world.one("insert into public.faq_entries (tenant_id, question, keywords, answer)"
                    " values (%s, 'q', '{q}', 'a') returning id", world.acme.id)  # fmt: skip
    stopped = world.stopped(world.acme, thread, message)
    known = {
        "review_id": stopped["moderation_review"], "mute_id": stopped["contact_mute"], "thread_id": thread,
        "contact_id": contact, "version": 1, "session_id": world.acme.session_id, "faq_id": faq, "name": "p",
        "context_kind": "job", "context": "7",
        "user_id": world.acme.people["agent"], "message_id": message,
        "task_id": world.task(world.acme, "by-telephone@example.com"),
        "attachment_id": uuid.uuid4(),
        "note_id": world.one("insert into public.thread_notes (tenant_id, thread_id, note, author) values (%s, %s, 'n', %s)"
                             " returning id", world.acme.id, thread, f"user:{world.acme.people['agent']}"),
        **{"fee_id" if kind == "connection_fee" else f"{kind}_id": made for kind, made in world.market(world.acme).items()},
    }  # fmt: skip
    document = Client(url).get("/openapi.json").json()
    return [
        Route(method.upper(), re.sub(r"\{(\w+)\}", lambda hit: str(known[hit[1]]), path),
              operation["requestBody"]["content"]["application/json"], document["components"])
        for path, item in document["paths"].items() for method, operation in item.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]  # fmt: skip


def rows(world: World) -> dict[str, Any]:
    """Every table with the number and a digest of its rows."""
    tables = world.db.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'private', 'auth')"
    ).fetchall()
    return {
        table: world.db.execute(f"select count(*), sum(hashtextextended(t::text, 0)::numeric) from {table} as t").fetchone()
        for (table,) in tables
    }  # fmt: skip


def ask(client: Client, route: Route, body: bytes) -> Any:
    """One request, as JSON."""
    return client.http.request(route.method, route.url, content=body, headers={"content-type": "application/json"})


def spoil_all(client: Client, world: World, routes: list[Route], each: int) -> None:
    """`each` spoiled bodies a route: 4xx every time, and not a row of any table is different afterwards."""
    rng = random.Random(SEED)
    before, faults = rows(world), []
    for route in routes:
        for _ in range(each):
            body = route.spoiled(rng)
            answer = ask(client, route, body)
            if not 400 <= answer.status_code < 500 or answer.headers["content-type"] != "application/problem+json":
                faults.append((route.method, route.url, body[:300], answer.status_code, answer.text[:200]))
    assert faults == []
    assert {table: (before[table], now) for table, now in rows(world).items() if now != before[table]} == {}


@pytest.mark.timeout(600)
def test_spoiled_bodies_change_nothing(owner_client: Client, world: World, routes: list[Route]) -> None:
    """Eighty mutated and malformed bodies per operation, as the owner: refused, and nothing is written."""
    assert len(routes) >= 24
    spoil_all(owner_client, world, routes, 80)


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_ten_thousand_spoiled_bodies_change_nothing(owner_client: Client, world: World, routes: list[Route]) -> None:
    """The same with ten thousand bodies per operation."""
    spoil_all(owner_client, world, routes, 10_000)


@pytest.mark.timeout(600)
def test_near_misses_make_no_server_error(client: Callable[..., Client], world: World, routes: list[Route]) -> None:
    """Values that are right in another place: accepted or refused, never a fault of ours. In a tenant of its own."""
    rng = random.Random(SEED)
    owner = client(world.birch.token("owner"))
    faults = []
    for route in routes:
        for _ in range(60):
            body = route.near(rng)
            answer = ask(owner, route, body)
            if answer.status_code >= 500:
                faults.append((route.method, route.url, body[:300], answer.text[:200]))
    assert faults == []
    assert owner.get("/v1/tenant").status_code == 200 and uuid.UUID(owner.get("/v1/me").json()["tenant_id"])
