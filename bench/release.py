"""How long a message waits for the moderator when its sender does not go through the API: committed over an RPC, as
supabase-js does it, until its recipient may read it. The real worker, woken by the commit, is another process.
"""

import asyncio
import json
import time
import uuid
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
TEXTS = ("See you on Tuesday, then.", "Could you send me the plan of the kitchen?", "Yes, that is fine with us.")


async def _prepare(owner: psycopg.AsyncConnection[Any]) -> tuple[dict[str, Any], uuid.UUID]:
    """A tenant with a policy, two people of it, and their conversation: the claims of one, and its id."""

    async def one(query: str, *values: Any) -> Any:
        row = await (await owner.execute(query, values)).fetchone()
        return row[0] if row else None

    tenant = await one(
        "insert into public.tenants (slug, name) values (%s, 'Bench') returning id", f"bench-{uuid.uuid4().hex[:8]}"
    )
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
    return claims, thread


async def _sender(url: str, claims: dict[str, Any]) -> psycopg.AsyncConnection[Any]:
    """A connection that acts as a signed-in person, as PostgREST's does."""
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await connection.execute("select set_config('request.jwt.claims', %s, false)", [json.dumps(claims)])
    await connection.execute("set role authenticated")
    return connection


async def _run(settings: Settings, say: Say) -> list[Row]:
    owner = await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True)
    async with owner:
        claims, thread = await _prepare(owner)
        waits: list[float] = []
        async with await _sender(settings.database_url, claims) as sender:
            await _send(sender, owner, thread, WARM_UP, lambda _phase, _done: None)
            waits = await _send(sender, owner, thread, int(RATE * SECONDS), say)
    return [
        at_most("release p95", percentile(waits, 0.95), "ms", 50.0, AGAINST),
        fact("release p50", percentile(waits, 0.5), "ms", AGAINST),
        fact("release p99", percentile(waits, 0.99), "ms", AGAINST),
        machine(),
    ]


async def _send(
    sender: psycopg.AsyncConnection[Any], owner: psycopg.AsyncConnection[Any], thread: uuid.UUID, count: int, say: Say
) -> list[float]:
    """Milliseconds from each commit until the message is approved."""
    sent: dict[str, float] = {}
    waits: list[float] = []
    watching = asyncio.create_task(_watch(owner, sent, waits, count))
    started = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / RATE - time.monotonic()))
        row = await (await sender.execute(
            "select public.send_message(%s, %s, %s)", [thread, TEXTS[number % len(TEXTS)], uuid.uuid4().hex]
        )).fetchone()  # fmt: skip
        assert row is not None
        sent[row[0]["message_id"]] = time.perf_counter()
        say("releases", (number + 1) / count)
    await asyncio.wait_for(watching, GIVE_UP_S)
    return waits


async def _watch(owner: psycopg.AsyncConnection[Any], sent: dict[str, float], waits: list[float], count: int) -> None:
    """Look, again and again, which of what was sent may be read by now."""
    while len(waits) < count:
        if sent:
            cursor = await owner.execute(
                "select id::text from public.et_messages where id = any(%s::uuid[]) and moderation_status = 'approved'",
                [list(sent)],
            )
            now = time.perf_counter()
            waits.extend((now - sent.pop(name)) * 1000 for (name,) in await cursor.fetchall())
        await asyncio.sleep(LOOK_S)


def run(settings: Settings, say: Say) -> list[Row]:
    """The rows; needs the moderator of a throw-away stack."""
    return asyncio.run(_run(settings, say))
