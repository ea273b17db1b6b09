"""Who is next: one tenant after the other, however much one of them brings.

`Line` is the order, `Turns` lets waiting tasks go in it, `Together` turns the calls that wait at one moment into one
statement.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from app.db import worker as db

T = TypeVar("T")
R = TypeVar("R")
Pool = db.Pool
AWAY = (psycopg.OperationalError, PoolTimeout, OSError)
"""Errors that say nothing about what was to be done, only that the database did not do it."""


class Line(Generic[T]):
    """Things of many tenants that wait; each tenant's in their order, the tenants in turn."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[T]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, tenant_id: str, thing: T) -> None:
        """Behind the tenant's own; a tenant that had nothing waiting comes after those that had."""
        self._waiting.setdefault(tenant_id, deque()).append(thing)

    def take(self, most: int = 1) -> list[T]:
        """At most so many, one of each tenant before a second of any."""
        taken: list[T] = []
        while self._waiting and len(taken) < most:
            tenant_id = next(iter(self._waiting))
            things = self._waiting.pop(tenant_id)
            taken.append(things.popleft())
            if things:
                self._waiting[tenant_id] = things
        return taken


class Turns:
    """Lets waiting tasks go one at each pass of the event loop: between two of them everybody else gets a word in."""

    def __init__(self) -> None:
        self._line: Line[asyncio.Future[None]] = Line()
        self._passing = False

    async def wait(self, tenant_id: str) -> None:
        """Return when it is this tenant's turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._line.put(tenant_id, turn)
        if not self._passing:
            self._passing = True
            loop.call_soon(self._pass)
        await turn

    def _pass(self) -> None:
        for turn in self._line.take():
            if not turn.done():
                turn.set_result(None)
        self._passing = bool(self._line)
        if self._passing:
            asyncio.get_running_loop().call_soon(self._pass)


class Together(Generic[T, R]):
    """A group commit: what is ready while one statement is under way goes out with the next one, all at once.

    Whoever is alone goes at once. `write` gets at most `most` things, the tenants in turn, and answers one result
    each, in order; a result that is an exception is raised for that one alone. When `write` itself fails over what it
    was given, each is tried by itself.
    """

    def __init__(self, write: Callable[[Pool, Sequence[T]], Awaitable[Sequence[R | Exception]]], most: int) -> None:
        self._write = write
        self._most = most
        self._line: Line[tuple[T, asyncio.Future[R]]] = Line()
        self._writer: asyncio.Task[None] | None = None

    async def __call__(self, pool: Pool, tenant_id: str, thing: T) -> R:
        """The result for `thing`. Raises what `write` raised for it."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._line.put(tenant_id, (thing, answer))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(pool))
        return await answer

    async def _write_all(self, pool: Pool) -> None:
        while self._line:
            batch = [one for one in self._line.take(self._most) if not one[1].done()]
            if not batch:  # whoever waited for these is gone, and others may stand behind them
                continue
            try:
                results = await self._try(pool, [thing for thing, _ in batch])
            except BaseException:
                for _, answer in batch:
                    answer.cancel()
                raise
            for (_, answer), result in zip(batch, results, strict=True):
                if answer.done():  # whoever waited for it lost its lease meanwhile
                    continue
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)

    async def _try(self, pool: Pool, things: Sequence[T]) -> Sequence[R | Exception]:
        try:
            return await self._write(pool, things)
        except AWAY as error:
            return [error] * len(things)
        except Exception as error:
            if len(things) == 1:
                return [error]
        return [result for thing in things for result in await self._try(pool, [thing])]
