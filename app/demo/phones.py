"""The WhatsApp and SMS demos: people write to a number of a provider on this machine, which tells the edge functions.

It loses one in twenty of its answers; what became of each message it tells afterwards, by the id it was given along.
"""

import asyncio
import random
import secrets
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from app.db.queries import query
from app.demo.accounts import Account, account
from app.demo.channel import Connection, Progress, Sent
from app.demo.loopback import AT_ONCE, STALLED_S, ask, require, started
from app.demo.mails import SAMPLE
from app.demo.report import Report
from app.demo.tally import Losses
from app.errors import Unavailable
from app.settings import Settings

PUBLIC = "https://parley.localhost"
"""What the functions of a throw-away stack are told to be reached at; the provider knows where that ends."""


class PhoneDemo(ABC):
    """`count` people write one message each; `seed` makes a run repeatable."""

    channel = ""
    name = ""
    """Of the provider."""
    ident = ""

    def __init__(self, count: int, *, seed: int = 0) -> None:
        self.count = count
        self._chance = random.Random(seed or time.time_ns())  # noqa: S311 - numbers of people who do not exist
        self._losses = Losses(self.name, "messages")

    @abstractmethod
    def url(self, settings: Settings) -> str:
        """Where the provider of a stack is."""

    @abstractmethod
    def queue_id(self, delivery: Mapping[str, Any]) -> str:
        """Our own id of a message the provider took."""

    @abstractmethod
    async def connect(self, settings: Settings, connection: Connection) -> tuple[str, str]:
        """Make the account and tell the provider of it: what it calls the account in orders, and its session id."""

    @abstractmethod
    async def write(self, settings: Settings, there: str, said: Sequence[tuple[str, str, str]]) -> list[str]:
        """People write: (number, name, text) each; the ids of their messages."""

    async def require_harmless(self, settings: Settings, connection: Connection) -> None:
        """The API of the stack is the one on loopback, and the edge functions run."""
        del connection
        await require(self.url(settings), self.ident, f"messages on {self.channel}")
        try:
            async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
                (await client.get(f"{functions(settings)}/health")).raise_for_status()
        except httpx.HTTPError as error:
            remedy = "`make setup` installs Deno, which serves them"
            raise Unavailable("the edge functions do not answer", remedy=remedy) from error

    async def waiting(self, settings: Settings) -> int:
        """Calls to the functions that the provider has still to make: messages, and what became of ours."""
        return int((await ask(self.url(settings), "GET", ""))["pending"])

    async def send_all(self, settings: Settings, connection: Connection, progress: Progress) -> list[Sent]:
        """Write everything, wait until the functions have taken it and a worker has read it."""
        url, (there, session_id) = self.url(settings), await self.connect(settings, connection)
        await self._losses.begin(connection, url, session_id)
        people = self._chance.sample(range(10**7), self.count)
        keys: list[str] = []
        for start in range(0, self.count, AT_ONCE):
            samples = [SAMPLE[(start + n) % len(SAMPLE)] for n in range(len(people[start : start + AT_ONCE]))]
            said = [
                (f"+1555{person:07d}", sample[0].split(" <")[0], sample[2])
                for person, sample in zip(people[start : start + AT_ONCE], samples, strict=True)
            ]
            keys += await self.write(settings, there, said)
            progress("sending", len(keys), self.count)
        found = await self._wait_until_read(connection, keys, progress)
        accepted = await self.waiting(settings) == 0
        return [
            Sent(message_id=found[key]) if key in found
            else Sent() if accepted else Sent(error="not taken by the functions")
            for key in keys
        ]  # fmt: skip

    async def _wait_until_read(self, connection: Connection, keys: list[str], progress: Progress) -> dict[str, str]:
        """The messages by their provider's id, once all are there or nothing has moved for a minute."""
        values, before, moved_at = {"channel": self.channel, "keys": keys}, -1, time.monotonic()
        while True:
            cursor = await connection.execute(query("operations", "find_received"), values)
            found = {str(key): str(message_id) for key, message_id in await cursor.fetchall()}
            progress("receiving", len(found), len(keys))
            if len(found) == len(keys) or (len(found) == before and time.monotonic() - moved_at > STALLED_S):
                return found
            if len(found) != before:
                before, moved_at = len(found), time.monotonic()
            await asyncio.sleep(0.1)

    async def compare(self, settings: Settings, connection: Connection, report: Report) -> Report:
        """Every dispatch of the run held against what the provider took."""
        lost = await self._losses.end()
        taken = Counter(self.queue_id(one) for one in await ask(self.url(settings), "GET", "deliveries"))
        if "" in taken:  # without a public address an SMS names no callback, and with it no id of ours
            return report
        return await self._losses.report(connection, report, taken, lost)


class WhatsAppDemo(PhoneDemo):
    """People write to a WhatsApp number."""

    channel, name, ident = "whatsapp", "whatsapp_cloud", "parley loopback whatsapp"

    def url(self, settings: Settings) -> str:
        """Where the Cloud API is."""
        return settings.whatsapp_url

    def queue_id(self, delivery: Mapping[str, Any]) -> str:
        """What statuses repeat."""
        return str(delivery["message"].get("biz_opaque_callback_data"))

    @contextmanager
    def provider(self) -> Iterator[Mapping[str, str]]:
        """A process that speaks the Cloud API and reaches nobody."""
        with started("devstack.providers.whatsapp") as url:
            yield {"PARLEY_WHATSAPP_URL": url}

    async def connect(self, settings: Settings, connection: Connection) -> tuple[str, str]:
        """Register the number and its webhook, which has to repeat a challenge."""
        made_up = {name: secrets.token_urlsafe(24) for name in ("access_token", "app_secret", "verify_token")}
        known = await account(
            settings, connection, channel="whatsapp", provider="whatsapp_cloud", address=_number(),
            config={"phone_number_id": str(secrets.randbelow(10**14) + 10**14)}, secrets=made_up,
        )  # fmt: skip
        number = str(known.config["phone_number_id"])
        await ask(settings.whatsapp_url, "POST", "numbers", {
            "phone_number_id": number, "display": known.address, "token": known.secrets["access_token"],
            "app_secret": known.secrets["app_secret"], "verify_token": known.secrets["verify_token"],
            "webhook": f"{functions(settings)}/functions/v1/whatsapp-webhook/{known.session_id}",
        })  # fmt: skip
        return number, known.session_id

    async def write(self, settings: Settings, there: str, said: Sequence[tuple[str, str, str]]) -> list[str]:
        """Each with the name of his profile."""
        each = [{"person": number.lstrip("+"), "name": name, "text": text} for number, name, text in said]
        order = {"phone_number_id": there, "messages": each}
        return [str(one["id"]) for one in await ask(settings.whatsapp_url, "POST", "messages", order)]


class SmsDemo(PhoneDemo):
    """People write to a number by SMS."""

    channel, name, ident = "sms", "twilio", "parley loopback sms"

    def url(self, settings: Settings) -> str:
        """Where the Messages API is."""
        return settings.twilio_url

    def queue_id(self, delivery: Mapping[str, Any]) -> str:
        """What the address of its callback says."""
        return str(delivery["callback"]).rpartition("?q=")[2]

    @contextmanager
    def provider(self) -> Iterator[Mapping[str, str]]:
        """A process that speaks the Messages API and reaches nobody."""
        with started("devstack.providers.sms") as url:
            yield {"PARLEY_TWILIO_URL": url, "PARLEY_PUBLIC_URL": PUBLIC}

    async def connect(self, settings: Settings, connection: Connection) -> tuple[str, str]:
        """Register the account; the provider signs the public address and calls what is behind it on this machine."""
        known: Account = await account(
            settings, connection, channel="sms", provider="twilio", address=_number(),
            config={"account_sid": "AC" + secrets.token_hex(16)}, secrets={"auth_token": secrets.token_hex(16)},
        )  # fmt: skip
        public = settings.public_url.rstrip("/") or functions(settings)
        sid = str(known.config["account_sid"])
        await ask(settings.twilio_url, "POST", "reach", {public: functions(settings)})
        await ask(settings.twilio_url, "POST", "accounts", {
            "sid": sid, "token": known.secrets["auth_token"], "number": known.address,
            "webhook": f"{public}/functions/v1/sms-webhook/{known.session_id}",
        })  # fmt: skip
        return sid, known.session_id

    async def write(self, settings: Settings, there: str, said: Sequence[tuple[str, str, str]]) -> list[str]:
        """An SMS has no name."""
        order: dict[str, Any] = {
            "sid": there, "messages": [{"person": number, "text": text} for number, _, text in said]
        }  # fmt: skip
        return [str(one["MessageSid"]) for one in await ask(settings.twilio_url, "POST", "messages", order)]


def functions(settings: Settings) -> str:
    """Where the edge functions of a stack listen."""
    return f"http://127.0.0.1:{settings.functions_port}"


def _number() -> str:
    return f"+1555{secrets.randbelow(10**7):07d}"
