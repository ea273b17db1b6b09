"""Judging messages: how many disguised contacts are found beside a plain pattern, how many ordinary texts are taken for
one, and how long it takes. The texts are made here from a fixed seed; what they showed was mended, so they tell
of a step back rather than of texts nobody has seen."""

import random
import re
import time
from collections.abc import Callable

from app.moderation import judge
from bench.rows import Row, Say, at_least, at_most, fact, machine, median, percentile

PLAIN_PHONE = re.compile(r"\(?\d{3}\)?[-. ]?\d{3}[-. ]?\d{4}")
PLAIN_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
"""What most filters are: the floor."""

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_AROUND = (
    "{} call me",
    "text {} any time",
    "great condition, $2,300 obo. {}",
    "I can come on Monday at 9. {} is my cell",
    "{}",
    "size 12 x 14, built 1987, please call {} thanks",
)
CLEAN = (
    "The price is ${0} for {1} rooms, about {0} sq ft.",
    "Model {0}{0}, serial {0}-{1}",
    "Can you come on {1}/12 at {1}:30?",
    "invoice {0} of {1}/10/2025 is paid",
    "It is {1} miles away, {0} lbs, 2 car garage",
    "There is room at some point, fine.in the morning",
    "we have {1} windows of 36 x 48 and {0} bricks",
    "order number {0}{0}{1}",
    "{1} minute walk, one way street, {0} dollars",
)


def run(say: Say) -> list[Row]:
    """All rows of `parley bench moderate`."""
    dice = random.Random(20)
    judge("warm up 510-574-7946 jo@x.com")
    rows = [
        *_recall("phone", [_phone(dice) for _ in range(600)], PLAIN_PHONE, 0.95, say),
        *_recall("email", [_mail(dice) for _ in range(300)], PLAIN_MAIL, 0.90, say),
    ]
    clean = [dice.choice(CLEAN).format(dice.randint(300, 9_999), dice.randint(2, 12)) for _ in range(1_000)]
    wrong = sum(1 for text in clean if judge(text).threats_detected)
    rows.append(at_most("ordinary texts with figures taken for a contact", 100 * wrong / len(clean), "%", 0.5, ""))
    texts = [*clean, *(text for text, _ in (_phone(dice) for _ in range(200)))]
    taken = sorted(_milliseconds(text) for text in texts)
    floor = median(
        [_milliseconds(text, lambda text: PLAIN_PHONE.search(text) or PLAIN_MAIL.search(text)) for text in texts]
    )
    rows += [
        at_most("one message, median", median(taken), "ms", 0.3, f"plain patterns: {floor:.3f} ms"),
        at_most("one message, 99 of 100", percentile(taken, 0.99), "ms", 2.0, ""),
    ]
    pieces = (
        "1 ",
        "at ",
        "x dot ",
        "five ",
        "5 1 0 5 7 4 7 9 4 6, ",
        "a.com ",
        "Suite 12 ",
        "insta: ",
        "j at gmail ",
        "l0l ",
    )
    worst = max(min(_milliseconds((piece * 4096)[:4096]) for _ in range(3)) for piece in pieces)
    return [*rows, at_most("4 KB of the worst text", worst, "ms", 50, ""), machine()]


def _recall(kind: str, cases: list[tuple[str, str]], plain: re.Pattern[str], target: float, say: Say) -> list[Row]:
    found = floor = 0
    for done, (text, value) in enumerate(cases):
        say(f"{kind}s in disguise", done / len(cases))
        found += any(one.kind == kind and one.value == value for one in judge(text).threats_detected)
        floor += plain.search(text) is not None
    say(f"{kind}s in disguise", 1.0)
    against = f"plain pattern: {floor / len(cases):.3f}"
    return [
        at_least(f"disguised {kind}s found", found / len(cases), "share", target, against),
        fact(f"disguised {kind}s", len(cases), "texts"),
    ]


def _phone(dice: random.Random) -> tuple[str, str]:
    """A text with a disguised number, and the number."""
    area = dice.choice(("212", "415", "510", "702", "917", "305", "617", "925"))
    digits = area + str(dice.randint(2, 9)) + "".join(str(dice.randint(0, 9)) for _ in range(6))
    groups = [digits[:3], digits[3:6], digits[6:]]
    spoken = [_WORDS[int(digit)] for digit in digits]
    mixed = "".join(_WORDS[int(digit)] if dice.random() < 0.3 else digit for digit in digits)
    form = dice.randrange(8)
    disguised = (
        " ".join(spoken),
        dice.choice("-_=./*").join(digits),
        dice.choice((" ☎ ", "--", "...", "////", " ~ ")).join(groups),
        mixed if re.search("[a-z]", mixed) else " ".join(spoken),
        "-".join(groups).replace("0", "O").replace("1", "l").replace("-", " - "),
        "\u200b".join(digits),
        "".join(chr(0xFF10 + int(digit)) for digit in digits),
        f"{groups[0]} {' '.join(spoken[3:6])} {groups[2]}",
    )[form]
    return dice.choice(_AROUND).format(disguised), "+1" + digits


def _mail(dice: random.Random) -> tuple[str, str]:
    """A text with a disguised mailbox, and the mailbox."""
    local = dice.choice(("jo.smith", "acme_pl", "maria77", "kitchen.pro", "bobby-t"))
    host, ending = dice.choice(
        (("gmail", "com"), ("yahoo", "com"), ("acme-build", "net"), ("protonmail", "com"), ("web", "de"))
    )
    disguised = dice.choice(
        (
            f"{local} at {host} dot {ending}", f"{local}(at){host}(dot){ending}", f"{local} [at] {host} [dot] {ending}",
            f"{local} @ {host} . {ending}", f"{local} AT {host} DOT {ending}", f"{local}@{host}\u200b.{ending}",
            f"{local} arroba {host} punto {ending}", f"{local}＠{host}．{ending}",
        )
    )  # fmt: skip
    return dice.choice(_AROUND).format(disguised), f"{local}@{host}.{ending}"


def _milliseconds(text: str, look: Callable[[str], object] = judge) -> float:
    begun = time.process_time()
    look(text)
    return (time.process_time() - begun) * 1e3
