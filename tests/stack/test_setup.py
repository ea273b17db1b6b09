"""`make setup`: repeatable, quick when nothing changed, and one line with the remedy when something is missing."""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from app.settings import PROJECT


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of its own with the real script and lock file, not yet set up."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(PROJECT / "scripts" / "setup.py", tmp_path / "scripts")
    for name in ("pyproject.toml", "uv.lock", "Makefile"):
        shutil.copy(PROJECT / name, tmp_path)
    return tmp_path


def setup(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a Python that is not the tree's own, and no way to the network."""
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:1", "PIP_NO_INDEX": "1", "PIP_RETRIES": "0", "PIP_FIND_LINKS": ""}
    return subprocess.run(
        [sys.executable, str(tree / "scripts" / "setup.py")], env={**os.environ, **offline, **environment},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip


def finish(tree: Path) -> None:
    """What a successful run leaves behind, without the packages."""
    venv.EnvBuilder(with_pip=False).create(tree / ".venv")
    (tree / ".venv" / "bin" / "parley").write_text("#!/bin/sh\n")
    (tree / ".venv" / "bin" / "parley").chmod(0o755)
    scripts = str(tree / "scripts")
    script = f"import sys; sys.path.insert(0, {scripts!r}); import setup; print('\\n'.join(setup.wanted_stamp()))"
    stamp = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    (tree / ".venv" / ".parley-setup").write_text(stamp)


def test_nothing_is_done_when_nothing_changed(tree: Path) -> None:
    """The second run is silent and needs no network."""
    finish(tree)
    result = setup(tree)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_an_unfinished_environment_is_replaced_and_a_missing_network_is_named(tree: Path) -> None:
    """What an interrupted run left does not stay; without an index the run ends in one line with the remedy."""
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").symlink_to("/nonexistent/python")
    result = setup(tree)
    assert "replacing an unfinished or outdated .venv" in result.stdout
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("error: cannot fetch uv from the Python package index — check the network")
    assert not (tree / ".venv" / ".parley-setup").exists()


@pytest.mark.parametrize("given", [None, "/etc/company.pem"])
def test_what_the_machine_trusts_is_trusted(tree: Path, monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    """Behind a company's proxy uv looks into the machine's own certificates, and at the one that was set for pip."""
    finish(tree)
    (tree / "uv.lock").write_text("changed")
    tools = tree / ".venv" / "bootstrap"
    (tools / "bin").mkdir(parents=True)
    (tools / "installed").write_text(re.search('UV = "(.*)"', (tree / "scripts" / "setup.py").read_text())[1] + "\n")  # type: ignore[index]
    (tools / "bin" / "uv").write_text(f"#!/bin/sh\nenv > '{tree}/uv.env'\n")
    (tools / "bin" / "uv").chmod(0o755)
    for name in ("SSL_CERT_FILE", "PIP_CERT", "UV_SYSTEM_CERTS"):
        monkeypatch.delenv(name, raising=False)
    assert setup(tree, **({"PIP_CERT": given} if given else {})).returncode == 0
    saw = dict(line.split("=", 1) for line in (tree / "uv.env").read_text().splitlines() if "=" in line)
    assert (saw["UV_SYSTEM_CERTS"], saw.get("SSL_CERT_FILE")) == ("true", given)


def test_a_changed_lock_file_is_noticed(tree: Path) -> None:
    """A finished environment is brought up to date, not thrown away, when the lock changes."""
    finish(tree)
    with (tree / "uv.lock").open("a") as lock:
        lock.write("\n# changed\n")
    result = setup(tree)
    assert "setting up .venv from uv.lock" in result.stdout
    assert "replacing" not in result.stdout
    assert (tree / ".venv" / "bin" / "parley").exists()


def test_a_missing_venv_package_is_named(tree: Path, tmp_path: Path) -> None:
    """Where Python comes without ensurepip, as on a bare Debian, the package to install is named."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ensurepip.py").write_text("raise ImportError('not here')")
    result = setup(tree, PYTHONPATH=str(tmp_path / "broken"))
    minor = sys.version_info[1]
    assert result.returncode == 1
    assert f"apt install python3.{minor}-venv" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_something_else_called_venv_is_left_alone(tree: Path) -> None:
    """A file or a foreign folder of that name is not deleted."""
    (tree / ".venv").mkdir()
    (tree / ".venv" / "thesis.tex").write_text("years of work")
    result = setup(tree)
    assert result.returncode == 1
    assert "is no virtual environment" in result.stderr
    assert (tree / ".venv" / "thesis.tex").exists()


def test_an_old_python_is_told_so(tree: Path) -> None:
    """The script still compiles for Python 3.6, and says what is needed instead of failing on syntax."""
    source = (tree / "scripts" / "setup.py").read_text()
    import ast

    ast.parse(source, feature_version=(3, 6))
    script = (
        "import sys; sys.version_info = (3, 9, 0); import shutil; shutil.which = lambda name: None;"
        f"sys.path.insert(0, {str(tree / 'scripts')!r}); import setup; setup.main()"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.stderr.startswith("error: Python 3.9 is too old — install Python 3.11")


def test_help_explains_every_target(tree: Path) -> None:
    """`make help` lists each target that can be called, and needs no environment."""
    result = subprocess.run(["make", "help"], cwd=tree, capture_output=True, text=True, check=True)
    for target in ("setup", "up", "test", "check", "lint", "bench", "prove"):
        assert f"make {target} " in result.stdout
