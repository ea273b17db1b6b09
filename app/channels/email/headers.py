"""Header values as they come: encoded words, raw 8-bit, RFC 2231 parameters, addresses, message-ids, dates."""

import binascii
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from app.channels.email.text import clean_line, decode_bytes
from app.domain.addresses import AddressError, normalize_email

MAX_VALUE = 64 * 1024
MAX_ADDRESSES = 500
MAX_REFERENCES = 50
_WORD = re.compile(rb"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_PARAM = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_MESSAGE_ID = re.compile(r"<\s*([^<>]{1,2000}?)\s*>")
_NOT_B64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


class Headers:
    """The header fields of one part, in order; names lower case, values unfolded raw bytes."""

    __slots__ = ("fields",)

    def __init__(self, fields: Sequence[tuple[str, bytes]]) -> None:
        self.fields = fields

    def raw(self, name: str) -> bytes:
        """The first value of a field, empty when absent."""
        return next((value for field, value in self.fields if field == name), b"")

    def all(self, name: str) -> list[bytes]:
        """Every value of a field."""
        return [value for field, value in self.fields if field == name]

    def has(self, name: str) -> bool:
        """Whether the field occurs, even empty."""
        return any(field == name for field, _ in self.fields)

    def text(self, name: str, limit: int = 1000) -> str:
        """The first value, decoded and cleaned."""
        return clean_line(decode_words(self.raw(name)), limit)

    def token(self, name: str) -> str:
        """A structured value in lower case, comments and parameters cut."""
        return self.raw(name)[:2000].decode("latin-1").partition(";")[0].partition("(")[0].strip().lower()


def decode_words(value: bytes) -> str:
    """Raw header bytes to text: encoded words of one charset are joined before decoding, so split characters
    survive."""
    value = value[:MAX_VALUE]
    if b"=?" not in value:
        return decode_bytes(value, None)
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for match in _WORD.finditer(value):
        gap = value[end : match.start()]
        name = match[1].decode("latin-1").lower()
        if (gap.strip() or name != charset) and pending:
            out.append(decode_bytes(pending, charset))
            pending = b""
        if gap.strip() or (gap and not end):
            out.append(decode_bytes(gap, None))
        charset, end = name, match.end()
        pending += unbase64(match[3]) if match[2] in b"bB" else _unq(match[3])
    if pending:
        out.append(decode_bytes(pending, charset))
    out.append(decode_bytes(value[end:], None))
    return "".join(out)


def unbase64(data: bytes) -> bytes:
    """Base64 as far as it goes: foreign characters are skipped, a torn tail is dropped."""
    kept = bytes(data).translate(None, _NOT_B64)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    try:
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    except binascii.Error:
        return b""


def _unq(data: bytes) -> bytes:
    return binascii.a2b_qp(data.replace(b"_", b" "))


def parse_params(value: bytes) -> tuple[str, dict[str, str]]:
    """`(main value in lower case, parameters)`; RFC 2231 continuations and charsets, encoded words in quotes."""
    text = value[:MAX_VALUE].decode("latin-1")
    main, _, _ = text.partition(";")
    params: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for count, match in enumerate(_PARAM.finditer(text)):
        if count > 200:
            break
        name, content = match[1].lower(), match[2].strip()
        if len(content) >= 2 and content[0] == content[-1] == '"':
            content = re.sub(r"\\(.)", r"\1", content[1:-1]) if "\\" in content else content[1:-1]
        base, star, rest = name.partition("*")
        if not star:
            params.setdefault(name, decode_words(content.encode("latin-1")))
        else:
            encoded = rest.endswith("*") or rest == ""
            number = rest.rstrip("*")
            pieces.setdefault(base, {})[int(number) if number.isascii() and number.isdigit() else 0] = (
                encoded,
                content,
            )
    for base, numbered in pieces.items():
        params[base] = _join_2231([numbered[key] for key in sorted(numbered)])
    return main.partition("(")[0].strip().lower()[:200], params


def _join_2231(pieces: list[tuple[bool, str]]) -> str:
    charset: str | None = None
    data = b""
    for index, (encoded, piece) in enumerate(pieces):
        content = piece
        if encoded and index == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        raw = content.encode("latin-1")
        data += unquote_to_bytes(raw) if encoded else raw
    return decode_bytes(data, charset)


def parse_addresses(value: bytes) -> list[tuple[str, str]]:
    """`(name, address)` of every mailbox of an address field, as written; groups are opened. Linear, never raises."""
    found: list[tuple[str, str]] = []
    for item in _split_addresses(value[:MAX_VALUE].decode("latin-1")):
        if len(found) >= MAX_ADDRESSES:
            break
        angle = item.rfind("<")
        if angle >= 0:
            name, address = item[:angle], item[angle + 1 :].partition(">")[0]
        else:
            bare, comment = _cut_comment(item)
            name, address = comment, bare
        # A source route (`@relay:user@host`) ends at its colon.
        address = address.strip().rpartition(":")[2] if address.lstrip().startswith("@") else address.strip()
        name = _NAME_QUOTES.sub(r"\1", name.strip())
        found.append((clean_line(decode_words(name.encode("latin-1")), 200).strip("\"' "), address))
    return found


_NAME_QUOTES = re.compile(r'\\(.)|"')


def _split_addresses(text: str) -> list[str]:
    """Split on commas, semicolons and group colons that stand outside quotes, comments and angle brackets."""
    items: list[str] = []
    start, depth, quoted, angle = 0, 0, False, False
    for match in re.finditer(r'\\.|["(),;:<>]', text, re.DOTALL):
        char = match[0]
        if len(char) > 1:
            continue
        if char == '"' and not depth:
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif char in "<>":
            angle = char == "<"
        elif not (char == ":" and angle):
            if char != ":":
                items.append(text[start : match.start()])
            start = match.end()
            angle = False
        if len(items) > MAX_ADDRESSES:
            break
    items.append(text[start:])
    return [item.strip() for item in items if item.strip()]


def _cut_comment(item: str) -> tuple[str, str]:
    opened, closed = item.find("("), item.rfind(")")
    if 0 <= opened < closed:
        return (item[:opened] + item[closed + 1 :]).strip(), item[opened + 1 : closed].strip()
    return item, ""


def normal_address(written: str) -> str | None:
    """A mailbox as written (latin-1 view of raw bytes, or text) in normal form, or None."""
    try:
        text = decode_words(written.encode("latin-1")) if not written.isascii() or "=?" in written else written
    except UnicodeEncodeError:
        text = written
    try:
        return normalize_email(clean_line(text, 400))
    except AddressError:
        return None


def message_ids(value: bytes) -> tuple[str, ...]:
    """The message-ids of a field without brackets, in order, doubles dropped, at most 50: the first and the last 49."""
    text = value[:MAX_VALUE].decode("latin-1")
    written = _MESSAGE_ID.findall(text) or [token for token in text.split() if "@" in token]
    ids = list(dict.fromkeys(one for one in map(normal_id, written) if one))
    return tuple(ids if len(ids) <= MAX_REFERENCES else [ids[0], *ids[1 - MAX_REFERENCES :]])


def message_id(value: bytes) -> str | None:
    """The one id of a Message-ID field, brackets or not; None when there is none."""
    text = value[:MAX_VALUE].decode("latin-1")
    match = _MESSAGE_ID.search(text)
    written = match[1] if match else next(iter(text.replace("<", " ").replace(">", " ").split()), "")
    return normal_id(written) or None


def normal_id(written: str) -> str:
    """White space removed, 8-bit decoded; an id too long for an index key is replaced by its digest."""
    text = "".join(clean_line(decode_bytes(written.encode("latin-1", "replace"), None), 4000).split())
    return text if len(text) <= 500 else "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def parse_date(value: bytes) -> datetime | None:
    """The Date field in UTC, or None when it is missing, unreadable or before 1970 or after 2200."""
    text = value[:200].decode("latin-1").strip()
    if not text:
        return None
    try:
        parsed = parsedate_to_datetime(text)
        parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except Exception:  # the library raises half a dozen kinds on broken dates
        return None
    return parsed if 1970 <= parsed.year <= 2200 else None
