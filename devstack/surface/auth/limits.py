"""How often one address may ask: a bucket of attempts that fills up again, one for each limit and address."""

import time
from collections import OrderedDict
from collections.abc import Callable

from devstack.surface.auth.config import Config
from devstack.surface.auth.problems import Problem

REMEMBERED = 10_000


class Limits:
    """Token buckets. `take` spends an attempt; `give_back` undoes that when the attempt was an honest one."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sizes = {
            "token": (config.failed_logins, 300.0), "verify": (config.failed_verifications, 300.0),
            "sign_up": (config.sign_ups, 300.0), "anonymous": (config.anonymous_sign_ins, 3600.0),
        }  # fmt: skip
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, limit: str, address: str) -> None:
        """Raises Problem (429) when `address` has none left."""
        size, period_s = self._sizes[limit]
        left, since = self._left.pop((limit, address), (float(size), self._clock()))
        now = self._clock()
        left = min(float(size), left + (now - since) * size / period_s)
        self._keep(limit, address, left - 1 if left >= 1 else left, now)
        if left < 1:
            raise Problem(429, "over_request_rate_limit", "Request rate limit reached")

    def give_back(self, limit: str, address: str) -> None:
        """One attempt more."""
        left, since = self._left.pop((limit, address), (float(self._sizes[limit][0]), self._clock()))
        self._keep(limit, address, min(left + 1, float(self._sizes[limit][0])), since)

    def _keep(self, limit: str, address: str, left: float, now: float) -> None:
        self._left[limit, address] = (left, now)
        while len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
