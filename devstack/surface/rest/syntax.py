"""What a query string says, as values: nothing here knows a schema or a database."""

from dataclasses import dataclass, field

EmbedPath = tuple[str, ...]
"""Names of embedded resources from the root to where a filter, an order or a limit belongs."""


@dataclass(frozen=True)
class Step:
    """One arrow of a JSON path: `->key`, `->>key`, `->1`, `->>-1`."""

    as_text: bool
    key: str | None = None
    index: str | None = None


@dataclass(frozen=True)
class Field:
    """A column, or a value inside a JSON (or composite) column."""

    name: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class SelectField:
    """`alias:field::cast.aggregate()::cast` of a select list. `*` is a field too."""

    field: Field
    alias: str | None = None
    cast: str | None = None
    aggregate: str | None = None
    aggregate_cast: str | None = None


@dataclass(frozen=True)
class SelectEmbed:
    """`alias:name!hint!join(children)`, or `...name(children)` where `spread` is set."""

    name: str
    children: tuple["SelectItem", ...]
    alias: str | None = None
    hint: str | None = None
    join: str | None = None
    spread: bool = False


SelectItem = SelectField | SelectEmbed


@dataclass(frozen=True)
class Operation:
    """`kind` is simple, quantified, in, is, isdistinct or fts; `op` is the operator as the client wrote it."""

    kind: str
    op: str
    negated: bool = False
    value: str = ""
    values: tuple[str, ...] = ()
    quantifier: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Filter:
    """A condition on one field."""

    field: Field
    operation: Operation


@dataclass(frozen=True)
class Logic:
    """`and(...)` or `or(...)`, perhaps negated."""

    op: str
    negated: bool
    children: tuple["LogicTree", ...]


LogicTree = Filter | Logic


@dataclass(frozen=True)
class OrderTerm:
    """`relation(field).direction.nulls`; `relation` is None for a column of the resource itself."""

    field: Field
    direction: str | None = None
    nulls: str | None = None
    relation: str | None = None


@dataclass(frozen=True)
class Range:
    """Rows from `offset` on, `limit` at the most (None: all)."""

    offset: int = 0
    limit: int | None = None

    @property
    def is_all(self) -> bool:
        """Whether it leaves nothing out."""
        return self.offset == 0 and self.limit is None


@dataclass(frozen=True)
class Query:
    """A parsed query string."""

    select: tuple[SelectItem, ...] = (SelectField(Field("*")),)
    filters: tuple[tuple[EmbedPath, Filter], ...] = ()
    logic: tuple[tuple[EmbedPath, LogicTree], ...] = ()
    order: tuple[tuple[EmbedPath, tuple[OrderTerm, ...]], ...] = ()
    ranges: dict[EmbedPath, Range] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None
    params: tuple[tuple[str, str], ...] = ()
    """Arguments of a function called by GET."""
    canonical: str = ""
    """The query string with its parameters sorted, for Content-Location."""

    @property
    def root_filters(self) -> tuple[Filter, ...]:
        """Filters on the resource itself."""
        return tuple(found for path, found in self.filters if not path)
