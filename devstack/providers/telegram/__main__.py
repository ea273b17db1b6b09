"""`python -m devstack.providers.telegram [--port N]`: a Bot API on 127.0.0.1 that reaches nobody.

The first line on standard output is JSON: {"url", "pid"}. Orders go to `/control`.
"""

import argparse

from devstack.providers.process import run
from devstack.providers.telegram.bots import Limits
from devstack.providers.telegram.server import Telegram


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
    run(Telegram(limits, seed=asked.seed).serving, asked.port)


if __name__ == "__main__":
    main()
