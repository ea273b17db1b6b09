"""The Telegram demo: people write to a bot of a Bot API on this machine, and read its answers there.

It loses one in twenty of its answers to a send. Telegram tells nothing afterwards, so those sends stay unknown, and the
demo lists them.
"""

import asyncio
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from app.channels.telegram.updates import qualify
from app.db.queries import query
from app.demo import loopback
from app.demo.accounts import account
from app.demo.channel import Connection, Progress, Sent
from app.demo.loopback import AT_ONCE, STALLED_S
from app.demo.mails import SAMPLE
from app.demo.report import Report
from app.demo.tally import Dispatched, Losses, dispatches
from app.settings import Settings

IDENT = "parley loopback telegram"


class TelegramDemo:
    """`count` people write one message each; `seed` makes a run repeatable."""

    def __init__(self, count: int, *, seed: int = 0) -> None:
        self.count = count
        self._chance = random.Random(seed or time.time_ns())  # noqa: S311 - ids of people who do not exist
        self._losses = Losses("telegram", "sendMessage")
        self._bot = 0

    @contextmanager
    def provider(self) -> Iterator[Mapping[str, str]]:
        """A process that speaks the Bot API and reaches nobody."""
        with loopback.started("devstack.providers.telegram") as url:
            yield {"PARLEY_TELEGRAM_URL": url}

    async def require_harmless(self, settings: Settings, connection: Connection) -> None:
        """The Bot API of the stack is the one on loopback, which knows no real people."""
        del connection
        await loopback.require(settings.telegram_url, IDENT, "Telegram messages")

    async def send_all(self, settings: Settings, connection: Connection, progress: Progress) -> list[Sent]:
        """Write everything, wait until the receiver has confirmed it to the provider, and look for the rows."""
        made_up = f"{random.SystemRandom().randint(10**9, 10**10)}:{secrets.token_urlsafe(26)}"
        bot = await account(
            settings, connection, channel="telegram", provider="telegram", address=made_up.partition(":")[0],
            config={}, secrets={"token": made_up},
        )  # fmt: skip
        session_id, token = bot.session_id, bot.secrets["token"]
        self._bot = int(token.partition(":")[0])
        await _ask(settings, "POST", "bots", {"token": token, "username": "demo_bot"})
        await self._losses.begin(connection, settings.telegram_url, session_id)
        people = self._chance.sample(range(10**8, 10**9), self.count)
        keys: list[str] = []
        for start in range(0, self.count, AT_ONCE):
            said = [
                {"person": person, "text": SAMPLE[(start + n) % len(SAMPLE)][2],
                 "from_user": {"first_name": SAMPLE[(start + n) % len(SAMPLE)][0].split(" <")[0]}}
                for n, person in enumerate(people[start : start + AT_ONCE])
            ]  # fmt: skip
            written = await _ask(settings, "POST", "messages", {"token": token, "messages": said})
            keys += [qualify(session_id, one["chat"]["id"], one["message_id"]) for one in written]
            progress("sending", len(keys), self.count)
        waiting = await _wait_until_confirmed(settings, self._bot, self.count, progress)
        cursor = await connection.execute(query("operations", "find_received"), {"channel": "telegram", "keys": keys})
        found = {str(key): str(message_id) for key, message_id in await cursor.fetchall()}
        # What still waits at the provider is the newest: it was not accepted.
        late = set(keys[len(keys) - waiting :])
        return [
            Sent(error="not fetched from the provider") if key in late and key not in found
            else Sent(message_id=found.get(key))
            for key in keys
        ]  # fmt: skip

    async def waiting(self, settings: Settings) -> int:
        """Nothing: the receiver fetches what there is."""
        del settings
        return 0

    async def compare(self, settings: Settings, connection: Connection, report: Report) -> Report:
        """Every dispatch of the run held against what people got. What nobody dispatched is an error."""
        lost = await self._losses.end()
        session_id = self._losses.session_id
        ours = Whose(session_id, await dispatches(connection, session_id))
        got = [one["message"] for one in await _ask(settings, "GET", "deliveries") if one["bot"] == self._bot]
        taken = Counter(map(ours.queue_id, got))
        strays = taken.pop("", 0)
        found = await self._losses.report(connection, report, taken, lost)
        return msgspec.structs.replace(found, errors=found.errors + strays)


class Whose:
    """Tells our dispatch from what a person got: by its id where Telegram's answer came, else by its chat.

    Everybody writes once in a run and is answered at most once, so a second message in a chat is a second one of the
    same dispatch.
    """

    def __init__(self, session_id: str, rows: Sequence[Dispatched]) -> None:
        self._session_id = session_id
        self._by_id = {row.provider_message_id: row.queue_id for row in rows if row.provider_message_id}
        self._by_chat = {row.recipient: row.queue_id for row in rows}

    def queue_id(self, message: Mapping[str, Any]) -> str:
        """Our own id of a delivered message; empty for one that no dispatch stands for."""
        chat = message["chat"]["id"]
        known = self._by_id.get(qualify(self._session_id, chat, message["message_id"]))
        return known or self._by_chat.get(str(chat), "")


async def _ask(settings: Settings, verb: str, what: str, order: Mapping[str, Any] | None = None) -> Any:
    return await loopback.ask(settings.telegram_url, verb, what, order)


async def _wait_until_confirmed(settings: Settings, bot: int, total: int, progress: Progress) -> int:
    """How many updates still wait at the provider once none does, or nothing has moved for a minute."""
    before, moved_at = -1, time.monotonic()
    while True:
        bots = (await _ask(settings, "GET", ""))["bots"]
        pending = next(int(one["pending"]) for one in bots if one["id"] == bot)
        progress("receiving", total - pending, total)
        if pending == 0 or (pending == before and time.monotonic() - moved_at > STALLED_S):
            return pending
        if pending != before:
            before, moved_at = pending, time.monotonic()
        await asyncio.sleep(0.1)
