"""Phone numbers written so that a filter does not see them and a person does."""

import random
from collections.abc import Sequence

from bench.written import latest, spellings
from bench.written.case import Case
from bench.written.numbers import e164, real
from bench.written.ways import WAYS

assert latest
assert spellings
"""Imported for the ways they put on the list."""

_SAID = (
    "{}",
    "call me {}",
    "my cell: {}",
    "text me at {} please",
    "reach me on {} anytime",
    "{} is my number",
    "hit me up {}",
    "It is $450 for the whole thing. {}",
    "I can start Monday at 8. {} thanks",
    "Great work last time, here is my digits {}",
    "number is {} (Mike)",
    "if you have questions {} ask for Sam",
    "whatsapp {}",
    "contact: {}",
    "lets talk directly {}",
)

LATE_PHONES = tuple(sorted(name for name in WAYS if name.startswith("late")))
"""Ways that were written down when the detectors were done."""
PHONES = tuple(sorted(set(WAYS) - set(LATE_PHONES)))


def hidden_phone(dice: random.Random, styles: Sequence[str] = PHONES) -> Case:
    """A number in a sentence, written in one of the ways."""
    digits = e164(real(dice, "US"))[2:]
    style = dice.choice(styles)
    hidden = WAYS[style](dice, digits)
    if hidden.replace("-", "").replace(" ", "") == digits and style in ("some_words", "letters", "letters_tight"):
        hidden = WAYS["words"](dice, digits)
    return Case(dice.choice(_SAID).format(hidden), "phone", "+1" + digits, "US", style)
