"""A provider as a process: it says where it listens, and stays until it is told to stop."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager


async def _serve(serving: Callable[[int], AbstractAsyncContextManager[str]], port: int) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with serving(port) as url:
        print(json.dumps({"url": url, "pid": os.getpid()}), flush=True)
        await stop.wait()


def run(serving: Callable[[int], AbstractAsyncContextManager[str]], port: int) -> None:
    """Listen until SIGTERM or SIGINT; the first line on standard output is JSON: {"url", "pid"}."""
    try:
        asyncio.run(_serve(serving, port))
    except OSError as error:
        sys.exit(f"error: cannot listen on 127.0.0.1:{port}: {error.strerror}")
