"""A linear model: weights of features from a JSON file, a sum, a squashed score. No library needed."""

import math
from collections.abc import Collection
from functools import cache
from importlib import resources

import msgspec

SHORT = 80
"""Fewer features than this weigh as if they were so many: a few words are no surer for being few."""


class Model(msgspec.Struct, frozen=True):
    """One trained model."""

    name: str
    trained: str
    """On what, when and with what: the first line of its card."""
    bias: float
    threshold: float
    """From this score on the class is said to be there."""
    weights: dict[str, float]
    scaled: bool = False
    """Whether the sum is divided by the root of how many features a text has: a long one is no surer for its length."""

    def score(self, features: Collection[str]) -> float:
        """How probable the class is, 0 … 1."""
        return squashed(self.total(features))

    def total(self, features: Collection[str]) -> float:
        """The plain sum. Added exactly, so that no order of features changes the last digit."""
        found = filter(None, map(self.weights.get, features))
        if self.scaled:
            return self.bias + math.fsum(found) / math.sqrt(max(len(features), SHORT))
        return math.fsum([self.bias, *found])


def squashed(total: float) -> float:
    """A sum as a probability."""
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, total))))


@cache
def model(name: str) -> Model:
    """A model by name; its weights are read once."""
    return msgspec.json.decode(
        (resources.files("app.moderation") / "weights" / f"{name}.json").read_bytes(), type=Model
    )
