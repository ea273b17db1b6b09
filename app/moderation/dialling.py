"""What digits are a number where: the metadata of `phonenumbers`, asked once for each."""

import re
from collections.abc import Sequence
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

ELSEWHERE = ("US", "GB", "FR", "DE", "ES", "IT", "NL", "BE", "CH", "AT", "SE", "NO", "DK", "FI", "PL", "PT", "IE",
             "AU", "NZ", "ZA", "IN", "BR", "MX", "CZ", "HU", "SI", "EE", "IS", "CY", "TN", "UY", "JP", "CN")  # fmt: skip
"""Countries whose national numbers are recognised without a `+` when the home regions do not know the digits."""

NO_TRUNK = ("ES", "PT", "PL", "DK", "NO", "CZ")
"""Of those, countries that dial no zero before a national number."""

TRUNK = frozenset(("GB", "IE", "FR", "DE", "AT", "CH", "NL", "BE", "SE", "FI", "AU", "NZ", "ZA", "TR", "UA"))
"""Countries where nobody writes a national number without its zero."""


def elsewhere(digits: str) -> tuple[str, ...]:
    """Other countries: without a leading zero those first that dial none."""
    return ELSEWHERE if digits.startswith("0") else (*NO_TRUNK, *ELSEWHERE)


@lru_cache(maxsize=16_384)
def possible(digits: str) -> str:
    """E.164 of what could be dialled with a plus sign, though nobody has it now, else ''."""
    try:
        parsed = phonenumbers.parse("+" + digits, None)
    except NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def american(digits: str, home: Sequence[str]) -> str:
    """E.164 of ten digits in the North American form whose area code nobody has (`555-123-4567`), where that is home."""
    last = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if len(last) != 10 or last[0] in "01" or not {"US", "CA"} & set(home):
        return ""
    return "+1" + last


@lru_cache(maxsize=16_384)
def number(digits: str, region: str | None) -> str:
    """E.164 of what is a valid number (dialled from `region`, or with `+`), else ''."""
    try:
        parsed = phonenumbers.parse(digits, region)
    except NumberParseException:
        return ""
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if phonenumbers.is_valid_number(parsed) else ""


@lru_cache(maxsize=4096)
def groupings(value: str) -> tuple[tuple[int, ...], ...]:
    """The groups in which a number (E.164) is written at home, and abroad without its country."""
    parsed = phonenumbers.parse(value, None)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    abroad = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL).partition(" ")[2]
    return tuple({tuple(len(group) for group in re.findall(r"\d+", written)) for written in (national, abroad)})
