"""Which function a request calls, and with what."""

from devstack.surface.rest.errors import Problem
from devstack.surface.rest.fuzzy import CLOSE, nearest
from devstack.surface.rest.nodes import Call
from devstack.surface.rest.payload import Payload
from devstack.surface.rest.schema import Function, Name, Parameter, Schema

_WHOLE = {
    "application/json": ("json", "jsonb"), "text/plain": ("text",), "text/xml": ("xml",),
    "application/octet-stream": ("bytea",),
}  # fmt: skip
_RENAME = "Try renaming the parameters or the function itself in the database so function overloading can be resolved"
_ONLY_WHOLE = {"text/plain": "text", "text/xml": "xml", "application/octet-stream": "bytea"}


def find_function(schema: Schema, name: Name, keys: frozenset[str], body_type: str, *, is_post: bool) -> Function:
    """The function of that name that takes these arguments. Raises Problem (PGRST202, PGRST203)."""
    candidates = schema.functions.get(name, ())
    only_whole = is_post and body_type in _ONLY_WHOLE
    by_name = [one for one in candidates if _takes(one, keys, only_whole)]
    by_body = [one for one in candidates if one not in by_name and is_post and _takes_body(one, body_type)]
    found = by_name or by_body
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{one.name[0]}.{one.name[1]}({_signature(one)})" for one in found)
        message = f"Could not choose the best candidate function between: {listed}"
        raise Problem(300, "PGRST203", message, None, _RENAME)
    raise _missing(schema, name, sorted(keys), body_type, is_post)


def _signature(one: Function) -> str:
    return ", ".join(f"{parameter.name} => {parameter.type}" for parameter in one.parameters)


def _takes(one: Function, keys: frozenset[str], only_whole: bool) -> bool:
    if not one.parameters:
        return not keys and not only_whole
    required = {parameter.name for parameter in one.parameters if parameter.required}
    optional = {parameter.name for parameter in one.parameters if not parameter.required}
    return required <= keys <= required | optional


def _takes_body(one: Function, body_type: str) -> bool:
    return len(one.parameters) == 1 and one.parameters[0].type in _WHOLE.get(body_type, ())


def _missing(schema: Schema, name: Name, keys: list[str], body_type: str, is_post: bool) -> Problem:
    full = f"{name[0]}.{name[1]}"
    listed = ", ".join(keys)
    whole = _ONLY_WHOLE.get(body_type) if is_post else None
    given = f"({listed})" if keys else " without parameters"
    searched = f" with parameter{'s' if len(keys) > 1 else ''} {listed}" if keys else " without parameters"
    if whole:
        given, searched, hint = "", f" with a single unnamed {whole} parameter", None
    else:
        if is_post and body_type == "application/json":
            searched += " or with a single unnamed json/jsonb parameter"
        hint = _suggestion(schema, name, keys)
    return Problem(
        404, "PGRST202", f"Could not find the function {full}{given} in the schema cache",
        f"Searched for the function {full}{searched}, but no matches were found in the schema cache.", hint,
    )  # fmt: skip


def _suggestion(schema: Schema, name: Name, keys: list[str]) -> str | None:
    known = schema.functions.get(name)
    if known:
        signatures = ("(" + ", ".join(sorted(one.name for one in function.parameters)) + ")" for function in known)
        close = nearest(signatures, f"({', '.join(keys)})")
        suggested = name[1] + close[1] if close else None
    else:
        close = nearest((other for where, other in schema.functions if where == name[0]), name[1], CLOSE)
        suggested = close[1] if close else None
    return f"Perhaps you meant to call the function {name[0]}.{suggested}" if suggested else None


def plan_call(
    function: Function, keys: frozenset[str], payload: Payload | None, params: tuple[tuple[str, str], ...],
    returning: tuple[str, ...],
) -> Call:  # fmt: skip
    """The call with the arguments of the URL (no payload), of a form, or of JSON."""
    parameters = function.parameters
    if len(parameters) == 1 and not parameters[0].name:
        body: str | bytes = ""
        if payload:
            body = payload.text if payload.raw is None else _raw(payload.raw, parameters[0])
        return Call(function, parameters, body, whole=True, returning=returning)
    chosen = tuple(parameter for parameter in parameters if parameter.name in keys)
    pairs = params if payload is None else payload.form
    if pairs is None:
        return Call(function, chosen, payload.text if payload else "{}", returning=returning)
    given: dict[str, str | tuple[str, ...]] = {}
    variadic = {parameter.name for parameter in parameters if parameter.variadic}
    for name, value in pairs:
        before = given.get(name)
        given[name] = ((*before, value) if isinstance(before, tuple) else (value,)) if name in variadic else value
    return Call(function, chosen, arguments=tuple(given.items()), returning=returning)


def _raw(body: bytes, parameter: Parameter) -> str | bytes:
    return body if parameter.type == "bytea" else body.decode("utf-8", "replace")
