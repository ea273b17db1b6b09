"""How long a message, and the title of a project, wait for the moderator when they do not go through the API: committed
over an RPC, as supabase-js does it, until others may read them. The worker, woken by the commit, is another process.
"""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg

from app.settings import Settings
from bench.rows import Row, Say, at_most, fact, machine, percentile

RATE = 20.0
"""Messages a second: a large tenant on a busy evening."""
SECONDS = 15.0
WARM_UP = 20
LOOK_S = 0.001
GIVE_UP_S = 10.0
AGAINST = "RPC committed → approved by the moderator, rules only, 20 messages/s"
WORDS_AGAINST = "RPC committed → title of a project in its row, rules only, 20 projects/s"
TEXTS = ("See you on Tuesday, then.", "Could you send me the plan of the kitchen?", "Yes, that is fine with us.")


@dataclass(frozen=True)
class Written:
    """What is written: a call that takes a text and answers the id, and which of these ids others may read by now."""

    call: str
    to: Any
    id: str
    readable: str


def message(thread: uuid.UUID) -> Written:
    """One in a conversation."""
    return Written(
        "select public.send_message(%(to)s, %(text)s, %(key)s)", thread, "message_id",
        "select id::text from public.et_messages where id = any(%s::uuid[]) and moderation_status = 'approved'",
    )  # fmt: skip


def project(slug: str) -> Written:
    """A project's title."""
    return Written(
        "select public.create_project(jsonb_build_object('title', %(text)s::text), %(to)s)", slug, "id",
        "select id::text from public.projects where id = any(%s::uuid[]) and title <> '…'",
    )  # fmt: skip


async def _prepare(owner: psycopg.AsyncConnection[Any]) -> tuple[dict[str, Any], uuid.UUID, str]:
    """A tenant with a policy, two people and their conversation: the claims of one, its id, the tenant's slug."""

    async def one(query: str, *values: Any) -> Any:
        row = await (await owner.execute(query, values)).fetchone()
        return row[0] if row else None

    slug = f"bench-{uuid.uuid4().hex[:8]}"
    tenant = await one("insert into public.tenants (slug, name) values (%s, 'Bench') returning id", slug)
    await owner.execute(
        "update public.tenant_settings set sends_per_minute = 100000, chat_policy = 'anyone' where tenant_id = %s",
        [tenant],
    )
    policy = {"regions": ["US"], "lanes": {"people": {"before": {}, "after": {}}}}
    await owner.execute(
        "insert into public.moderation_policies (tenant_id, version, document, created_by) values (%s, 1, %s, 'bench')",
        [tenant, json.dumps(policy)],
    )
    await owner.execute(
        "insert into public.active_moderation (tenant_id, version, activated_by) values (%s, 1, 'bench')", [tenant]
    )
    users, contacts = [], []
    for _ in range(2):
        email = f"{uuid.uuid4().hex}@bench.test"
        users.append(await one(
            "insert into auth.users (id, email, email_confirmed_at) values (gen_random_uuid(), %s, now()) returning id",
            email,
        ))  # fmt: skip
        contacts.append(await one("insert into public.contacts (tenant_id) values (%s) returning id", tenant))
        await owner.execute(
            "insert into public.contact_identities (tenant_id, contact_id, kind, address) values (%s, %s, 'email', %s)",
            [tenant, contacts[-1], email],
        )
        await owner.execute("update public.contacts set auth_user_id = %s where id = %s", [users[-1], contacts[-1]])
    claims = {"sub": str(users[0]), "role": "authenticated", "app_metadata": {}}
    thread = await one("select private.open_conversation(%s, %s, %s)", tenant, *contacts)
    return claims, thread, slug


async def _sender(url: str, claims: dict[str, Any]) -> psycopg.AsyncConnection[Any]:
    """A connection that acts as a signed-in person, as PostgREST's does."""
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await connection.execute("select set_config('request.jwt.claims', %s, false)", [json.dumps(claims)])
    await connection.execute("set role authenticated")
    return connection


async def _run(settings: Settings, say: Say) -> list[Row]:
    owner = await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True)
    async with owner:
        claims, thread, slug = await _prepare(owner)
        async with await _sender(settings.database_url, claims) as sender:
            await _send(sender, owner, message(thread), WARM_UP, lambda _phase, _done: None)
            waits = await _send(sender, owner, message(thread), int(RATE * SECONDS), say)
            words = await _send(sender, owner, project(slug), int(RATE * SECONDS), say)
    return [
        at_most("release p95", percentile(waits, 0.95), "ms", 50.0, AGAINST),
        fact("release p50", percentile(waits, 0.5), "ms", AGAINST),
        fact("release p99", percentile(waits, 0.99), "ms", AGAINST),
        at_most("words p95", percentile(words, 0.95), "ms", 50.0, WORDS_AGAINST),
        machine(),
    ]


async def _send(
    sender: psycopg.AsyncConnection[Any], owner: psycopg.AsyncConnection[Any], what: Written, count: int, say: Say
) -> list[float]:
    """Milliseconds from each commit until others may read it."""
    sent: dict[str, float] = {}
    waits: list[float] = []
    watching = asyncio.create_task(_watch(owner, what, sent, waits, count))
    started = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / RATE - time.monotonic()))
        said = {"to": what.to, "text": TEXTS[number % len(TEXTS)], "key": uuid.uuid4().hex}
        row = await (await sender.execute(what.call, said)).fetchone()
        assert row is not None
        sent[row[0][what.id]] = time.perf_counter()
        say("releases", (number + 1) / count)
    await asyncio.wait_for(watching, GIVE_UP_S)
    return waits


async def _watch(
    owner: psycopg.AsyncConnection[Any], what: Written, sent: dict[str, float], waits: list[float], count: int
) -> None:
    """Look, again and again, which of what was sent may be read by now."""
    while len(waits) < count:
        if sent:
            cursor = await owner.execute(what.readable, [list(sent)])
            now = time.perf_counter()
            waits.extend((now - sent.pop(name)) * 1000 for (name,) in await cursor.fetchall())
        await asyncio.sleep(LOOK_S)


def run(settings: Settings, say: Say) -> list[Row]:
    """The rows; needs the moderator of a throw-away stack."""
    return asyncio.run(_run(settings, say))
