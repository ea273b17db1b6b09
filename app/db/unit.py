"""The unit of work of one caller: every query is a transaction under his role and claims, in one round trip.

The pool logs in as `parley_api`, which may read nothing. `private.enter_request()` puts the transaction under
`authenticated` with the caller's claims; it, the query and the commit travel together in one pipeline.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from app.db.pool import Pool
from app.db.queries import Query
from app.errors import BadInput, Forbidden, NotAuthenticated, NotFound, ParleyError, Unavailable, from_postgres

Row = tuple[Any, ...]
Params = dict[str, Any]
S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")
Connection = AsyncConnection[Row]
Then = Callable[[Connection, dict[str, Any]], Awaitable[dict[str, Any]]]
"""What happens to an answer before its transaction commits: gets the connection, returns the answer to give."""

ENTER = "select private.enter_request(%s, %s)"
ENTER_WITH_KEY = "select private.enter_with_key(%s, %s)"
CLASSIFY = "select private.classify_access(%s, %s, %s)"
RETRIED = {"40001", "40P01"}
"""Serialization failure and deadlock: the transaction left nothing behind and may be run again."""
ATTEMPTS = 3


class Caller(msgspec.Struct):
    """Who is asking: verified claims as JSON text, or an API key the database has yet to check.

    `tenant_id` and `user_id` are what the claims say: for logs and look-ups, never a right.
    """

    claims: str = ""
    key: str = ""
    user_id: UUID | None = None
    tenant_id: UUID | None = None


class Judging(Protocol):
    """Has a say in what is written: `app.http.gate.Gate`."""

    async def call(self, unit: "Unit", query: Query, params: Params) -> dict[str, Any]:
        """As `unit.call`, with what is written judged."""
        ...


class Unit:
    """Runs one caller's queries. Errors of the database come out as `ParleyError`."""

    __slots__ = ("caller", "gate", "pool")

    def __init__(self, pool: Pool, caller: Caller, gate: "Judging | None" = None) -> None:
        self.pool = pool
        self.caller = caller
        self.gate = gate

    async def read(
        self, query: Query, params: Params, *, scope: str | None = "read", keep_plan: bool = True
    ) -> list[Row]:
        """Rows of a query, in a read-only transaction. Raises Forbidden when the caller lacks `scope`.

        `keep_plan=False` plans the query for the values of this call: for queries whose filters are optional.
        """
        return await self._run(query, params, read_only=True, scope=scope, keep_plan=keep_plan)

    async def call(self, query: Query, params: Params) -> dict[str, Any]:
        """The object a client function answers with. Raises NotFound for its 404, which it has logged where due."""
        rows = await self._run(query, params, read_only=False, scope=None, keep_plan=True)
        return found(rows[0][0])

    async def write(self, query: Query, params: Params) -> dict[str, Any]:
        """As `call`, for functions that write a message: it passes the gate, where there is one, before it commits."""
        return await (self.gate.call(self, query, params) if self.gate else self.call(query, params))

    async def call_then(self, query: Query, params: Params, then: Then) -> dict[str, Any]:
        """As `call`, but `then` has a say in the same transaction, under the caller's role, before it commits.

        It is not asked about a 404. When the transaction is run again, so is `then`.
        """

        async def once(connection: Connection) -> dict[str, Any]:
            rows, entered = await self._once(connection, query.sql, params, commit=False)
            try:
                self._admit(entered, None)
                answer: dict[str, Any] = rows[0][0]
                if not _is_missing(answer):
                    answer = await then(connection, answer)
                await connection.execute("commit")
                return answer
            except BaseException:
                await _roll_back(connection)
                raise

        return found(await self._again_and_again(once, read_only=False))

    async def _run(
        self, query: Query, params: Params, *, read_only: bool, scope: str | None, keep_plan: bool
    ) -> list[Row]:
        async def once(connection: Connection) -> tuple[list[Row], Any]:
            return await self._once(connection, query.sql, params, read_only=read_only, keep_plan=keep_plan)

        rows, entered = await self._again_and_again(once, read_only=read_only)
        self._admit(entered, scope)
        return rows

    async def _again_and_again(self, once: Callable[[Connection], Awaitable[T]], *, read_only: bool) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.pool.connection() as connection:
                    return await once(connection)
            except psycopg.Error as error:
                went_away = read_only and attempt == 1 and isinstance(error, psycopg.OperationalError)
                if attempt == ATTEMPTS or not (error.sqlstate in RETRIED or (went_away and _is_away(error))):
                    raise translate(error) from error
        raise Unavailable

    async def _once(
        self, connection: Connection, query: str, params: Params, *, read_only: bool = False,
        keep_plan: bool = True, commit: bool = True,
    ) -> tuple[list[Row], Any]:  # fmt: skip
        caller = self.caller
        enter, proof = (ENTER_WITH_KEY, caller.key) if caller.key else (ENTER, caller.claims)
        prepare = None if keep_plan else False
        try:
            async with connection.pipeline():
                # Statements of one pipeline are one transaction; a write says so, because its deferred triggers speak
                # at commit.
                if not read_only:
                    await connection.execute("begin")
                entered = await connection.execute(enter, (proof, read_only))
                cursor = await connection.execute(query, params, prepare=prepare)
                if not read_only and commit:
                    await connection.execute("commit")
        except psycopg.Error:
            await _roll_back(connection)
            raise
        return await cursor.fetchall(), (await entered.fetchall())[0][0]

    def _admit(self, entered: Any, scope: str | None) -> None:
        """Check what the first statement said: the scopes, or for a key its claims with the scopes in them."""
        if self.caller.key:
            if entered is None:
                raise NotAuthenticated(
                    "This API key is not valid.", remedy="use one that is neither revoked nor expired"
                )
            scopes = entered.pop("scopes")
            self.caller.claims = msgspec.json.encode(entered).decode()
            self.caller.tenant_id = UUID(entered["app_metadata"]["tenant_id"])
        else:
            scopes = entered
        if scope and scope not in scopes:
            raise Forbidden(
                f"This needs the {scope} right in the active tenant.",
                remedy="ask an admin of the tenant for it, or switch to another tenant",
                extra={"scope": scope},
            )

    async def deny(self, kind: str, object_id: UUID, action: str) -> NotFound:
        """The error for an id that a read did not find, after the attempt is on record if it was on a foreign one.

        Raises Unavailable when that record cannot be written: denied and logged, or not answered.
        """
        await self.classify(kind, object_id, action)
        return missing(kind)

    async def classify(self, kind: str, object_id: UUID, action: str) -> str:
        """own, missing or foreign: on a connection of its own, whose commit comes before the answer."""
        try:
            async with self.pool.connection() as connection, connection.pipeline():
                await connection.execute("select set_config('request.jwt.claims', %s, true)", (self.caller.claims,))
                cursor = await connection.execute(CLASSIFY, (kind, object_id, action))
            row = await cursor.fetchone()
        except (psycopg.Error, PoolTimeout) as error:
            raise Unavailable(remedy="try again shortly") from error
        return str(row[0]) if row else "missing"

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A write transaction under the caller's role, for the few requests of more than one statement."""
        enter, proof = (ENTER_WITH_KEY, self.caller.key) if self.caller.key else (ENTER, self.caller.claims)
        try:
            async with self.pool.connection() as connection, connection.transaction():
                row = await (await connection.execute(enter, (proof, False))).fetchone()
                self._admit(row and row[0], None)
                yield connection
        except psycopg.Error as error:
            raise translate(error) from error


IDLE = psycopg.pq.TransactionStatus.IDLE
HINT = "Check the id, and that you work in the right tenant."


def missing(kind: str) -> NotFound:
    """The one answer for a missing and for a foreign object: the words of `private.not_found()`."""
    return NotFound(f"No such {kind.replace('_', ' ')}.", remedy=HINT)


async def _roll_back(connection: Connection) -> None:
    if not connection.closed and connection.info.transaction_status is not IDLE:
        await connection.rollback()


def _is_missing(answer: dict[str, Any]) -> bool:
    return answer.get("code") == "not_found" and "message" in answer


def found(answer: dict[str, Any]) -> dict[str, Any]:
    """What a client function answered. Raises NotFound for its 404."""
    if _is_missing(answer):
        raise NotFound(answer["message"].replace("_", " "), remedy=answer.get("hint"))
    return answer


def rows_as(shape: type[S], rows: list[Row]) -> list[S]:
    """Rows as Structs: a query names its columns in the order of the fields."""
    return [shape(*row) for row in rows]


def json_param(value: Any) -> Jsonb:
    """A value as a `jsonb` parameter."""
    return Jsonb(value, dumps=msgspec.json.encode)


def translate(error: psycopg.Error) -> ParleyError:
    """Our error for one of the database. Whatever the input caused is the input's fault; a denial that could not be
    logged is nobody's answer."""
    state, diagnostic = error.sqlstate, error.diag
    if diagnostic.table_name == "access_denials" or "private.log_denial" in (diagnostic.context or ""):
        return Unavailable(remedy="try again shortly")
    known = from_postgres(error)
    if type(known) is not ParleyError:
        return known
    if state is None and isinstance(error, psycopg.DataError):
        return BadInput("A text holds a character that cannot be stored.", code="bad_value", remedy="leave it out")
    if state and state[:2] in ("22", "23", "54"):
        return BadInput(code="bad_value")
    return known


def _is_away(error: psycopg.Error) -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
