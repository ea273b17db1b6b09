"""/dashboard: the desk, as `make setup` built it, served by this process alone; and what it needs to know of us."""

import logging
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery

from app.errors import NotFound
from app.settings import PROJECT

log = logging.getLogger("parley.dashboard")
FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mail</title>
<style>
html { color-scheme: light; background: #fff; color: #16201f; overflow-x: auto; overflow-y: hidden; }
body { margin: 0; padding: 12px; font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; }
</style></head><body></body></html>
"""
"""What a mail is shown on: paper, whatever the colours of the desk."""
BUILT = PROJECT / "dashboard" / "dist"
REPORTED = ("document-uri", "effective-directive", "violated-directive", "blocked-uri", "source-file", "line-number")
"""What of a browser's report is worth a line of the log: never a text of a page."""


class Config(msgspec.Struct, frozen=True, rename="camel"):
    """Where the desk finds its Supabase, and the key that may be known to everybody."""

    supabase_url: str
    publishable_key: str


@get("/dashboard/config.json", include_in_schema=False)
async def config(request: Request[Any, Any, State]) -> Response[Config]:
    """The installation's own. Raises NotFound where it has not been told."""
    settings = request.app.state.settings
    if not (settings.supabase_url and settings.supabase_key):
        raise NotFound("The desk does not know its Supabase.", remedy="set SUPABASE_URL and SUPABASE_KEY")
    return Response(
        Config(settings.supabase_url.rstrip("/"), settings.supabase_key), headers={"cache-control": "no-store"}
    )


@get(["/dashboard", "/dashboard/"], include_in_schema=False)
async def home(request: Request[Any, Any, State]) -> Response[bytes]:
    """The page."""
    return _answer(request, "")


@get("/dashboard/mail-frame", include_in_schema=False)
async def mail_frame(pictures: FromQuery[bool] = False) -> Response[str]:
    """An empty page of its own, into which the desk puts the cleaned HTML of a mail: it runs nothing, sends nothing
    anywhere, and fetches pictures only where the reader asked for them."""
    headers = {
        "content-security-policy": (
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none';"
            f" form-action 'none'; img-src data:{' https:' if pictures else ''};"
            " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        ),
        "x-frame-options": "SAMEORIGIN", "cache-control": "no-cache",
    }  # fmt: skip
    return Response(FRAME, media_type="text/html", headers=headers)


@get("/dashboard/{path:path}", include_in_schema=False)
async def page(request: Request[Any, Any, State], path: FromPath[str]) -> Response[bytes]:
    """A file of the desk, or the page for the address of a screen."""
    return _answer(request, path.lstrip("/"))


def _answer(request: Request[Any, Any, State], name: str) -> Response[bytes]:
    """Raises NotFound for a file that is not there: a script never gets the page in its place."""
    files = built()
    found = files.get(name) or (files.get("index.html") if "." not in name.rpartition("/")[2] else None)
    if found is None:
        raise NotFound("There is no such file of the desk.", remedy="`make setup` builds it" if not files else None)
    headers = {
        "content-security-policy": policy(request.app.state.settings.supabase_url),
        "cache-control": "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "cross-origin-opener-policy": "same-origin",
    }  # fmt: skip
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    return Response(found.read_bytes(), media_type=kind, headers=headers)


@post("/dashboard/csp-report", include_in_schema=False, status_code=204, media_type=MediaType.TEXT)
async def report(request: Request[Any, Any, State]) -> None:
    """What a browser refused to do on our page: a line of the log."""
    try:
        said = msgspec.json.decode(await request.body())
        facts = said["csp-report"] if isinstance(said, dict) else {}
        shown = {name: str(facts[name])[:200] for name in REPORTED if name in facts}
    except (msgspec.DecodeError, KeyError, TypeError):
        shown = {}
    log.warning("the browser refused something on the desk", extra={"report": shown})


def built() -> dict[str, Path]:
    """Name → file of everything that was built: no path of a request is ever one of the disk."""
    index = BUILT / "index.html"
    return _built(index.stat().st_mtime_ns if index.exists() else 0)


@lru_cache(maxsize=1)
def _built(_made: int) -> dict[str, Path]:
    return {path.relative_to(BUILT).as_posix(): path for path in BUILT.rglob("*") if path.is_file()}


def policy(supabase_url: str) -> str:
    """The desk runs its own files, speaks to this server and its Supabase, and is shown in nobody's frame."""
    parts = urlsplit(supabase_url)
    socket = {"http": "ws", "https": "wss"}.get(parts.scheme)
    others = f" {parts.scheme}://{parts.netloc} {socket}://{parts.netloc}" if socket and parts.netloc else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        f" connect-src 'self'{others}; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'; report-uri /dashboard/csp-report"
    )
