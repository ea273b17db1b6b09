"""The gateway as a process of its own: `python -m app.realtime.server`."""

import contextlib
import hmac
import logging
import resource
import sys
from collections.abc import Mapping
from typing import Any

import uvicorn

from app import log, realtime
from app.errors import told_in_one_line
from app.settings import Settings, load

OPTIONS: dict[str, Any] = {
    "ws": "websockets-sansio", "ws_per_message_deflate": False, "ws_max_size": 5_000_000, "ws_ping_interval": None,
    "access_log": False, "log_config": None, "server_header": False, "lifespan": "on", "backlog": 4096,
}  # fmt: skip
"""What keeps a connection small: no compression, and no pings, since clients send heartbeats."""


@told_in_one_line()
def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = load()
    log.configure(settings, worker="realtime")
    for name in ("uvicorn.error", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    raise_file_limit()
    serve(settings)


def serve(settings: Settings, **options: Any) -> None:
    """Serve these settings' port."""

    def resolve_key(key: str) -> Mapping[str, Any] | None:
        return {"role": "anon"} if hmac.compare_digest(key.encode(), settings.supabase_key.encode()) else None

    gateway = realtime.app(settings, resolve_key=resolve_key, cors=True)
    config = uvicorn.Config(
        gateway, host=settings.api_host, port=settings.realtime_port, timeout_graceful_shutdown=5,
        **{**OPTIONS, **options},
    )  # fmt: skip
    server = uvicorn.Server(config)
    logging.getLogger("parley.realtime").info("listening on ws://%s:%s", settings.api_host, settings.realtime_port)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(3)


def raise_file_limit() -> None:
    """As many open files as the system allows: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
