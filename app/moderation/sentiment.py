"""How a text sounds: two linear models over words with their negation, one for good and one for bad.

Beside single words they see what a lexicon of seven thousand rated words adds up to, so that a word no model was
trained on counts as well.
"""

from itertools import pairwise
from typing import Literal

from app.moderation.features import words
from app.moderation.folding import fold
from app.moderation.linear import model
from app.moderation.verdicts import Sentiment

_NOT = frozenset(
    "not no never none nothing hardly cannot without isnt dont doesnt didnt wont cant wasnt nor nicht kein pas".split()
)
_BUT = frozenset("but however although though yet aber pero mais".split())
_VERY = frozenset("very really extremely so absolutely completely totally incredibly too highly".split())
_REACH = 4
"""Words that a negation turns."""


def sentiment_features(text: str) -> set[str]:
    """Words, marked where they are negated or follow a `but`, and the sums of their ratings."""
    return _features(words(fold(text).text))


def _features(tokens: list[str]) -> set[str]:
    found: set[str] = set()
    negated = 0
    for token in tokens:
        if token in _NOT or token.endswith("n't"):
            negated = _REACH
            found.add("not")
            continue
        if token in _BUT:
            negated = 0
        found.add("not_" + token if negated else token)
        negated -= negated > 0
    found.update(map("_".join, pairwise(tokens)))
    good, bad = _ratings(tokens)
    both = good - bad
    found.update((f"#p{min(int(good + 0.999), 8)}", f"#n{min(int(bad + 0.999), 8)}"))
    found.update((f"#d{max(-8, min(8, round(both * 1.2)))}", f"#c{round(6 * both / (both * both + 15) ** 0.5)}"))
    return found


def _ratings(tokens: list[str]) -> tuple[float, float]:
    """(good, bad) of the lexicon's words: turned by a negation, more with a `very`, halved before a `but`."""
    rated = model("lexicon").weights
    good = bad = 0.0
    negated = 0
    more = 1.0
    for token in tokens:
        if token in _NOT or token.endswith("n't"):
            negated = _REACH
            continue
        if token in _BUT:
            negated, good, bad = 0, good / 2, bad / 2
            continue
        value = rated.get(token, 0.0) * more * (-0.74 if negated else 1.0)
        good, bad = good + max(value, 0.0), bad - min(value, 0.0)
        more = 1.3 if token in _VERY else 1.0
        negated -= negated > 0
    return good, bad


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
