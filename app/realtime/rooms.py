"""Who is in which room, and how a broadcast reaches all of them: encoded once for each version, however many read it.

A room is a topic and whether it is private: two rooms of one name do not hear each other. Everything in here belongs
to one process. With several, rows of the database reach each of them by its own replication slot; what clients send
and presence would have to be handed on in `Rooms.publish()` and `Roster`: that is the seam.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from app.realtime import frames
from app.realtime.presence import Roster

if TYPE_CHECKING:
    from app.realtime.channel import Channel


class Room:
    """The channels joined to one topic."""

    __slots__ = ("channels", "roster")

    def __init__(self) -> None:
        self.channels: dict[Channel, None] = {}
        self.roster: Roster | None = None


class Rooms:
    """All rooms of this process."""

    def __init__(self) -> None:
        self._rooms: dict[tuple[bool, str], Room] = {}
        self._of_user: dict[str, dict[Channel, None]] = {}
        self.delivered = 0

    def enter(self, channel: "Channel") -> Room:
        """Let a channel hear what is said in its room from now on."""
        room = self._rooms.get(channel.place)
        if room is None:
            room = self._rooms[channel.place] = Room()
        room.channels[channel] = None
        self.index(channel, None)
        return room

    def leave(self, channel: "Channel") -> None:
        """It hears nothing more."""
        room = self._rooms.get(channel.place)
        if room is None or channel not in room.channels:
            return
        del room.channels[channel]
        if room.roster is not None:
            room.roster.remove(channel)
        if not room.channels and (room.roster is None or room.roster.is_quiet()):
            del self._rooms[channel.place]
        self._forget_user(channel, channel.claims.sub)

    def roster(self, channel: "Channel", *, make: bool) -> Roster | None:
        """The presences of the channel's room; None when nobody is present yet, unless they are to be made."""
        room = self._rooms[channel.place]
        if room.roster is None and make:
            room.roster = Roster(channel.topic, room.channels)
        return room.roster

    def index(self, channel: "Channel", before: str | None) -> None:
        """Find the channel by the user it speaks for now, no longer by `before`."""
        self._forget_user(channel, before)
        if channel.claims.sub is not None:
            self._of_user.setdefault(channel.claims.sub, {})[channel] = None

    def _forget_user(self, channel: "Channel", user: str | None) -> None:
        if user is not None and (channels := self._of_user.get(user)) is not None:
            channels.pop(channel, None)
            if not channels:
                del self._of_user[user]

    def publish(self, private: bool, topic: str, sent: frames.Broadcast, *, but: "Channel | None" = None) -> None:
        """Hand a broadcast to everybody in a room; `but` is the sender, unless he wants to hear himself."""
        room = self._rooms.get((private, topic))
        if room is None:
            return
        name = frames.PREFIX + topic
        encoded: dict[int, str | bytes | None] = {}
        # A copy: a reader who is cut off leaves meanwhile.
        for channel in tuple(room.channels):
            if channel is but or not channel.may_hear(sent.id):
                continue
            version = channel.socket.version
            if version not in encoded:
                encoded[version] = frames.broadcast(version, name, sent)
            frame = encoded[version]
            if frame is not None:
                channel.socket.push(frame)
                self.delivered += 1

    def hears(self, private: bool, topic: str) -> bool:
        """Whether anybody is in a room."""
        return (private, topic) in self._rooms

    def of_user(self, user: str) -> list["Channel"]:
        """The channels that speak for a user."""
        return list(self._of_user.get(user, ()))

    def all(self) -> Iterator["Channel"]:
        """Every channel."""
        rooms: Iterable[Room] = tuple(self._rooms.values())
        return (channel for room in rooms for channel in tuple(room.channels))

    def count(self) -> int:
        """How many rooms there are."""
        return len(self._rooms)
