"""The TypeScript that browsers run: the client library, the example built on it, and the desk."""

import subprocess
from pathlib import Path

import pytest

from app.settings import PROJECT
from devstack import bridge
from scripts import api_types
from tests.support import npm

LIBRARY = PROJECT / "clients" / "js"
EXAMPLE = PROJECT / "examples" / "chat"
DESK = PROJECT / "dashboard"


@pytest.mark.parametrize("folder", [LIBRARY, EXAMPLE, DESK], ids=lambda folder: folder.name)
def test_types_are_sound(folder: Path) -> None:
    """The compiler finds nothing to say."""
    run(folder, "typescript/bin/tsc", "-p", "tsconfig.json")


def test_the_library_keeps_its_promises() -> None:
    """Its own tests pass: sending, reading, storage, on a loopback server that fails on purpose."""
    run(LIBRARY, "vitest/vitest.mjs", "run")


def test_the_desk_keeps_its_promises() -> None:
    """What needs no browser: order, merging, limits."""
    run(DESK, "vitest/vitest.mjs", "run")


def test_the_desk_knows_the_shapes_of_the_api() -> None:
    """`dashboard/src/api/schema.ts` is what the OpenAPI document says today."""
    assert api_types.FILE.read_text() == api_types.render(), "run `.venv/bin/python -m scripts.api_types`"


def run(folder: Path, tool: str, *arguments: str) -> None:
    """Run a tool of `folder`'s packages with our Node."""
    node = bridge.node()
    assert node and (folder / "node_modules" / tool).exists(), "run `make setup`: it fetches Node and its packages"
    said = subprocess.run(
        [node, str(folder / "node_modules" / tool), *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env=npm.environment(node) | {"NO_COLOR": "1", "CI": "true"}, timeout=560, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert said.returncode == 0, f"{said.stdout}\n{said.stderr}"
