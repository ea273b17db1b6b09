"""Phone numbers as people write them past a filter: words, letters, marks, other scripts."""

import random

from bench.written.ways import FOREIGN, MISSPELT, TEENS, TENS, WORDS, groups, way


@way
def _words(dice: random.Random, digits: str) -> str:
    return dice.choice((" ", " ", ", ", "-", "  ")).join(WORDS[int(digit)] for digit in digits)


@way
def _words_oh(_: random.Random, digits: str) -> str:
    return " ".join("oh" if digit == "0" else WORDS[int(digit)] for digit in digits)


@way
def _words_capital(dice: random.Random, digits: str) -> str:
    return dice.choice(("", " ")).join(WORDS[int(digit)].capitalize() for digit in digits)


@way
def _words_shouted(_: random.Random, digits: str) -> str:
    return "-".join(" ".join(WORDS[int(digit)] for digit in group) for group in groups(digits)).upper()


@way
def _some_words(dice: random.Random, digits: str) -> str:
    return "".join(WORDS[int(digit)] if dice.random() < 0.4 else digit for digit in digits)


@way
def _some_words_grouped(dice: random.Random, digits: str) -> str:
    mixed = [
        "".join(WORDS[int(digit)] if dice.random() < 0.4 else digit for digit in group) for group in groups(digits)
    ]
    return dice.choice((" ", "-", ".", " - ")).join(mixed)


@way
def _some_words_spaced(dice: random.Random, digits: str) -> str:
    return " ".join(WORDS[int(digit)] if dice.random() < 0.5 else digit for digit in digits)


@way
def _shouted_words(dice: random.Random, digits: str) -> str:
    place = dice.randrange(10)
    return "-".join(
        "".join(WORDS[int(d)].upper() if 3 * g + i in (place, 9 - place) else d for i, d in enumerate(group))
        for g, group in enumerate(groups(digits))
    )


@way
def _pairs(dice: random.Random, digits: str) -> str:
    said = [WORDS[int(digit)] for digit in digits[:6]]
    for start in (6, 8):
        pair = digits[start : start + 2]
        if pair[0] == "1":
            said.append(TEENS[int(pair[1])])
        elif pair[0] == "0":
            said += ["zero", WORDS[int(pair[1])]]
        else:
            said.append(TENS[int(pair[0])] + ("" if pair[1] == "0" else dice.choice((" ", "-")) + WORDS[int(pair[1])]))
    return " ".join(said)


@way
def _repeated(_: random.Random, digits: str) -> str:
    said: list[str] = []
    index = 0
    while index < len(digits):
        if index + 1 < len(digits) and digits[index] == digits[index + 1]:
            said.append("double " + WORDS[int(digits[index])])
            index += 2
        else:
            said.append(WORDS[int(digits[index])])
            index += 1
    return " ".join(said)


@way
def _letters(dice: random.Random, digits: str) -> str:
    return "-".join(groups(digits.replace("0", dice.choice("oO")).replace("1", dice.choice("lI"))))


@way
def _letters_tight(dice: random.Random, digits: str) -> str:
    return digits.replace("0", "O").replace("1", dice.choice("lIi"))


@way
def _letters_more(_: random.Random, digits: str) -> str:
    return " ".join(groups(digits.translate(str.maketrans("0158", "OlSB"))))


@way
def _every_digit(dice: random.Random, digits: str) -> str:
    return dice.choice((" ", "-", ".", "_", "*", "/", "~", "=", "|", " . ", " - ", ",", "+", ":", "•", "'")).join(
        digits
    )


@way
def _odd_marks(dice: random.Random, digits: str) -> str:
    mark = dice.choice(
        (
            "--",
            "...",
            "//",
            " ~ ",
            "**",
            "___",
            " <> ",
            " | ",
            "::",
            " # ",
            "><",
            " + ",
            "^",
            ", ",
            "~~",
            " & ",
            "=",
            "»",
            "★",
        )
    )
    return mark.join(groups(digits))


@way
def _odd_breaks(dice: random.Random, digits: str) -> str:
    cut = sorted(dice.sample(range(1, 10), dice.randint(2, 4)))
    parts = [digits[a:b] for a, b in zip([0, *cut], [*cut, 10], strict=True)]
    return dice.choice((" ", "-", ".", " / ")).join(parts)


@way
def _fives(dice: random.Random, digits: str) -> str:
    return dice.choice((" ", "-", " - ")).join((digits[:5], digits[5:]))


@way
def _brackets(dice: random.Random, digits: str) -> str:
    a, b, c = groups(digits)
    ways = (
        f"({a}){b}/{c}", f"[{a}] {b} {c}", f"{{{a}}}-{{{b}}}-{{{c}}}", f"(({a})) {b}--{c}", f"<{a}> <{b}> <{c}>",
        f"({a}) ({b}) ({c})", f'"{a}" "{b}" "{c}"',
    )  # fmt: skip
    return dice.choice(ways)


@way
def _emoji_digits(_: random.Random, digits: str) -> str:
    return "".join(digit + "\ufe0f\u20e3" for digit in digits)


@way
def _emoji_between(dice: random.Random, digits: str) -> str:
    return dice.choice((" 🔥 ", "✨", "❤️", " ☎️ ", "👉", "😀")).join(groups(digits))


@way
def _invisible(dice: random.Random, digits: str) -> str:
    return dice.choice(("\u200b", "\u200d", "\u2060", "\u00ad", "\ufeff")).join(digits)


@way
def _other_script(dice: random.Random, digits: str) -> str:
    base = dice.choice((0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x0660, 0x06F0, 0x0966, 0x09E6))
    return dice.choice(("", " ", "-")).join(
        "".join(chr(base + int(digit)) for digit in group) for group in groups(digits)
    )


@way
def _circled(_: random.Random, digits: str) -> str:
    return "".join("⓪" if digit == "0" else chr(0x2460 + int(digit) - 1) for digit in digits)


@way
def _raised(_: random.Random, digits: str) -> str:
    return "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in digits)


@way
def _chinese(_: random.Random, digits: str) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in digits)


@way
def _foreign_words(dice: random.Random, digits: str) -> str:
    said = dice.choice(FOREIGN).split()
    return " ".join(said[int(digit)] for digit in digits)


@way
def _announced_area(dice: random.Random, digits: str) -> str:
    a, b, c = groups(digits)
    ways = (
        f"area code {a} then {b} {c}",
        f"{a} is the area code, then {b} and {c}",
        f"({a} area) {b}-{c}",
        f"area code is {a}, number {b}{c}",
    )
    return dice.choice(ways)


@way
def _fillers(dice: random.Random, digits: str) -> str:
    a, b, c = groups(digits)
    joint = dice.choice(("dash", "dot", "then", "and", "(space)", "..."))
    return f"{a} {joint} {b} {joint} {c}"


@way
def _misspelt(dice: random.Random, digits: str) -> str:
    return " ".join(MISSPELT[int(digit)] if dice.random() < 0.4 else WORDS[int(digit)] for digit in digits)


@way
def _stretched(dice: random.Random, digits: str) -> str:
    return " ".join(
        WORDS[int(digit)].replace("e", "ee", 1) if dice.random() < 0.3 else WORDS[int(digit)] for digit in digits
    )


@way
def _glued_words(_: random.Random, digits: str) -> str:
    return "-".join("".join(WORDS[int(digit)] for digit in group) for group in groups(digits))


@way
def _spaced_letters(_: random.Random, digits: str) -> str:
    return "  ".join(" ".join(WORDS[int(digit)]) for digit in digits)


@way
def _dotted_words(_: random.Random, digits: str) -> str:
    return ".".join(WORDS[int(digit)] for digit in digits)


@way
def _hash_words(dice: random.Random, digits: str) -> str:
    return dice.choice(("_", "*", "/", "~")).join(WORDS[int(digit)] for digit in digits)


@way
def _hundreds(_: random.Random, digits: str) -> str:
    return f"{digits[:3]} {digits[3:6]} {WORDS[int(digits[6])]} {WORDS[int(digits[7])]} {digits[8:]}"


@way
def _lines(_: random.Random, digits: str) -> str:
    return "\n".join(groups(digits))


@way
def _homoglyph_words(_: random.Random, digits: str) -> str:
    return " ".join(WORDS[int(digit)].replace("o", "о").replace("e", "е") for digit in digits)


@way
def _accented(_: random.Random, digits: str) -> str:
    return " ".join(WORDS[int(digit)].replace("e", "é").replace("i", "ï") for digit in digits)


@way
def _leet_words(_: random.Random, digits: str) -> str:
    return " ".join(WORDS[int(digit)].replace("e", "3").replace("o", "0").replace("i", "1") for digit in digits)
