"""What a scraper is told: how long rows took from their commit to their readers, how many came, and who is there."""

import time
from collections.abc import Sized

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0)


class Meters:
    """The figures of one gateway."""

    def __init__(self, sockets: Sized) -> None:
        self._registry = CollectorRegistry()
        self._delay = Histogram(
            "parley_realtime_delay_seconds", "From a row's commit to the clients of its room.", buckets=BUCKETS,
            registry=self._registry,
        )  # fmt: skip
        self._rows = Counter("parley_realtime_rows", "Rows handed to a room.", registry=self._registry)
        connected = Gauge("parley_realtime_connections", "Clients connected.", registry=self._registry)
        connected.set_function(lambda: len(sockets))

    def told(self, committed_at: float | None) -> None:
        """One row was handed on; `committed_at` in seconds of the epoch, None where nobody knows."""
        self._rows.inc()
        if committed_at is not None:
            self._delay.observe(max(0.0, time.time() - committed_at))

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
