"""The OpenAPI document, made from the handlers' signatures: msgspec checks what comes in, so its schemas are the truth.

What a signature cannot say (rights, examples, problems, the meaning of a field) is beside this file.
"""

import inspect
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import KwargDefinition
from msgspec import Meta

from app.http.openapi import problems
from app.http.openapi.components import SHARED, SHARED_STATUS, TAGS, named
from app.http.openapi.operations import OPERATIONS
from app.http.openapi.parameters import PARAMETERS
from app.http.openapi.schemas import Schemas
from app.http.openapi.shown import Shown
from app.http.problems import Problem, said
from app.http.reading import UNBOUND

SUCCESS = {200: "Done.", 201: "Made.", 202: "Under way."}
JSON, PROBLEM = "application/json", "application/problem+json"


def document(app: Litestar) -> dict[str, Any]:
    """The document of an application, as OpenAPI 3.1."""
    found = sorted(_handlers(app), key=lambda item: (item[0], item[1]))
    shapes = [shape for _, _, handler in found for shape in (_body(handler), _answer(handler)) if _is_json(shape)]
    schemas = Schemas([Problem, *shapes])
    schemas.example(Problem, problems.document("bad_input"))
    paths: dict[str, Any] = {}
    for path, method, handler in found:
        paths.setdefault(path, {})[method] = _operation(path, method, handler, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley", "version": "1",
            "description": "Messaging for many tenants: a message comes in, the right reply goes out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{"bearer": []}, {"apiKey": []}],
        "paths": paths,
        "components": {**SHARED, "schemas": schemas.components(), "responses": _shared_problems()},
    }  # fmt: skip


def _handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """(path, method, handler) of everything the document shows."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.fn.__name__ in OPERATIONS:
                for method in handler.http_methods:
                    yield route.path_format, str(method).lower(), handler


def _operation(path: str, method: str, handler: HTTPRouteHandler, schemas: Schemas) -> dict[str, Any]:
    name = handler.fn.__name__
    shown = OPERATIONS[name]
    text = inspect.getdoc(handler.fn) or ""
    made: dict[str, Any] = {
        "operationId": _camel(name),
        "summary": handler.summary,
        "description": f"{text} Needs the `{shown.needs}` right." if shown.needs else text,
        "tags": list(handler.tags or ()),
        "parameters": _parameters(path, method, handler),
    }
    body = _body(handler)
    if body is not None:
        content = {"schema": schemas.of(body), "example": schemas.example(body, shown.body)}
        made["requestBody"] = {"required": True, "content": {JSON: content}}
    elif shown.file:
        content = {"schema": {"type": "string", "format": "binary"}, "example": shown.file}
        made["requestBody"] = {"required": True, "content": {"application/octet-stream": content}}
    made["responses"] = _responses(path, method, handler, schemas)
    if path.startswith("/v1/"):
        needed = [shown.needs] if shown.needs else []
        made["security"] = [{"bearer": needed}, {"apiKey": needed}]
    else:
        made["security"] = []
    return made


def _parameters(path: str, method: str, handler: HTTPRouteHandler) -> list[dict[str, Any]]:
    hints = get_type_hints(handler.fn, include_extras=True)
    defaults = {name: one.default for name, one in inspect.signature(handler.fn).parameters.items()}
    found = []
    for name in (name for name in hints if name not in UNBOUND | {"return"}):
        place = "path" if f"{{{name}}}" in path else "query"
        text, example = PARAMETERS[said(name)]
        schema = msgspec.json.schema(plain(hints[name]))
        if defaults[name] not in (inspect.Parameter.empty, None):
            schema["default"] = defaults[name]
        found.append({
            "name": said(name), "in": place, "required": defaults[name] is inspect.Parameter.empty, "description": text,
            "schema": schema, "example": msgspec.to_builtins(example),
        })  # fmt: skip
    found.append(named("parameters", "RequestId"))
    if method == "get" and path.startswith("/v1/"):
        found.append(named("parameters", "IfNoneMatch"))
    return found


def plain(hint: Any) -> Any:
    """A parameter's type as msgspec knows it: without Litestar's markers, their bounds as Meta, and never null."""
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
        metas = [extra if isinstance(extra, Meta) else _bounds(extra) for extra in extras]
        made = plain(base)
        for meta in metas:
            made = Annotated[made, meta] if meta is not None else made
        return made
    if get_origin(hint) in (Union, types.UnionType):
        return Union[tuple(plain(one) for one in get_args(hint) if one is not type(None))]  # noqa: UP007 - made at run time
    return hint


def _bounds(extra: Any) -> Meta | None:
    if not isinstance(extra, KwargDefinition):
        return None
    names = {"ge": "ge", "le": "le", "min_length": "min_length", "max_length": "max_length", "pattern": "pattern"}
    given = {ours: getattr(extra, theirs) for ours, theirs in names.items()}
    given = {name: value for name, value in given.items() if value is not None}
    return Meta(**given) if given else None


def _responses(path: str, method: str, handler: HTTPRouteHandler, schemas: Schemas) -> dict[str, Any]:
    shown = OPERATIONS[handler.fn.__name__]
    answer, is_v1 = _answer(handler), path.startswith("/v1/")
    headers = {"X-Request-Id": named("headers", "RequestId")}
    if method == "get" and is_v1:
        headers["ETag"] = named("headers", "ETag")
    made: dict[str, Any] = {}
    answers = {**shown.other_answers, handler.status_code: (SUCCESS[handler.status_code], shown.answer)}
    for status, (text, example) in answers.items():
        content: dict[str, Any] = {"schema": schemas.of(answer), "example": schemas.example(answer, example)}
        kind = JSON
        if not _is_json(answer):
            content["schema"] = {"type": "string"}
            kind = "*/*" if is_v1 else "text/plain"
        made[str(status)] = {"description": text, "headers": headers, "content": {kind: content}}
    if "ETag" in headers:
        made["304"] = named("responses", "NotModified")
    for status, codes in sorted(_problems(path, handler, shown).items()):
        made[str(status)] = _problem_response(status, codes, shown)
    return dict(sorted(made.items()))


def _problems(path: str, handler: HTTPRouteHandler, shown: Shown) -> dict[int, list[str]]:
    """Status → codes of an operation: those its kind has, then its own."""
    codes: list[str] = []
    if path.startswith("/v1/"):
        codes += ["not_authenticated", "token_expired", "unavailable"]
        codes += ["forbidden"] if shown.needs else []
        codes += ["not_found"] if "{" in path else []
        if _body(handler) is not None:
            codes += ["malformed", "too_large", "unsupported_media_type", "bad_input", "body_missing", "bad_value"]
        codes += ["unknown_parameter"]
    codes += [code for code in shown.problems if code not in codes]
    found: dict[int, list[str]] = {}
    for code in codes:
        found.setdefault(problems.PROBLEMS[code].status, []).append(code)
    return found


def _problem_response(status: int, codes: list[str], shown: Shown) -> dict[str, Any]:
    if SHARED_STATUS.get(status) and codes == SHARED_STATUS[status][1]:
        return named("responses", SHARED_STATUS[status][0])
    shown_codes = {
        code: problems.forbidden(shown.needs) if code == "forbidden" else problems.document(code) for code in codes
    }
    return _described(status, shown_codes)


def _described(status: int, examples: dict[str, Any]) -> dict[str, Any]:
    headers = {"X-Request-Id": named("headers", "RequestId")}
    if status in (429, 503):
        headers["Retry-After"] = named("headers", "RetryAfter")
    if status == 401:
        headers["WWW-Authenticate"] = named("headers", "WWWAuthenticate")
    content = {"schema": named("schemas", "Problem"), "examples": {code: {"value": v} for code, v in examples.items()}}
    return {"description": problems.MEANING[status], "headers": headers, "content": {PROBLEM: content}}


def _shared_problems() -> dict[str, Any]:
    made = {
        name: _described(status, {code: problems.document(code) for code in codes})
        for status, (name, codes) in SHARED_STATUS.items()
    }
    headers = {"X-Request-Id": named("headers", "RequestId"), "ETag": named("headers", "ETag")}
    return {**made, "NotModified": {"description": "You have it: If-None-Match named its tag.", "headers": headers}}


def _body(handler: HTTPRouteHandler) -> Any:
    """The Struct an operation takes, None when it takes no body."""
    return get_type_hints(handler.fn).get("data")


def _answer(handler: HTTPRouteHandler) -> Any:
    """What an operation answers with: X for X and for Response[X]."""
    hint = get_type_hints(handler.fn)["return"]
    return get_args(hint)[0] if get_origin(hint) is Response else hint


def _is_json(shape: Any) -> bool:
    return shape is not None and shape is not bytes


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
