"""An ASGI application on a loopback port, served by uvicorn in a thread of the tests."""

import asyncio
import socket
import time
from typing import Any

import uvicorn

from tests.support.threaded import InThread


def a_listener() -> socket.socket:
    """A socket bound to any free port. Of one that does not say it is TCP, asyncio sends small answers late."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


class Web(InThread):
    """Serves `app`, lifespan included, on `listener` or on any free port: `url`."""

    def __init__(self, app: Any, listener: socket.socket | None = None) -> None:
        super().__init__()
        if listener is None:
            listener = a_listener()
        self.listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="auto",
                timeout_graceful_shutdown=2,
                proxy_headers=False,
            )
        )

    async def listen(self) -> None:
        """Start, and wait until it has."""
        self.task = self.loop.create_task(self.server._serve(sockets=[self.listener]))
        deadline = time.monotonic() + 60
        while not self.server.started:
            assert not self.task.done() and time.monotonic() < deadline, "the server did not start"
            await asyncio.sleep(0.01)

    async def stop_listening(self) -> None:
        """Stop, and wait until it has."""
        self.server.should_exit = True
        await self.task
