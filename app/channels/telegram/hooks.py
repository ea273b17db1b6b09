"""A bot's webhook: what Telegram says of it."""

import time
from typing import Any
from urllib.parse import urlsplit

from app.channels.http_api import member, text_of
from app.domain.channels import Health, Session, webhook_path

FUNCTION = "telegram-webhook"
FRESH_S = 3600
"""Telegram goes on telling of its last error after all is well: what is older, or left nothing waiting, is over."""
_SHUT_OUT = ("401", "403")


def is_pushed(session: Session) -> bool:
    """Whether Telegram calls us for this account, instead of being asked."""
    return session.config.get("mode") == "webhook"


def judge(info: Any, session: Session) -> Health:
    """What getWebhookInfo means for an account with mode webhook."""
    url, waiting = text_of(member(info, "url")), member(info, "pending_update_count")
    if not url:
        return Health(status="disconnected", reason="Telegram has no webhook for this bot: nothing comes in")
    if not url.endswith(webhook_path(FUNCTION, session.session_id)):
        elsewhere = urlsplit(url).hostname or "somebody else"
        return Health(status="disconnected", reason=f"Telegram calls {elsewhere} instead of this account")
    error, at = text_of(member(info, "last_error_message")), member(info, "last_error_date")
    recent = isinstance(at, int) and time.time() - at < FRESH_S
    if error and recent and isinstance(waiting, int) and waiting > 0:
        if any(code in error for code in _SHUT_OUT):
            return Health(
                status="disconnected", reason=f"Telegram's calls are refused, {waiting} updates wait: {error[:200]}"
            )
        return Health(status="degraded", reason=f"Telegram gets no answer, {waiting} updates wait: {error[:200]}")
    return Health(status="connected", proves_address=True)
