"""Dates and times a contact names: "on Friday", "next week", "in 3 days", "12.05.", "2026-05-12", "May 12"."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from app.deciders.text import Text
from app.deciders.vocabulary import Vocabulary

_NUMERIC = re.compile(r"^(\d{1,4})([./-])(\d{1,2})(?:\2(\d{2,4}))?$")


class Mention(NamedTuple):
    """A day named at word `at` of a text. `kind` is `day` for a single day, `span` for "next week"."""

    day: date
    at: int
    kind: str


def mentions(text: Text, words: Vocabulary, today: date) -> list[Mention]:
    """Every day named, in the order of the text. A weekday means its next occurrence after today."""
    found: list[Mention] = []
    for at, word in enumerate(text.words):
        day = _named(text, at, word, words, today)
        if day is not None:
            found.append(day)
    return found


def names_a_time(text: Text, words: Vocabulary, today: date) -> bool:
    """Whether any day, clock time or other number is stated."""
    if any(any(map(str.isdigit, word)) for word in text.words):
        return True
    times = words.one_of(words.dates.times)
    return any(word in times for word in text.words) or bool(mentions(text, words, today))


def _named(text: Text, at: int, word: str, words: Vocabulary, today: date) -> Mention | None:
    ahead = _days_ahead(word, words, today)
    if ahead is not None:
        return Mention(today + timedelta(days=ahead), at, "day")
    if word[0].isdigit():
        return _numeric(text, at, word, words, today)
    return _relative(text, at, word, words, today)


def _days_ahead(word: str, words: Vocabulary, today: date) -> int | None:
    dates = words.dates
    for ahead, names in ((0, dates.today), (2, dates.after_tomorrow), (1, dates.tomorrow)):
        if word in words.one_of(names):
            return ahead
    weekday = 5 if word in words.one_of(dates.weekend) else words.day_numbers.get(word)
    return None if weekday is None else (weekday - today.weekday() - 1) % 7 + 1


def _relative(text: Text, at: int, word: str, words: Vocabulary, today: date) -> Mention | None:
    """`in 3 days`, `next week`, and `prossima settimana` as well as `settimana prossima`."""
    dates = words.dates
    unit = 0
    for size, names in ((1, dates.day), (7, dates.week), (30, dates.month)):
        if word in words.one_of(names):
            unit = size
    if not unit:
        return None
    before = text.words[at - 1] if at else ""
    after = text.words[at + 1] if at + 1 < len(text.words) else ""
    following = words.one_of(dates.next)
    if unit > 1 and (before in following or after in following):
        return Mention(today + timedelta(days=unit), at, "span")
    count = int(before) if before.isdecimal() and len(before) <= 3 else words.numbers.get(before, 0)
    ahead = text.words[max(0, at - 4) : at - 1]
    if count and any(other in words.one_of(dates.in_) for other in ahead):
        return Mention(today + timedelta(days=min(count * unit, 3650)), at, "day")
    return None


def _numeric(text: Text, at: int, word: str, words: Vocabulary, today: date) -> Mention | None:
    match = _NUMERIC.match(word)
    if match:
        first, mark, second, third = match.groups()
        if len(first) == 4:
            return _mention(int(first), int(second), int(third or 0), at)
        month_first = words.language == "en" and mark == "/" and int(first) <= 12
        day, month = (int(second), int(first)) if month_first else (int(first), int(second))
        if mark == "-" and not third:
            return None
        return _mention(_year(third), month, day, at) if third else _coming(month, day, today, at)
    digits = word.rstrip("stndrhºª.")
    if not (digits.isdecimal() and len(digits) <= 2):
        return None
    for near in (at + 1, at - 1, at + 2):
        if 0 <= near < len(text.words) and text.words[near] in words.month_numbers:
            return _coming(words.month_numbers[text.words[near]], int(digits), today, at)
    return None


def _year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def _mention(year: int, month: int, day: int, at: int) -> Mention | None:
    try:
        return Mention(date(year, month, day), at, "day")
    except ValueError:
        return None


def _coming(month: int, day: int, today: date, at: int) -> Mention | None:
    """The next such day, today included. 29 February may lie years ahead."""
    for year in range(today.year, min(today.year + 9, 9999)):
        found = _mention(year, month, day, at)
        if found and found.day >= today:
            return found
    return None
