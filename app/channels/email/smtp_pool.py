"""Connections to SMTP servers: opened with the TLS asked for, kept for a while, checked before they are used again."""

import asyncio
import contextlib
import re
import socket
import ssl
import time
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import msgspec

from app.channels import outside

Tls = Literal["offered", "required", "implicit", "none"]
_TLS_NAMES: dict[str, Tls] = {
    "offered": "offered",
    "auto": "offered",
    "opportunistic": "offered",
    "": "offered",
    "required": "required",
    "starttls": "required",
    "implicit": "implicit",
    "tls": "implicit",
    "ssl": "implicit",
    "none": "none",
    "off": "none",
}
CONNECT_TIMEOUT = 10.0
COMMAND_TIMEOUT = 30.0


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how to hand mail over.

    `tls`: `offered` uses STARTTLS when the server has it and trusts any certificate. With a password at stake that
    would hand it to whoever stands in between, so `offered` then means `required`.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: Tls = "offered"
    token: str | None = None
    """An OAuth access token, instead of the password."""
    chosen: bool = False
    """A tenant's choice: only public addresses are dialled, and the hosts the operator allows."""

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port}, user={self.user!r}, tls={self.tls})"


def server_from_url(url: str) -> SmtpServer:
    """`smtp://user:password@host:587?tls=starttls` or `smtps://…` (TLS at once, port 465). Raises `ValueError`."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError(
            "an SMTP URL reads smtp://[user:password@]host[:port][?tls=auto|starttls|tls|none] or smtps://…"
        )
    named = parse_qs(parts.query).get("tls", [""])[0]
    tls = "implicit" if parts.scheme == "smtps" else tls_mode(named)
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or (465 if tls == "implicit" else 25),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
    )


def tls_mode(name: str) -> Tls:
    """The mode a configuration names. Raises `ValueError` on an unknown one: guessing would send in the clear."""
    try:
        return _TLS_NAMES[name.lower()]
    except KeyError:
        raise ValueError(f"unknown TLS mode {name[:40]!r}: use auto, starttls, tls or none") from None


def server_for(default: SmtpServer, config: dict[str, Any], secrets: dict[str, str]) -> SmtpServer:
    """The server of one channel session: its own when `config["smtp"]` names one, else the default."""
    own = config.get("smtp")
    if not isinstance(own, dict) or not own.get("host"):
        return default
    tls = tls_mode(str(own.get("tls") or ""))
    return SmtpServer(
        host=str(own["host"]),
        port=int(own.get("port") or (465 if tls == "implicit" else 587)),
        user=str(own["user"]) if own.get("user") else None,
        password=secrets.get("smtp_password") or secrets.get("password"),
        tls=tls,
        token=secrets.get("oauth_token"),
        chosen=True,
    )


class Connection:
    """One open dialogue and when it was last used."""

    __slots__ = ("client", "used_at")

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.used_at = time.monotonic()


class Place:
    """What is kept of one server: who waits for a connection or has one, and the idle ones."""

    __slots__ = ("gate", "idle", "users")

    def __init__(self, size: int) -> None:
        self.gate = asyncio.Semaphore(size)
        self.idle: list[Connection] = []
        self.users = 0


class SmtpPool:
    """At most `size` connections per server; idle ones live `idle_s` seconds, a server nobody uses is forgotten. One
    event loop only."""

    def __init__(
        self, *, size: int, idle_s: float, hostname: str, context: ssl.SSLContext | None, timeout: float,
        private_hosts: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._private_hosts = private_hosts
        self._size, self._idle_s, self._hostname, self._context = size, idle_s, hostname, context
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._timeout = timeout
        self._places: dict[SmtpServer, Place] = {}
        self._swept_at = time.monotonic()

    @property
    def servers(self) -> tuple[SmtpServer, ...]:
        """Those of which anything is kept."""
        return tuple(self._places)

    @contextlib.asynccontextmanager
    async def connection(self, server: SmtpServer) -> "Any":
        """A connection ready for MAIL. Kept afterwards only if the caller left it connected."""
        self._sweep()
        place = self._places.setdefault(server, Place(self._size))
        place.users += 1
        try:
            async with place.gate:
                connection = await self._reuse(place) or Connection(await self._open(server))
                try:
                    yield connection.client
                except BaseException:
                    connection.client.close()
                    raise
                if connection.client.is_connected:
                    connection.used_at = time.monotonic()
                    place.idle.append(connection)
        finally:
            place.users -= 1

    def _sweep(self) -> None:
        """Hang up on what has been idle too long, and forget servers of which nothing is left: their passwords, too."""
        now = time.monotonic()
        if now - self._swept_at < self._idle_s:
            return
        self._swept_at = now
        for server, place in list(self._places.items()):
            for connection in [one for one in place.idle if now - one.used_at >= self._idle_s]:
                place.idle.remove(connection)
                connection.client.close()
            if not place.idle and not place.users:
                del self._places[server]

    async def _reuse(self, place: Place) -> Connection | None:
        """The youngest idle connection that still answers; the server may have closed or restarted since."""
        while place.idle:
            connection = place.idle.pop()
            fresh = time.monotonic() - connection.used_at < self._idle_s
            if fresh and connection.client.is_connected:
                try:
                    await connection.client.rset(timeout=min(5.0, self._timeout))
                except (aiosmtplib.SMTPException, OSError):
                    pass
                else:
                    return connection
            connection.client.close()
        return None

    async def _open(self, server: SmtpServer) -> aiosmtplib.SMTP:
        """Raises outside.Refused for a tenant's server inside, and what the library raises."""
        dialled: socket.socket | None = None
        patience = min(CONNECT_TIMEOUT, self._timeout)
        if server.chosen:
            dialled = await outside.dial(server.host, server.port, self._private_hosts, patience)
        client = aiosmtplib.SMTP(
            # Beside a socket it is only the name that the certificate must show.
            hostname=server.host,
            port=None if dialled else server.port,
            sock=dialled,
            local_hostname=self._hostname,
            timeout=self._timeout,
            use_tls=server.tls == "implicit",
            start_tls=False,
            tls_context=None if server.tls == "none" else self._tls_context(server),
        )
        try:
            await client.connect(timeout=patience)
            await client.ehlo()
            if _must_be_private(server) or (server.tls == "offered" and client.supports_extension("starttls")):
                await client.starttls()
                await client.ehlo()
            if server.user:
                await _log_in(client, server)
        except BaseException:
            client.close()
            if dialled is not None:
                dialled.close()
            raise
        return client

    def _tls_context(self, server: SmtpServer) -> ssl.SSLContext:
        if self._context is not None:
            return self._context
        # Reading the system's certificates takes 20 ms and holds up everything else: once per kind is enough.
        lenient = server.tls == "offered" and not _must_be_private(server)
        if lenient in self._contexts:
            return self._contexts[lenient]
        context = ssl.create_default_context()
        if lenient:
            # Encryption without proof of identity still beats clear text; with a password at stake the proof is needed.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._contexts[lenient] = context
        return context

    async def close(self) -> None:
        """Say QUIT on what is idle and forget it."""
        for place in self._places.values():
            for connection in place.idle:
                with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                    await connection.client.quit(timeout=2)
                connection.client.close()
            place.idle.clear()


def _must_be_private(server: SmtpServer) -> bool:
    return server.tls == "required" or (server.tls == "offered" and server.user is not None)


async def _log_in(client: aiosmtplib.SMTP, server: SmtpServer) -> None:
    """Authenticate with the best mechanism both sides know. Raises SMTPAuthenticationError when that is none."""
    if server.token and client.supports_extension("auth"):
        await client.auth_xoauth2(server.user or "", server.token)
        return
    if not client.supported_auth_methods:
        # Told apart from a broken dialogue: nothing but a change of the account helps.
        raise aiosmtplib.SMTPAuthenticationError(504, "the server offers no way to log in that we know")
    await client.login(server.user or "", server.password or "")


def reply_text(message: str) -> str:
    """A server's reply on one line, at most 500 characters."""
    return re.sub(r"\s+", " ", message).strip()[:500]
