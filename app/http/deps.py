"""What handlers are given: the caller's unit of work."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from app.db.unit import Unit
from app.http.auth import Authenticator

CALLER_KEY = "parley.caller"
S = TypeVar("S")
CallerUnit = NamedDependency[Unit]
"""The caller's unit of work, as a handler asks for it."""


async def provide_unit(request: Request[Any, Any, State]) -> Unit:
    """The caller's unit of work. Raises NotAuthenticated."""
    authorization = api_key = None
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            authorization = value.decode("latin-1")
        elif name == b"x-api-key":
            api_key = value.decode("latin-1")
    state = request.app.state
    authenticator: Authenticator = state.authenticator
    caller = await authenticator.caller(authorization, api_key)
    request.scope[CALLER_KEY] = caller  # type: ignore[literal-required]  # for the access log
    return Unit(state.pool, caller)


async def existing(unit: Unit, value: S | None, kind: str, object_id: UUID, action: str) -> S:
    """`value` if a read found it. Raises NotFound otherwise, after an attempt on a foreign object is on record."""
    if value is None:
        raise await unit.deny(kind, object_id, action)
    return value


def given(patch: msgspec.Struct) -> dict[str, Any]:
    """The fields a patch names: null is a value, absent is not."""
    return {name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not msgspec.UNSET}
