"""Relationships between tables and views, worked out from foreign keys as PostgREST works them out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

from devstack.surface.rest.errors import Problem
from devstack.surface.rest.fuzzy import nearest
from devstack.surface.rest.schema import Junction, Name, Pairs, Relationship, Table
from devstack.surface.rest.viewkeys import Origins

_ORDER = {"o2m": 0, "m2o": 1, "o2o": 2, "m2m": 3, "computed": 4}
_WORDS = {"o2m": "one-to-many", "m2o": "many-to-one", "o2o": "one-to-one", "m2m": "many-to-many"}


def with_view_key(table: Table, views: Origins, primary: Mapping[Name, tuple[str, ...]]) -> Table:
    """A view is known by the primary keys of the tables below, where it shows them whole."""
    if not table.is_view:
        return table
    key: list[str] = []
    for base, shown in views.get(table.name, {}).items():
        wanted = primary.get(base, ())
        if wanted and all(column in shown for column in wanted):
            key += [shown[column][0] for column in wanted]
    return replace(table, primary_key=tuple(key))


def build(
    keys: list[Relationship], views: Origins, primary: Mapping[Name, tuple[str, ...]],
    computed: list[Relationship], exposed: tuple[str, ...],
) -> dict[Name, tuple[Relationship, ...]]:  # fmt: skip
    """All relationships that start and end in exposed schemas, by where they start."""
    single = keys + [made for key in keys for made in _through_views(key, views)]
    every = single + list(_many_to_many(single, primary)) + [_inverse(one) for one in single]
    overridden = {(one.table, one.function) for one in computed}
    found: dict[Name, list[Relationship]] = defaultdict(list)
    for one in every:
        inside = one.table[0] in exposed and one.foreign[0] in exposed
        through_hidden = one.junction is not None and one.junction.table[0] not in exposed
        if inside and not through_hidden and (one.table, one.foreign) not in overridden:
            found[one.table].append(one)
    for one in computed:
        if one.foreign[0] in exposed:
            found[one.table].append(one)
    return {name: tuple(sorted(ones, key=_sort_key)) for name, ones in found.items()}


def _sort_key(one: Relationship) -> tuple[object, ...]:
    return one.foreign, _ORDER[one.kind], one.constraint, one.columns, one.junction.table if one.junction else ("", "")


def _inverse(one: Relationship) -> Relationship:
    return Relationship(
        one.foreign, one.table, "o2m" if one.kind == "m2o" else "o2o", one.constraint,
        tuple((theirs, ours) for ours, theirs in one.columns), to_one=one.kind == "o2o",
        table_is_view=one.foreign_is_view, foreign_is_view=one.table_is_view,
    )  # fmt: skip


def _expand(columns: Iterable[str], shown: Mapping[str, list[str]]) -> list[tuple[str, ...]]:
    """Every way in which a view shows all of `columns`."""
    wanted = list(columns)
    return list(product(*(shown[column] for column in wanted))) if all(c in shown for c in wanted) else []


def _through_views(key: Relationship, views: Origins) -> Iterable[Relationship]:
    ours = [ours for ours, _ in key.columns]
    theirs = [theirs for _, theirs in key.columns]
    from_views = [(view, way) for view, bases in views.items() for way in _expand(ours, bases.get(key.table, {}))]
    to_views = [(view, way) for view, bases in views.items() for way in _expand(theirs, bases.get(key.foreign, {}))]
    for view, way in from_views:
        yield replace(key, table=view, columns=tuple(zip(way, theirs, strict=True)), table_is_view=True)
    for view, way in to_views:
        yield replace(key, foreign=view, columns=tuple(zip(ours, way, strict=True)), foreign_is_view=True)
    for (start, way), (end, other) in product(from_views, to_views):
        columns = tuple(zip(way, other, strict=True))
        yield replace(key, table=start, foreign=end, columns=columns, table_is_view=True, foreign_is_view=True)


def _many_to_many(keys: list[Relationship], primary: Mapping[Name, tuple[str, ...]]) -> Iterable[Relationship]:
    """Two foreign keys of one table, both inside its primary key, join the tables they refer to."""
    by_table: dict[Name, list[Relationship]] = defaultdict(list)
    for key in keys:
        if key.kind == "m2o":
            by_table[key.table].append(key)
    for table, ones in by_table.items():
        for one, other in product(ones, ones):
            used = {ours for ours, _ in one.columns + other.columns}
            if one.constraint != other.constraint and used <= set(primary.get(table, ())):
                junction = Junction(table, one.constraint, other.constraint, _swap(one.columns), _swap(other.columns))
                yield Relationship(
                    one.foreign, other.foreign, "m2m", junction=junction,
                    table_is_view=one.foreign_is_view, foreign_is_view=other.foreign_is_view,
                )  # fmt: skip


def _swap(pairs: Pairs) -> Pairs:
    return tuple((theirs, ours) for ours, theirs in pairs)


def find(
    relationships: Mapping[Name, tuple[Relationship, ...]], schema: str, origin: str, target: str, hint: str | None
) -> Relationship:
    """The one relationship that `origin?select=target!hint()` means. Raises Problem when it is none or several."""
    candidates = relationships.get((schema, origin), ())
    found = [one for one in candidates if one.foreign[0] == schema and _matches(one, target, hint)]
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(origin, target, found)
    raise _unrelated(relationships, schema, origin, target, hint)


def _matches(one: Relationship, target: str, hint: str | None) -> bool:
    if one.kind == "computed":
        return one.function is not None and target == one.function[1]
    by_name = target == one.foreign[1]
    ours = one.columns[0][0] if len(one.columns) == 1 else None
    theirs = one.columns[0][1] if len(one.columns) == 1 else None
    if one.is_self:
        if hint is None:
            return (by_name and one.kind == "o2m") or (target == ours and one.kind == "m2o")
        return by_name and one.kind == "o2m" and hint == theirs
    if hint is None:
        by_key = target == ours or (one.kind != "m2m" and target == one.constraint)
        return by_name or (by_key and not one.foreign_is_view)
    if one.junction:
        return by_name and hint == one.junction.table[1]
    return by_name and hint in (one.constraint, ours, theirs)


def _ambiguous(origin: str, target: str, found: list[Relationship]) -> Problem:
    hints = ", ".join(
        f"'{one.foreign[1]}!{one.junction.table[1] if one.junction else one.constraint}'" for one in found
    )
    return Problem(
        300, "PGRST201",
        f"Could not embed because more than one relationship was found for '{origin}' and '{target}'",
        [_described(one) for one in found],
        f"Try changing '{target}' to one of the following: {hints}."
        " Find the desired relationship in the 'details' key.",
    )  # fmt: skip


def _described(one: Relationship) -> dict[str, str]:
    def listed(columns: Iterable[str]) -> str:
        return f"({', '.join(columns)})"

    if one.junction:
        first, second = one.junction.source, one.junction.target
        text = (
            f"{one.junction.table[1]} using {one.junction.constraint_1}{listed(c for _, c in first)}"
            f" and {one.junction.constraint_2}{listed(c for _, c in second)}"
        )
    else:
        text = (
            f"{one.constraint} using {one.table[1]}{listed(ours for ours, _ in one.columns)}"
            f" and {one.foreign[1]}{listed(theirs for _, theirs in one.columns)}"
        )
    embedding = f"{one.table[1]} with {one.foreign[1]}"
    return {"cardinality": _WORDS[one.kind], "embedding": embedding, "relationship": text}


def _unrelated(
    relationships: Mapping[Name, tuple[Relationship, ...]], schema: str, origin: str, target: str, hint: str | None
) -> Problem:
    known = relationships.get((schema, origin))
    if known is None:
        parents = [name for (where, name) in relationships if where == schema]
        close = nearest(parents, origin)
        suggestion = f"Perhaps you meant '{close[1]}' instead of '{origin}'." if close else None
    else:
        close = nearest((one.foreign[1] for one in known), target)
        suggestion = f"Perhaps you meant '{close[1]}' instead of '{target}'." if close and close[0] < 1 else None
    using = f"' using the hint '{hint}" if hint is not None else ""
    return Problem(
        400, "PGRST200", f"Could not find a relationship between '{origin}' and '{target}' in the schema cache",
        f"Searched for a foreign key relationship between '{origin}' and '{target}{using}' in the schema '{schema}',"
        " but no matches were found.",
        suggestion,
    )  # fmt: skip
