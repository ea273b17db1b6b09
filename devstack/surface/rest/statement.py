"""The one statement of a request: its query, its count, and its body as the client gets it.

Columns of its row: total, rows on this page, Location, body, response.headers, response.status, rows inserted.
"""

from devstack.surface.rest import read_sql
from devstack.surface.rest.fragments import Sql, literal
from devstack.surface.rest.media import CSV, OBJECT, STRIPPED, STRIPPED_OBJECT
from devstack.surface.rest.nodes import Call, Insert, Mutation, Node
from devstack.surface.rest.schema import Function
from devstack.surface.rest.write_sql import INSERTED, call, mutate

_SETTINGS = (
    "nullif(current_setting('response.headers', true), ''), nullif(current_setting('response.status', true), '')"
)


def _json(found: str, media: str) -> str:
    return f"json_strip_nulls({found})" if media in (STRIPPED, STRIPPED_OBJECT) else found


def _body(media: str, function: Function | None) -> str:
    """The expression that makes the body of the rows called _postgrest_t."""
    if media == CSV:
        # A function gives more columns than are shown: filters may name any.
        first = "(select row_to_json(hh) as r from pgrst_source as hh limit 1) s"
        if function is not None:
            first = "(select json_agg(_postgrest_t)->0 as r) s"
        return (
            f"(select coalesce(string_agg(a.k, ','), '') from (select json_object_keys(r)::text as k from {first}) a)"
            " || e'\\n' ||"
            " coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), e'\\n'), '')"
        )
    plain = function is not None and not function.is_composite
    value = "_postgrest_t.pgrst_scalar" if plain else "_postgrest_t"
    single = media in (OBJECT, STRIPPED_OBJECT)
    if single or (function is not None and function.is_single):
        return f"coalesce({_json(f'json_agg({value})->0', media)}, 'null')"
    return f"coalesce({_json(f'json_agg({value})', media)}, '[]')"


def _counting(node: Node, wanted: bool) -> tuple[Sql, str]:
    if not wanted:
        return Sql(""), "null::bigint"
    return ", pgrst_source_count as (" + read_sql.count(node) + ")", "(select count(*) from pgrst_source_count)"


def for_read(node: Node, media: str, *, count: bool, with_body: bool) -> Sql:
    """A read of a table or view."""
    counted, total = _counting(node, count)
    body = _body(media, None) if with_body else "''"
    return (
        "with pgrst_source as (" + read_sql.read(node) + ")" + counted
        + f" select {total}, count(_postgrest_t), null::text[], ({body})::text, {_SETTINGS}, null::int"
        " from (select * from pgrst_source) _postgrest_t"
    )  # fmt: skip


def for_mutation(plan: Mutation, node: Node, media: str, *, with_body: bool, with_location: bool) -> Sql:
    """An insert, update or delete, and what is read from the rows it gives back."""
    inserted = f"nullif(current_setting('{INSERTED}', true), '')::int"
    location = _location(plan) if isinstance(plan, Insert) and with_location else "null::text[]"
    shown = read_sql.read(node) if with_body else Sql("select * from pgrst_source")
    body = _body(media, None) if with_body else "''"
    return (
        "with pgrst_source as (" + mutate(plan) + ")"
        + f" select null::bigint, count(_postgrest_t), {location}, ({body})::text, {_SETTINGS}, {inserted} from ("
        + shown + ") _postgrest_t"
    )  # fmt: skip


def _location(plan: Insert) -> str:
    if not plan.table.primary_key:
        return "null::text[]"
    keys = ", ".join(literal(name) for name in plan.table.primary_key)
    return (
        "case when count(_postgrest_t) = 1 then ("
        "with data as (select row_to_json(_) as row from pgrst_source as _ limit 1)"
        " select array_agg(array[d.key, coalesce('eq.' || d.value, 'is.null')])"
        f" from data cross join json_each_text(data.row) as d where d.key in ({keys})) end"
    )


def for_call(plan: Call, node: Node, media: str, *, count: bool, with_body: bool) -> Sql:
    """A call of a function, and what is read from its rows."""
    counted, total = _counting(node, count)
    body = _body(media, plan.function) if with_body else "''"
    rows = "1::bigint" if plan.function.is_single else "count(_postgrest_t)"
    return (
        "with pgrst_source as (" + call(plan) + ")" + counted
        + f" select {total}, {rows}, null::text[], ({body})::text, {_SETTINGS}, null::int from (" + read_sql.read(node)
        + ") _postgrest_t"
    )  # fmt: skip
