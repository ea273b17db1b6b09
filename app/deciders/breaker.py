"""A breaker for one process: after failures in a row nobody waits for a provider that is away.

closed ──5 failures, or one that says how long──▶ open ──time is up──▶ half-open (one caller may try)
  ▲                                                 ▲                         │
  └──────────────────── it answered ────────────────┴───── it failed ◀────────┘
"""

import time
from collections.abc import Callable

FAILURES = 5
PAUSE_S = 30.0
LONGEST_S = 300.0


class Breaker:
    """Counts failures of one provider. Not for threads: one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._probing = False

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        if not self._open_until:
            return "closed"
        return "open" if self._clock() < self._open_until or self._probing else "half-open"

    def allow(self) -> bool:
        """Whether a call may be made now. In the half-open state the first to ask may, as a probe."""
        state = self.state
        if state == "half-open":
            self._probing = True
        return state != "open"

    def succeeded(self) -> None:
        """It answered: closed again."""
        self._failures, self._open_until, self._probing = 0, 0.0, False

    def failed(self, *, pause_s: float | None = None) -> None:
        """It did not. With `pause_s` (it said how long, or will not mend soon) it opens at once."""
        self._failures += 1
        if self._probing or pause_s is not None or self._failures >= FAILURES:
            self._open_until = self._clock() + min(LONGEST_S, PAUSE_S if pause_s is None else pause_s)
        self._probing = False

    def gave_up(self) -> None:
        """The caller was cancelled before anything was learned: a probe may be tried by the next one."""
        self._probing = False
