"""One hierarchy of errors for the API, the workers and the command line. A class's docstring is its message."""

import contextlib
import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:  # the command line must not pay for the database driver when it only prints help
    import psycopg


class ParleyError(Exception):
    """Something went wrong on our side.

    `code` is stable and machine-readable, `status` the HTTP status, `detail` one sentence for a person, `field` the
    input it is about, `remedy` what to do about it, `extra` further members of the problem document. `str()` is
    `detail — remedy`.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        status: int | None = None,
        field: str | None = None,
        remedy: str | None = None,
        retry_after_s: float | None = None,
        retryable: bool | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(f"{self.detail} — {remedy}" if remedy else self.detail)
        # Instance values shadow the class's: one class serves every code that shares a status.
        self.__dict__["code"] = code or type(self).code
        self.__dict__["status"] = status or type(self).status
        self.__dict__["retryable"] = type(self).retryable if retryable is None else retryable
        self.field = field
        self.remedy = remedy
        self.retry_after_s = retry_after_s
        self.extra = extra or {}


class BadInput(ParleyError):
    """The request cannot be understood or breaks a rule."""

    code = "bad_input"
    status = 422


class NotAuthenticated(ParleyError):
    """Who is asking is not known."""

    code = "not_authenticated"
    status = 401


class Forbidden(ParleyError):
    """That is not allowed."""

    code = "forbidden"
    status = 403


class NotFound(ParleyError):
    """There is nothing here by that name."""

    code = "not_found"
    status = 404


class Conflict(ParleyError):
    """The world has moved on since you looked."""

    code = "conflict"
    status = 409


class TooLarge(ParleyError):
    """That is larger than the limit."""

    code = "too_large"
    status = 413


class RateLimited(ParleyError):
    """Too many requests in too short a time."""

    code = "rate_limited"
    status = 429
    retryable = True


class Unavailable(ParleyError):
    """The database or a service behind it is away for the moment."""

    code = "unavailable"
    status = 503
    retryable = True


class SetupError(ParleyError):
    """This machine, its settings or its database are not ready for the command."""

    code = "setup"
    status = 500


@contextlib.contextmanager
def told_in_one_line() -> Iterator[None]:
    """Around a process's `main()`: a ParleyError is printed as `error: …` on stderr and ends it with exit code 1."""
    try:
        yield
    except ParleyError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - for the person who started the process
        sys.exit(1)


BY_STATUS: dict[int, type[ParleyError]] = {
    400: BadInput,
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: BadInput,
    429: RateLimited,
    503: Unavailable,
}

DETAILS = {
    "23505": "Something with that name or address exists already.",
    "23514": "A value breaks a rule of the database.",
}
"""What a person is told where the class's own sentence says too little."""

# SQLSTATEs that a request can cause without anybody having raised them on purpose: (class, code).
BY_SQLSTATE: dict[str, tuple[type[ParleyError], str]] = {
    "23505": (Conflict, "already_exists"),
    "23503": (Conflict, "reference_missing"),
    "23P01": (Conflict, "conflict"),
    "23514": (BadInput, "rule_broken"),
    "23502": (BadInput, "value_missing"),
    "22P02": (BadInput, "bad_value"),
    "22P05": (BadInput, "bad_value"),
    "22021": (BadInput, "bad_value"),
    "22001": (BadInput, "too_long"),
    "22003": (BadInput, "out_of_range"),
    "22007": (BadInput, "bad_value"),
    "22008": (BadInput, "out_of_range"),
    "22023": (BadInput, "bad_value"),
    "42501": (Forbidden, "forbidden"),
    "40001": (Unavailable, "serialization"),
    "40P01": (Unavailable, "deadlock"),
    "55P03": (Unavailable, "locked"),
    "57014": (Unavailable, "timeout"),
    "53300": (Unavailable, "too_many_connections"),
}
AWAY = ("08", "57P")
"""SQLSTATE prefixes of a database that is away: connection exceptions, shutdowns."""


def from_postgres(error: "psycopg.Error") -> ParleyError:
    """The error of ours that a database error means.

    SQLSTATE `PTxyz` becomes HTTP status xyz; its machine code (and any further members) come from DETAIL when that is
    a JSON object such as `{"code": "fence_moved", "retry_after_s": 3}`, its remedy from HINT. A constraint's name
    becomes `extra["constraint"]`, and the rule a check is named for becomes `field`. Row contents of Postgres's own
    DETAIL never get out: they could name another tenant's data.
    """
    import psycopg

    state = error.sqlstate
    diagnostic = error.diag
    if state is None:
        away = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
        return Unavailable(remedy="try again shortly") if away else ParleyError()
    raised = re.fullmatch(r"PT(\d{3})", state)
    if raised:
        return _raised_on_purpose(int(raised[1]), diagnostic)
    if state.startswith(AWAY):
        return Unavailable(remedy="try again shortly")
    kind, code = BY_SQLSTATE.get(state, (ParleyError, "database"))
    extra = {"constraint": diagnostic.constraint_name} if diagnostic.constraint_name else None
    # Rules are called <table>_<columns>_check.
    rule = re.fullmatch(rf"{diagnostic.table_name}_(\w+)_check", diagnostic.constraint_name or "")
    field = diagnostic.column_name or (rule[1] if rule else None)
    return kind(DETAILS.get(state), code=code, field=field, extra=extra)


def _raised_on_purpose(status: int, diagnostic: "psycopg.errors.Diagnostic") -> ParleyError:
    kind = BY_STATUS.get(status, ParleyError)
    members: dict[str, Any] = {}
    try:
        parsed = json.loads(diagnostic.message_detail or "")
        members = parsed if isinstance(parsed, dict) else {}
    except ValueError:
        pass
    code, field, wait = members.pop("code", None), members.pop("field", None), members.pop("retry_after_s", None)
    return kind(
        diagnostic.message_primary,
        code=code if isinstance(code, str) else None,
        status=status,
        field=field if isinstance(field, str) else None,
        remedy=diagnostic.message_hint,
        retry_after_s=float(wait) if isinstance(wait, int | float) else None,
        extra=members,
    )
