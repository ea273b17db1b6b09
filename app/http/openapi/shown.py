"""What the OpenAPI document says of one operation beyond its signature."""

from typing import Any

import msgspec


class Shown(msgspec.Struct, frozen=True):
    """One operation: `needs` is the right, `answer` what it answers with, `problems` the codes only it has.
    `file` shows the body of one that takes a file."""

    answer: Any
    needs: str | None = None
    body: Any = None
    problems: tuple[str, ...] = ()
    other_answers: dict[int, tuple[str, Any]] = {}
    file: str = ""
