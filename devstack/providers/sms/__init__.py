"""A Messages API shaped like Twilio's on this machine, written from its public documentation:
`python -m devstack.providers.sms`. `server` speaks HTTP, `messages` knows what may be sent and how calls are signed."""

from devstack.providers.sms.server import Sms

__all__ = ["Sms"]
