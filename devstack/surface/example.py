"""`/chat`: the chat of `examples/chat`, as `make setup` built it, with what it needs to know of this stack."""

import mimetypes
from pathlib import Path

from app.settings import PROJECT
from devstack.surface.asgi import ASGIApp, Receive, Scope, Send, header, respond, respond_json, serve
from devstack.surface.context import Context

BUILT = PROJECT / "examples" / "chat" / "dist"
TENANT = "acme"
"""The demo tenant whose customers come in here."""
PEOPLE = (("Ann", "ann@homes.test"), ("Ben", "ben@builds.test"))
"""Those of the seed who share a job."""
HERE = ("127.0.0.1", "localhost")
POLICY = (
    b"default-src 'self'; connect-src 'self' ws: http://127.0.0.1:*; img-src 'self' data: blob: http://127.0.0.1:*;"
    b" style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""Styles of elements are set by React; scripts are files of ours."""


def app(context: Context) -> ASGIApp:
    """The ASGI application below `/chat`."""
    # Only what was built has a name here: no path of a request is ever one of the disk.
    files = {f"/{path.relative_to(BUILT).as_posix()}": path for path in BUILT.rglob("*") if path.is_file()}
    config = {
        "supabaseUrl": context.url, "publishableKey": context.publishable_key, "tenantSlug": TENANT,
        "people": [{"name": name, "email": email, "password": context.demo_password} for name, email in PEOPLE]
        if context.demo_password
        else [],
    }  # fmt: skip

    async def live(_receive: Receive, _send: Send) -> None:
        """Nothing is to be opened."""

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] == "/config.json":
            # It has a password: no other origin may read it, and no name that somebody pointed at this machine.
            is_here = (header(scope, b"host") or "").rpartition(":")[0] in HERE
            status, body = (200, config) if is_here else (404, {"message": "ask this machine by its address"})
            await respond_json(send, status, body, [(b"cache-control", b"no-store")])
            return
        path = files.get("/index.html" if scope["path"] == "/" else scope["path"])
        if path is None:
            message = "run `make setup`: it builds the example" if not files else "no such file"
            await respond_json(send, 404, {"message": message})
            return
        await respond(send, 200, path.read_bytes(), _headers(path))

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await serve(scope, receive, send, live=live, answer=answer)

    return served


def _headers(path: Path) -> list[tuple[bytes, bytes]]:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_hashed = path.parent.name == "assets"
    return [
        (b"content-type", kind.encode()), (b"content-security-policy", POLICY), (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"public, max-age=31536000, immutable" if is_hashed else b"no-cache"),
    ]  # fmt: skip
