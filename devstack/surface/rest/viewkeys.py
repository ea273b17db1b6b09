"""Which column of a view is which column of a table: foreign keys of tables are embedded through views by it."""

import re
from dataclasses import dataclass
from typing import Any

from devstack.surface.rest.schema import Name

Origins = dict[Name, dict[Name, dict[str, list[str]]]]
"""View → table → column of the table → columns of the view that show it."""

VIEWS = """
select n.nspname, c.relname, c.oid::bigint, r.ev_action::text
from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
where c.relkind in ('v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
"""
COLUMNS = """
select c.oid::bigint, n.nspname, c.relname, c.relkind in ('v', 'm'), a.attnum, a.attname
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where c.relkind in ('r', 'v', 'm', 'f', 'p') and a.attnum > 0 and not a.attisdropped
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
"""
_ENTRY = re.compile(
    r"\{TARGETENTRY (?P<expr>.*?):resno (?P<number>\d+) :resname (?:\\.|[^\s\\])+ :ressortgroupref \d+"
    r" :resorigtbl (?P<table>\d+) :resorigcol (?P<column>\d+) :resjunk (?P<junk>\w+)\}",
    re.DOTALL,
)
DEEPEST = 32
"""How many views may stand upon each other."""


def resolve(views: list[tuple[Any, ...]], columns: list[tuple[Any, ...]]) -> Origins:
    """`views` and `columns` are the rows of VIEWS and COLUMNS. Views over views lead on to the tables below."""
    relation: dict[int, tuple[Name, bool]] = {}
    column: dict[tuple[int, int], str] = {}
    for oid, schema, name, is_view, number, attribute in columns:
        relation[oid] = (schema, name), is_view
        column[oid, number] = attribute
    shown: dict[int, list[tuple[str, int, int]]] = {oid: _entries(tree, oid, column) for _, _, oid, tree in views}
    known = _Known(relation, column, shown)
    origins: Origins = {}
    for schema, name, oid, _ in views:
        found: dict[Name, dict[str, list[str]]] = {}
        for label, table, number in shown[oid]:
            target = _follow(table, number, known)
            if target:
                found.setdefault(target[0], {}).setdefault(target[1], []).append(label)
        origins[schema, name] = found
    return origins


@dataclass(frozen=True)
class _Known:
    """Relations (and whether they are views), columns, and what each view shows, all by object id."""

    relations: dict[int, tuple[Name, bool]]
    columns: dict[tuple[int, int], str]
    shown: dict[int, list[tuple[str, int, int]]]


def _follow(oid: int, number: int, known: _Known, depth: int = 0) -> tuple[Name, str] | None:
    """The table and column below column `number` of a relation."""
    if oid not in known.relations or (oid, number) not in known.columns or depth > DEEPEST:
        return None
    name, is_view = known.relations[oid]
    label = known.columns[oid, number]
    if not is_view:
        return name, label
    for shown_label, table, inner in known.shown.get(oid, ()):
        if shown_label == label:
            return _follow(table, inner, known, depth + 1)
    return None


def _entries(tree: str, oid: int, column: dict[tuple[int, int], str]) -> list[tuple[str, int, int]]:
    """Column of the view, and where its values come from, for each entry of the outermost target list."""
    found = []
    for entry in _ENTRY.finditer(_target_list(tree)):
        if entry["table"] != "0" and entry["junk"] == "false":
            label = column.get((oid, int(entry["number"])))
            if label:
                found.append((label, int(entry["table"]), int(entry["column"])))
    return found


def _target_list(tree: str) -> str:
    """The target list of the query itself, without the expressions inside its entries' own queries."""
    depth, at = 0, 0
    while at < len(tree):
        char = tree[at]
        if char == "\\":
            at += 1
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif depth == 1 and tree.startswith(":targetList (", at):
            return _flat(tree[at + len(":targetList ") :])
        at += 1
    return ""


def _flat(rest: str) -> str:
    """`rest` up to where its first list ends, with what is nested deeper than an entry left out."""
    depth, kept, at = 0, [], 0
    while at < len(rest):
        char = rest[at]
        if char == "\\":
            if depth <= 2:
                kept.append(rest[at : at + 2])
            at += 2
            continue
        if char in "({":
            depth += 1
        if depth <= 2:
            kept.append(char)
        if char in ")}":
            depth -= 1
            if depth == 0:
                break
        at += 1
    return "".join(kept)
