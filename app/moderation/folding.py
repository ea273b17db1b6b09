"""A text as the detectors read it: small letters, plain digits, nothing invisible; every character knows its origin.

Disguise by script is undone here, once: full-width and mathematical letters, circled and keycap digits, digits of
other scripts, look-alikes from Cyrillic and Greek, accents, zero-width and control characters.
"""

import re
import unicodedata
from functools import lru_cache
from html.entities import html5
from typing import NamedTuple

MAX_CHARS = 8_000
"""What lies beyond is not read; `Folded.truncated` says so, and the verdict is then left to a person."""

_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝӏвмнткαορνικυτ",
    "aeopcyxijsdhqwlbmhtkaopvikut",
)
_LOOKALIKES |= str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
"""Small capitals, too."""
_EXTRA = {
    "ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "’": "'", "‘": "'", "“": '"', "”": '"',
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-", "ー": "-", "〜": "-", "～": "-", "ｰ": "-", "。": ".", "․": ".", "·": ".", "•": ".", "∙": ".",
    "、": ",", "⁄": "/", "∕": "/", "🅰": "a", "🅱": "b", "🅾": "o", "ⓞ": "o",
    "〇": "0", "零": "0", "一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9",
    "壹": "1", "贰": "2", "叁": "3", "肆": "4", "伍": "5", "陆": "6", "柒": "7", "捌": "8", "玖": "9", "幺": "1",
    "ƻ": "2", "Ƽ": "5", "ƽ": "5", "Ȝ": "3", "ȝ": "3", "Ʒ": "3", "ʒ": "3", "🔟": "10", "💯": "100",
}  # fmt: skip


_ENCODED = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|commat|period|num|lowbar|plus|hyphen|nbsp|amp);|%(?:40|2[eE]|3\d)|\\u00[2-7][0-9a-fA-F]|\\x[2-7][0-9a-fA-F]"
)
"""A character in the writing of web pages, links and programs."""
_TAG = re.compile(
    r"</?(?:b|i|u|s|em|strong|span|a|font|sup|sub|tt|code|small|big|mark|q|wbr)(?: [^<>]{0,60})?/?>|<!--[^<>]{0,60}-->",
    re.IGNORECASE,
)
"""A mark of a web page that parts nothing."""
_LONE_CIRCLE = re.compile(r"(?<![Ⓐ-ⓩ])[Ⓐⓐ](?![Ⓐ-ⓩ])")
_RAISED = re.compile(r"(?<=[\w ])[ª🅰🄰](?=\ufe0f? ?[a-z0-9-]{2,40}\.[a-z]{2})")
"""Among circled letters it is a letter, alone it stands for an at sign; so does one before a domain."""


class Folded(NamedTuple):
    """The text to search, and where each of its characters came from."""

    original: str
    text: str
    starts: tuple[int, ...] | None
    """Index in `original` of each character of `text`; None when they are the same."""
    truncated: bool
    ends: dict[int, int] = {}  # noqa: RUF012 - never written to
    """Where a character of `original` that is written in several (`&#64;`) ends, by where it begins."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original text, with what is invisible inside it and just behind it."""
        if self.starts is None or start >= end:
            return start, end
        first = self.starts[start]
        last = self.ends.get(self.starts[end - 1], self.starts[end - 1] + 1)
        limit = self.starts[end] if end < len(self.starts) else len(self.original)
        while last < limit and fold_char(self.original[last]) == "":
            last += 1
        return first, last


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """One character as the detectors see it: '' for what is invisible."""
    if char.isascii():
        return char.lower()
    if char in _EXTRA:
        return _EXTRA[char]
    category = unicodedata.category(char)
    if category in ("Cf", "Mn", "Me"):
        return ""
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "No" and unicodedata.digit(char, None) is not None:
        return str(unicodedata.digit(char))
    if category in ("Zs", "Zl", "Zp"):
        return " " if category == "Zs" else "\n"
    small = unicodedata.normalize("NFKD", char).lower()
    name = unicodedata.name(char, "")
    if name.startswith(("DINGBAT", "NEGATIVE CIRCLED DIGIT", "DOUBLE CIRCLED")):
        value = unicodedata.digit(char, None)
        return small if value is None else str(value)
    if name.startswith("REGIONAL INDICATOR SYMBOL LETTER "):
        return name[-1].lower()
    if name.startswith(("SQUARED LATIN", "NEGATIVE SQUARED LATIN", "NEGATIVE CIRCLED LATIN")):
        return name[-1].lower()
    if len(small) > 1:
        small = "".join(part for part in small if unicodedata.category(part) not in ("Mn", "Cf"))
    # A ligature that unfolds to a whole phrase (U+FDFA) would blow the text up: it stays one character.
    small = small if len(small) <= 4 else char
    return "".join(_EXTRA.get(part, part) for part in small.translate(_LOOKALIKES))


def fold(original: str) -> Folded:
    """Fold a text; of a longer one its first `MAX_CHARS` characters."""
    text = original[:MAX_CHARS]
    truncated = len(original) > MAX_CHARS
    encoded = _encoded(text) if "&" in text or "%" in text or "\\" in text else {}
    if "</" in text or "<!--" in text:
        encoded |= {match.start(): (match.end(), "") for match in _TAG.finditer(text)}
    if text.isascii() and not encoded:
        return Folded(original, text.lower(), None, truncated)
    if "ⓐ" in text or "Ⓐ" in text:
        text = _LONE_CIRCLE.sub("@", text)
    if "ª" in text or "🅰" in text or "🄰" in text:
        text = _RAISED.sub("@", text)
    parts: list[str] = []
    starts: list[int] = []
    index = 0
    while index < len(text):
        end, char = encoded.get(index) or (index + 1, text[index])
        folded = fold_char(char) if char else ""
        if folded:
            parts.append(folded)
            starts.extend([index] * len(folded))
        index = end
    return Folded(
        original, "".join(parts), tuple(starts), truncated, {start: end for start, (end, _) in encoded.items()}
    )


def _encoded(text: str) -> dict[int, tuple[int, str]]:
    """(end, character) of what is written as a code, by where it begins."""
    found: dict[int, tuple[int, str]] = {}
    for match in _ENCODED.finditer(text):
        code = match[0]
        if code.startswith("&#"):
            number = int(code[3:-1], 16) if code[2] in "xX" else int(code[2:-1])
            char = chr(number) if 31 < number < 0x110000 else ""
        elif code.startswith("&"):
            char = html5[code[1:]]
        else:
            char = chr(int(code.lstrip("%\\ux"), 16))
        if char:
            found[match.start()] = (match.end(), char)
    return found


def is_capital(folded: Folded, index: int) -> bool:
    """Whether the character at an index of the folded text is a capital in the original."""
    origin = index if folded.starts is None else folded.starts[index]
    return folded.original[origin].isupper()


def folded_words(words: str) -> str:
    """A pattern's words of other scripts as the folded text has them: look-alikes are Latin there."""
    return "".join(fold_char(char) or char for char in words)
