"""The nearest of some names, for "Perhaps you meant": the measure PostgREST uses, so that hints read the same."""

import math
from collections import Counter
from collections.abc import Iterable

LEAST = 0.33
"""Names less alike than this are no suggestion."""
CLOSE = 0.75
"""The same for tables and functions: whoever guesses is told of no others."""


def nearest(names: Iterable[str], wanted: str, least: float = LEAST) -> tuple[float, str] | None:
    """The name most like `wanted` with its score (1.0: equal but for case), or None when none scores `least`."""
    by_lower = {name.lower(): name for name in names}
    lowered = wanted.lower()
    if lowered in by_lower:
        return 1.0, by_lower[lowered]
    for size in (3, 2):
        found = _best(by_lower, lowered, size, least)
        if found:
            return found
    return None


def _best(by_lower: dict[str, str], wanted: str, size: int, least: float) -> tuple[float, str] | None:
    grams = _grams(wanted, size)
    norm = math.sqrt(sum(count * count for count in grams.values()))
    alike = []
    for lowered in by_lower:
        other = _grams(lowered, size)
        shared = sum(count * other[gram] for gram, count in grams.items())
        if shared:
            alike.append((shared / (norm * math.sqrt(sum(n * n for n in other.values()))), lowered))
    alike.sort(key=lambda pair: -pair[0])
    scored = [(_similar(wanted, lowered), by_lower[lowered]) for _, lowered in alike[:50]]
    scored = [pair for pair in scored if pair[0] >= least]
    return max(scored, key=lambda pair: pair[0]) if scored else None


def _grams(text: str, size: int) -> Counter[str]:
    kept = "".join(char for char in text if char.isalnum() or char in "_ ,")
    framed = f"-{kept}-".ljust(size, "-")
    return Counter(framed[start : start + size] for start in range(len(framed) - size + 1))


def _similar(one: str, other: str) -> float:
    """1 minus the edit distance over the longer length."""
    longest = max(len(one), len(other))
    if not longest or longest > 512:
        return 0.0
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return 1 - row[-1] / longest
