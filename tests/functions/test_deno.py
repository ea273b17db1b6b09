"""The functions as Deno sees them: their own tests, types, and what a hosted project needs to serve them."""

import re
import subprocess
import tomllib

import pytest

from app.settings import PROJECT
from devstack import functions

NAMES = sorted(path.parent.name for path in functions.FUNCTIONS.glob("*/index.ts"))
SOURCES = [path for path in functions.FUNCTIONS.rglob("*.ts") if not path.name.endswith("_test.ts")]


def deno(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Deno in the functions' folder; nothing is fetched."""
    binary = functions.deno()
    assert binary is not None and functions.can_run(), "run `make setup`"
    return subprocess.run(
        [binary, *arguments],
        cwd=functions.FUNCTIONS,
        env=functions.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_their_own_tests_pass() -> None:
    """`deno test`, from the cache alone."""
    result = deno("test", "--cached-only", "--quiet", "-A")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"(\d+) passed", result.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--quiet", "../../devstack/functions.ts", *(f"{name}/index.ts" for name in NAMES)),
        ("lint", "--quiet"),
        ("fmt", "--check", "--quiet"),
    ],
)
def test_types_style_and_layout_hold(arguments: tuple[str, ...]) -> None:
    """Strictly typed, linted, formatted."""
    result = deno(*arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_function_is_served_here_and_hosted() -> None:
    """Each folder has a handler for the server here and an index for the hosted one, and no JWT check: providers and
    readers have no token."""
    folders = {path.name for path in functions.FUNCTIONS.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert set(NAMES) == folders >= {"telegram-webhook", "track"}
    assert [name for name in NAMES if not (functions.FUNCTIONS / name / "handler.ts").exists()] == []
    config = tomllib.loads((PROJECT / "supabase" / "config.toml").read_text())
    assert {name: one["verify_jwt"] for name, one in config["functions"].items()} == dict.fromkeys(NAMES, False)


def test_what_is_imported_is_pinned_and_from_npm() -> None:
    """No https: and no jsr: import; every library with its exact version, as the lock file has it."""
    wanted = {found for path in SOURCES for found in re.findall(r'from "((?!\.)[^"]+)"', path.read_text())}
    assert wanted == {"npm:postgres@3.4.9"}
    assert all(one in (functions.FUNCTIONS / "deno.lock").read_text() for one in wanted)


def test_only_settings_reads_the_environment() -> None:
    """Deno.env stands in one file, and names what the local process is given."""
    guilty = [path.name for path in SOURCES if "Deno.env" in path.read_text() and path.name != "settings.ts"]
    assert guilty == []
    read = set(re.findall(r'read\("([A-Z_]+)"\)', (functions.FUNCTIONS / "_shared" / "settings.ts").read_text()))
    assert read - {"SUPABASE_DB_URL"} == functions.READ - {"PARLEY_FUNCTIONS_PORT"}


def test_the_functions_stay_short() -> None:
    """No file over 400 lines: what is longer is two things."""
    assert [path.name for path in SOURCES if len(path.read_text().splitlines()) > 400] == []
