"""Plans: what will be asked of Postgres, every name resolved against the schema cache."""

from dataclasses import dataclass, field

from devstack.surface.rest.schema import Function, Name, Parameter, Relationship, Table
from devstack.surface.rest.syntax import Filter, OrderTerm, Range, SelectField

SOURCE: Name = ("", "pgrst_source")
"""The common table expression that holds what was changed or what a function answered."""


@dataclass(frozen=True)
class NullEmbed:
    """A condition on whether anything was embedded under `alias`: there is something, or (`is_null`) nothing."""

    alias: str
    is_null: bool


@dataclass(frozen=True)
class Group:
    """`and` or `or` of planned conditions."""

    op: str
    negated: bool
    children: tuple["Condition", ...]


Condition = Filter | NullEmbed | Group


@dataclass(frozen=True)
class Join:
    """`left` = `right`: (relation, column) each, where a relation is a schema-qualified name or ("", alias)."""

    left: tuple[Name, str]
    right: tuple[Name, str]


@dataclass
class Node:
    """One resource of a read: the root, or something embedded in its parent."""

    name: str
    source: Name
    table: Table | None
    depth: int = 0
    alias: str | None = None
    """The name the client gave the embed."""
    source_alias: str | None = None
    join: str | None = None
    spread: bool = False
    select: list[SelectField] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    order: list[OrderTerm] = field(default_factory=list)
    range: Range = field(default_factory=Range)
    relationship: Relationship | None = None
    parent_alias: str | None = None
    aggregate_alias: str = ""
    joins: list[Join] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The member of the answer it becomes."""
        return self.alias or self.name

    @property
    def to_one(self) -> bool:
        """Whether at most one row is embedded."""
        return self.relationship is not None and self.relationship.to_one

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is to be seen: embeds like `rel()` only filter."""
        return not self.select and all(child.is_empty for child in self.children)

    @property
    def qualifier(self) -> Name:
        """What its columns are qualified with."""
        if self.relationship and self.relationship.function:
            return "", self.source_alias or self.relationship.function[1]
        return ("", self.source_alias) if self.source_alias else self.source

    def child(self, name: str) -> "Node | None":
        """The embed called so, by its name or its alias."""
        return next((node for node in self.children if name in (node.name, node.alias)), None)

    def shown(self, name: str) -> "Node | None":
        """The embed the answer shows under `name`."""
        return next((node for node in self.children if node.label == name), None)


@dataclass(frozen=True)
class Insert:
    """Rows of `body` (JSON) into `table`. `put` holds the conditions a single upsert by URL must meet."""

    table: Table
    columns: tuple[str, ...]
    body: str
    resolution: str | None
    conflict: tuple[str, ...]
    defaults: bool
    returning: tuple[str, ...]
    put: tuple[Condition, ...] = ()

    @property
    def merges(self) -> bool:
        """Whether rows that exist are updated."""
        return self.resolution == "merge-duplicates"


@dataclass(frozen=True)
class Update:
    """The first row of `body` over every row that meets the conditions."""

    table: Table
    columns: tuple[str, ...]
    body: str
    conditions: tuple[Condition, ...]
    defaults: bool
    returning: tuple[str, ...]


@dataclass(frozen=True)
class Delete:
    """Every row that meets the conditions."""

    table: Table
    conditions: tuple[Condition, ...]
    returning: tuple[str, ...]


Mutation = Insert | Update | Delete


@dataclass(frozen=True)
class Call:
    """A call of `function`: arguments by name in the URL (`arguments`), or by name in JSON, or the whole body."""

    function: Function
    parameters: tuple[Parameter, ...]
    body: str | bytes | None = None
    arguments: tuple[tuple[str, str | tuple[str, ...]], ...] | None = None
    whole: bool = False
    returning: tuple[str, ...] = ()
