"""Write dashboard/src/api/schema.ts: the shapes of the HTTP API as TypeScript sees them, from the OpenAPI document.

.venv/bin/python -m scripts.api_types           writes the file
.venv/bin/python -m scripts.api_types --check   changes nothing; exit code 1 when it is stale
"""

import json
import sys
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide

from app.http.deps import provide_unit
from app.http.main import CHAPTERS
from app.http.openapi import build
from app.settings import PROJECT

FILE = PROJECT / "dashboard" / "src" / "api" / "schema.ts"
HEAD = "// Made by `.venv/bin/python -m scripts.api_types` from the OpenAPI document; not written by hand.\n"
NAMES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def document() -> dict[str, Any]:
    """The OpenAPI document, without a server that serves it."""
    rooms = [module.router for module in CHAPTERS]
    unit = {"unit": Provide(provide_unit, sync_to_thread=False)}
    app = Litestar(route_handlers=[Router("/v1", route_handlers=rooms, dependencies=unit)], openapi_config=None)
    return build.document(app)


def render() -> str:
    """The whole file."""
    schemas = document()["components"]["schemas"]
    return HEAD + "".join(f"\nexport {_declared(name, schema)}\n" for name, schema in schemas.items())


def _declared(name: str, schema: dict[str, Any]) -> str:
    if "properties" not in schema:
        return f"type {name} = {_type(schema)};"
    required = set(schema.get("required", ()))
    fields = [
        f"  {field}{'' if field in required else '?'}: {_type(one)};" for field, one in schema["properties"].items()
    ]
    return "\n".join([f"interface {name} {{", *fields, "}"])


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(one) for one in schema.get("enum", [schema.get("const")]))
    return _plain(schema)


def _plain(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if kind == "array":
        return f"({_type(schema['items'])})[]" if schema.get("items") else "unknown[]"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"Record<string, {_type(inner) if isinstance(inner, dict) and inner else 'unknown'}>"
    return NAMES.get(str(kind), "unknown")


def main() -> int:
    """Write or check; the exit code."""
    text = render()
    if "--check" in sys.argv[1:]:
        return int(not FILE.exists() or FILE.read_text() != text)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text)
    sys.stdout.write(f"written: {FILE.relative_to(PROJECT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
