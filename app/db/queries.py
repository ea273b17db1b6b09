"""Named queries: SQL lives in `app/db/sql/<chapter>.sql`, Python asks for it by name.

A file is a row of blocks. `-- name: claim_inbound` opens one, the comment lines right below it are its description
(mandatory), the rest is one statement with psycopg's `%(name)s` placeholders.
"""

import re
from functools import cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "sql"
_OPENING = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)


class Query(msgspec.Struct, frozen=True):
    """One named statement."""

    name: str
    description: str
    sql: str


@cache
def load(chapter: str) -> dict[str, Query]:
    """All queries of a chapter by name. Raises ValueError for a block without description or a name given twice."""
    pieces = _OPENING.split((FOLDER / f"{chapter}.sql").read_text())
    found: dict[str, Query] = {}
    for name, block in zip(pieces[1::2], pieces[2::2], strict=True):
        lines = block.strip("\n").split("\n")
        count = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
        description = " ".join(line.removeprefix("--").strip() for line in lines[:count])
        sql = "\n".join(lines[count:]).strip().rstrip(";")
        if not description or not sql or name in found:
            raise ValueError(f"{chapter}.sql: query {name} needs a description, a statement and a name of its own")
        found[name] = Query(name, description, sql)
    return found


def query(chapter: str, name: str) -> str:
    """The statement called `name` in a chapter's file."""
    return load(chapter)[name].sql
