"""Presence: who says what of himself in a room. Comings and goings of a moment are told together."""

import asyncio
import secrets
from typing import TYPE_CHECKING, Any

import msgspec

from app.realtime import frames

if TYPE_CHECKING:
    from app.realtime.channel import Channel

GATHER_S = 0.05
"""Joins and leaves this close together are one message: a thousand people who enter at once are not a million."""


class Meta(msgspec.Struct, frozen=True):
    """What one channel says of itself."""

    key: str
    ref: str
    said: dict[str, Any]
    previous: str | None = None

    def shown(self) -> dict[str, Any]:
        """As clients read it."""
        refs = {"phx_ref": self.ref} | ({"phx_ref_prev": self.previous} if self.previous else {})
        return {**self.said, **refs}


class Roster:
    """The presences of one room."""

    __slots__ = ("_channels", "_joins", "_leaves", "_timer", "_topic", "metas")

    def __init__(self, topic: str, channels: "dict[Channel, None]") -> None:
        self._topic = topic
        self._channels = channels
        self._joins: list[Meta] = []
        self._leaves: list[Meta] = []
        self._timer: asyncio.TimerHandle | None = None
        self.metas: dict[Channel, Meta] = {}

    def track(self, channel: "Channel", key: str, said: dict[str, Any]) -> None:
        """Say something of oneself. Saying the same again changes nothing."""
        before = self.metas.get(channel)
        if before is not None and before.said == said:
            return
        meta = Meta(key, secrets.token_urlsafe(9), said, before.ref if before else None)
        if before is not None:
            self._leaves.append(before)
        self.metas[channel] = meta
        self._joins.append(meta)
        self._tell_soon()

    def remove(self, channel: "Channel") -> None:
        """It is not there any more."""
        meta = self.metas.pop(channel, None)
        if meta is not None:
            self._leaves.append(meta)
            self._tell_soon()

    def state(self) -> dict[str, Any]:
        """Everybody, by key."""
        return _by_key(list(self.metas.values()))

    def is_quiet(self) -> bool:
        """Nobody is there and nothing is left to tell."""
        return not self.metas

    def _tell_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._tell)

    def _tell(self) -> None:
        gone = {meta.ref for meta in self._leaves}
        come = {meta.ref for meta in self._joins}
        # Who came and went within the moment was never there.
        joins = [meta for meta in self._joins if meta.ref not in gone]
        leaves = [meta for meta in self._leaves if meta.ref not in come]
        self._joins, self._leaves, self._timer = [], [], None
        if not joins and not leaves:
            return
        diff = {"joins": _by_key(joins), "leaves": _by_key(leaves)}
        encoded: dict[int, str] = {}
        for channel in tuple(self._channels):
            if channel.hears_presence:
                version = channel.socket.version
                if version not in encoded:
                    encoded[version] = frames.message(version, frames.PREFIX + self._topic, "presence_diff", diff)
                channel.socket.push(encoded[version])


def _by_key(metas: list[Meta]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for meta in metas:
        found.setdefault(meta.key, {"metas": []})["metas"].append(meta.shown())
    return found
