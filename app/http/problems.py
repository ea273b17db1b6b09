"""Errors as RFC 9457 problem documents."""

import logging
import math
import re
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from app import log as logs
from app.db.unit import translate
from app.errors import BadInput, ParleyError, Unavailable

log = logging.getLogger("parley.api")
RETRY_AFTER_S = 2
_PLACE = re.compile(r"\\\{\w+:(\w+)\\\}")
KINDS = {"uuid": "[0-9a-fA-F-]{36}"}
"""What stands in a path for a parameter of this type."""
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_FIELD = re.compile(r"at `\$\.?([^`]*)`")


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong (RFC 9457).

    `code` is stable and made for programs, `field` is the input it is about, `remedy` what to do, `request_id` what the
    server's log knows the request by. Some codes have further members.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    remedy: str | None = None
    request_id: str | None = None


def problem(
    status: int, code: str, detail: str, *, field: str | None = None, remedy: str | None = None,
    extra: dict[str, Any] | None = None, headers: dict[str, str] | None = None,
) -> Response[bytes]:  # fmt: skip
    """A response with a problem document. Within one request id, equal arguments make equal bytes."""
    title = HTTPStatus(status).phrase
    document = Problem(
        f"urn:parley:problem:{code}", title, status, detail, code, field, remedy, logs.bound("request_id")
    )
    members = {**(extra or {}), **msgspec.to_builtins(document)}
    return Response(
        msgspec.json.encode(members), status_code=status, media_type="application/problem+json", headers=headers
    )


def on_parley_error(_request: Request[Any, Any, Any] | None, error: ParleyError) -> Response[bytes]:
    """An error of ours: its own status, code and remedy."""
    headers: dict[str, str] = {}
    wait = error.retry_after_s
    if isinstance(error, Unavailable) and wait is None:
        wait = RETRY_AFTER_S
    if wait is not None:
        headers["retry-after"] = str(max(1, math.ceil(wait)))
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    if error.status == 415:
        headers["accept"] = "application/json"
    if error.status >= 500 and not isinstance(error, Unavailable):
        log.error("request failed", exc_info=error)
    extra = dict(error.extra)
    if error.retry_after_s is not None:
        extra["retry_after_s"] = error.retry_after_s
    return problem(
        error.status, error.code, error.detail, field=error.field, remedy=error.remedy, extra=extra, headers=headers
    )


def on_database_error(request: Request[Any, Any, Any], error: psycopg.Error) -> Response[bytes]:
    """A database error that nobody translated."""
    return on_parley_error(request, translate(error))


def on_pool_error(request: Request[Any, Any, Any], _error: Exception) -> Response[bytes]:
    """No connection was free or could be made in time."""
    return on_parley_error(request, Unavailable(remedy="try again shortly"))


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """An error of the framework: unknown path, wrong method, too large a body, a parameter that breaks a rule."""
    status = error.status_code
    if isinstance(error, ValidationException):
        return _invalid(error)
    if status == 404:
        return problem(
            404, "no_such_path", "There is nothing at this address.", remedy="/openapi.json lists what there is"
        )
    if status == 405:
        allow = ", ".join(allowed_methods(request))
        return problem(
            405, "method_not_allowed", "This address does not take that method.", remedy=f"use {allow}",
            headers={"allow": allow},
        )  # fmt: skip
    if status == 413:
        return problem(413, "too_large", "The body is larger than the limit.", remedy="send at most 1 MiB")
    if status >= 500:
        log.error("request failed", exc_info=error)
        return problem(500, "internal", ParleyError().detail)
    return problem(status, "bad_request", error.detail)


def allowed_methods(request: Request[Any, Any, Any]) -> list[str]:
    """The methods that the address of a request does take."""
    found: set[str] = set()
    for route in request.app.routes:
        pattern = _PLACE.sub(lambda hit: KINDS.get(hit[1], "[^/]+"), re.escape(route.path))
        if re.fullmatch(pattern, request.scope["path"]):
            found |= {str(method) for method in getattr(route, "methods", ())}
    return sorted(found)


def _invalid(error: ValidationException) -> Response[bytes]:
    """422, naming the parameter."""
    listed = error.extra if isinstance(error.extra, list) else []
    first = listed[0] if listed and isinstance(listed[0], dict) else {}
    message = str(first.get("message") or error.detail)
    if first.get("key") == "data":
        return problem(422, "body_missing", "This request needs a body.", remedy="send a JSON object")
    return on_parley_error(None, rule_broken(message, str(first.get("key") or "")))


def said(name: str) -> str:
    """What a parameter is called in a query: `from_` is `from`, which Python keeps for itself."""
    return name.removesuffix("_")


def rule_broken(message: str, field: str = "") -> BadInput:
    """The error for what msgspec says of an input, naming the field: "Expected `str`, got `int` - at `$.body`"."""
    place, unknown = _FIELD.search(message), _UNKNOWN.search(message)
    field = place[1] if place else said(field)
    field = ".".join(filter(None, (field, unknown and unknown[1])))[:100]
    reason = _FIELD.sub("", message).removesuffix(" - ").strip()
    if "matching regex" in reason:
        reason = "it holds characters that are not allowed here, or has not the expected form"
    return BadInput(
        f"The input breaks a rule: {reason}.", field=field or None,
        remedy="see the shapes in /openapi.json",
    )  # fmt: skip


def on_any_error(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Something nobody foresaw: logged with its trace, told without."""
    log.error("request failed", exc_info=error)
    return problem(500, "internal", ParleyError().detail)


def on_unreadable(_request: Request[Any, Any, Any], _error: Exception) -> Response[bytes]:
    """An address that is not UTF-8."""
    return problem(400, "malformed", "The address is not valid UTF-8.", remedy="escape it as UTF-8")


HANDLERS: dict[Any, Any] = {
    ParleyError: on_parley_error,
    psycopg.Error: on_database_error,
    PoolTimeout: on_pool_error,
    PoolClosed: on_pool_error,
    TooManyRequests: on_pool_error,
    HTTPException: on_http_error,
    UnicodeError: on_unreadable,
    Exception: on_any_error,
}
"""Exception class → handler. Subclasses find the nearest."""
