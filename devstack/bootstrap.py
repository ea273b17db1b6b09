"""Giving a bare Postgres 17 what hosted Supabase provides: `python -m devstack.bootstrap` (DATABASE_URL, a
superuser)."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from devstack.errors import StackError

SCRIPTS = tuple(sorted(Path(__file__).with_name("hosted").glob("*.sql")))
"""What hosted provides, in the order in which it is applied."""


@dataclass(frozen=True)
class Prepared:
    """What `bootstrap` found and did."""

    changed: bool
    """False: it is a Supabase project already, and nothing was touched."""
    taken: tuple[str, ...] = ()
    """Logins that exist with a password of somebody else's. They keep it."""


def bootstrap(dsn: str, *, passwords: Mapping[str, str] | None = None, is_ours: bool = False) -> Prepared:
    """Apply the files of `hosted/` to the database of `dsn`, and set the `passwords` (role → password) not set yet.

    Only on a server that `is_ours` a password is replaced: elsewhere the login may be that of a self-hosted Supabase or
    of another stack, which would be locked out. A prepared database with such logins is not touched at all, nor is one
    that was prepared for a login that is no superuser. Raises StackError for such a login when the database is bare.
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
                return Prepared(changed=False)
            raise StackError(
                f"{user} is no superuser and the database is bare", "connect as a superuser once, to prepare it"
            )
        wanted = {role: password for role, password in (passwords or {}).items() if role != user}
        closed = {role for role, password in wanted.items() if not _opens(connection, role, password)}
        taken = tuple(sorted(closed & _with_password(connection))) if not is_ours else ()
        if taken and is_prepared:
            return Prepared(changed=False, taken=taken)
        with connection.transaction():
            connection.execute(b"\n".join(script.read_bytes() for script in SCRIPTS))
        for role in closed.difference(taken):
            _set_password(connection, role, wanted[role])
    return Prepared(changed=True, taken=taken)


def _opens(connection: psycopg.Connection, role: str, password: str) -> bool:
    """Whether the server lets `role` in with this password."""
    try:
        psycopg.connect(connection.info.dsn, user=role, password=password).close()
    except psycopg.OperationalError:
        return False
    return True


def _with_password(connection: psycopg.Connection) -> set[str]:
    """Roles that have a password. Only a superuser may ask."""
    return {role for (role,) in connection.execute("select rolname from pg_authid where rolpassword is not null")}


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier)))


def main() -> None:
    """Bootstrap DATABASE_URL and say what was done."""
    from app.settings import load

    try:
        prepared = bootstrap(load().database_url)
    except StackError as error:
        sys.exit(f"error: {error}")
    print(
        "prepared like a Supabase project" if prepared.changed else "nothing to do: this is a Supabase project already"
    )


if __name__ == "__main__":
    main()
