"""Runs of numerals: what could be one number, with its pieces and what stands between them."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from app.moderation.numerals import ARTICLES, FILLERS, LOOKALIKE, REPEATS, SCALES, numeral, spelled, weak
from app.moderation.spellings import PART, respelled
from app.moderation.tongues import respelt

MAX_GAP = 14
MAX_FILLERS = 2
MAX_PENDING = 6
MAX_APART = 3
LONGEST = 16
"""Numerals one number is read from."""
NATIONAL = 10
"""Digits of a spoken number that may end in a word like `too`."""
NINE = 9
"""Single digits behind each other that are a number, not a list of figures."""
MAX_KNOWN = 64
"""Letters of a word whose reading is kept: people write the same few thousand words again and again."""
BEGINNING = frozenset(("too", "tree", "won", "fore"))
MAX_EXPLAINED = 6
"""Words between the parts of a number that is explained: `510 is the area code, then 574 and the rest is 7946`."""

_WORD = re.compile(r"[^\W_]+")
_EMBEDDED = re.compile(r"[0-9]{3,}")
_WITH_EXTENSION = re.compile(r"(\d{4,})(?:x|ext)\d{1,6}")
_WOVEN = re.compile(r"\d{2,4}([a-wyz]{1,5})\d{2,4}\1\d{2,5}(?:\1\d{2,4})?")
"""`917and334and8821`; with an x it is a size."""
_STITCHED = re.compile(r"\d{5}[a-wyz]\d{5,6}|\d{2,5}([a-z])\d{2,6}\1\d{3,5}")
"""`97165z88727`, `404x882x4853`: letters between the groups."""
_LACED = re.compile(r"\d([a-z])(?:\d\1){5,18}\d")
_ANNOUNCED = re.compile(
    r"(?:call|text|txt|tele?|fone|phone|telefon|cell?|mobile?|mob|ph|fon|num|number|numero|whats|whatsapp|wa|zap|wpp|handy|on|at|to)(\d{2,})"
)
"""`tel916 462 052`: the word that announces a number is written to it."""
_TIGHT = re.compile(r"[^\w\s][\doilszbg](?![a-z])")
_HEART = re.compile(r"<3(?!>|\d{0,2}\s*(?:days?|hours?|hrs|weeks?|min|%))")
_HEX = re.compile(r"0x[0-9a-f]{2,}")
_EXPLAINED = re.compile(
    r"\barea\b|\bareacode\b|\bprefix\b|\bfirst (?:three|3)\b|\blast (?:four|4)\b|\bfollowed by\b|\b(?:starts|begins|ends?) (?:with|in)\b|\bthe rest\b"
)
_PARTS = re.compile(
    r"\b(?:first|next|middle|last|final) (?:two|three|four|five|six|seven|[2-7])\b(?: (?:digits|numbers|figures))?"
)
_EXPLAINING = frozenset(
    ("area", "code", "areacode", "is", "the", "my", "number", "followed", "by", "rest", "it", "its", "s", "then", "next", "last", "first", "digits",
     "are", "ends", "end", "with", "in", "starts", "prefix", "after", "that", "local", "comes", "finally", "of", "a", "as", "thats", "that")
)  # fmt: skip
_PORTUGUESE = re.compile(r"\b(?:dois|duas|tres|quatro|cinco|seis|meia|sete|oito|nove)\b")
_SPACED = re.compile(r"(?<![^\W_])[a-z](?:[^\w\n]{1,3}[a-z](?![^\W_])|_[a-z](?![^\W_])){8,120}")
_STOPS_RUN = re.compile(r"[$€£¥]\s*$|\n\s*\n|^\s*[%€£¥]")
_FULL_STOP = re.compile(r"[.!?;]\s+[(\[{<+]?")
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
    if text.count("<3") > 1:
        text = _HEART.sub("  ", text)
    reader = _Reader(text)
    found = respelled(list(_words(text, explained=reader.explained)), text)
    read = [(word, reading) for word, _, _ in found if (reading := _reading(word))]
    if not read:
        return
    if len(read) > 1 and sum(not word.isdigit() for word, _ in read) > 1:
        found = respelt(found, text, _reading)
    prices = {match.start(1) for match in _PRICE.finditer(text)}
    priced = 0
    for word, start, end in found:
        if start in prices:
            priced = end
            yield from reader.ended()
            continue
        if priced and start <= priced + 1 and text[priced:start] in (",", ".") and word.isdigit():
            priced = end
            continue
        priced = 0
        if not reader.run and _says_nothing(word):
            reader.forget()
            continue
        yield from reader.read(word, start, end)
    yield from reader.ended()


def _words(text: str, *, explained: bool) -> Iterator[tuple[str, int, int]]:
    """(word, start, end); number words whose letters stand apart (`f i v e`) are one word each time."""
    if explained:
        text = _PARTS.sub(lambda found: " " * len(found[0]), text)
    done = 0
    for stretch in _SPACED.finditer(text):
        letters = [(char, stretch.start() + place) for place, char in enumerate(stretch[0]) if char.isalpha()]
        found = spelled("".join(char for char, _ in letters))
        if not found:
            continue
        first, last = letters[found[0]][1], letters[found[1] - 1][1] + 1
        yield from ((match[0], match.start(), match.end()) for match in _WORD.finditer(text, done, first))
        yield found[2], first, last
        done = last
    yield from ((match[0], match.start(), match.end()) for match in _WORD.finditer(text, done))


class _Reader:
    """Reads words one by one and says which runs have ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.explained = _EXPLAINED.search(text) is not None
        self.hesitates: bool | None = None
        self._begin()

    def _begin(self) -> None:
        self.run: Run = []
        self.last_end = 0
        self.fillers = 0
        self.repeat = 0
        self.pending: list[Token] = []
        """Words that are digits only if one follows, or nine stand before them."""

    def ended(self) -> Iterator[Run]:
        """The run read so far, if there is one; the next word begins another."""
        if self.run:
            self._complete()
            yield self.run
        self._begin()

    def forget(self) -> None:
        """What a word that says nothing does before a run has begun."""
        if self.pending or self.repeat:
            self._begin()

    def _complete(self) -> None:
        """`… four nine too`: the last digit of a number that is told digit by digit; `signal too, five one zero …` is not its first."""
        count = sum(len(token.digits) for token in self.run)
        added = sum(len(token.digits) for token in self.pending)
        spoken = self.run[-1].kind in ("word", "tens") or (
            len(self.run) >= 5 and all(token.kind == "leet" for token in self.pending)
        )
        if self.pending and spoken and len(self.run[-1].digits) == 1 and count + added == NATIONAL:
            self.run += self.pending
        elif self.run[0].kind == "weak" and self.run[0].digits.isdigit() and count > NATIONAL:
            self.run.pop(0)

    def read(self, word: str, start: int, end: int) -> Iterator[Run]:
        """Take one word."""
        piece = None if self._is_article(word) else _piece(word, start, end, bool(self.run))
        if piece is not None and piece.end < end and self.run:
            yield from self._numeral(piece)
            yield from self.ended()
        elif piece is not None:
            yield from self._numeral(piece)
        elif word in REPEATS:
            self.repeat = REPEATS[word]
        elif self.run and word in SCALES and self.text[self.last_end : start].strip() in ("", "-"):
            _scale(self.run, word, end)
            self.last_end = end
        elif (digits := weak(word)) and self._is_next(word, start) and not (word == "um" and self._hesitates()):
            kind = "word" if word in ARTICLES else "leet" if LOOKALIKE.fullmatch(word) else "weak"
            self.pending.append(Token(digits, start, end, kind, " "))
        elif self._passes_over(word, start):
            self.fillers += 1
        else:
            yield from self.ended()

    def _is_article(self, word: str) -> bool:
        """Whether `un` is no digit, because no digit in words stands before it; `um` is one only in Portuguese."""
        if word not in ARTICLES:
            return False
        return (word == "um" and self._hesitates()) or not (self.run and self.run[-1].kind in ("word", "tens", "mixed"))

    def _is_next(self, word: str, start: int) -> bool:
        """Whether a word that may be a digit follows the run, or the like, at once; one that says nothing else may begin it."""
        if self.pending:
            return len(self.pending) < MAX_PENDING and start - self.pending[-1].end <= MAX_APART
        if self.run:
            return start - self.last_end <= MAX_APART
        return word in BEGINNING or len(word) > 1 or _TIGHT.match(self.text, start + 1) is not None

    def _hesitates(self) -> bool:
        """Whether `um` is no Portuguese one: none of its other digits is there."""
        if self.hesitates is None:
            self.hesitates = _PORTUGUESE.search(self.text) is None
        return self.hesitates

    def _passes_over(self, word: str, start: int) -> bool:
        filler = word in FILLERS or word == "um" or (len(word) == 1 and not word.isascii())
        if self.explained and self.run and (filler or word in _EXPLAINING):
            return self.fillers < MAX_EXPLAINED and start - self.last_end <= MAX_GAP + 8 * self.fillers
        return bool(self.run) and filler and self.fillers < MAX_FILLERS and start - self.last_end <= MAX_GAP

    def _sentence_ended(self, gap: str) -> bool:
        """Whether `at 9. Seven zero two …` is a time and a number: after a full stop, unless an area code stands before it,
        or a part of a number that is half in words."""
        if _FULL_STOP.fullmatch(gap) is None:
            return False
        latest = self.run[-LONGEST:]
        if all(token.kind in ("word", "weak") and len(token.digits) == 1 for token in latest):
            return False  # digit by digit: `five! one. zero, …`
        count = sum(len(token.digits) for token in latest)
        return count != 3 and not (3 < count < 10 and self.run[-1].kind == "mixed")

    def _numeral(self, piece: Token) -> Iterator[Run]:
        behind = self.pending[-1].end if self.pending else self.last_end
        gap = self.text[behind : piece.start] if self.run else ""
        if self.run and (
            (len(gap) > MAX_GAP + 8 * (self.fillers + 3 * self.explained) and PART not in gap)
            or _STOPS_RUN.search(gap)
            or self._sentence_ended(gap)
        ):
            repeat = self.repeat
            yield from self.ended()
            self.repeat, gap = repeat, ""
        if self.pending and self.run and not self._is_amid(piece):
            yield from self.ended()  # from 98156 to 12308
            gap = ""
        elif self.pending and (self.run or self._begins(piece)):
            self.run += self.pending
            gap = " "
        if self.repeat and len(piece.digits) == 1:
            piece = piece._replace(digits=piece.digits * self.repeat, kind="word")
        _append(self.run, piece._replace(gap=gap))
        self.last_end, self.fillers, self.pending, self.repeat = piece.end, 0, [], 0

    def _is_amid(self, piece: Token) -> bool:
        last = self.run[-1]
        span = (
            len(self.pending) == 1
            and last.kind == piece.kind == "plain"
            and min(len(last.digits), len(piece.digits)) > 3
        )
        return len(last.digits) <= 4 and len(piece.digits) < 5 and not span

    def _begins(self, piece: Token) -> bool:
        between = self.text[self.pending[-1].end : piece.start]
        if all(token.kind == "leet" for token in self.pending) and len(between) <= MAX_APART:
            return len(self.pending[0].digits) > 1 or not between.isspace()
        return piece.kind in ("word", "tens") and self.text[self.pending[-1].end : piece.start].strip() in (
            "",
            "-",
            ",",
        )


def _piece(word: str, start: int, end: int, in_run: bool) -> Token | None:
    """The numeral a word is, at its place in a text."""
    if in_run and word not in ARTICLES and weak(word):
        return None
    found = _reading(word)
    return found and found._replace(start=start + found.start, end=end if found.end == len(word) else start + found.end)


def _reading(word: str) -> Token | None:
    """The numeral a word is, or the long figure inside it (`tel5105551234`), from the word's first character on."""
    return _known(word) if len(word) <= MAX_KNOWN else _read(word)


def _read(word: str) -> Token | None:
    extended = _WITH_EXTENSION.fullmatch(word)
    if extended:
        return Token(extended[1], 0, len(extended[1]), "plain", "")
    if _LACED.fullmatch(word) or (_WOVEN.fullmatch(word) and sum(map(str.isdigit, word)) >= NATIONAL):
        return Token(re.sub(r"\D", "", word), 0, len(word), "mixed", "")
    if _HEX.fullmatch(word):
        return None
    if _STITCHED.fullmatch(word) and sum(map(str.isdigit, word)) >= NATIONAL:
        return Token(re.sub(r"\D", "", word), 0, len(word), "loose", "")
    found = numeral(word)
    if found is not None:
        return Token(found.digits, 0, len(word), found.kind, "")
    announced = _ANNOUNCED.fullmatch(word)
    if announced:
        return Token(announced[1], announced.start(1), len(word), "plain", "")
    if not any("0" <= char <= "9" for char in word):
        return None
    inside = list(_EMBEDDED.finditer(word[:256]))
    if len(inside) == 1 and (len(inside[0][0]) >= 7 or not word.isascii()):
        match = inside[0]
        return Token(match[0], match.start(), match.end(), "embedded", "")
    return None


_known = lru_cache(maxsize=16_384)(_read)


@lru_cache(maxsize=16_384)
def _says_nothing(word: str) -> bool:
    """Whether a word is no numeral and can begin or repeat none; words that are read with their neighbours are asked each time."""
    return len(word) <= MAX_KNOWN and not (_known(word) or word in REPEATS or word in ARTICLES or weak(word))


def _append(run: Run, token: Token) -> None:
    """Add a numeral; `twenty five` is 25, not 205, and `five hundred ten` is 510."""
    last = run[-1] if run else None
    small = token.kind in ("word", "tens") and token.gap.strip() in ("", "-", "and")
    close = token.gap.strip() in ("", "-")
    if last and token.kind == "score" and last.digits == "4" and last.kind == "word" and close:
        run[-1] = Token("80", last.start, token.end, "tens", last.gap)  # `quatre-vingt`
    elif last and last.kind == "tens" and last.digits in ("60", "80") and token.kind == "teen" and close:
        run[-1] = Token(str(int(last.digits) + int(token.digits)), last.start, token.end, "tens", last.gap)
    elif last and last.digits == "10" and last.kind == "teen" and token.digits in ("7", "8", "9") and close:
        run[-1] = Token("1" + token.digits, last.start, token.end, "teen", last.gap)  # `dix-sept`
    elif (
        last
        and last.kind in ("tens", "score")
        and len(token.digits) == 1
        and token.digits != "0"
        and token.kind == "word"
    ):
        digits = last.digits[:-1] + token.digits
        run[-1] = Token(digits, last.start, token.end, "word", last.gap)
    elif last and last.kind == "hundred" and small and token.digits == "0":
        run[-1] = Token(last.digits[:-1], last.start, token.end, "word", last.gap)  # the digit behind `oh` follows
    elif last and last.kind == "hundred" and small and len(token.digits) <= 2:
        run[-1] = Token(last.digits[: -len(token.digits)] + token.digits, last.start, token.end, token.kind, last.gap)
    else:
        run.append(token)


def _scale(run: Run, word: str, end: int) -> None:
    """`five hundred` is 500."""
    last = run[-1]
    if len(last.digits) <= 2:
        run[-1] = Token(
            last.digits + SCALES[word], last.start, end, "hundred" if word == "hundred" else "word", last.gap
        )


def is_listed(groups: Sequence[int], gaps: Sequence[str]) -> bool:
    """`25, 23, 21`; but `5, 1, 0, 5, 7, …` tells a number digit by digit, and `6 4 6 , 2 8 8 , 4 4 1 0` are groups of single digits."""
    if max(groups) == 1 and len(groups) >= NINE and len(set(gaps)) == 1:
        return False
    return gaps.count(",") >= 2 and not (max(groups) == 1 and gaps.count("") > gaps.count(","))


def is_scale(tokens: Sequence[Token]) -> bool:
    """`40 60 75 100`: sizes to choose from, round and ever larger."""
    numbers = [int(token.digits) for token in tokens]
    return (
        len(numbers) >= 3
        and all(number % 5 == 0 for number in numbers)
        and all(before < after for before, after in pairwise(numbers))
    )


def is_counting(tokens: Sequence[Token]) -> bool:
    """`1 2 3 4 5 6 7 8 9 10`, `10 20 30 40 50`: each figure is as much more than the one before."""
    if len(tokens) < 5 or any(token.kind not in ("plain", "word") for token in tokens):
        return False
    numbers = [int(token.digits) for token in tokens]
    step = numbers[1] - numbers[0]
    return step > 0 and numbers[-1] >= 10 and all(
        after - before == step for before, after in pairwise(numbers)
    )  # fmt: skip
