"""The mail demo: real mail over SMTP in, the catcher as the receiving server."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import aiosmtplib

from app.db.queries import query
from app.demo.channel import Connection, Progress, Sent
from app.demo.mails import envelope_sender
from app.demo.report import Report
from app.errors import Conflict, NotFound, Unavailable
from app.settings import Settings

CONNECTIONS = 4
TRIES = 5


class EmailDemo:
    """Sends `mails` to `recipient`, or to the first mailbox of the stack."""

    def __init__(self, mails: Sequence[bytes], recipient: str | None) -> None:
        self.mails, self.recipient = mails, recipient

    @contextmanager
    def provider(self) -> Iterator[Mapping[str, str]]:
        """The stack brings its catcher along."""
        yield {}

    async def require_harmless(self, settings: Settings, connection: Connection) -> None:
        """Outbound mail goes to the catcher, and to no other server."""
        expected = f"smtp://127.0.0.1:{settings.catcher_port}"
        if not settings.smtp_url.startswith(expected):
            raise Conflict(
                "outbound mail does not go to the catcher", code="not_the_catcher",
                remedy="unset PARLEY_SMTP_URL, or run the demo on a private stack (`--private`)",
            )  # fmt: skip
        if b"Parley mail catcher" not in await _greeting(settings.catcher_port):
            raise Conflict("the server at the catcher's port is not the catcher", code="not_the_catcher",
                           remedy="run the demo on a private stack")  # fmt: skip
        cursor = await connection.execute(
            "select count(*) from public.et_channel_sessions where config ? 'smtp' and status <> 'deleted'"
        )
        row = await cursor.fetchone()
        if row and row[0]:
            raise Conflict("a channel session sends through a server of its own", code="not_the_catcher",
                           remedy="pause that session, or run the demo on a private stack")  # fmt: skip

    async def send_all(self, settings: Settings, connection: Connection, progress: Progress) -> list[Sent]:
        """Send every mail to the one recipient."""
        recipient = self.recipient or await _first_mailbox(connection)
        return await deliver(settings, [(raw, recipient) for raw in self.mails], progress)

    async def compare(self, settings: Settings, connection: Connection, report: Report) -> Report:
        """The catcher is shared with whatever else the stack sends: nothing can be told from it."""
        del settings, connection
        return report


async def deliver(settings: Settings, mails: Sequence[tuple[bytes, str]], progress: Progress) -> list[Sent]:
    """Deliver each (mail, recipient) over a few connections; a 4xx is tried again, as a mail server would."""
    results = [Sent() for _ in mails]
    waiting = list(range(len(mails)))[::-1]
    done = 0

    async def sender() -> None:
        nonlocal done
        client: aiosmtplib.SMTP | None = None
        while waiting:
            number = waiting.pop()
            for attempt in range(TRIES):
                try:
                    if client is None or not client.is_connected:
                        client = aiosmtplib.SMTP(hostname=settings.smtp_host, port=settings.smtp_port, use_tls=False,
                                                 start_tls=False, timeout=60)  # fmt: skip
                        await client.connect()
                    results[number] = await _send_one(client, *mails[number])
                except (aiosmtplib.SMTPException, OSError) as error:
                    results[number] = Sent(error=f"{type(error).__name__}: {error}")
                    client = None
                if results[number].error is None or "(5" in str(results[number].error):
                    break
                await asyncio.sleep(0.2 * 2**attempt)
            done += 1
            progress("sending", done, len(mails))
        if client is not None and client.is_connected:
            await client.quit()

    await asyncio.gather(*(sender() for _ in range(min(CONNECTIONS, max(1, len(mails))))))
    return results


async def _greeting(port: int) -> bytes:
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            banner = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        raise Unavailable("the catcher does not answer", remedy="is the stack running? `parley status`") from error
    return banner


async def _first_mailbox(connection: Connection) -> str:
    row = await (await connection.execute(query("operations", "first_mailbox"))).fetchone()
    if row is None:
        raise NotFound("no tenant has a mailbox", remedy="create an e-mail channel session first")
    return str(row[0])


async def _send_one(client: aiosmtplib.SMTP, raw: bytes, recipient: str) -> Sent:
    try:
        await client.mail(envelope_sender(raw))
        await client.rcpt(recipient)
        # aiosmtplib's own data(): dot-stuffing and line ends, nothing else is touched.
        answer = await client.data(raw)
    except aiosmtplib.SMTPResponseException as error:
        await client.rset()
        return Sent(error=f"({error.code}) {error.message}")
    words = answer.message.split()
    return Sent(message_id=words[2] if len(words) > 2 else None, duplicate="duplicate" in words)
