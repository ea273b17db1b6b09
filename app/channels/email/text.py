"""Bytes to clean text: charsets as senders really label them, and strings that Postgres accepts."""

import codecs
import re
import unicodedata
from functools import cache, lru_cache

from charset_normalizer import from_bytes

# Names seen in mail that Python does not know, or knows as a subset of what senders mean.
_ALIASES = {
    "ansi_x3.4-1968": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "unicode": "utf-8",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "big5": "cp950",
    "x-big5": "cp950",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-windows-1252": "cp1252",
    "x-cp1252": "cp1252",
    "iso-8859-9": "cp1254",
}
# Codecs that are no character sets: slow, or they would interpret the content.
_NOT_CHARSETS = {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "charmap", "mbcs", "oem"}
_UNKNOWN = {"", "unknown", "unknown-8bit", "x-unknown", "8bit", "default", "binary", "none", "x-user-defined"}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_LINE_JUNK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPOOFING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SAMPLE_BYTES = 4096


def clean_text(text: str) -> str:
    """Multi-line text: NFC, `\\n` line ends, no NUL, control characters or lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    return nfc(text)


def clean_line(text: str, limit: int = 1000) -> str:
    """One line for a header, name or file name: as `clean_text`, white space folded, bidi controls dropped, ≤
    `limit`."""
    text = _LINE_JUNK.sub(" ", text[: limit * 8])
    return nfc(_SPOOFING.sub("", _CONTROL.sub("", text)))[:limit].strip()


def nfc(text: str) -> str:
    """NFC in linear time: a run of combining marks, which makes normalisation quadratic, is cut to 30."""
    if text.isascii():
        return text
    if len(text) > 200:
        text = _mark_runs().sub(r"\1", text)
    return unicodedata.normalize("NFC", text)


def decode_bytes(data: bytes, charset: str | None) -> str:
    """Decode as labelled, else as UTF-8, else as guessed from a sample. Never raises; undecodable bytes become
    U+FFFD."""
    if not data:
        return ""
    codec = text_codec(charset or "")
    if codec and not (codec == "cp1252" and _looks_utf8(data)):
        try:
            return data.decode(codec)
        except (UnicodeError, ValueError, LookupError):
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if codec and codec != "utf-8":
        return _lenient(data, codec)
    if codec == "utf-8" and _mostly_utf8(data):
        return _lenient(data, "utf-8")
    return _lenient(data, _guess(data))


@lru_cache(maxsize=512)
def text_codec(label: str) -> str | None:
    """Python's name of the codec for a charset label, or None when the label says nothing usable."""
    name = label.strip().strip("\"'").lower()[:40]
    if name in _UNKNOWN:
        return None
    name = _ALIASES.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, UnicodeError, ValueError):
        return None
    if not getattr(info, "_is_text_encoding", True) or info.name.replace("_", "-") in _NOT_CHARSETS:
        return None
    return info.name


def _lenient(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec, "replace")
    except Exception:  # a codec's own bug must not lose a mail
        return data.decode("latin-1")


def _looks_utf8(data: bytes) -> bool:
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    sample = data[: _SAMPLE_BYTES * 4].decode("utf-8", "replace")
    return sample.count("\ufffd") * 20 < sum(1 for char in sample if ord(char) > 127) + 20


def _guess(data: bytes) -> str:
    """The charset of unlabelled 8-bit text, judged from a sample around its first non-ASCII byte."""
    first = next((match.start() for match in [re.search(rb"[\x80-\xff]", data)] if match), 0)
    start = max(0, first - 256)
    try:
        best = from_bytes(data[start : start + _SAMPLE_BYTES], steps=3, chunk_size=512).best()
        return text_codec(best.encoding) or "cp1252" if best else "cp1252"
    except Exception:  # a detector's bug must not lose a mail
        return "cp1252"


@cache
def _mark_runs() -> re.Pattern[str]:
    marks = [code for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code))]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    body = "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)
    return re.compile(f"([{body}]{{30}})[{body}]+")
