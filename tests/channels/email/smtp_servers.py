"""Scripted SMTP servers on loopback ports: aiosmtpd for the whole dialogue, a raw socket where it must break."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Script:
    """What the server answers; `None` accepts. It keeps every mail it accepted and how the sender came to send it."""

    def __init__(
        self, *, mail: str | None = None, rcpt: str | None = None, data: str = "250 OK queued as Q123ABC",
        users: dict[str, str] | None = None, extensions: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.mail, self.rcpt, self.data, self.users, self.extensions = mail, rcpt, data, users or {}, extensions
        self.mails: list[bytes] = []
        self.envelopes: list[Envelope] = []
        self.tls: list[bool] = []
        self.logins: list[tuple[str, str, bool]] = []
        """(mechanism, user, over TLS) of every try to log in."""
        self.sessions: set[int] = set()
        self.resets = 0
        self.last_mail: str | None = None
        self.last_rcpt: str | None = None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(f"250-{one}" for one in self.extensions), responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mail:
            return self.mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.resets += 1
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.sessions.add(id(session))
        self.envelopes.append(envelope)
        self.tls.append(_encrypted(server))
        if self.data.startswith("2"):
            self.mails.append(bytes(envelope.content or b""))
        return self.data

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        """Passwords of `users`; each try is kept."""
        assert isinstance(login, LoginPassword)
        user = login.login.decode()
        self.logins.append((mechanism, user, _encrypted(server)))
        return AuthResult(success=self.users.get(user) == login.password.decode(), handled=False)


class Server(SMTP):
    """aiosmtpd's server that keeps the parameters of MAIL and RCPT and, with DSN among its extensions, takes DSN's."""

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.event_handler.last_mail = arg
        await super().smtp_MAIL(self._without(arg, "RET=", "ENVID="))

    async def smtp_RCPT(self, arg: str | None) -> None:
        self.event_handler.last_rcpt = arg
        await super().smtp_RCPT(self._without(arg, "NOTIFY=", "ORCPT="))

    def _without(self, arg: str | None, *names: str) -> str | None:
        if arg is None or "DSN" not in self.event_handler.extensions:
            return arg
        return " ".join(word for word in arg.split(" ") if not word.upper().startswith(names))


def _encrypted(server: SMTP) -> bool:
    return server.transport is not None and server.transport.get_extra_info("sslcontext") is not None


@contextlib.asynccontextmanager
async def smtp_server(
    script: Script, *, port: int = 0, tls: ssl.SSLContext | None = None, implicit: bool = False, **options: Any
) -> AsyncIterator[int]:
    """Serve `script`; yields the port. On leaving, every connection is cut, as in a restart.

    `tls` offers STARTTLS, with `implicit` it is spoken from the first byte; `options` are aiosmtpd's.
    """
    protocols: list[SMTP] = []

    def factory() -> SMTP:
        protocol = Server(
            script, tls_context=None if implicit else tls, loop=asyncio.get_running_loop(),
            authenticator=script.authenticate, hostname="mx.test",
            **{"auth_require_tls": not implicit, "enable_SMTPUTF8": True, **options},
        )  # fmt: skip
        protocols.append(protocol)
        return protocol

    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", port, ssl=tls if implicit else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for protocol in protocols:
            # One that closes ends by itself, and early versions of Python 3.11 cannot abort what was closed twice.
            if protocol.transport is not None and not protocol.transport.is_closing():
                protocol.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def broken_server(ending: str) -> AsyncIterator[int]:
    """Answers until the end of data, then closes (`drop`) or says nothing (`hang`)."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(b"220 ready\r\n")
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    writer.write(b"354 go\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    if ending == "hang":
                        await reader.read()
                    break
                writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
