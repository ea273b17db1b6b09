"""A bot's webhook: setting it, removing it, and what Telegram says of it."""

import re
import time
from typing import Any

from app.channels.http_api import NoAnswerError, NotReachedError, host_and_path, member, text_of
from app.channels.telegram.api import BotApi, RefusedError
from app.channels.telegram.updates import ASKED_FOR
from app.domain.channels import Health, Session, webhook_path

FUNCTION = "telegram-webhook"
TAKEN = r"[A-Za-z0-9_-]{1,256}"
"""What Telegram takes as secret_token."""
UNKNOWN_TOKEN = Health(status="disconnected", reason="Telegram does not know the token: set the secret again")
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
        return Health(status="disconnected", reason="Telegram has no webhook for this bot: nothing comes in",
                      webhook_lost=True)  # fmt: skip
    if not url.endswith(webhook_path(FUNCTION, session.session_id)):
        elsewhere = host_and_path(url)[0] or "somebody else"
        return Health(status="disconnected", reason=f"Telegram calls {elsewhere} instead of this account")
    error, at = text_of(member(info, "last_error_message")), member(info, "last_error_date")
    recent = isinstance(at, int) and time.time() - at < FRESH_S
    if error and recent and isinstance(waiting, int) and waiting > 0:
        if any(code in error for code in _SHUT_OUT):
            return Health(
                status="disconnected", reason=f"Telegram's calls are refused, {waiting} updates wait: {error[:200]}",
                webhook_lost=True,
            )  # fmt: skip
        return Health(status="degraded", reason=f"Telegram gets no answer, {waiting} updates wait: {error[:200]}")
    return Health(status="connected", proves_address=True)


async def set_webhook(api: BotApi, place: str, session: Session) -> Health:
    """Have Telegram call the account's function below `place`, with its secret. What waits at Telegram is kept."""
    token, secret = session.secrets.get("token", ""), session.secrets.get("webhook_secret", "")
    if not place:
        return Health(status="degraded", reason="PARLEY_PUBLIC_URL is not set: Telegram has nowhere to call")
    if not re.fullmatch(TAKEN, secret):
        reason = "the account has no secret webhook_secret of 1 to 256 letters, digits, _ and -"
        return Health(status="disconnected", reason=reason)
    if token.partition(":")[0] != session.address:
        reason = f"the token is that of another bot, the account is {session.address}"
        return Health(status="disconnected", reason=reason)
    url = place + webhook_path(FUNCTION, session.session_id)
    fields = {"url": url, "secret_token": secret, "allowed_updates": ASKED_FOR}
    return await _done(api, token, "setWebhook", fields) or Health(status="connected")


async def remove_webhook(api: BotApi, session: Session) -> Health:
    """Have Telegram call nobody, unless it calls somebody else by now."""
    token = session.secrets.get("token", "")
    try:
        info = await api.call(token, "getWebhookInfo")
    except (RefusedError, NotReachedError, NoAnswerError) as error:
        return _gone(error)
    if not text_of(member(info, "url")).endswith(webhook_path(FUNCTION, session.session_id)):
        return Health(status="connected")
    return await _done(api, token, "deleteWebhook", {}) or Health(status="connected")


async def _done(api: BotApi, token: str, method: str, fields: dict[str, Any]) -> Health | None:
    """Why a method did not do what it should; None when it did."""
    try:
        await api.call(token, method, fields)
    except (RefusedError, NotReachedError, NoAnswerError) as error:
        return why(error)
    return None


def why(error: Exception) -> Health:
    """What an error of the Bot API means for an account."""
    if isinstance(error, RefusedError) and error.code in (401, 404):
        return UNKNOWN_TOKEN
    refused = isinstance(error, RefusedError)
    return Health(status="degraded", reason=str(error) if refused else f"Telegram does not answer: {error}")


def _gone(error: Exception) -> Health:
    # A token Telegram does not know any more takes nothing away, and with it nobody is called.
    trouble = why(error)
    return Health(status="connected") if trouble is UNKNOWN_TOKEN else trouble
