"""A query string → a Query. Pure; raises Problem (PGRST100) where the text is none."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import quote, unquote_to_bytes

from devstack.surface.rest import grammar
from devstack.surface.rest.errors import Problem, unparsable
from devstack.surface.rest.scanner import Scanner, Stopped
from devstack.surface.rest.syntax import (
    EmbedPath,
    Field,
    Filter,
    LogicTree,
    OrderTerm,
    Query,
    Range,
    SelectField,
    SelectItem,
)

T = TypeVar("T")
RESERVED = ("select", "columns", "on_conflict")
EMBEDDABLE = ("order", "limit", "offset", "and", "or")


def parse(raw: bytes, *, is_call: bool = False) -> Query:
    """Read a query string. For a function called by GET (`is_call`), what is no filter is an argument."""
    pairs = list(_pairs(raw))
    given = [(key, value) for key, value in pairs if value is not None]
    filters: list[tuple[EmbedPath, Filter]] = []
    params: list[tuple[str, str]] = []
    for key, value in given:
        if key in RESERVED or _last(key) in EMBEDDABLE:
            continue
        if is_call and "." not in key and not _is_operation(value):
            params.append((key, value))
        else:
            filters.append(_filter(key, value))
    first = dict(reversed(given))
    return Query(
        select=_select(first.get("select")),
        filters=tuple(filters),
        logic=tuple(_logic(key, value) for key, value in given if _last(key) in ("and", "or")),
        order=tuple(_order(key, value) for key, value in given if _last(key) == "order"),
        ranges=_ranges(given),
        columns=_names("columns", first.get("columns")),
        on_conflict=_names("on_conflict", first.get("on_conflict")),
        params=tuple(params),
        canonical="&".join(
            f"{_encode(key)}={_encode(value or '')}" for key, value in sorted(pairs, key=lambda p: p[0])
        ),
    )


def _pairs(raw: bytes) -> Iterable[tuple[str, str | None]]:
    for part in raw.replace(b";", b"&").split(b"&"):
        if part:
            key, equals, value = part.partition(b"=")
            yield _decode(key), _decode(value) if equals else None


def _decode(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace")


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _read(rule: Callable[[Scanner], T], text: str, what: str) -> T:
    """What `rule` reads from `text`; `what` opens the error message."""
    scanner = Scanner(text)
    try:
        return rule(scanner)
    except Stopped as stopped:
        column, details = scanner.explain(stopped)
        raise unparsable(f'"failed to parse {what}" (line 1, column {column})', details) from None


def _is_operation(value: str) -> bool:
    try:
        grammar.operation(Scanner(value))
    except Stopped:
        return False
    return True


def _select(text: str | None) -> tuple[SelectItem, ...]:
    if text is None:
        return (SelectField(Field("*")),)
    return _read(_whole_select, text, f"select parameter ({text})")


def _whole_select(scanner: Scanner) -> tuple[SelectItem, ...]:
    return grammar.select_list(scanner)


def _tree_path(key: str) -> tuple[EmbedPath, Field]:
    return _read(grammar.tree_path, key, f"tree path ({key})")


def _filter(key: str, value: str) -> tuple[EmbedPath, Filter]:
    path, on = _tree_path(key)
    return path, Filter(on, _read(grammar.operation, value, f"filter ({value})"))


def _order(key: str, value: str) -> tuple[EmbedPath, tuple[OrderTerm, ...]]:
    return _tree_path(key)[0], _read(grammar.order_list, value, f"order ({value})")


def _logic(key: str, value: str) -> tuple[EmbedPath, LogicTree]:
    path, last = _tree_path(key)
    op = f"not.{last.name}" if "not" in path else last.name
    tree = _read(grammar.logic_tree, op + value, f"logic tree ({value})")
    return tuple(part for part in path if part != "not"), tree


def _names(parameter: str, text: str | None) -> tuple[str, ...] | None:
    return None if text is None else _read(grammar.names, text, f"{parameter} parameter ({text})")


def _ranges(given: list[tuple[str, str]]) -> dict[EmbedPath, Range]:
    """`limit` and `offset` by the resource they are for. What is no number is passed over."""
    limits: dict[EmbedPath, int] = {}
    offsets: dict[EmbedPath, int] = {}
    for key, value in given:
        word = _last(key)
        number = _integer(value) if word in ("limit", "offset") else None
        if number is not None:
            (limits if word == "limit" else offsets)[_tree_path(key)[0]] = number
    for path, limit in limits.items():
        if limit < 0:
            raise Problem(
                416, "PGRST103", "Requested range not satisfiable", "Limit should be greater than or equal to zero."
            )
        limits[path] = limit
    return {path: Range(max(offsets.get(path, 0), 0), limits.get(path)) for path in {*limits, *offsets}}


def _integer(text: str) -> int | None:
    text = text.strip()
    digits = text[1:] if text[:1] == "-" else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None
