"""Contacts split over several messages of one sender: the last few short ones that carry digits are read as one."""

import re
from collections.abc import Sequence

from app.moderation.contacts import find_contacts
from app.moderation.folding import fold
from app.moderation.numerals import numeral
from app.moderation.verdicts import Threat

LAST = 5
"""How many earlier messages are read."""
SHORT = 80
"""A longer message is no piece of a number."""

_WORD = re.compile(r"[^\W_]+")
_MAIL = re.compile(r"@|\bat\b|\bdot\b|\.\s?(?:com|net|org)\b|mail|yahoo|outlook|icloud")


def find_split(
    text: str, earlier: Sequence[str], home: Sequence[str], allowed: frozenset[str] = frozenset()
) -> list[Threat]:
    """Contacts that only the earlier messages (oldest first) and this one say together; spans lie in this one."""
    if len(text) > SHORT:
        return []
    recent = [piece for piece in earlier[-LAST:] if 0 < len(piece) <= SHORT]
    folded = fold(text).text
    if _says_digits(folded):
        found = _joined(text, [piece for piece in recent if _says_digits(fold(piece).text)], "phone", home, allowed)
        if found:
            return found
    if _MAIL.search(folded):
        return _joined(text, recent[-2:], "email", home, allowed)
    return []


def _says_digits(folded: str) -> bool:
    """Whether a folded text says digits, in figures or words."""
    return any(numeral(word) for word in _WORD.findall(folded)[:24])


def _joined(text: str, pieces: Sequence[str], kind: str, home: Sequence[str], allowed: frozenset[str]) -> list[Threat]:
    """What begins in the pieces and ends in the text: with the last piece, the last two, and so on."""
    for count in range(1, len(pieces) + 1):
        joined = " ".join(pieces[-count:]) + " "
        for one in find_contacts(fold(joined + text), home, allowed):
            start, end = one.span[0] - len(joined), one.span[1] - len(joined)
            if one.kind == kind and start < 0 < end:
                return [
                    Threat(
                        kind=kind, span=(0, end), value=one.value, confidence=round(max(0.6, one.confidence - 0.1), 2)
                    )
                ]
    return []
