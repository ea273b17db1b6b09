"""Bad days on order: which calls of a provider go wrong, how, and how often."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

BEFORE = frozenset({"status", "limit", "drop", "html"})
"""The call is answered (or dropped) instead of done."""
AFTER = frozenset({"lost", "hang", "garbage", "slow"})
"""The call is done, and then its answer is lost, never comes, makes no sense, or comes late."""


@dataclass
class Fault:
    """One kind of trouble. `calls` is a pattern of method names; `times` how often at most, `rate` with which chance,
    `every` at which of them: 20 is every twentieth call, and no other.

    `status`: an error of the provider's own with that number and `text`. `limit`: too many requests, wait `seconds`.
    `html`: a proxy's page with `status`. `drop`: hang up before anything is done. `lost`: hang up after it is done.
    `hang`: say nothing after it is done. `garbage`: done, and answered with nonsense. `slow`: done after `seconds`.
    """

    kind: str
    calls: str = "*"
    times: int | None = None
    rate: float = 1.0
    every: int = 1
    status: int = 500
    seconds: float = 1.0
    text: str = "Internal Server Error: restart"
    seen: int = 0
    """Calls so far that it could have struck."""


class Faults:
    """The troubles ordered, and how often each kind happened."""

    def __init__(self, seed: int = 0) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a scripted run can be repeated
        self._ordered: list[Fault] = []
        self.happened: dict[str, int] = {}

    def order(self, kind: str, **options: Any) -> Fault:
        """From now on. Raises ValueError for a kind there is not."""
        if kind not in BEFORE | AFTER:
            raise ValueError(f"no such fault: {kind}")
        fault = Fault(kind, **options)
        self._ordered.append(fault)
        return fault

    def order_all(self, given: Mapping[str, Any]) -> Fault:
        """The same from a JSON object. Raises ValueError or TypeError."""
        return self.order(**{str(name): value for name, value in given.items()})

    def clear(self) -> None:
        """Good weather."""
        self._ordered.clear()

    def strike(self, call: str) -> Fault | None:
        """The trouble this call has, if any; it is used up by asking."""
        for fault in self._ordered:
            if not fnmatch(call, fault.calls) or fault.times == 0:
                continue
            fault.seen += 1
            if fault.seen % fault.every or self._chance.random() >= fault.rate:
                continue
            if fault.times is not None:
                fault.times -= 1
            self.happened[fault.kind] = self.happened.get(fault.kind, 0) + 1
            return fault
        return None
