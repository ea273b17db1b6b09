"""The Telegram demo: people write to a bot of a Bot API on this machine, and read its answers there."""

import asyncio
import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.channels.telegram.updates import qualify
from app.db.queries import query
from app.demo.channel import Connection, Progress, Sent
from app.demo.mails import SAMPLE
from app.errors import Conflict, NotFound, SetupError, Unavailable
from app.secrets import Vault
from app.settings import PROJECT, Settings, process_environment

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
        process = subprocess.Popen(
            [sys.executable, "-m", "devstack.providers.telegram"], cwd=PROJECT, env=process_environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise SetupError("the provider on loopback did not start")
            yield {"PARLEY_TELEGRAM_URL": json.loads(line)["url"]}
        finally:
            process.terminate()
            process.wait()

    async def require_harmless(self, settings: Settings, connection: Connection) -> None:
        """The Bot API of the stack is the one on loopback, which knows no real people."""
        del connection
        remedy = "run the demo on a private stack (`--private`)"
        if urlsplit(settings.telegram_url).hostname != "127.0.0.1":
            raise Conflict("Telegram messages could reach real people", code="not_the_loopback", remedy=remedy)
        try:
            answer = await _ask(settings, "GET", "")
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable("the provider on loopback does not answer", remedy=remedy) from error
        if not isinstance(answer, dict) or answer.get("provider") != IDENT:
            raise Conflict("what answers as the Bot API is not the provider on loopback", code="not_the_loopback",
                           remedy=remedy)  # fmt: skip

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

    async def surplus(self, settings: Settings, handed_over: int, open_ended: int) -> int:
        """What people got in this run beyond what was handed over."""
        delivered = len(await _ask(settings, "GET", "deliveries")) - self._before
        return max(0, delivered - handed_over - open_ended)


async def _ask(settings: Settings, verb: str, what: str, order: Mapping[str, Any] | None = None) -> Any:
    async with httpx.AsyncClient(base_url=settings.telegram_url, timeout=20, trust_env=False) as client:
        answer = await client.request(verb, f"/control/{what}".rstrip("/"), json=order)
        answer.raise_for_status()
        return answer.json()


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
