"""`python -m devstack.providers.telegram [--port N]`: a Bot API on 127.0.0.1 that reaches nobody.

The first line on standard output is JSON: {"url", "pid"}. Orders go to `/control`.
"""

import argparse
import asyncio
import json
import os
import signal
import sys

from devstack.providers.telegram.bots import Limits
from devstack.providers.telegram.server import Telegram


async def serve(port: int, limits: Limits, seed: int) -> None:
    """Listen until SIGTERM or SIGINT. Raises OSError when the port is taken."""
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with Telegram(limits, seed=seed).serving(port) as url:
        print(json.dumps({"url": url, "pid": os.getpid()}), flush=True)
        await stop.wait()


def main() -> None:
    """Run with the arguments of the command line."""
    usual = Limits()
    parser = argparse.ArgumentParser(prog="python -m devstack.providers.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=0, help="of the faults that strike by chance")
    parser.add_argument("--chat-per-second", type=float, default=usual.chat_per_second)
    parser.add_argument("--bot-per-second", type=float, default=usual.bot_per_second)
    asked = parser.parse_args()
    limits = Limits(chat_per_second=asked.chat_per_second, bot_per_second=asked.bot_per_second)
    try:
        asyncio.run(serve(asked.port, limits, asked.seed))
    except OSError as error:
        sys.exit(f"error: cannot listen on 127.0.0.1:{asked.port}: {error.strerror}")


if __name__ == "__main__":
    main()
