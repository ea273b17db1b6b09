"""From a request to its answer."""

from dataclasses import replace

from devstack.surface.asgi import Receive, Scope
from devstack.surface.database import Pool
from devstack.surface.identity import Caller
from devstack.surface.rest import answer, calls, media, openapi, payload, plan, ranges, read_sql, statement
from devstack.surface.rest.answer import Answer, View
from devstack.surface.rest.cache import Cache
from devstack.surface.rest.errors import Problem
from devstack.surface.rest.fragments import Sql
from devstack.surface.rest.nodes import Call, Delete, Insert, Mutation, Node, Update
from devstack.surface.rest.parse import parse
from devstack.surface.rest.request import Request, read_body, understand
from devstack.surface.rest.run import Result, Work, run
from devstack.surface.rest.schema import Function, Schema, Table
from devstack.surface.rest.syntax import Query, Range

_MISSING = ("PGRST200", "PGRST202", "PGRST204", "PGRST205")
"""Errors a newer schema cache may know better about. Planning raises them: nothing has been done then."""


class Room:
    """Answers requests for one database."""

    def __init__(self, pool: Pool, cache: Cache) -> None:
        self._pool = pool
        self._cache = cache

    async def handle(self, scope: Scope, receive: Receive, caller: Caller) -> Answer:
        """The answer to a request. Raises Problem."""
        body = await read_body(receive)
        schema = await self._cache.current()
        try:
            return await self._handle(scope, body, caller, schema)
        except _Explained as explained:
            return explained.found
        except Problem as problem:
            if problem.code not in _MISSING:
                raise
            newer = await self._cache.fresher(schema)
            if newer.version == schema.version:
                raise
            return await self._handle(scope, body, caller, newer)

    async def _handle(self, scope: Scope, body: bytes, caller: Caller, schema: Schema) -> Answer:
        request = understand(scope, body, schema)
        if request.method == "OPTIONS":
            return _options(request, schema)
        if request.kind == "root":
            return openapi.answer(request, caller, schema)
        explained = media.plan(request.accepted)
        if explained and schema.options.plans:
            request = replace(request, plan=explained, accepted=[explained.of])
        query = parse(request.raw_query, is_call=request.kind == "function" and request.is_read)
        if request.kind == "function":
            return await self._call(request, query, caller, schema)
        table = plan.find_table(schema, request.name)
        if request.is_read:
            return await self._read(request, query, caller, schema)
        return await self._change(request, query, caller, schema, table)

    async def _read(self, request: Request, query: Query, caller: Caller, schema: Schema) -> Answer:
        asked = query.ranges.get((), Range())
        top = ranges.top_range(request.headers.get("range"), asked) if request.method == "GET" else asked
        node = plan.plan_read(schema, request.name, query, top)
        chosen = media.choose(request.accepted)
        made = statement.for_read(node, chosen, count=_counts(request), with_body=request.method == "GET")
        work = Work(made, read_only=True, estimate=_estimate(request, node), check=_single(chosen))
        result = await self._do(request, caller, schema, work)
        return answer.for_read(request, result, View(chosen, top, schema.options.max_rows), query.canonical)

    async def _call(self, request: Request, query: Query, caller: Caller, schema: Schema) -> Answer:
        given = None
        if not request.is_read:
            given = payload.read(request.body, request.body_type, query.columns, is_call=True)
        keys = frozenset(given.keys if given else (name for name, _ in query.params))
        function = calls.find_function(schema, request.name, keys, request.body_type, is_post=given is not None)
        if request.preferences.is_strict and request.preferences.max_affected is not None and not function.is_set:
            message = "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"
            raise Problem(400, "PGRST128", message)
        asked = query.ranges.get((), Range())
        top = ranges.top_range(request.headers.get("range"), asked) if request.method == "GET" else asked
        of = function.returns[1] if function.is_composite else function.name[1]
        node = plan.plan_read(schema, (request.name[0], of), query, top, from_source=True)
        chosen = media.choose(request.accepted)
        call = calls.plan_call(function, keys, given, query.params, plan.answered(node))
        view = View(chosen, top, schema.options.max_rows)
        work = _calling(request, node, call, view)
        return answer.for_call(request, await self._do(request, caller, schema, work), view, function)

    async def _change(self, request: Request, query: Query, caller: Caller, schema: Schema, table: Table) -> Answer:
        if request.method == "PUT" and not query.ranges.get((), Range()).is_all:
            raise Problem(400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT")
        given = payload.Payload()
        if request.method != "DELETE":
            given = payload.read(request.body, request.body_type, query.columns, is_call=False)
        node = plan.plan_read(schema, request.name, query, Range(), from_source=True, is_mutation=True)
        mutation = _mutation(request, query, table, given, node)
        _check_where(mutation)
        chosen = media.choose(request.accepted)
        full = request.preferences.representation == "representation"
        with_location = request.preferences.representation == "headers-only"
        made = statement.for_mutation(mutation, node, chosen, with_body=full, with_location=with_location)
        work = Work(made, read_only=False, check=_checks(request, chosen, writes=True, is_put=request.method == "PUT"))
        result = await self._do(request, caller, schema, work)
        if request.method == "POST":
            can_conflict = bool(table.primary_key) or query.on_conflict is not None
            return answer.for_insert(request, result, chosen, can_conflict=can_conflict)
        return (
            answer.for_put(request, result, chosen)
            if request.method == "PUT"
            else answer.for_change(request, result, chosen)
        )

    async def _do(self, request: Request, caller: Caller, schema: Schema, work: Work) -> Result:
        """Carry `work` out; where its plan was asked for, that is the whole answer."""
        if request.plan is None:
            return await run(self._pool, caller, request, schema, work)
        explained = await run(self._pool, caller, request, schema, replace(work, explain=request.plan.explain))
        raise _Explained(answer.for_plan(request.plan, explained))


class _Explained(Exception):
    """The plan of a request, in place of its answer."""

    def __init__(self, found: Answer) -> None:
        super().__init__()
        self.found = found


def _calling(request: Request, node: Node, call: Call, view: View) -> Work:
    read_only = request.is_read or call.function.volatility in ("s", "i")
    made = statement.for_call(call, node, view.media, count=_counts(request), with_body=request.method != "HEAD")
    return Work(made, read_only, call.function, None, _checks(request, view.media, writes=not read_only))


def _mutation(request: Request, query: Query, table: Table, given: payload.Payload, node: Node) -> Mutation:
    prefers = request.preferences
    returning: tuple[str, ...] = ()
    if prefers.representation in ("representation", "headers-only"):
        returning = plan.returning(node, table.primary_key)
    conditions = plan.conditions(query)
    if request.method == "DELETE":
        return Delete(table, conditions, returning)
    for name in given.keys:
        if name not in table.columns:
            message = f"Could not find the '{name}' column of '{table.name[1]}' in the schema cache"
            raise Problem(400, "PGRST204", message)
    defaults = prefers.missing == "default"
    if request.method == "PATCH":
        return Update(table, given.keys, given.text, conditions, defaults, returning)
    if request.method == "PUT":
        _check_put(query, table)
        return Insert(
            table, given.keys, given.text, "merge-duplicates", table.primary_key, False, returning, put=conditions
        )
    conflict = table.primary_key if query.on_conflict is None else query.on_conflict
    return Insert(table, given.keys, given.text, prefers.resolution, conflict, defaults, returning)


def _check_where(mutation: Mutation) -> None:
    """Raise Problem for a change of every row: hosted loads pg-safeupdate for everything that comes over the API."""
    word = "DELETE" if isinstance(mutation, Delete) else "UPDATE"
    if isinstance(mutation, Update) and not mutation.columns:
        return  # nothing is set, so nothing is asked of Postgres
    if isinstance(mutation, Delete | Update) and not mutation.conditions:
        raise Problem(400, "21000", f"{word} requires a WHERE clause")


def _check_put(query: Query, table: Table) -> None:
    filters = query.root_filters
    exact = all(
        one.operation.op == "eq" and not one.operation.negated and not one.operation.quantifier for one in filters
    )
    named = {one.field.name for one in filters} == set(table.primary_key) and not any(
        one.field.steps for one in filters
    )
    if query.logic or not table.primary_key or not exact or not named:
        message = "Filters must include all and only primary key columns with 'eq' operators"
        raise Problem(405, "PGRST105", message)


def _counts(request: Request) -> bool:
    return request.preferences.count in ("exact", "estimated")


def _estimate(request: Request, node: Node) -> Sql | None:
    return read_sql.count(node) if request.preferences.count in ("planned", "estimated") else None


def _single(chosen: str) -> answer.Check | None:
    return answer.check_single if chosen in (media.OBJECT, media.STRIPPED_OBJECT) else None


def _checks(request: Request, chosen: str, *, writes: bool, is_put: bool = False) -> answer.Check | None:
    """What must hold before a change is committed; None when it may be at once."""
    prefers = request.preferences
    greatest = prefers.max_affected if prefers.is_strict else None
    is_function = request.kind == "function"
    single = _single(chosen) if is_function or prefers.representation == "representation" else None

    def check(result: Result) -> None:
        if is_put and result.rows != 1:
            raise Problem(400, "PGRST115", "Payload values do not match URL in primary key column(s)")
        if greatest is not None and (is_function or request.method in ("PATCH", "DELETE")):
            answer.check_affected(result, greatest)
        if single:
            single(result)
        answer.check_own(result)

    return check if writes or single or greatest is not None else None


def _options(request: Request, schema: Schema) -> Answer:
    if request.kind == "root":
        return answer.for_options("OPTIONS,GET,HEAD")
    if request.kind == "function":
        found: tuple[Function, ...] = schema.functions.get(request.name, ())
        if not found:
            calls.find_function(schema, request.name, frozenset(), request.body_type, is_post=True)
        return answer.for_options("OPTIONS,POST" if found[0].volatility == "v" else "OPTIONS,GET,HEAD,POST")
    table = plan.find_table(schema, request.name)
    verbs = ["OPTIONS,GET,HEAD"]
    verbs += ["POST"] if table.insertable else []
    verbs += ["PUT"] if table.insertable and table.updatable and table.primary_key else []
    verbs += ["PATCH"] if table.updatable else []
    verbs += ["DELETE"] if table.deletable else []
    return answer.for_options(",".join(verbs))
