"""Schemas of the Structs, each field with its meaning and an example taken from the examples of whole objects."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from app.http.openapi.fields import FIELDS

PREFIX = "#/components/schemas/"


class Schemas:
    """The schemas of some Structs and of what they are made of."""

    def __init__(self, shapes: Iterable[Any]) -> None:
        self._shapes = list(dict.fromkeys(shapes))
        schemas, parts = msgspec.json.schema_components(self._shapes, ref_template=PREFIX + "{name}")
        self._of = {shape: _renamed(schema) for shape, schema in zip(self._shapes, schemas, strict=True)}
        self._parts: dict[str, Any] = {_list_name(name): _renamed(part) for name, part in parts.items()}
        self._seen: dict[tuple[str, str], Any] = {}
        self._by_name: dict[str, Any] = {}

    def of(self, shape: Any) -> Any:
        """The schema of one of the Structs: a reference."""
        return self._of.get(shape, {})

    def example(self, shape: Any, value: Any) -> Any:
        """`value` as JSON, remembered as an example of every field in it."""
        built = msgspec.to_builtins(value)
        self._remember(self.of(shape), built)
        return built

    def components(self) -> dict[str, Any]:
        """All schemas, with what each field means and an example of it."""
        for name, part in self._parts.items():
            part.pop("title", None)
            for field, schema in part.get("properties", {}).items():
                schema["description"] = FIELDS.get(f"{name}.{field}") or FIELDS[field]
                example = self._seen.get((name, field))
                if example is None:
                    example = self._by_name.get(field)
                schema["examples"] = [example]
        return dict(sorted(self._parts.items()))

    def _remember(self, schema: Any, value: Any) -> None:
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(PREFIX)
            part = self._parts[name]
            if isinstance(value, dict):
                for field, inner in part.get("properties", {}).items():
                    self._keep(name, field, value.get(field))
                    self._remember(inner, value.get(field))
        elif "anyOf" in schema:
            for inner in schema["anyOf"] if value is not None else ():
                self._remember(inner, value)
        elif isinstance(value, list | tuple):
            for one in value:
                self._remember(schema.get("items") or {}, one)
        elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
            for one in value.values():
                self._remember(schema["additionalProperties"], one)

    def _keep(self, name: str, field: str, value: Any) -> None:
        if value is not None and self._seen.get((name, field)) in (None, []):
            self._seen[name, field] = value
            if self._by_name.get(field) is None:
                self._by_name[field] = value


def _list_name(name: str) -> str:
    """Listing_Contact_ → ContactList."""
    return re.sub(r"^Listing_(\w+)_$", r"\1List", name)


def _renamed(schema: Any) -> Any:
    """A schema whose references name lists as people do."""
    if isinstance(schema, dict):
        return {
            key: PREFIX + _list_name(value.removeprefix(PREFIX)) if key == "$ref" else _renamed(value)
            for key, value in schema.items()
        }
    return [_renamed(one) for one in schema] if isinstance(schema, list) else schema
