"""What a message does to its reader: threats, harassment, spam, scams, sexual content, signs of self-harm.

Two kinds of linear models: weights of words that were learned (spam, scam, abuse), and weights of phrases that were
written down where there is no free data to learn from. What somebody quotes or reports is not what he says, and
profanity alone is nothing.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

from app.moderation.features import MAX_WORDS, mass, rude, words
from app.moderation.folding import Folded, fold
from app.moderation.linear import model, squashed
from app.moderation.parts import Parts, parts
from app.moderation.verdicts import Threat

LEAST_WORDS = 2
FEW_WORDS = 8
SURE = 0.9
"""How sure a model must be of so few words that sell nothing."""
PART_SURE = 0.95
"""How sure a model must be that one part of a text is spam."""
PART_MOST = {"spam": 0.89, "scam": 0.89, "harassment": 0.96}
"""How sure it is of the whole by a part: a person looks at it, nothing is stopped for it alone."""
SELLING = frozenset(("<url>", "<money>"))

_QUOTED = re.compile(
    r"\"[^\"\n]{1,400}\"|«[^»\n]{1,400}»|„[^\"“\n]{1,400}[\"“]|(?:(?<=\s)|^)'[^'\n]{6,400}'(?=[\s.,!?]|$)|(?m:^\s{0,3}>[^\n]{0,400}$)"
)
_REPORTED = re.compile(
    r"\b(?:he|she|they|somebody|someone|(?:the|this|that|my|a|our|another) (?:\w{1,20} ){0,2}\w{1,20}|neighbou?r|contractor|customer|client|guy|tenant|landlord|people)"
    r"\s(?:just |then |also |even |has |had |was |were |keeps? )?(?:said|says|saying|wrote|writes|called|calls|calling|told|tells|texted|messaged|yelled|shouted|screamed|threatened|threatening|emailed|left me)\b[^.!?\n]{0,200}"
)
_DIRECTED = re.compile(r"(?<!\w)(?:you|u|your|ur|you're|youre|yours|yourself|ya|@\w+)(?!\w)")


class Rules(msgspec.Struct, frozen=True):
    """Weights of phrases, looked for only where one of the trigger words stands."""

    triggers: frozenset[str]
    bias: float
    patterns: list[tuple[str, float]]


class _Compiled(NamedTuple):
    triggers: frozenset[str]
    bias: float
    patterns: tuple[tuple[re.Pattern[str], float], ...]


@cache
def _rules() -> dict[str, _Compiled]:
    raw = (resources.files("app.moderation") / "weights" / "rules.json").read_bytes()
    return {
        kind: _Compiled(
            rules.triggers, rules.bias, tuple((re.compile(text), weight) for text, weight in rules.patterns)
        )
        for kind, rules in msgspec.json.decode(raw, type=dict[str, Rules]).items()
    }


def find_unsafe(folded: Folded, tokens: list[str]) -> list[Threat]:
    """What is said of the whole message, surest first of each kind; the span is all of it."""
    if len(tokens) < LEAST_WORDS:
        return []
    scores = _unwanted(folded, tokens[:MAX_WORDS])
    own = said_by_oneself(folded.text)
    mine = tokens if own == folded.text else words(own)
    insult = abuse_score(folded.original, mine[:MAX_WORDS], own)
    if insult:
        scores["harassment"] = insult
    pieces = list(parts(folded, tokens))
    my_pieces = pieces if mine is tokens else list(parts(fold(own), mine))
    for kind, sure in (*_unwanted_parts(pieces), *_rude_parts(my_pieces)):
        scores[kind] = max(scores.get(kind, 0.0), min(sure, PART_MOST[kind]))
    for kind, sure in _by_phrases(own, frozenset(mine)).items():
        scores[kind] = max(sure, scores.get(kind, 0.0))
    span = (0, len(folded.original))
    return [
        Threat(kind=kind, span=span, value=kind, confidence=_rounded(sure)) for kind, sure in sorted(scores.items())
    ]


def _unwanted(folded: Folded, tokens: list[str]) -> dict[str, float]:
    """`spam` and `scam` as the models see them. `Call 510-574-7946!` gives a contact away, and that is all it does."""
    bag = mass(folded.original, tokens)
    spam, scam, bulk = model("spam"), model("scam"), model("bulk")
    spoken = sum(not token.startswith("<") for token in tokens)
    enough = spoken >= FEW_WORDS or not SELLING.isdisjoint(tokens)
    asked = [(spam.score(bag), spam.threshold if enough else SURE)]
    if enough:
        asked.append((bulk.score(bag), bulk.threshold))
    scores = [score for score, limit in asked if score >= limit]
    if not scores:
        return {}
    fraud = scam.score(bag)
    return {"spam": max(scores)} | ({"scam": fraud} if fraud >= scam.threshold else {})


def _unwanted_parts(pieces: Parts) -> Iterator[tuple[str, float]]:
    """`spam` and `scam` of the parts of a long text, whatever stands around them."""
    spam, scam = model("spam"), model("scam")
    for written, piece in pieces:
        bag = mass(written, piece)
        sure = spam.score(bag)
        if sure >= PART_SURE:
            yield "spam", sure
            fraud = scam.score(bag)
            if fraud >= scam.threshold:
                yield "scam", fraud


def _rude_parts(pieces: Parts) -> Iterator[tuple[str, float]]:
    """`harassment` of the parts of a long text, without what it quotes."""
    abuse = model("abuse")
    for written, piece in pieces:
        sure = abuse.score(rude(written, piece))
        if sure >= abuse.threshold:
            yield "harassment", sure


def said_by_oneself(text: str) -> str:
    """A folded text without what it quotes or reports."""
    if '"' in text or "'" in text or ">" in text or "«" in text or "„" in text:
        text = _QUOTED.sub(" ", text)
    return _REPORTED.sub(" ", text) if _SAYING.search(text) else text


_SAYING = re.compile(r"said|say|wr[oi]t|call|t[oe]l[dl]|text|messag|yell|shout|scream|threat|email|left me")


def abuse_score(original: str, tokens: list[str], own: str) -> float:
    """The abuse model's score where it is above its threshold, else 0. Unless it speaks to somebody it is never quite sure."""
    if len(tokens) < LEAST_WORDS:
        return 0.0
    abuse = model("abuse")
    score = abuse.score(rude(original, tokens))
    if score < abuse.threshold:
        return 0.0
    return score if _DIRECTED.search(own) else min(score, 0.96)


def _by_phrases(text: str, tokens: frozenset[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for kind, rules in _rules().items():
        if rules.triggers.isdisjoint(tokens):
            continue
        total = rules.bias
        for pattern, weight in rules.patterns:
            if pattern.search(text):
                total += weight
        if total > 0:
            found[kind] = squashed(total)
    return found


def _rounded(sure: float) -> float:
    return max(0.01, min(1.0, round(sure, 2)))
