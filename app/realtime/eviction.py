"""Whoever was removed stops hearing: channels are judged anew when the database says that somebody's rights changed.

`NOTIFY et_realtime` names a user (`user:<id>`), a session that ended (`session:<id>`), or a tenant: one that ended
(`tenant:<id>`), or one whose people may say more or less than before (`policy:<id>`). Without a word it means new rows.
After a lost connection everybody is judged anew, since a word may have been missed.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from app.realtime.claims import Refused
from app.realtime.rooms import Rooms

if TYPE_CHECKING:
    from app.realtime.channel import Channel

log = logging.getLogger("parley.realtime")
AT_ONCE = 4
"""Judged side by side; the rest of the pool is for those who join."""
RETRY_S = 0.5
ATTEMPTS = 10
"""A channel that cannot be judged for so long is closed: what is not known is not given out."""


class Evictions:
    """Channels that wait to be judged."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._waiting: dict[Channel, int] = {}
        self._wake = asyncio.Event()
        self.words = 0
        """How many there were so far: who was judged while one came is judged again."""

    def heard(self, what: str) -> None:
        """A notification: judge the channels of a user, end those of a session."""
        self.words += 1
        kind, _, name = what.partition(":")
        if kind == "user":
            self.add(self._rooms.of_user(name))
        elif kind == "session":
            for channel in self._rooms.all():
                if channel.claims.session == name:
                    channel.close("The session has ended")
        elif kind == "tenant":
            self.add([channel for channel in self._rooms.all() if channel.claims.tenant == name])
        elif kind == "policy":
            self._ask_voices()

    def _ask_voices(self) -> None:
        """Each conversation's channels ask before their next word; of which tenant they are the database knows. Whoever
        is present with words is judged at once."""
        talks = [channel for channel in self._rooms.all() if channel.place[0] and channel.topic.startswith("thread:")]
        for channel in talks:
            channel.forget_voice()
        self.add([channel for channel in talks if channel.shows_words()])

    def all(self) -> None:
        """Judge everybody."""
        self.words += 1
        self.add(list(self._rooms.all()))

    def add(self, channels: "list[Channel]") -> None:
        """Judge these channels."""
        for channel in channels:
            if channel.place[0]:
                self._waiting.setdefault(channel, 0)
        if self._waiting:
            self._wake.set()

    async def run(self) -> None:
        """Judge, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popitem() for _ in range(min(AT_ONCE, len(self._waiting)))]
                await asyncio.gather(*(self._judge(channel, tries) for channel, tries in batch))

    async def _judge(self, channel: "Channel", tries: int) -> None:
        try:
            await channel.look_again()
        except Refused as refused:
            if tries >= ATTEMPTS or refused.status < 500:
                channel.close(refused.text)
                return
            self._waiting.setdefault(channel, tries + 1)
            await asyncio.sleep(RETRY_S)
        except Exception:  # one channel nobody can judge must not keep the others from being judged
            log.exception("a channel could not be judged and was closed")
            channel.close("Its rights could not be judged")
