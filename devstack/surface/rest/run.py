"""Carries a statement out: one pipelined transaction as the caller, read-only where nothing may change."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

import psycopg

from devstack.surface.database import Connection, Pool
from devstack.surface.identity import Caller
from devstack.surface.rest.errors import Problem, from_database
from devstack.surface.rest.fragments import Sql, quote, relation
from devstack.surface.rest.request import Request
from devstack.surface.rest.schema import Function, Schema

ANONYMOUS = "anon"
_ISOLATION = ("read committed", "repeatable read", "serializable")


@dataclass(frozen=True)
class Result:
    """What a statement gave. `planned` is the planner's guess of the total, where that was asked for."""

    total: int | None
    rows: int
    location: tuple[tuple[str, str], ...]
    body: str
    headers: str | None
    status: str | None
    inserted: int | None
    planned: int | None = None


@dataclass(frozen=True)
class Work:
    """A statement, how it is to be carried out, and what must hold before it is committed."""

    statement: Sql
    read_only: bool
    function: Function | None = None
    estimate: Sql | None = None
    check: Callable[[Result], None] | None = None
    explain: str = ""
    """Words that ask for the plan of the statement, which is then the body of the result."""


async def run(pool: Pool, caller: Caller, request: Request, schema: Schema, work: Work) -> Result:
    """Do it. Raises Problem for an error of Postgres or of `work.check`; nothing is changed then."""
    try:
        async with pool.connection() as connection:
            return await _transaction(connection, caller, request, schema, work)
    except psycopg.Error as error:
        if isinstance(error, psycopg.DataError) and error.sqlstate is None:  # a value that cannot be sent, as with \0
            raise Problem(400, "22021", 'invalid byte sequence for encoding "UTF8": 0x00') from error
        raise from_database(error, has_token=caller.role != ANONYMOUS) from error


async def _transaction(connection: Connection, caller: Caller, request: Request, schema: Schema, work: Work) -> Result:
    at_once = work.check is None or bool(work.explain)
    planned = None
    names, values = _settings(caller, request, schema, work)
    async with connection.pipeline() as pipeline:
        try:
            await connection.execute(_begin(work))
            await connection.execute(names, values)
            if schema.options.pre_request:
                await connection.execute(f"select {_function_name(schema.options.pre_request, schema)}()")
            cursor = await connection.execute(work.explain + work.statement.text, work.statement.values)
            if work.estimate:
                planned = await connection.execute("explain (format json) " + work.estimate.text, work.estimate.values)
            if at_once:
                await connection.execute("commit")
            await pipeline.sync()
        except psycopg.Error:
            with contextlib.suppress(psycopg.Error):
                await pipeline.sync()  # take in what was aborted behind the error
            raise
    if work.explain:
        return _explained(await cursor.fetchall())
    result = _result(await cursor.fetchone(), await planned.fetchone() if planned else None)
    if work.check:
        work.check(result)
        await connection.execute("commit")
    return result


def _begin(work: Work) -> str:
    isolation = dict(work.function.settings).get("default_transaction_isolation", "") if work.function else ""
    level = isolation.strip("\"'").lower()
    wanted = f" isolation level {level}" if level in _ISOLATION else ""
    return f"begin{wanted} read {'only' if work.read_only else 'write'}"


def _function_name(name: str, schema: Schema) -> str:
    where, _, function = name.rpartition(".")
    return relation((where or schema.options.schemas[0], function))


def _settings(caller: Caller, request: Request, schema: Schema, work: Work) -> tuple[str, list[str]]:
    """The one statement that makes the transaction the caller's: role, claims, request, time limits."""
    search_path = ", ".join(quote(name) for name in (request.name[0], *schema.options.extra_search_path))
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    wanted = [
        ("search_path", search_path.replace("%%", "%")), ("role", caller.role),
        ("request.jwt.claims", json.dumps(caller.claims)), ("request.method", request.method),
        ("request.path", request.path), ("request.headers", json.dumps(headers)),
        ("request.cookies", json.dumps(_cookies(request.headers.get("cookie", "")))),
    ]  # fmt: skip
    wanted += schema.role_settings.get(caller.role, ())
    if work.function:
        wanted += [pair for pair in work.function.settings if pair[0] != "default_transaction_isolation"]
    if request.preferences.timezone:
        wanted.append(("timezone", request.preferences.timezone))
    calls = ", ".join(["set_config(%s, %s, true)"] * len(wanted))
    return f"select {calls}", [part.replace("\0", "") for pair in wanted for part in pair]


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _explained(rows: list[tuple[Any, ...]]) -> Result:
    lines = (line if isinstance(line, str) else json.dumps(line) for (line,) in rows)
    return Result(None, 0, (), "\n".join(lines) + "\n", None, None, None)


def _result(row: tuple[Any, ...] | None, plan: tuple[Any, ...] | None) -> Result:
    if row is None:
        raise Problem(500, "PGRSTX00", "The statement gave no row")
    total, rows, location, body, headers, status, inserted = row
    pairs = tuple((name, value) for name, value in location or ())
    planned = int(plan[0][0]["Plan"]["Plan Rows"]) if plan else None
    return Result(total, rows, pairs, body or "", headers, status, inserted, planned)
