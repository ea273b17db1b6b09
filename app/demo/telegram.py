"""The Telegram demo: people write to a bot of a Bot API on this machine, and read its answers there."""

import asyncio
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from app.channels.telegram.updates import qualify
from app.db.queries import query
from app.demo import loopback
from app.demo.channel import Connection, Progress, Sent
from app.demo.mails import SAMPLE
from app.demo.report import Report
from app.errors import NotFound
from app.secrets import Vault
from app.settings import Settings

AT_ONCE = 100
STALLED_S = 60.0
NAME = "Demo bot"
IDENT = "parley loopback telegram"


class TelegramDemo:
    """`count` people write one message each; `seed` makes a run repeatable."""

    def __init__(self, count: int, *, seed: int = 0) -> None:
        self.count = count
        self._chance = random.Random(seed or time.time_ns())  # noqa: S311 - ids of people who do not exist
        self._before = 0

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
        session_id, token = await _account(settings, connection)
        await _ask(settings, "POST", "bots", {"token": token, "username": "demo_bot"})
        self._before = len(await _ask(settings, "GET", "deliveries"))
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
        waiting = await _wait_until_confirmed(settings, int(token.partition(":")[0]), self.count, progress)
        cursor = await connection.execute(query("operations", "find_received"), {"channel": "telegram", "keys": keys})
        found = {str(key): str(message_id) for key, message_id in await cursor.fetchall()}
        # What still waits at the provider is the newest: it was not accepted.
        late = set(keys[len(keys) - waiting :])
        return [
            Sent(error="not fetched from the provider") if key in late and key not in found
            else Sent(message_id=found.get(key))
            for key in keys
        ]  # fmt: skip

    async def compare(self, settings: Settings, connection: Connection, report: Report) -> Report:
        """What people got beyond what was handed over, or ended unclear, is an error."""
        del connection
        delivered = len(await _ask(settings, "GET", "deliveries")) - self._before
        surplus = max(0, delivered - report.replies - report.errors)
        return msgspec.structs.replace(report, errors=report.errors + surplus)


async def _ask(settings: Settings, verb: str, what: str, order: Mapping[str, Any] | None = None) -> Any:
    return await loopback.ask(settings.telegram_url, verb, what, order)


async def _account(settings: Settings, connection: Connection) -> tuple[str, str]:
    """(session id, token) of the demo's bot, made at its first run."""
    vault = Vault(settings.secret_keys())
    known = await (await connection.execute(query("operations", "demo_bot"), {"name": NAME})).fetchone()
    if known is not None:
        return str(known[0]), vault.open(str(known[1]))
    token = f"{random.SystemRandom().randint(10**9, 10**10)}:{secrets.token_urlsafe(26)}"
    values = {"name": NAME, "address": token.partition(":")[0], "sealed": vault.seal(token)}
    made = await (await connection.execute(query("operations", "make_demo_bot"), values)).fetchone()
    if made is None:
        raise NotFound("there is no tenant yet", remedy="create one, or run the demo on a private stack (`--private`)")
    return str(made[0]), token


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
