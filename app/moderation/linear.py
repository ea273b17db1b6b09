"""A linear model: weights of features from a JSON file, a sum, a squashed score. No library needed."""

import math
from collections.abc import Iterable
from functools import cache
from importlib import resources

import msgspec


class Model(msgspec.Struct, frozen=True):
    """One trained model."""

    name: str
    trained: str
    """On what, when and with what: the first line of its card."""
    bias: float
    threshold: float
    """From this score on the class is said to be there."""
    weights: dict[str, float]

    def score(self, features: Iterable[str]) -> float:
        """How probable the class is, 0 … 1."""
        return squashed(self.total(features))

    def total(self, features: Iterable[str]) -> float:
        """The plain sum. Added exactly, so that no order of features changes the last digit."""
        known = self.weights
        return math.fsum([self.bias, *filter(None, map(known.get, features))])


def squashed(total: float) -> float:
    """A sum as a probability."""
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, total))))


@cache
def model(name: str) -> Model:
    """A model by name; its weights are read once."""
    return msgspec.json.decode(
        (resources.files("app.moderation") / "weights" / f"{name}.json").read_bytes(), type=Model
    )
