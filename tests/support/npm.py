"""Node and packages of the npm registry: those `make setup` fetched, and a tool that one proof needs once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import PROJECT
from devstack import bridge

BROWSER = PROJECT / "tests" / "browser"
"""The folder with a browser."""
CLIENTS = PROJECT / "tests" / "e2e"
"""The folder with supabase-js."""


def are_fetched(folder: Path) -> bool:
    """Whether Node and the packages that `folder/package-lock.json` names are there, in these versions."""
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    # What is optional is for other machines as well: of those, npm fetched what this one needs.
    wanted = {name: one["version"] for name, one in lock.items() if name and not one.get("optional")}
    return bridge.node() is not None and all(_version(folder / name) == version for name, version in wanted.items())


def needed(is_there: bool, what: str) -> None:
    """Leave the test out where `what` does not exist for this machine; in a pipeline (CI) nothing may be left out."""
    if not is_there:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say(f"{what} is missing: `make setup` fetches it where it can")


def _version(package: Path) -> str | None:
    try:
        return str(json.loads((package / "package.json").read_text())["version"])
    except OSError:
        return None


def fetch(package: str, folder: Path) -> Path:
    """Fetch `name@version` from the registry npm is set to, run none of its scripts, and return `node_modules`.

    Raises AssertionError with what npm said: whoever asks for a proof wants to know that it did not happen.
    """
    node = bridge.node()
    assert node is not None, "there is no Node of version 20 or later: run `make setup`"
    ours = Path(sys.executable).with_name("npm")
    npm = str(ours) if ours.exists() else shutil.which("npm") or "npm"
    command = [npm, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit",
               "--no-fund", "--loglevel=error", package]  # fmt: skip
    said = subprocess.run(
        command,
        env=environment(node),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    assert said.returncode == 0, f"{package} cannot be fetched, so nothing was proved: {said.stdout}{said.stderr}"
    return folder / "node_modules"


def environment(node: str) -> dict[str, str]:
    """What npm and its packages see: nothing of Parley's own settings, and our Node first."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(bridge.OURS)}
    return plain | {"PATH": f"{Path(node).parent}{os.pathsep}{plain.get('PATH', os.defpath)}"}


def run_node(
    node: str, *arguments: str, cwd: Path, told: dict[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run Node in a folder of packages; `told` is what it needs to know of the world."""
    return subprocess.run(
        [node, *arguments], env=environment(node) | {"NO_COLOR": "1"} | told, cwd=cwd, capture_output=True, text=True,
        check=False, timeout=timeout_s, stdin=subprocess.DEVNULL,
    )  # fmt: skip
