"""A server for the run, a migrated template, and databases made from it."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.db import migrate as migrations
from app.settings import Settings
from devstack.bootstrap import bootstrap
from devstack.keys import LOGINS

START_TIMEOUT_S = 60.0
OURS = ("api", "worker", "shadow", "ingress", "realtime")
"""Roles of Parley's own processes, without `parley_`."""
PASSWORDS = {
    "pg_password": "postgres", **{f"{name}_password": f"parley_{name}" for name in OURS},
    **{password: role for role, password in LOGINS.values()},
}  # fmt: skip
"""Member of the cluster's keys → the role whose password it is."""


@dataclass(frozen=True)
class Cluster:
    """One running Postgres: `admin` is a superuser's connection string, `passwords` maps role to password."""

    admin: str
    passwords: dict[str, str]

    def dsn(self, database: str, role: str = "postgres") -> str:
        """How `role` connects to `database`; `admin` stands for the superuser."""
        if role == "admin":
            return make_conninfo(self.admin, dbname=database)
        return make_conninfo(self.admin, dbname=database, user=role, password=self.passwords[role])

    def url(self, database: str, role: str = "postgres") -> str:
        """The same as a URL, for settings that want one."""
        parts = conninfo_to_dict(self.dsn(database, role))
        return f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/{parts['dbname']}"

    def execute(self, *statements: sql.Composable) -> None:
        """Run statements as the superuser, outside any transaction (create database, drop database)."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def create(self, *, template: str | None = None, name: str | None = None) -> "Database":
        """A new database owned by postgres: from `template`, or bare with what Supabase provides."""
        name = name or f"t_{uuid.uuid4().hex[:12]}"
        # Copied as files: the template leaves no 18 MB of log behind, thousands of times, for every gateway to read.
        made = sql.SQL("create database {} owner postgres template {} strategy file_copy")
        self.execute(made.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        if template is None:
            bootstrap(self.dsn(name, "admin"))
        return Database(self, name)


@dataclass(frozen=True)
class Database:
    """One database of the cluster, for one test or one module."""

    cluster: Cluster
    name: str

    def dsn(self, role: str = "postgres") -> str:
        """How `role` connects: postgres (owner), parley_api, parley_worker, parley_shadow, or admin (superuser)."""
        return self.cluster.dsn(self.name, role)

    def url(self, role: str = "postgres") -> str:
        """The same as a URL."""
        return self.cluster.url(self.name, role)

    def connect(self, role: str = "postgres", *, autocommit: bool = True, **options: Any) -> psycopg.Connection[Any]:
        """A new connection as `role`; the caller closes it."""
        return psycopg.connect(self.dsn(role), autocommit=autocommit, **options)

    def settings(self, **overrides: Any) -> Settings:
        """Settings of a process that works on this database."""
        urls = {"database_url": self.url()}
        for field in OURS:
            role = f"parley_{field}"
            urls[f"{field}_database_url"] = self.url(role)
            urls[f"{field}_password"] = self.cluster.passwords[role]
        return Settings(**{**urls, **overrides})

    def drop(self) -> None:
        """Remove the database, whoever is still connected. A gateway's slot goes a moment after its process."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.cluster.execute(
                    sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(self.name))
                )
                return
            except psycopg.errors.ObjectInUse:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


@contextlib.contextmanager
def as_user(connection: psycopg.Connection[Any], user_id: Any, tenant_id: Any = None, **claims: Any) -> Iterator[Any]:
    """Act as a signed-in user, as PostgREST and the API do: one transaction with the role and the claims set in it.

    `user_id=None` acts as `anon`; `role="service_role"` among `claims` as that role. Yields the connection; the
    transaction is committed at the end, rolled back on error.
    """
    role = claims.pop("role", "authenticated" if user_id else "anon")
    token: dict[str, Any] = {"role": role, "aud": role, **claims}
    if user_id:
        token["sub"] = str(user_id)
    if tenant_id:
        token["app_metadata"] = {**token.get("app_metadata", {}), "tenant_id": str(tenant_id)}
    with connection.transaction():
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(token)])
        yield connection


def start_cluster(watched: int) -> Cluster:
    """The cluster of this test run: the first process to ask starts it, it ends with process `watched`.

    With DATABASE_URL (a superuser's) in the environment, that server is used instead and only test databases are made
    on it.
    """
    given = os.environ.get("PARLEY_TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if given:
        passwords = dict.fromkeys(PASSWORDS.values(), str(conninfo_to_dict(given).get("password") or ""))
        return Cluster(given, passwords)
    folder = Path(tempfile.gettempdir()) / f"parley-tests-{os.getuid()}-{watched}"
    with locked(Path(f"{folder}.lock")):
        if not (folder / "ready.json").exists():
            folder.mkdir(mode=0o711, exist_ok=True)
            _start_guardian(folder, watched)
    ready = json.loads((folder / "ready.json").read_text())
    return Cluster(ready["admin"], {role: ready[member] for member, role in PASSWORDS.items()})


def _start_guardian(folder: Path, watched: int) -> None:
    with (folder / "guardian.log").open("ab") as log:
        guardian = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("guardian.py")), str(folder), str(watched)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + START_TIMEOUT_S
    while not (folder / "ready.json").exists():
        if guardian.poll() is not None or time.monotonic() > deadline:
            said = (folder / "guardian.log").read_text() if folder.exists() else "no log left"
            raise RuntimeError(f"the test server did not start: {said[-2000:]}")
        time.sleep(0.03)
    guardian.returncode = 0  # it outlives us on purpose: no warning when this object goes


def migrated_template(cluster: Cluster, watched: int) -> str:
    """The name of a database with every migration applied, made once per run and per state of the migrations."""
    files = migrations.read_migrations()
    digest = uuid.uuid5(uuid.NAMESPACE_OID, "".join(file.sha256 for file in files)).hex[:12]
    name = f"parley_template_{digest}"
    with locked(Path(tempfile.gettempdir()) / f"parley-tests-{os.getuid()}-{watched}.lock"):
        with psycopg.connect(cluster.admin, autocommit=True) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                return name
        scratch = cluster.create(name=f"{name}_{uuid.uuid4().hex[:6]}")
        try:
            migrations.migrate(
                scratch.settings(database_url=scratch.url("admin") if _external(cluster) else scratch.url())
            )
        except BaseException:
            scratch.drop()
            raise
        old, new = sql.Identifier(scratch.name), sql.Identifier(name)
        cluster.execute(sql.SQL("alter database {} rename to {}").format(old, new))
    return name


def _external(cluster: Cluster) -> bool:
    return conninfo_to_dict(cluster.admin).get("user") != "supabase_admin"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` against other processes of this run."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
