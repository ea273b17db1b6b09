"""Which language a burst is written in, by script and stop words. Small, deterministic, no model."""

from functools import cache
from typing import NamedTuple

from app.deciders.text import Text
from app.deciders.vocabulary import LANGUAGES, profiles, vocabulary

_SCRIPTS = (
    ("\u3040", "\u30ff", "ja"),
    ("\uac00", "\ud7af", "ko"),
    ("\u1100", "\u11ff", "ko"),
    ("\u4e00", "\u9fff", "zh"),
    ("\u0400", "\u052f", "ru"),
    ("\u0600", "\u06ff", "ar"),
    ("\u0750", "\u077f", "ar"),
    ("\u0590", "\u05ff", "he"),
    ("\u0370", "\u03ff", "el"),
    ("\u0900", "\u097f", "hi"),
    ("\u0e00", "\u0e7f", "th"),
    ("\u0530", "\u058f", "hy"),
    ("\u10a0", "\u10ff", "ka"),
    ("\u0980", "\u09ff", "bn"),
    ("\u0b80", "\u0bff", "ta"),
)
_LETTER_HINTS = {
    "de": "ßäöü",
    "es": "ñ¿¡",
    "pt": "ãõ",
    "fr": "êè",
    "it": "ìò",
    "pl": "łąężś",
    "tr": "ğış",
    "sv": "å",
    "da": "ø",
    "hu": "őű",
    "cs": "řěů",
    "ro": "țșă",
    "hr": "đ",
    "vi": "ươ",
}
"""Letters that speak for a language."""

_HINT_WEIGHT = 0.6
_VOCABULARY_WEIGHT = 0.6
_PHRASE_WEIGHT = 0.3
_SAMPLE = 400
_SHORT = 20


class Guess(NamedTuple):
    """`confidence` 0 to 1; `source` is `text`, `contact`, `tenant` or `script`."""

    language: str
    confidence: float
    source: str

    @property
    def supported(self) -> bool:
        """Whether there are rules for it."""
        return self.language in LANGUAGES


@cache
def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    """Word → languages that use it, each with a weight: a word that only one language uses says most."""
    users: dict[str, dict[str, float]] = {}
    for language in LANGUAGES:
        words = vocabulary(language)
        for word in words.matcher.vocabulary():
            users.setdefault(word, {})[language] = _VOCABULARY_WEIGHT
        for word in words.stopwords:
            users.setdefault(word, {})[language] = 1.0
    for language, stopwords in profiles().items():
        for word in stopwords:
            users.setdefault(word, {})[language] = 1.0
    table: dict[str, tuple[tuple[str, float], ...]] = {}
    for word, languages in users.items():
        supported = sum(1 for language in languages if language in LANGUAGES)
        share = max(supported, 1) + 0.5 * (len(languages) - supported)
        table[word] = tuple((language, weight / share) for language, weight in sorted(languages.items()))
    return table


def detect(text: Text, raw: str, *, contact_locale: str | None, tenant_locale: str) -> Guess:
    """The language of a text; where it does not say, the contact's locale, then the tenant's, with less confidence."""
    script = _script(raw)
    if script:
        return Guess(script, 0.9, "script")
    scores = _scores(text.words[:_SAMPLE], raw)
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    if ranked:
        best, score = ranked[0]
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        if score >= 0.5 and score - second >= 0.15 * score:
            return Guess(best, _certainty(score, second), "text")
    _recognise(scores, text.words[:_SHORT])
    return _by_locale(scores, contact_locale, tenant_locale, len(text.words))


def _recognise(scores: dict[str, float], words: tuple[str, ...]) -> None:
    """Too close to call by stop words: phrases of the languages with rules decide."""
    for language in LANGUAGES:
        if scores and language not in scores:
            continue
        known = sum(map(vocabulary(language).matcher.knows, words))
        if known:
            scores[language] = scores.get(language, 0.0) + _PHRASE_WEIGHT * known


def _certainty(score: float, second: float) -> float:
    margin = (score - second) / score
    return round(min(1.0, 0.55 + 0.75 * margin), 3)


def _by_locale(scores: dict[str, float], contact: str | None, tenant: str, size: int) -> Guess:
    """No clear winner: a locale decides if the words do not speak against it."""
    top = max(scores.values(), default=0.0)
    if not top and size >= 4:
        # Several words, not one of them known in any language: no locale makes them readable.
        return Guess("und", 0.3, "text")
    for locale, source, confidence in ((contact, "contact", 0.85), (tenant, "tenant", 0.75)):
        language = primary(locale)
        if language and (not top or scores.get(language, 0.0) >= 0.6 * top):
            return Guess(language, confidence, source)
    if not scores:
        return Guess("und", 0.3, "text")
    best = min(scores, key=lambda language: (-scores[language], language))
    return Guess(best, 0.6, "text")


def primary(locale: str | None) -> str | None:
    """`de-AT` and `de_AT.UTF-8` are `de`."""
    if not locale:
        return None
    language = locale.replace("_", "-").split("-")[0].strip().casefold()
    return language if language.isalpha() and language.isascii() and 2 <= len(language) <= 3 else None


def _scores(words: tuple[str, ...], raw: str) -> dict[str, float]:
    table = _weights()
    scores: dict[str, float] = {}
    for word in words:
        for language, weight in table.get(word, ()):
            scores[language] = scores.get(language, 0.0) + weight
    if not raw.isascii():
        letters = set(raw[:1000].casefold())
        for language, hints in _LETTER_HINTS.items():
            seen = sum(1 for letter in hints if letter in letters)
            if seen:
                scores[language] = scores.get(language, 0.0) + _HINT_WEIGHT * seen
    return scores


def _script(raw: str) -> str | None:
    """The language a non-Latin script stands for, when a good part of the letters is written in it."""
    if raw.isascii():
        return None
    counts: dict[str, int] = {}
    letters = 0
    for letter in raw[:600]:
        if not letter.isalpha():
            continue
        letters += 1
        if letter > "\u036f":
            for first, last, language in _SCRIPTS:
                if first <= letter <= last:
                    counts[language] = counts.get(language, 0) + 1
                    break
    if not counts or sum(counts.values()) < 0.3 * letters:
        return None
    if counts.get("ja"):
        return "ja"
    return min(counts, key=lambda language: (-counts[language], language))
