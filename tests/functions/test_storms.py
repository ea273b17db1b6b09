"""Floods: of nonsense, of repetitions, and with the database away. Answers stay quick, and rows right."""

import asyncio
import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.db.helpers import Tenant
from tests.functions.kit import KINDS, Caller, Edge, Signed, form_fields, telegram, whatsapp
from tests.functions.test_links import newsletter

AT_ONCE = 40
Outcome = tuple[int, float]
"""Status and seconds of one request."""


def storm(edge: Edge, requests: Iterator[tuple[str, bytes, dict[str, str]]], at_once: int = AT_ONCE) -> list[Outcome]:
    """POST all requests over so many connections at once; a request nobody answered counts as 599.

    Bare sockets: a full client would be slower than what it measures.
    """
    outcomes: list[Outcome] = []

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.room.functions_port)
        for path, body, headers in requests:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"POST /functions/v1{path} HTTP/1.1\r\nhost: edge.test\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
            started = time.perf_counter()
            try:
                writer.write(head.encode("latin-1") + body)
                status = await asyncio.wait_for(answered(reader), 30)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                status = 599
                reader, writer = await asyncio.open_connection("127.0.0.1", edge.room.functions_port)
            outcomes.append((status, time.perf_counter() - started))
        writer.close()

    async def run() -> None:
        await asyncio.gather(*(work() for _ in range(at_once)))

    asyncio.run(run())
    return outcomes


async def answered(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = re.search(r"content-length: (\d+)", head)
    if length:
        await reader.readexactly(int(length[1]))
    elif "transfer-encoding: chunked" in head:
        await reader.readuntil(b"0\r\n\r\n")
    return int(head.split(" ", 2)[1])


def slowest(outcomes: list[Outcome], share: float = 1.0) -> float:
    """Seconds that this share of the requests stayed below."""
    times = sorted(seconds for _, seconds in outcomes)
    return times[min(len(times) - 1, int(len(times) * share))]


def mutate(chance: random.Random, body: bytes) -> bytes:
    """The body with one thing changed; never the same."""
    at = chance.randrange(len(body))
    ways: list[Callable[[], bytes]] = [
        lambda: body[:at], lambda: body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :],
        lambda: body[:at] + chance.randbytes(chance.randrange(1, 40)) + body[at:], lambda: body + body,
        lambda: body[at:] + body[:at] + b" ", lambda: b'{"a":' * 5000 + body, lambda: b"\x00" + body, lambda: b"",
    ]  # fmt: skip
    while True:
        made = chance.choice(ways)()
        if made != body:
            return made


def nonsense(chance: random.Random, caller: Caller) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Requests no row may come from: changed after signing, forged, and signed but senseless."""
    body, headers = caller.call("seed")
    secret = [name for name in headers if name != "content-type"]
    while True:
        match chance.randrange(4):
            case 0 if caller.name not in ("telegram", "sparkpost"):
                changed = mutate(chance, body)
                # Twilio signs the fields, not the bytes: %c3 for %C3 is still its own call.
                if caller.name != "sms" or form_fields(changed) != form_fields(body):
                    yield caller.path, changed, headers
            case 1:
                forged = {name: chance.choice([headers[name][::-1], "x", "v1,", "sha256=", headers[name] + "A", "\xe9" * 9]) for name in secret}  # fmt: skip
                if forged == {name: headers[name] for name in secret}:
                    continue
                yield caller.path, mutate(chance, body), {**headers, **forged}
            case 2:
                senseless = chance.choice([*caller.nonsense, b"\xff" + chance.randbytes(chance.randrange(400))])
                yield caller.path, senseless, caller.headers(senseless)
            case _:
                yield f"/{caller.function}/{uuid.UUID(int=chance.getrandbits(128))}", body, headers


def bombard(edge: Edge, caller: Caller, count: int) -> list[Outcome]:
    """So many requests of nonsense; none may be kept."""
    chance = random.Random(uuid.uuid4().int)
    source = nonsense(chance, caller)
    outcomes = storm(edge, iter([next(source) for _ in range(count)]))
    assert len(outcomes) == count
    found = Counter(status for status, _ in outcomes)
    assert set(found) <= {400, 401}, found
    assert edge.rows(caller.session) == []
    assert sum(edge.refusals(caller.session).values()) <= count
    kept = edge.world.value("select count(*) from private.webhook_rejections where session_id = %s", caller.session)
    assert kept <= 3 * (2 + slowest(outcomes) * count / 60)
    return outcomes


def test_nonsense_leaves_no_row_and_no_error_of_ours(edge: Edge, caller: Caller) -> None:
    """Changed, forged, senseless, for nobody: always 400 or 401."""
    outcomes = bombard(edge, caller, 240)
    assert slowest(outcomes, 0.95) < 1


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_ten_thousand_pieces_of_nonsense(edge: Edge, caller: Caller) -> None:
    """The same, 10,000 times for each provider."""
    outcomes = bombard(edge, caller, 10_000)
    print(f"{caller.name}: 10,000 refused, p95 {slowest(outcomes, 0.95) * 1000:.0f} ms")


@pytest.mark.parametrize("path", ["/track/{id}", "/unsubscribe/{id}", "/form-reply/{id}"])
def test_nonsense_to_people_s_pages_changes_nothing(edge: Edge, tenant: Tenant, path: str) -> None:
    """Whatever is posted to a link, known or not: no error of ours, nobody unsubscribed, nothing answered."""
    chance = random.Random(7)
    _, links = newsletter(edge, tenant)
    types = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain", ""]  # fmt: skip

    def requests() -> Iterator[tuple[str, bytes, dict[str, str]]]:
        for _ in range(300):
            one = chance.choice(
                [links["unsubscribe"], str(uuid.UUID(int=chance.getrandbits(128))), "%00", "..%2f..", "x" * 3000]
            )
            yield (
                path.format(id=one),
                mutate(chance, b"List-Unsubscribe=One-Clic&text="),
                {"content-type": chance.choice(types)},
            )

    found = Counter(status for status, _ in storm(edge, requests()))
    assert set(found) <= {400, 404, 405, 413, 414, 431}, found
    assert edge.world.all("select 1 from public.suppressions where tenant_id = %s", tenant.id) == []


def repeat(edge: Edge, callers: list[Caller], ids: int, copies: int) -> list[Outcome]:
    """Every event of `ids` so many times, all mixed; each must be one row."""
    chance = random.Random(1)
    signed: list[tuple[str, Signed]] = [
        (one.path, one.call(f"e{n}")) for n in range(ids) for one in [callers[n % len(callers)]]
    ]
    everything = [(path, *call) for path, call in signed for _ in range(copies)]
    chance.shuffle(everything)
    outcomes = storm(edge, iter(everything))
    assert Counter(status for status, _ in outcomes) == {200: ids * copies}
    rows = [row for one in callers for row in edge.rows(one.session)]
    assert len(rows) == len({(row["session_id"], row["event_id"]) for row in rows}) == ids
    assert edge.world.value("select count(*) from private.webhook_work where session_id = any(%s)", [one.session for one in callers]) == ids  # fmt: skip
    return outcomes


def test_many_copies_at_once_are_one_row_each(edge: Edge, tenant: Tenant) -> None:
    """40 ids, 25 copies each, in any order and at once: 40 rows, everybody hears 200, and soon."""
    outcomes = repeat(edge, [telegram(edge, tenant), whatsapp(edge, tenant)], 40, 25)
    assert slowest(outcomes) < 5 and slowest(outcomes, 0.95) < 1


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_a_thousand_ids_fifty_copies(edge: Edge, tenant: Tenant) -> None:
    """50,000 calls, 1,000 rows, answered within a second."""
    outcomes = repeat(edge, [make(edge, tenant) for make in KINDS.values()], 1000, 50)
    print(f"50,000 calls: p50 {slowest(outcomes, 0.5) * 1000:.0f} ms, p95 {slowest(outcomes, 0.95) * 1000:.0f} ms,"
          f" p99 {slowest(outcomes, 0.99) * 1000:.0f} ms, longest {slowest(outcomes) * 1000:.0f} ms")  # fmt: skip
    assert slowest(outcomes, 0.99) < 1


def test_while_the_database_is_away_providers_are_asked_to_come_again(edge: Edge, tenant: Tenant) -> None:
    """503 with Retry-After, quickly; what is sent again afterwards is kept exactly once."""
    caller = whatsapp(edge, tenant)
    calls = [caller.call(f"away{n}") for n in range(12)]
    assert edge.http.post(caller.path, content=calls[0][0], headers=calls[0][1]).status_code == 200
    with edge.room.database_away():
        for body, headers in calls:
            started = time.monotonic()
            answer = edge.http.post(caller.path, content=body, headers=headers)
            assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"] == "application/problem+json"
            assert time.monotonic() - started < 6
    edge.world = edge.room.world
    deadline = time.monotonic() + 20
    left = list(calls)
    while left:
        assert time.monotonic() < deadline, edge.room.logs()
        left = [
            call for call in left if edge.http.post(caller.path, content=call[0], headers=call[1]).status_code != 200
        ]
    assert len(edge.rows(caller.session)) == 12


def test_a_database_that_hangs_is_not_waited_for(edge: Edge, tenant: Tenant) -> None:
    """A lock that nobody gives back: 503 within seconds, no row later by itself, and then all is well again."""
    caller = whatsapp(edge, tenant)
    body, headers = caller.call("hangs")
    with edge.room.database.connect(autocommit=False) as blocker:
        blocker.execute("lock table private.webhook_events in access exclusive mode")
        started = time.monotonic()
        assert edge.http.post(caller.path, content=body, headers=headers).status_code == 503
        assert time.monotonic() - started < 8
        time.sleep(2)
        blocker.rollback()
    time.sleep(0.5)
    assert edge.rows(caller.session) == []
    assert edge.http.post(caller.path, content=body, headers=headers).status_code == 200
