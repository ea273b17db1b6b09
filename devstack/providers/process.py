"""A provider as a process: it says where it listens, and stays until it is told to stop."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol


async def _serve(serving: Callable[[int], AbstractAsyncContextManager[str]], port: int) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with serving(port) as url:
        print(json.dumps({"url": url, "pid": os.getpid()}), flush=True)
        await stop.wait()


class Serving(Protocol):
    """A provider: `serving(port)` listens while it is entered, and yields its base URL."""

    @property
    def serving(self) -> Callable[[int], AbstractAsyncContextManager[str]]:
        """Called with a port, 0 for any."""
        ...


def run(name: str, text: str | None, make: Callable[..., Serving], **numbers: float) -> None:
    """Listen until SIGTERM or SIGINT, as the command line says; the first line printed is JSON: {"url", "pid"}.

    `make` gets the seed, and `numbers`, which are options as well, by their names.
    """
    parser = argparse.ArgumentParser(prog=f"python -m devstack.providers.{name}", description=text)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=0, help="of the faults that strike by chance")
    for option, usual in numbers.items():
        parser.add_argument(f"--{option.replace('_', '-')}", type=float, default=usual)
    asked = vars(parser.parse_args())
    port = asked.pop("port")
    try:
        asyncio.run(_serve(make(**asked).serving, port))
    except OSError as error:
        sys.exit(f"error: cannot listen on 127.0.0.1:{port}: {error.strerror}")
