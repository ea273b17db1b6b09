"""`python -m devstack.providers.mail [--port N]`: Resend's and SparkPost's API on 127.0.0.1, which reach nobody.

The first line on standard output is JSON: {"url", "pid"}. Orders go to `/control`.
"""

import argparse
import asyncio
import json
import os
import signal
import sys

from devstack.providers.mail.server import MailProviders


async def serve(port: int, seed: int) -> None:
    """Listen until SIGTERM or SIGINT. Raises OSError when the port is taken."""
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with MailProviders(seed=seed).serving(port) as url:
        print(json.dumps({"url": url, "pid": os.getpid()}), flush=True)
        await stop.wait()


def main() -> None:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m devstack.providers.mail", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=0, help="of the faults that strike by chance")
    asked = parser.parse_args()
    try:
        asyncio.run(serve(asked.port, asked.seed))
    except OSError as error:
        sys.exit(f"error: cannot listen on 127.0.0.1:{asked.port}: {error.strerror}")


if __name__ == "__main__":
    main()
