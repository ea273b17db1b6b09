"""A parsed query and the schema cache → the plan of a read. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from devstack.surface.rest import relations
from devstack.surface.rest.errors import Problem, Unsupported, not_embedded
from devstack.surface.rest.fuzzy import CLOSE, nearest
from devstack.surface.rest.nodes import SOURCE, Condition, Group, Join, Node, NullEmbed
from devstack.surface.rest.schema import Name, Relationship, Schema, Table
from devstack.surface.rest.syntax import (
    EmbedPath,
    Logic,
    LogicTree,
    OrderTerm,
    Query,
    Range,
    SelectEmbed,
    SelectField,
    SelectItem,
)


def find_table(schema: Schema, name: Name) -> Table:
    """The table or view called so. Raises Problem (PGRST205)."""
    table = schema.tables.get(name)
    if table is None:
        close = nearest((known for where, known in schema.tables if where == name[0]), name[1], CLOSE)
        hint = f"Perhaps you meant the table '{name[0]}.{close[1]}'" if close else None
        message = f"Could not find the table '{name[0]}.{name[1]}' in the schema cache"
        raise Problem(404, "PGRST205", message, None, hint)
    return table


def plan_read(
    schema: Schema, name: Name, query: Query, top: Range, *, from_source: bool = False, is_mutation: bool = False
) -> Node:
    """The tree of a read of `name`. `top` is the range of the root; `from_source` reads what a statement before gave;
    a mutation leaves filters and orders of the root to itself, and knows no greatest number of rows."""
    root = Node(name[1], SOURCE if from_source else name, schema.tables.get(name))
    root.source_alias = name[1] if from_source else None
    _fill(root, query.select, schema, name[0])
    if not schema.options.aggregates and any(one.aggregate for node in _nodes(root) for one in node.select):
        raise Problem(400, "PGRST123", "Use of aggregate functions is not allowed")
    for path, found in query.filters:
        if path or not is_mutation:
            _at(root, path).conditions.append(found)
    for path, tree in query.logic:
        if path or not is_mutation:
            _at(root, path).conditions.append(_group(tree))
    if not is_mutation:
        for path, terms in reversed(query.order):
            _at(root, path).order = list(terms)
        for path, wanted in {**query.ranges, (): top}.items():
            _at(root, path).range = wanted
    for node in _nodes(root):
        node.order = [_related_order(node, term) for term in node.order]
        node.conditions = [_null_embeds(node, condition) for condition in node.conditions]
        _check_spread(node)
        if not is_mutation:
            node.range = _restricted(node.range, schema.options.max_rows)
    return root


def _nodes(node: Node) -> Iterable[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _fill(node: Node, items: tuple[SelectItem, ...], schema: Schema, where: str) -> None:
    """Take the select list `items` into `node`, and its embeds as children."""
    for item in items:
        if isinstance(item, SelectField):
            node.select.append(_with_alias(item))
        else:
            child = _embed(node, item, schema, where)
            node.children.append(child)
            _fill(child, item.children, schema, where)


def _with_alias(item: SelectField) -> SelectField:
    """A value out of JSON is called after the last key that leads to it."""
    if item.alias is not None or item.aggregate or not item.field.steps:
        return item
    keys = [step.key for step in item.field.steps if step.key is not None]
    return replace(item, alias=keys[-1] if keys else item.field.name)


def _embed(parent: Node, item: SelectEmbed, schema: Schema, where: str) -> Node:
    depth = parent.depth + 1
    origin = parent.source_alias if parent.source_alias and depth == 1 else parent.source[1]
    found = relations.find(schema.relationships, where, origin, item.name, item.hint)
    node = Node(
        item.name, found.foreign, schema.tables.get(found.foreign), depth, item.alias, join=item.join,
        spread=item.spread, relationship=found, parent_alias=parent.source_alias,
        aggregate_alias=f"{found.table[1]}_{item.alias or item.name}_{depth}",
    )  # fmt: skip
    if found.kind != "m2m":
        node.source_alias = f"{found.foreign[1]}_{depth}"
    node.joins = _joins(found, node.source_alias, parent.source_alias)
    return node


def _joins(one: Relationship, alias: str | None, parent_alias: str | None) -> list[Join]:
    parent: Name = ("", parent_alias) if parent_alias else one.table
    if one.junction:
        table = one.junction.table
        return [
            *(Join((table, column), (one.foreign, key)) for key, column in one.junction.target),
            *(Join((table, column), (parent, key)) for key, column in one.junction.source),
        ]
    child: Name = ("", alias) if alias else one.foreign
    return [Join((child, theirs), (parent, ours)) for ours, theirs in one.columns]


def _at(root: Node, path: EmbedPath) -> Node:
    node = root
    for name in path:
        child = node.child(name)
        if child is None:
            raise not_embedded(name)
        node = child
    return node


def _group(tree: LogicTree) -> Condition:
    if isinstance(tree, Logic):
        return Group(tree.op, tree.negated, tuple(map(_group, tree.children)))
    return tree


def conditions(query: Query) -> tuple[Condition, ...]:
    """The conditions on the resource itself, for a mutation."""
    trees = [_group(tree) for path, tree in query.logic if not path]
    return (*query.root_filters, *trees)


def _null_embeds(node: Node, condition: Condition) -> Condition:
    """`rel=is.null` asks whether anything is embedded; any other filter of that name is on a column of the row."""
    if isinstance(condition, Group):
        return replace(condition, children=tuple(_null_embeds(node, child) for child in condition.children))
    if isinstance(condition, NullEmbed) or condition.field.steps:
        return condition
    embed = node.shown(condition.field.name)
    operation = condition.operation
    if embed is None or operation.kind != "is" or operation.value not in ("null", "not_null"):
        return condition
    return NullEmbed(embed.aggregate_alias, operation.negated == (operation.value == "not_null"))


def _related_order(node: Node, term: OrderTerm) -> OrderTerm:
    """`order=rel(column)`: the rows of an embedded resource that is at most one."""
    if term.relation is None:
        return term
    embed = node.shown(term.relation)
    if embed is None:
        raise not_embedded(term.relation)
    if not embed.to_one:
        raise Problem(
            400, "PGRST118", f"A related order on '{embed.label}' is not possible",
            f"'{node.source_alias or node.source[1]}' and '{embed.label}' do not form a many-to-one or one-to-one"
            " relationship",
        )  # fmt: skip
    return replace(term, relation=embed.aggregate_alias)


def _check_spread(node: Node) -> None:
    if node.spread and any(item.aggregate for item in node.select):
        raise Unsupported("aggregates inside a spread embed")


def _restricted(wanted: Range, max_rows: int | None) -> Range:
    if max_rows is None or (wanted.limit is not None and wanted.limit <= max_rows):
        return wanted
    return replace(wanted, limit=max_rows)


def answered(root: Node) -> tuple[str, ...]:
    """The columns a function must give: all of its own, since filters may name any, and chosen computed ones."""
    if root.table is None:
        return ("*",)
    known = root.table.columns
    return ("*", *sorted({item.field.name for item in root.select} - {"*", *known}))


def returning(root: Node, key: tuple[str, ...]) -> tuple[str, ...]:
    """The columns a statement must give so that `root` can be read from them: chosen ones, keys of embeds, `key`."""
    chosen = [item.field.name for item in root.select]
    if "*" in chosen or any(child.relationship and child.relationship.function for child in root.children):
        return ("*",)
    needed: list[str] = []
    for child in root.children:
        if child.relationship:
            pairs = child.relationship.junction.source if child.relationship.junction else child.relationship.columns
            needed += [ours for ours, _ in pairs]
    return tuple(sorted({*chosen, *needed, *key}))
