"""The Range header, and what an answer says about its rows."""

import re

from devstack.surface.rest.errors import Problem
from devstack.surface.rest.syntax import Range

_HEADER = re.compile(r"^(\d{1,18})-(\d{1,18})?$")
_UNSATISFIABLE = "Requested range not satisfiable"


def top_range(header: str | None, wanted: Range) -> Range:
    """The rows of the root: `limit` and `offset`, within the Range header. Raises Problem (PGRST103)."""
    asked = _HEADER.match(header.strip().removeprefix("items=")) if header else None
    if asked is None:
        return wanted
    first, last = int(asked[1]), int(asked[2]) if asked[2] else None
    if last is not None and last < first:
        details = "The lower boundary must be lower than or equal to the upper boundary in the Range header."
        raise Problem(416, "PGRST103", _UNSATISFIABLE, details)
    if wanted.limit == 0:
        return wanted
    start = max(first, wanted.offset)
    ends = [
        end for end in (last, wanted.offset + wanted.limit - 1 if wanted.limit is not None else None) if end is not None
    ]
    if not ends:
        return Range(start, None)
    if min(ends) < start:
        raise Problem(416, "PGRST103", _UNSATISFIABLE, "Limit should be greater than or equal to zero.")
    return Range(start, min(ends) - start + 1)


def content_range(lower: int, upper: int, total: int | None) -> bytes:
    """`0-9/100`; a star where there are no rows, or where nobody counted."""
    shown = f"{lower}-{upper}" if lower <= upper and total != 0 else "*"
    return f"{shown}/{'*' if total is None else total}".encode()


def status(lower: int, upper: int, total: int | None) -> int:
    """200, 206 for a part of the rows, 416 behind the last one."""
    if total is None:
        return 200
    if lower > total:
        return 416
    return 206 if 1 + upper - lower < total else 200
