"""Payment cards: told apart so that they are not taken for phone numbers."""

import re

from app.moderation.runs import Run

_NAMED = re.compile(r"\b(?:card|cc|visa|mastercard|amex|credit|debit|karte|tarjeta|carte)\b[^\n]{0,24}$")
_GROUPS = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 1))


def luhn(digits: str) -> bool:
    """Whether the check digit is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card(run: Run, text: str) -> bool:
    """Whether a run of numerals is a card's number: 12 to 19 digits in a card's groups, with its check digit, or called one."""
    digits = "".join(token.digits for token in run)
    start = run[0].start
    if text[max(0, start - 2) : start].rstrip(" (").endswith("+") or digits.startswith("0"):
        return False
    named = _NAMED.search(text, max(0, start - 48), start) is not None
    groups = tuple(len(token.digits) for token in run)
    if 12 <= len(digits) <= 19 and (named or groups in _GROUPS or (len(run) == 1 and luhn(digits))):
        return True
    return any(12 <= group <= 19 and luhn(token.digits) for group, token in zip(groups, run, strict=True))
