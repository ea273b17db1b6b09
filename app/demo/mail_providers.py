"""The mail demo over providers that lose answers: mail comes in over SMTP, replies leave by Resend and SparkPost.

Both stand in on this machine and drop the answer to every twentieth mail they took. Resend honours an idempotency key
(class I), SparkPost does not (class N); the demo compares what we believe with what they took.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid

import msgspec

from app.db.queries import query
from app.demo import loopback
from app.demo.channel import Connection, Progress, Sent
from app.demo.email import deliver
from app.demo.mails import SAMPLE
from app.demo.report import Report
from app.demo.tally import ONE_LOST_IN, tally
from app.errors import NotFound
from app.secrets import Vault
from app.settings import Settings

IDENT = "parley loopback mail"
PROVIDERS = ("resend", "sparkpost")


class MailProvidersDemo:
    """`count` people write one mail each, in turn to a mailbox of either provider; or `mails` are what is written."""

    def __init__(self, count: int, mails: Sequence[bytes] = (), *, seed: int = 0) -> None:
        self.count, self.mails = count, mails
        self._chance = random.Random(seed or time.time_ns())  # noqa: S311 - addresses of people who do not exist
        self._sessions: dict[str, str] = {}
        """Provider → account."""
        self._unanswered: dict[str, int] = {}

    @contextmanager
    def provider(self) -> Iterator[Mapping[str, str]]:
        """A process that speaks both APIs and reaches nobody."""
        with loopback.started("devstack.providers.mail") as url:
            yield {"PARLEY_RESEND_URL": url, "PARLEY_SPARKPOST_URL": url}

    async def require_harmless(self, settings: Settings, connection: Connection) -> None:
        """Both APIs of the stack are the ones on loopback."""
        del connection
        for url in (settings.resend_url, settings.sparkpost_url):
            await loopback.require(url, IDENT, "mail")

    async def send_all(self, settings: Settings, connection: Connection, progress: Progress) -> list[Sent]:
        """Deliver every mail; from here on one answer in twenty is lost."""
        about = await loopback.ask(settings.resend_url, "GET", "")
        self._unanswered = about["unanswered"]
        addresses = [await self._mailbox(settings, connection, provider, str(about["key"])) for provider in PROVIDERS]
        for provider in PROVIDERS:
            fault = {"kind": "lost", "calls": provider, "every": ONE_LOST_IN}
            await loopback.ask(settings.resend_url, "POST", "faults", fault)
        raws = self.mails or [self._write(number) for number in range(self.count)]
        # In blocks of what the sample holds, so that both hear everything that people say.
        placed = [(raw, addresses[number // len(SAMPLE) % len(addresses)]) for number, raw in enumerate(raws)]
        return await deliver(settings, placed, progress)

    async def waiting(self, settings: Settings) -> int:
        """Nothing: SMTP pushes."""
        del settings
        return 0

    async def compare(self, settings: Settings, connection: Connection, report: Report) -> Report:
        """Every dispatch of the run held against the mails each provider took."""
        await loopback.ask(settings.resend_url, "POST", "clear-faults")
        taken = await loopback.ask(settings.resend_url, "GET", "mails")
        lost = (await loopback.ask(settings.resend_url, "GET", ""))["unanswered"]
        tallies = [
            await tally(connection, provider, self._sessions[provider], Counter(taken[provider]),
                         lost[provider] - self._unanswered[provider])
            for provider in PROVIDERS
        ]  # fmt: skip
        # An unknown is the answer, not a failure: it is listed.
        listed = sum(len(one.unknown) for one in tallies)
        return msgspec.structs.replace(report, errors=max(0, report.errors - listed), providers=tallies)

    async def _mailbox(self, settings: Settings, connection: Connection, provider: str, key: str) -> str:
        """The address of the demo's mailbox at a provider, new in every run."""
        address = f"demo-{provider}-{self._chance.randrange(10**9):09}@{settings.inbound_domain}"
        sealed = Vault(settings.secret_keys()).seal(key)
        values = {"provider": provider, "name": f"Demo {provider}", "address": address, "sealed": sealed}
        made = await (await connection.execute(query("operations", "make_demo_mailbox"), values)).fetchone()
        if made is None:
            raise NotFound(
                "there is no tenant yet", remedy="create one, or run the demo on a private stack (`--private`)"
            )
        self._sessions[provider] = str(made[0])
        return address

    def _write(self, number: int) -> bytes:
        sender, subject, text = SAMPLE[number % len(SAMPLE)]
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f'"{sender.rpartition(" ")[0]}" <p{self._chance.randrange(10**12)}@demo.example>'
        mail["To"], mail["Subject"], mail["Message-ID"] = "us", subject, make_msgid(domain="demo.example")
        mail.set_content(text)
        return mail.as_bytes()
