"""How a text sounds: two linear models over words with their negation, one for good and one for bad."""

from itertools import pairwise
from typing import Literal

from app.moderation.features import words
from app.moderation.folding import fold
from app.moderation.linear import model
from app.moderation.verdicts import Sentiment

_NOT = frozenset(
    (
        "not",
        "no",
        "never",
        "none",
        "nothing",
        "hardly",
        "cannot",
        "without",
        "isnt",
        "dont",
        "doesnt",
        "didnt",
        "wont",
        "cant",
        "wasnt",
        "nor",
        "nicht",
        "kein",
        "pas",
    )
)
_BUT = frozenset(("but", "however", "although", "though", "yet", "aber", "pero", "mais"))


def sentiment_features(text: str) -> set[str]:
    """Words, marked where they are negated or follow a `but`."""
    return _features(words(fold(text).text))


def _features(tokens: list[str]) -> set[str]:
    found: set[str] = set()
    negated = 0
    for token in tokens:
        if token in _NOT or token.endswith("n't"):
            negated = 4
            found.add("not")
            continue
        if token in _BUT:
            negated = 0
        found.add("not_" + token if negated else token)
        negated -= negated > 0
    found.update(map("_".join, pairwise(tokens)))
    return found


def sentiment(tokens: list[str]) -> Sentiment:
    """How the words of a text sound; neutral when neither model is sure."""
    bag = _features(tokens)
    positive, negative = model("positive"), model("negative")
    good, bad = positive.score(bag), negative.score(bag)
    return Sentiment(label=label(good, bad, positive.threshold, negative.threshold), score=round(good - bad, 2))


def label(good: float, bad: float, least_good: float, least_bad: float) -> Literal["negative", "neutral", "positive"]:
    """What two scores say together: the one that is further above its threshold."""
    if good < least_good and bad < least_bad:
        return "neutral"
    return "positive" if good - least_good >= bad - least_bad else "negative"
