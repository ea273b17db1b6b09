"""Judging messages: how many contacts are found beside a plain pattern, how many ordinary texts are taken for one, and
how long it takes. The texts come from `bench.written`, from a fixed seed. What its ways of hiding showed was mended, so
those rows tell of a step back; the ways invented last come nearer to texts nobody has seen."""

import random
import re
import time
from collections.abc import Callable

from app.moderation import judge
from app.moderation.raising import watch_rules
from app.moderation.watching import readings_of, seen_by
from bench.rows import Row, Say, at_least, at_most, fact, machine, median, percentile
from bench.written import LATE_MAILS, LATE_PHONES, Case, card, harmless, hidden_mail, hidden_phone, plain_phone

PLAIN_PHONE = re.compile(r"\(?\d{3}\)?[-. ]?\d{3}[-. ]?\d{4}")
PLAIN_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
"""What most filters are: the floor."""

WORST = (
    "1 ", "at ", "x dot ", "five ", "5 1 0 5 7 4 7 9 4 6, ", "a.com ",
    "Suite 12 ", "insta: ", "j at gmail ", "l0l ",
)  # fmt: skip
"""Pieces that, repeated, make the texts that take longest."""
ORDINARY = 2_000
SEED = 20


def run(say: Say) -> list[Row]:
    """All rows of `parley bench moderate`."""
    dice = random.Random(SEED)
    judge("warm up 510-574-7946 jo@x.com")
    phones = [hidden_phone(dice) for _ in range(800)]
    ordinary = [harmless(dice) for _ in range(ORDINARY)]
    cards = [card(dice) for _ in range(500)]
    rows = [
        *_recall("plain phones", [plain_phone(dice) for _ in range(800)], PLAIN_PHONE, (0.99, 0.99), say),
        *_recall("disguised phones", phones, PLAIN_PHONE, (0.95, 0.92), say),
        *_recall("disguised mailboxes", [hidden_mail(dice) for _ in range(800)], PLAIN_MAIL, (0.90, 0.90), say),
        *_told("phones in ways invented last", [hidden_phone(dice, LATE_PHONES) for _ in range(300)]),
        *_told("mailboxes in ways invented last", [hidden_mail(dice, LATE_MAILS) for _ in range(300)]),
        at_most("ordinary texts with something found", _wrong(ordinary), "%", 0.5, f"{ORDINARY} texts"),
        at_most("cards taken for phones", _wrong(cards, "phone"), "%", 3, f"{len(cards)} cards"),
    ]
    texts = [case.text for case in (*ordinary[:1_000], *phones[:200])]
    taken = sorted(_milliseconds(text) for text in texts)
    floor = median(
        [_milliseconds(text, lambda text: PLAIN_PHONE.search(text) or PLAIN_MAIL.search(text)) for text in texts]
    )
    rows += [
        at_most("one message, median", median(taken), "ms", 0.3, f"plain patterns: {floor:.3f} ms"),
        at_most("one message, 99 of 100", percentile(taken, 0.99), "ms", 2.0, ""),
        at_most("one message, watched with four before it, median", median(_watched_along(texts)), "ms", 0.3, ""),
    ]
    worst = max(min(_milliseconds((piece * 4096)[:4096]) for _ in range(3)) for piece in WORST)
    return [*rows, at_most("4 KB of the worst text", worst, "ms", 50, ""), machine()]


def _recall(name: str, cases: list[Case], plain: re.Pattern[str], targets: tuple[float, float], say: Say) -> list[Row]:
    """How many are found by their value, and how many of what is found was there."""
    found = right = floor = 0
    kind = cases[0].kind
    for done, case in enumerate(cases):
        say(name, done / len(cases))
        hits = [one for one in judge(case.text, region=case.region).threats_detected if one.kind == kind]
        found += len(hits)
        right += any(one.value == case.value for one in hits)
        floor += plain.search(case.text) is not None
    say(name, 1.0)
    against = f"plain pattern: {floor / len(cases):.3f}"
    return [
        at_least(f"{name} found", right / len(cases), "share", targets[0], against),
        at_least(f"of the {name} reported, right", right / max(found, 1), "share", targets[1], f"{len(cases)} texts"),
    ]


def _wrong(cases: list[Case], kind: str | None = None) -> float:
    """In how many of a hundred something is found, or something of a kind."""
    flagged = sum(any(kind in (None, one.kind) for one in judge(case.text).threats_detected) for case in cases)
    return 100 * flagged / len(cases)


def _told(name: str, cases: list[Case]) -> list[Row]:
    """The same share where nothing is promised."""
    right = sum(
        any(one.kind == case.kind and one.value == case.value for one in judge(case.text).threats_detected)
        for case in cases
    )
    return [fact(f"{name} found", round(right / len(cases), 3), "share")]


def _watched_along(texts: list[str]) -> list[float]:
    """Milliseconds for each message of one long conversation, judged and watched as the gate does."""
    rule = {"on": "score", "threshold": 0.7, "action": "notify"}
    watch = watch_rules({"angry": rule, "sad": {**rule, "on": "mood", "threshold": -0.5}}, 5)
    taken = []
    for number, text in enumerate(texts):
        begun = time.process_time()
        verdict = judge(text)
        seen_by(watch, verdict, readings_of(watch, text, verdict, texts[max(0, number - 4) : number]))
        taken.append((time.process_time() - begun) * 1e3)
    return taken


def _milliseconds(text: str, look: Callable[[str], object] = judge) -> float:
    begun = time.process_time()
    look(text)
    return (time.process_time() - begun) * 1e3
