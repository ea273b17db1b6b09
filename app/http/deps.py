"""What happens before a handler, and what handlers are given: the caller's unit of work."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency

from app import log
from app.db.unit import Caller, Unit
from app.http.auth import Authenticator
from app.http.problems import allowed_methods
from app.http.reading import check_media, check_query

CALLER_KEY = "parley.caller"
S = TypeVar("S")
CallerUnit = NamedDependency[Unit]
"""The caller's unit of work, as a handler asks for it."""


async def admit(request: Request[Any, Any, State]) -> Response[None] | None:
    """Who is asking, and can the request be read at all? In this order, so that strangers learn nothing else.

    Raises NotAuthenticated, BadInput for a query parameter nobody reads, ParleyError 415 for a body that is not JSON.
    """
    if request.method == "OPTIONS":  # what is allowed is no secret
        return Response(None, status_code=204, headers={"allow": ", ".join(allowed_methods(request))})
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
        check_query(request, handler)
    if "data" in handler.parsed_fn_signature.parameters:
        check_media(headers)
    return None


def provide_unit(request: Request[Any, Any, State]) -> Unit:
    """The caller's unit of work."""
    caller: Caller = request.scope[CALLER_KEY]  # type: ignore[literal-required]
    return Unit(request.app.state.pool, caller, request.app.state.gate)


async def existing(unit: Unit, value: S | None, kind: str, object_id: UUID, action: str) -> S:
    """`value` if a read found it. Raises NotFound otherwise, after an attempt on a foreign object is on record."""
    if value is None:
        raise await unit.deny(kind, object_id, action)
    return value


def given(patch: msgspec.Struct) -> dict[str, Any]:
    """The fields a patch names: null is a value, absent is not."""
    return {name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not msgspec.UNSET}
