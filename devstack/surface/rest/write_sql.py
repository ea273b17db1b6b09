"""The plan of a mutation or a call → its query."""

from devstack.surface.rest.fragments import NOTHING, Sql, bind, column, condition, join, literal, quote, relation, where
from devstack.surface.rest.nodes import Call, Delete, Insert, Mutation, Update
from devstack.surface.rest.schema import Column, Name, Parameter, Table

BODY: Name = ("", "pgrst_body")
INSERTED = "pgrst.inserted"
"""A setting that counts rows an upsert made: each row adds one, each conflict takes it back."""


def mutate(plan: Mutation) -> Sql:
    """`insert`, `update` or `delete` with what it gives back."""
    if isinstance(plan, Insert):
        return _insert(plan)
    if isinstance(plan, Update):
        return _update(plan)
    conditions = [condition(plan.table.name, one, plan.table) for one in plan.conditions]
    return f"delete from {relation(plan.table.name)}" + where(conditions) + _returning(plan)


def _returning(plan: Insert | Update | Delete) -> Sql:
    given = ", ".join(column(plan.table.name, name) for name in plan.returning) or "1"
    return Sql(f" returning {given}")


def _typed(table: Table, names: tuple[str, ...]) -> list[Column]:
    return [table.columns[name] for name in names]


def _counter(step: str, never: str) -> str:
    """Always true; counts on the way."""
    now = f"coalesce(nullif(current_setting('{INSERTED}', true), '')::int, 0)"
    return f"set_config('{INSERTED}', ({now} {step})::text, true) <> '{never}'"


def _insert(plan: Insert) -> Sql:
    into = f"({', '.join(map(quote, plan.columns))})" if plan.columns else ""
    query = f"insert into {relation(plan.table.name)}{into} " + _rows(plan, with_list=True)
    counting = bool(plan.put) or plan.merges
    conditions = [Sql(_counter("+ 1", "0"))] if counting else []
    conditions += [condition(BODY, one, plan.table) for one in plan.put]
    query = query + where(conditions)
    if plan.resolution and plan.conflict:
        query = query + f" on conflict({', '.join(map(quote, plan.conflict))}) do " + _on_conflict(plan, counting)
    return query + _returning(plan)


def _on_conflict(plan: Insert, counting: bool) -> str:
    if not plan.merges or not plan.columns:
        return "nothing"
    changes = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in plan.columns)
    return f"update set {changes}" + (f" where {_counter('- 1', '-1')}" if counting else "")


def _update(plan: Update) -> Sql:
    if not plan.columns:  # nothing to set: no row is changed, none is given back
        given = ", ".join(column(("", plan.table.name[1]), name) for name in plan.returning) or "null"
        return Sql(f"select {given} from {relation(plan.table.name)} where false")
    changes = ", ".join(f"{quote(name)} = {column(BODY, name)}" for name in plan.columns)
    query = f"update {relation(plan.table.name)} set {changes} " + _rows(plan, with_list=False)
    return query + where(condition(plan.table.name, one, plan.table) for one in plan.conditions) + _returning(plan)


def _rows(plan: Insert | Update, *, with_list: bool) -> Sql:
    columns = _typed(plan.table, plan.columns)
    types = [(one.name, one.type) for one in columns]
    defaults = [(one.name, one.default) for one in columns if one.default] if plan.defaults else None
    return body_rows(plan.body, types, with_list=with_list, one_row=False, defaults=defaults)


def body_rows(
    body: str, types: list[tuple[str, str]], *, with_list: bool, one_row: bool,
    defaults: list[tuple[str, str]] | None,
) -> Sql:  # fmt: skip
    """`from` the JSON of a body, as rows that Postgres types: objects of an array, or one object."""
    is_object = body.lstrip(" \t\r\n").startswith("{")
    kind = "json" if defaults is None else "jsonb"
    listed = f"select {', '.join(column(BODY, name) for name, _ in types)} " if with_list else ""
    source = "pgrst_payload.json_data"
    query = f"{listed}from (select " + bind(body) + f"::{kind} as json_data) pgrst_payload, "
    if defaults is not None:
        made = (
            "jsonb_build_object(" + ", ".join(f"{literal(name)}, {_escaped(value)}" for name, value in defaults) + ")"
        )
        merged = f"select {made} || pgrst_payload.json_data as val"
        if not is_object:
            merged = f"select jsonb_agg({made} || elem) as val from jsonb_array_elements(pgrst_payload.json_data) elem"
        query, source = query + f"lateral ({merged}) pgrst_json_defs, ", "pgrst_json_defs.val"
    if types:
        function = f"{kind}_to_record" if is_object else f"{kind}_to_recordset"
        typed = ", ".join(f"{quote(name)} {_escaped(of)}" for name, of in types)
        rows = f"{function}({source}) as _({typed})" + (" limit 1" if one_row else "")
    else:
        rows = "(values(1)) _" if is_object else f"{kind}_array_elements({source}) _"
    return query + f"lateral (select {', '.join(quote(name) for name, _ in types)} from {rows}) pgrst_body"


def _escaped(catalogue_text: str) -> str:
    """SQL out of the catalogue (a type, a default), whose percent signs are no placeholders."""
    return catalogue_text.replace("%", "%%")


def call(plan: Call) -> Sql:
    """`select … from function(…)`."""
    function = plan.function
    plain = function.is_scalar or function.is_scalar_set
    given = (
        "pgrst_call.pgrst_scalar" if plain else ", ".join(column(("", "pgrst_call"), n) for n in plan.returning) or "*"
    )
    return f"select {given} " + _called(plan, plain)


def _called(plan: Call, plain: bool) -> Sql:
    if plan.whole:
        value: Sql = Sql("%s", (plan.body if plan.body is not None else "",))
        return "from " + _invoke(plan, value + f"::{_escaped(plan.parameters[0].type)}", plain)
    if not plan.parameters:
        return "from " + _invoke(plan, NOTHING, plain)
    if plan.arguments is not None:
        given = dict(plan.arguments)
        values = join(", ", (_argument(one, given.get(one.name, "")) for one in plan.parameters))
        return "from " + _invoke(plan, values, plain)
    types = [(one.name, one.type) for one in plan.parameters]
    rows = body_rows(str(plan.body), types, with_list=False, one_row=True, defaults=None)
    names = ", ".join(f"{_variadic(one)}{quote(one.name)} := {column(BODY, one.name)}" for one in plan.parameters)
    return rows + ", lateral " + _invoke(plan, Sql(names), plain)


def _variadic(one: Parameter) -> str:
    return "variadic " if one.variadic else ""


def _argument(one: Parameter, value: str | tuple[str, ...]) -> Sql:
    bound = Sql("%s::text[]", (list(value),)) if isinstance(value, tuple) else bind(value)
    return f"{_variadic(one)}{quote(one.name)} := " + bound + f"::{_escaped(one.type)}"


def _invoke(plan: Call, arguments: Sql, plain: bool) -> Sql:
    called = f"{relation(plan.function.name)}(" + arguments + ")"
    return "(select " + called + " pgrst_scalar) pgrst_call" if plain else called + " pgrst_call"
