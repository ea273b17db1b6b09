"""The simulator over a large history: how many messages a minute one process judges, and how much memory it takes."""

import random
import resource
import time
from typing import Any

import psycopg

from app.history.reading import Span
from app.history.simulate import simulate
from app.moderation.documents import template
from bench.database import SESSION, TENANT, TENANT_SQL, connect
from bench.rows import Row, Say, at_least, at_most, fact, machine
from bench.written import harmless

CHUNK = 50_000
PER_THREAD = 20
TEXTS = 5_000
RATE = 100_000
"""Messages a minute that one core has to judge."""

_SAID = (
    "Good morning, thanks for getting back to me.", "We would like to have the roof done before winter.",
    "Could you have a look at the photos I sent?", "The tiles on the north side are loose, and it leaks when it rains.",
    "That works for us.", "I can start next week if the weather holds.", "What about the gutters?",
    "My partner will be at home in the afternoon.", "Is the price with or without removing the old ones?",
    "It depends on how the beams look once we open it up.", "Great, see you then!", "ok",
)  # fmt: skip
_CONTACTS = (
    "call me at 510-574-7946", "my mail is jo.miller at gmail dot com", "five one zero 574 79 46",
    "insta: @jomiller_roofs",
    "https://jo-roofs.example.com/offer", "come to 1420 Walnut Street, Berkeley", "510", "574", "7946",
)  # fmt: skip

SEED_THREADS = f"""
insert into public.et_threads (tenant_id, id, kind, channel, scope_rule, scope_key, control, staff_readable, last_seq,
  last_rev)
select '{TENANT}', ('00000000-0000-7000-a000-' || lpad(to_hex(g), 12, '0'))::uuid, 'direct', 'in_app', 'explicit',
  'x:simulated-' || g, 'human', false, {PER_THREAD}, {PER_THREAD}
from generate_series(%(first)s::int, %(last)s::int) as g"""

SEED_MESSAGES = f"""
insert into public.et_messages (tenant_id, thread_id, seq, rev, channel, channel_session_id, direction,
  delivery_status, sender_kind, sender, body)
select '{TENANT}', ('00000000-0000-7000-a000-' || lpad(to_hex(1 + g / {PER_THREAD}), 12, '0'))::uuid,
  1 + g %% {PER_THREAD}, 1 + g %% {PER_THREAD}, 'in_app', '{SESSION}', 'internal', 'sent', 'participant',
  'user:' || (g / {PER_THREAD} * 2 + g %% 2) %% 40000, (%(texts)s::text[])[1 + (g * 7919) %% {TEXTS}]
from generate_series(%(first)s::bigint, %(last)s::bigint) as g"""


def run(url: str, messages: int, say: Say) -> list[Row]:
    """Rows of `parley bench simulate`."""
    with connect(url) as connection:
        _fill(connection, messages, say)
    document = template("marketplace") | {"regions": ["US"]}
    began = time.process_time()
    report = simulate(url, document, Span(), show=lambda done, total: say("simulating", done / max(1, total)))
    rate = report.messages / (time.process_time() - began) * 60
    by_clock = report.messages / report.seconds * 60
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        fact("messages judged", report.messages, "messages", f"{report.changed:,} would fare otherwise"),
        at_least(
            "judged in a minute of one core",
            rate,
            "messages",
            RATE,
            f"by the clock, Postgres and all else beside it: {by_clock:,.0f}",
        ),
        at_most(
            "a million messages on one core", 1_000_000 / rate, "min", 10, f"by the clock: {1_000_000 / by_clock:.1f}"
        ),
        at_most("memory of the simulator", memory, "MiB", 300, ""),
        machine(),
    ]


def _fill(connection: psycopg.Connection[Any], messages: int, say: Say) -> None:
    connection.execute(TENANT_SQL)
    texts = _texts(random.Random(21))
    threads = messages // PER_THREAD + 1
    for first in range(1, threads + 1, CHUNK):
        connection.execute(SEED_THREADS, {"first": first, "last": min(first + CHUNK - 1, threads)})
    for first in range(0, messages, CHUNK):
        last = min(first + CHUNK, messages) - 1
        connection.execute(SEED_MESSAGES, {"first": first, "last": last, "texts": texts})
        say(f"filling to {messages:,} messages", last / messages)
    connection.execute("vacuum analyze public.et_messages, public.et_threads")


def _texts(dice: random.Random) -> list[str]:
    """What people write: one to four sentences, figures in some, contact details in one of twelve."""
    made = []
    for _ in range(TEXTS):
        parts = [
            harmless(dice).text if dice.random() < 0.25 else dice.choice(_SAID) for _ in range(dice.randint(1, 4))
        ]  # fmt: skip
        if dice.random() < 1 / 12:
            parts[-1] = dice.choice(_CONTACTS)
        made.append(" ".join(parts))
    return made
