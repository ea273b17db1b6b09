"""Fixtures for every room: a real Postgres 17, started once per run, and a fresh migrated database where one is wanted.

Plain psycopg and `create database … template` rather than pytest-postgresql's fixtures: its `postgresql_noproc` must
know host, port and
password when pytest is configured, while this server picks them when the first test asks for it, and a run
without database tests starts none.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, settings

from tests.support import database as support
from tests.support.patience import PATIENCE_S, begin_within

# A busy machine is no counterexample: timings never decide a test.
settings.register_profile("parley", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("parley")
for ask in (
    httpx.Client.__init__,
    httpx.AsyncClient.__init__,
    httpx.request,
    httpx.stream,
    httpx.get,
    httpx.post,
    httpx.put,
):
    (ask.__kwdefaults__ or {})["timeout"] = httpx.Timeout(PATIENCE_S)


def run_process() -> int:
    """The process that lives as long as the whole run: pytest itself, or the one that started the xdist workers."""
    return os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()


LONGEST_FIRST = (
    "browser/test_desk.py", "browser/test_desk_too.py", "channels/whatsapp/test_outbound.py", "receivers/test_telegram.py",
    "receivers/test_imap.py", "workers/test_numbers.py", "channels/whatsapp/test_account.py", "stack/test_up.py",
    "workers/test_crashes.py", "api/test_fuzz.py", "api/test_contract.py", "workers/test_telegram.py", "workers/test_ai.py",
    "stack/test_ports.py", "stack/test_terminal.py", "browser/test_chat.py", "demo", "workers", "channels", "receivers",
    "stack", "functions", "browser", "e2e", "devstack", "db/chat/test_lists.py", "db/walk", "db/reading", "api", "db",
)  # fmt: skip
"""Modules that take half a minute or more, beside the browsers those that wait; then rooms whose tests wait most. A
process that is left alone with one of them at the end keeps all waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order modules by what they take. The command line cannot: pytest drops a folder that stands beside the one it is in."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    tests = Path(__file__).parent

    def turn(path: Path) -> int:
        inside = path.relative_to(tests)
        return min(place.get(str(one), len(place)) for one in (inside, *inside.parents))

    turns = {path: turn(path) for path in {item.path for item in items}}
    items.sort(key=lambda item: turns[item.path])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove the lock file of the run; the server ends by itself when this process does."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        import tempfile

        (Path(tempfile.gettempdir()) / f"parley-tests-{os.getuid()}-{os.getpid()}.lock").unlink(missing_ok=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line which tests could not run on this machine."""
    from devstack import bridge
    from tests.support import npm

    if not bridge.can_run():
        terminalreporter.write_line("tests/channels/whatsapp left out: it needs Node 20 and npm, see `make setup`")
    if not npm.are_fetched(npm.CLIENTS):
        terminalreporter.write_line("suites of tests/e2e/js left out: they need Node 22 and npm, see `make setup`")


@pytest.fixture(scope="session")
def cluster() -> support.Cluster:
    """The Postgres server of this run, with Supabase's roles."""
    return support.start_cluster(run_process())


@pytest.fixture(scope="session")
def template(cluster: support.Cluster) -> str:
    """Name of a database with every migration applied; never connect to it, make databases from it."""
    return support.migrated_template(cluster, run_process())


@pytest.fixture
def database(cluster: support.Cluster, template: str) -> Iterator[support.Database]:
    """A fresh migrated database for this test alone, without seed."""
    made = cluster.create(template=template)
    yield made
    made.drop()


@pytest.fixture(scope="module")
def module_database(cluster: support.Cluster, template: str) -> Iterator[support.Database]:
    """A fresh migrated database shared by the tests of one module, without seed."""
    made = cluster.create(template=template)
    yield made
    made.drop()


@pytest.fixture
def bare_database(cluster: support.Cluster) -> Iterator[support.Database]:
    """A fresh database with what Supabase provides and none of our migrations."""
    made = cluster.create()
    yield made
    made.drop()


@pytest.fixture
def owner(database: support.Database) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit connection as postgres, the owner of the schema."""
    with database.connect() as connection:
        yield connection


@pytest.fixture
def api_dsn(database: support.Database) -> str:
    """How the API connects to `database`."""
    return database.dsn("parley_api")


@pytest.fixture
def worker_dsn(database: support.Database) -> str:
    """How a worker connects to `database`."""
    return database.dsn("parley_worker")


@pytest.fixture
def dsn_for(database: support.Database) -> Callable[[str], str]:
    """How a role (postgres, parley_api, parley_worker, admin) connects to `database`."""
    return database.dsn


@pytest.fixture
def in_one_hour() -> None:
    """What the test counts by the hour falls into one."""
    begin_within(3_600, 20)


@pytest.fixture(scope="module")
def in_one_day() -> None:
    """What the tests of a module count by the day falls into one."""
    begin_within(86_400, 120)


@pytest.fixture
def as_user() -> Callable[..., contextlib.AbstractContextManager[Any]]:
    """`with as_user(connection, user_id, tenant_id): …` acts as that signed-in user; see tests/support/database.py."""
    return support.as_user
