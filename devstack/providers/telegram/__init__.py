"""A Bot API on this machine, written from its public documentation: `python -m devstack.providers.telegram`.

`server` speaks HTTP, `bots` holds bots, chats and updates, `sending` does what bots send, `text` reads formatting.
"""

from devstack.providers.telegram.server import Telegram

__all__ = ["Telegram"]
