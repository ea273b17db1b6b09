"""One IMAP mailbox, asked from a thread: IMAPClient blocks, and a mailbox waits in IDLE most of its life.

Every method but `hang_up` runs in the mailbox's own thread. Nothing is written: mails stay unread where they are.
"""

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import imapclient.exceptions
import msgspec

from workers.receiving.imap_line import Client, Line

ANSWER_MOST = 2 * 1024 * 1024
"""Bytes a command that fetches no mail may be answered with; imaplib takes no line over one million."""
HEADER_MOST = 256 * 1024
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
    """An open mailbox. Raises the library's errors and OSError; `LoginRefusedError` and outside.Refused from `open`."""

    def __init__(self, place: Place, private_hosts: frozenset[str] = frozenset()) -> None:
        self.place = place
        self.uidvalidity = self.uidnext = 0
        self._line = Line(private_hosts)
        self._client: Client | None = None
        self.idling = False

    def open(self) -> None:
        """Connect, log in, select read-only."""
        place = self.place
        context = None if place.tls == "none" else ssl.create_default_context()
        client = Client(self._line, place.host, place.port, context if place.tls == "tls" else None)
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
        facts = self._use().fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        found: list[Found] = []
        for uid in uids:
            if uid not in facts:
                continue  # somebody deleted it meanwhile
            size = int(facts[uid].get(b"RFC822.SIZE", 0))
            # Some servers tell sizes they guessed, so what is asked for has an end of its own.
            raw = self._part(uid, "", most + 1) if size <= most else self._part(uid, "HEADER", HEADER_MOST)
            if raw is not None:
                whole = size <= most and len(raw) <= most
                found.append(
                    Found(uid=uid, size=max(size, len(raw)), arrived=_aware(facts[uid].get(b"INTERNALDATE")),
                          raw=raw if whole else raw[:HEADER_MOST], whole=whole)
                )  # fmt: skip
        return found

    def _part(self, uid: int, section: str, most: int) -> bytes | None:
        """The first `most` bytes of a mail or of its header; None when it is gone."""
        answer = self._use(most + ANSWER_MOST).fetch([uid], [f"BODY.PEEK[{section}]<0.{most}>"]).get(uid, {})
        found = (value for name, value in answer.items() if name.startswith(b"BODY[") and value is not None)
        raw = next(found, None)
        return None if raw is None else bytes(raw)

    def wait(self, seconds: float) -> bool:
        """In IDLE, or by asking when the server has none: whether something moved. Raises when the server is gone."""
        client = self._use()
        if not client.has_capability("IDLE"):
            client.noop()
            return True
        if not self.idling:
            self.idling = True
            if client.begin_idle():
                return True
        line = client.wait_for_line(seconds)
        if line.upper().startswith(b"* BYE"):
            raise OSError("the server said good-bye")
        return bool(line)

    def wake(self) -> None:
        """Leave IDLE, so that commands may be given."""
        if self.idling:
            self.idling = False
            self._use().end_idle()

    def hang_up(self) -> None:
        """From any thread: end the connection; whoever waits on it is told."""
        self._line.cut()
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.shutdown()

    def _use(self, most: int = ANSWER_MOST) -> Client:
        if self._client is None:
            raise OSError("not connected")
        self._line.allow(most)
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
