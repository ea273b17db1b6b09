"""Accounts that are read over IMAP answer over SMTP: the provider `imap` is the SMTP adapter under another name."""

import msgspec

from app.channels.email.smtp import BY_MAIL, CAPABILITIES, SmtpAdapter
from app.settings import Settings


def create_adapter(settings: Settings) -> SmtpAdapter:
    """The adapter of this process."""
    return SmtpAdapter(
        settings.smtp_url or "smtp://127.0.0.1:25", pool_size=8,
        private_hosts=frozenset(settings.private_host_names()),
        capabilities=msgspec.structs.replace(CAPABILITIES, provider="imap", webhook_function=None, receipts=BY_MAIL),
    )  # fmt: skip
