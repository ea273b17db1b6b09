"""The plan of a read → its query, and the query that counts its rows."""

from devstack.surface.rest.fragments import (
    NOTHING,
    Sql,
    bind,
    column,
    condition,
    field,
    join,
    joined,
    order,
    quote,
    relation,
    where,
)
from devstack.surface.rest.nodes import Condition, Group, Node, NullEmbed
from devstack.surface.rest.schema import Name
from devstack.surface.rest.syntax import Field, Range, SelectField

_ALL = SelectField(Field("*"))


def read(node: Node) -> Sql:
    """`select … from … where … order by … limit …` with a lateral join for each embed."""
    items = node.select if node.select or node.children else [_ALL]
    owner = node.qualifier
    chosen = [_item(node, item) for item in items]
    chosen += [shown for child in node.children for shown in _shown(child)]
    listed = join(", ", chosen)
    conditions = [condition(owner, one, node.table) for one in node.conditions]
    query = "select " + listed + _from(node)
    for child in node.children:
        query = query + _embed(child)
    query = query + where([*conditions, *map(joined, node.joins)]) + _group_by(node, items)
    if node.order:
        query = query + " order by " + join(", ", (order(owner, term, node.table) for term in node.order))
    return query + _limits(node.range)


def _item(node: Node, item: SelectField) -> Sql:
    found = field(node.qualifier, item.field, node.table)
    if item.cast:
        found = "cast(" + found + f" as {item.cast})"
    if item.aggregate:
        found = Sql("count(*)") if item.field.name == "*" else f"{item.aggregate}(" + found + ")"
        if item.aggregate_cast:
            found = "cast(" + found + f" as {item.aggregate_cast})"
    return found + f" as {quote(item.alias)}" if item.alias is not None else found


def _group_by(node: Node, items: list[SelectField]) -> Sql:
    if not any(item.aggregate for item in items):
        return NOTHING
    terms = [
        Sql(quote(item.alias)) if item.alias is not None else field(node.qualifier, item.field, node.table)
        for item in items if not item.aggregate
    ]  # fmt: skip
    for child in node.children:
        if child.spread:
            terms += _shown(child)
        elif not child.is_empty:
            terms.append(Sql(quote(child.label)))
    return " group by " + join(", ", terms) if terms else NOTHING


def _from(node: Node) -> Sql:
    one = node.relationship
    if one and one.function:
        argument = quote(node.parent_alias) if node.parent_alias else relation(one.table)
        if not node.parent_alias:
            argument = quote(one.table[1])
        source = f"{relation(one.function)}({argument}::{relation(one.table)})"
    else:
        source = relation(node.source)
    alias = f" as {quote(node.source_alias)}" if node.source_alias else ""
    junction = f", {relation(one.junction.table)}" if one and one.junction else ""
    return Sql(f" from {source}{alias}{junction}")


def _limits(wanted: Range) -> Sql:
    if wanted.is_all:
        return NOTHING
    limit = Sql("all") if wanted.limit is None else bind(str(wanted.limit))
    return " limit " + limit + " offset " + bind(str(wanted.offset))


def _spread_names(child: Node) -> list[str]:
    """The columns a spread embed hands on to its parent."""
    names = [item.alias or item.field.name for item in child.select]
    for inner in child.children:
        names += _spread_names(inner) if inner.spread else [] if inner.is_empty else [inner.label]
    return names


def _expanded(child: Node) -> list[str]:
    """The same with `*` spelled out, where each column becomes a list of its own."""
    known = list(child.table.columns) if child.table else []
    return [name for given in _spread_names(child) for name in (known if given == "*" else [given])]


def _shown(child: Node) -> list[Sql]:
    """What the parent selects of an embed."""
    alias = quote(child.aggregate_alias)
    if child.spread:
        names = _spread_names(child) if child.to_one else _expanded(child)
        return [Sql(column(("", child.aggregate_alias), name)) for name in names]
    if child.is_empty:
        return []
    if child.to_one:
        return [Sql(f"row_to_json({alias}.*)::jsonb as {quote(child.label)}")]
    return [Sql(f"coalesce({alias}.{alias}, '[]') as {quote(child.label)}")]


def _embed(child: Node) -> Sql:
    """The lateral join that finds the rows of an embed."""
    alias = quote(child.aggregate_alias)
    inner = child.join == "inner"
    query, on = read(child), "true"
    if not child.to_one:
        lists = ""
        if child.spread:
            lists = "".join(
                f", coalesce(json_agg({alias}.{quote(name)}), '[]')::jsonb as {quote(name)}"
                for name in _expanded(child)
            )
        query = f"select json_agg({alias})::jsonb as {alias}{lists} from (" + query + f") as {alias}"
        on = f"{alias}.{alias} is not null" if inner else "true"
    return f" {'inner' if inner else 'left'} join lateral (" + query + f") as {alias} on {on}"


def count(node: Node) -> Sql:
    """`select 1` for each row `read` would give without a limit: inner embeds are conditions here."""
    inside = [_counted(node, node.qualifier, one) for one in node.conditions]
    inside += map(joined, node.joins)
    inside += ["exists (" + count(child) + ")" for child in node.children if child.join == "inner"]
    return "select 1" + _from(node) + where(inside)


def _counted(node: Node, owner: Name, wanted: Condition) -> Sql:
    if isinstance(wanted, Group):
        inside = join(f" {wanted.op} ", (_counted(node, owner, child) for child in wanted.children))
        return ("not (" if wanted.negated else "(") + inside + ")"
    if isinstance(wanted, NullEmbed):
        embed = next(child for child in node.children if child.aggregate_alias == wanted.alias)
        return ("not " if wanted.is_null else "") + "exists (" + count(embed) + ")"
    return condition(owner, wanted, node.table)
