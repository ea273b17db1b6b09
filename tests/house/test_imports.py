"""Who may import whom: the rooms of the house have doors in one direction only."""

import ast
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, module, parsed, python_files

BASE = {"app.errors", "app.settings", "app.log", "app.secrets", "app.tokens", "app.scrapers"}
"""What every room may use: errors, settings, logs, encryption, tokens, who may scrape. They import no room themselves."""

MAY_IMPORT: dict[str, set[str]] = {
    "app.errors": set(),
    "app.secrets": {"app.errors"},
    "app.tokens": {"app.errors"},
    "app.scrapers": set(),
    "app.settings": {"app.errors"},
    "app.log": {"app.errors", "app.settings"},
    "app.storage": {"app.settings"},
    "app.receivers": {"app.settings"},
    "app.domain": {"app.domain", "app.errors"},
    "app.db": {"app.db", "app.domain"} | BASE,
    "app.channels": {"app.channels", "app.domain"} | BASE,
    "app.deciders": {"app.deciders", "app.domain"} | BASE,
    "app.scanning": {"app.scanning"} | BASE,
    "app.moderation": {"app.moderation", "app.domain"} | BASE,
    "app.http": {"app.http", "app.db", "app.domain", "app.channels", "app.storage", "app.moderation"} | BASE,
    "app.realtime": {"app.realtime", "app.db", "app.domain"} | BASE,
    # The command line: it reads through app.db and starts the rest as processes.
    "app.cli": {"app.commands", "app.errors"},
    "app.commands": {
        "app.commands",
        "app.demo",
        "app.explain",
        "app.replay",
        "app.db",
        "app.domain",
        "app.receivers",
        "app.history",
    }
    | BASE,
    "app.demo": {"app.demo", "app.db", "app.domain", "app.channels"} | BASE,
    # The tenant for show is judged by the rules every tenant is judged by.
    "app.demo.seed": {"app.demo", "app.db", "app.domain", "app.moderation"} | BASE,
    "app.explain": {"app.domain"} | BASE,
    # Asks deciders about stored inputs: the one place beside the workers where both meet.
    "app.replay": {"app.db", "app.deciders", "app.domain"} | BASE,
    # Judges again what was judged: between history and detectors, as app.replay is between history and deciders.
    "app.history": {"app.history", "app.db", "app.domain", "app.moderation"} | BASE,
    "workers": {
        "workers",
        "app.db",
        "app.domain",
        "app.channels",
        "app.deciders",
        "app.moderation",
        "app.scanning",
        "app.storage",
    }
    | BASE,
    # Migrations are applied by the same code everywhere, so the stack and the bench use it too.
    "devstack": {
        "devstack",
        "app.settings",
        "app.realtime",
        "app.errors",
        "app.log",
        "app.db.migrate",
        "app.receivers",
    },
    "bench": {"bench", "app", "workers", "devstack"},
}
"""Room → what its files may import of ours. A longer name covers everything below it."""

BY_NAME = {
    # The bootstrap splits its SQL with the function that splits migrations.
    "devstack.bootstrap": {"app.db.splitting"},
    # A key and the record that proves it are the channel's format; the command only stores one and prints the other.
    "app.commands.dkim": {"app.channels.email.dkim"},
    # Judging lines of stdin needs neither database nor worker: pure in, pure out.
    "app.commands.moderate": {"app.moderation"},
    # A document is checked by the room that reads it.
    "app.commands._policies": {"app.moderation.documents"},
    "app.commands.moderation": {"app.moderation.documents"},
}
"""Doors of single files."""

ALL = python_files(*ROOMS)


def room_of(name: str) -> str:
    """The room a module lies in: the longest known prefix."""
    found = [room for room in MAY_IMPORT if name == room or name.startswith(f"{room}.")]
    return max(found, key=len, default="")


def imports(path: Path) -> set[str]:
    """Our own modules a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in {*ROOMS, "tests", "scripts"}}


def within(name: str, allowed: set[str]) -> bool:
    """Whether a module is one of `allowed` or lies below one."""
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


@pytest.mark.parametrize("path", ALL, ids=module)
def test_a_room_imports_only_what_its_door_opens_to(path: Path) -> None:
    """Structs and rules know no database, workers know no HTTP, and nobody imports workers or the stack."""
    here = module(path)
    if not path.read_text().strip() or here == "app":
        return
    room = room_of(here)
    assert room, f"{here} belongs to no room: give it one in MAY_IMPORT"
    allowed = MAY_IMPORT[room] | BY_NAME.get(here, set())
    assert {name for name in imports(path) if not within(name, allowed)} == set()


def test_relative_imports_are_not_used() -> None:
    """An import names its room, so that a reader and the test above see where it leads."""
    relative = [
        f"{module(path)}:{node.lineno}" for path in ALL for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]  # fmt: skip
    assert relative == []


def test_pure_rooms_do_no_input_or_output() -> None:
    """app.domain and app.deciders open no socket, no connection and no process."""
    forbidden = {"psycopg", "psycopg_pool", "socket", "subprocess", "httpx", "aiosmtplib", "requests", "urllib.request"}
    found = {
        f"{module(path)} imports {alias}" for path in python_files("app")
        if module(path).startswith(("app.domain.", "app.deciders."))
        for node in ast.walk(parsed(path))
        for alias in _names(node) if within(alias, forbidden)
    }  # fmt: skip
    assert found == set()


def test_shapes_live_in_the_domain() -> None:
    """What a query of a chapter fills is defined in app.domain: app.db defines no Struct but its own machinery's."""
    machinery = {
        f"app.db.{name}"
        for name in ("migrate", "queries", "unit", "inbound", "receivers", "assistants", "moderation_api")
    }
    found = {
        f"{module(path)}.{node.name}" for path in python_files("app")
        if module(path).startswith("app.db.") and module(path) not in machinery
        for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef)
    }  # fmt: skip
    assert found == set()


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_the_rules_above_would_notice() -> None:
    """A worker that imports the API, a decider that imports the database: refused."""
    assert not within("app.http.main", MAY_IMPORT["workers"])
    assert not within("app.db.pool", MAY_IMPORT["app.deciders"])
    assert not any(within("workers.loop", MAY_IMPORT[room]) for room in MAY_IMPORT if room not in {"workers", "bench"})
    assert room_of("app.http.threads") == "app.http"
