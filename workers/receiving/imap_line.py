"""The line to an IMAP server that its tenant chose: what is read is counted, and it can be cut at any moment.

imaplib reads whatever the other side announces, for as long as it likes. Here a command has a budget of bytes, and
`Line.cut` wakes the thread that waits on it, be it in the greeting, a TLS handshake or the middle of a mail.
"""

import contextlib
import imaplib
import os
import select
import socket
import ssl
import time

import imapclient

from app.channels import outside

CONNECT_S, READ_S = 10.0, 60.0
GREETING_MOST = 1024 * 1024
LINE_COSTS = 64
"""What a line takes of the budget beyond its bytes: a million short ones would keep a processor busy."""


class Line:
    """One connection's budget, whom it may lead to beside public addresses, and a second handle on its socket."""

    def __init__(self, private_hosts: frozenset[str] = frozenset()) -> None:
        self.private_hosts = private_hosts
        self._left = GREETING_MOST
        self._twin: socket.socket | None = None
        self._is_cut = False

    def allow(self, most: int) -> None:
        """The next command may be answered with so many bytes."""
        self._left = most

    def hold(self, used: socket.socket) -> None:
        """Keep a handle on a connection that just opened. TLS takes the socket itself away from us."""
        self._twin = used.dup()
        if self._is_cut:
            self.cut()
            raise OSError("hung up")

    def cut(self) -> None:
        """From any thread: end the connection; whoever waits on it is told."""
        self._is_cut = True
        twin, self._twin = self._twin, None
        if twin is not None:
            with contextlib.suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)
            twin.close()

    def spend(self, count: int) -> None:
        """Raises imaplib's abort when there is more than was allowed."""
        self._left -= count
        if self._left < 0:
            raise imaplib.IMAP4.abort("the server sends more than was asked for")


class _Counted(imaplib.IMAP4):
    def __init__(self, line: Line, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._line, self._context = line, context
        super().__init__(host, port, CONNECT_S)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        raw = outside.dial_blocking(self.host, self.port, self._line.private_hosts, timeout or CONNECT_S)
        self._line.hold(raw)
        return raw if self._context is None else self._context.wrap_socket(raw, server_hostname=self.host)

    def read(self, size: int) -> bytes:
        # Before it is read: a literal says how long it will be.
        self._line.spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._line.spend(len(line) + LINE_COSTS)
        return line


class Client(imapclient.IMAPClient):  # type: ignore[misc]
    """IMAPClient on a counted line; `context` None is without TLS, at least at first."""

    def __init__(self, line: Line, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._line = line
        super().__init__(
            host, port, ssl=context is not None, ssl_context=context,
            timeout=imapclient.SocketTimeout(CONNECT_S, READ_S),
        )  # fmt: skip

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - the library's name
        return _Counted(self._line, self.host, self.port, self.ssl_context)

    # The library's own IDLE fails when a line comes in two pieces, or before the server has said that it idles.

    def begin_idle(self) -> bool:
        """Begin to IDLE; whether something moved before it began. Raises imaplib's errors."""
        self._idle_tag, moved = self._imap._command("IDLE"), False
        while self._imap._get_response() is not None:
            moved = True
            if said := self._imap.tagged_commands.get(self._idle_tag):
                self._imap.tagged_commands.pop(self._idle_tag)
                raise imaplib.IMAP4.error(f"the server does not idle: {said}"[:200])
        return moved

    def wait_for_line(self, seconds: float) -> bytes:
        """The next line of the server, whole; empty when there was none. Raises when the connection ended."""
        used, until = self.socket(), time.monotonic() + seconds
        poller = select.poll()
        poller.register(used, select.POLLIN)
        while not self._has_begun_a_line():
            if _is_closed(used):
                raise OSError("the server closed the connection")
            left = until - time.monotonic()
            if left <= 0 or not poller.poll(left * 1000):
                return b""
        return bytes(self._imap._get_line())

    def end_idle(self) -> None:
        """Back to commands."""
        self._imap.send(b"DONE\r\n")
        self._consume_until_tagged_response(self._idle_tag, "IDLE")

    def _has_begun_a_line(self) -> bool:
        """Whether bytes are here: in imaplib's buffer, in TLS's, or in the system's. Never waits."""
        used = self.socket()
        used.settimeout(0.0)
        try:
            return bool(self._imap.file.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            used.settimeout(READ_S)


def _is_closed(used: socket.socket) -> bool:
    """Whether the other side has hung up: readable, yet nothing to read. Looks below TLS, and never waits."""
    poller = select.poll()
    poller.register(used.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if not poller.poll(0):
        return False
    with socket.socket(fileno=os.dup(used.fileno())) as twin:
        try:
            return twin.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
