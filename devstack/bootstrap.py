"""Giving a bare Postgres 17 what hosted Supabase provides: `python -m devstack.bootstrap` (DATABASE_URL, a
superuser)."""

import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from devstack.errors import StackError

SCRIPT = Path(__file__).with_name("bootstrap.sql")


def bootstrap(dsn: str, *, passwords: Mapping[str, str] | None = None) -> bool:
    """Apply `bootstrap.sql` to the database of `dsn` and set the `passwords` (role → password) that are not set yet.

    Returns False, having changed nothing, when the login is no superuser and the database is prepared already (a
    Supabase project). Raises StackError when it is neither.
    """
    try:
        connection = psycopg.connect(dsn, autocommit=True, connect_timeout=10, application_name="parley bootstrap")
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise StackError(f"the database does not answer: {reason}", "check DATABASE_URL") from error
    with connection:
        row = connection.execute(
            "select rolsuper, rolname, to_regclass('auth.users') is not null,"
            " current_setting('server_version_num')::int / 10000"
            " from pg_catalog.pg_roles where rolname = current_user"
        ).fetchone()
        superuser, user, is_prepared, major = row or (False, "", False, 0)
        if major < 17:
            raise StackError(
                f"the database is Postgres {major}, Parley needs 17", "point DATABASE_URL at a Postgres 17"
            )
        if not superuser:
            if is_prepared:
                return False
            raise StackError(
                f"{user} is no superuser and the database is bare", "connect as a superuser once, to prepare it"
            )
        with connection.transaction():
            connection.execute(SCRIPT.read_bytes())
        for role, password in (passwords or {}).items():
            if role != user:
                _set_password(connection, role, password)
    return True


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    try:
        other = {"user": role, "password": password}
        psycopg.connect(connection.info.dsn, **other).close()  # type: ignore[arg-type]
    except psycopg.OperationalError:
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier)))


def main() -> None:
    """Bootstrap DATABASE_URL and say what was done."""
    from app.settings import load

    try:
        changed = bootstrap(load().database_url)
    except StackError as error:
        sys.exit(f"error: {error}")
    print("prepared like a Supabase project" if changed else "nothing to do: this is a Supabase project already")


if __name__ == "__main__":
    main()
