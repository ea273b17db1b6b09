"""How requests are read: strictly. A body is decoded straight into its Struct, and 0 is not false."""

from functools import cache
from typing import Any, get_type_hints

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from app.errors import BadInput, ParleyError
from app.http.problems import rule_broken, said

UNBOUND = {"unit", "request", "data"}
"""Arguments of handlers that are no parameters of the request."""


class StrictRequest(Request[Any, Any, State]):
    """A request whose body is what its operation says, or nothing at all."""

    async def json(self) -> Any:
        """The body as the operation's Struct.

        Raises ParleyError 400 for what is no JSON, BadInput where a rule is broken.
        """
        body = await self.body()
        handler: Any = self.route_handler
        try:
            return decoder(handler).decode(body)
        except msgspec.ValidationError as error:
            raise rule_broken(str(error)) from error
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            if "surrogate" in str(error):
                raise BadInput(
                    "A text holds half a character.", code="bad_value", remedy="send whole Unicode characters"
                ) from error
            raise ParleyError(
                "The body is not valid JSON.", code="malformed", status=400, remedy="send one JSON object in UTF-8"
            ) from error


@cache
def decoder(handler: HTTPRouteHandler) -> msgspec.json.Decoder[Any]:
    """What reads the bodies of an operation."""
    return msgspec.json.Decoder(get_type_hints(handler.fn).get("data", Any))


@cache
def parameters(handler: HTTPRouteHandler) -> dict[str, bool]:
    """The query parameters of an operation; True for those that are texts, of which any value is one."""
    found = {}
    for name, parameter in handler.parsed_fn_signature.parameters.items():
        if name not in UNBOUND and not any(f"{{{name}:" in path for path in handler.paths):
            found[said(name)] = str in {parameter.annotation, *(inner.annotation for inner in parameter.inner_types)}
    return found


def check_query(request: Request[Any, Any, State], handler: HTTPRouteHandler) -> None:
    """A filter that is misspelt, given twice or null must not be silently ignored: its answer would be the wrong list.

    Raises BadInput.
    """
    known, seen = parameters(handler), set()
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise BadInput(
                "There is no such query parameter here.", code="unknown_parameter", field=name[:100],
                remedy=f"use {', '.join(sorted(known))}" if known else "leave it out",
            )  # fmt: skip
        if name in seen or (value == "null" and not known[name]):
            raise BadInput("This parameter takes one value.", field=name, remedy="leave it out for no filter")
        seen.add(name)


def check_media(headers: dict[bytes, bytes]) -> None:
    """A body is JSON as it is, also where nothing says so. Raises ParleyError 415."""
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if kind not in (b"", b"application/json") or encoding != b"identity":
        raise ParleyError(
            "The body is not JSON.", code="unsupported_media_type", status=415,
            remedy="send it as it is, with Content-Type: application/json",
        )  # fmt: skip
