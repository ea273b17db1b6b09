"""Full ingest beside a plain INSERT: dedupe, contact, thread, seq, head, work row and wake-up, against a table with
the same columns, defaults, checks and indexes and nothing else.

Both take turns in short slices of one run, so that whatever else the machine does hits both. Work rows are taken away
meanwhile, as workers would, so that most messages make one. Every person has written before: what is measured is a
message in a conversation that goes on, over connections that stay.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bench.database import PEOPLE, SESSION, TENANT, connect, pgbench, pgbench_program, prepare
from bench.rows import Row, Say, at_least, fact, machine, median

FLOOR = """
drop table if exists public.bench_floor;
create table public.bench_floor (like public.et_messages including all);
create sequence if not exists public.bench_floor_seq;
"""
BODY = "Hello, I would like to know your opening hours next week please."
COLUMNS = (
    "tenant_id, channel, channel_session_id, direction, sender_address, body, subject, external_message_id,"
    " content_digest"
)
VALUES = f"'{TENANT}', 'email', '{SESSION}', 'inbound'"
PLACED = "thread_id, seq, rev, delivery_status, sender_kind, sender, sender_contact_id"

ONE_FULL = f"""\\set u random(1, {PEOPLE})
insert into public.et_messages ({COLUMNS}) values
({VALUES}, 'user' || :u || '@bench.test', '{BODY}', 'Hours', gen_random_uuid()::text, sha256('x'));
"""
ONE_FLOOR = f"""\\set u random(1, {PEOPLE})
insert into public.bench_floor ({COLUMNS}, {PLACED}) values
({VALUES}, 'user' || :u || '@bench.test', '{BODY}', 'Hours', gen_random_uuid()::text, sha256('x'),
  ('00000000-0000-7000-8000-' || lpad(:u::text, 12, '0'))::uuid, nextval('public.bench_floor_seq'), 1, 'received',
  'contact', 'contact-x', '{TENANT}');
"""


def batch_scripts(threads: int) -> tuple[str, str]:
    """(full, floor): 100 messages in one statement, from `threads` people."""
    address = f"'user' || (:u + g * {max(1, threads)} / 100) % {PEOPLE} + 1 || '@bench.test'"
    full = f"""\\set u random(1, {PEOPLE})
select count(*) from private.ingest_messages((select jsonb_agg(jsonb_build_object(
  'tenant_id', '{TENANT}', 'channel', 'email', 'channel_session_id', '{SESSION}', 'sender_address', {address},
  'body', '{BODY}', 'subject', 'Hours', 'external_message_id', gen_random_uuid(), 'content_digest', '\\\\x78'))
  from generate_series(1, 100) as g));
"""
    floor = f"""\\set u random(1, {PEOPLE})
insert into public.bench_floor ({COLUMNS}, {PLACED})
select {VALUES}, {address}, '{BODY}', 'Hours', gen_random_uuid()::text, sha256('x'),
  ('00000000-0000-7000-8000-' || lpad(((:u + g * {threads} / 100) % {PEOPLE})::text, 12, '0'))::uuid,
  nextval('public.bench_floor_seq'), 1, 'received', 'contact', 'contact-x', '{TENANT}'
from generate_series(1, 100) as g;
"""
    return full, floor


@contextmanager
def drained(url: str) -> Iterator[None]:
    """Takes work rows away while it lasts, as workers would."""
    stop = threading.Event()

    def drain() -> None:
        with connect(url) as connection:
            while not stop.wait(0.2):
                connection.execute(
                    "delete from private.inbound_work where (tenant_id, thread_id) in ("
                    "select w.tenant_id, w.thread_id from private.inbound_work as w for update skip locked)"
                )

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def compare(
    program: str, url: str, scripts: tuple[str, str], *, clients: int, seconds: float, report: Say, phase: str
) -> tuple[float, float, float]:
    """(median ratio full : floor, median full, median floor) of alternating slices; the first pair only warms up."""
    pairs = []
    slices = 6
    for number in range(slices):
        floor = pgbench(program, url, scripts[1], clients=clients, seconds=seconds)
        with drained(url):
            full = pgbench(program, url, scripts[0], clients=clients, seconds=seconds)
        pairs.append((full / floor, full, floor))
        report(phase, (number + 1) / slices)
    kept = pairs[1:]
    return median([p[0] for p in kept]), median([p[1] for p in kept]), median([p[2] for p in kept])


def run(url: str, seconds: float, say: Say) -> list[Row]:
    """All rows of `parley bench ingest`."""
    program = pgbench_program()
    if program is None:
        return [fact("ingest", None, "", "pgbench not found: install Postgres's client programs")]
    with connect(url) as connection:
        say("preparing", 0.0)
        prepare(connection)
        connection.execute(FLOOR)
        say("preparing", 1.0)
    rows: list[Row] = []
    for clients, target in ((8, 0.65), (16, 0.60)):
        ratio, full, floor = compare(
            program, url, (ONE_FULL, ONE_FLOOR), clients=clients, seconds=seconds, report=say,
            phase=f"{clients} clients",
        )  # fmt: skip
        name = f"full ingest, {clients} clients"
        rows += [
            at_least(
                name, ratio, "of plain INSERT", target, f"plain INSERT into the same columns and indexes: {floor:.0f}/s"
            ),
            fact(f"{name}, messages", full, "1/s", f"floor {floor:.0f}/s"),
        ]
    for threads, target in ((20, 0.30), (100, 0.30)):
        ratio, full, floor = compare(
            program, url, batch_scripts(threads), clients=2, seconds=seconds, report=say,
            phase=f"batch of 100, {threads} threads",
        )  # fmt: skip
        name = f"ingest in batches of 100 over {threads} threads"
        rows += [
            at_least(name, ratio, "of INSERT … SELECT", target, f"100 rows in one plain INSERT: {floor * 100:.0f}/s"),
            fact(f"{name}, messages", full * 100, "1/s", f"floor {floor * 100:.0f}/s"),
        ]
    return [*rows, machine()]
