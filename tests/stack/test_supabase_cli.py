"""The Supabase CLI itself on our migrations: it applies them, and its advisors have nothing to warn of."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.db.migrate import migrate, read_migrations
from app.settings import PROJECT
from devstack import bridge
from tests.support import npm
from tests.support.database import Cluster, Database

CLI = "supabase@3.1.0"
TIMEOUT_S = 300
pytestmark = pytest.mark.prove


class Supabase:
    """The CLI in a project of its own: our `supabase/` without what it would write there, a home nobody uses."""

    def __init__(self, place: Path, database: Database) -> None:
        self.url = database.url()
        self.binary = npm.fetch(CLI, place / "cli") / ".bin" / "supabase"
        self.project = place / "project"
        ours = PROJECT / "supabase"
        shutil.copytree(ours / "migrations", self.project / "supabase" / "migrations")
        shutil.copy(ours / "config.toml", self.project / "supabase")
        self.environment = npm.environment(bridge.node() or "") | {"HOME": str(place), "DO_NOT_TRACK": "1"}

    def run(self, *arguments: str) -> str:
        """What `supabase ARGUMENTS` prints, on the database under test."""
        said = subprocess.run(
            [self.binary, *arguments, f"--remote={self.url}"], cwd=self.project, env=self.environment, check=False,
            capture_output=True, text=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout

    def advice(self) -> list[dict[str, Any]]:
        """What its advisors find, security and performance, down to the faintest hint."""
        said = self.run("db", "advisors", "--type", "all", "--level", "info", "--fail-on", "none")
        start = said.find("\n[")
        found: list[dict[str, Any]] = json.loads(said[start:]) if start >= 0 else []
        assert found or "No issues found" in said, said
        return found


@pytest.fixture(scope="module")
def bare(cluster: Cluster) -> Iterator[Database]:
    """A database with what Supabase provides and none of our migrations."""
    made = cluster.create()
    yield made
    made.drop()


@pytest.fixture(scope="module")
def supabase(bare: Database, tmp_path_factory: pytest.TempPathFactory) -> Supabase:
    """The CLI, after it has pushed every migration as `postgres`."""
    with bare.connect() as owner:
        [shape] = owner.execute("select r.rolsuper, current_user from pg_roles as r where r.rolname = current_user")
        assert shape == (False, "postgres"), "a superuser may do what hosted Supabase refuses"
    made = Supabase(tmp_path_factory.mktemp("supabase"), bare)
    made.run("db", "push", "--yes")
    return made


def test_it_applies_every_migration_as_the_hosted_owner(supabase: Supabase, bare: Database) -> None:
    """Each file is in its history, in order; pushing again finds nothing to do; our own command agrees."""
    with bare.connect() as owner:
        rows = owner.execute("select version from supabase_migrations.schema_migrations order by 1").fetchall()
    assert [version for (version,) in rows] == [file.version for file in read_migrations()]
    assert "up to date" in supabase.run("db", "push", "--yes").lower()
    assert migrate(bare.settings()).applied == []


def test_what_it_applied_is_what_parley_applies(supabase: Supabase, bare: Database, database: Database) -> None:
    """Two roads, one schema: the same columns, functions, policies and grants."""
    with bare.connect() as theirs, database.connect() as ours:
        assert shape(theirs) == shape(ours)


def shape(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Everything in public and private that a migration decides, without oids."""
    return connection.execute(
        """
        select 'column', c.oid::regclass::text, a.attname::text, format_type(a.atttypid, a.atttypmod), c.relacl::text
        from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        union all
        select 'function', p.oid::regprocedure::text, p.proowner::regrole::text, pg_get_functiondef(p.oid), p.proacl::text
        from pg_proc as p where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.prokind = 'f'
        union all
        select 'policy', s.tablename, s.policyname, s.qual, s.with_check from pg_policies as s
        where s.schemaname in ('public', 'private')
        order by 1, 2, 3, 4
        """
    ).fetchall()


def test_its_advisors_report_no_error_and_no_warning(supabase: Supabase) -> None:
    """Security and performance; what is left are hints, and only of kinds that were decided (unused: nothing ran yet)."""
    found = supabase.advice()
    levels, kinds = Counter(one["level"] for one in found), Counter((one["level"], one["name"]) for one in found)
    print(f"advisors by level: {dict(levels)}, by name: {dict(kinds)}")
    assert [one["detail"] for one in found if one["level"] in ("ERROR", "WARN")] == []
    assert {name for _, name in kinds} <= {"unindexed_foreign_keys", "unused_index", "rls_enabled_no_policy"}


def test_its_advisors_see_what_is_wrong(supabase: Supabase, bare: Database) -> None:
    """A table without row-level security is an error: the silence above is not deafness."""
    with bare.connect() as owner:
        owner.execute("create table public.forgotten (id integer primary key)")
        owner.execute("grant select on public.forgotten to anon")
        try:
            found = supabase.advice()
        finally:
            owner.execute("drop table public.forgotten")
    assert ("ERROR", "rls_disabled_in_public") in {(one["level"], one["name"]) for one in found}
