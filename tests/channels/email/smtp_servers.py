"""Scripted SMTP servers on loopback ports: aiosmtpd for the whole dialogue, a raw socket where it must break."""

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Script:
    """What the server answers; `None` accepts. It keeps every mail it accepted and whether TLS was on."""

    def __init__(self, *, rcpt: str | None = None, data: str = "250 OK queued as Q123ABC") -> None:
        self.rcpt, self.data = rcpt, data
        self.mails: list[bytes] = []
        self.tls: list[bool] = []
        self.sessions: set[int] = set()
        self.resets = 0

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
        self.tls.append(session.ssl is not None)
        if self.data.startswith("2"):
            self.mails.append(bytes(envelope.content or b""))
        return self.data


@contextlib.asynccontextmanager
async def smtp_server(
    script: Script, *, port: int = 0, tls: ssl.SSLContext | None = None, require_tls: bool = False
) -> AsyncIterator[int]:
    """Serve `script`; yields the port. On leaving, every connection is cut, as in a restart."""
    protocols: list[SMTP] = []

    def factory() -> SMTP:
        protocol = SMTP(script, tls_context=tls, require_starttls=require_tls, loop=asyncio.get_running_loop())
        protocols.append(protocol)
        return protocol

    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for protocol in protocols:
            if protocol.transport is not None:
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


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server context with a certificate made for this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "c.pem")
    return context
