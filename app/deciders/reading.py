"""What a burst says, as far as phrases tell: intents with confidence, mood, and what was not understood."""

from collections.abc import Sequence
from math import sqrt

import msgspec

from app.deciders.matching import Hit
from app.deciders.text import Text
from app.deciders.vocabulary import Vocabulary

GUARDS = ("emergency", "legal", "refund", "cancellation", "complaint", "human_please")
"""Always for a person, whatever else a message says; in order of weight."""

QUESTIONS = ("reschedule", "status", "booking", "availability", "price", "opening")
"""What a service business is asked every day."""

COURTESIES = ("thanks", "greeting")

_NEGATABLE = frozenset(
    {"complaint", "cancellation", "unsubscribe", "postpone", "booking", "confirmation", "reschedule"}
)
_TRAILING = frozenset({"cancellation", "unsubscribe", "postpone"})
_STRONG = 0.92
_STATED = 0.55
"""Said, not asked: below any sensible threshold."""
_LONG_SENTENCE = 22
_CHATTER_WORDS = 4
_ASKING_WORDS = 4
_MOOD_SCALE = 12


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """`intents`: best confidence of each; `at`: the sentences each was found in; `negated`: named only to be denied."""

    intents: dict[str, float]
    at: dict[str, frozenset[int]]
    negated: frozenset[str]
    sentiment: float
    open_questions: frozenset[int]
    """Questions in which nothing was recognised."""
    chatter: frozenset[int]
    """Statements of some length in which nothing was recognised."""
    asking: frozenset[int]
    """Sentences that ask or request something."""
    leftovers: int
    """Words that no phrase covers and that are neither stop words nor mood."""
    reserved: bool
    """A "but": thanks with a but are not only thanks."""


def interpret(text: Text, words: Vocabulary) -> Reading:
    """Find intents and mood. Deterministic; time linear in the text."""
    hits = words.matcher.find(text)
    vetoed = {(hit.category[5:], hit.sentence) for hit in hits if hit.category.startswith("veto:")}
    lengths = _lengths(text)
    asking = _asking(text, words, lengths)
    intents: dict[str, float] = {}
    at: dict[str, set[int]] = {}
    negated: set[str] = set()
    covered: set[int] = set()
    for hit in hits:
        name = hit.category
        if ":" in name or (name, hit.sentence) in vetoed or not _in_place(hit, text):
            continue
        covered.update(range(hit.start, hit.end))
        if name in _NEGATABLE and _denied(hit, text, words):
            negated.add(name)
            continue
        confidence = _confidence(hit, asking, lengths)
        intents[name] = max(intents.get(name, 0.0), confidence)
        at.setdefault(name, set()).add(hit.sentence)
    _offers(intents, at)
    known = {sentence for sentences in at.values() for sentence in sentences}
    unknown = {sentence for sentence in lengths if sentence not in known}
    return Reading(
        intents=intents,
        at={name: frozenset(sentences) for name, sentences in at.items()},
        negated=frozenset(negated - set(intents)),
        sentiment=mood(text, hits, words),
        open_questions=frozenset(unknown & text.questions),
        chatter=frozenset(one for one in unknown - text.questions if lengths[one] >= _CHATTER_WORDS),
        asking=asking,
        leftovers=_leftovers(text, hits, covered, words),
        reserved=any(word in words.buts for word in text.words),
    )


def mood(text: Text, hits: Sequence[Hit], words: Vocabulary) -> float:
    """-1 (angry) to 1 (happy): weighted words, turned round by a negation, sharpened by capitals and exclamations."""
    total = 0.0
    seen: set[int] = set()
    for hit in hits:
        if not hit.category.startswith("mood:") or hit.start in seen:
            continue
        seen.add(hit.start)
        weight = float(hit.category[5:])
        if _negated_before(hit, text, words):
            weight = -weight if weight > 0 else -weight / 2
        total += weight
    if total < 0:
        total *= 1.0 + 0.3 * text.shouting + 0.1 * min(text.exclamations, 4)
    return round(total / sqrt(total * total + _MOOD_SCALE), 3) if total else 0.0


def _offers(intents: dict[str, float], at: dict[str, set[int]]) -> None:
    """ "Do you have …" asks about availability, unless the sentence says what it is about."""
    confidence = intents.pop("offer", 0.0)
    named = {sentence for name in QUESTIONS for sentence in at.get(name, ())}
    alone = at.pop("offer", set()) - named
    if alone:
        intents["availability"] = max(intents.get("availability", 0.0), confidence)
        at.setdefault("availability", set()).update(alone)


def _lengths(text: Text) -> dict[int, int]:
    lengths: dict[int, int] = {}
    for sentence in text.sentence:
        lengths[sentence] = lengths.get(sentence, 0) + 1
    return lengths


def _asking(text: Text, words: Vocabulary, lengths: dict[int, int]) -> frozenset[int]:
    """Sentences that ask or request something, or are too short to be anything else.

    Without a question mark the asking word must stand near the beginning of a clause: "Could you …", "I'd like …".
    """
    found = set(text.questions)
    found.update(sentence for sentence, length in lengths.items() if length <= _CHATTER_WORDS)
    clause, since = -1, 0
    for at, word in enumerate(text.words):
        if text.clause[at] != clause:
            clause, since = text.clause[at], at
        if at - since < _ASKING_WORDS and word in words.asks:
            found.add(text.sentence[at])
    return frozenset(found)


def _in_place(hit: Hit, text: Text) -> bool:
    """A greeting stands at the beginning of a sentence."""
    if hit.category != "greeting":
        return True
    return hit.start == 0 or text.sentence[max(0, hit.start - 2)] != hit.sentence or hit.start == 1


def _confidence(hit: Hit, asking: frozenset[int], lengths: dict[int, int]) -> float:
    if hit.category in (*QUESTIONS, "offer") and hit.sentence not in asking:
        return _STATED
    excess = max(0, lengths[hit.sentence] - _LONG_SENTENCE)
    return round(max(0.5, _STRONG - 0.02 * excess), 3)


def _denied(hit: Hit, text: Text, words: Vocabulary) -> bool:
    """ "I do not want to cancel", "no complaint", "n'annulez pas", "ich kündige nicht"."""
    if _negated_before(hit, text, words):
        return True
    if hit.category not in _TRAILING:
        return False
    stop = min(hit.end + 2, len(text.words))
    return any(
        text.words[at] in words.trailing_negators and text.clause[at] == text.clause[hit.start]
        for at in range(hit.end, stop)
    )


def _negated_before(hit: Hit, text: Text, words: Vocabulary) -> bool:
    """A negator before the hit in its clause, with nothing but light words between."""
    at = hit.start - 1
    while at >= max(0, hit.start - 7) and text.clause[at] == text.clause[hit.start]:
        if text.words[at] in words.negators:
            return True
        if text.words[at] not in words.carriers:
            return False
        at -= 1
    return False


def _leftovers(text: Text, hits: Sequence[Hit], covered: set[int], words: Vocabulary) -> int:
    moods = {hit.start for hit in hits if hit.category.startswith("mood:")}
    return sum(
        1 for at, word in enumerate(text.words) if at not in covered and at not in moods and word not in words.stopwords
    )
