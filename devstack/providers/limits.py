"""How much a provider lets through."""

import time
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass
class Bucket:
    """Fills at `rate` a second up to `size`."""

    rate: float
    size: float
    left: float
    at: float

    def take(self) -> float:
        """0 and one is taken, or the seconds until there is one again."""
        now = time.monotonic()
        self.left, self.at = min(self.size, self.left + (now - self.at) * self.rate), now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) / self.rate


class Buckets:
    """One bucket per key, full at first."""

    def __init__(self, rate: float, size: float) -> None:
        self.rate, self.size = rate, size
        self._known: dict[Hashable, Bucket] = {}

    def take(self, key: Hashable) -> float:
        """0 and one is taken, or the seconds to wait."""
        full = Bucket(self.rate, self.size, self.size, time.monotonic())
        return self._known.setdefault(key, full).take()
