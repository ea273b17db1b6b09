"""What Postgres gave → the HTTP answer."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from devstack.surface.asgi import Headers
from devstack.surface.rest import media, ranges
from devstack.surface.rest.errors import Problem, headers_of, is_status, not_single, out_of_bounds
from devstack.surface.rest.request import Request
from devstack.surface.rest.run import Result
from devstack.surface.rest.schema import Function
from devstack.surface.rest.syntax import Range

Check = Callable[[Result], None]
"""What must hold of a result before it counts. Raises Problem."""


@dataclass(frozen=True)
class View:
    """How rows are shown: as what media type, which of them, and how many there may be at most."""

    media: str
    top: Range
    max_rows: int | None


@dataclass(frozen=True)
class Answer:
    """A response, ready to be sent."""

    status: int
    headers: Headers
    body: bytes = b""


def check_single(result: Result) -> None:
    """One row, where one object was asked for. Raises Problem (PGRST116)."""
    if result.rows != 1:
        raise not_single(result.rows)


def check_affected(result: Result, greatest: int) -> None:
    """Not more rows than `max-affected` allows. Raises Problem (PGRST124)."""
    if result.rows > greatest:
        message = "Query result exceeds max-affected preference constraint"
        raise Problem(400, "PGRST124", message, f"The query affects {result.rows} rows")


def _typed(request: Request, chosen: str) -> Headers:
    found = [(b"content-type", media.content_type(chosen))]
    if request.negotiated:
        found.append((b"content-profile", request.name[0].encode()))
    return found


def _preferred(request: Request, *names: str) -> Headers:
    applied = request.preferences.applied(*names, "count", "handling", "timezone")
    return [(b"preference-applied", applied.encode())] if applied else []


def _total(request: Request, result: Result, max_rows: int | None) -> int | None:
    """How many rows there are, counted or guessed as asked."""
    wanted = request.preferences.count
    if wanted == "planned":
        return result.planned
    if wanted == "estimated" and result.total is not None and max_rows is not None and result.total > max_rows:
        return max(result.planned or 0, result.total)
    return result.total


def _finish(status: int, headers: Headers, body: bytes, result: Result) -> Answer:
    """The answer, unless the statement decided about status and headers itself."""
    more = _own_headers(result.headers)
    names = {name for name, _ in more}
    kept = [pair for pair in headers if pair[0] not in names]
    return Answer(_own_status(result.status, status), [*kept, *more], body)


def _own_headers(text: str | None) -> Headers:
    if text is None:
        return []
    wrong = Problem(
        500, "PGRST111",
        "response.headers guc must be a JSON array composed of objects with a single key and a string value",
    )  # fmt: skip
    try:
        listed = json.loads(text)
    except ValueError:
        raise wrong from None
    if not isinstance(listed, list):
        raise wrong
    pairs: list[tuple[str, str]] = []
    for one in listed:
        if not isinstance(one, dict) or len(one) != 1 or not isinstance(value := next(iter(one.values())), str):
            raise wrong
        pairs.append((next(iter(one)), value))
    found = headers_of(pairs)
    if found is None:
        raise wrong
    return found


def _own_status(text: str | None, fallback: int) -> int:
    if text is None:
        return fallback
    digits = re.match(r"[0-9]{0,4}", text)
    if not digits or not digits[0] or not is_status(int(digits[0])):
        raise Problem(500, "PGRST112", "response.status guc must be a valid status code")
    return int(digits[0])


def check_own(result: Result) -> None:
    """Raise Problem for a status or headers no answer can have, while everything can still be undone."""
    _own_headers(result.headers)
    _own_status(result.status, 200)


def for_read(request: Request, result: Result, view: View, canonical: str) -> Answer:
    """The rows of a table or view."""
    total = _total(request, result, view.max_rows)
    upper = view.top.offset + result.rows - 1
    status = ranges.status(view.top.offset, upper, total)
    location = f"/{request.name[1]}" + (f"?{canonical}" if canonical else "")
    headers: Headers = [
        (b"content-range", ranges.content_range(view.top.offset, upper, total)),
        (b"content-location", quote(location, safe="/?&=%-_.~").encode()),
        *_typed(request, view.media), *_preferred(request),
    ]  # fmt: skip
    body = out_of_bounds(view.top.offset, total or 0).body if status == 416 else result.body.encode()
    return _finish(status, headers, b"" if request.method == "HEAD" else body, result)


def for_call(request: Request, result: Result, view: View, function: Function) -> Answer:
    """What a function answered."""
    total = _total(request, result, view.max_rows)
    upper = view.top.offset + result.rows - 1
    status = ranges.status(view.top.offset, upper, total)
    headers: Headers = [(b"content-range", ranges.content_range(view.top.offset, upper, total))]
    if function.is_void:
        return _finish(204, [*headers, *_preferred(request, "max-affected")], b"", result)
    headers += [*_typed(request, view.media), *_preferred(request, "max-affected")]
    body = out_of_bounds(view.top.offset, total or 0).body if status == 416 else result.body.encode()
    return _finish(status, headers, b"" if request.method == "HEAD" else body, result)


def for_insert(request: Request, result: Result, chosen: str, *, can_conflict: bool) -> Answer:
    """Rows that were made; 200 when an upsert only changed rows that were there."""
    prefers = request.preferences
    headers: Headers = []
    if result.location:
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in result.location)
        headers.append((b"location", f"/{request.name[1]}?{query}".encode()))
    headers.append((b"content-range", ranges.content_range(1, 0, result.rows if prefers.count == "exact" else None)))
    applied = ("resolution",) if can_conflict else ()
    headers += _preferred(request, *applied, "return", "missing")
    merged = prefers.resolution == "merge-duplicates" and (result.inserted or 0) <= 0
    status = 200 if merged else 201
    if prefers.representation != "representation":
        return _finish(status, headers, b"", result)
    return _finish(status, [*headers, *_typed(request, chosen)], result.body.encode(), result)


def for_put(request: Request, result: Result, chosen: str) -> Answer:
    """One row that was made or replaced under its key."""
    headers = _preferred(request, "return")
    if request.preferences.representation != "representation":
        return _finish(204, headers, b"", result)
    status = 201 if (result.inserted or 0) > 0 else 200
    return _finish(status, [*_typed(request, chosen), *headers], result.body.encode(), result)


def for_change(request: Request, result: Result, chosen: str) -> Answer:
    """Rows that were updated or deleted."""
    counted = result.rows if request.preferences.count == "exact" else None
    lower, upper = (0, result.rows - 1) if request.method == "PATCH" else (1, 0)
    headers: Headers = [(b"content-range", ranges.content_range(lower, upper, counted))]
    headers += _preferred(request, "return", "max-affected", *(("missing",) if request.method == "PATCH" else ()))
    if request.preferences.representation != "representation":
        return _finish(204, headers, b"", result)
    return _finish(200, [*headers, *_typed(request, chosen)], result.body.encode(), result)


def for_plan(plan: media.Plan, result: Result) -> Answer:
    """How Postgres would carry a request out."""
    return Answer(200, [(b"content-type", f"{plan.asked}; charset=utf-8".encode())], result.body.encode())


def for_options(allow: str) -> Answer:
    """What may be done with a resource."""
    return Answer(200, [(b"access-control-allow-origin", b"*"), (b"allow", allow.encode())])
