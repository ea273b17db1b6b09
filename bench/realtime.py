"""From a committed message to every client that listens: ten thousand connections to one gateway, clients in a process
of their own, two hundred messages a second in conversations of two.

Beside it, in the same run, the floor: the same commit heard of by NOTIFY on one bare connection. Moments are the
machine's monotonic clock, which processes share. What counts is from the moment the writer knew that it had
committed; a client may well hear of it before.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import httpx
import jwt
import psycopg

from app.settings import Settings, process_environment, to_environment
from bench.database import TENANT, connect
from bench.rows import Row, Say, at_most, fact, machine, percentile
from devstack.ports import free_port

CONNECTIONS = 10_000
RATE = 200
WRITERS = 4
SECONDS = 20.0
FLOOR_SECONDS = 5.0
SETTLE_S = 2.0
CROWDS = 2
"""Processes the clients are spread over."""
CROWD_SQL = f"""
insert into public.tenants (id, slug, name) values ('{TENANT}', 'bench', 'Bench') on conflict do nothing;
insert into public.et_threads (tenant_id, id, kind, channel, scope_rule, scope_key, staff_readable)
select '{TENANT}', ('00000000-0000-7000-8001-' || lpad(n::text, 12, '0'))::uuid, 'direct', 'in_app', 'explicit',
  'x:bench-' || n, false
from generate_series(1, %(threads)s) as n on conflict do nothing;
insert into public.thread_participants (tenant_id, thread_id, user_id)
select '{TENANT}', ('00000000-0000-7000-8001-' || lpad(n::text, 12, '0'))::uuid,
  ('00000000-0000-7000-800' || (2 + side) || '-' || lpad(n::text, 12, '0'))::uuid
from generate_series(1, %(threads)s) as n cross join generate_series(0, 1) as side on conflict do nothing;
"""
MESSAGE = (
    "insert into public.et_messages (tenant_id, id, thread_id, channel, direction, delivery_status, sender_kind,"
    f" sender, sender_user_id, body) values ('{TENANT}', %(id)s, %(thread)s, 'in_app', 'internal', 'sent',"
    " 'participant', 'user:' || %(user)s::text, %(user)s::uuid, 'Is Tuesday at nine all right?')"
)


def thread_id(number: int) -> str:
    """A conversation."""
    return f"00000000-0000-7000-8001-{number:012d}"


def user_id(number: int, side: int) -> str:
    """One of the two in it."""
    return f"00000000-0000-7000-800{2 + side}-{number:012d}"


def run(settings: Settings, say: Say, *, connections: int = CONNECTIONS, seconds: float = SECONDS) -> list[Row]:
    """All rows of `parley bench realtime`; `--seconds 1800` makes it a soak."""
    say("preparing", 0.0)
    with connect(settings.database_url) as owner:
        owner.execute(CROWD_SQL.replace("%(threads)s", str(connections // 2)).encode())
        owner.execute("vacuum analyze")
    floor = _floor(settings.database_url)
    say("preparing", 1.0)
    with _gateway(settings) as (process, port):
        empty = _resident(process.pid)
        people = [
            (f"thread:{thread_id(number)}", _token(settings, user_id(number, side)))
            for number in range(1, connections // 2 + 1) for side in (0, 1)
        ]  # fmt: skip
        began = time.monotonic()
        with _crowd(port, people, settings) as ends:
            joined_s = time.monotonic() - began
            time.sleep(SETTLE_S)
            full = _resident(process.pid)
            held = (full - empty) / connections
            busy, started = _cpu_s(process.pid), time.monotonic()
            sent = _write(settings.database_url, connections // 2, seconds, say)
            share = (_cpu_s(process.pid) - busy) / (time.monotonic() - started)
            time.sleep(SETTLE_S)
            grown = _resident(process.pid) - full
            heard, lost = ends()
    return [
        *_rows(sent, heard, lost, floor),
        at_most("memory of one connection", held / 1024, "KiB", 30, f"{connections:,} connections, resident memory"),
        fact("memory grown meanwhile", grown / 1024**2, "MiB", f"{seconds:.0f} s of messages"),
        fact("connections joined", connections / joined_s, "1/s", "handshake, token, policies asked, reply"),
        fact("the gateway's share of a core", share * 100, "%", f"at {len(sent) / seconds:.0f} messages/s"),
        machine(),
    ]  # fmt: skip


def _rows(sent: dict[str, tuple[float, float]], heard: list[Any], lost: int, floor: list[float]) -> list[Row]:
    after = [max(0.0, at - sent[one][1]) * 1000 for one, at in heard if one in sent]
    whole = [(at - sent[one][0]) * 1000 for one, at in heard if one in sent]
    against = f"NOTIFY to one connection: p50 {percentile(floor, 0.5):.2f}, p95 {percentile(floor, 0.95):.2f} ms"
    name = "message committed → client"
    return [
        at_most(f"{name}, p50", percentile(after, 0.5), "ms", 1.0, against),
        at_most(f"{name}, p95", percentile(after, 0.95), "ms", 10.0, against),
        at_most(f"{name}, p99", percentile(after, 0.99), "ms", 25.0, against),
        fact("commit sent → client, p50", percentile(whole, 0.5), "ms", "the commit's own time included"),
        fact("commit sent → client, p95", percentile(whole, 0.95), "ms"),
        at_most("messages some client did not hear of", 2 * len(sent) - len(after), "", 0,
                f"{len(sent)} messages, two clients each; {lost} connections lost"),
    ]  # fmt: skip


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _gateway(settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    environment = {**process_environment(), **to_environment(settings), "PARLEY_REALTIME_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.realtime.server"], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 20
        while _mode(port) != "replication":
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the gateway did not start")
            time.sleep(0.05)
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def _mode(port: int) -> str:
    try:
        return str(httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).json()["source"])
    except httpx.HTTPError:
        return ""


@contextmanager
def _crowd(
    port: int, people: list[tuple[str, str]], settings: Settings
) -> Iterator[Callable[[], tuple[list[Any], int]]]:
    """Clients that have joined; what is yielded ends them and says what they heard, and how many were hung up on."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.crowd"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(CROWDS)
    ]

    def ends() -> tuple[list[Any], int]:
        heard: list[Any] = []
        lost = 0
        for process in processes:
            _pipe(process.stdin).write("\n")
            _pipe(process.stdin).flush()
        for process in processes:
            told = json.loads(_pipe(process.stdout).readline())
            heard += told["heard"]
            lost += told["lost"]
        return heard, lost

    try:
        for number, process in enumerate(processes):
            asked = {"port": port, "key": settings.supabase_key, "people": people[number::CROWDS]}
            _pipe(process.stdin).write(json.dumps(asked) + "\n")
            _pipe(process.stdin).flush()
        if any(_pipe(process.stdout).readline().strip() != "ready" for process in processes):
            raise RuntimeError("the crowd did not get in")
        yield ends
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _token(settings: Settings, user: str) -> str:
    claims = {"sub": user, "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 3600}
    return jwt.encode(claims, settings.supabase_jwt_secret, algorithm="HS256")


def _resident(pid: int) -> int:
    """Bytes of memory a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cpu_s(pid: int) -> float:
    """Seconds of processor a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _write(url: str, threads: int, seconds: float, say: Say) -> dict[str, tuple[float, float]]:
    """Messages in random conversations at an even pace: id → (commit sent, commit known)."""
    sent: dict[str, tuple[float, float]] = {}
    began = time.monotonic() + 0.2

    def write(number: int) -> None:
        with psycopg.connect(url) as connection:
            for turn in range(number, int(seconds * RATE), WRITERS):
                time.sleep(max(0.0, began + turn / RATE - time.monotonic()))
                one, thread = str(uuid4()), turn * 7919 % threads + 1
                connection.execute(MESSAGE, {"id": one, "thread": thread_id(thread), "user": user_id(thread, turn % 2)})
                before = time.monotonic()
                connection.commit()
                sent[one] = (before, time.monotonic())
                if number == 0:
                    say("messages", turn / (seconds * RATE))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return sent


def _floor(url: str) -> list[float]:
    """Milliseconds from a commit that was known to the notification it carried, at the same pace."""
    heard: list[tuple[int, float]] = []
    stop, listening = threading.Event(), threading.Event()

    def hear() -> None:
        with connect(url) as connection:
            connection.execute("listen bench_floor")
            listening.set()
            while not stop.is_set():
                heard.extend(
                    (int(one.payload), time.monotonic()) for one in connection.notifies(timeout=0.2, stop_after=1)
                )

    thread = threading.Thread(target=hear)
    thread.start()
    listening.wait(10)
    known = []
    with psycopg.connect(url) as connection:
        for number in range(int(FLOOR_SECONDS * RATE / WRITERS)):
            time.sleep(WRITERS / RATE)
            connection.execute("select pg_notify('bench_floor', %s)", [str(number)])
            connection.commit()
            known.append(time.monotonic())
    time.sleep(0.5)
    stop.set()
    thread.join()
    return [max(0.0, at - known[number]) * 1000 for number, at in heard]
