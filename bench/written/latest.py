"""Ways to write a number that were invented when the detectors were done."""

import random

from bench.written.ways import FOREIGN, TEENS, TENS, WORDS, groups, way


@way
def _late_natural(_: random.Random, digits: str) -> str:
    said = []
    for start in (0, 3):
        said += [WORDS[int(digits[start])], "hundred", _pair(digits[start + 1 : start + 3])]
    return " ".join([*said, _pair(digits[6:8]), _pair(digits[8:])])


def _pair(digits: str) -> str:
    if digits[0] == "0":
        return "oh " + WORDS[int(digits[1])]
    if digits[0] == "1":
        return TEENS[int(digits[1])]
    return TENS[int(digits[0])] + ("" if digits[1] == "0" else " " + WORDS[int(digits[1])])


@way
def _late_letter_between(dice: random.Random, digits: str) -> str:
    return dice.choice("xXzo").join(digits)


@way
def _late_each_in_brackets(dice: random.Random, digits: str) -> str:
    return "".join(dice.choice(("({})", "[{}]", "<{}>")).format(digit) for digit in digits)


@way
def _late_two_tongues(dice: random.Random, digits: str) -> str:
    spanish = FOREIGN[0].split()
    return " ".join(spanish[int(digit)] if dice.random() < 0.5 else WORDS[int(digit)] for digit in digits)


@way
def _late_entities(_: random.Random, digits: str) -> str:
    return "".join(f"&#{48 + int(digit)};" for digit in digits)


@way
def _late_a_line_each(_: random.Random, digits: str) -> str:
    return "\n".join(digits)


@way
def _late_hashes(_: random.Random, digits: str) -> str:
    return " ".join("#" + "#".join(group) for group in groups(digits))


@way
def _late_twos(dice: random.Random, digits: str) -> str:
    return dice.choice((" ", "-", ".")).join(digits[start : start + 2] for start in range(0, 10, 2))


@way
def _late_lowered(_: random.Random, digits: str) -> str:
    return "".join(chr(0x2080 + int(digit)) for digit in digits)


@way
def _late_struck(_: random.Random, digits: str) -> str:
    return "".join(digit + "\u0336" for digit in digits)


@way
def _late_glued_start(_: random.Random, digits: str) -> str:
    return "".join(WORDS[int(digit)] for digit in digits[:3]).upper() + digits[3:6] + "-" + digits[6:]


@way
def _late_words_and_marks(dice: random.Random, digits: str) -> str:
    return " ".join(WORDS[int(digit)] + dice.choice(("!", ".", ",", "", "~")) for digit in digits)


@way
def _late_plus_one(dice: random.Random, digits: str) -> str:
    return dice.choice(("plus one ", "+one ", "1 ", "one ")) + " ".join(groups(digits))
