"""Texts that look as if they had a contact in them: prices, sizes, parts, dates, cards, words."""

import random
from functools import cache
from importlib import resources

from bench.written.case import Case

_AROUND = ("{}", "{}", "Hi, {}", "{} thanks", "Just so you know: {}")
_CARD = (
    "my card is {}", "{}", "charge {} please", "card number {} exp 09/27 cvv 123", "Visa {}", "use {} for the deposit",
    "pay with {}", "amex {} zip 94110",
)  # fmt: skip


@cache
def _lines() -> tuple[tuple[str, str], ...]:
    text = (resources.files("bench.written") / "harmless.txt").read_text(encoding="utf8")
    parts = (line.partition("|") for line in text.splitlines() if not line.startswith("#"))
    return tuple((about, line) for about, _, line in parts)


def harmless(dice: random.Random) -> Case:
    """A text with figures or words that are no contact."""
    about, line = dice.choice(_lines())
    filled = "".join(
        str(dice.randint(0 if place and line[place - 1] == "~" else 1, 9)) if char == "~" else char
        for place, char in enumerate(line)
    )
    return Case(dice.choice(_AROUND).format(filled), "", "", "US", about)


def card(dice: random.Random) -> Case:
    """A payment card's number."""
    if dice.random() < 0.2:
        digits = _checked(dice, dice.choice(("34", "37")), 15)
        groups = [digits[:4], digits[4:10], digits[10:]]
    else:
        digits = _checked(dice, dice.choice(("4", "51", "52", "55", "2221")), 16)
        groups = [digits[start : start + 4] for start in range(0, 16, 4)]
    written = dice.choice((digits, " ".join(groups), "-".join(groups)))
    return Case(dice.choice(_CARD).format(written), "", "", "US", "card")


def _checked(dice: random.Random, prefix: str, length: int) -> str:
    """Digits with the check digit that is right for them."""
    body = prefix + "".join(str(dice.randint(0, 9)) for _ in range(length - 1 - len(prefix)))
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)
