"""One IMAP mailbox, asked from a thread: IMAPClient blocks, and a mailbox waits in IDLE most of its life.

Every method but `hang_up` runs in the mailbox's own thread. Nothing is written: mails stay unread where they are.
"""

import contextlib
import imaplib
import os
import select
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import imapclient
import imapclient.exceptions
import msgspec

CONNECT_S, READ_S = 10.0, 60.0
TROUBLE = (imapclient.exceptions.IMAPClientError, OSError, EOFError, ValueError)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a mailbox is and how to get in: a password, or an OAuth token."""

    host: str
    port: int
    tls: str
    user: str
    mailbox: str
    password: str | None = None
    token: str | None = None

    def __repr__(self) -> str:
        return f"Place({self.user}@{self.host}:{self.port}/{self.mailbox})"


class LoginRefusedError(Exception):
    """The server does not take the password or token."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One mail as it lies there."""

    uid: int
    size: int
    arrived: datetime | None
    raw: bytes
    whole: bool


class Mailbox:
    """An open mailbox. Raises the library's errors and OSError; `LoginRefusedError` from `open`."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.uidvalidity = self.uidnext = 0
        self._client: imapclient.IMAPClient | None = None
        self.idling = False

    def open(self) -> None:
        """Connect, log in, select read-only."""
        place = self.place
        context = None if place.tls == "none" else ssl.create_default_context()
        client = imapclient.IMAPClient(
            place.host, place.port, ssl=place.tls == "tls", ssl_context=context if place.tls == "tls" else None,
            timeout=imapclient.SocketTimeout(CONNECT_S, READ_S),
        )  # fmt: skip
        self._client = client
        if place.tls == "starttls":
            client.starttls(context)
        _keep_alive(client.socket())
        try:
            if place.token is not None:
                client.oauth2_login(place.user, place.token)
            else:
                client.login(place.user, place.password or "")
        except (imapclient.exceptions.LoginError, imapclient.exceptions.IMAPClientError) as error:
            # The library calls a connection that broke in the middle a failed log-in as well.
            if isinstance(error, imaplib.IMAP4.abort) or isinstance(error.__context__, imaplib.IMAP4.abort):
                raise OSError(f"the server ended the log-in: {error}"[:300]) from error
            raise LoginRefusedError(str(error)[:300]) from error
        self.select()

    def select(self) -> None:
        """Select the mailbox (again): its UIDVALIDITY may have changed."""
        answer = self._use().select_folder(self.place.mailbox, readonly=True)
        self.uidvalidity = int(answer.get(b"UIDVALIDITY", 0))
        self.uidnext = int(answer.get(b"UIDNEXT", 0))

    def newer(self, uid: int, since: datetime | None = None) -> list[int]:
        """The uids above `uid`, in order; with `since` only what arrived from that day on."""
        wanted: list[Any] = ["UID", f"{uid + 1}:*"]
        if since is not None:
            wanted += ["SINCE", (since - timedelta(days=1)).date()]
        # `n:*` always names the last mail, even when its uid is lower.
        return sorted(one for one in self._use().search(wanted) if one > uid)

    def fetch(self, uids: Sequence[int], most: int) -> list[Found]:
        """The mails, without marking them as read; of one larger than `most` bytes only the header."""
        client = self._use()
        facts = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        found: list[Found] = []
        for uid in uids:
            if uid not in facts:
                continue  # somebody deleted it meanwhile
            size = int(facts[uid].get(b"RFC822.SIZE", 0))
            item = "BODY.PEEK[]" if size <= most else "BODY.PEEK[HEADER]"
            answer = client.fetch([uid], [item]).get(uid, {})
            raw = next(
                (value for name, value in answer.items() if name.startswith(b"BODY[") and value is not None), None
            )
            if raw is not None:
                arrived = facts[uid].get(b"INTERNALDATE")
                found.append(
                    Found(uid=uid, size=size, arrived=_aware(arrived), raw=bytes(raw), whole=size <= most)
                )  # fmt: skip
        return found

    def wait(self, seconds: float) -> bool:
        """In IDLE, or by asking when the server has none: whether something moved. Raises when the server is gone."""
        client = self._use()
        if not client.has_capability("IDLE"):
            client.noop()
            return True
        if not self.idling:
            client.idle()
            self.idling = True
        answers = client.idle_check(timeout=seconds)
        if any(answer[:1] == (b"BYE",) for answer in answers):
            raise OSError("the server said good-bye")
        if not answers and _is_closed(client.socket()):
            raise OSError("the server closed the connection")
        return bool(answers)

    def wake(self) -> None:
        """Leave IDLE, so that commands may be given."""
        if self.idling:
            self.idling = False
            self._use().idle_done()

    def hang_up(self) -> None:
        """From any thread: end the connection; whoever waits on it is told."""
        client = self._client
        if client is not None:
            with contextlib.suppress(Exception):
                client.socket().shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(Exception):
                client.shutdown()

    def _use(self) -> imapclient.IMAPClient:
        if self._client is None:
            raise OSError("not connected")
        return self._client


def _aware(arrived: Any) -> datetime | None:
    # The library gives local time without a zone.
    return arrived.astimezone(UTC) if isinstance(arrived, datetime) else None


def _keep_alive(used: socket.socket) -> None:
    """A peer that vanished without a word is noticed within two minutes."""
    with contextlib.suppress(OSError, AttributeError):
        used.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        used.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        used.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20)
        used.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


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
