"""How many messages a text is on its way: carriers charge each, and a phone joins them."""

import msgspec

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
"""Two places each."""


class Segments(msgspec.Struct, frozen=True):
    """`gsm7`: 160 characters in one, 153 in each of several; `ucs2` (any other character makes it that): 70 and 67."""

    encoding: str
    count: int


def segments(text: str) -> Segments:
    """What a text is sent as. An empty one is one segment."""
    if all(character in GSM or character in EXTENDED for character in text):
        units = [2 if character in EXTENDED else 1 for character in text]
        return Segments("gsm7", _count(units, 160, 153))
    units = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Segments("ucs2", _count(units, 70, 67))


def _count(units: list[int], alone: int, each: int) -> int:
    if sum(units) <= alone:
        return 1
    count, left = 1, each
    for unit in units:  # a character of two units is never torn in two
        if unit > left:
            count, left = count + 1, each
        left -= unit
    return count
