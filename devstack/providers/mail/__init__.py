"""Mail providers on this machine: Resend's and SparkPost's HTTP API. What is sent arrives nowhere.

Both say yes, no and "what is this" in the words of the real ones. Resend honours an `Idempotency-Key`, SparkPost sends
twice what is asked twice. Answers can be lost on order: see `devstack.providers.faults`.
"""

from devstack.providers.mail.server import IDENT, MailProviders

__all__ = ["IDENT", "MailProviders"]
