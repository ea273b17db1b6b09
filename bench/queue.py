"""The queues: claim + complete beside peers that do no-op jobs, under a held snapshot, the way from a committed row to
its claim, and what one tenant's flood costs another.

Jobs with nothing to record are the like of a peer's no-op: threads noted as moved whose insight has read everything.
An inbound job is never a no-op: a claim moves the messages of a burst, a completion writes a decision, moves them
again, takes the work row away and tells the insights. The statements are the workers'; only the decider is left out.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from app.db.queries import query
from app.settings import Settings
from bench.database import SESSION, TENANT, arrive, connect, prepare
from bench.peers import graphile_rate, procrastinate_rate
from bench.rows import Row, Say, at_least, at_most, fact, machine, median, percentile

JOBS = 4000
IDLE_JOBS = 20_000
BATCH = 64
IDLE_BATCH = 500
"""As many as graphile-worker's local queue fetches."""
WORKERS = 4
CLAIM = "select c.* from private.claim_inbound(%s, %s, %s) as c"
COMPLETE = "select c.ord, c.result from private.complete_inbound_batch(%s) as c"
DECISION = {
    "action": "no_reply", "intent": "thanks", "confidence": 1, "language": "en", "reasons": ["Nothing to say."],
    "decider": "bench",
}  # fmt: skip


def decided(bursts: list[Any]) -> str:
    """What complete_inbound_batch() is told of claimed bursts: nothing to answer."""
    return json.dumps([
        {"tenant_id": str(row[0]), "thread_id": str(row[1]), "fence": row[2], "last_seq": row[4],
         "decision": {**DECISION, "control_epoch": row[7]}} for row in bursts
    ])  # fmt: skip


def work_off(url: str, seconds: float | None = None) -> int:
    """Claim and complete until nothing is left (or `seconds` are over), as one worker; the number of bursts."""
    done, until = 0, time.monotonic() + (seconds or 600.0)
    watermark: Any = "-infinity"
    with connect(url, prepare_threshold=1) as connection:
        while time.monotonic() < until:
            bursts = connection.execute(CLAIM, ["bench", BATCH, watermark]).fetchall()
            if not bursts:
                if watermark == "-infinity":
                    break
                watermark = "-infinity"  # a full sweep before giving up
                continue
            connection.execute(COMPLETE, [decided(bursts)])
            done += len(bursts)
            watermark = f"{min(row[9] for row in bursts).isoformat()}"
            watermark = connection.execute("select %s::timestamptz - interval '1 s'", [watermark]).fetchone()[0]  # type: ignore[index]
    return done


def put_away(url: str) -> int:
    """Claim and put away threads that have not moved until none is left, as the insights worker does; their number."""
    done = 0
    held: list[Any] = []
    with connect(url, prepare_threshold=1) as connection:
        while True:
            values = {"worker": "bench", "limit": IDLE_BATCH, "after_tenant": None, "full_tenants": []}
            columns = {name: [row[n] for row in held] for n, name in enumerate(("tenant_ids", "thread_ids", "fences"))}
            done += len(held)
            held = connection.execute(query("insights", "claim_insights"), values | columns).fetchall()
            if not held:
                return done


def completion_rate(url: str) -> float:
    """Bursts claimed and completed a second by WORKERS connections, JOBS bursts waiting."""
    with connect(url) as connection:
        arrive(connection, JOBS, people=JOBS)
        connection.execute("vacuum analyze private.inbound_work, public.et_messages, public.et_threads")
    return _rate(lambda: work_off(url))


def idle_rate(url: str) -> float:
    """Jobs with nothing to record claimed and put away a second by WORKERS connections, IDLE_JOBS waiting."""
    with connect(url) as connection:
        connection.execute(
            "insert into public.et_thread_insights (tenant_id, thread_id, summary, read_seq, model, prompt_version)"
            " select tenant_id, id, '', last_seq, 'none', '1' from public.et_threads where tenant_id = %s"
            " on conflict (tenant_id, thread_id) do update set read_seq = excluded.read_seq", [TENANT],
        )  # fmt: skip
        connection.execute("delete from private.insight_work")
        connection.execute(
            "insert into private.insight_work (tenant_id, thread_id)"
            " select tenant_id, id from public.et_threads where tenant_id = %s order by id limit %s",
            [TENANT, IDLE_JOBS],
        )
        connection.execute("vacuum analyze private.insight_work, public.et_thread_insights")
    return _rate(lambda: put_away(url))


def _rate(work: Callable[[], int]) -> float:
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(work())) for _ in range(WORKERS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def held_snapshot(url: str, slices: int, seconds: float, report: Say) -> float:
    """Throughput of the last slice over that of the first, while another transaction keeps an old snapshot."""
    rates = []
    with connect(url) as holder, connect(url) as feeder:
        holder.execute("begin isolation level repeatable read")
        holder.execute("select count(*) from public.tenants")
        for number in range(slices):
            arrive(feeder, 3000, people=3000)
            started = time.perf_counter()
            done = work_off(url, seconds)
            rates.append(done / (time.perf_counter() - started))
            feeder.execute("delete from private.inbound_work")
            report("held snapshot", (number + 1) / slices)
        holder.execute("rollback")
    return rates[-1] / rates[0]


def pickup(url: str, rate: float, seconds: float) -> list[float]:
    """Milliseconds from the commit of a message to its claim, at `rate` messages a second, one listening worker."""
    claimed: dict[str, float] = {}
    committed: dict[str, float] = {}
    to_complete: SimpleQueue[list[Any] | None] = SimpleQueue()
    listening, stop = threading.Event(), threading.Event()

    def claim() -> None:
        with connect(url) as ears, connect(url, prepare_threshold=1) as hands:
            ears.execute("listen et_inbound")
            hands.execute(CLAIM, ["bench", BATCH, "-infinity"])
            listening.set()
            while not stop.is_set():
                for _ in ears.notifies(timeout=0.5, stop_after=1):
                    pass
                until = time.monotonic() + 0.1
                while time.monotonic() < until and not stop.is_set():
                    bursts = hands.execute(CLAIM, ["bench", BATCH, "-infinity"]).fetchall()
                    now = time.perf_counter()
                    for row in bursts:
                        claimed.update(dict.fromkeys((str(one) for one in row[5]), now))
                    if bursts:
                        to_complete.put(bursts)
                        until = time.monotonic() + 0.1
                    else:
                        time.sleep(0.005)

    def complete() -> None:
        with connect(url, prepare_threshold=1) as connection:
            # As the worker does: what became ready during one call goes out with the next.
            while (bursts := to_complete.get()) is not None:
                with contextlib.suppress(Empty):
                    while len(bursts) < BATCH and (more := to_complete.get_nowait()) is not None:
                        bursts = bursts + more
                connection.execute(COMPLETE, [decided(bursts)])

    def send(share: float, seed: int) -> None:
        with connect(url, prepare_threshold=1) as connection:
            listening.wait()
            due, number = time.perf_counter() + seed / rate, 0  # in turn, not all at once
            end = due + seconds
            while due < end:
                time.sleep(max(0.0, due - time.perf_counter()))
                number += 1
                row = connection.execute(
                    "insert into public.et_messages (tenant_id, channel, channel_session_id, direction, sender_address,"
                    " body, external_message_id) values (%s, 'email', %s, 'inbound', %s, 'hello', gen_random_uuid())"
                    " returning id",
                    [TENANT, SESSION, f"user{(seed * 997 + number) % 2000 + 1}@bench.test"],
                ).fetchone()
                committed[str(row[0]) if row else ""] = time.perf_counter()
                due += 1 / share

    senders = [threading.Thread(target=send, args=[rate / 4, n]) for n in range(4)]
    claimer, completer = threading.Thread(target=claim), threading.Thread(target=complete)
    for thread in (claimer, completer, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    time.sleep(1.0)
    stop.set()
    claimer.join()
    to_complete.put(None)
    completer.join()
    return [max(0.0, (claimed[one] - at) * 1000) for one, at in committed.items() if one in claimed]


def run(settings: Settings, seconds: float, say: Say, *, peers: bool) -> list[Row]:
    """All rows of `parley bench queue`."""
    url = settings.database_url
    with connect(url) as connection:
        say("preparing", 0.0)
        prepare(connection, people=IDLE_JOBS)
        say("preparing", 1.0)
    completion_rate(url)
    rows = _beside_peers(url, say, peers=peers)
    share = held_snapshot(url, 5, seconds, say)
    rows.append(at_least("last slice : first slice under a held snapshot", share, "×", 0.8, "no snapshot held"))
    for rate in (2, 200, 1000, 2000):
        found_ms = pickup(url, rate, max(4.0, seconds))
        say("pickup", rate / 2000)
        reached = len(found_ms) / max(4.0, seconds)
        offered = f"{rate}/s offered, {reached:.0f}/s reached; committed → claimed, as clients see it"
        rows.append(fact(f"pickup at {rate}/s, p50", percentile(found_ms, 0.5), "ms", offered))
        rows.append(at_most(f"pickup at {rate}/s, p99", percentile(found_ms, 0.99), "ms", 20, offered))
    return [*rows, machine()]


def _beside_peers(url: str, say: Say, *, peers: bool) -> list[Row]:
    """Three rounds of ours and of each peer in turn, so that all meet the same machine."""
    ours: dict[str, list[float]] = {"jobs with nothing to record": [], "bursts with a decision recorded": []}
    others: dict[str, list[float]] = {"graphile-worker localQueue": [], "procrastinate": []}
    reasons: dict[str, str] = {} if peers else dict.fromkeys(others, "left out: --no-peers")
    for number in range(3):
        for (_, figures), measure in zip(ours.items(), (idle_rate, completion_rate), strict=True):
            figures.append(measure(url))
        for name, measure_peer, jobs in (
            ("graphile-worker localQueue", graphile_rate, 20_000), ("procrastinate", procrastinate_rate, 1000),
        ):  # fmt: skip
            if name not in reasons:
                found = measure_peer(url, jobs)
                if isinstance(found, str):
                    reasons[name] = found
                else:
                    others[name].append(found)
        say("claim + complete", (number + 1) / 3)
    rows = []
    for (what, figures), batch, targets in zip(
        ours.items(), (IDLE_BATCH, BATCH), ((1.3, 20.0), (None, 20.0)), strict=True
    ):
        rate = median(figures)
        rows.append(fact(f"claim + complete, {what}", rate, "1/s", f"{WORKERS} connections, batches of {batch}"))
        for (name, rates), target in zip(others.items(), targets, strict=True):
            label = f"{what} vs {name}"
            if name in reasons:
                rows.append(fact(label, None, "×", reasons[name]))
                continue
            against = f"no-op jobs, concurrency 10: {median(rates):.0f}/s"
            ratio = rate / median(rates)
            rows.append(
                fact(label, ratio, "×", against) if target is None else at_least(label, ratio, "×", target, against)
            )
    return rows
