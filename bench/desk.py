"""The desk in Chromium over a tenant with 100,000 conversations: what arrives, what is painted when, what it holds."""

import gzip
import json
import subprocess
from pathlib import Path

import psycopg

from app.settings import PROJECT, Settings, process_environment, read_json
from bench.rows import Row, Say, at_most, fact, machine, percentile
from devstack import bridge

PACKAGES = PROJECT / "tests" / "browser"
BUILT = PROJECT / "dashboard" / "dist" / "assets"
THREADS, CHUNK, LONG, PER_LONG = 100_000, 2000, 200, 120
TENANT, SESSION = "0197a000-0000-7000-8000-000000000001", "0197a000-0000-7000-8000-000000000011"
COLLEAGUE, READER = "agent@acme.test", "owner@acme.test"
OPENED, SENT, KEYS = 40, 40, 60
AGAINST = f"{THREADS:,} conversations in the tenant, one browser"
TIMEOUT_S = 300

SEED = f"""
with people as (
  insert into public.contacts (tenant_id, display_name)
  select '{TENANT}', 'Person ' || g from generate_series(%(first)s::int, %(last)s::int) as g returning id
), numbered as (
  select id, row_number() over () + %(first)s - 1 as n from people
), addresses as (
  insert into public.contact_identities (tenant_id, contact_id, kind, address)
  select '{TENANT}', id, 'email', 'person-' || n || '@desk.test' from numbered
)
insert into public.et_threads (tenant_id, channel, channel_session_id, contact_id, scope_rule, scope_key, folder,
  status, control, last_seq, last_rev, last_inbound_seq, unread_count, last_message_at, last_direction, preview)
select '{TENANT}', 'email', '{SESSION}', id, 'explicit', 'x:desk-' || n, 'inbox', 'open', 'human',
  case when n <= {LONG} then {PER_LONG} else 0 end, case when n <= {LONG} then {PER_LONG} else 0 end,
  case when n <= {LONG} then {PER_LONG} else 0 end, (n %% 7 = 0)::integer, now() - n * interval '1 minute', 'inbound',
  'What they wrote last, ' || n
from numbered"""
SEED_MESSAGES = f"""
insert into public.et_messages (tenant_id, thread_id, seq, rev, channel, channel_session_id, direction,
  delivery_status, sender_kind, sender, sender_contact_id, body, external_message_id)
select t.tenant_id, t.id, s, s, 'email', '{SESSION}', 'inbound', 'inbound_human_takeover', 'contact',
  'contact:' || t.contact_id, t.contact_id, repeat('A message of usual length. ', 6), 'desk-' || t.id || s
from public.et_threads as t cross join generate_series(1, {PER_LONG}) as s
where t.tenant_id = '{TENANT}' and t.last_seq = {PER_LONG}"""
UNBOUND = f"update public.tenant_settings set sends_per_minute = 100000 where tenant_id = '{TENANT}'"


def run(settings: Settings, say: Say) -> list[Row]:
    """The rows; needs API and surface of a throw-away stack, the built desk, Node and the browser of the tests."""
    node = bridge.node()
    if node is None or not (PACKAGES / "node_modules").is_dir() or not BUILT.is_dir():
        return [fact("desk", None, "ms", "not measured: the desk, Node or the browser is missing, see `make setup`")]
    with psycopg.connect(settings.database_url, autocommit=True) as owner:
        owner.execute(UNBOUND)
        for first in range(1, THREADS, CHUNK):  # each new conversation holds a lock for its contact
            owner.execute(SEED, {"first": first, "last": first + CHUNK - 1})
            say("desk", first / THREADS / 2)
        owner.execute(SEED_MESSAGES)
        owner.execute("vacuum analyze")
    password = read_json(settings.home_dir / "keys.json")["demo_password"]
    told = {
        "packages": str(PACKAGES), "url": f"http://{settings.api_host}:{settings.api_port}/dashboard/",
        "reader": READER, "colleague": COLLEAGUE, "password": password, "opened": OPENED, "sent": SENT, "keys": KEYS,
    }  # fmt: skip
    done = subprocess.run(
        [node, str(PROJECT / "bench" / "desk.mjs")], env={**process_environment(), "BENCH": json.dumps(told)},
        stdout=subprocess.PIPE, text=True, check=True, timeout=TIMEOUT_S,
    )  # fmt: skip
    say("desk", 1.0)
    return [*_sizes(), *_rows(json.loads(done.stdout)), machine()]


def _sizes() -> list[Row]:
    """What a browser fetches, as it travels."""
    packed = {
        path: len(gzip.compress(path.read_bytes(), 9)) / 1000 for path in BUILT.iterdir() if path.suffix != ".map"
    }
    first = [path for path in packed if path.name.startswith("index-")]
    lazy = [size for path, size in packed.items() if path not in first]

    def of(suffix: str, paths: list[Path]) -> float:
        return sum(packed[path] for path in paths if path.suffix == suffix)

    against = "gzip, from this server alone"
    return [
        at_most("JavaScript of the first visit", of(".js", first), "kB", 240.0, against),
        at_most("styles of the first visit", of(".css", first), "kB", 15.0, against),
        at_most("largest part loaded later", max(lazy), "kB", 40.0, against),
    ]


def _rows(seen: dict[str, list[float]]) -> list[Row]:
    """What the browser measured; times in ms."""

    def p95(name: str) -> float:
        return percentile(seen[name], 0.95)

    return [
        at_most("first paint, cold", p95("coldPaint"), "ms", 1000.0, "signed out: the sign-in"),
        at_most("first paint, warm", p95("warmPaint"), "ms", 400.0, "a reload, signed in"),
        at_most("conversation opened p95", p95("opened"), "ms", 500.0, f"{AGAINST}; {OPENED} never opened before"),
        at_most("conversation opened again p95", p95("reopened"), "ms", 100.0, AGAINST),
        at_most("key → frame p95", p95("keys"), "ms", 50.0, "j: the next row is marked, and painted"),
        at_most("call of a colleague → painted row p95", p95("painted"), "ms", 1000.0, "aim: 150"),
        at_most("network back → consistent p95", p95("consistent"), "ms", 3000.0, "two seconds offline, one missed"),
        at_most("nodes of the document", max(seen["nodes"]), "", 400.0, "after 2,000 rows were scrolled through"),
        at_most("memory of the page", max(seen["heapMb"]), "MB", 80.0, "JavaScript heap at the end"),
        at_most("requests to open a conversation", max(seen["requests"]), "", 4.0, AGAINST),
    ]  # fmt: skip
