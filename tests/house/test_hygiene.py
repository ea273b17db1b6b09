"""Small rules that keep the code readable and safe to publish."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import PROJECT, ROOMS, name, parsed, python_files, tracked

FILE_LINES = 400
FUNCTION_LINES = 40
SQL_FILE_LINES = 450
"""Looser: one function of the core must not be torn in two files."""

READS_ENVIRONMENT = {
    "app/settings.py": "the one place",
    "scripts/setup.py": "runs before anything is installed",
}
GENERATED = {"uv.lock"}
NAMED_LITERAL = re.compile(
    r"""(?ix) \b [\w.-]* (?: password | passwd | secret | api_?key | token ) [\w.-]* \s* [:=] \s*
    (["']) [^"'{}$<>\s]{6,} \1 (?!\s*\+)"""
)
KEY_SHAPES = re.compile(
    r"\beyJ[\w-]{20,}\.[\w-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY|\bsk-[A-Za-z0-9-]{20,}"
    r"|\bAKIA[A-Z0-9]{16}\b|\bghp_\w{30,}"
)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home)/(?!\*)[\w.-]")
TEXT = {
    ".py",
    ".sql",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".json",
    ".sh",
    ".example",
    ".txt",
    ".tsv",
    ".ts",
    ".tsx",
    ".html",
    "",
}


def texts() -> Iterator[tuple[str, str]]:
    """Every text file of the project that people write."""
    for path in tracked():
        if path.suffix in TEXT and name(path) not in GENERATED:
            yield name(path), path.read_text(errors="replace")


Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, nested ones and methods too."""
    yield from (node for node in ast.walk(parsed(path)) if isinstance(node, Function))


def lines(function: ast.AST) -> int:
    """Lines of a function of its own: without the functions defined in it."""
    inner = [node for node in ast.walk(function) if node is not function and isinstance(node, Function)]
    outermost = [one for one in inner if not any(one is not other and one in ast.walk(other) for other in inner)]
    return _extent(function) - sum(_extent(one) for one in outermost)


def _extent(node: ast.AST) -> int:
    return (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1


def test_only_settings_reads_the_environment() -> None:
    """os.environ and os.getenv stand in app/settings.py alone (and in what runs before it can)."""
    found = {name(path) for path in python_files(*ROOMS, "scripts") if _reads_environment(parsed(path))}
    assert found == set(READS_ENVIRONMENT)


def _reads_environment(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
        and node.attr in {"environ", "environb", "getenv", "putenv"}
        for node in ast.walk(tree)
    )  # fmt: skip


def test_no_credential_is_written_down() -> None:
    """No key in a known shape anywhere, no literal next to a name that says secret in code we ship."""  # B050
    found = [file for file, text in texts() if KEY_SHAPES.search(text)]
    assert found == []
    named = [
        f"{file}: {match.group()}" for file, text in texts()
        if file.split("/")[0] in {*ROOMS, "scripts", "supabase"} and file.endswith((".py", ".sql", ".toml"))
        for match in NAMED_LITERAL.finditer(text)
    ]  # fmt: skip
    assert named == []


def test_the_scan_for_credentials_would_notice() -> None:
    """A mocked login as older systems had it is found."""
    assert NAMED_LITERAL.search('ADMIN_PASSWORD = "Admin123!"')
    assert NAMED_LITERAL.search("api_key: 'changeme'")
    assert not NAMED_LITERAL.search('SECRET = "random-" + uuid4().hex')
    assert KEY_SHAPES.search("eyJ" + "a" * 30 + "." + "b" * 30)


def test_there_is_no_mocked_login() -> None:
    """Nothing compares an address and a password that the code itself knows."""  # B050
    pattern = re.compile(
        r"""(?i)password\w*\s*==\s*["']|["']\s*==\s*password|mock_?(login|auth|user)|fake_?(login|auth)"""
    )
    assert [
        file for file, text in texts() if file.startswith(("app/", "workers/", "devstack/")) and pattern.search(text)
    ] == []


def test_no_path_of_one_machine() -> None:
    """The project names no folder of the machine it was written on."""
    here = name(Path(__file__))
    found = [
        f"{file}: {match.group()}" for file, text in texts() if file != here for match in MACHINE_PATH.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize("room", ROOMS)
def test_files_and_functions_stay_short(room: str) -> None:
    """No file over 400 lines, no function over 40: what is longer is two things."""
    long = [name(path) for path in python_files(room) if len(path.read_text().splitlines()) > FILE_LINES]
    long += [
        f"{name(path)}: {one.name} ({lines(one)})"
        for path in python_files(room) for one in functions(path) if lines(one) > FUNCTION_LINES
    ]  # fmt: skip
    assert long == []


def test_migrations_stay_readable() -> None:
    """A migration opens with a map of what it holds, and is not much longer than a screenful of screens."""
    files = [path for path in tracked() if name(path).startswith("supabase/migrations/")]
    assert len(files) > 20
    assert [path.name for path in files if len(path.read_text().splitlines()) > SQL_FILE_LINES] == []
    assert [path.name for path in files if not path.read_text().startswith("-- ")] == []
    assert [path.name for path in files if not re.fullmatch(r"\d{14}_[a-z]+(_[a-z]+)*\.sql", path.name)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_public_things_say_what_they_are(room: str) -> None:
    """Every public module, class, function and method has a docstring."""
    silent = [
        f"{name(path)}: {label or 'module'}" for path in python_files(room) if path.read_text().strip()
        for label, node in [("", parsed(path)), *_public(parsed(path), "")] if not ast.get_docstring(node)
    ]  # fmt: skip
    assert silent == []


Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _public(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, Documented]]:
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_"):
            yield prefix + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from _public(child, f"{prefix}{child.name}.")


def test_every_test_says_what_it_proves() -> None:
    """A test's docstring is the sentence that is true when it passes."""
    silent = [
        f"{name(path)}: {one.name}" for path in python_files("tests") for one in functions(path)
        if one.name.startswith("test_") and not ast.get_docstring(one)
    ]  # fmt: skip
    assert silent == []


def test_nothing_is_left_half_done() -> None:
    """No marker of work to be done in code, SQL or docs."""
    marker = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
    assert [file for file, text in texts() if file.endswith((".py", ".sql", ".md")) and marker.search(text)] == []


def test_packages_are_listed_and_none_shadows_supabase() -> None:
    """The supabase folder is no Python package: it would hide the library of that name."""
    assert not (PROJECT / "supabase" / "__init__.py").exists()
    assert 'include = ["app*", "workers*", "devstack*", "bench*"]' in (PROJECT / "pyproject.toml").read_text()


def test_no_script_hides_a_module_of_python() -> None:
    """`python3 scripts/setup.py` finds its neighbours before the standard library: none may bear a name of that."""
    names = {path.stem for path in (PROJECT / "scripts").glob("*.py")}
    assert names & sys.stdlib_module_names == set()
