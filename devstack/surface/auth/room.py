"""The ASGI side of the room: keys are checked, functions found, errors worded."""

import logging
from dataclasses import replace

import msgspec
import psycopg

from devstack.surface.asgi import Receive, Scope, Send, header, respond, respond_json, serve
from devstack.surface.auth import config, demo, routes
from devstack.surface.auth.limits import Limits
from devstack.surface.auth.mail import Mailer
from devstack.surface.auth.passwords import Passwords
from devstack.surface.auth.problems import VERSION, Problem, bad_json, email_exists, failed, invalid, speaks_version
from devstack.surface.auth.requests import Answer, Request, receive_request
from devstack.surface.auth.service import Auth
from devstack.surface.auth.sessions import Sessions
from devstack.surface.auth.tokens import Minter
from devstack.surface.context import Context
from devstack.surface.database import make_pool
from devstack.surface.problems import Unauthorised, refusal

logger = logging.getLogger(__name__)


class Room:
    """The application below `/auth/v1`. `settings` are the ones of config.toml unless a test has its own."""

    def __init__(self, context: Context, settings: config.Config | None = None) -> None:
        settings = settings or config.read()
        self._context = context
        self._pool = make_pool(context.database_urls["auth"], name="auth", size=6, checked=True)
        self._auth = Auth(
            config=settings, identity=context.identity, url=f"{context.url}/auth/v1", pool=self._pool,
            mailer=Mailer(context.settings.catcher_port), passwords=Passwords(settings), limits=Limits(settings),
            sessions=Sessions(settings, Minter(settings, context.identity, f"{context.url}/auth/v1")),
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await serve(scope, receive, send, live=self._live, answer=self._answer)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._pool.open(wait=True, timeout=30)
            for name in config.ignored():
                logger.warning("supabase/config.toml: [%s] means nothing to the local surface", name)
            await demo.give_password(self._auth, self._context.demo_password)
        except (psycopg.Error, OSError) as error:
            await self._pool.close()
            await send({"type": "lifespan.startup.failed", "message": f"auth: {error}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._handled(await receive_request(scope, receive))
        except Unauthorised as error:  # what hosted's gateway says, before Auth is asked
            await respond_json(send, 401, {"message": error.message, "hint": error.hint})
            return
        except Problem as problem:
            await self._refuse(scope, send, problem)
            return
        except RecursionError:
            await self._refuse(scope, send, bad_json("exceeded max depth"))
            return
        except psycopg.DataError as error:  # what the client sent is nothing Postgres can keep, as a NUL in a text
            await self._refuse(scope, send, invalid(str(error).splitlines()[0]))
            return
        except psycopg.errors.UniqueViolation as error:  # somebody else was quicker
            logger.info("%s %s: %s", scope["method"], scope["path"], error)
            taken = error.diag.constraint_name == "users_email_partial_key"
            await self._refuse(scope, send, email_exists() if taken else failed())
            return
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            await self._refuse(scope, send, failed())
            return
        headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
        if answer.body is None:
            await respond(send, answer.status, b"", headers)
        else:
            body = msgspec.json.encode(answer.body)
            await respond(send, answer.status, body, [(b"content-type", b"application/json"), *headers])

    async def _handled(self, request: Request) -> Answer:
        found = routes.find(request.method, request.path)
        feature = None if found else routes.refused(request.path)
        if feature:  # before the key is looked at: a browser that is sent to `/authorize` has none
            return Answer(refusal(feature), 501)
        if found is None or not found[0].is_open:
            self._check_key(request)
        if found is None:
            if routes.is_known(request.path):
                return Answer({"code": 405, "msg": "Method not allowed"}, 405)
            return Answer({"code": 404, "error_code": "not_found", "msg": "404 page not found"}, 404)
        route, parts = found
        return await route.handler(self._auth, replace(request, parts=parts))

    def _check_key(self, request: Request) -> None:
        """Hosted's gateway wants the project's API key with every request but links."""
        self._context.identity.by_key(request.scope)

    @staticmethod
    async def _refuse(scope: Scope, send: Send, problem: Problem) -> None:
        dated = speaks_version(header(scope, b"x-supabase-api-version"))
        extra = [(b"x-supabase-api-version", VERSION.encode())] if dated else []
        await respond_json(send, problem.status, problem.body(dated=dated), extra)
