"""What the room answers when it cannot do what was asked: PostgREST's codes and wordings, which clients match on."""

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg

from devstack.surface.asgi import Headers
from devstack.surface.problems import refusal

JSON_TYPE = (b"content-type", b"application/json; charset=utf-8")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = ("connection", "content-length", "transfer-encoding")
"""Headers that say where an answer ends: never SQL's to say."""


def is_status(code: Any) -> bool:
    """Whether an answer can have this status."""
    return isinstance(code, int) and not isinstance(code, bool) and 200 <= code <= 599


def headers_of(pairs: Iterable[tuple[str, str]]) -> Headers | None:
    """Headers that SQL gave, ready to be sent; None when one of them would be no header, or more than one."""
    found: Headers = []
    for name, value in pairs:
        if not _HEADER_NAME.fullmatch(name) or re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
            return None
        if name.lower() not in _FRAMING:
            found.append((name.lower().encode(), value.encode()))
    return found


class Problem(Exception):
    """An answer that is an error: status, and the members of its JSON body."""

    def __init__(  # noqa: PLR0917 - as many as an error of PostgREST has
        self, status: int, code: str, message: str, details: Any = None, hint: str | None = None,
        headers: Headers | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.hint = hint
        self.headers = headers or []

    @property
    def body(self) -> bytes:
        """The JSON of the answer, its members in the order PostgREST writes them."""
        members = {"code": self.code, "details": self.details, "hint": self.hint, "message": self.message}
        return msgspec.json.encode(members)


class Unsupported(Problem):
    """Something hosted Supabase does and this room does not: refused by name."""

    def __init__(self, feature: str) -> None:
        super().__init__(501, "not_supported", refusal(feature)["message"], None, refusal(feature)["hint"])


def unparsable(message: str, details: str) -> Problem:
    """The query string does not follow the grammar."""
    return Problem(400, "PGRST100", message, details)


def invalid_body(message: str) -> Problem:
    """The body is not what the request needs."""
    return Problem(400, "PGRST102", message)


def out_of_bounds(offset: int, total: int) -> Problem:
    """More rows were skipped than there are."""
    details = f"An offset of {offset} was requested, but there are only {total} rows."
    return Problem(416, "PGRST103", "Requested range not satisfiable", details)


def not_embedded(name: str) -> Problem:
    """A filter or an order names a resource that the select list does not embed."""
    return Problem(
        400, "PGRST108", f"'{name}' is not an embedded resource in this request", None,
        f"Verify that '{name}' is included in the 'select' query parameter.",
    )  # fmt: skip


def not_acceptable(accepted: list[str]) -> Problem:
    """None of the media types of the Accept header can be produced."""
    return Problem(406, "PGRST107", f"None of these media types are available: {', '.join(accepted)}")


def not_single(rows: int) -> Problem:
    """One object was asked for, and there is none or there are several."""
    message = "Cannot coerce the result to a single JSON object"
    return Problem(406, "PGRST116", message, f"The result contains {rows} rows")


def from_database(error: psycopg.Error, *, has_token: bool) -> Problem:
    """The answer for an error of Postgres. Without a token 42501 is 401 rather than 403: signing in may help."""
    code = error.sqlstate
    if code is None:
        return Problem(503, "PGRST001", "Database client error. Retrying the connection.", str(error) or None)
    diag = error.diag
    message = diag.message_primary or ""
    if code == "PGRST":
        return _raised(message, diag.message_detail)
    status = _status(code, message, has_token=has_token)
    headers: Headers = [(b"www-authenticate", b"Bearer")] if status == 401 else []
    return Problem(status, code, message, diag.message_detail, diag.message_hint, headers)


_BY_CODE = {
    "23503": 409, "23505": 409, "25006": 405, "53400": 500, "57P01": 503, "P0001": 400, "42883": 404, "42P01": 404,
    "42P17": 500,
}  # fmt: skip
_BY_CLASS = {
    "08": 503, "09": 500, "0L": 403, "0P": 403, "25": 500, "28": 403, "2D": 500, "38": 500, "39": 500, "3B": 500,
    "40": 500, "53": 503, "54": 500, "55": 500, "57": 500, "58": 500, "F0": 500, "HV": 500, "P0": 500, "XX": 500,
}  # fmt: skip


def _status(code: str, message: str, *, has_token: bool) -> int:
    """SQLSTATE → HTTP status, as PostgREST maps them."""
    if code == "42501":
        return 403 if has_token else 401
    if code == "21000":
        return 400 if message.endswith("requires a WHERE clause") else 500
    if code == "22023":
        return 401 if message.startswith("role") and message.endswith("does not exist") else 400
    if code.startswith("PT"):
        return int(code[2:]) if code[2:].isascii() and code[2:].isdecimal() and is_status(int(code[2:])) else 500
    return _BY_CODE.get(code) or _BY_CLASS.get(code[:2], 400)


def _raised(message: str, detail: str | None) -> Problem:
    """`raise sqlstate 'PGRST'` decides the whole answer through the JSON of its message and detail."""
    body = _object(message)
    if body is None or not isinstance(body.get("code"), str) or not isinstance(body.get("message"), str):
        return _unreadable(
            f"Invalid JSON value for MESSAGE: '{message}'",
            "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys:"
            " 'details', 'hint'.",
        )
    wanted = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
    if detail is None:
        return _unreadable("DETAIL is missing in the RAISE statement", wanted)
    answer = _object(detail)
    given = answer.get("headers") if answer and is_status(answer.get("status")) else None
    headers = headers_of((name, str(value)) for name, value in given.items()) if isinstance(given, dict) else None
    if answer is None or headers is None:
        return _unreadable(f"Invalid JSON value for DETAIL: '{detail}'", wanted)
    return Problem(answer["status"], body["code"], body["message"], body.get("details"), body.get("hint"), headers)


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _unreadable(details: str, hint: str) -> Problem:
    return Problem(500, "PGRST121", "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error", details, hint)
