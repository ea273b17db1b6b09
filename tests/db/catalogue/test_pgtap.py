"""supabase/tests, the contract a DBA runs with `supabase test db`: it holds, it can fail, and real pgTAP reads it alike."""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.settings import PROJECT
from tests.support import npm
from tests.support.database import Cluster, Database

CONTRACT = PROJECT / "supabase" / "tests"
FILES = sorted(path.name for path in CONTRACT.iterdir())
STAND_IN = PROJECT / "tests" / "support" / "pgtap_stand_in.sql"
PGTAP = "@electric-sql/pglite-pgtap@0.0.15"
"""pgTAP 1.3.5 as PGlite ships it: plain SQL, which any Postgres 17 takes."""

BREAKS = {
    "tables.sql": [
        ("alter table public.et_messages no force row level security", "enabled and forced"),
        ("create policy x_select_all on public.et_threads for select to anon using (true)", "no policy is for everybody"),
        ("grant select on public.contacts to anon", "nobody reads or writes a table"),
        ("grant insert on public.et_messages to authenticated", "writes through functions"),
        ("alter view public.conversations reset (security_invoker)", "rights of its reader"),
        ("grant usage on schema private to authenticated", "looks into private"),
        ("alter table public.et_thread_insights rename to insights", "et_thread_insights"),
    ],
    "functions.sql": [
        ("grant execute on function private.check_invariants() to anon", "owner's rights is closed"),
        ("alter function public.close_thread(uuid) security definer", "runs with their own rights"),
        ("grant execute on function public.close_thread(uuid) to anon", "nothing is called"),
        ("alter function public.close_thread(uuid) reset search_path", "search path"),
        ("alter function public.close_thread(uuid) rename to shut_thread", "clients call close_thread"),
    ],
    "invariants.sql": [
        ("insert into private.invariants values ('never', 'nothing is', 'select 1')", "none of them is broken"),
        ("delete from private.invariants", "written down"),
    ],
}  # fmt: skip


def prepare(cluster: Cluster, template: str, script: str) -> Database:
    """A migrated database that has what `script` makes in the schema `extensions`, where Supabase puts pgTAP."""
    made = cluster.create(template=template)
    with made.connect("admin") as admin:
        admin.execute("create schema if not exists extensions")
        admin.execute("set search_path = extensions")
        admin.execute(script.encode())
        admin.execute("grant usage on schema extensions to postgres")
    return made


@pytest.fixture(scope="module")
def ours(cluster: Cluster, template: str) -> Iterator[Database]:
    """With the stand-in."""
    made = prepare(cluster, template, STAND_IN.read_text())
    yield made
    made.drop()


def tap(connection: psycopg.Connection[Any], file: str, breaking: str | None = None) -> list[str]:
    """The lines a file of the contract says, broken on purpose just after it began."""
    script = (CONTRACT / file).read_text()
    if breaking:
        script = script.replace("begin;", f"begin;\n{breaking};", 1)
    cursor, lines = connection.cursor(), []
    cursor.execute(script.encode())
    while True:
        if cursor.description:
            lines += [line for (said,) in cursor.fetchall() for line in said.split("\n")]
        if not cursor.nextset():
            return lines


def verdicts(lines: list[str]) -> list[str]:
    """Plan and results, without remarks."""
    return [line.rstrip() for line in lines if re.match(r"(not )?ok |1\.\.", line)]


@pytest.mark.parametrize("file", FILES)
def test_the_contract_holds(ours: Database, file: str) -> None:
    """As the owner, on a database as it is migrated: everything planned is run, everything run is ok."""
    with ours.connect() as owner:
        lines = tap(owner, file)
    planned, results = lines[0], lines[1:]
    assert [line for line in results if not line.startswith("ok ")] == []
    assert planned == f"1..{len(results)}"


@pytest.mark.parametrize(("file", "breaking", "words"), [(file, *one) for file, all_ in BREAKS.items() for one in all_])
def test_the_contract_can_be_broken(ours: Database, file: str, breaking: str, words: str) -> None:
    """One statement a hasty change might hold, and exactly the line that is about it fails, or one more."""
    with ours.connect() as owner:
        failed = [line for line in tap(owner, file, breaking) if line.startswith("not ok ")]
    assert any(words in line for line in failed), failed
    assert len(failed) <= 2, failed


def test_every_file_is_tried_and_leaves_nothing(ours: Database) -> None:
    """A file comes with ways to break it, and rolls back what it did."""
    assert set(FILES) == set(BREAKS)
    assert [file for file in FILES if not (CONTRACT / file).read_text().endswith("\nrollback;\n")] == []


@pytest.mark.prove
def test_real_pgtap_says_the_same_as_the_stand_in(
    ours: Database, cluster: Cluster, template: str, tmp_path: Path
) -> None:
    """Line by line, for the contract as it is and for every way it was broken."""
    packed = npm.fetch(PGTAP, tmp_path) / PGTAP.rpartition("@")[0] / "dist" / "pgtap.tar.gz"
    with tarfile.open(packed) as archive:
        script = archive.extractfile("share/postgresql/extension/pgtap--1.3.5.sql")
        assert script is not None
        real = prepare(cluster, template, script.read().decode())
    try:
        with ours.connect() as one, real.connect() as other:
            assert other.execute("select extensions.pgtap_version()").fetchone() is not None
            for file in FILES:
                for breaking in (None, *(statement for statement, _ in BREAKS[file])):
                    assert verdicts(tap(one, file, breaking)) == verdicts(tap(other, file, breaking)), breaking
    finally:
        real.drop()
