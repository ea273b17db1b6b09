"""When tokens run out: the channels that are due, by the second."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.realtime.channel import Channel


class Clock:
    """Buckets of a second: ten thousand channels cost no ten thousand timers."""

    def __init__(self) -> None:
        self._due: dict[int, set[Channel]] = {}

    def arm(self, channel: "Channel") -> None:
        """Close the channel when its claims run out."""
        self.disarm(channel)
        if channel.open and channel.claims.exp is not None:
            channel.due = math.ceil(channel.claims.exp)
            self._due.setdefault(channel.due, set()).add(channel)

    def disarm(self, channel: "Channel") -> None:
        """Forget it."""
        if channel.due is not None and (bucket := self._due.get(channel.due)) is not None:
            bucket.discard(channel)
            if not bucket:
                del self._due[channel.due]
        channel.due = None

    def take_due(self, now: float) -> list["Channel"]:
        """Channels whose claims ran out, forgotten here."""
        over = [second for second in self._due if second <= now]
        return [channel for second in over for channel in self._due.pop(second)]
