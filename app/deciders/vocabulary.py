"""What is known of one language: phrases per intent, sentiment words, dates, and the sentences replies are made of.

One JSON file per language in `lexicon/`, written in the language's own spelling; loaded once and compiled.
"""

from functools import cache, cached_property
from pathlib import Path

import msgspec

from app.deciders.matching import Matcher
from app.deciders.text import fold, words_of

_FOLDER = Path(__file__).parent / "lexicon"

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl")
"""Languages with rules; a message in any other goes to a person."""

_EVERYDAY = ("opening", "price", "availability", "booking", "reschedule", "status")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


class DateWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alternatives are separated by `|`; `weekdays` starts on Monday, `months` in January."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    today: str
    tomorrow: str
    after_tomorrow: str
    weekend: str
    next: str
    in_: str = msgspec.field(name="in")
    day: str
    week: str
    month: str
    times: str
    numbers: dict[str, int]


class Format(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of days and small words for replies."""

    long: tuple[str, ...]
    short: tuple[str, ...]
    today: str
    tomorrow: str
    and_: str = msgspec.field(name="and")
    closed: str


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    language: str
    stopwords: str
    asks: str
    negators: str
    carriers: str
    buts: str
    closings: tuple[str, ...]
    trailing_negators: str = ""
    intents: dict[str, tuple[str, ...]]
    vetoes: dict[str, tuple[str, ...]]
    negative: dict[str, str]
    positive: dict[str, str]
    dates: DateWords
    format: Format
    replies: dict[str, str]
    summary: dict[str, str]
    topics: dict[str, str]


class Vocabulary:
    """One language, ready to use. Everything matched is folded; everything said is as written."""

    def __init__(self, entry: _Entry) -> None:
        self.language = entry.language
        self.format = entry.format
        self.replies = entry.replies
        self.summary = entry.summary
        self.topics = entry.topics
        self.stopwords = _folded(entry.stopwords)
        self.asks = _folded(entry.asks)
        self.negators = _folded(entry.negators)
        self.trailing_negators = _folded(entry.trailing_negators)
        self.carriers = _folded(entry.carriers)
        self.buts = _folded(entry.buts)
        self.closings = frozenset(words_of(closing) for closing in entry.closings)
        self.dates = entry.dates
        self._entry = entry

    @cached_property
    def matcher(self) -> Matcher:
        """Categories: intents by name, `veto:<intent>`, `mood:<weight>` with weights -3 to 3."""
        entry = self._entry
        patterns: dict[str, list[str]] = {}
        for intent, rows in entry.intents.items():
            patterns[intent] = self._rows(rows)
        for intent, rows in entry.vetoes.items():
            patterns["veto:" + intent] = self._rows(rows)
        for sign, moods in ((-1, entry.negative), (1, entry.positive)):
            for weight, words in moods.items():
                patterns[f"mood:{sign * int(weight)}"] = self._rows(words.split())
        return Matcher(patterns)

    @cached_property
    def _generic(self) -> Matcher:
        rows = [row for intent in _EVERYDAY for row in self._rows(self._entry.intents[intent]) if len(row.split()) == 1]
        return Matcher({"generic": rows})

    def is_generic(self, word: str) -> bool:
        """Whether a folded word alone stands for an everyday question ("price") and singles out no FAQ entry."""
        return self._generic.knows(word)

    @cached_property
    def day_numbers(self) -> dict[str, int]:
        """Folded weekday names to 0 (Monday) to 6."""
        return {fold(word): day for day, words in enumerate(self.dates.weekdays) for word in words.split("|")}

    @cached_property
    def month_numbers(self) -> dict[str, int]:
        """Folded month names to 1 to 12."""
        return {fold(word): month + 1 for month, words in enumerate(self.dates.months) for word in words.split("|")}

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Folded number words to small integers."""
        return {fold(word): number for word, number in self.dates.numbers.items()}

    def one_of(self, alternatives: str) -> frozenset[str]:
        """`today|tonight` as a folded set."""
        return _alternatives(alternatives)

    def _rows(self, rows: tuple[str, ...] | list[str]) -> list[str]:
        days = "|".join((*self.dates.weekdays, self.dates.today, self.dates.tomorrow, self.dates.weekend))
        spelled: list[str] = []
        for row in rows:
            full = row.replace("%day", days)
            spelled.append(fold(full))
            if any(letter in full for letter in "äöü"):
                spelled.append(fold(full.casefold().translate(_UMLAUTS)))
        return spelled


@cache
def _alternatives(alternatives: str) -> frozenset[str]:
    return frozenset(fold(word) for word in alternatives.split("|"))


def _folded(words: str) -> frozenset[str]:
    plain = words.casefold()
    return frozenset(fold(plain).split()) | frozenset(fold(plain.translate(_UMLAUTS)).split())


@cache
def vocabulary(language: str) -> Vocabulary:
    """The vocabulary of a language in `LANGUAGES`. Raises `KeyError` for any other."""
    if language not in LANGUAGES:
        raise KeyError(language)
    raw = (_FOLDER / f"{language}.json").read_bytes()
    return Vocabulary(msgspec.json.decode(raw, type=_Entry))


@cache
def profiles() -> dict[str, frozenset[str]]:
    """Stop words of languages without rules, so that they are recognised and left to a person."""
    raw: dict[str, str] = msgspec.json.decode((_FOLDER / "others.json").read_bytes(), type=dict[str, str])
    return {language: _folded(words) for language, words in raw.items()}
