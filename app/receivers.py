"""The receivers of this tree, found by looking: every module of `workers/receivers` is one.

Adding a receiver adds such a module and touches nothing here. Nothing is imported, so whoever only starts processes
(`parley receive`, `parley up`) needs none of their libraries.
"""

import ast

from app.settings import PROJECT

FOLDER = PROJECT / "workers" / "receivers"


def receivers() -> dict[str, str]:
    """Name → module to run, by name."""
    names = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    return {name: f"workers.receivers.{name}" for name in names}


def told(name: str) -> str:
    """What a receiver says of itself: the first line of its docstring."""
    text = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text())) or ""
    return text.partition("\n")[0]
