"""The docs are true: what they name exists, what they tell to run runs, and the generated pages are fresh."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from app.cli import group
from app.http.main import make_app
from app.http.openapi import build
from app.settings import Settings, env_name
from scripts import reference
from tests.house.tree import PROJECT, name, tracked
from tests.support.database import Database

PAGES = [path for path in tracked() if path.suffix == ".md"]
WRITTEN = [path for path in PAGES if "docs/reference/" not in name(path)]
"""Pages people write: the generated ones are checked as a whole."""

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```(\w*)\n(.*?)\n[ ]*```|(`+)(.+?)\3", re.DOTALL)
OUTSIDE = {
    "PARLEY_TEST_DATABASE_URL", "PARLEY_TEST_REPORTS", "SUPABASE_DB_URL", "SUPABASE_PUBLISHABLE_KEY",
    "SUPABASE_ANON_KEY", "SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "PYTEST_ARGS", "BENCH_ARGS",
}  # fmt: skip
"""Variables that are not settings of the product: they steer tests and make, or hosted Supabase sets them."""

TERMS = (
    "thread", "scope rule", "seq", "rev", "head", "control", "epoch", "fence", "lease", "burst", "decision", "takeover",
    "dispatch", "attempt", "class I / N", "unknown", "receipt", "suppression", "work row", "watermark", "tenant",
    "contact", "identity", "session", "denial",
)  # fmt: skip


def pieces(path: Path) -> Iterator[tuple[str, str]]:
    """(language, code) of every block and code span of a page; a span's language is ''."""
    for match in CODE.finditer(path.read_text()):
        yield (match[1] or "text", match[2]) if match[2] is not None else ("", match[4])


def mentions(pattern: str) -> set[tuple[str, str]]:
    """(page, first group) for a pattern in the code of all written pages."""
    return {(name(path), found) for path in WRITTEN for _, code in pieces(path) for found in re.findall(pattern, code)}


def test_links_lead_somewhere() -> None:
    """Every relative link names a file, every anchor a heading in it."""
    broken = []
    for path in PAGES:
        for target in LINK.findall(CODE.sub("", path.read_text())):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            there = (path.parent / file).resolve() if file else path
            if not there.exists() or (anchor and anchor not in anchors(there)):
                broken.append(f"{name(path)}: {target}")
    assert broken == []


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower().replace("`", "")).strip().replace(" ", "-") for head in heads}


def test_the_readme_is_short_and_has_the_two_commands() -> None:
    """Under 150 lines, with `make up` and the test command that the pipeline runs."""
    text = (PROJECT / "README.md").read_text()
    assert len(text.splitlines()) < 150
    assert re.search(r"^make up\b", text, re.MULTILINE)
    assert re.search(r"^make test\b", text, re.MULTILINE)
    assert (PROJECT / ".ci" / "run").read_text().splitlines()[-1] == "make test"


def test_every_command_named_exists_with_its_options() -> None:
    """`parley …` in the docs: the command, and each --option behind it."""
    context = click.Context(group)
    unknown = []
    for page, line in mentions(r"(?:^|[\s/(`])parley ((?:[a-z]\S*)(?: [^\n|;&)]*)?)"):
        words = line.split()
        command = group.get_command(context, words[0])
        if command is None:
            unknown.append(f"{page}: parley {words[0]}")
            continue
        known = {option for one in _with_subcommands(command) for param in one.params for option in param.opts}
        options = {word.split("=")[0] for word in words if word.startswith("--")} - {"--help"}
        unknown += [f"{page}: parley {words[0]} {option}" for option in options - known]
    assert sorted(unknown) == []
    assert len(mentions(r"parley ([a-z]+)")) > 20


def _with_subcommands(command: click.Command) -> list[click.Command]:
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return [command, *(one for inner in below for one in _with_subcommands(inner))]


def test_every_command_is_in_the_docs() -> None:
    """A command nobody writes about is a command nobody finds."""
    named = {command for _, command in mentions(r"parley ([a-z]+)")}
    assert set(group.list_commands(click.Context(group))) - named == set()


def test_every_make_target_named_exists() -> None:
    """`make …` in the docs is a target."""
    targets = set(re.findall(r"^([a-z0-9]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert {(page, one) for page, one in mentions(r"(?:^|[\s`])make ([a-z0-9]+)") if one not in targets} == set()


def test_every_setting_named_exists() -> None:
    """An upper-case name that looks like a setting is one."""
    known = {env_name(field) for field in Settings.__struct_fields__} | OUTSIDE
    found = mentions(r"\b((?:PARLEY|SUPABASE|ANTHROPIC)_[A-Z_]+|DATABASE_URL|PG_BIN)\b")
    assert {(page, one) for page, one in found if one not in known} == set()
    assert len(found) > 10


def test_every_file_named_exists() -> None:
    """A path into the project, as code, leads to a file or folder."""
    roots = r"(?:app|workers|devstack|bench|supabase|tests|docs|scripts|examples)"
    missing = {
        (page, path) for page, path in mentions(rf"(?<![\w./@])({roots}/[\w./*<>-]*)")
        if "<" not in path and not any(PROJECT.glob(path.rstrip("/.") or "."))
    }  # fmt: skip
    assert missing == set()


def test_every_metric_named_exists() -> None:
    """A name an alert is built on is one that a process or the API exports."""
    source = "\n".join(path.read_text() for path in tracked() if name(path).startswith(("app/", "workers/")))
    named = mentions(r"\b(parley_[a-z_]+)\b")
    assert {(page, one) for page, one in named if f'"{one}' not in source and f" {one} " not in source} == set()
    assert len(named) > 8


def test_the_api_paths_named_exist() -> None:
    """`METHOD /v1/…` in the docs is an operation of the API."""
    app: Any = make_app(Settings(api_database_url="postgresql://127.0.0.1:1/none"))._app
    schema = build.document(app)
    known = {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"
        for path, item in schema["paths"].items() for method in item
    }  # fmt: skip
    named = mentions(r"\b((?:GET|POST|PUT|PATCH|DELETE) /[\w/{}-]+)")
    assert {(page, one) for page, one in named if re.sub(r"{[^}]*}", "{}", one) not in known} == set()
    assert len(named) > 10


def test_the_glossary_has_the_words_of_the_core() -> None:
    """Each key term is an entry of its own."""
    entries = set(re.findall(r"^\| \*\*([^*]+)\*\*", (PROJECT / "docs" / "glossary.md").read_text(), re.MULTILINE))
    assert set(TERMS) - entries == set()


def test_the_changelog_has_a_place_for_what_comes() -> None:
    """Unreleased changes have their section, on top."""
    heads = re.findall(r"^## (.+)$", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads[0] == "Unreleased"


def test_decisions_are_numbered_and_listed() -> None:
    """0001, 0002, … without a hole; each at most a page, with its question answered; all in the list."""
    files = sorted((PROJECT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    listed = (PROJECT / "docs" / "decisions" / "README.md").read_text()
    for path in files:
        text = path.read_text()
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert "\n**Decided:** " in text and "\n**Because:** " in text and "\n**Price:** " in text, path.name
        assert len(text.splitlines()) <= 60, path.name
        assert f"]({path.name})" in listed, f"{path.name} is not in the list"


def test_the_schema_reference_is_fresh(module_database: Database) -> None:
    """`.venv/bin/python -m scripts.reference` writes it anew after a change of the schema."""  # B063
    with module_database.connect() as connection:
        pages = reference.render(connection)
    assert reference.stale(pages) == [], "run .venv/bin/python -m scripts.reference"


def test_every_chapter_of_the_schema_has_a_page() -> None:
    """Each table, view and function was made by a migration the generator understands."""
    assert {"tenancy", "contacts", "channels", "threads", "messages", "inbound", "outbound", "insights"} <= set(
        reference.chapters()
    )


def sql_blocks() -> list[tuple[str, str]]:
    """(page, statement) of every sql block."""
    return [(name(path), code) for path in WRITTEN for language, code in pieces(path) if language == "sql"]


@pytest.mark.parametrize(("page", "block"), sql_blocks(), ids=lambda value: value.split("\n")[0][:60])
def test_every_statement_in_the_docs_runs(page: str, block: str, module_database: Database) -> None:
    """As the owner unless it says otherwise; psql's :'tenant' stands for an id. Nothing is kept."""
    role = "admin" if block.startswith("-- as a superuser") else "postgres"
    with module_database.connect(role) as connection:
        connection.execute(
            "insert into public.tenants (id, slug, name) values (%s, 'docs', 'Docs') on conflict do nothing", [TENANT]
        )
        statement = block.replace(":'tenant'", f"'{TENANT}'").replace(
            "alter database postgres", _alter(module_database)
        )
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())


TENANT = "01990000-0000-7000-8000-00000000d0c5"


def _alter(database: Database) -> str:
    return f'alter database "{database.name}"'


NAMED = re.compile(r"\b((?:private|public)\.\w++)(?!<)")


def test_everything_of_the_schema_that_is_named_exists(module_database: Database) -> None:
    """private.x and public.x in code are tables, views, sequences or functions."""
    with module_database.connect() as connection:
        rows = connection.execute(
            "select n.nspname || '.' || x.name from pg_namespace as n inner join ("
            " select relnamespace, relname from pg_class union select pronamespace, proname from pg_proc"
            ") as x (oid, name) on x.oid = n.oid where n.nspname in ('public', 'private')"
        ).fetchall()
    known = {str(row[0]) for row in rows} | {"public.x", "private.x"}
    found = {(name(path), one) for path in WRITTEN for _, code in pieces(path) for one in NAMED.findall(code)}
    assert {(page, one) for page, one in found if one not in known} == set()
    assert len(found) > 20


def test_the_lifecycle_in_the_guide_is_the_one_in_the_database(module_database: Database) -> None:
    """Every from → to of the DBA guide's tables, and no other, is what private.is_transition() allows."""
    guide = (PROJECT / "docs" / "dba-guide.md").read_text()
    written = {
        (source, target)
        for source, targets in re.findall(r"^\| `([a-z_]+)` \| (`[a-z_]+`(?:, `[a-z_]+`)*) \|$", guide, re.MULTILINE)
        for target in re.findall(r"`([a-z_]+)`", targets)
    }
    with module_database.connect() as connection:
        statuses = connection.execute(
            "select distinct s from pg_constraint as k,"
            " regexp_matches(pg_get_constraintdef(k.oid), '''([a-z_]+)''', 'g') as m (found),"
            " unnest(m.found) as s where k.conname = 'et_messages_delivery_status_check'"
        ).fetchall()
        allowed = {
            (str(a), str(b)) for (a,) in statuses for (b,) in statuses
            if connection.execute("select private.is_transition(%s, %s)", [a, b]).fetchone() == (True,)
        }  # fmt: skip
    assert written == allowed


REQUIRED = """
E001-E036 X1 X3-X4 X8-X9 X11-X14 A004 A034 A117-A128 B001 B003-B004 B010 B030-B031 B038 B045 B047 B012 B013 B019 B029 B043-B044 B048-B049 B057 B061 B064 B014 B017-B018 B035 B039-B042
B050-B051 B053-B055 B058-B059 B062-B063 B066 D075-D078
A001-A002 A005-A006 A009 A011-A012 A019-A029 A066-A068 A070 A155-A157 A159-A161 A163-A164 A166-A177 C001-C006 C008-C014 C017-C023 C030-C033 C034-C038 C041-C042 C044-C047
C052-C057 C060-C062 C066
B015 B052 B065 D065 A109-A111 A113 A140 C051
A003 A063 A065 A069 A071-A072 A112 A114-A116 A135 B011 B016 B024 C007 C015-C016 C024-C029 C039-C040 C043 C058-C059 C063-C065
D004-D006 D033 D035-D038 D049 D057-D058 D068-D069
A094-A100
B007 B027-B028 B056 B060
A139 A141-A148 B009 D070-D074
D001-D003 D007-D032 D034 D039-D048 D050-D056 D059-D064 D066-D067 X2 X5-X7 X10 X15-X18
A101 B020
A030 A154 A162 B002 B005-B006 B021-B023 B025-B026
"""


def test_every_requirement_of_the_core_is_traced() -> None:
    """Each id stands in the map once, with a place and a proof."""
    rows = re.findall(
        r"^\| ((?:[A-EX]\d+(?:, )?)+) \| (.+?) \| (.+?) \|$",
        (PROJECT / "docs" / "requirements.md").read_text(), re.MULTILINE,
    )  # fmt: skip
    traced = [one for ids, _, _ in rows for one in ids.split(", ")]
    assert sorted({one for one in traced if traced.count(one) > 1}) == []
    wanted = set()
    for part in REQUIRED.split():
        first, _, last = part.partition("-")
        wanted |= {f"{first[0]}{n:0{len(first) - 1}}" for n in range(int(first[1:]), int((last or first)[1:]) + 1)}
    assert set(traced) == wanted
    assert [ids for ids, _, proof in rows if "`tests/" not in proof] == []
