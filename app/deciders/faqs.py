"""Which of a tenant's FAQ entries a burst asks for."""

from functools import lru_cache
from typing import NamedTuple

from app.deciders.language import primary
from app.deciders.text import Text, words_of
from app.deciders.vocabulary import Vocabulary
from app.domain.deciding import Faq, TenantKnowledge

MAX_ANSWERS = 3
_ONE_WORD = 0.75
_SEVERAL = 0.9
_GENERIC = 0.5


class FaqMatch(NamedTuple):
    """An entry, how sure, and the sentences it answers."""

    faq: Faq
    confidence: float
    sentences: frozenset[int]


class _Found(NamedTuple):
    faq: Faq
    at: frozenset[int]
    specific: bool


@lru_cache(maxsize=8192)
def _keyword(keyword: str) -> tuple[str, ...]:
    return words_of(keyword)


def written_in(language: str | None, knowledge: TenantKnowledge) -> str:
    """The language of an entry: its own, else the tenant's."""
    return primary(language) or primary(knowledge.locale) or "en"


def match_faqs(text: Text, words: Vocabulary, knowledge: TenantKnowledge) -> tuple[list[FaqMatch], list[Faq]]:
    """Entries that match, best first, and those that match but are written in another language.

    Greedy: an entry must bring a keyword that no better entry has used, so "price of a haircut" finds the haircut and
    not every entry with the keyword "price".
    """
    places: dict[str, list[int]] = {}
    for at, word in enumerate(text.words):
        places.setdefault(word, []).append(at)
    found = [one for faq in knowledge.faqs if (one := _find(faq, text, places, words))]
    foreign = [one.faq for one in found if written_in(one.faq.language, knowledge) != words.language]
    ours = [one for one in found if written_in(one.faq.language, knowledge) == words.language]
    matches: list[FaqMatch] = []
    used: set[int] = set()
    for one in sorted(ours, key=lambda each: (-each.specific, -len(each.at), min(each.at), each.faq.id)):
        if one.at <= used or (used and not one.specific):
            continue
        used |= one.at
        matches.append(FaqMatch(one.faq, _sure(one), frozenset(text.sentence[at] for at in one.at)))
    return matches, foreign


def _sure(found: _Found) -> float:
    if not found.specific:
        return _GENERIC
    return _SEVERAL if len(found.at) > 1 else _ONE_WORD


def _find(faq: Faq, text: Text, places: dict[str, list[int]], words: Vocabulary) -> _Found | None:
    at: set[int] = set()
    specific = False
    owns_specific = False
    for keyword in faq.keywords:
        phrase = _keyword(keyword)
        if not phrase:
            continue
        special = len(phrase) > 1 or not words.is_generic(phrase[0])
        owns_specific = owns_specific or special
        for start in places.get(phrase[0], ()):
            if text.words[start : start + len(phrase)] == phrase:
                at.update(range(start, start + len(phrase)))
                specific = specific or special
    if not at:
        return None
    return _Found(faq, frozenset(at), specific or not owns_specific)
