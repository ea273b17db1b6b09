"""The world's mail server, with a memory and moods."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.ports import free_port
from tests.support.threaded import InThread
from tests.workers.harness import read_mail


class Provider(InThread):
    """A mail server in a thread. It keeps each mail, and takes `before` and `after` seconds around keeping it.

    A sender that dies meanwhile is a sender that does not know.
    """

    def __init__(self, before: Callable[[], float] = float, after: Callable[[], float] = float) -> None:
        super().__init__()
        self.before, self.after = before, after
        self.mails: list[tuple[float, EmailMessage]] = []
        self.waiting = 0
        self.port = free_port()

    async def listen(self) -> None:
        """On its port."""
        self._server = await self.loop.create_server(
            lambda: SMTP(self, loop=self.loop, hostname="mx.test"), "127.0.0.1", self.port, backlog=512
        )

    async def stop_listening(self) -> None:
        """Take no new mail."""
        self._server.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail."""
        self.waiting += 1
        try:
            await asyncio.sleep(self.before())
            self.mails.append((time.time(), read_mail(bytes(envelope.content or b""))))
            await asyncio.sleep(self.after())
        finally:
            self.waiting -= 1
        return "250 OK"

    def counts(self) -> Counter[str]:
        """How often each Message-ID was kept."""
        return Counter(str(mail["Message-ID"]).strip("<> ") for _, mail in self.mails)
