"""A moderation policy's document from a file, for every command that takes one."""

import json
from pathlib import Path
from typing import Any

from app.errors import BadInput


def read_document(file: Path) -> dict[str, Any]:
    """A policy document from a file. Raises BadInput where that is no JSON object."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} is no JSON: {error}", field="policy", remedy="begin with --template") from None
    if not isinstance(found, dict):
        raise BadInput(f"{file} holds no object", field="policy", remedy="begin with --template marketplace")
    return found
