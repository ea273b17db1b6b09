"""Runs of numerals: what could be one number, with its pieces and what stands between them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.moderation.numerals import FILLERS, REPEATS, SCALES, WEAK, numeral

MAX_GAP = 14
MAX_FILLERS = 2

_WORD = re.compile(r"[^\W_]+")
_EMBEDDED = re.compile(r"[0-9]{3,}")
_STOPS_RUN = re.compile(r"[$€£¥]\s*$|\n\s*\n|^\s*[%€£¥]")
_FULL_STOP = re.compile(r"[.!?;]\s+")
_PRICE = re.compile(r"[$€£¥]\s{0,2}(\d{1,3}(?:,\d{3}){1,3}(?:\.\d\d)?|\d{1,6}(?:\.\d\d)?)(?![\d-])")


class Token(NamedTuple):
    """One numeral: its digits, where it stands, how it is written, what separates it from the one before."""

    digits: str
    start: int
    end: int
    kind: str
    gap: str


Run = list[Token]


def runs(text: str) -> Iterator[Run]:
    """All maximal runs of numerals that only separators and fillers part."""
    reader = _Reader(text)
    prices = {match.start(1) for match in _PRICE.finditer(text)}
    priced = 0
    for match in _WORD.finditer(text):
        if match.start() in prices:
            priced = match.end()
            yield from reader.ended()
            continue
        if priced and match.start() <= priced + 1 and text[priced : match.start()] in (",", ".") and match[0].isdigit():
            priced = match.end()
            continue
        priced = 0
        yield from reader.read(match[0], match.start(), match.end())
    yield from reader.ended()


class _Reader:
    """Reads words one by one and says which runs have ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._begin()

    def _begin(self) -> None:
        self.run: Run = []
        self.last_end = 0
        self.fillers = 0
        self.repeat = 0
        self.pending: tuple[str, int, int] | None = None
        """A word that is a digit only if one follows."""

    def ended(self) -> Iterator[Run]:
        """The run read so far, if there is one; the next word begins another."""
        if self.run:
            yield self.run
        self._begin()

    def read(self, word: str, start: int, end: int) -> Iterator[Run]:
        """Take one word."""
        piece = _piece(word, start, bool(self.run))
        if piece is not None:
            yield from self._numeral(piece)
        elif word in REPEATS:
            self.repeat = REPEATS[word]
        elif self.run and word in SCALES and self.text[self.last_end : start].strip() in ("", "-"):
            _scale(self.run, word, end)
            self.last_end = end
        elif self.run and word in WEAK and self.pending is None and start - self.last_end <= 3:
            self.pending = (word, start, end)
        elif self._passes_over(word, start):
            self.fillers += 1
        else:
            yield from self.ended()

    def _passes_over(self, word: str, start: int) -> bool:
        filler = word in FILLERS or (len(word) == 1 and not word.isascii())
        return bool(self.run) and filler and self.fillers < MAX_FILLERS and start - self.last_end <= MAX_GAP

    def _sentence_ended(self, gap: str) -> bool:
        """Whether `at 9. Seven zero two …` is a time and a number: after a full stop, unless an area code stands before it."""
        return _FULL_STOP.fullmatch(gap) is not None and sum(len(token.digits) for token in self.run) != 3

    def _numeral(self, piece: Token) -> Iterator[Run]:
        gap = self.text[self.last_end : piece.start] if self.run else ""
        if self.run and (len(gap) > MAX_GAP + 8 * self.fillers or _STOPS_RUN.search(gap) or self._sentence_ended(gap)):
            repeat = self.repeat
            yield from self.ended()
            self.repeat, gap = repeat, ""
        if self.pending and self.run and len(self.run[-1].digits) <= 4 and len(piece.digits) < 5:
            self.run.append(Token(WEAK[self.pending[0]], self.pending[1], self.pending[2], "weak", " "))
            gap = " "
        if self.repeat and len(piece.digits) == 1:
            piece = piece._replace(digits=piece.digits * self.repeat, kind="word")
        _append(self.run, piece._replace(gap=gap))
        self.last_end, self.fillers, self.pending, self.repeat = piece.end, 0, None, 0


def _piece(word: str, start: int, in_run: bool) -> Token | None:
    """The numeral a word is, or the long figure inside it (`tel5105551234`)."""
    if in_run and word in WEAK:
        return None
    found = numeral(word)
    if found is not None:
        return Token(found.digits, start, start + len(word), found.kind, "")
    if not any("0" <= char <= "9" for char in word):
        return None
    inside = list(_EMBEDDED.finditer(word[:256]))
    if len(inside) == 1 and (len(inside[0][0]) >= 7 or not word.isascii()):
        match = inside[0]
        return Token(match[0], start + match.start(), start + match.end(), "embedded", "")
    return None


def _append(run: Run, token: Token) -> None:
    """Add a numeral; `twenty five` is 25, not 205."""
    last = run[-1] if run else None
    if last and last.kind == "tens" and len(token.digits) == 1 and token.digits != "0" and token.kind == "word":
        run[-1] = Token(last.digits[0] + token.digits, last.start, token.end, "word", last.gap)
    else:
        run.append(token)


def _scale(run: Run, word: str, end: int) -> None:
    """`five hundred` is 500."""
    last = run[-1]
    if len(last.digits) <= 2:
        run[-1] = Token(last.digits + SCALES[word], last.start, end, "word", last.gap)
