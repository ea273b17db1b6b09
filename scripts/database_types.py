"""Write clients/js/src/database.types.ts: the schema as TypeScript sees it, made by the Supabase CLI.

    .venv/bin/python -m scripts.database_types           writes the file, from a throw-away database (fetches the CLI)
    .venv/bin/python -m scripts.database_types --check   fetches and changes nothing; exit code 1 when it is stale

The file begins with a digest of what it was made from, so that its freshness is known without the CLI.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import psycopg

from app.settings import process_environment
from devstack import bridge, functions
from scripts.reference import PROJECT, throw_away

FILE = PROJECT / "clients" / "js" / "src" / "database.types.ts"
CLI = "supabase@3.1.0"
TIMEOUT_S = 300
HEAD = """// Made by `.venv/bin/python -m scripts.database_types` with the Supabase CLI; not written by hand.
// Schema: {digest}

"""

SHAPE = """
select 'column', c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
  (a.atthasdef or a.attidentity <> '')::text || a.attgenerated::text || a.attidentity::text || c.relkind::text
from pg_attribute as a
inner join pg_class as c on c.oid = a.attrelid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p', 'm') and a.attnum > 0
  and not a.attisdropped
union all
select 'key', k.conrelid::regclass::text, k.conname::text, pg_get_constraintdef(k.oid), '', ''
from pg_constraint as k where k.connamespace = 'public'::regnamespace and k.contype in ('f', 'p', 'u')
union all
select 'view', c.relname::text, pg_get_viewdef(c.oid), '', '', ''
from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
union all
select 'function', p.oid::regprocedure::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), '', ''
from pg_proc as p where p.pronamespace = 'public'::regnamespace
"""


def digest(connection: psycopg.Connection[Any]) -> str:
    """Stands for everything of the schema `public` that shows in the types."""
    connection.execute("set search_path = ''")
    rows = sorted(connection.execute(SHAPE).fetchall())
    return hashlib.sha256("\n".join("\t".join(map(str, row)) for row in rows).encode()).hexdigest()[:32]


def stale(connection: psycopg.Connection[Any]) -> bool:
    """Whether the file was made from another schema."""
    return not FILE.exists() or not FILE.read_text().startswith(HEAD.format(digest=digest(connection)))


def generate(url: str) -> str:
    """The file for the database at `url`. Raises ClickException with what a tool said against it."""
    node, deno = bridge.node(), functions.deno()
    if node is None or deno is None:
        raise click.ClickException("Node or Deno is missing: `make setup` fetches both")
    ours = Path(sys.executable).with_name("npm")
    npm = str(ours) if ours.exists() else shutil.which("npm") or "npm"
    with psycopg.connect(url) as connection:
        head = HEAD.format(digest=digest(connection))
    plain = {name: value for name, value in process_environment().items() if not name.startswith(bridge.OURS)}
    path = f"{Path(node).parent}{os.pathsep}{plain.get('PATH', os.defpath)}"
    remote = f"--remote={url}{'&' if '?' in url else '?'}sslmode=disable"
    asked = [npm, "exec", "--yes", "--ignore-scripts", f"--package={CLI}", "--", "supabase", "gen", "types",
             "--lang=typescript", "--schema=public", remote]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="parley-types-") as empty:  # no project of the caller's, no settings
        made = _run(asked, {**plain, "PATH": path, "DO_NOT_TRACK": "1"}, empty)
    layout = [deno, "fmt", "--ext=ts", "--line-width=120", "-"]
    return _run(layout, functions.environment(), str(PROJECT), stdin=head + made.lstrip())


def _run(command: list[str], environment: dict[str, str], cwd: str, stdin: str = "") -> str:
    said = subprocess.run(
        command, env=environment, cwd=cwd, input=stdin, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )
    if said.returncode or not said.stdout:
        raise click.ClickException(f"{Path(command[0]).name}: {(said.stderr or said.stdout).strip()[-2000:]}")
    return said.stdout


@click.command()
@click.option("--check", is_flag=True, help="Fetch and change nothing; exit code 1 when the file is stale.")
def main(check: bool) -> None:
    """Write the types from the migrations."""
    with throw_away() as url:
        if check:
            with psycopg.connect(url) as connection:
                if stale(connection):
                    raise click.ClickException(f"stale: {FILE.relative_to(PROJECT)}")
            return
        text = generate(url)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text)
    click.echo(f"written: {FILE.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
