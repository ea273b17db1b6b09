"""What one gateway takes: numbers as hosted Supabase knows them, and the meters that watch them."""

import time

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one process. An event is one frame of a client that is meant for others."""

    connections: int = 10_000
    joins_per_s: int = 2_500
    channels_per_connection: int = 100
    events_per_s: int = 100
    """Broadcasts a second of one connection; above that its channel is closed, as hosted does."""
    http_messages_per_s: int = 1_000
    """Messages a second over HTTP, all callers together."""
    payload_bytes: int = 256_000
    presence_per_s: int = 1_000
    """Presence events a second, all connections together."""
    presence_calls: int = 5
    """Presence calls of one channel in 30 s."""
    presence_window_s: float = 30.0
    presence_bytes: int = 10_000
    outbox_bytes: int = 1_048_576
    outbox_frames: int = 1_000
    """What waits for a client that does not read; more, and it is cut off."""
    replayed: int = 25
    token_bytes: int = 16_384
    join_backoff_s: float = 1.0
    """How long a refused join waits for its answer: whoever guesses gets slow."""
    idle_s: float = 90.0
    """A connection that sends nothing for so long is gone: clients send a heartbeat every 25 s."""


class Meter:
    """Counts events in windows: `take()` says whether one more is within the limit."""

    __slots__ = ("_count", "_limit", "_since", "_window")

    def __init__(self, limit: int, window_s: float = 1.0) -> None:
        self._limit = limit
        self._window = window_s
        self._since = 0.0
        self._count = 0

    def take(self, number: int = 1) -> bool:
        """Count `number` events; False when the window has no room for them."""
        now = time.monotonic()
        if now - self._since >= self._window:
            self._since, self._count = now, 0
        if self._count + number > self._limit:
            return False
        self._count += number
        return True
