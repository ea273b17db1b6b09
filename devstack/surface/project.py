"""What `supabase/config.toml` says: the same file that `supabase start` and `supabase config push` read."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from app.settings import PROJECT

FILE = PROJECT / "supabase" / "config.toml"


@cache
def read(path: Path = FILE) -> dict[str, Any]:
    """The whole file; empty when the project has none. Raises tomllib.TOMLDecodeError naming line and column."""
    return tomllib.loads(path.read_text()) if path.exists() else {}


def section(*names: str, path: Path = FILE) -> dict[str, Any]:
    """One table of it, `section("auth", "email")`; empty when it is not there."""
    found: Any = read(path)
    for name in names:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
