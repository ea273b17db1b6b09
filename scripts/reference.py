"""Write docs/reference: one page a chapter about the schema as it really is, read from a migrated database.

    .venv/bin/python -m scripts.reference            writes the pages, from a throw-away database
    .venv/bin/python -m scripts.reference --check    changes nothing; exit code 1 when a page is stale

The pages depend on the migrations alone: not on the machine, the data, or the order things were made in.
"""

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg.rows import dict_row

from app.settings import load, process_environment

PROJECT = Path(__file__).resolve().parent.parent
PAGES = PROJECT / "docs" / "reference"
MIGRATIONS = PROJECT / "supabase" / "migrations"
Row = dict[str, Any]

MADE = re.compile(r"^create (?:or replace )?(?:table|view|function|sequence) ((?:public|private)\.\w+)", re.M)

TABLES = """
select n.nspname || '.' || c.relname as name, c.relkind::text as kind, obj_description(c.oid, 'pg_class') as comment,
  coalesce((
    select string_agg(g.line, '; ' order by g.line collate "C") from (
      select a.grantee::regrole::text || ': '
        || string_agg(lower(a.privilege_type), ', ' order by a.privilege_type) as line
      from aclexplode(c.relacl) as a
      where a.grantee <> c.relowner and a.grantee <> 0 group by a.grantee) as g), '') as grants
from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind in ('r', 'v')
order by (n.nspname || '.' || c.relname) collate "C"
"""

COLUMNS = """
select n.nspname || '.' || c.relname as relation, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
  a.attnotnull as required, pg_get_expr(d.adbin, d.adrelid) as preset, col_description(c.oid, a.attnum) as comment,
  coalesce((
    select string_agg(x.grantee::regrole::text || ': ' || lower(x.privilege_type), ', '
      order by x.grantee::regrole::text collate "C", x.privilege_type) from aclexplode(a.attacl) as x), '') as grants
from pg_attribute as a
inner join pg_class as c on c.oid = a.attrelid
inner join pg_namespace as n on n.oid = c.relnamespace
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where n.nspname in ('public', 'private') and c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped
order by c.oid, a.attnum
"""

CONSTRAINTS = """
select n.nspname || '.' || c.relname as relation, k.conname as name, k.contype::text as type,
  pg_get_constraintdef(k.oid) as definition, k.confrelid::regclass::text as target
from pg_constraint as k
inner join pg_class as c on c.oid = k.conrelid
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and k.contype in ('p', 'u', 'f', 'c', 'x')
order by array_position('{p,u,f,c,x}'::text [], k.contype::text), k.conname collate "C"
"""

INDEXES = """
select i.schemaname || '.' || i.tablename as relation, i.indexname as name, i.indexdef as definition
from pg_indexes as i where i.schemaname in ('public', 'private') and not exists (
  select from pg_constraint as k where k.conname = i.indexname and k.connamespace = i.schemaname::regnamespace)
order by i.indexname collate "C"
"""

POLICIES = """
select p.schemaname || '.' || p.tablename as relation, p.policyname as name, lower(p.cmd) as command,
  array_to_string(p.roles, ', ') as roles, p.qual, p.with_check
from pg_policies as p where p.schemaname in ('public', 'private') order by p.policyname collate "C"
"""

TRIGGERS = """
select n.nspname || '.' || c.relname as relation, t.tgname as name, pg_get_triggerdef(t.oid) as definition
from pg_trigger as t
inner join pg_class as c on c.oid = t.tgrelid
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and not t.tgisinternal order by t.tgname collate "C"
"""

FUNCTIONS = """
select n.nspname || '.' || p.proname as name, pg_get_function_arguments(p.oid) as arguments,
  pg_get_function_result(p.oid) as result, p.prosecdef as definer,
  case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
  obj_description(p.oid, 'pg_proc') as comment, p.prorettype = 'trigger'::regtype as is_trigger,
  coalesce((
    select string_agg(a.grantee::regrole::text, ', ' order by a.grantee::regrole::text collate "C")
    from aclexplode(p.proacl) as a where a.grantee <> p.proowner and a.grantee <> 0), '') as callers
from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace
where n.nspname in ('public', 'private') and p.prokind = 'f'
order by (n.nspname || '.' || p.proname) collate "C", pg_get_function_identity_arguments(p.oid) collate "C"
"""


def chapters() -> dict[str, list[Path]]:
    """The migrations of each chapter: {"threads": [path, …], …}, in the order they are applied."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(MIGRATIONS.glob("*.sql")):
        found[path.stem.split("_")[1]].append(path)
    return dict(found)


def owners() -> dict[str, str]:
    """Which chapter made an object: {"public.et_threads": "threads", …}."""
    made: dict[str, str] = {}
    for chapter, paths in chapters().items():
        for path in paths:
            for name in MADE.findall(path.read_text()):
                made.setdefault(name, chapter)
    return made


def render(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Every page by file name. `connection` is the owner's, to a database with every migration applied."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set local search_path = ''")
        facts = {
            name: cursor.execute(text).fetchall()
            for name, text in (
                ("tables", TABLES), ("columns", COLUMNS), ("constraints", CONSTRAINTS), ("indexes", INDEXES),
                ("policies", POLICIES), ("triggers", TRIGGERS), ("functions", FUNCTIONS),
            )
        }  # fmt: skip
    made = owners()
    return {f"{chapter}.md": _page(chapter, paths, facts, made) for chapter, paths in chapters().items()} | {
        "README.md": _contents(facts, made)
    }


def _contents(facts: dict[str, list[Row]], made: dict[str, str]) -> str:
    lines = ["# Schema reference", "", "Generated from the migrations by `scripts/reference.py`: do not edit.", ""]
    lines += ["| chapter | tables and views | functions |", "|---|---|---|"]
    for chapter in chapters():
        tables = [f"`{row['name']}`" for row in facts["tables"] if made.get(row["name"]) == chapter]
        count = sum(made.get(row["name"]) == chapter for row in facts["functions"])
        lines.append(f"| [{chapter}]({chapter}.md) | {', '.join(tables) or '–'} | {count} |")
    return "\n".join(lines) + "\n"


def _page(chapter: str, paths: list[Path], facts: dict[str, list[Row]], made: dict[str, str]) -> str:
    mine = [row for row in facts["tables"] if made.get(row["name"]) == chapter]
    tables = [row for row in mine if row["kind"] == "r"]
    lines = [
        f"# {chapter.capitalize()}",
        "",
        "Generated from the migrations by `scripts/reference.py`: do not edit.",
        "",
    ]
    for path in paths:
        lines += [f"From [{path.name}](../../supabase/migrations/{path.name}):", "", "```text", *_map(path), "```", ""]
    if tables:
        lines += ["## Tables and how they refer to each other", "", *_diagram(tables, facts), ""]
    for table in tables:
        lines += _table(table, facts)
    for view in (row for row in mine if row["kind"] == "v"):
        lines += _view(view, facts)
    functions = [row for row in facts["functions"] if made.get(row["name"]) == chapter]
    if functions:
        lines += ["## Functions", ""]
    for function in functions:
        lines += _function(function)
    return "\n".join(lines).rstrip() + "\n"


def _map(path: Path) -> list[str]:
    """The comment a migration opens with, without its dashes."""
    lines = []
    for line in path.read_text().splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").removeprefix(" "))
    return lines


def _diagram(tables: list[Row], facts: dict[str, list[Row]]) -> list[str]:
    names = {row["name"] for row in tables}
    arrows = set()
    for key in facts["constraints"]:
        if key["type"] == "f" and key["relation"] in names:
            arrows.add(f"  {_entity(key['target'])} ||--o{{ {_entity(key['relation'])} : has")
    boxes = [f"  {_entity(name)}" for name in sorted(names)]
    return ["```mermaid", "erDiagram", *boxes, *sorted(arrows), "```"]


def _entity(name: str) -> str:
    return name.removeprefix("public.").replace(".", "__")


def _of(rows: list[Row], relation: str) -> list[Row]:
    return [row for row in rows if row["relation"] == relation]


def _table(table: Row, facts: dict[str, list[Row]]) -> list[str]:
    lines = _heading(table)
    lines += ["| column | type | required | default | meaning |", "|---|---|---|---|---|"]
    for column in _of(facts["columns"], table["name"]):
        needed, meaning = "yes" if column["required"] else "", _cell(column["comment"]) + _granted(column)
        lines.append(f"| `{column['name']}` | {column['type']} | {needed} | {_code(column['preset'])} | {meaning} |")
    lines.append("")
    for title, kind in (("Constraints", "constraints"), ("Indexes", "indexes"), ("Triggers", "triggers")):
        rows = _of(facts[kind], table["name"])
        if rows:
            lines += [f"{title}:", "", *(f"- `{row['name']}`: {_code(_short(row))}" for row in rows), ""]
    policies = _of(facts["policies"], table["name"])
    if policies:
        lines += ["Policies:", "", *(_policy(row) for row in policies), ""]
    return lines


def _heading(relation: Row) -> list[str]:
    granted = f"Granted to {relation['grants']}." if relation["grants"] else "Granted to nobody: only functions use it."
    return [f"### {relation['name']}", "", relation["comment"] or "", "", granted, ""]


def _short(row: Row) -> str:
    """A definition without what its heading already says."""
    text = str(row["definition"])
    for pattern in (r"^CREATE (UNIQUE )?INDEX \S+ ON \S+ USING ", r"^CREATE (CONSTRAINT )?TRIGGER \S+ "):
        text = re.sub(pattern, lambda match: "unique " if match[1] == "UNIQUE " else "", text)
    return text


def _policy(row: Row) -> str:
    parts = [
        f"using {_code(row['qual'])}" if row["qual"] else "",
        f"with check {_code(row['with_check'])}" if row["with_check"] else "",
    ]
    return f"- `{row['name']}`: {row['command']} for {row['roles']} {' '.join(part for part in parts if part)}"


def _view(view: Row, facts: dict[str, list[Row]]) -> list[str]:
    columns = ", ".join(f"`{column['name']}` {column['type']}" for column in _of(facts["columns"], view["name"]))
    return [*_heading(view), f"A view. Columns: {columns}.", ""]


def _function(function: Row) -> list[str]:
    manner = [function["volatility"], "definer" if function["definer"] else "invoker"]
    if not function["is_trigger"]:
        manner.append(
            f"called by {function['callers']}" if function["callers"] else "called by other functions and the owner"
        )
    signature = f"{function['name']}({function['arguments']}) → {function['result']}"
    return [
        f"### {function['name']}",
        "",
        _code(signature),
        "",
        function["comment"] or "",
        "",
        f"*{'; '.join(manner)}*",
        "",
    ]


def _granted(column: Row) -> str:
    return f" ({column['grants']})" if column["grants"] else ""


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|").replace("\n", " ")


def _code(text: str | None) -> str:
    """Code on one line, safe in a table."""
    plain = " ".join((text or "").split())
    return f"`{plain.replace('|', chr(92) + '|')}`" if plain else ""


def stale(pages: dict[str, str]) -> list[str]:
    """Names of pages that are missing, differ, or should be gone."""
    there = {path.name: path.read_text() for path in PAGES.glob("*.md")}
    return sorted(name for name in pages | there if pages.get(name) != there.get(name))


@contextmanager
def throw_away() -> Iterator[str]:
    """The URL of a private database with every migration, stopped and removed afterwards. Raises ClickException."""
    with tempfile.TemporaryDirectory(prefix="parley-reference-") as home:
        Path(home).chmod(0o711)  # Postgres may run as another account, which must get through
        kept = {
            name: value for name, value in process_environment().items()
            if not name.startswith(("PARLEY_", "SUPABASE_")) and name != "DATABASE_URL"
        }  # fmt: skip
        environment = {**kept, "PARLEY_HOME": home}
        parley = [sys.executable, "-m", "app.cli"]
        up = subprocess.run(
            [*parley, "up", "--detach", "--only=database"],
            env=environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            if up.returncode:
                raise click.ClickException(up.stderr.strip() or "the throw-away stack did not start")
            yield load({"PARLEY_HOME": home}).database_url
        finally:
            subprocess.run([*parley, "down"], env=environment, cwd=PROJECT, capture_output=True, check=False)


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when a page is stale.")
@click.option("--database", metavar="URL", help="A migrated database, as its owner. Default: a throw-away one.")
def main(check: bool, database: str | None) -> None:
    """Write docs/reference from the migrations."""
    with (
        nullcontext(database) if database else throw_away() as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        pages = render(connection)
    names = stale(pages)
    if check:
        if names:
            raise click.ClickException(f"stale: {', '.join(names)}")
        return
    PAGES.mkdir(exist_ok=True)
    for name in names:
        path = PAGES / name
        if name in pages:
            path.write_text(pages[name])
        else:
            path.unlink()
    click.echo(f"{len(names)} pages written: {', '.join(names)}" if names else "all pages are fresh")


if __name__ == "__main__":
    main()
