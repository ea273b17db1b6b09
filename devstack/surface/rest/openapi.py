"""The root: an OpenAPI 2.0 description of what the schema offers, for the secret key only, as on hosted."""

import re
from typing import Any

import msgspec

from devstack.surface.identity import Caller
from devstack.surface.rest.answer import Answer
from devstack.surface.rest.errors import not_acceptable
from devstack.surface.rest.media import OPENAPI, content_type
from devstack.surface.rest.request import Request
from devstack.surface.rest.schema import Column, Function, Schema, Table

_TYPES = (
    (re.compile(r"^(smallint|integer|bigint|serial|bigserial)$"), "integer"),
    (re.compile(r"^(numeric|real|double precision|money)"), "number"),
    (re.compile(r"^boolean$"), "boolean"),
    (re.compile(r"\[\]$"), "array"),
)


def answer(request: Request, caller: Caller, schema: Schema) -> Answer:
    """The document, or hosted's refusal for every other key."""
    if caller.role != "service_role":
        refusal = {"message": "Secret API key required", "hint": "Only secret API keys can be used for this endpoint."}
        return Answer(401, [(b"content-type", b"application/json; charset=utf-8")], msgspec.json.encode(refusal))
    if not {"*/*", "application/*", "application/json", OPENAPI} & set(request.accepted):
        raise not_acceptable(request.accepted)
    body = b"" if request.method == "HEAD" else msgspec.json.encode(document(schema, request.name[0]))
    return Answer(200, [(b"content-type", content_type(OPENAPI))], body)


def document(schema: Schema, where: str) -> dict[str, Any]:
    """An OpenAPI 2.0 document of one schema."""
    tables = [table for name, table in schema.tables.items() if name[0] == where]
    functions = [found[0] for name, found in schema.functions.items() if name[0] == where and found]
    paths: dict[str, Any] = {"/": {"get": {"tags": ["Introspection"], "summary": "OpenAPI description (this document)",
                                           "responses": {"200": {"description": "OK"}}}}}  # fmt: skip
    paths |= {f"/{table.name[1]}": _table_path(table) for table in tables}
    paths |= {f"/rpc/{function.name[1]}": _function_path(function) for function in functions}
    return {
        "swagger": "2.0", "info": {"title": "standard public schema", "description": "", "version": "local"},
        "host": "0.0.0.0:3000", "basePath": "/", "schemes": ["http"],
        "consumes": ["application/json", "application/vnd.pgrst.object+json", "text/csv"],
        "produces": ["application/json", "application/vnd.pgrst.object+json", "text/csv"],
        "paths": paths, "definitions": {table.name[1]: _definition(table) for table in tables},
    }  # fmt: skip


def _kind(type_name: str) -> str:
    return next((kind for pattern, kind in _TYPES if pattern.search(type_name)), "string")


def _property(column: Column, table: Table) -> dict[str, Any]:
    found: dict[str, Any] = {"format": column.type, "type": _kind(column.type)}
    if found["type"] == "array":
        found["items"] = {"type": _kind(column.type.removesuffix("[]"))}
    if column.type in ("json", "jsonb"):
        del found["type"]
    if column.default:
        found["default"] = column.default
    notes = [column.description] if column.description else []
    if column.name in table.primary_key:
        notes.append("Note:\nThis is a Primary Key.<pk/>")
    return {**found, "description": "\n\n".join(notes)} if notes else found


def _definition(table: Table) -> dict[str, Any]:
    required = [column.name for column in table.columns.values() if not column.nullable]
    found: dict[str, Any] = {
        "type": "object",
        "properties": {c.name: _property(c, table) for c in table.columns.values()},
    }
    if required:
        found["required"] = required
    return {**found, "description": table.description} if table.description else found


def _table_path(table: Table) -> dict[str, Any]:
    verbs = {"get": True, "post": table.insertable, "patch": table.updatable, "delete": table.deletable}
    operation = {"tags": [table.name[1]], "responses": {"200": {"description": "OK"}}}
    return {verb: operation for verb, can in verbs.items() if can}


def _function_path(function: Function) -> dict[str, Any]:
    properties = {one.name: {"format": one.type, "type": _kind(one.type)} for one in function.parameters if one.name}
    body = {
        "in": "body", "name": "args", "required": True,
        "schema": {"type": "object", "properties": properties,
                   "required": [one.name for one in function.parameters if one.name and one.required]},
    }  # fmt: skip
    operation = {"tags": [f"(rpc) {function.name[1]}"], "responses": {"200": {"description": "OK"}}}
    found: dict[str, Any] = {"post": {**operation, "parameters": [body]}}
    if function.volatility != "v":
        found["get"] = operation
    return found
