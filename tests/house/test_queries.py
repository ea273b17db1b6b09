"""Named queries are true: each is prepared on the migrated schema as the role that runs it, and fits its Struct."""

import ast
import inspect
import re
import types
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import psycopg
import pytest
from psycopg import sql

from app.db import queries
from tests.house.tree import parsed
from tests.support.database import Database

ROLES = {
    "inbound": "parley_worker", "outbound": "parley_worker", "insights": "parley_worker", "operations": "postgres",
    "assistants": "parley_worker", "attachments": "parley_worker", "ingress": "parley_worker", "notifier": "parley_worker",
    "claim_shadow": "parley_shadow", "complete_shadow": "parley_shadow",
    "decisions": "postgres", "moderation": "parley_worker", "moderation_inputs": "parley_api", "record_verdict": "parley_api",
    "moderating": "postgres", "moderation_history": "parley_api", "begin_simulation": "parley_api", "rules_for_words": "parley_api",
    "tenant_named": "postgres", "tenant_security": "postgres", "tenant_analysis": "postgres",
    "receivers": "parley_worker", "realtime": "service_role", "log_denied_topic": "parley_realtime", "topic_voice": "parley_realtime",
    "may_replicate": "parley_realtime", "log_horizon": "parley_realtime", "report_connections": "parley_realtime",
    "operations_api": "parley_api", "put_channel_secret": "parley_api", "verify_channel_session": "parley_api",
}  # fmt: skip
"""Who runs a file's queries, or one query. Every other file is the API's, which acts as `authenticated`."""

WORKERS_TOO = {
    "lease_seconds", "horizon", "release_expired_inbound", "wake_snoozed", "recheck_search", "tenants_with_audit", "checkpoint_audit",
    "continue_erasures", "sweep_hints", "check_next_invariant",
}  # fmt: skip
"""Queries of operations.sql that workers run, so the worker role must be able to."""

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
FILES = sorted(path.stem for path in queries.FOLDER.glob("*.sql"))
ALL = [(chapter, name) for chapter in FILES for name in queries.load(chapter)]

KINDS: dict[str, tuple[Any, ...]] = {
    "uuid": (uuid.UUID,), "text": (str,), "int2": (int,), "int4": (int,), "int8": (int,), "bool": (bool,),
    "timestamptz": (datetime,), "float4": (float,), "float8": (float,), "numeric": (float,), "_text": (list,),
    "_uuid": (list,), "_int8": (list,), "_date": (list,),
    "bytea": (bytes,), "date": (date,), "json": (dict, list), "jsonb": (dict, list),
}  # fmt: skip
"""Postgres type → Python types it may fill. numeric arrives as Decimal, which msgspec encodes like a float."""


def role_of(chapter: str, name: str) -> str:
    """Who runs a query."""
    return ROLES.get(name) or ROLES.get(chapter, "authenticated")


def type_name(oid: int) -> str:
    """A type as the catalogue calls it: text, _text for its array, ? for one psycopg does not know."""
    known = psycopg.adapters.types.get(oid)
    return "?" if known is None else f"_{known.name}" if known.array_oid == oid else known.name


@pytest.fixture(scope="module")
def connections(module_database: Database) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """One connection a role; the API's has become `authenticated`."""
    opened = {
        role: module_database.connect(role)
        for role in ("postgres", "parley_api", "parley_worker", "parley_shadow", "parley_realtime")
    }
    opened["authenticated"] = module_database.connect("parley_api")
    opened["authenticated"].execute(sql.SQL("set role authenticated"))
    opened["service_role"] = module_database.connect("parley_realtime")
    opened["service_role"].execute(sql.SQL("set role service_role"))
    yield opened
    for connection in opened.values():
        connection.close()


def prepare(connection: psycopg.Connection[Any], text: str) -> list[tuple[str, str]]:
    """Prepare a query and say what it returns: [(column, type), …]. Raises psycopg.Error when the schema disagrees."""
    numbers: dict[str, int] = {}
    positional = PLACEHOLDER.sub(lambda hit: f"${numbers.setdefault(hit[1], len(numbers) + 1)}", text).replace(
        "%%", "%"
    )
    name = f"q_{uuid.uuid4().hex}".encode()
    prepared = connection.pgconn.prepare(name, positional.encode())
    if prepared.status != psycopg.pq.ExecStatus.COMMAND_OK:
        raise AssertionError(prepared.error_message.decode(errors="replace"))
    shape = connection.pgconn.describe_prepared(name)
    return [((shape.fname(n) or b"").decode(), type_name(shape.ftype(n))) for n in range(shape.nfields)]


@pytest.mark.parametrize(("chapter", "name"), ALL)
def test_a_query_is_valid_for_the_role_that_runs_it(
    chapter: str, name: str, connections: dict[str, psycopg.Connection[Any]]
) -> None:
    """Tables, columns, functions and types exist."""
    prepare(connections[role_of(chapter, name)], queries.query(chapter, name))


@pytest.mark.parametrize(("chapter", "name"), ALL)
def test_the_role_may_run_a_query(chapter: str, name: str, connections: dict[str, psycopg.Connection[Any]]) -> None:
    """Grants reach everything a query touches: planning it fails otherwise. Nothing is executed."""
    roles = {role_of(chapter, name)} | ({"parley_worker"} if name in WORKERS_TOO else set())
    for role in roles:
        connection = connections[role]
        body = PLACEHOLDER.sub("null", queries.query(chapter, name)).replace("%%", "%")
        with connection.transaction(force_rollback=True):
            connection.execute("select set_config('parley.active_tenant', %s, true)", [str(uuid.uuid4())])
            connection.execute(f"explain {body}".encode())


def test_every_query_is_used_and_every_use_exists() -> None:
    """No dead SQL, no name that is not there."""
    root = queries.FOLDER.parents[2]
    source = "\n".join(
        path.read_text() for room in ("app", "workers", "devstack", "bench") for path in (root / room).rglob("*.py")
    )
    unused = [f"{chapter}.{name}" for chapter, name in ALL if not _is_mentioned(name, source)]
    assert unused == []
    for chapter, name in re.findall(r'query\("(\w+)", "(\w+)"\)', source):
        assert name in queries.load(chapter), f"{chapter}.sql has no {name}"


def _is_mentioned(name: str, source: str) -> bool:
    # Some names are put together: f"{action}_thread", f"renew_{chapter}".
    ends = set(re.findall(r'f"\{\w+\}(_\w+)"', source))
    starts = set(re.findall(r'f"(\w+_)\{\w+\}"', source))
    return f'"{name}"' in source or name.endswith(tuple(ends)) or name.startswith(tuple(starts))


Use = tuple[str, str, type[msgspec.Struct]]


def uses() -> list[Use]:
    """(chapter, query, Struct) wherever app/db fills a Struct from a query's rows: rows_as(S, …) and S(*row)."""
    found: list[Use] = []
    for path in sorted((queries.FOLDER.parent).glob("*.py")):
        room = import_module(f"app.db.{path.stem}")
        if (queries.FOLDER / f"{path.stem}.sql").exists() and hasattr(room, "QUERIES"):
            found += list(_uses_of(path, room))
    return found


def _uses_of(path: Path, room: types.ModuleType) -> Iterator[Use]:
    for function in parsed(path).body:
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        names = [
            node.slice.value for node in ast.walk(function)
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "QUERIES"
            and isinstance(node.slice, ast.Constant)
        ]  # fmt: skip
        shapes = [shape for node in ast.walk(function) if isinstance(node, ast.Call) for shape in _filled(node, room)]
        if len(names) == len(shapes) == 1:
            yield path.stem, str(names[0]), shapes[0]


def _filled(call: ast.Call, room: types.ModuleType) -> Iterator[type[msgspec.Struct]]:
    named = call.func.id if isinstance(call.func, ast.Name) else ""
    if named == "rows_as" and isinstance(call.args[0], ast.Name):
        yield getattr(room, call.args[0].id)
    elif _spreads_a_row(call) and inspect.isclass(getattr(room, named, None)):
        yield getattr(room, named)


def _spreads_a_row(call: ast.Call) -> bool:
    """S(*row) with nothing else: the whole row, not a slice of it."""
    if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], ast.Starred):
        return False
    return not any(isinstance(node, ast.Slice) for node in ast.walk(call.args[0]))


def test_structs_are_found() -> None:
    """The reader of the code below is not blind."""
    assert len(uses()) >= 8
    assert {chapter for chapter, _, _ in uses()} >= {"threads", "messages", "contacts", "tenancy", "channels"}


@pytest.mark.parametrize(("chapter", "name", "shape"), uses(), ids=lambda value: getattr(value, "__name__", value))
def test_a_query_returns_what_its_struct_says(
    chapter: str, name: str, shape: type[msgspec.Struct], connections: dict[str, psycopg.Connection[Any]]
) -> None:
    """As many columns as fields, of types that fit, and none in the place of another."""
    columns = prepare(connections[role_of(chapter, name)], queries.query(chapter, name))
    hints = get_type_hints(shape)
    assert len(columns) == len(shape.__struct_fields__), (columns, shape.__struct_fields__)
    for (column, kind), field in zip(columns, shape.__struct_fields__, strict=True):
        assert column == field or column not in shape.__struct_fields__, f"{column} would fill {field}"
        wanted = _plain(hints[field])
        assert wanted is Any or issubclass(wanted, KINDS[kind]) or issubclass(wanted, msgspec.Struct), (
            field, kind, wanted,
        )  # fmt: skip


def _plain(hint: Any) -> Any:
    """The class behind a hint: X | None → X, list[str] → list, Literal["a"] → str."""
    if get_origin(hint) in (types.UnionType, Union):
        (hint,) = [one for one in get_args(hint) if one is not type(None)]
    origin = get_origin(hint)
    if origin is None or hint is Any:
        return hint
    return origin if inspect.isclass(origin) else type(get_args(hint)[0])


def looked_up() -> list[tuple[str, str, set[str]]]:
    """(chapter, query, columns) wherever app/db/worker.py reads a row by column name."""
    found = []
    for function in parsed(queries.FOLDER.parent / "worker.py").body:
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        texts = [
            node.args[1:3] for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fetch"
        ]  # fmt: skip
        names = [tuple(one.value for one in pair if isinstance(one, ast.Constant)) for pair in texts]
        keys = {
            node.slice.value for node in ast.walk(function)
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "row"
            and isinstance(node.slice, ast.Constant)
        }  # fmt: skip
        if keys and len(names) == 1 and len(names[0]) == 2:
            found.append((str(names[0][0]), str(names[0][1]), {str(key) for key in keys}))
    return found


@pytest.mark.parametrize(
    ("chapter", "name", "keys"), looked_up(), ids=lambda value: value if str(value) == value else ""
)
def test_a_row_has_the_columns_that_are_read(
    chapter: str, name: str, keys: set[str], connections: dict[str, psycopg.Connection[Any]]
) -> None:
    """Where a worker reads row["x"], the query returns x."""
    columns = {column for column, _ in prepare(connections[role_of(chapter, name)], queries.query(chapter, name))}
    assert keys - columns == set()


def test_every_claim_is_looked_at() -> None:
    """The reader of the code above is not blind."""
    assert {name for _, name, _ in looked_up()} >= {"claim_inbound", "claim_outbound", "claim_insights"}
