"""Contacts split over several messages of one sender: the last short ones are read as one.

Three ways: what stands in the joined texts as it would in one; figures alone, a few or one a message, that are a number
at home when they are strung together; and a name behind the message that announces it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.moderation.contacts import find_contacts
from app.moderation.cues import AGAINST, UNIT
from app.moderation.dialling import number
from app.moderation.folding import fold
from app.moderation.numerals import numeral
from app.moderation.pieces import is_aligned
from app.moderation.runs import runs
from app.moderation.verdicts import Threat

LAST = 10
"""How many earlier messages are read where a policy does not say: a digit a message is told in ten."""
MOST = 12
SHORT = 80
"""A longer message is no piece of a number."""
TOLD = frozenset(
    "and then next last first my the a number numbers digits area code is part rest second third finally ok so its it there you go plus now "
    "call text me at on cell phone here comes continue after that with starts ends in lol y luego und dann et puis".split()
)
"""Words that may stand beside the figures of a piece: `and then 0199`, but not `gate 4471`."""
LEAST = 0.7
"""How sure a number must be that is read across messages."""
FEW = 4
"""Words of a message that may be the name another announces."""

_WORD = re.compile(r"[^\W_]+")
_MAIL = re.compile(r"@|\bat\b|\bdot\b|\.\s?(?:com|net|org)\b|mail|yahoo|outlook|icloud")
_MONEY = re.compile(r"[$€£¥%]")
_ANNOUNCES = re.compile(
    r"insta|facebook|\bfb\b|snap|telegram|\btg\b|twitter|tik ?tok|linked ?in|discord|skype|whatsapp|venmo|cash ?app|paypal|zelle"
    r"|\bwww\b|\bdot\b|\.\s?(?:com|net|org)\b|\bcom\b|\bweb ?site\b"
)
_HANDLES = ("social_handle", "payment_handle")
_BARE = re.compile(r"\W*\d{1,6}[a-z]?\W*")


def find_split(
    text: str, earlier: Sequence[str], home: Sequence[str], allowed: frozenset[str] = frozenset()
) -> list[Threat]:
    """Contacts that only the earlier messages (oldest first) and this one say together; spans lie in this one."""
    if len(text) > SHORT:
        return []
    recent = [piece for piece in earlier[-MOST:] if 0 < len(piece) <= SHORT]
    folded = fold(text).text
    if _says_digits(folded):
        pieces = [piece for piece in recent if _tells_digits(piece)]
        found = _joined(text, pieces, "phone", home, allowed) or _strung(text, pieces, home)
        if found:
            return found
    if _MAIL.search(folded):
        found = _joined(text, recent[-2:], "email", home, allowed)
        if found:
            return found
    return _announced(text, folded, recent[-2:], home, allowed)


def _says_digits(folded: str) -> bool:
    """Whether a folded text says digits, in figures or words."""
    return any(numeral(word) for word in _WORD.findall(folded)[:24])


@lru_cache(maxsize=4096)
def _tells_digits(piece: str) -> bool:
    """`_says_digits` of an earlier message: each is asked once for every one that comes after it."""
    return _says_digits(fold(piece).text)


def _joined(text: str, pieces: Sequence[str], kind: str, home: Sequence[str], allowed: frozenset[str]) -> list[Threat]:
    """What begins in the pieces and ends in the text: with the last piece, the last two, and so on."""
    for count in range(1, len(pieces) + 1):
        joined = " ".join(pieces[-count:]) + " "
        for one in find_contacts(fold(joined + text), home, allowed):
            start, end = one.span[0] - len(joined), one.span[1] - len(joined)
            if one.kind == kind and start < 0 < end and one.confidence >= LEAST:
                return [_in_this(one, (0, end))]
    return []


def _in_this(one: Threat, span: tuple[int, int]) -> Threat:
    return Threat(kind=one.kind, span=span, value=one.value, confidence=round(max(0.6, one.confidence - 0.1), 2))


def _strung(text: str, pieces: Sequence[str], home: Sequence[str]) -> list[Threat]:
    """Figures with next to nothing beside them that make a number of a home country, however they are divided."""
    own = _figures(text)
    if own is None:
        return []
    digits, span = own
    groups = [len(digits)]
    for piece in reversed(pieces):
        part = _figures(piece)
        if part is None or len(digits) > 12:
            return []
        digits = part[0] + digits
        groups.insert(0, len(part[0]))
        for region in home:
            whole = len(digits) in (10, 11) if region in ("US", "CA") else len(digits) >= 9
            value = number(digits, region) if whole and _is_divided(groups) else ""
            if value:
                return [Threat(kind="phone", span=span, value=value, confidence=0.7)]
    return []


def _is_divided(groups: Sequence[int]) -> bool:
    """Whether people tell a number in such pieces: by the area code, in two halves, or by ones and twos."""
    return max(groups) <= 2 or is_aligned(groups) or (len(groups) == 2 and min(groups) >= 4)


@lru_cache(maxsize=4096)
def _figures(piece: str) -> tuple[str, tuple[int, int]] | None:
    """(digits, where) of a message that says little but one row of figures; None of any other."""
    folded = fold(piece)
    found = list(runs(folded.text))
    if len(found) != 1 or _MONEY.search(folded.text):
        return None
    start, end = found[0][0].start, found[0][-1].end
    beside = _WORD.findall(folded.text[:start] + " " + folded.text[end:])
    if not TOLD.issuperset(beside) or UNIT.match(folded.text, end) or AGAINST.search(folded.text, 0, start):
        return None
    return "".join(token.digits for token in found[0]), folded.span(start, end)


def _announced(
    text: str, folded: str, pieces: Sequence[str], home: Sequence[str], allowed: frozenset[str]
) -> list[Threat]:
    """A name behind `find me on instagram`, the end of a link, a street behind the number of its house."""
    if not pieces or len(folded.split()) > FEW:
        return []
    house = _BARE.fullmatch(fold(pieces[-1]).text) is not None
    if not house and not _ANNOUNCES.search(f"{fold(pieces[-1]).text} {folded}"):
        return []
    alone = {one.value for one in find_contacts(fold(text), home, allowed)}
    for count in range(1, len(pieces) + 1):
        joined = " ".join(pieces[-count:]) + " "
        for one in find_contacts(fold(joined + text), home, allowed):
            start, end = one.span[0] - len(joined), one.span[1] - len(joined)
            across = start < 0 < end and (
                one.kind in ("url", *_HANDLES) or (house and count == 1 and one.kind == "address")
            )
            if (across or (one.kind in _HANDLES and start >= 0)) and one.value not in alone:
                return [_in_this(one, (max(start, 0), end))]
    return []
