"""Media types: what a client accepts, and what the room can give."""

from dataclasses import dataclass

from devstack.surface.rest.errors import Unsupported, not_acceptable

JSON = "application/json"
CSV = "text/csv"
OBJECT = "application/vnd.pgrst.object+json"
STRIPPED = "application/vnd.pgrst.array+json;nulls=stripped"
STRIPPED_OBJECT = "application/vnd.pgrst.object+json;nulls=stripped"
PLAN = "application/vnd.pgrst.plan"
_PLAN_OPTIONS = ("analyze", "verbose", "settings", "buffers", "wal")
OPENAPI = "application/openapi+json"
_OBJECTS = ("application/vnd.pgrst.object+json", "application/vnd.pgrst.object")
_ARRAYS = ("application/vnd.pgrst.array+json", "application/vnd.pgrst.array")


def accepted(header: str | None) -> list[str]:
    """The media types of an Accept header, the most wanted first; everything when there is none."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate((header or "*/*").split(",")):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        kept, quality = [], 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                quality = _quality(value)
            elif parameter and parameter != "options=":
                kept.append(parameter)
        if name:
            separator = "; " if name.startswith(PLAN) else ";"
            ranked.append((-quality, place, separator.join([name.lower(), *kept])))
    return [name for _, _, name in sorted(ranked)]


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def choose(wanted: list[str]) -> str:
    """The first of `wanted` there is. Raises Problem (PGRST107)."""
    for one in wanted:
        name, _, rest = one.partition(";")
        stripped = "nulls=stripped" in rest.replace(" ", "")
        if name in ("*/*", JSON, "application/*"):
            return JSON
        if name == CSV:
            return CSV
        if name in _OBJECTS:
            return STRIPPED_OBJECT if stripped else OBJECT
        if name in _ARRAYS:
            return STRIPPED if stripped else JSON
        if name == "application/geo+json":
            raise Unsupported("GeoJSON")
    raise not_acceptable(wanted)


@dataclass(frozen=True)
class Plan:
    """A wish to see how Postgres carries a request out instead of its answer, which would be `of` that type."""

    asked: str
    of: str
    explain: str
    """The words before the statement."""


def plan(wanted: list[str]) -> Plan | None:
    """What the first of `wanted` asks for, if it is a plan."""
    if not wanted or not wanted[0].startswith(PLAN):
        return None
    name, *parameters = (part.strip() for part in wanted[0].split(";"))
    given = {key.strip(): value.strip().strip('"') for key, _, value in (one.partition("=") for one in parameters)}
    options = [word for word in given.get("options", "").split("|") if word in _PLAN_OPTIONS]
    shown = "json" if name.endswith("+json") else "text"
    return Plan(wanted[0], given.get("for", JSON), f"explain ({', '.join([f'format {shown}', *options])}) ")


def content_type(media: str) -> bytes:
    """The Content-Type header of an answer."""
    return f"{media}; charset=utf-8".encode()


def body_type(header: str | None) -> str:
    """The media type of a body, without its parameters; JSON when nothing is said."""
    return (header or JSON).partition(";")[0].strip().lower() or JSON
