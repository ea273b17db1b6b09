"""`/rest/v1`: tables and functions over HTTP, as PostgREST serves them on hosted Supabase.

    request.py → parse.py (grammar.py, scanner.py) → plan.py, calls.py → statement.py (read_sql.py, write_sql.py)
    → run.py → answer.py

Everything up to `run.py` is pure: a query string and the schema cache (cache.py, catalogue.py) decide what is asked of
Postgres. Values are bound and typed by Postgres; names are quoted.
"""

import logging

import psycopg
from psycopg_pool import PoolTimeout

from app.settings import PROJECT
from devstack.surface.asgi import ASGIApp, Receive, Scope, Send, header, respond, respond_json, serve
from devstack.surface.context import Context
from devstack.surface.database import Pool, make_pool
from devstack.surface.identity import Caller, Identity
from devstack.surface.problems import Unauthorised
from devstack.surface.rest.answer import Answer
from devstack.surface.rest.cache import Cache, options_of
from devstack.surface.rest.errors import JSON_TYPE, Problem, from_database
from devstack.surface.rest.room import Room
from devstack.surface.rest.schema import Options

_LOG = logging.getLogger(__name__)


def app(context: Context) -> ASGIApp:
    """The ASGI application below `/rest/v1`."""
    return make_app(context.identity, context.database_urls["rest"], options_of(PROJECT / "supabase" / "config.toml"))


def make_app(identity: Identity, url: str, options: Options) -> ASGIApp:
    """The same for the database at `url`, which the room enters as `authenticator`."""
    pool = make_pool(url, name="rest", checked=True)
    cache = Cache(pool, url, options)
    room = Room(pool, cache)

    async def live(receive: Receive, send: Send) -> None:
        await _live(pool, cache, receive, send)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(room, identity, scope, receive, send)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await serve(scope, receive, send, live=live, answer=answer)

    return app


async def _live(pool: Pool, cache: Cache, receive: Receive, send: Send) -> None:
    await receive()
    await pool.open()
    await cache.open()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await cache.close()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})


async def _answer(room: Room, identity: Identity, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        caller = _caller(identity, scope)
    except Unauthorised as refused:
        await respond_json(send, 401, {"message": refused.message, "hint": refused.hint})
        return
    except Problem as problem:
        await _send(send, scope, _problem(problem))
        return
    try:
        found = await room.handle(scope, receive, caller)
    except Problem as problem:
        found = _problem(problem)
    except PoolTimeout:
        found = _problem(Problem(504, "PGRST003", "Timed out acquiring connection from connection pool."))
    except psycopg.Error as error:
        _LOG.warning("the schema cache could not be read: %s", error)
        found = _problem(from_database(error, has_token=True))
    await _send(send, scope, found)


async def _send(send: Send, scope: Scope, found: Answer) -> None:
    if scope["method"] == "HEAD" or found.status in (204, 304):
        await send({"type": "http.response.start", "status": found.status, "headers": found.headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await respond(send, found.status, found.body, found.headers)


def _problem(problem: Problem) -> Answer:
    code = "".join(char for char in problem.code if " " < char < "\x7f")  # of a raised error, SQL chose it
    status = f"PostgREST; error={code}".encode()
    return Answer(problem.status, [JSON_TYPE, (b"proxy-status", status), *problem.headers], problem.body)


def _caller(identity: Identity, scope: Scope) -> Caller:
    """Who asks: the gateway wants a key of the project, PostgREST a token that is good."""
    by_key = identity.by_key(scope)
    scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or token == header(scope, b"apikey"):
        return by_key
    try:
        return identity.of(token)
    except Unauthorised as refused:
        raise _bad_token(token, refused) from refused


def _bad_token(token: str, refused: Unauthorised) -> Problem:
    code, details = "PGRST301", None
    if not token:
        message = "Empty JWT is sent in Authorization header"
    elif refused.message in ("JWT expired", "JWT not yet valid"):
        code, message = "PGRST303", refused.message
    elif token.count(".") != 2:
        message = f"Expected 3 parts in JWT; got {token.count('.') + 1}"
    else:
        message, details = "No suitable key or wrong key type", "None of the keys was able to decode the JWT"
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    return Problem(401, code, message, details, None, [(b"www-authenticate", challenge.encode())])
