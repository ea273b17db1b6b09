"""The API process: `python -m app.http.main`."""

import contextlib
import errno
import logging
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from app import log
from app.db.migrate import read_migrations
from app.db.pool import make_pool
from app.errors import SetupError, told_in_one_line
from app.http import (
    analysis,
    analytics,
    assistants,
    audit,
    bookings,
    broadcasts,
    channels,
    chat,
    contacts,
    dashboard,
    deliveries,
    docs,
    files,
    health,
    invariants,
    knowledge,
    marketplace,
    messages,
    moderation,
    notes,
    policies,
    rates,
    reviewing,
    starting,
    tasks,
    tenancy,
    threads,
    viewer,
    webhooks,
)
from app.http.auth import Authenticator
from app.http.cors import Cors
from app.http.deps import admit, provide_unit
from app.http.gate import Gate
from app.http.problems import HANDLERS
from app.http.reading import StrictRequest
from app.http.shell import Meters, Shell
from app.secrets import Vault
from app.settings import Settings, load
from app.storage import Storage

MAX_BODY_BYTES = 1 << 20
CHAPTERS = (
    threads, notes, messages, deliveries, chat, contacts, channels, webhooks, tenancy, audit, knowledge, assistants,
    tasks, marketplace, bookings, files, viewer, broadcasts, reviewing, moderation, policies, analysis, rates, starting,
    analytics, invariants,
)  # fmt: skip

DESK = (dashboard.config, dashboard.home, dashboard.mail_frame, dashboard.page, dashboard.report)


def make_app(settings: Settings) -> Shell:
    """The ASGI application of these settings."""
    meters = Meters()
    pool, storage = make_pool(settings.api_database_url, size=settings.pool_size, name="api"), Storage(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        await pool.open()
        yield
        await storage.close()
        await pool.close()

    rooms = [module.router for module in CHAPTERS]
    v1 = Router(
        "/v1",
        route_handlers=rooms,
        before_request=admit,
        request_class=StrictRequest,
        dependencies={"unit": Provide(provide_unit, sync_to_thread=False)},
    )
    app = Litestar(
        route_handlers=[
            health.health, health.ready, health.metrics, docs.document, docs.page, docs.script, v1, *DESK,
        ],
        lifespan=[lifespan],
        exception_handlers=HANDLERS,
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        state=State(
            {
                "settings": settings, "pool": pool, "storage": storage, "meters": meters,
                "authenticator": Authenticator(settings), "gate": Gate(),
                "vault": Vault(settings.secret_keys()) if settings.secret_keys() else None,
                "newest_migration": newest_migration(),
            }
        ),
    )  # fmt: skip
    return Shell(app, meters, Cors(settings.cors_origins))


def newest_migration() -> str | None:
    """The version of the newest migration this code was written for, None where the files are not at hand."""
    try:
        versions = [migration.version for migration in read_migrations()]
    except (OSError, SetupError):
        return None
    return max(versions, default=None)


@told_in_one_line()
def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = load()
    log.configure(settings, worker="api")
    # A failed statement leaves its pipeline early, which psycopg would remark on every time.
    for name, level in (("psycopg", logging.ERROR), ("psycopg.pool", logging.WARNING), ("uvicorn", logging.WARNING)):
        logging.getLogger(name).setLevel(level)
    serve(settings)


def serve(settings: Settings, **options: Any) -> None:
    """Serve these settings' address; `options` go to uvicorn. Raises SetupError when the port is not to be had."""
    config = uvicorn.Config(
        make_app(settings),
        host=settings.api_host, port=settings.api_port, loop="uvloop", http="httptools", access_log=False,
        log_config=None, server_header=False, timeout_graceful_shutdown=10, h11_max_incomplete_event_size=65_536,
        **options,
    )  # fmt: skip
    with bind(settings) as listener:
        logging.getLogger("parley.api").info("listening on http://%s:%s", settings.api_host, settings.api_port)
        server = uvicorn.Server(config)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    if not server.started:
        sys.exit(3)


def bind(settings: Settings) -> socket.socket:
    """A socket that listens on the API's address. Raises SetupError when somebody else does, or it is not allowed."""
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.api_host, settings.api_port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = "is occupied" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise SetupError(f"port {settings.api_port} {reason}", remedy="set PARLEY_API_PORT") from error
    return listener


if __name__ == "__main__":
    main()
