"""How long tests wait for what must come. Only a failure takes as long, so a slow machine costs nothing but its own time."""

import time

PATIENCE_S = 60.0


def begin_within(period_s: int, spare_s: float) -> None:
    """Wait for the next hour (3,600 s) or day (86,400 s, UTC) where this one ends in less than `spare_s`: what a test
    counts by it falls into one then."""
    left_s = period_s - time.time() % period_s
    if left_s < spare_s:
        time.sleep(left_s + 0.1)
