"""Errors as Supabase Auth words them: a status, a code a program can read, a message a person can."""

import re
from typing import Any

VERSION = "2024-01-01"
"""From this API version on (`X-Supabase-Api-Version`) the code is called `code` and the message `message`."""
INVALID_LOGIN = "Invalid login credentials"
DUPLICATE_EMAIL = "A user with this email address has already been registered"


class Problem(Exception):
    """An answer that is no success. `extra` is added to its body."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra

    def body(self, *, dated: bool) -> dict[str, Any]:
        """The body for a client that speaks VERSION (`dated`) or the first version."""
        if dated:
            return {"code": self.code, "message": self.message, **self.extra}
        return {"code": self.status, "error_code": self.code, "msg": self.message, **self.extra}


def speaks_version(header: str | None) -> bool:
    """Whether the value of `X-Supabase-Api-Version` names VERSION or a later one."""
    return bool(header and re.fullmatch(r"\d{4}-\d{2}-\d{2}", header) and header >= VERSION)


def invalid(message: str) -> Problem:
    """400: a parameter is missing or wrong."""
    return Problem(400, "validation_failed", message)


def bad_json(why: str) -> Problem:
    """400: the body is no JSON, or not of the kind that was expected."""
    return Problem(400, "bad_json", f"Could not parse request body as JSON: {why}")


def failed(message: str = "Unexpected failure, please check server logs for more information") -> Problem:
    """500: it is not the client's fault."""
    return Problem(500, "unexpected_failure", message)


def invalid_login() -> Problem:
    """The one answer to an unknown address and to a wrong password."""
    return Problem(400, "invalid_credentials", INVALID_LOGIN)


def email_exists() -> Problem:
    """The address belongs to somebody else."""
    return Problem(422, "email_exists", DUPLICATE_EMAIL)


def expired(message: str = "Token has expired or is invalid") -> Problem:
    """A link or code that was used, is too old or never was one: always the same answer."""
    return Problem(403, "otp_expired", message)
