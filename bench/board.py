"""The operations board over a year of a busy tenant: every view, and the two answers the desk asks for.

A year of hours on five channels is added up, as dense as ten million messages make it, and the messages and
conversations themselves are there, too. Times are a staff member's, under row-level security, rows and all.
"""

import time
from typing import Any

import psycopg

from bench import reads
from bench.database import SESSION, TENANT, TENANT_SQL, connect
from bench.rows import Row, Say, at_most, fact, machine, median
from bench.security import Question, measure

TARGET_MS = 100.0
CHUNK = 100_000
DAYS = 365
CHANNELS = "array['email', 'whatsapp', 'telegram', 'sms', 'in_app']"

SEED_MESSAGES = f"""
insert into public.et_messages (tenant_id, thread_id, seq, rev, channel, channel_session_id, direction,
  delivery_status, sender_kind, sender, sender_contact_id, body, external_message_id, control_epoch, based_on_seq,
  created_at)
select '{TENANT}', {reads.THREAD_ID.format(n="(2 + (g * 7919) % <threads>)")}, g, g, ({CHANNELS})[1 + g % 5],
  '{SESSION}', case when g % 10 < 6 then 'inbound' else 'outbound' end,
  case when g % 10 < 6 then 'inbound_ai_replied' else 'sent' end,
  case when g % 10 < 6 then 'contact' when g % 10 < 9 then 'ai' else 'agent' end,
  case when g % 10 < 6 then 'contact:' || g % 20000 when g % 10 < 9 then 'ai' else 'user:' || g % 40 end,
  case when g % 10 < 6 then '<contact>'::uuid end, repeat('A message of usual length. ', 6), 'board-' || g, 1, 1,
  now() - (<total> - g) * (interval '{DAYS} days' / <total>)
from generate_series(<first>::bigint, <last>::bigint) as g"""

# Labels of an hour or day on a channel: all there are. An hour's ten answers lie in fewer bins than a day's hundreds.
SEED_ROLLUPS = f"""
insert into public.rollups (tenant_id, metric, step, at, channel, label, bin, n)
with labels as (
  select m.metric, l.label, -1 as bin from (values
    ('deliveries', array['sent', 'delivered', 'read', 'failed', 'bounced', 'cancelled', 'unknown']),
    ('attempts', array['accepted', 'rejected', 'retry', 'unknown', 'refused']),
    ('decisions', array['auto_reply', 'follow_up', 'no_reply', 'human_takeover', 'error'])) as m (metric, labels)
  cross join unnest(m.labels) as l (label)
  union all
  select m.metric, l.label, b.bin from (values ('waits', array['inbound', 'outbound']),
    ('responses', array['ai:first', 'ai:following', 'agent:first', 'agent:following'])) as m (metric, labels)
  cross join unnest(m.labels) as l (label) cross join generate_series(24, <bins>) as b (bin)
), of_channels as (
  select l.metric, c.channel, l.label, l.bin from labels as l cross join unnest({CHANNELS}) as c (channel)
), alone as (
  select m.metric, '' as channel, l.label, -1 as bin from (values
    ('moderation', array['approved:rules', 'filtered:rules', 'review:rules', 'blocked:rules', 'approved:person']),
    ('uploads', array['released', 'refused', 'quarantined']),
    ('realtime', array['connections', 'opened', 'closed', 'broken'])) as m (metric, labels)
  cross join unnest(m.labels) as l (label)
  union all
  select 'realtime', '', 'lasted', b.bin from generate_series(24, 2 * <bins>) as b (bin)
  union all
  select 'waits', '', 'moderation', b.bin from generate_series(4, <bins>) as b (bin)
)
select '{TENANT}', f.metric, '<step>', t.at, f.channel, f.label, f.bin, 1 + (extract(epoch from t.at)::bigint % 97)
from generate_series(date_trunc('day', now(), 'UTC') - interval '<first> days',
  date_trunc('<step>', now(), 'UTC') - interval '<last> days', interval '1 <step>') as t (at)
cross join (select * from of_channels union all select * from alone) as f
on conflict do nothing"""

VIEWS = (
    "volume", "deliveries", "attempts", "responses", "waits", "decisions", "moderation", "uploads", "connections",
    "errors",
)  # fmt: skip
BINS = (
    "select seconds, sum(n) from public.board_bins where metric = 'responses' and label = 'ai:first' and step = 'day'"
    " and at >= now() - interval '30 days' group by seconds"
)
SPANS = (("a day", 1, "hour"), ("a week", 7, "hour"), ("a month", 30, "day"), ("a quarter", 92, "day"))
LIVE = ("people", "threads", "queues", "connected", "freshness")


def questions() -> list[Question]:
    """What is asked."""
    asked = []
    for view in VIEWS:
        for name, where in (
            ("of a day by the hour", "step = 'hour' and at >= now() - interval '1 day'"),
            ("of a month by the day", "step = 'day' and at >= now() - interval '30 days'"),
        ):
            asked.append(
                Question(f"board_{view} {name}", f"select * from public.board_{view} where {where}", TARGET_MS)
            )
    asked += [Question(f"board_{view}", f"select * from public.board_{view}", TARGET_MS) for view in LIVE]
    asked.append(Question("board_bins of a month, summed", BINS, TARGET_MS))
    for name, days, step in SPANS:
        span = f"now() - interval '{days} days', now(), '{step}'"
        query = f"select public.operations_board({span})"
        asked.append(Question(f"the board of {name} by the {step}", query, TARGET_MS))
    for metric in ("messages", "responses", "errors"):
        span = "now() - interval '7 days', now(), 'hour'"
        query = f"select public.operations_series('{metric}', {span})"
        asked.append(Question(f"{metric} of a week by the hour", query, TARGET_MS))
    return asked


def fill(connection: psycopg.Connection[Any], messages: int, say: Say) -> None:
    """Conversations and messages of a year, not yet counted."""
    threads = max(messages // reads.PER_THREAD, 1)
    for first in range(1, threads + 2, CHUNK):
        connection.execute(reads.SEED_THREADS, {"first": first, "last": min(first + CHUNK - 1, threads + 1)})
        say("making conversations", first / threads)
    row = connection.execute(
        "select private.find_or_create_contact(%s, 'email', 'board@bench.test')", [TENANT]
    ).fetchone()
    connection.execute("alter table public.et_messages disable trigger user")
    for first in range(1, messages + 1, CHUNK):
        last = min(first + CHUNK - 1, messages)
        named = {"threads": threads, "contact": row and row[0], "total": messages, "first": first, "last": last}
        connection.execute(_named(SEED_MESSAGES, named))
        say("writing messages", last / messages)
    connection.execute("alter table public.et_messages enable trigger user")
    connection.execute("vacuum analyze public.et_messages, public.et_threads")


def _named(statement: str, values: dict[str, Any]) -> bytes:
    """A statement with its <names> filled in: its own % are no places of parameters."""
    for name, value in values.items():
        statement = statement.replace(f"<{name}>", str(value))
    return statement.encode()


def count(connection: psycopg.Connection[Any], messages: int, say: Say) -> float:
    """Count everything; messages a second."""
    began, done = time.perf_counter(), 0
    while True:
        row = connection.execute("select private.count_rollups()").fetchone()
        if not row or not row[0]:
            return done / (time.perf_counter() - began)
        done += row[0]
        say("counting them", min(done / messages, 1.0))


def spread(connection: psycopg.Connection[Any], say: Say) -> None:
    """What else a year adds up to."""
    for first in range(DAYS, 0, -30):
        last = max(first - 30, 0)
        for step, bins in (("hour", 33), ("day", 50)):
            connection.execute(_named(SEED_ROLLUPS, {"step": step, "bins": bins, "first": first, "last": last}))
        say("adding up a year", 1 - last / DAYS)
    connection.execute("vacuum analyze public.rollups")


def run(url: str, messages: int, say: Say) -> list[Row]:
    """All rows of `parley bench board`."""
    rows: list[Row] = []
    with connect(url) as connection:
        connection.execute(TENANT_SQL)
        fill(connection, messages, say)
        rows.append(fact("messages counted a second, one housekeeper", count(connection, messages, say), "messages/s"))
        idle = []
        for _ in range(11):
            began = time.perf_counter()
            connection.execute("select private.count_rollups()")
            idle.append((time.perf_counter() - began) * 1000)
        rows.append(at_most("a round with nothing to count, p50", median(idle), "ms", 50.0, f"{messages:,} messages"))
        spread(connection, say)
        connection.execute("set max_parallel_workers_per_gather = 0")
        asked = questions()
        for number, question in enumerate(asked, 1):
            ms, computed = measure(connection, question)
            against = f"{messages:,} messages, RLS on; computing {computed:.0f} ms"
            rows.append(at_most(f"{question.name}, p50", ms, "ms", question.target, against))
            say("asking", number / len(asked))
        size = connection.execute(
            "select count(*), pg_total_relation_size('public.rollups') / 1048576.0 from public.rollups"
        ).fetchone()
        rows.append(fact("rollups of a year on five channels", float(size[0]) if size else None, "rows"))
        rows.append(fact("rollups with their index", float(size[1]) if size else None, "MiB"))
    return [*rows, machine()]
