"""Where a demo's mails come from: its own sample, an mbox, a Maildir, or any folder of mail files."""

import mailbox
import re
from collections.abc import Iterator
from email.utils import make_msgid
from pathlib import Path

from app.errors import BadInput

SAMPLE = (
    ("Ada Park <ada@example.com>", "Opening hours", "Hello, what are your opening hours this week?"),
    ("Ben Ruiz <ben@example.com>", "Price", "Hi! How much does a visit cost? Thanks, Ben"),
    ("Chloé Martin <chloe@example.net>", "Question", "Bonjour, quels sont vos horaires d'ouverture ?"),
    ("Dora Klein <dora@example.org>", "Termin", "Guten Tag, haben Sie morgen geöffnet? Viele Grüße, Dora"),
    (
        "Eli Stone <eli@example.com>",
        "Complaint",
        "I am very unhappy. The technician broke my sink and never came back!",
    ),
    ("Fay Wu <fay@example.com>", "Re: visit", "Thanks a lot, see you then!"),
    ("Gus Hall <gus@example.net>", "Human", "Can I please talk to a real person about my contract?"),
    ("Hana Sato <hana@example.org>", "Area", "Do you serve Hoboken? My zip is 07030."),
    ("Ivo Novak <ivo@example.com>", "Stop", "Please unsubscribe me from all mails."),
    ("Jo Berg <jo@example.com>", "Automatic reply: Out of office", "I am out of the office until Monday."),
)
"""(From, subject, text): what a service business hears on a morning."""


def sample() -> list[bytes]:
    """The demo's own mails, each with an id of its own, so that every run is new mail; the last one is broken."""
    mails = []
    for sender, subject, text in SAMPLE:
        automatic = "Auto-Submitted: auto-replied\r\n" if subject.startswith("Automatic") else ""
        head = (
            f"From: {_word(sender)}\r\nTo: <support@acme.test>\r\nSubject: {subject}\r\n"
            f"Message-ID: {make_msgid(domain='demo.example')}\r\n{automatic}MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        )
        mails.append(head.encode() + text.encode() + b"\r\n")
    return [*mails, _broken()]


def _broken() -> bytes:
    """What a mail program that died on the way leaves behind: parts are announced and never come."""
    head = (
        "From: Kay Lund <kay@example.com>\r\nTo: <support@acme.test>\r\nSubject: Photos of the damage\r\n"
        f"Message-ID: {make_msgid(domain='demo.example')}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="torn"\r\n\r\n'
    )
    return head.encode() + b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\xff\xd8\xff\xe0\r\n"


def _word(sender: str) -> str:
    from email.header import Header

    name, _, address = sender.rpartition(" ")
    return f"{Header(name, 'utf-8').encode() if not name.isascii() else name} {address}"


def from_mbox(path: Path) -> Iterator[bytes]:
    """The messages of an mbox file, byte for byte. Raises BadInput for a file that is not there."""
    if not path.is_file():
        raise BadInput(f"there is no file {path}", field="mbox", remedy="name an mbox file")
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key)
    finally:
        box.close()


def from_folder(path: Path) -> Iterator[bytes]:
    """The mails of a Maildir (`cur` and `new`), or every file below a plain folder."""
    if not path.is_dir():
        raise BadInput(f"there is no folder {path}", field="maildir", remedy="name a Maildir or a folder of mail files")
    places = [path / name for name in ("cur", "new") if (path / name).is_dir()] or [path]
    for place in places:
        for file in sorted(item for item in place.rglob("*") if item.is_file() and not item.name.startswith(".")):
            yield file.read_bytes()


_RETURN_PATH = re.compile(rb"^return-path:[ \t]*<([^<>\r\n]*)>", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(rb"^from:[^\r\n]*?([A-Za-z0-9._+-]+@[A-Za-z0-9.-]+[A-Za-z0-9])", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"[A-Za-z0-9._+=-]{1,64}@[A-Za-z0-9.-]{1,250}")


def envelope_sender(raw: bytes) -> str:
    """The address to give in MAIL FROM: Return-Path, else From, else the null sender."""
    head = raw[: raw.find(b"\n\n") + 1 or 20_000][:20_000].replace(b"\r\n", b"\n")
    for pattern in (_RETURN_PATH, _FROM):
        found = pattern.search(head)
        if found:
            address = found.group(1).decode("ascii", "ignore").strip()
            if not address or _ADDRESS.fullmatch(address):
                return address
    return ""
