"""Ways to write ten digits so that a filter does not see them: the list of them, and what they share."""

import random
from collections.abc import Callable

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
FOREIGN = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve", "zéro un deux trois quatre cinq six sept huit neuf",
    "null eins zwei drei vier fünf sechs sieben acht neun", "zero um dois três quatro cinco seis sete oito nove",
    "zero uno due tre quattro cinque sei sette otto nove",
)  # fmt: skip
MISSPELT = ("zeero", "wun", "too", "thre", "foar", "fiv", "siks", "sevn", "ate", "nein")
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")

Way = Callable[[random.Random, str], str]
WAYS: dict[str, Way] = {}
"""By name."""


def way(write: Way) -> Way:
    """Put a way on the list, by the name of its function."""
    WAYS[write.__name__.lstrip("_")] = write
    return write


def groups(digits: str) -> list[str]:
    """Area code, exchange, line."""
    return [digits[:3], digits[3:6], digits[6:]]
