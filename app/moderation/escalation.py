"""Whether a conversation is going wrong: the mood of its last messages, its trend, and what speaks for calling a person."""

import hashlib
import re
from collections.abc import Iterable, Sequence

import msgspec

from app.moderation.features import words
from app.moderation.folding import fold
from app.moderation.safety import find_unsafe
from app.moderation.sentiment import sentiment
from app.moderation.verdicts import SAFETY_KINDS, Threat, Verdict

LAST = 20
"""Messages that are looked at."""
URGENT = 0.6
"""From this score on a person should look."""
KEPT = 4096
"""Readings that are remembered."""

_HARM = frozenset(("threat", "harassment", "self_harm"))

_REASONS: tuple[tuple[str, float, re.Pattern[str]], ...] = (
    ("asks_for_a_person", 0.5, re.compile(r"\b(?:speak|talk|connect me) (?:to|with) (?:a |an |your |the )?(?:person|human|manager|supervisor|someone|real|agent|owner)|\bhuman (?:being|agent)\b|\bcustomer service\b")),
    ("legal_words", 0.5, re.compile(r"\b(?:lawyers?\b|attorneys?\b|sue\b|suing\b|lawsuit|court\b(?! ?(?:yard|house|esy))|legal action|small claims|police|report you|bbb|better business|licensing board|consumer protection|anwalt|abogado|avocat)\b")),
    ("money_back", 0.4, re.compile(r"\b(?:refund|money back|charge ?back|overcharged|double charged|dispute|ripped off|rip off|scam(?:med)?)\b")),
    ("repeated_failure", 0.35, re.compile(r"\b(?:third|3rd|fourth|4th|second|2nd) time\b|\bstill (?:not|no|isn't|hasn't|haven't|doesn't|waiting|broken|leaking)\b|\b(?:again and again|over and over|how many times|for weeks|for days now|keeps? (?:happening|breaking|leaking))\b")),
    ("no_answer", 0.3, re.compile(r"\b(?:no one|nobody) (?:answers|answered|responds|responded|called|showed)|\bno.show\b|\b(?:ignor(?:ed|ing) me|never (?:called|showed|came|answered|responded))|\banybody there\b|\?{3,}")),
    ("leaving", 0.35, re.compile(r"\b(?:cancel (?:my|the|this)|done with you|never (?:again|use)|hire someone else|going elsewhere|worst (?:service|company|experience|contractor)|unacceptable|bad review|leave a review)\b")),
    ("urgent", 0.25, re.compile(r"\b(?:urgent|emergency|asap|immediately|right now|flood(?:ed|ing)|gas leak|no heat|no water|on fire|dangerous)\b")),
)  # fmt: skip


class Reading(msgspec.Struct, frozen=True):
    """What one text says for itself, whatever was said before it. Equal texts have equal readings."""

    mood: float
    weights: tuple[tuple[str, float], ...]
    """Reasons and how much each weighs while it is new."""
    kinds: tuple[tuple[str, float], ...]
    """What it does to its reader (`SAFETY_KINDS`), and how sure that is."""


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """How urgently a person should look at a conversation."""

    score: float
    """0 … 1; from `URGENT` on somebody should."""
    trend: float
    """-1 (worse and worse) … 1: mood of the later half less that of the earlier."""
    mood: float
    """-1 … 1, the last messages counting most."""
    reasons: tuple[str, ...]
    """What speaks for it: names, in the order of their weight."""


_known: dict[bytes, Reading] = {}
"""Readings by the digest of their text: what is said once is read along with the next few. Nobody's words are in it."""


def escalation(messages: Sequence[str]) -> Escalation:
    """Judge a conversation by one side's messages, oldest first; the last `LAST` count."""
    return weigh([read(text) for text in messages[-LAST:]])


def read(text: str) -> Reading:
    """What a text says for itself."""
    digest = _digest(text)
    if (known := _known.get(digest)) is not None:
        return known
    folded = fold(text)
    tokens = words(folded.text)
    return _keep(digest, text, folded.text, sentiment(tokens).score, find_unsafe(folded, tokens))


def read_judged(text: str, verdict: Verdict) -> Reading:
    """The same of a text that the rules have judged: what they have found already is not looked for again."""
    digest = _digest(text)
    if (known := _known.get(digest)) is not None:
        return known
    return _keep(digest, text, fold(text).text, verdict.sentiment.score, verdict.threats_detected)


def weigh(readings: Sequence[Reading]) -> Escalation:
    """What readings, oldest first, come to together: what is newer weighs more."""
    weights: dict[str, float] = {}
    for age, reading in enumerate(reversed(readings)):
        faded = 0.85**age
        for name, weight in reading.weights:
            weights[name] = max(weights.get(name, 0.0), weight * faded)
    moods = [reading.mood for reading in readings]
    mood, trend = _mood(moods), _trend(moods)
    if mood < -0.25:
        weights["bad_mood"] = min(0.35, -mood * 0.5)
    if trend < -0.3:
        weights["getting_worse"] = min(0.3, -trend * 0.3)
    calm = 1.0
    for weight in weights.values():
        calm *= 1.0 - weight
    reasons = sorted(weights, key=lambda name: (-weights[name], name))
    return Escalation(score=round(1.0 - calm, 2), trend=trend, mood=mood, reasons=tuple(reasons))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _keep(digest: bytes, text: str, folded: str, mood: float, found: Iterable[Threat]) -> Reading:
    weights = {name: weight for name, weight, pattern in _REASONS if pattern.search(folded)}
    kinds = {one.kind: one.confidence for one in found if one.kind in SAFETY_KINDS}
    weights |= {kind: 0.8 * sure for kind, sure in kinds.items() if kind in _HARM}
    if len(text) > 12 and text.isupper():
        weights["shouting"] = 0.25
    if len(_known) >= KEPT:
        _known.clear()
    _known[digest] = made = Reading(mood, tuple(weights.items()), tuple(sorted(kinds.items())))
    return made


def _mood(moods: list[float]) -> float:
    shares = [0.7**age for age in range(len(moods) - 1, -1, -1)]
    return round(sum(one * share for one, share in zip(moods, shares, strict=True)) / sum(shares), 2) if moods else 0.0


def _trend(moods: list[float]) -> float:
    if len(moods) < 2:
        return 0.0
    half = len(moods) // 2
    earlier, later = moods[:half], moods[half:]
    return round(max(-1.0, min(1.0, sum(later) / len(later) - sum(earlier) / len(earlier))), 2)
