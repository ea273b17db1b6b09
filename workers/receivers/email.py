"""The mail receiver: SMTP (and LMTP) in, committed rows out. 250 is said after the commit, never before.

Unknown recipients are refused at RCPT (550). While the database is away everything is answered 451, so that the sending
server keeps the mail and tries again. Over SMTP a mail is taken for all its recipients or for none; over LMTP each has
an answer of its own.
"""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from psycopg_pool import PoolTimeout

from app import log as logs
from app.channels.email import keep_unparsed, parse_mail
from app.db import worker as db
from app.domain.addresses import AddressError, normalize_email
from app.domain.email import MailLimits, ParsedMail
from app.errors import SetupError, told_in_one_line
from app.settings import Settings, env_name, load
from workers import metrics
from workers.loop import Pool, open_pool, worker_name
from workers.receiving.ingest import Ingested, Mailbox, find_mailbox, ingest
from workers.receiving.smtp_server import LmtpServer, SmtpServer

log = logging.getLogger("parley.receiver")
AWAY = "451 4.3.0 The database is away, try again later"
BROKEN = "451 4.3.0 Something is wrong here, try again later"
MAX_RECIPIENTS = 100
HEARTBEAT_S = 60.0
BIND_S = 3.0
GRACE_S = 10.0
WAIT_S = 3.0
"""How long a sender is kept waiting for a database connection before it hears 451."""
THREAD_FROM_BYTES = 65_536
"""Mails larger than this are parsed beside the event loop, so that one of them does not hold up the others."""


class Receiver:
    """aiosmtpd's handler: one instance for all connections."""

    def __init__(self, settings: Settings, pool: Pool) -> None:
        self.pool = pool
        self._heartbeats: dict[Mailbox, float] = {}
        self.limits = MailLimits(max_attachment_bytes=settings.max_attachment_bytes)
        self._writing = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Commands are read one by one from a buffer, so a sender need not wait for each answer."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_exception(self, error: Exception) -> str:
        """A bug of ours or the library's: the sender keeps the mail."""
        log.error("a command failed: this is a bug of ours", exc_info=error)
        return BROKEN

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient that is one of our mailboxes."""
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients, send the rest in another mail"
        try:
            known = normalize_email(address)
            async with self.pool.connection() as connection:
                mailbox = await find_mailbox(connection, known)
        except AddressError:
            mailbox = None
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError) as error:
            log.warning("cannot look a recipient up", extra={"reason": str(error)})
            metrics.RECEIVED.labels("deferred").inc()
            return AWAY
        if mailbox is None:
            metrics.RECEIVED.labels("unknown_recipient").inc()
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        _mailboxes(envelope)[address] = mailbox
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Parse, commit, answer. LMTP wants one answer a recipient."""
        raw = envelope.original_content or b""
        self._writing += 1
        self._quiet.clear()
        try:
            mail = await self._parse(raw, envelope)
            if isinstance(server, LMTP):
                return "\r\n".join(await self._take_each(mail, envelope))
            return await self._take(mail, envelope, list(_mailboxes(envelope).values()))
        finally:
            self._writing -= 1
            if not self._writing:
                self._quiet.set()

    async def finish(self) -> None:
        """Wait until the mails being written are answered, for at most ten seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), GRACE_S)
        await asyncio.sleep(0.05)  # the answers leave

    async def _take_each(self, mail: ParsedMail, envelope: Envelope) -> list[str]:
        """An answer for every recipient in turn; two addresses of one mailbox are one delivery."""
        mailboxes = list(dict.fromkeys(_mailboxes(envelope).values()))
        answers = await asyncio.gather(*(self._take(mail, envelope, [mailbox]) for mailbox in mailboxes))
        by_mailbox = dict(zip(mailboxes, answers, strict=True))
        return [by_mailbox[_mailboxes(envelope)[address]] for address in envelope.rcpt_tos]

    async def _take(self, mail: ParsedMail, envelope: Envelope, mailboxes: list[Mailbox]) -> str:
        started = time.perf_counter()
        try:
            try:
                done = await self._ingest(mail, mailboxes)
            except (psycopg.DataError, psycopg.IntegrityError, ValueError):
                # A value the database refuses must not bounce for ever: keep the mail as it came.
                log.exception("a mail could not be stored as parsed; keeping the original")
                mail = keep_unparsed(
                    envelope.original_content or b"", envelope_from=envelope.mail_from or "", limits=self.limits,
                    reason="refused by the database",
                )  # fmt: skip
                done = await self._ingest(mail, mailboxes)
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError) as error:
            log.warning("a mail is deferred", extra={"reason": str(error)})
            metrics.RECEIVED.labels("deferred").inc()
            return AWAY
        except Exception:
            log.exception("a mail is deferred: this is a bug of ours")
            metrics.RECEIVED.labels("deferred").inc()
            return BROKEN
        metrics.SECONDS.labels("receive").observe(time.perf_counter() - started)
        for one in done:
            self._note(one, mail)
            await self._heartbeat(one.mailbox)
        return f"250 2.0.0 OK {done[0].message_id}" + ("" if done[0].new else " duplicate")

    async def _heartbeat(self, mailbox: Mailbox) -> None:
        """Say that a mailbox receives, at most once a minute; the mail is safe already, so a failure is no matter."""
        if time.monotonic() - self._heartbeats.get(mailbox, float("-inf")) < HEARTBEAT_S:
            return
        self._heartbeats[mailbox] = time.monotonic()
        values = {"tenant_id": mailbox.tenant_id, "session_id": mailbox.session_id}
        with contextlib.suppress(psycopg.Error, PoolTimeout, OSError):
            async with self.pool.connection() as connection:
                await db.fetch(connection, "inbound", "record_heartbeat", **values)

    def parse_now(self, raw: bytes, sender: str, recipients: list[str]) -> ParsedMail:
        """Parse within the receiver's limits; never raises."""
        return parse_mail(raw, envelope_from=sender, envelope_to=recipients, limits=self.limits)

    async def _parse(self, raw: bytes, envelope: Envelope) -> ParsedMail:
        arguments = (raw, envelope.mail_from or "", envelope.rcpt_tos)
        if len(raw) > THREAD_FROM_BYTES:
            return await asyncio.to_thread(self.parse_now, *arguments)
        return self.parse_now(*arguments)

    async def _ingest(self, mail: ParsedMail, mailboxes: list[Mailbox]) -> list[Ingested]:
        for attempt in range(3):
            try:
                async with self.pool.connection() as connection:
                    return await ingest(connection, mail, mailboxes)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _note(self, one: Ingested, mail: ParsedMail) -> None:
        result = "duplicate" if not one.new else "unparsed" if mail.unparsed else "stored"
        metrics.RECEIVED.labels(result).inc()
        ids = {"tenant_id": one.mailbox.tenant_id, "thread_id": one.thread_id, "message_id": one.message_id}
        log.info("mail received", extra={**ids, "result": result, "auto_class": mail.auto_class})


def _mailboxes(envelope: Envelope) -> dict[str, Mailbox]:
    found: dict[str, Mailbox] = envelope.__dict__.setdefault("parley_mailboxes", {})
    return found


async def serve(
    settings: Settings, stopping: asyncio.Event, ready: Callable[[int], Awaitable[None]] | None = None
) -> None:
    """Listen until `stopping`; mails being written are finished first. `ready` is told the SMTP port."""
    pool = open_pool(settings, worker_name("receive"), wait_s=WAIT_S)
    receiver = Receiver(settings, pool)
    options: dict[str, Any] = {
        "data_size_limit": settings.max_mail_bytes, "enable_SMTPUTF8": True, "ident": "Parley", "timeout": 120,
        # Asked once: for every connection anew it would hold up all others while a name server is slow.
        "hostname": await asyncio.to_thread(socket.getfqdn),
    }  # fmt: skip
    servers = [await _bind(settings, "smtp_port", lambda: SmtpServer(receiver, **options))]
    if settings.lmtp_port:
        servers.append(await _bind(settings, "lmtp_port", lambda: LmtpServer(receiver, **options)))
    # The parser's libraries are loaded by the first mail: that one need not be somebody's.
    warm = asyncio.create_task(asyncio.to_thread(receiver.parse_now, b"Subject: warm\r\n\r\n<p>up</p>", "", []))
    try:
        await pool.open()
        log.info("receiver listening", extra={"smtp_port": settings.smtp_port, "lmtp_port": settings.lmtp_port or None})
        if ready:
            await ready(servers[0].sockets[0].getsockname()[1])
        await stopping.wait()
    finally:
        await warm
        for server in servers:
            server.close()
        await receiver.finish()
        await pool.close(timeout=10)


async def _bind(settings: Settings, field: str, make: Callable[[], SMTP]) -> asyncio.Server:
    """A listening server on the port of `field`. Raises SetupError when somebody else has the port."""
    port = getattr(settings, field)
    deadline = time.monotonic() + BIND_S
    while True:
        try:
            return await asyncio.get_running_loop().create_server(make, settings.smtp_host, port, backlog=512)
        except OSError as error:
            # A predecessor that was just killed may need a moment to let go.
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise SetupError(
                    f"port {port} of {settings.smtp_host} is not free", remedy=f"set {env_name(field)}"
                ) from error
        await asyncio.sleep(0.05)


@told_in_one_line()
def main() -> None:
    """Run the receiver until SIGTERM."""
    settings = load()

    async def start() -> None:
        logs.configure(settings, worker=worker_name("receive"))
        metrics.serve(settings)
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await serve(settings, stopping)

    import uvloop

    uvloop.run(start())


if __name__ == "__main__":
    main()
