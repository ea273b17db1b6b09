"""Applying `supabase/migrations`: one transaction per file, one history shared with the Supabase CLI.

`supabase_migrations.schema_migrations` is written as `supabase db push` writes it, so either tool knows what the
other did. Beside it, `supabase_migrations.parley_checksums` remembers what each file looked like when it was applied.
"""

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from app.db.splitting import split_statements
from app.errors import SetupError
from app.settings import PROJECT, Settings

MIGRATIONS = PROJECT / "supabase" / "migrations"
SEED = PROJECT / "supabase" / "seed.sql"
FILE_NAME = re.compile(r"^(\d+)_(.+)\.sql$")
LOCK_KEY = 7276011
LOCK_WAIT = "60s"
"""How long a second run waits for the first one."""
LOCK_TIMEOUT = "5s"
"""How long a statement waits for a table that is in use: then the file is rolled back, nothing queues up behind it."""

HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name
text); create table if not exists supabase_migrations.parley_checksums (
  version text primary key, sha256 text not null, applied_at timestamptz not null default now()
);
"""


class Migration(msgspec.Struct, frozen=True):
    """One file: `version` (its leading digits), `name` (the rest, without .sql), its text and checksum."""

    version: str
    name: str
    path: Path
    text: str
    sha256: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did: file names applied now, number applied before, seconds, whether the seed ran, remarks for a
    person."""

    applied: list[str]
    before: int
    seconds: float
    seeded: bool = False
    remarks: list[str] = []


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations in `folder`, in order. Raises SetupError for a badly named file or a version used twice."""
    found: dict[str, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = FILE_NAME.match(path.name)
        if not match:
            raise SetupError(f"{path.name} is no migration's name", remedy="call it <timestamp>_<chapter>_<change>.sql")
        raw = path.read_bytes()
        migration = Migration(match[1], match[2], path, raw.decode(), hashlib.sha256(raw).hexdigest())
        if twin := found.get(migration.version):
            raise SetupError(
                f"{twin.path.name} and {path.name} have the same version", remedy="give one a later timestamp"
            )
        found[migration.version] = migration
    return sorted(found.values(), key=lambda migration: (len(migration.version), migration.version))


def migrate(
    settings: Settings,
    *,
    folder: Path = MIGRATIONS,
    seed: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Bring the database of `settings.database_url` up to date and give the runtime roles their logins.

    `seed`, when it exists, runs last, in one transaction; pass it for local databases only. Raises SetupError when the
    database is not ready, a migration was edited after it was applied, or one fails (nothing of that file remains).
    """
    started = time.monotonic()
    migrations = read_migrations(folder)
    with connect_as_owner(settings.database_url) as connection:
        remarks = _remarks(connection)
        _take_lock(connection)
        before = _check_history(connection, migrations)
        pending = [migration for migration in migrations if migration.version not in before]
        for migration in pending:
            progress(migration.path.name)
            _apply(connection, migration)
        remarks += _open_roles(connection, settings)
        seeded = seed is not None and seed.exists() and _seed(connection, seed)
    return Report(
        applied=[migration.path.name for migration in pending],
        before=len(before),
        seconds=round(time.monotonic() - started, 3),
        seeded=seeded,
        remarks=remarks,
    )


def connect_as_owner(database_url: str) -> psycopg.Connection:
    """A connection, in autocommit, acting as `postgres`: the role that owns the schema, locally and hosted."""
    if not database_url:
        raise SetupError("no database is known", remedy="start one with `make up`, or set DATABASE_URL")
    try:
        connection = psycopg.connect(
            database_url, autocommit=True, application_name="parley migrate", connect_timeout=10
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0].strip()
        raise SetupError(
            f"the database does not answer: {reason}", remedy="start it with `make up`, or check DATABASE_URL"
        ) from error
    row = connection.execute(
        "select current_user, rolsuper, to_regclass('auth.users') is not null, to_regrole('postgres') is not null"
        " from pg_catalog.pg_roles where rolname = current_user"
    ).fetchone()
    user, superuser, is_prepared, has_owner = row or ("", False, False, False)
    if not is_prepared or not has_owner:
        connection.close()
        raise SetupError(
            "this database lacks what Supabase provides (auth, storage, realtime)",
            remedy="run `python -m devstack.bootstrap` with DATABASE_URL as a superuser, or use a Supabase project",
        )
    if user != "postgres" and superuser:
        connection.execute("set session authorization postgres")
    return connection


def _remarks(connection: psycopg.Connection) -> list[str]:
    row = connection.execute("select rolsuper from pg_catalog.pg_roles where rolname = 'postgres'").fetchone()
    if row and row[0]:
        return [
            "the role postgres is a superuser here, hosted it is not: policies are not put to the test by its queries"
        ]
    return []


def _take_lock(connection: psycopg.Connection) -> None:
    connection.execute(sql.SQL("set lock_timeout = {}").format(sql.Literal(LOCK_WAIT)))
    try:
        connection.execute("select pg_advisory_lock(%s)", [LOCK_KEY])
    except psycopg.errors.LockNotAvailable as error:
        raise SetupError("another migration run holds the lock", remedy="wait for it to end, then try again") from error
    connection.execute(sql.SQL("set lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))


def _check_history(connection: psycopg.Connection, migrations: list[Migration]) -> set[str]:
    """The versions applied so far. Raises SetupError when files and history disagree."""
    if not _has_history(connection):
        connection.execute(HISTORY)
    rows = connection.execute(
        "select version, sha256 from supabase_migrations.schema_migrations"
        " left join supabase_migrations.parley_checksums using (version)"
    ).fetchall()
    applied: dict[str, str | None] = dict(rows)
    files = {migration.version: migration for migration in migrations}
    for version in sorted(applied.keys() - files.keys()):
        raise SetupError(
            f"the database has migration {version}, which is not in supabase/migrations",
            remedy="check out the revision that has it; locally, `parley reset` starts afresh",
        )
    for version, checksum in applied.items():
        migration = files[version]
        if checksum is None:  # applied by the Supabase CLI, which keeps no checksum: trusted at first sight
            connection.execute(
                "insert into supabase_migrations.parley_checksums (version, sha256) values (%s, %s)"
                " on conflict do nothing",
                [version, migration.sha256],
            )
        elif checksum != migration.sha256:
            raise SetupError(
                f"{migration.path.name} was edited after it was applied",
                remedy="`parley reset` locally; where data matters, restore the file and add a new dated migration",
            )
    return set(applied)


def _has_history(connection: psycopg.Connection) -> bool:
    row = connection.execute(
        "select to_regclass('supabase_migrations.schema_migrations') is not null"
        " and to_regclass('supabase_migrations.parley_checksums') is not null"
    ).fetchone()
    return bool(row and row[0])


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    try:
        with connection.transaction():
            connection.execute(migration.text.encode())  # bytes without parameters: one simple query, any statements
            connection.execute(
                "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)",
                [migration.version, migration.name, split_statements(migration.text)],
            )
            connection.execute(
                "insert into supabase_migrations.parley_checksums (version, sha256) values (%s, %s)",
                [migration.version, migration.sha256],
            )
    except psycopg.errors.LockNotAvailable as error:
        raise SetupError(
            f"{migration.path.name}: a table it changes is in use",
            remedy="nothing was changed; try again when it is quiet",
        ) from error
    except psycopg.Error as error:
        raise SetupError(
            _explain(migration.path, migration.text, error), remedy="nothing of that file was applied"
        ) from error


def _explain(path: Path, text: str, error: psycopg.Error) -> str:
    """`file.sql:12: message`, the line being where Postgres points at."""
    position = error.diag.statement_position
    line = f":{text.count(chr(10), 0, int(position) - 1) + 1}" if position else ""
    where = (error.diag.context or "").splitlines()[:1]
    message = error.diag.message_primary or str(error).strip()
    return f"{path.name}{line}: {message}" + (f" ({where[0]})" if where else "")


def _open_roles(connection: psycopg.Connection, settings: Settings) -> list[str]:
    """Let the runtime roles log in. The password travels and is stored as a scram verifier, never in clear."""
    remarks: list[str] = []
    for role, password in (
        ("parley_api", settings.api_password), ("parley_worker", settings.worker_password),
        ("parley_shadow", settings.shadow_password),
        ("parley_ingress", settings.ingress_password), ("parley_realtime", settings.realtime_password),
    ):  # fmt: skip
        row = connection.execute("select rolcanlogin from pg_catalog.pg_roles where rolname = %s", [role]).fetchone()
        if row is None:
            continue
        name = sql.Identifier(role)
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, name))
        if password:
            verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            connection.execute(sql.SQL("alter role {} login password {}").format(name, sql.Literal(verifier)))
        elif not row[0]:
            variable = f"PARLEY_{role.removeprefix('parley_').upper()}_PASSWORD"
            remarks.append(f"{role} cannot log in yet: set {variable} and run `parley migrate` again")
    return remarks


def _seed(connection: psycopg.Connection, path: Path) -> bool:
    text = path.read_text()
    if not split_statements(text):
        return False
    try:
        with connection.transaction():
            connection.execute(text.encode())
    except psycopg.Error as error:
        raise SetupError(_explain(path, text, error), remedy="nothing of the seed was kept") from error
    return True
