"""The body of a request, as JSON that Postgres will type, and the names of what it carries."""

import csv
import io
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec

from devstack.surface.rest.errors import invalid_body

RAW = ("text/plain", "application/octet-stream", "text/xml", "application/xml")
FORM = "application/x-www-form-urlencoded"
_MISMATCH = "All object keys must match"
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Payload:
    """`keys` are the members of the JSON objects; `form` holds the pairs of an HTML form; `raw` is anything else."""

    text: str = ""
    keys: tuple[str, ...] = ()
    form: tuple[tuple[str, str], ...] | None = None
    raw: bytes | None = None


def read(body: bytes, media: str, columns: tuple[str, ...] | None, *, is_call: bool) -> Payload:
    """What `body` holds. With `columns` named, its members are not looked at. Raises Problem (PGRST102)."""
    if media == "application/json" or (media.startswith("application/vnd.pgrst.") and media.endswith("json")):
        return _json(body or b"{}" if is_call else body, columns)
    if media == "text/csv":
        return _csv(body, columns)
    if media == FORM:
        pairs = tuple(parse_qsl(_text(body), keep_blank_values=True))
        named = dict(pairs)
        return Payload(msgspec.json.encode(named).decode(), columns or tuple(sorted(named)), pairs)
    if media in RAW and is_call:
        return Payload(raw=body)
    raise invalid_body(f"Content-Type not acceptable: {media}")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_body("Empty or invalid json") from None


def _json(body: bytes, columns: tuple[str, ...] | None) -> Payload:
    text = _text(body)
    if columns is not None:
        return Payload(text, tuple(sorted(set(columns))))
    start = text.lstrip(" \t\r\n")[:1]
    try:
        if start == "{":
            return Payload(text, tuple(sorted(_OBJECT.decode(body))))
        rows = _ARRAY.decode(body) if start == "[" else []
        if start != "[":
            msgspec.json.decode(body)  # a plain value stands for no rows, but must be one
    except (msgspec.MsgspecError, RecursionError):
        raise invalid_body("Empty or invalid json") from None
    return Payload(text, _keys(rows)) if rows else Payload("[]")


def _keys(rows: list[msgspec.Raw]) -> tuple[str, ...]:
    """The members that all of `rows` have; their values are Postgres' to read."""
    try:
        first = _OBJECT.decode(rows[0]).keys()
        if any(_OBJECT.decode(row).keys() != first for row in rows):
            raise invalid_body(_MISMATCH)
    except msgspec.ValidationError:  # one of them is no object
        raise invalid_body(_MISMATCH) from None
    return tuple(sorted(first))


def _csv(body: bytes, columns: tuple[str, ...] | None) -> Payload:
    try:
        lines = [line for line in csv.reader(io.StringIO(_text(body), newline=""), strict=True) if line]
    except csv.Error as error:
        raise invalid_body(str(error)) from None
    if not lines:
        raise invalid_body("not enough input")
    header, *rows = lines
    if any(len(row) != len(header) for row in rows):
        raise invalid_body("All lines must have same number of fields")
    objects = [
        {name: None if value == "NULL" else value for name, value in zip(header, row, strict=True)} for row in rows
    ]
    return Payload(msgspec.json.encode(objects).decode(), columns or tuple(sorted(header)))
