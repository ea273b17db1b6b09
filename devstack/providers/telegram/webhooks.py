"""Webhooks of bots: set and deleted, told about, and called until they answer."""

import asyncio
import json
import re
import time

import httpx

from devstack.providers.pushing import LOOPBACK, local
from devstack.providers.telegram.bots import Bot, Json
from devstack.providers.telegram.sending import bad

PAUSE_S = 0.5
SECRET = re.compile(r"[A-Za-z0-9_-]*")
SECRET_MOST = 256


class Webhooks:
    """What setWebhook, deleteWebhook and getWebhookInfo do. `reach`: public address → where it ends on this machine."""

    def __init__(self) -> None:
        self.reach: dict[str, str] = {}
        self._calling: dict[str, asyncio.Task[None]] = {}

    async def stop(self) -> None:
        """Call nobody any more."""
        for task in self._calling.values():
            task.cancel()
        await asyncio.gather(*self._calling.values(), return_exceptions=True)

    def set(self, bot: Bot, given: Json) -> bool:
        """setWebhook: polls end, updates go to the address from here on."""
        url, secret = str(given.get("url") or ""), str(given.get("secret_token") or "")
        if not url:
            return self.delete(bot, given)
        if len(secret) > SECRET_MOST:
            raise bad("secret token is too long")
        if not SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters")
        if not url.startswith("https://") and httpx.URL(url).host not in LOOPBACK:
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        try:
            local(url, self.reach)
        except ValueError as error:
            raise bad(f"bad webhook: {error}") from error
        self.delete(bot, given)
        bot.end_poll()
        bot.ask_for(given.get("allowed_updates"))
        bot.webhook = {"url": url, "secret_token": secret}
        self._calling[bot.token] = asyncio.create_task(self._call_forever(bot))
        return True

    def delete(self, bot: Bot, given: Json) -> bool:
        """deleteWebhook: what waits goes on waiting, unless it is to be dropped."""
        bot.webhook = {}
        if given.get("drop_pending_updates") in (True, "true", "True"):
            bot.updates.clear()
        if task := self._calling.pop(bot.token, None):
            task.cancel()
        return True

    def info(self, bot: Bot, _given: Json) -> Json:
        """getWebhookInfo."""
        told: Json = {name: value for name, value in bot.webhook.items() if name.startswith("last_error_")}
        allowed = {"allowed_updates": sorted(bot.allowed)} if bot.allowed else {}
        reached = {"max_connections": 40, "ip_address": "127.0.0.1"} if bot.webhook else {}
        return {
            "url": bot.webhook.get("url", ""), "has_custom_certificate": False,
            "pending_update_count": len(bot.updates), **reached, **allowed, **told,
        }  # fmt: skip

    async def _call_forever(self, bot: Bot) -> None:
        """Updates go to the webhook in order, again and again until it answers 2xx."""
        headers = {
            "X-Telegram-Bot-Api-Secret-Token": bot.webhook["secret_token"], "Content-Type": "application/json",
        }  # fmt: skip
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while True:
                if not bot.updates:
                    bot.news.clear()
                    await bot.news.wait()
                    continue
                update = bot.updates[0][1]
                error = await _call(client, local(bot.webhook["url"], self.reach), update, headers)
                if error is None:
                    bot.confirm_below(update["update_id"] + 1)
                    continue
                bot.webhook |= {"last_error_date": int(time.time()), "last_error_message": error}
                await asyncio.sleep(PAUSE_S)


async def _call(client: httpx.AsyncClient, url: str, update: Json, headers: dict[str, str]) -> str | None:
    """None when it was taken, else what Telegram says of it afterwards."""
    try:
        answer = await client.post(url, content=json.dumps(update).encode(), headers=headers)
    except httpx.ConnectError:
        return "Connection refused"
    except httpx.HTTPError:
        return "Connection reset by peer"
    if answer.is_success:
        return None
    return f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
