"""Migrations: one transaction each, one history with the Supabase CLI, nothing edited afterwards."""

import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.db.migrate import migrate, read_migrations
from app.db.splitting import split_statements
from app.errors import SetupError
from tests.support.database import Cluster, Database

FIRST = """-- one; comment
create table public.things (id int primary key, note text default 'a;b');
create function public.f() returns int language sql begin atomic select case when true then 1 else 2 end; select 3; end;
do $body$ begin perform 1; end $body$;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one migration."""
    (tmp_path / "20260101000000_things.sql").write_text(FIRST)
    return tmp_path


def run(database: Database, folder: Path, **options: Any) -> Any:
    """Migrate `database` from `folder`."""
    return migrate(database.settings(), folder=folder, **options)


def history(database: Database) -> list[tuple[Any, ...]]:
    """The Supabase CLI's history, as it stands."""
    with database.connect() as owner:
        rows = owner.execute("select version, name, statements from supabase_migrations.schema_migrations order by 1")
        return rows.fetchall()


def test_the_history_is_the_one_the_supabase_cli_writes(bare_database: Database, folder: Path) -> None:
    """Version, name and statements are recorded; bodies with semicolons stay whole."""
    assert run(bare_database, folder).applied == ["20260101000000_things.sql"]
    [(version, name, statements)] = history(bare_database)
    assert (version, name, len(statements)) == ("20260101000000", "things", 3)
    assert statements[0].startswith("-- one; comment\ncreate table")
    assert statements[1].endswith("select 3; end")
    assert run(bare_database, folder).applied == []


def test_an_edited_migration_is_refused_with_the_remedy(bare_database: Database, folder: Path) -> None:
    """The message is one line, names the file and says what to do; nothing is applied."""
    run(bare_database, folder)
    (folder / "20260101000000_things.sql").write_text(FIRST + "\n-- edited")
    (folder / "20260102000000_more.sql").write_text("create table public.more (id int);")
    with pytest.raises(SetupError) as info:
        run(bare_database, folder)
    text = str(info.value)
    assert "20260101000000_things.sql was edited after it was applied — `parley reset`" in text
    assert "\n" not in text
    assert len(history(bare_database)) == 1


def test_what_the_supabase_cli_applied_is_taken_over(bare_database: Database, folder: Path) -> None:
    """A version in the history without our checksum is not run again, and is guarded from then on."""
    with bare_database.connect() as owner:
        owner.execute("insert into supabase_migrations.schema_migrations values ('20260101000000', '{}', 'things')")
    assert run(bare_database, folder).applied == []
    (folder / "20260101000000_things.sql").write_text(FIRST + "\n-- edited")
    with pytest.raises(SetupError, match="was edited"):
        run(bare_database, folder)


def test_a_failing_file_leaves_nothing_behind_and_is_explained(bare_database: Database, folder: Path) -> None:
    """File, line and reason are named; the files before it stay, its own first statement does not."""
    (folder / "20260102000000_broken.sql").write_text("create table public.half (id int);\n\nselect * from nowhere;")
    with pytest.raises(SetupError, match=r"20260102000000_broken\.sql:3: relation \"nowhere\" does not exist"):
        run(bare_database, folder)
    assert [row[0] for row in history(bare_database)] == ["20260101000000"]
    with bare_database.connect() as owner:
        assert owner.execute("select to_regclass('public.half')").fetchone() == (None,)


def test_a_database_that_is_ahead_is_refused(bare_database: Database, folder: Path) -> None:
    """A migration this checkout does not have stops the run."""
    run(bare_database, folder)
    (folder / "20260101000000_things.sql").rename(folder / "20260103000000_things.sql")
    with pytest.raises(SetupError, match="has migration 20260101000000"):
        run(bare_database, folder)


def test_two_runs_at_once_apply_everything_once(bare_database: Database, folder: Path) -> None:
    """The second run waits for the first and then finds nothing to do."""
    (folder / "20260102000000_slow.sql").write_text("select pg_sleep(0.3); create table public.slow (id int);")
    reports: list[Any] = []
    threads = [threading.Thread(target=lambda: reports.append(run(bare_database, folder))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(report.applied) for report in reports) == [0, 0, 2]


def test_a_table_in_use_is_not_waited_for_forever(bare_database: Database, folder: Path) -> None:
    """A migration gives up after its lock timeout, having changed nothing."""
    run(bare_database, folder)
    (folder / "20260102000000_alter.sql").write_text(
        "set local lock_timeout = '200ms'; alter table public.things add column more int;"
    )
    with bare_database.connect(autocommit=False) as reader:
        reader.execute("select * from public.things")
        with pytest.raises(SetupError, match="a table it changes is in use"):
            run(bare_database, folder)


def test_the_runtime_roles_get_their_logins(cluster: Cluster, bare_database: Database) -> None:
    """After the real migrations the three runtime roles log in with their passwords, and bypass no policy."""
    migrate(bare_database.settings())
    for role in ("parley_api", "parley_worker", "parley_shadow"):
        with bare_database.connect(role) as connection:
            row = connection.execute(
                "select rolsuper or rolbypassrls, rolpassword is null from pg_roles where rolname = current_user"
            ).fetchone()
            assert row is not None
            assert row[0] is False
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.dsn(bare_database.name, role), password="wrong")


def test_the_seed_runs_where_it_is_asked_for(bare_database: Database, folder: Path) -> None:
    """A missing seed is no error; a present one runs after the migrations."""
    assert run(bare_database, folder, seed=folder / "none.sql").seeded is False
    seed = folder / "seed.txt"
    seed.write_text("insert into public.things values (1) on conflict do nothing;")
    assert run(bare_database, folder, seed=seed).seeded is True
    assert run(bare_database, folder, seed=seed).seeded is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1; select 2", ["select 1", "select 2"]),
        ("select ';'; select E'\\';'; select 2;", ["select ';'", "select E'\\';'", "select 2"]),
        ('select ";" from t;', ['select ";" from t']),
        ("do $a$ x; $b$ ; $b$ $a$; select 1;", ["do $a$ x; $b$ ; $b$ $a$", "select 1"]),
        ("/* a; /* b; */ c; */ select 1;", ["/* a; /* b; */ c; */ select 1"]),
        ("begin; select 1; commit;", ["begin", "select 1", "commit"]),
        ("-- only a comment\n", []),
        ("select $1;select a$b;", ["select $1", "select a$b"]),
    ],
)
def test_a_file_is_cut_at_the_right_semicolons(text: str, expected: list[str]) -> None:
    """Strings, names, comments and dollar quotes hide theirs."""
    assert split_statements(text) == expected


def test_badly_named_or_doubled_versions_are_refused(tmp_path: Path) -> None:
    """Both would make the order of migrations a matter of luck."""
    (tmp_path / "20260101000000_a.sql").write_text("select 1")
    (tmp_path / "20260101000000_b.sql").write_text("select 1")
    with pytest.raises(SetupError, match="the same version"):
        read_migrations(tmp_path)
    (tmp_path / "20260101000000_b.sql").rename(tmp_path / "later.sql")
    with pytest.raises(SetupError, match=r"later\.sql is no migration's name"):
        read_migrations(tmp_path)
