"""What happens before a handler, and what handlers are given: the caller's unit of work."""

from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from app import log
from app.db.unit import Caller, Unit
from app.errors import BadInput, ParleyError
from app.http.auth import Authenticator

CALLER_KEY = "parley.caller"
S = TypeVar("S")
CallerUnit = NamedDependency[Unit]
"""The caller's unit of work, as a handler asks for it."""
GIVEN = {"unit", "request", "data"}
"""Arguments of handlers that are no parameters of the request."""


async def admit(request: Request[Any, Any, State]) -> None:
    """Who is asking, and can the request be read at all? In this order, so that strangers learn nothing else.

    Raises NotAuthenticated, BadInput for a query parameter nobody reads, ParleyError 415 for a body that is not JSON.
    """
    headers: dict[bytes, bytes] = dict(request.scope["headers"])
    authorization, api_key = headers.get(b"authorization"), headers.get(b"x-api-key")
    authenticator: Authenticator = request.app.state.authenticator
    caller = await authenticator.caller(
        authorization.decode("latin-1") if authorization else None, api_key.decode("latin-1") if api_key else None
    )
    request.scope[CALLER_KEY] = caller  # type: ignore[literal-required]  # for the access log
    ids = {name: str(value) for name, value in request.path_params.items() if name.endswith("_id")}
    log.bind(**({"tenant_id": str(caller.tenant_id)} if caller.tenant_id else {}) | ids)
    handler: Any = request.route_handler
    if request.scope["query_string"]:
        _check_parameters(request, handler)
    if request.method != "GET" and "data" in handler.parsed_fn_signature.parameters:
        _check_media(headers)


def _check_parameters(request: Request[Any, Any, State], handler: HTTPRouteHandler) -> None:
    """A misspelt filter must not be silently ignored: its answer would be the wrong list."""
    known = parameters(handler)
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is not None:
        raise BadInput(
            "There is no such query parameter here.", code="unknown_parameter", field=unknown[:100],
            remedy=f"use {', '.join(sorted(known))}" if known else "leave it out",
        )  # fmt: skip


@cache
def parameters(handler: HTTPRouteHandler) -> frozenset[str]:
    """The query parameters of a handler."""
    named = set(handler.parsed_fn_signature.parameters) - GIVEN
    return frozenset(name for name in named if not any(f"{{{name}:" in path for path in handler.paths))


def _check_media(headers: dict[bytes, bytes]) -> None:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if kind not in (b"", b"application/json") or encoding != b"identity":
        raise ParleyError(
            "The body is not JSON.", code="unsupported_media_type", status=415,
            remedy="send it as it is, with Content-Type: application/json",
        )  # fmt: skip


def provide_unit(request: Request[Any, Any, State]) -> Unit:
    """The caller's unit of work."""
    caller: Caller = request.scope[CALLER_KEY]  # type: ignore[literal-required]
    return Unit(request.app.state.pool, caller)


async def existing(unit: Unit, value: S | None, kind: str, object_id: UUID, action: str) -> S:
    """`value` if a read found it. Raises NotFound otherwise, after an attempt on a foreign object is on record."""
    if value is None:
        raise await unit.deny(kind, object_id, action)
    return value


def given(patch: msgspec.Struct) -> dict[str, Any]:
    """The fields a patch names: null is a value, absent is not."""
    return {name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not msgspec.UNSET}
