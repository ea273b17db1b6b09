"""The guide for front-end developers does what it says: its snippets are one program."""

import re
import subprocess
import sys
from pathlib import Path

from app.settings import PROJECT
from devstack import bridge
from tests.support import npm
from tests.support.surface import LocalProject

GUIDE = PROJECT / "docs" / "frontend.md"
LIBRARY = PROJECT / "clients" / "js"


def snippets(language: str) -> str:
    """The guide's blocks of one language, top to bottom."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL))


def test_every_snippet_runs(local: LocalProject, tmp_path: Path) -> None:
    """JavaScript first, then the Python that reads what it wrote."""
    project, password = local.project, local.keys["demo_password"]
    node = bridge.node()
    assert node and (LIBRARY / "dist" / "index.js").exists(), "run `make setup`: it builds the library"
    packages = tmp_path / "node_modules"
    packages.mkdir()
    (packages / "@supabase").symlink_to(LIBRARY / "node_modules" / "@supabase")
    (packages / "parley-client").symlink_to(LIBRARY)
    known = {
        "url": project.url,
        "publishableKey": project.publishable_key,
        "secretKey": project.secret_key,
        "password": password,
    }
    lines = [f"const {name} = {value!r};" for name, value in known.items()]
    program = tmp_path / "guide.mjs"
    program.write_text("\n".join([*lines, snippets("js"), "process.exit(0);"]))
    run([node, str(program)], tmp_path, npm.environment(node))
    script = tmp_path / "guide.py"
    lines = [f"{name} = {value!r}" for name, value in
             (("url", project.url), ("publishable_key", project.publishable_key), ("password", password))]  # fmt: skip
    script.write_text("\n".join([*lines, snippets("python")]))
    run([sys.executable, str(script)], tmp_path, None)


def run(command: list[str], folder: Path, environment: dict[str, str] | None) -> None:
    """Run it to its end; what it said is the failure."""
    said = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
