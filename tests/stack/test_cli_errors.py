"""What a person reads when a process cannot start: one line, its cause, what to do, and exit code 1."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands import threads
from app.errors import NotFound
from app.settings import PROJECT
from tests.support.database import Database

NO_DATABASE = "error: no database is known — start one with `make up`, or set DATABASE_URL"


def run(home: Path, module: str, *arguments: str, **environment: str) -> str:
    """The one line on stderr of `python -m module`, which must fail."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PARLEY_HOME": str(home), **environment},
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    return done.stderr.strip()


def test_a_url_that_is_none_is_refused_without_showing_it(tmp_path: Path) -> None:
    """The password of a mistyped DATABASE_URL stays unsaid."""
    said = run(tmp_path, "app.cli", "migrate", DATABASE_URL="nonsense:open-sesame")
    assert said == "error: DATABASE_URL is no Postgres URL — postgresql://user:password@host:5432/database"


def test_an_unreachable_database_is_named_with_its_cause(tmp_path: Path) -> None:
    """The cause is kept, the driver's guess left out."""
    said = run(tmp_path, "app.cli", "migrate", DATABASE_URL="postgresql://postgres:x@127.0.0.1:1/postgres")
    assert "Connection refused" in said and "Is the server running" not in said


def test_an_occupied_port_is_said_before_anything_is_announced(tmp_path: Path) -> None:
    """The API listens first and says so afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        url = "postgresql://postgres:x@127.0.0.1:1/postgres"
        said = run(tmp_path, "app.http.main", PARLEY_API_PORT=port, DATABASE_URL=url, PARLEY_API_PASSWORD="x")
    assert said == f"error: port {port} is occupied — set PARLEY_API_PORT"


@pytest.mark.parametrize("module", ["workers.inbound", "workers.receivers.email", "app.http.main"])
def test_a_process_without_a_database_says_so(tmp_path: Path, module: str) -> None:
    """Workers, receiver and API end alike."""
    assert run(tmp_path, module, PARLEY_SMTP_PORT="0").endswith(NO_DATABASE)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PARLEY_API_PORT", "abc", "PARLEY_API_PORT=abc: expected a number, e.g. 8008"),
        ("PARLEY_SMTP_PORT", "99999", "PARLEY_SMTP_PORT=99999: expected a port from 0 to 65535, e.g. 2525"),
        ("PARLEY_POOL_SIZE", "0", "PARLEY_POOL_SIZE=0: expected a number above 0, e.g. 4"),
        ("PARLEY_DECIDER_DEADLINE_S", "nan", "PARLEY_DECIDER_DEADLINE_S=nan: expected a number above 0, e.g. 10.0"),
        ("PARLEY_LOG_LEVEL", "loud", "PARLEY_LOG_LEVEL=loud: expected one of debug, info, warning, error, e.g. info"),
        ("PARLEY_SECRETS_KEYS", "open-sesame", "PARLEY_SECRETS_KEYS: expected Fernet keys"),
    ],
)
def test_a_bad_setting_is_answered_with_an_example(tmp_path: Path, name: str, value: str, expected: str) -> None:
    """The variable, what it should be, and one that works."""
    said = run(tmp_path, "app.cli", "migrate", **{name: value})
    assert said.startswith(f"error: {expected}") and "open-sesame" not in said


def test_an_unknown_tenant_is_not_an_empty_list(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped slug is told from a tenant without conversations."""
    monkeypatch.setattr(threads, "load", database.settings)
    with pytest.raises(NotFound, match="no tenant none — `parley threads` lists all"):
        threads.command.main(["--tenant", "none"], standalone_mode=False)
