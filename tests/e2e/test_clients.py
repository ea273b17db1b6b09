"""supabase-js itself on the project: each suite of `js/` is run by Node, as a front end would."""

import re
import subprocess
from pathlib import Path

import pytest

from devstack import bridge, functions
from tests.support import npm
from tests.support.surface import Project

SUITES = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))
TIMEOUT_S = 560


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_supabase_js(suite: Path, project: Project) -> None:
    """Every test of the suite passes, and none is skipped."""
    npm.needed(npm.are_fetched(npm.CLIENTS), "Node 22 with supabase-js")
    node = bridge.node()
    assert node
    said = subprocess.run(
        [node, "--test", "--test-reporter=spec", f"--test-timeout={TIMEOUT_S * 1000}", str(suite)],
        env=npm.environment(node) | project.environment() | {"NO_COLOR": "1"}, cwd=npm.CLIENTS,
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    counts = {name: int(number) for name, number in re.findall(r"^ℹ (\w+) (\d+)$", said.stdout, re.MULTILINE)}
    assert said.returncode == 0 and counts["fail"] == 0, failures(said.stdout) + said.stderr
    assert counts["pass"] == counts["tests"] > 0, said.stdout


@pytest.mark.parametrize("arguments", [("lint", "--quiet", "js"), ("fmt", "--check", "--quiet", "js", "deno.json")])
def test_style_holds(arguments: tuple[str, ...]) -> None:
    """Linted and laid out by the Deno that comes along."""
    binary = functions.deno()
    assert binary, "run `make setup`"
    said = subprocess.run(
        [binary, *arguments], cwd=npm.CLIENTS, env=functions.environment(), capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr


def failures(text: str) -> str:
    """What Node says of the tests that failed, without the list of those that passed."""
    return f"\n{text.partition('failing tests:')[2] or text}"
