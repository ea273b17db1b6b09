"""Pieces of SQL with the values that belong to them. Values are always bound; names are always quoted."""

from collections.abc import Iterable
from dataclasses import dataclass

from devstack.surface.rest.nodes import Condition, Group, Join, NullEmbed
from devstack.surface.rest.schema import Name, Table
from devstack.surface.rest.syntax import Field, Filter, Operation, OrderTerm

Value = str | bytes | list[str]


@dataclass(frozen=True)
class Sql:
    """A text with `%s` for each of `values`."""

    text: str
    values: tuple[Value, ...] = ()

    def __add__(self, other: "Sql | str") -> "Sql":
        if isinstance(other, str):
            return Sql(self.text + other, self.values)
        return Sql(self.text + other.text, self.values + other.values)

    def __radd__(self, other: str) -> "Sql":
        return Sql(other + self.text, self.values)

    def __bool__(self) -> bool:
        return bool(self.text)


NOTHING = Sql("")


def join(separator: str, parts: Iterable[Sql]) -> Sql:
    """`parts` with `separator` between them."""
    listed = [part for part in parts if part]
    return Sql(separator.join(part.text for part in listed), tuple(value for part in listed for value in part.values))


def bind(value: str) -> Sql:
    """A value whose type Postgres works out from where it stands."""
    return Sql("%s", (value,))


def quote(name: str) -> str:
    """A quoted identifier; no character of it can end it, or is taken for a placeholder."""
    return '"' + name.partition("\0")[0].replace('"', '""').replace("%", "%%") + '"'


def literal(text: str) -> str:
    """A constant of our own making, or out of the catalogue."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def relation(name: Name) -> str:
    """A relation or function, qualified with its schema if it has one."""
    return f"{quote(name[0])}.{quote(name[1])}" if name[0] else quote(name[1])


def column(owner: Name, name: str) -> str:
    """A column of `owner`; `*` is all of them."""
    return f"{relation(owner)}.*" if name == "*" else f"{relation(owner)}.{quote(name)}"


def json_steps(wanted: Field) -> Sql:
    """The arrows of a JSON path."""
    found = NOTHING
    for step in wanted.steps:
        arrow = "->>" if step.as_text else "->"
        found = found + arrow + (bind(step.key) if step.key is not None else bind(step.index or "0") + "::int")
    return found


def field(owner: Name, wanted: Field, table: Table | None) -> Sql:
    """A column, or what a path finds in it: other types than JSON are made JSON first."""
    plain = column(owner, wanted.name)
    if not wanted.steps:
        return Sql(plain)
    known = table.columns.get(wanted.name) if table else None
    is_json = known is not None and known.type in ("json", "jsonb")
    return (plain if is_json else f"to_jsonb({plain})") + json_steps(wanted)


def array_literal(values: Iterable[str]) -> str:
    """The text of an array whose elements Postgres will type."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


_OPERATORS = {
    "eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "like", "ilike": "ilike",
    "match": "~", "imatch": "~*", "cs": "@>", "cd": "<@", "ov": "&&", "sl": "<<", "sr": ">>", "nxr": "&<",
    "nxl": "&>", "adj": "-|-", "fts": "@@ to_tsquery", "plfts": "@@ plainto_tsquery", "phfts": "@@ phraseto_tsquery",
    "wfts": "@@ websearch_to_tsquery",
}  # fmt: skip
_IS = {"null": "null", "not_null": "not null", "true": "true", "false": "false", "unknown": "unknown"}


def condition(owner: Name, wanted: Condition, table: Table | None) -> Sql:
    """A condition as it stands behind `where`."""
    if isinstance(wanted, NullEmbed):
        return Sql(f"{quote(wanted.alias)} is {'not ' if wanted.is_null else ''}distinct from null")
    if isinstance(wanted, Group):
        inside = join(f" {wanted.op} ", (condition(owner, child, table) for child in wanted.children))
        return ("not (" if wanted.negated else "(") + inside + ")"
    return _filter(owner, wanted, table)


def _filter(owner: Name, wanted: Filter, table: Table | None) -> Sql:
    operation = wanted.operation
    on = field(owner, wanted.field, table)
    if operation.kind == "fts":
        known = table.columns.get(wanted.field.name) if table else None
        language = bind(operation.language) + ", " if operation.language else NOTHING
        if known is None or known.type != "tsvector":
            on = "to_tsvector(" + language + on + ")"
        right = f" {_OPERATORS[operation.op]}(" + language + bind(operation.value) + ")"
    else:
        right = _right_side(operation)
    return ("not " if operation.negated else "") + on + right


def _right_side(operation: Operation) -> Sql:
    if operation.kind == "is":
        return Sql(f" is {_IS[operation.value]}")
    if operation.kind == "isdistinct":
        return " is distinct from " + bind(operation.value)
    if operation.kind == "in":
        values = () if operation.values == ("",) else operation.values
        return " = any (" + bind(array_literal(values)) + ")"
    value = operation.value.replace("*", "%") if operation.op in ("like", "ilike") else operation.value
    sign = _OPERATORS[operation.op]
    if operation.quantifier:
        return f" {sign} {operation.quantifier}(" + bind(value) + ")"
    return f" {sign} " + bind(value)


def joined(one: Join) -> Sql:
    """The condition of a join."""
    return Sql(f"{column(*one.left)} = {column(*one.right)}")


def order(owner: Name, term: OrderTerm, table: Table | None) -> Sql:
    """One term of `order by`."""
    by = field(owner, term.field, table) if term.relation is None else field(("", term.relation), term.field, None)
    nulls = {"nullsfirst": " nulls first", "nullslast": " nulls last", None: ""}[term.nulls]
    return by + (f" {term.direction}" if term.direction else "") + nulls


def where(parts: Iterable[Sql]) -> Sql:
    """` where a and b`, or nothing."""
    listed = list(parts)
    return " where " + join(" and ", listed) if listed else NOTHING
