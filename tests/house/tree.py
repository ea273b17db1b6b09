"""What the house tests read: the project's files, parsed once."""

import ast
import subprocess
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "workers", "devstack", "bench")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the project: known to git or new and not ignored. Without git, all but run-time
    folders."""
    listed = subprocess.run(
        ["git", "-C", str(PROJECT), "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        paths = [PROJECT / name for name in listed.stdout.split("\0") if name]
    else:
        hidden = {".git", ".venv", ".parley", "__pycache__", "node_modules", "parley.egg-info"}
        paths = [path for path in PROJECT.rglob("*") if not hidden & set(path.relative_to(PROJECT).parts)]
    return tuple(sorted(path for path in paths if path.is_file()))


def python_files(*rooms: str) -> list[Path]:
    """The Python files below `rooms`, all of them when none is named."""
    return [path for path in tracked() if path.suffix == ".py" and (not rooms or name(path).split("/")[0] in rooms)]


def name(path: Path) -> str:
    """A path as people write it: relative to the project."""
    return path.relative_to(PROJECT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


def module(path: Path) -> str:
    """The dotted name of a file: app/db/pool.py is app.db.pool."""
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
