"""A WhatsApp Cloud API on this machine, written from its public documentation: `python -m devstack.providers.whatsapp`.

`server` speaks HTTP, `numbers` holds numbers, people and files, `sending` does what businesses send.
"""

from devstack.providers.whatsapp.server import WhatsApp

__all__ = ["WhatsApp"]
