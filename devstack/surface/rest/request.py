"""An HTTP request → what it wants of the REST room."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from devstack.surface.asgi import Receive, Scope
from devstack.surface.rest import media
from devstack.surface.rest.errors import Problem
from devstack.surface.rest.preferences import Preferences
from devstack.surface.rest.preferences import read as read_preferences
from devstack.surface.rest.schema import Name, Schema

MAX_BODY = 50 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    """`kind` is root, table or function; `name` is empty for the root."""

    method: str
    path: str
    kind: str
    name: Name
    negotiated: bool
    """Whether the answer names the schema it is from."""
    headers: dict[str, str]
    preferences: Preferences
    raw_query: bytes
    body: bytes = b""
    accepted: list[str] = field(default_factory=list)
    plan: media.Plan | None = None
    """Set where the plan is wanted rather than the answer."""

    @property
    def is_read(self) -> bool:
        """Whether nothing may change."""
        return self.method in ("GET", "HEAD")

    @property
    def body_type(self) -> str:
        """The media type of the body."""
        return media.body_type(self.headers.get("content-type"))


def understand(scope: Scope, body: bytes, schema: Schema) -> Request:
    """Read a request. Raises Problem for a path, method, schema or preference that cannot be."""
    method = scope["method"]
    pairs = [(k.decode("latin-1").lower(), v.decode("utf-8", "replace")) for k, v in scope["headers"]]
    headers = dict(reversed(pairs))
    kind, target = _target(scope["path"])
    _check_method(kind, method)
    where, negotiated = _schema(headers, method, schema.options.schemas)
    preferences = read_preferences((value for name, value in pairs if name == "prefer"), schema.timezones)
    if preferences.is_strict and preferences.invalid:
        details = f"Invalid preferences: {', '.join(preferences.invalid)}"
        raise Problem(400, "PGRST122", "Invalid preferences given with handling=strict", details)
    return Request(
        method, scope["path"], kind, (where, target), negotiated, headers, preferences,
        scope.get("query_string", b""), body, media.accepted(headers.get("accept")),
    )  # fmt: skip


def _target(path: str) -> tuple[str, str]:
    parts = path.strip("/").split("/")
    if parts == [""]:
        return "root", ""
    if len(parts) == 1:
        return "table", unquote(parts[0]) if "%" in parts[0] else parts[0]
    if len(parts) == 2 and parts[0] == "rpc":
        return "function", parts[1]
    raise Problem(404, "PGRST125", "Invalid path specified in request URL")


def _check_method(kind: str, method: str) -> None:
    allowed = {
        "root": ("GET", "HEAD", "OPTIONS"), "function": ("GET", "HEAD", "POST", "OPTIONS"),
        "table": ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"),
    }[kind]  # fmt: skip
    if method in allowed:
        return
    if kind == "function":
        raise Problem(405, "PGRST101", f"Cannot use the {method} method on RPC")
    raise Problem(405, "PGRST117", f"Unsupported HTTP method: {method}")


def _schema(headers: dict[str, str], method: str, exposed: tuple[str, ...]) -> tuple[str, bool]:
    """The schema that was asked for, and whether the answer says so."""
    profile = headers.get("accept-profile" if method in ("GET", "HEAD") else "content-profile")
    if profile is None:
        return exposed[0], len(exposed) != 1
    if profile not in exposed:
        hint = f"Only the following schemas are exposed: {', '.join(exposed)}"
        raise Problem(406, "PGRST106", f"Invalid schema: {profile}", None, hint)
    return profile, True


async def read_body(receive: Receive) -> bytes:
    """The whole body. Raises Problem when it is larger than a request may be."""
    parts: list[bytes] = []
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise Problem(413, "PGRST102", "Request body too large")
        if not message.get("more_body"):
            return b"".join(parts)
