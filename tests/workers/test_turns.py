"""Who is next inside a worker: one tenant after the other, and what waits together is recorded together."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from workers.turns import Line, Together, Turns

NO_POOL: Any = None


def test_a_line_serves_tenants_in_turn() -> None:
    """One of each before a second of any; a tenant's own in their order."""
    line: Line[str] = Line()
    for thing in ("a1", "a2", "a3", "b1", "c1", "c2"):
        line.put(thing[0], thing)
    assert line.take(2) == ["a1", "b1"]
    line.put("b", "b2")
    assert line.take(10) == ["c1", "a2", "b2", "c2", "a3"]
    assert line.take(10) == []
    assert not line


def test_a_newcomer_is_let_in_before_the_rest_of_a_flood() -> None:
    """Of a hundred tasks of one tenant only those before it have begun when another's single task begins."""
    order: list[str] = []

    async def run() -> None:
        turns, begun = Turns(), asyncio.Event()

        async def task(tenant: str) -> None:
            await turns.wait(tenant)
            order.append(tenant)
            begun.set()

        flood = [asyncio.create_task(task("flood")) for _ in range(100)]
        await begun.wait()
        await asyncio.gather(asyncio.create_task(task("calm")), *flood)

    asyncio.run(run())
    assert len(order) == 101
    assert order.index("calm") <= 5


class Written:
    """A database that notes what it is told together; `gate` holds a call under way."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.errors: dict[str, Exception] = {}
        self.away = False

    async def __call__(self, _: Any, things: Sequence[str]) -> list[str | Exception]:
        """Each thing in capitals; a thing with an error spoils the whole call."""
        self.calls.append(list(things))
        await self.gate.wait()
        if self.away:
            raise psycopg.OperationalError("gone")
        for thing in things:
            if thing in self.errors:
                raise self.errors[thing]
        return [thing.upper() for thing in things]


async def _all(together: Together[str, str], *things: str) -> list[Any]:
    """What becomes of things said at one moment; the first letter is the tenant."""
    return await asyncio.gather(*(together(NO_POOL, thing[0], thing) for thing in things), return_exceptions=True)


def test_what_waits_during_one_call_goes_out_with_the_next() -> None:
    """The first goes alone at once; the rest, tenants in turn, at most so many together; each hears its own answer."""

    async def run() -> None:
        write = Written()
        write.gate.clear()
        together: Together[str, str] = Together(write, most=3)
        first = asyncio.create_task(together(NO_POOL, "a", "a0"))
        await asyncio.sleep(0.01)
        others = asyncio.create_task(_all(together, "a1", "a2", "a3", "b1"))
        await asyncio.sleep(0.01)
        write.gate.set()
        assert await first == "A0"
        assert await others == ["A1", "A2", "A3", "B1"]
        assert write.calls == [["a0"], ["a1", "b1", "a2"], ["a3"]]

    asyncio.run(run())


def test_one_that_cannot_be_written_spoils_no_other() -> None:
    """When a call fails over its content each is tried alone, and only the culprit hears the error."""

    async def run() -> None:
        write = Written()
        write.errors["b1"] = ValueError("no")
        answers = await _all(Together(write, most=8), "a1", "b1", "c1")
        assert answers[0] == "A1"
        assert isinstance(answers[1], ValueError)
        assert answers[2] == "C1"

    asyncio.run(run())


def test_a_database_that_is_away_is_asked_once() -> None:
    """Everybody hears that it is away; nobody is tried alone."""

    async def run() -> None:
        write = Written()
        write.gate.clear()
        together: Together[str, str] = Together(write, most=8)
        waiting = asyncio.create_task(_all(together, "a1", "b1", "c1"))
        await asyncio.sleep(0.01)
        write.away = True
        write.gate.set()
        assert all(isinstance(answer, psycopg.OperationalError) for answer in await waiting)
        assert [len(call) for call in write.calls] in ([3], [1, 2])

    asyncio.run(run())


@pytest.mark.parametrize("most", [1, 2])
def test_those_behind_somebody_who_left_are_written(most: int) -> None:
    """A job that lost its lease while it stood in line leaves no gap: whoever is behind it still gets an answer."""

    async def run() -> None:
        write = Written()
        write.gate.clear()
        together: Together[str, str] = Together(write, most=most)
        first = asyncio.create_task(together(NO_POOL, "a", "a0"))
        await asyncio.sleep(0.01)
        gone = [asyncio.create_task(together(NO_POOL, "a", f"a{number}")) for number in (1, 2)]
        last = asyncio.create_task(together(NO_POOL, "a", "a3"))
        await asyncio.sleep(0.01)
        for task in gone:
            task.cancel()
        await asyncio.sleep(0.01)
        write.gate.set()
        assert await first == "A0"
        assert await asyncio.wait_for(last, 60) == "A3"
        assert write.calls == [["a0"], ["a3"]]

    asyncio.run(run())
