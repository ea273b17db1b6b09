"""The adapters of this process, by channel. Adding a channel adds one line here and one adapter file."""

from app.domain.channels import Adapter
from app.settings import Settings


def create_adapters(settings: Settings) -> dict[str, Adapter]:
    """Channel → adapter. A channel without an adapter is refused by the router by name."""
    from app.channels.email.smtp import SmtpAdapter

    return {"email": SmtpAdapter(settings.smtp_url or "smtp://127.0.0.1:25", pool_size=8)}
