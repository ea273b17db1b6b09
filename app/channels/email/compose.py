"""`compose`: a mail to be sent, as bytes that every relay takes: ASCII headers, 7-bit body, lines under 78 characters.

The exception is a mailbox whose name is not ASCII (RFC 6532): it has no other spelling, so its header is UTF-8 and the
mail needs a relay with SMTPUTF8.
"""

import binascii
import hashlib
import re
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from urllib.parse import quote

from app.channels.email.bodies import safe_filename
from app.channels.email.text import clean_text
from app.domain.addresses import AddressError, normalize_email
from app.domain.channels import OutgoingFile
from app.domain.email import OutgoingMail

_FORBIDDEN = re.compile(r"[\r\n\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_ATOM_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
_MORE = re.compile(r"[ -~]{1,900}")
_URL = re.compile(r"https://[!-;=?-~]{1,1800}")


class HeaderError(ValueError):
    """A field of a mail cannot stand in a header; `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


_HEADER_FIELDS = (
    "message_id", "from_address", "from_name", "to_address", "to_name", "subject", "in_reply_to", "reply_to",
    "unsubscribe_url", "unsubscribe_mailto", "envelope_from",
)  # fmt: skip
"""Fields that end up in a header or the envelope, where a line break would start another one."""


def compose(mail: OutgoingMail, *, now: datetime | None = None) -> bytes:
    """The mail in RFC 5322 form with CRLF line ends; ASCII but for addresses that are not.

    Raises `HeaderError` when a field holds a line break, a control character or no valid value: nothing is ever
    stripped silently. Only ids of others' mails that cannot stand in a header are left out: the mail must still go.
    `now` is the Date, the current time by default.
    """
    fields = [("Date", format_datetime(now or datetime.now(UTC))), *address_fields(mail)]
    fields += [("Message-ID", _id("message_id", mail.message_id)), *extra_fields(mail)]
    fields.append(("MIME-Version", "1.0"))
    head, body = _text("plain", mail.text)
    if mail.html is not None:
        sides = [_part(head, body), _part(*_text("html", mail.html))]
        head, body = _multipart("alternative", f"{mail.message_id} sides", sides)
    if mail.files:
        parts = [_part(head, body), *(_file(file, number) for number, file in enumerate(mail.files, 1))]
        head, body = _multipart("mixed", mail.message_id, parts)
    return _part([*fields, *head], body)


def address_fields(mail: OutgoingMail) -> list[tuple[str, str]]:
    """From, To and Subject, encoded and folded. Raises `HeaderError`, also for what would break any other field."""
    for field in _HEADER_FIELDS:
        _refuse_breaks(field, getattr(mail, field))
    return [
        ("From", _mailbox("from_address", mail.from_address, mail.from_name)),
        ("To", _mailbox("to_address", mail.to_address, mail.to_name)),
        ("Subject", _words("Subject", mail.subject)),
    ]


def extra_fields(mail: OutgoingMail) -> list[tuple[str, str]]:
    """Everything a mail says in its header beyond who, to whom and about what: thread, loop guards, unsubscribing."""
    fields: list[tuple[str, str]] = []
    if mail.in_reply_to and _ID.fullmatch(_bare(mail.in_reply_to)):
        fields.append(("In-Reply-To", _id("in_reply_to", mail.in_reply_to)))
    if references := _references(mail):
        fields.append(("References", references))
    if mail.reply_to:
        fields.append(("Reply-To", _address("reply_to", mail.reply_to)))
    if mail.auto_generated:
        # RFC 3834 asks for the first; Exchange honours only the second.
        fields += [("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")]
    for name, value in mail.more_headers:
        if not _MORE.fullmatch(value):
            raise HeaderError("more_headers", f"{name} has a value that cannot stand in a header")
    return [*fields, *mail.more_headers, *_unsubscribe(mail)]


def _part(fields: list[tuple[str, str]], body: bytes) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + b"\r\n" + body


def _text(kind: str, text: str) -> tuple[list[tuple[str, str]], bytes]:
    encoding, body = _body(text)
    return [("Content-Type", f"text/{kind}; charset=utf-8"), ("Content-Transfer-Encoding", encoding)], body


def _multipart(kind: str, seed: str, parts: list[bytes]) -> tuple[list[tuple[str, str]], bytes]:
    boundary = _boundary(seed, parts)
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + part for part in parts) + mark + b"--\r\n"
    return [("Content-Type", f'multipart/{kind}; boundary="{boundary}"')], body


def _file(file: OutgoingFile, number: int) -> bytes:
    kind = file.content_type if _TYPE.fullmatch(file.content_type) else "application/octet-stream"
    # RFC 2046 forbids base64 for whole mails and for multiparts.
    kind = "application/octet-stream" if kind.startswith(("message/", "multipart/")) else kind
    name = safe_filename(file.filename, f"file-{number}")
    shown = f"filename*=utf-8''{quote(name, safe='')}"
    if re.fullmatch(r"[A-Za-z0-9 ._+-]{1,60}", name):
        shown = f'filename="{name}"'
    fields = [
        ("Content-Type", kind),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f"attachment;\r\n {shown}"),
    ]
    return _part(fields, _base64(file.data))


def _boundary(seed: str, parts: list[bytes]) -> str:
    """The same for the same mail, so that a repeated attempt sends the same bytes; in none of its parts."""
    for number in range(100):
        boundary = "=_" + hashlib.sha256(f"{seed} {number}".encode()).hexdigest()[:32]
        if not any(boundary.encode() in part for part in parts):
            return boundary
    raise HeaderError("message_id", "no boundary to be found")


def _refuse_breaks(field: str, value: str | None) -> None:
    if value and _FORBIDDEN.search(value):
        raise HeaderError(field, "line breaks and control characters are not allowed in a header")


def _address(field: str, written: str) -> str:
    try:
        return normalize_email(written)
    except AddressError as error:
        raise HeaderError(field, str(error)) from error


def _mailbox(field: str, written: str, name: str) -> str:
    address = _address(field, written)
    name = name.strip()
    if not name:
        return address
    if not name.isascii() or "=?" in name:
        shown = _words("From", name)
    elif _ATOM_NAME.fullmatch(name):
        shown = name
    else:
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    # A long name would push the line past its limit.
    return f"{shown}\r\n <{address}>" if len(shown) + len(address) > 64 else f"{shown} <{address}>"


def _words(field: str, text: str) -> str:
    """Encoded words where needed; long plain text is folded at spaces, and encoded when a word is too long to fold."""
    plain = text.isascii() and "=?" not in text and "\t" not in text
    if plain and all(len(word) <= 70 for word in text.split(" ")) and not re.search(r"  |^ | $", text):
        return _fold(text, len(field) + 2)
    encoded = Header(text, charset="utf-8", header_name=field, maxlinelen=75).encode(linesep="\n")
    return encoded.replace("\n", "\r\n")


def _fold(text: str, used: int) -> str:
    lines: list[str] = [""]
    room = 76 - used
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
            room = 75
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return "\r\n ".join(lines)


def _bare(written: str) -> str:
    return written.strip().removeprefix("<").removesuffix(">")


def _id(field: str, written: str) -> str:
    bare = _bare(written)
    if not _ID.fullmatch(bare):
        raise HeaderError(field, "not a message-id")
    return f"<{bare}>"


def _references(mail: OutgoingMail) -> str:
    """The chain, the parent last. Ids that came from others and are no ids are left out rather than sent on."""
    for one in mail.references:
        _refuse_breaks("references", one)
    chain = [*mail.references, *([mail.in_reply_to] if mail.in_reply_to else [])]
    ids = list(dict.fromkeys(reversed([one for one in map(_bare, chain) if _ID.fullmatch(one)])))[::-1]
    ids = [ids[0], *ids[-19:]] if len(ids) > 20 else ids
    return "\r\n ".join(f"<{one}>" for one in ids)


def _unsubscribe(mail: OutgoingMail) -> list[tuple[str, str]]:
    targets: list[str] = []
    if mail.unsubscribe_url:
        if not _URL.fullmatch(mail.unsubscribe_url) or "," in mail.unsubscribe_url:
            raise HeaderError("unsubscribe_url", "one-click unsubscribe needs an https URL without spaces or commas")
        targets.append(f"<{mail.unsubscribe_url}>")
    if mail.unsubscribe_mailto:
        target = mail.unsubscribe_mailto.removeprefix("mailto:")
        address, question, query = target.partition("?")
        if not re.fullmatch(r"[!-;=?-~]{0,500}", query):
            raise HeaderError("unsubscribe_mailto", "not a mailto target")
        address = quote(_address("unsubscribe_mailto", address), safe="!$&'*+/=@")
        targets.append(f"<mailto:{address}{question}{query}>")
    if not targets:
        return []
    fields = [("List-Unsubscribe", ",\r\n ".join(targets))]
    if mail.unsubscribe_url:
        fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return fields


def _body(text: str) -> tuple[str, bytes]:
    """`(transfer encoding, body)`: 7bit when it fits, quoted-printable, or base64 when most of it is not ASCII."""
    text = clean_text(text)
    text = text if text.endswith("\n") else text + "\n"
    lines = text.split("\n")
    safe = not any(len(line) > 998 or line.startswith("From ") or line != line.rstrip() for line in lines)
    if text.isascii() and safe:
        return "7bit", text.replace("\n", "\r\n").encode("ascii")
    data = text.encode("utf-8")
    if sum(byte > 126 for byte in data) * 6 > len(data):
        return "base64", _base64(data.replace(b"\n", b"\r\n"))
    quoted = binascii.b2a_qp(data, istext=True, header=False)
    quoted = re.sub(rb"(?m)^From ", b"=46rom ", quoted)
    return "quoted-printable", quoted.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _base64(data: bytes) -> bytes:
    wrapped = binascii.b2a_base64(data, newline=False)
    return b"".join(wrapped[at : at + 76] + b"\r\n" for at in range(0, len(wrapped), 76))
