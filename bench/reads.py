"""What clients read all day, under their role and row-level security, at 100,000 messages and at many more.

Messages lie scattered over the table as they do when many threads talk at once; one thread of the tenant is busy, and
one provider takes part in 5,000 threads. Times are Postgres's own execution times (planning apart), so that they say
what grows with the data.
"""

import json
from typing import Any, NamedTuple

import psycopg

from bench.database import PROVIDER, SESSION, STAFF, TENANT, TENANT_SQL, connect
from bench.rows import Row, Say, at_most, fact, machine, median

SMALL = 100_000
CHUNK = 50_000
RUNS = 41
PER_THREAD = 10
PROVIDER_THREADS = 5000
BUSY = "00000000-0000-7000-9000-000000000001"
THREAD_ID = "('00000000-0000-7000-9000-' || lpad(to_hex({n}), 12, '0'))::uuid"

SEED_THREADS = f"""
insert into public.et_threads (tenant_id, id, channel, channel_session_id, scope_rule, scope_key, subject, folder,
  status, last_seq, last_rev, last_inbound_seq, unread_count, last_message_at, last_direction, preview)
select '{TENANT}', {THREAD_ID.format(n="g")}, 'email', '{SESSION}', 'explicit', 'x:bench-' || g, 'Subject ' || g,
  case when g %% 10 = 0 then 'spam' else 'inbox' end, case when g %% 3 = 0 then 'closed' else 'open' end,
  {PER_THREAD}, {PER_THREAD}, {PER_THREAD}, 1, now() - g * interval '1 second', 'inbound', 'preview ' || g
from generate_series(%(first)s::int, %(last)s::int) as g"""

SEED_PROVIDER = f"""
insert into public.thread_participants (tenant_id, thread_id, user_id, role)
select '{TENANT}', {THREAD_ID.format(n="g")}, '{PROVIDER}', 'provider' from generate_series(1, {PROVIDER_THREADS}) as g
on conflict do nothing"""

LINK_PROVIDER = f"""
with confirmed as (
  update auth.users set email_confirmed_at = now() where id = '{PROVIDER}' returning id
), found as (
  select private.find_or_create_contact('{TENANT}', 'email', 'provider@bench.test') as id from confirmed
)
select id from found"""

SEED_LIST = f"""
update public.thread_participants
set last_activity_at = now() - (hashtext(thread_id::text) %% 100000) * interval '1 second', title = 'Ann Miller',
  unread_count = (hashtext(thread_id::text) %% 100 = 0)::integer
where user_id = '{PROVIDER}'"""

SEED_MESSAGES = f"""
insert into public.et_messages (tenant_id, thread_id, seq, rev, channel, channel_session_id, direction,
  delivery_status, sender_kind, sender, sender_contact_id, body, external_message_id)
select '{TENANT}', {THREAD_ID.format(n="p.thread")}, p.seq, p.seq, 'email', '{SESSION}', 'inbound',
  'inbound_ai_replied', 'contact', 'contact:' || %(contact)s::text, %(contact)s,
  repeat('A message of usual length. ', 6), 'bench-' || g
from generate_series(%(first)s::bigint, %(last)s::bigint) as g
cross join lateral (
  select case when g %% 1000 = 0 then 1 else 2 + (g * 7919) %% %(threads)s end as thread,
    case when g %% 1000 = 0 then g / 1000 else g + 1000000000 end as seq) as p"""

MOVE_HEADS = f"""
update public.et_threads set last_seq = %(seq)s, last_rev = %(seq)s, last_inbound_seq = %(seq)s
where tenant_id = '{TENANT}' and id = '{BUSY}'"""


class Read(NamedTuple):
    """One query, who asks it, and whether it has a target."""

    name: str
    user: str
    tenant: str | None
    query: str


DIRECT = (
    "select m.* from public.et_messages as m where m.tenant_id = '{tenant}' and m.thread_id = '{thread}'"
    " and m.rev > {since} order by m.rev limit 50"
)


def queries(last_rev: int) -> list[Read]:
    """What is measured; `last_rev` is that of the busy thread."""
    since = last_rev - 50
    listed = f"select * from public.list_messages('{BUSY}', {since}, 50)"
    page = DIRECT.format(tenant=TENANT, thread=BUSY, since=since)
    return [
        Read("inbox", STAFF, TENANT, (
            "select t.id, t.subject, t.preview, t.unread_count, t.last_message_at from public.et_threads as t"
            f" where t.tenant_id = '{TENANT}' and t.folder = 'inbox' and t.status = 'open'"
            " order by t.last_message_at desc, t.id desc limit 50")),
        Read("thread page, list_messages()", STAFF, TENANT, listed),
        Read("thread page, select", STAFF, TENANT, page),
        Read("empty poll", STAFF, TENANT, f"select * from public.list_messages('{BUSY}', {last_rev}, 50)"),
        Read("thread page of a provider with 5,000 threads, list_messages()", PROVIDER, None,
             listed),
        Read("thread page of a provider with 5,000 threads, select", PROVIDER, None, page),
        Read("conversations of a provider with 5,000 threads", PROVIDER, None, "select public.list_conversations()"),
        Read("his unread total", PROVIDER, None, "select public.unread_total()"),
        Read("his thread page, poll_messages()", PROVIDER, None, f"select public.poll_messages('{BUSY}', {since})"),
        Read("his empty poll, poll_messages()", PROVIDER, None, f"select public.poll_messages('{BUSY}', {last_rev})"),
    ]  # fmt: skip


def fill(connection: psycopg.Connection[Any], have: int, want: int, say: Say) -> None:
    """Grow the tenant from `have` to `want` messages."""
    phase = f"filling to {want:,} messages"
    threads, before = want // PER_THREAD, have // PER_THREAD
    for first in range(before + 2 if before else 1, threads + 2, CHUNK):
        connection.execute(SEED_THREADS, {"first": first, "last": min(first + CHUNK - 1, threads + 1)})
    connection.execute(SEED_PROVIDER)
    link_provider(connection)
    row = connection.execute(
        "select private.find_or_create_contact(%s, 'email', 'reader@bench.test')", [TENANT]
    ).fetchone()
    for first in range(have + 1, want + 1, CHUNK):
        last = min(first + CHUNK - 1, want)
        connection.execute(SEED_MESSAGES, {
            "contact": row[0] if row else None, "first": first, "last": last, "threads": threads,
        })  # fmt: skip
        say(phase, (first - have) / (want - have))
    connection.execute(MOVE_HEADS, {"seq": want // 1000})
    connection.execute("vacuum analyze public.et_messages, public.et_threads, public.thread_participants")
    say(phase, 1.0)


def link_provider(connection: psycopg.Connection[Any]) -> None:
    """Make the provider a contact who has signed up, with a list of conversations scattered over the table."""
    row = connection.execute(LINK_PROVIDER).fetchone()
    connection.execute(
        "update public.contacts set auth_user_id = %s where tenant_id = %s and id = %s and auth_user_id is null",
        [PROVIDER, TENANT, row and row[0]],
    )
    connection.execute(SEED_LIST.replace("%%", "%"))


def measure(connection: psycopg.Connection[Any], read: Read) -> tuple[float, int]:
    """(median milliseconds, buffers touched) of one query as its user."""
    claims: dict[str, Any] = {"role": "authenticated", "sub": read.user}
    if read.tenant:
        claims["app_metadata"] = {"tenant_id": read.tenant}
    times, buffers = [], 0
    with connection.transaction():
        connection.execute("set local role authenticated")
        connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
        for _ in range(RUNS):
            row = connection.execute(f"explain (analyze, buffers, timing off, format json) {read.query}").fetchone()
            plan = row[0][0] if row else {}
            times.append(float(plan["Execution Time"]))
            buffers = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return median(times), buffers


def run(url: str, messages: int, say: Say) -> list[Row]:
    """All rows of `parley bench reads`."""
    rows: list[Row] = []
    with connect(url) as connection:
        connection.execute(TENANT_SQL)
        fill(connection, 0, SMALL, say)
        small = {read.name: measure(connection, read) for read in queries(SMALL // 1000)}
        if messages > SMALL:
            fill(connection, SMALL, messages, say)
        for read in queries(max(messages, SMALL) // 1000):
            ms, buffers = measure(connection, read)
            before_ms, before_buffers = small[read.name]
            against = f"{SMALL:,} messages: {before_ms:.3f} ms, {before_buffers} buffers"
            rows += [
                at_most(f"{read.name}, p50", ms, "ms", 1.0, f"{max(messages, SMALL):,} messages, RLS on"),
                at_most(f"{read.name}, buffers", buffers, "buffers", 60, f"{max(messages, SMALL):,} messages, RLS on"),
                at_most(f"{read.name}, growth", ms / before_ms, "×", 1.1, against),
            ]
        size = connection.execute("select pg_total_relation_size('public.et_messages')").fetchone()
        rows.append(fact("et_messages with its indexes", (size[0] if size else 0) / 2**20, "MiB", ""))
    return [*rows, machine()]
