"""What the security views answer, under a staff member's role and row-level security, over a million judged messages.

Six of seven texts pass; the others are masked, held or stopped, and people have looked at some of them since. Senders
are 20,000 contacts, some of whom try again and again; what they write is about 5,000 bid cards, and the million is half
a year old at most. Beside the time it took stands the processor's part of it, which a busy machine does not change.
"""

import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench import reads
from bench.database import STAFF, TENANT, TENANT_SQL, connect
from bench.rows import Row, Say, at_most, fact, machine, median

CONTACTS = 20_000
CARDS = 5_000
CHUNK = 50_000
RUNS = 5
TARGET_MS = 2000.0
CONTACT_ID = "('00000000-0000-7000-a000-' || lpad(to_hex({n}), 12, '0'))::uuid"
CARD_ID = "('00000000-0000-7000-b000-' || lpad(to_hex({n}), 12, '0'))::uuid"

SEED_PEOPLE = f"""
insert into public.moderation_policies (tenant_id, version, document, created_by)
values ('{TENANT}', 1, '{{}}', 'bench'), ('{TENANT}', 2, '{{}}', 'bench') on conflict do nothing;
insert into public.contacts (tenant_id, id, kind, display_name)
select '{TENANT}', {CONTACT_ID.format(n="g")}, 'provider', 'Provider ' || g from generate_series(0, {CONTACTS - 1}) as g
on conflict do nothing;
insert into public.bid_cards (tenant_id, id, customer_id, title, status)
select '{TENANT}', {CARD_ID.format(n="g")}, {CONTACT_ID.format(n="0")}, 'Card ' || g, 'published'
from generate_series(0, {CARDS - 1}) as g on conflict do nothing"""

SEED_VERDICTS = f"""
with judged as (
  -- Five of a hundred texts are one sender's, in one conversation, within a minute, and none of them is right.
  select m.id as message_id, n.n,
    case when n.n % 100 < 5 then {reads.THREAD_ID.format(n="(n.n / 100)")} else m.thread_id end as thread_id,
    now() - n.n * interval '15 seconds' as at,
    case when n.n % 100 < 5 then 'people' when n.n % 20 = 5 then 'agent' when n.n % 20 = 6 then 'ai' else 'people'
      end as lane,
    case when n.n % 20 between 6 and 15 then 'approved' when n.n % 20 < 4 then 'filtered'
      when n.n % 20 = 4 then 'review' else 'blocked' end as other,
    (array['phone', 'email', 'url', 'address', 'scam', 'harassment'])[1 + n.n % 6] as kind,
    -- A third of what is not right comes from one sender in a hundred.
    case when n.n % 100 < 5 then n.n / 100 % {CONTACTS} when n.n % 3 = 0 then n.n % {CONTACTS // 100}
      else (n.n * 7919) % {CONTACTS} end as sender,
    n.n % 100 < 5 or n.n % 13 < 3 as is_bad
  from public.et_messages as m
  cross join lateral (select substr(m.external_message_id, 7)::bigint as n) as n
  where m.tenant_id = '{TENANT}' and n.n between %(first)s and %(last)s
)
insert into public.moderation_verdicts (tenant_id, message_id, thread_id, lane, stage, policy_version, decider,
  decision, kinds, confidence, sender_contact_id, context_kind, context_id, digest, waited_ms, created_at)
select '{TENANT}', j.message_id, j.thread_id, j.lane, case when j.n % 4 = 0 or j.lane <> 'people' then 'after' else
  'before' end, 1 + (j.n % 2)::integer, case when j.n % 50 = 0 then 'model' else 'rules' end,
  case when j.is_bad then j.other else 'approved' end,
  case when j.is_bad and j.other <> 'approved' then array[j.kind] else '{{}}' end, 0.9,
  case when j.lane = 'people' then {CONTACT_ID.format(n="j.sender")} end, 'bid_card',
  {CARD_ID.format(n="(j.n % " + str(CARDS) + ")")}::text, sha256(int8send(j.n)), 3, j.at
from judged as j order by j.n"""

SEED_DECISIONS = f"""
insert into public.moderation_verdicts (tenant_id, message_id, thread_id, lane, stage, policy_version, decider,
  decision, kinds, confidence, sender_contact_id, context_kind, context_id, digest, decided_by, waited_ms, created_at)
select v.tenant_id, v.message_id, v.thread_id, v.lane, v.stage, v.policy_version, 'person',
  case when hashtext(v.id::text) % 3 = 0 then 'approved' else 'blocked' end, v.kinds, 1, v.sender_contact_id,
  v.context_kind, v.context_id, v.digest, 'user:{STAFF}', 600000, v.created_at + interval '10 minutes'
from public.moderation_verdicts as v
where v.tenant_id = '{TENANT}' and v.decider <> 'person' and (v.decision = 'review' and hashtext(v.id::text) % 10 <> 1
  or v.decision = 'blocked' and hashtext(v.id::text) % 10 = 2)"""

SEED_LOG = f"""
insert into public.blocked_messages_log (tenant_id, message_id, verdict_id, thread_id, sender_contact_id, context_kind,
  context_id, bid_card_id, kinds, policy_version, blocked_at)
select v.tenant_id, v.message_id, v.id, v.thread_id, v.sender_contact_id, v.context_kind, v.context_id,
  v.context_id::uuid, v.kinds, v.policy_version, v.created_at
from public.moderation_verdicts as v where v.tenant_id = '{TENANT}' and v.decision = 'blocked'"""


SEED_REVIEWS = f"""
insert into public.moderation_reviews (tenant_id, message_id, thread_id, verdict_id, digest, origin, lane, kinds,
  policy_version, sender_contact_id, opened_at, due_at, status, decided_at, decision)
select v.tenant_id, v.message_id, v.thread_id, v.id, v.digest, 'verdict', v.lane, v.kinds, v.policy_version,
  v.sender_contact_id, v.created_at, v.created_at + interval '15 minutes',
  case when p.id is null then 'open' else 'decided' end, p.created_at, p.decision
from public.moderation_verdicts as v
left join public.moderation_verdicts as p on p.tenant_id = v.tenant_id and p.message_id = v.message_id
  and p.decider = 'person'
where v.tenant_id = '{TENANT}' and v.decision = 'review'"""

VIEWS = ("days", "threats", "contacts", "bid_cards", "scores", "offenders", "rules", "reviews", "evasions")
GROUPS = ("kind", "day", "contact", "bid_card", "rule")
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


class Question(NamedTuple):
    """One thing a person watching asks."""

    name: str
    query: str
    target: float


def questions() -> list[Question]:
    """Every view over everything, and the functions over a month and over half a year."""
    asked = [
        Question(f"security_{view}", f"select * from public.security_{view} where tenant_id = '{TENANT}'", TARGET_MS)
        for view in VIEWS
    ]
    for name, days in (("a month", 29), ("half a year", 179)):
        span = f"current_date - {days}, current_date"
        asked.append(Question(f"summary of {name}", f"select public.security_summary({span})", TARGET_MS))
        asked += [
            Question(f"{group} by {name}", f"select public.security_analysis('{group}', {span})", TARGET_MS)
            for group in GROUPS
        ]
    card = CARD_ID.format(n="(997)")
    log = f"select * from public.blocked_messages_log as b where b.tenant_id = '{TENANT}' and b.bid_card_id = {card}"
    asked.append(Question("the log of a bid card, newest first", f"{log} order by b.blocked_at desc limit 50", 5.0))
    return asked


def fill(connection: psycopg.Connection[Any], messages: int, say: Say) -> None:
    """A tenant with `messages` messages, each judged."""
    reads.fill(connection, 0, messages, say)
    connection.execute(SEED_PEOPLE)
    # What a verdict sets off (reviews, strikes) is not measured here.
    connection.execute("alter table public.moderation_verdicts disable trigger user")
    for first in range(1, messages + 1, CHUNK):
        last = min(first + CHUNK - 1, messages)
        connection.execute(SEED_VERDICTS.replace("%(first)s", str(first)).replace("%(last)s", str(last)).encode())
        say("judging them", last / messages)
    for statement in (SEED_DECISIONS, SEED_LOG, SEED_REVIEWS):
        connection.execute(statement.encode())
    connection.execute("alter table public.moderation_verdicts enable trigger user")
    connection.execute("vacuum analyze")


def measure(connection: psycopg.Connection[Any], question: Question) -> tuple[float, float]:
    """(median milliseconds, those the backend computed) of one question as its staff asks it, rows and all."""
    claims = {"role": "authenticated", "sub": STAFF, "app_metadata": {"tenant_id": TENANT}}
    taken, computed = [], []
    for _ in range(RUNS):
        with connection.transaction():
            connection.execute("set local role authenticated")
            connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
            began, before = time.perf_counter(), _computed(connection.info.backend_pid)
            connection.execute(question.query.encode()).fetchall()
            taken.append((time.perf_counter() - began) * 1000)
            computed.append(_computed(connection.info.backend_pid) - before)
    return median(taken), median(computed)


def _computed(pid: int) -> float:
    """Milliseconds of processor time a process has used; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * TICK_MS


def run(url: str, messages: int, say: Say) -> list[Row]:
    """All rows of `parley bench security`."""
    rows: list[Row] = []
    with connect(url) as connection:
        connection.execute(TENANT_SQL)
        fill(connection, messages, say)
        # One processor a question, as on a small hosted database; so the computing is all the backend's own, too.
        connection.execute("set max_parallel_workers_per_gather = 0")
        asked = questions()
        for number, question in enumerate(asked, 1):
            ms, computed = measure(connection, question)
            against = f"{messages:,} messages, RLS on; computing {computed:.0f} ms"
            rows.append(at_most(f"{question.name}, p50", ms, "ms", question.target, against))
            say("asking", number / len(asked))
        for what, column in (
            ("verdicts", "count(*)"),
            ("not approved", "count(*) filter (where decision <> 'approved')"),
        ):
            row = connection.execute(f"select {column} from public.moderation_verdicts".encode()).fetchone()
            rows.append(fact(what, row[0] if row else None, "rows"))
        size = connection.execute("select pg_total_relation_size('public.moderation_verdicts')").fetchone()
        rows.append(fact("moderation_verdicts with its indexes", (size[0] if size else 0) / 2**20, "MiB"))
    return [*rows, machine()]
