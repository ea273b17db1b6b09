"""Somebody else's logins on a server that is not ours: they keep their passwords."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.settings import load
from devstack.alive import Alive
from devstack.bootstrap import bootstrap
from devstack.plan import Plan
from devstack.ports import Ports
from devstack.state import State
from devstack.supervisor import Supervisor
from tests.support.database import Cluster, Database


@pytest.fixture
def role(cluster: Cluster) -> Iterator[str]:
    """A login with the password `theirs`, as a self-hosted Supabase has them."""
    name = f"login_{uuid.uuid4().hex[:8]}"
    cluster.execute(sql.SQL("create role {} login password 'theirs'").format(sql.Identifier(name)))
    yield name
    cluster.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def opens(database: Database, role: str, password: str) -> bool:
    """Whether a login gets in."""
    try:
        psycopg.connect(database.dsn("admin"), user=role, password=password).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_password_of_somebody_else_is_kept(bare_database: Database, role: str) -> None:
    """Only on a server of our own it is set anew; on any other it is told, and a prepared database stays untouched."""
    admin = bare_database.dsn("admin")
    with bare_database.connect("admin") as connection:
        connection.execute("drop function storage.extension(text)")
        found = bootstrap(admin, passwords={role: "ours"})
        assert (found.changed, found.taken) == (False, (role,))
        assert connection.execute("select to_regproc('storage.extension')").fetchone() == (None,)
    assert opens(bare_database, role, "theirs")
    assert bootstrap(admin, passwords={role: "theirs"}).taken == ()
    assert bootstrap(admin, passwords={role: "ours"}, is_ours=True).changed
    assert opens(bare_database, role, "ours") and not opens(bare_database, role, "theirs")


def test_a_login_without_a_password_gets_ours(bare_database: Database, role: str) -> None:
    """Nobody can have signed in with it."""
    with bare_database.connect("admin") as connection:
        connection.execute(sql.SQL("alter role {} password null").format(sql.Identifier(role)))
    assert bootstrap(bare_database.dsn("admin"), passwords={role: "ours"}).taken == ()
    assert opens(bare_database, role, "ours")


def test_the_surface_is_left_out_where_its_logins_are_taken(bare_database: Database, home: Path) -> None:
    """DATABASE_URL of a superuser of a self-hosted Supabase: one line names the logins, and they still work."""
    asked = load({"DATABASE_URL": bare_database.url("admin"), "PARLEY_HOME": str(home)}, local_stack=False)
    home.mkdir(mode=0o755)
    said: list[str] = []
    state, ports = State(home), Ports()
    try:
        supervisor = Supervisor(Plan.make(asked, state, said.append, frozenset(), ports), state, ports, Alive(home),
                                said.append)  # fmt: skip
        supervisor._start_database()
        assert "surface" in supervisor.plan.missing
        [line] = [line for line in said if "surface left out" in line]
        assert "authenticator" in line and "passwords" in line
        bare_database.connect("authenticator").close()
    finally:
        ports.release()
