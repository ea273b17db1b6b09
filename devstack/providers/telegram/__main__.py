"""`python -m devstack.providers.telegram [--port N]`: a Bot API on 127.0.0.1 that reaches nobody.

The first line on standard output is JSON: {"url", "pid"}. Orders go to `/control`.
"""

from devstack.providers.process import run
from devstack.providers.telegram.bots import Limits
from devstack.providers.telegram.server import Telegram


def make(seed: int, chat_per_second: float, bot_per_second: float) -> Telegram:
    """A Bot API with these limits."""
    return Telegram(Limits(chat_per_second=chat_per_second, bot_per_second=bot_per_second), seed=seed)


if __name__ == "__main__":
    usual = Limits()
    run("telegram", __doc__, make, chat_per_second=usual.chat_per_second, bot_per_second=usual.bot_per_second)
