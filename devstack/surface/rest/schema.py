"""The schema cache: what the database offers, as far as planning a request needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Name = tuple[str, str]
"""Schema and name."""
Pairs = tuple[tuple[str, str], ...]
"""Columns of one side beside those of the other."""


@dataclass(frozen=True)
class Column:
    """`type` is what format_type says; `default` is an expression."""

    name: str
    type: str
    default: str | None = None
    nullable: bool = True
    description: str | None = None


@dataclass(frozen=True)
class Table:
    """A table, view, materialised view or foreign table of an exposed schema."""

    name: Name
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...]
    is_view: bool = False
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    description: str | None = None


@dataclass(frozen=True)
class Junction:
    """A table between two others; the pairs are (column of that side, column of the junction)."""

    table: Name
    constraint_1: str
    constraint_2: str
    source: Pairs
    target: Pairs


@dataclass(frozen=True)
class Relationship:
    """How rows of `table` find rows of `foreign`. `kind` is m2o, o2o, o2m or m2m, or computed: by a function."""

    table: Name
    foreign: Name
    kind: str
    constraint: str = ""
    columns: Pairs = ()
    junction: Junction | None = None
    function: Name | None = None
    to_one: bool = False
    table_is_view: bool = False
    foreign_is_view: bool = False

    @property
    def is_self(self) -> bool:
        """Whether both ends are the same table."""
        return self.table == self.foreign


@dataclass(frozen=True)
class Parameter:
    """An input of a function; `name` is empty for an unnamed one."""

    name: str
    type: str
    required: bool
    variadic: bool = False


@dataclass(frozen=True)
class Function:
    """`returns` is the type's name; composite: a row type or OUT columns."""

    name: Name
    parameters: tuple[Parameter, ...]
    returns: Name
    is_set: bool = False
    is_composite: bool = False
    volatility: str = "v"
    settings: tuple[tuple[str, str], ...] = ()
    description: str | None = None

    @property
    def is_void(self) -> bool:
        """Whether it answers nothing."""
        return self.returns == ("pg_catalog", "void") and not self.is_set

    @property
    def is_scalar(self) -> bool:
        """Whether it answers one plain value."""
        return not self.is_set and not self.is_composite

    @property
    def is_scalar_set(self) -> bool:
        """Whether it answers a list of plain values."""
        return self.is_set and not self.is_composite

    @property
    def is_single(self) -> bool:
        """Whether it answers one value or row."""
        return not self.is_set


@dataclass(frozen=True)
class Options:
    """What `alter role authenticator set pgrst.…` and config.toml say."""

    schemas: tuple[str, ...] = ("public",)
    extra_search_path: tuple[str, ...] = ("public", "extensions")
    max_rows: int | None = None
    aggregates: bool = False
    plans: bool = False
    pre_request: str | None = None


@dataclass(frozen=True)
class Schema:
    """Everything that was read from the catalogue at one moment."""

    options: Options = Options()
    tables: Mapping[Name, Table] = field(default_factory=dict)
    relationships: Mapping[Name, tuple[Relationship, ...]] = field(default_factory=dict)
    """By the table they start from."""
    functions: Mapping[Name, tuple[Function, ...]] = field(default_factory=dict)
    role_settings: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    timezones: frozenset[str] = frozenset()
    version: int = 0
