"""The Telegram receiver: long polls for every bot whose account does not say that it is pushed (mode webhook).

Telegram forgets an update once a poll names a later offset. The offset moves in the transaction that stores the
messages, and only then is it named, so that an update is either stored or still there.
"""

import itertools
import logging
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from app.channels.http_api import NoAnswerError, NotReachedError
from app.channels.telegram.api import TOKEN, BotApi, RefusedError
from app.channels.telegram.files import fetch_files
from app.channels.telegram.updates import ASKED_FOR, read_update
from app.domain.channels import Session
from app.domain.inbound import ChannelEvent, InboundMessage
from app.settings import Settings
from workers.receiving.polling import MOST, Account, Item, Trouble, main

log = logging.getLogger("parley.polling")
WAITS_S = (0, 5, 25)
"""How long the first polls of an account wait, and then every one: the first two are there to see whether it works."""
UPDATES_MOST = 100
BATCH_BYTES = 16 * 1024 * 1024
"""Files of more than this are not held in memory at once: what was read so far is stored first."""
FORGET_S = 6 * 86_400
"""After a week of silence Telegram numbers updates anew, maybe lower: an offset that old is not named again. What comes
twice for it is recognised by its message id."""


class HookedError(Trouble):
    """A webhook is set: Telegram gives nothing to polls."""


class TelegramReader:
    """Reads one bot; one HTTP client for all of them."""

    provider = "telegram"
    proves_address = True

    def __init__(self, settings: Settings) -> None:
        self._most = settings.max_attachment_bytes
        self._api = BotApi(settings.telegram_url, connections=MOST + 50)

    async def read(self, account: Account) -> AsyncIterator[list[Item]]:
        """Batches without end. Raises Trouble."""
        token = _token(account.session)
        offset, moved_at = int(account.cursor.get("offset", 0)), account.cursor.get("at", 0)
        for turn in itertools.count():
            wait_s = WAITS_S[min(turn, len(WAITS_S) - 1)]
            known = 0 if time.time() - moved_at > FORGET_S else offset
            updates = await (self._ask_first if turn == 0 else self._ask)(token, known, wait_s)
            if not updates:
                yield []
                continue
            async for batch in self._batches(account.session, token, updates):
                yield batch
            offset, moved_at = updates[-1]["update_id"] + 1, time.time()

    async def _batches(
        self, session: Session, token: str, updates: Sequence[dict[str, Any]]
    ) -> AsyncIterator[list[Item]]:
        batch: list[Item] = []
        held = 0
        for update in updates:
            events = await fetch_files(self._api, token, read_update(update, session.session_id), self._most)
            batch.append(Item(events=events, cursor={"offset": update["update_id"] + 1, "at": int(time.time())}))
            held += sum(map(_size, events))
            if held > BATCH_BYTES:
                yield batch
                batch, held = [], 0
        if batch:
            yield batch

    async def _ask_first(self, token: str, offset: int, wait_s: int) -> list[dict[str, Any]]:
        """The first poll of an account, whose webhook has to go: polls are refused while there is one. Not later: an
        account that got a webhook meanwhile may be meant to have it."""
        try:
            return await self._ask(token, offset, wait_s)
        except HookedError:
            log.warning("this bot has a webhook, but the account is polled: the webhook is deleted")
        try:
            await self._api.call(token, "deleteWebhook", {})
        except RefusedError as error:
            raise _trouble(error) from error
        except (NotReachedError, NoAnswerError) as error:
            raise Trouble("degraded", f"Telegram does not answer: {error}") from error
        return await self._ask(token, offset, wait_s)

    async def _ask(self, token: str, offset: int, wait_s: int) -> list[dict[str, Any]]:
        asked = {"offset": offset or None, "limit": UPDATES_MOST, "timeout": wait_s, "allowed_updates": ASKED_FOR}
        try:
            updates = await self._api.call(token, "getUpdates", asked, wait_s=wait_s)
        except RefusedError as error:
            raise _trouble(error) from error
        except (NotReachedError, NoAnswerError) as error:
            raise Trouble("degraded", f"Telegram does not answer: {error}") from error
        if not isinstance(updates, list) or not all(
            isinstance(update, dict) and isinstance(update.get("update_id"), int) for update in updates
        ):
            raise Trouble("degraded", "Telegram gives an answer that makes no sense")
        return updates

    async def close(self) -> None:
        """Hang up."""
        await self._api.close()


def _token(session: Session) -> str:
    """The bot's token, once it is clear that it is this account's. Raises Trouble."""
    found = TOKEN.fullmatch(session.secrets.get("token", ""))
    if not found:
        raise Trouble("disconnected", "the account has no secret `token` that looks like a bot token")
    if found[1] != session.address:
        raise Trouble("disconnected", f"the token is that of bot {found[1]}, the account is {session.address}")
    return found[0]


def _trouble(error: RefusedError) -> Trouble:
    if error.code in (401, 404):
        return Trouble("disconnected", "Telegram does not know the token: set the secret `token` again")
    if error.code == 409 and "webhook" in error.text:
        return HookedError("degraded", "somebody sets a webhook for this bot: stop him, or use mode webhook")
    if error.code == 409:
        return Trouble("degraded", "another program reads this bot's messages: only one may")
    return Trouble("degraded", f"Telegram refuses: {error}", pause_s=error.retry_after_s)


def _size(event: ChannelEvent) -> int:
    return sum(len(file.data) for file in event.files) if isinstance(event, InboundMessage) else 0


if __name__ == "__main__":
    main(TelegramReader)
