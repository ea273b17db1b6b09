"""From the API call that sends a message to the other person's screen: Chromium shows him the chat of the example."""

import json
import subprocess
from typing import Any

import httpx
import psycopg

from app.settings import PROJECT, Settings, process_environment, read_json
from bench.rows import Row, Say, at_most, fact, machine, percentile
from devstack import bridge

PACKAGES = PROJECT / "tests" / "browser"
SENDER, READER = "ann@homes.test", "ben@builds.test"
COUNT = 100
PAUSE_MS = 100
AGAINST = "call begun → in the page of the other browser, one sender, one reader"


def run(settings: Settings, say: Say) -> list[Row]:
    """The rows; needs API and surface of a throw-away stack, Node and the browser of the tests."""
    node = bridge.node()
    if node is None or not (PACKAGES / "node_modules").is_dir():
        return [fact("send → screen p95", None, "ms", "not measured: Node or the browser is missing, see `make setup`")]
    keys = read_json(settings.home_dir / "keys.json")
    token, thread_id = _prepare(settings, keys)
    say("screen", 0.1)
    told = {
        "packages": str(PACKAGES), "chatUrl": f"{settings.supabase_url}/chat/", "threadId": thread_id, "token": token,
        "apiUrl": f"http://{settings.api_host}:{settings.api_port}", "email": READER, "password": keys["demo_password"],
        "count": COUNT, "pauseMs": PAUSE_MS,
    }  # fmt: skip
    done = subprocess.run(
        [node, str(PROJECT / "bench" / "screen.mjs")], env={**process_environment(), "BENCH": json.dumps(told)},
        stdout=subprocess.PIPE, text=True, check=True, timeout=180,
    )  # fmt: skip
    say("screen", 1.0)
    measured = json.loads(done.stdout)
    seen, took = measured["seen"], measured["took"]
    return [
        at_most("send → screen p95", percentile(seen, 0.95), "ms", 100.0, AGAINST),
        fact("send → screen p50", percentile(seen, 0.5), "ms", AGAINST),
        fact("send → screen p99", percentile(seen, 0.99), "ms", AGAINST),
        fact("send call p50", percentile(took, 0.5), "ms", "the call alone, which is part of the above"),
        fact("messages shown", len(seen), f"of {COUNT}", "each waited for a second at most"),
        machine(),
    ]


def _prepare(settings: Settings, keys: dict[str, Any]) -> tuple[str, str]:
    """The sender's token and the conversation; his limit of messages a minute is out of the way."""
    with psycopg.connect(settings.database_url, autocommit=True) as owner:
        owner.execute(
            "insert into public.message_limits (tenant_id, channel, kind, max_value)"
            " select id, 'in_app', 'sends_per_minute', 100000 from public.tenants where slug = 'acme'"
            " on conflict (tenant_id, channel, kind) do update set max_value = excluded.max_value"
        )
    credentials = {"email": SENDER, "password": keys["demo_password"]}
    with httpx.Client(base_url=settings.supabase_url, headers={"apikey": keys["publishable_key"]}) as client:
        signed_in = client.post("/auth/v1/token", params={"grant_type": "password"}, json=credentials)
        token = signed_in.raise_for_status().json()["access_token"]
        listed = client.post("/rest/v1/rpc/list_conversations", json={}, headers={"Authorization": f"Bearer {token}"})
        return token, listed.raise_for_status().json()["items"][0]["thread_id"]
