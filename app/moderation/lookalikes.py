"""Numbers in which letters and marks that look like digits stand wherever they please: `6|g. 227. 806O`, `BE2-Bg!-5o9o`.

Looked at only where the plain reading found no number. Letters alone prove nothing: enough real digits beside them, a
valid number of a home region and its usual pieces, or words that say to call, do.
"""

import re
from collections.abc import Sequence
from itertools import islice

from app.moderation.apart import is_refined
from app.moderation.cues import AGAINST, AROUND, CUE, SERIAL
from app.moderation.dialling import number
from app.moderation.folding import Folded, is_capital
from app.moderation.verdicts import Threat

_LOOKS = "oilszbgaetqзбч|$!@"
_READS = str.maketrans(_LOOKS, "011528943793641514")
_OR_SIX = str.maketrans(_LOOKS, "011528943793641514".replace("9", "6", 1))
GATE = re.compile(r"\d[oilszbgaetqзбч|$!@]|[oilszbgaetqзбч|$!@]\d")
_TOKEN = re.compile(r"(?<![^\W_])[0-9oilszbgaetqзбч|$!@]{1,13}(?![^\W_])")
_GAP = re.compile(r"[\s.\-()/,_*+:]{1,4}")
_SPARED = frozenset(
    "a at as is it so go to be os ago all also bill lot lost best set sea seat state tables tools site size still last last's less let lets".split()
)
MOST = 8
MOST_PIECES = 48
"""Pieces of one text that are looked at."""
LEAST_DIGITS = 4
"""Real digits of such a number."""


def find_lookalikes(folded: Folded, home: Sequence[str]) -> list[Threat]:
    """The numbers of a text that only a reader sees."""
    text = folded.text
    if GATE.search(text) is None:
        return []
    row: list[tuple[str, int, int]] = []
    found: list[Threat] = []
    for match in islice(_TOKEN.finditer(text), MOST_PIECES):
        if row and not _GAP.fullmatch(text, row[-1][2], match.start()):
            found += _in_row(folded, row, home)
            row = []
        if _may_be(folded, match):
            row.append((match[0], *match.span()))
        elif row:
            found += _in_row(folded, row, home)
            row = []
    return [*found, *_in_row(folded, row, home)] if row else found


def _may_be(folded: Folded, match: re.Match[str]) -> bool:
    """Whether letters stand where digits would: with one beside them, or in capitals, and not as a word."""
    word = match[0]
    if any("0" <= char <= "9" for char in word):
        return True
    if word in _SPARED or len(word) > MOST or not any(char.isalpha() for char in word):
        return False
    return any(is_capital(folded, place) for place in range(*match.span())) or not word.isalpha()


def _in_row(folded: Folded, row: Sequence[tuple[str, int, int]], home: Sequence[str]) -> list[Threat]:
    """The fullest number that neighbouring pieces are."""
    for first in range(len(row)):
        for last in range(min(len(row), first + MOST), first, -1):
            pieces = row[first:last]
            if last == len(row) and pieces[-1][0].endswith("!") and len(pieces[-1][0]) > 1:
                word, begin, stop = pieces[-1]
                pieces = [*pieces[:-1], (word[:-1], begin, stop - 1)]
            written = "".join(piece[0] for piece in pieces)
            real = sum("0" <= char <= "9" for char in written)
            if not 8 <= len(written) <= 14 or real < LEAST_DIGITS or real == len(written):
                continue
            value = _value(written, home)
            sure = _sureness(folded.text, pieces, value) if value else 0.0
            if sure:
                span = folded.span(pieces[0][1], pieces[-1][2])
                return [Threat(kind="phone", span=span, value=value, confidence=sure)]
    return []


def _value(written: str, home: Sequence[str]) -> str:
    for reads in (_READS, _OR_SIX):
        digits = written.translate(reads)
        if digits.isdigit():
            for region in home:
                if value := number(digits, region):
                    return value
    return ""


def _sureness(text: str, pieces: Sequence[tuple[str, int, int]], value: str) -> float:
    start = pieces[0][1]
    if AGAINST.search(text, max(0, start - 32), start) or SERIAL.search(text, max(0, start - 48), start):
        return 0.0
    cue = CUE.search(text, max(0, start - AROUND), start) is not None
    usual = is_refined([len(piece[0]) for piece in pieces], value)
    return 0.85 if cue and usual else 0.7 if usual or (cue and len(pieces) == 1) else 0.0
