"""Phrase patterns over folded words: many patterns, one pass.

A pattern is a row of elements: `word`, `prefix*`, `*suffix`, alternatives `open|close`, and `..` for a gap of up to
`MAX_GAP` words of the same sentence. Work per word is a handful of dictionary look-ups; a gap costs at most `MAX_GAP`
steps, so hostile text cannot make it explode.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.deciders.text import Text

MAX_GAP = 4
_CACHE_LIMIT = 20_000


class Hit(NamedTuple):
    """A pattern of `category` covers words `start` to `end` (exclusive) of a sentence."""

    category: str
    start: int
    end: int
    sentence: int


class _Pattern(NamedTuple):
    category: str
    elements: tuple[frozenset[str], ...]
    gaps: tuple[bool, ...]


class _Known(NamedTuple):
    symbols: frozenset[str]
    alone: tuple[str, ...]
    """Categories this word is a hit of by itself."""
    begins: tuple[_Pattern, ...]


class Matcher:
    """All patterns of one language, by category."""

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        self._exact: set[str] = set()
        self._prefixes: set[str] = set()
        self._suffixes: set[str] = set()
        self._index: dict[str, list[_Pattern]] = {}
        for category, rows in patterns.items():
            for row in rows:
                self._add(category, row)
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._suffix_lengths = sorted({len(suffix) for suffix in self._suffixes})
        self._cache: dict[str, _Known] = {}

    def vocabulary(self) -> frozenset[str]:
        """Words that patterns name exactly."""
        return frozenset(self._exact)

    def knows(self, word: str) -> bool:
        """Whether any element of any pattern fits a folded word."""
        return bool(self._look_up(word).symbols)

    def find(self, text: Text) -> list[Hit]:
        """Every hit, in the order of its first word."""
        known = [self._look_up(word) for word in text.words]
        symbols = [each.symbols for each in known]
        sentences = text.sentence
        hits: list[Hit] = []
        for start, each in enumerate(known):
            for category in each.alone:
                hits.append(Hit(category, start, start + 1, sentences[start]))
            for pattern in each.begins:
                end = _extend(pattern, start, symbols, sentences)
                if end:
                    hits.append(Hit(pattern.category, start, end, sentences[start]))
        return hits

    def _add(self, category: str, row: str) -> None:
        elements: list[frozenset[str]] = []
        gaps: list[bool] = []
        gap = False
        for part in row.split():
            if part == "..":
                gap = True
                continue
            alternatives = frozenset(part.split("|"))
            for alternative in alternatives:
                self._register(alternative)
            elements.append(alternatives)
            gaps.append(gap)
            gap = False
        pattern = _Pattern(category, tuple(elements), tuple(gaps))
        for alternative in elements[0]:
            self._index.setdefault(alternative, []).append(pattern)

    def _register(self, symbol: str) -> None:
        if symbol.endswith("*"):
            self._prefixes.add(symbol[:-1])
        elif symbol.startswith("*"):
            self._suffixes.add(symbol[1:])
        else:
            self._exact.add(symbol)

    def _look_up(self, word: str) -> _Known:
        known = self._cache.get(word)
        if known is not None:
            return known
        symbols = self._symbols(word)
        patterns = [pattern for symbol in sorted(symbols) for pattern in self._index.get(symbol, ())]
        found = _Known(
            symbols,
            tuple(dict.fromkeys(pattern.category for pattern in patterns if len(pattern.elements) == 1)),
            tuple(pattern for pattern in patterns if len(pattern.elements) > 1),
        )
        if len(self._cache) < _CACHE_LIMIT and len(word) <= 40:
            self._cache[word] = found
        return found

    def _symbols(self, word: str) -> frozenset[str]:
        found: list[str] = [word] if word in self._exact else []
        size = len(word)
        for length in self._prefix_lengths:
            if length > size:
                break
            if word[:length] in self._prefixes:
                found.append(word[:length] + "*")
        for length in self._suffix_lengths:
            if length > size:
                break
            if word[size - length :] in self._suffixes:
                found.append("*" + word[size - length :])
        return frozenset(found)


def _extend(pattern: _Pattern, start: int, symbols: list[frozenset[str]], sentences: tuple[int, ...]) -> int:
    """The end of the match that begins at `start`, or 0."""
    position = start + 1
    total = len(symbols)
    sentence = sentences[start]
    for element, gap in zip(pattern.elements[1:], pattern.gaps[1:], strict=True):
        last = position + MAX_GAP if gap else position
        while position <= last:
            if position >= total or sentences[position] != sentence:
                return 0
            if symbols[position] & element:
                break
            position += 1
        else:
            return 0
        position += 1
    return position
