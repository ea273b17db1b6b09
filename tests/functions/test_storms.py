"""Floods: of nonsense, of repetitions, and with the database away. Answers stay quick, and rows right."""

import random
import time
import uuid
from collections import Counter

import pytest

from tests.db.helpers import Tenant
from tests.functions.kit import SENDERS, Caller, Edge, telegram, whatsapp
from tests.functions.storm import COPIES, Outcome, Requests, mutate, slowest, storm, volleys


@pytest.fixture(params=sorted(SENDERS))
def caller(request: pytest.FixtureRequest, edge: Edge, tenant: Tenant) -> Caller:
    """Each provider in turn, Amazon with its signed bodies too."""
    return SENDERS[request.param](edge, tenant)


def nonsense(chance: random.Random, caller: Caller) -> Requests:
    """Requests no row may come from: changed after signing, forged, and signed but senseless."""
    body, headers = caller.call("seed")
    secret = [name for name in headers if name != "content-type"]
    while True:
        match chance.randrange(4):
            case 0 if caller.name not in ("telegram", "sparkpost"):
                changed = mutate(chance, body)
                if caller.signed(changed) != caller.signed(body):
                    yield caller.path, changed, headers
            case 1 if secret:
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
    """Changed, forged, senseless, for nobody: always 400 or 401; one that met a limit of the database would hear 503."""
    bombard(edge, caller, 240)


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_ten_thousand_pieces_of_nonsense(edge: Edge, caller: Caller) -> None:
    """The same, 10,000 times for each provider."""
    outcomes = bombard(edge, caller, 10_000)
    print(f"{caller.name}: 10,000 refused, p95 {slowest(outcomes, 0.95) * 1000:.0f} ms")


def repeat(edge: Edge, callers: list[Caller], ids: int) -> list[Outcome]:
    """`ids` events one after the other, all copies of each at once; each must be one row."""
    calls = [(one.path, *one.call(f"e{n}")) for n in range(ids) for one in [callers[n % len(callers)]]]
    outcomes = volleys(edge, iter(calls))
    assert Counter(status for status, _ in outcomes) == {200: ids * COPIES}
    rows = [row for one in callers for row in edge.rows(one.session)]
    assert len(rows) == len({(row["session_id"], row["event_id"]) for row in rows}) == ids
    assert edge.world.value("select count(*) from private.webhook_work where session_id = any(%s)", [one.session for one in callers]) == ids  # fmt: skip
    return outcomes


def test_many_copies_at_once_are_one_row_each(edge: Edge, tenant: Tenant) -> None:
    """10 ids, all 50 copies of one in flight together: 10 rows, everybody hears 200."""
    repeat(edge, [telegram(edge, tenant), whatsapp(edge, tenant)], 10)


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_a_thousand_ids_fifty_copies(edge: Edge, caller: Caller) -> None:
    """50,000 calls of each provider, the 50 of an id all at once: 1,000 rows, answered within a second."""
    outcomes = repeat(edge, [caller], 1000)
    print(f"{caller.name}: 50,000 calls, 1,000 rows, p50 {slowest(outcomes, 0.5) * 1000:.0f} ms, p95 {slowest(outcomes, 0.95) * 1000:.0f} ms,"
          f" p99 {slowest(outcomes, 0.99) * 1000:.0f} ms, longest {slowest(outcomes) * 1000:.0f} ms")  # fmt: skip
    assert slowest(outcomes, 0.99) < 1


def test_while_the_database_is_away_providers_are_asked_to_come_again(edge: Edge, tenant: Tenant) -> None:
    """503 with Retry-After; what is sent again afterwards is kept exactly once."""
    caller = whatsapp(edge, tenant)
    calls = [caller.call(f"away{n}") for n in range(12)]
    assert edge.http.post(caller.path, content=calls[0][0], headers=calls[0][1]).status_code == 200
    with edge.room.database_away():
        for body, headers in calls:
            answer = edge.http.post(caller.path, content=body, headers=headers)
            assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"] == "application/problem+json"
    edge.world = edge.room.world
    deadline = time.monotonic() + 60
    left = list(calls)
    while left:
        assert time.monotonic() < deadline, edge.room.logs()
        left = [
            call for call in left if edge.http.post(caller.path, content=call[0], headers=call[1]).status_code != 200
        ]
    assert len(edge.rows(caller.session)) == 12


def test_a_database_that_hangs_is_not_waited_for(edge: Edge, tenant: Tenant) -> None:
    """A lock that is given back only after the answer: 503, no row later by itself, and then all is well again."""
    caller = whatsapp(edge, tenant)
    body, headers = caller.call("hangs")
    with edge.room.database.connect(autocommit=False) as blocker:
        blocker.execute("lock table private.webhook_events in access exclusive mode")
        assert edge.http.post(caller.path, content=body, headers=headers).status_code == 503
        time.sleep(2)
        blocker.rollback()
    time.sleep(0.5)
    assert edge.rows(caller.session) == []
    assert edge.http.post(caller.path, content=body, headers=headers).status_code == 200
