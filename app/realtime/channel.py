"""One topic joined by one socket: what it may hear and say, and what becomes of that when its token changes."""

import logging
import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from app.domain.realtime import May, Message, Voice
from app.realtime import frames, signs
from app.realtime.claims import Claims, Refused
from app.realtime.joining import Asked
from app.realtime.limits import Meter
from app.realtime.presence import Roster
from app.realtime.socket import Socket

if TYPE_CHECKING:
    from app.realtime.gateway import Gateway

log = logging.getLogger("parley.realtime")


class Channel:
    """A joined topic. Room and policies are those of its claims; `close()` ends it from our side."""

    __slots__ = (
        "_acknowledged",
        "_asked_key",
        "_explained",
        "_gateway",
        "_heard",
        "_hears_itself",
        "_may_see",
        "_presence_calls",
        "_voices",
        "claims",
        "due",
        "hears_presence",
        "join_ref",
        "key",
        "listens",
        "open",
        "place",
        "socket",
    )  # fmt: skip

    def __init__(self, gateway: "Gateway", socket: Socket, topic: str, asked: Asked, claims: Claims) -> None:
        self._gateway = gateway
        self._hears_itself = asked.hears_itself
        self._acknowledged = asked.acknowledged
        self._heard: set[str] | None = None
        self._may_see = True
        self._asked_key = asked.presence_key
        self._voices: dict[str, Voice | None] = {}
        self._explained = False
        self._presence_calls: Meter | None = None
        self.socket = socket
        self.place = (asked.private, topic)
        self.claims = claims
        self.key = asked.presence_key
        self.hears_presence = asked.presence
        self.listens = True
        self.join_ref: str | None = None
        self.due: int | None = None
        self.open = False

    @property
    def topic(self) -> str:
        """The topic without its prefix."""
        return self.place[1]

    @property
    def name(self) -> str:
        """The topic as frames name it."""
        return frames.PREFIX + self.place[1]

    # ── joining and leaving ──────────────────────────────────────────────────────────────────────────────────────

    def enter(self, frame: frames.Incoming, asked: Asked, may: May) -> None:
        """Take the place in the room and say so."""
        self.join_ref = frame.join_ref or frame.ref
        self.open, self.listens = True, may.broadcast
        self._may_see = may.presence
        self.hears_presence = asked.presence and may.presence
        self.socket.channels[self.name] = self
        self._gateway.rooms.enter(self)
        self._gateway.clock.arm(self)
        if asked.replay_since_ms is not None:
            self._heard = set()
        changes = [{**one, "id": number} for number, one in enumerate(asked.changes, 1)]
        self.socket.push(frames.reply(self.socket.version, frame, "ok", {"postgres_changes": changes}))
        if self.hears_presence:
            self._say_who_is_there()
        if asked.wants_ready:
            self.system("system", "ok", "Replication connection established")
        if asked.changes:
            self.system(
                "postgres_changes", "error",
                "postgres_changes is not supported here: subscribe to broadcasts of private topics instead",
            )  # fmt: skip

    async def replay(self, since_ms: int, limit: int | None) -> None:
        """Send what was said before, but not what was heard meanwhile."""
        most = self._gateway.limits.replayed
        try:
            found = await self._gateway.authority.replay(self.topic, since_ms, max(1, min(limit or most, most)))
        except Refused as refused:
            self._heard = None
            self.system("system", "error", str(refused))
            return
        heard = self._heard or set()
        for one in found:
            if one.id not in heard:
                self._say_again(one)
        self._heard = {one.id for one in found}

    def _say_again(self, one: Message) -> None:
        sent = frames.Broadcast(one.event, one.payload, one.is_json, one.id)
        version = self.socket.version
        if one.is_json:
            self.socket.push(frames.text_broadcast(version, self.name, sent, replayed=True, join_ref=self.join_ref))
        elif (frame := frames.broadcast(version, self.name, sent, replayed=True)) is not None:
            self.socket.push(frame)

    def leave(self) -> None:
        """Give the place up."""
        self.open = False
        self._gateway.rooms.leave(self)
        self._gateway.clock.disarm(self)
        if self.socket.channels.get(self.name) is self:
            del self.socket.channels[self.name]

    def close(self, why: str | None = None) -> None:
        """Leave, and tell the client; `why` is the reason when it is not his."""
        if not self.open:
            return
        self.leave()
        if why is not None:
            self.system("system", "error", why)
        ref = self.join_ref
        self.socket.push(frames.message(self.socket.version, self.name, "phx_close", {}, ref=ref, join_ref=ref))

    # ── hearing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def may_hear(self, row_id: str | None) -> bool:
        """Whether a broadcast is for this channel: not one it was given as a replay."""
        if self._heard is not None and row_id is not None:
            if row_id in self._heard:
                return False
            self._heard.add(row_id)
            if len(self._heard) > 1000:  # what was replayed is long past
                self._heard = None
        return self.listens

    def system(self, extension: str, status: str, text: str) -> None:
        """Tell the client about the channel itself."""
        self._say("system", {"extension": extension, "status": status, "message": text, "channel": self.topic})

    def _say(self, event: str, payload: Any) -> None:
        self.socket.push(frames.message(self.socket.version, self.name, event, payload, join_ref=self.join_ref))

    def _answer(self, frame: frames.Incoming, status: str, response: Any) -> None:
        self.socket.push(frames.reply(self.socket.version, frame, status, response))

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def broadcast(self, frame: frames.Incoming) -> None:
        """Say something to the room. What may not be said is dropped without a word, as hosted does."""
        try:
            sent = frame.broadcast or frames.read_broadcast(frame.payload)
        except frames.BadFrame:
            return
        if not self.socket.events.take():
            self.close("Too many messages per second")
            return
        if len(sent.data) > self._gateway.limits.payload_bytes:
            if self._acknowledged:
                self._answer(frame, "error", {"error": "payload_size_exceeded"})
            return
        voice = await self._voice("broadcast")
        if voice is None or not self.open:
            return
        if voice == "signs":
            sign = signs.broadcast(sent, self.claims.sub)
            if sign is None:
                self._refuse_words(frame)
                return
            sent = sign
        private, topic = self.place
        self._gateway.rooms.publish(private, topic, sent, but=None if self._hears_itself else self)
        if self._acknowledged:
            self._answer(frame, "ok", {})

    async def presence(self, frame: frames.Incoming) -> None:
        """Say something of oneself, or that one is gone."""
        said = _read_presence(frame.payload)
        limits = self._gateway.limits
        calls = self._presence_calls = self._presence_calls or Meter(limits.presence_calls, limits.presence_window_s)
        if said is None:
            self._answer(frame, "error", {"reason": "Presence needs an event (track, untrack) and an object"})
        elif len(frame.payload) > limits.presence_bytes:
            self.close("Track message size exceeded")
        elif not calls.take():
            self.close("Client presence rate limit exceeded")
        elif not self._gateway.presences.take():
            self.close("Too many presence messages per second")
        elif (voice := await self._voice("presence")) is None:
            self._answer(frame, "error", {"reason": "You do not have permissions to track presence in this topic"})
        elif voice == "signs" and said[0] == "track" and not self._is_sign(said[1]):
            self._answer(frame, "error", {"reason": signs.WHY})
            self._note_words("presence")
        elif self.open:
            event, payload = said
            roster = self._roster(make=True)
            assert roster is not None
            if event == "track":
                self.key = self.key or str(uuid.uuid4())
                roster.track(self, self.key, payload)
            else:
                roster.remove(self)
            self._answer(frame, "ok", {})
            if event == "track" and self._may_see and not self.hears_presence:
                self.hears_presence = True  # who is seen sees the others from now on
                self._say_who_is_there()

    def _say_who_is_there(self) -> None:
        roster = self._roster()
        self._say("presence_state", roster.state() if roster else {})

    async def _voice(self, extension: str) -> Voice | None:
        """What may be said: the policies are asked at first, the answer is kept until token, rights or rules change."""
        private, topic = self.place
        if not private:
            return "anything"
        while extension not in (known := self._voices):
            try:
                voice = await self._gateway.authority.may_write(self.claims, topic, extension)
            except Refused:
                return None
            known[extension] = voice
            if voice is None:
                await self._gateway.authority.denied(self.claims, topic, f"write {extension}")
            if not self.open:
                break
        return known.get(extension)

    def _refuse_words(self, frame: frames.Incoming) -> None:
        if self._acknowledged:
            self._answer(frame, "error", {"error": "words_not_allowed", "reason": signs.WHY})
        elif not self._explained:
            self.system("broadcast", "error", signs.WHY)
        self._note_words("broadcast")

    def _note_words(self, extension: str) -> None:
        """Once until it is judged anew: not what was said, but that it was."""
        if not self._explained:
            log.info("what is no sign was not passed on", extra={"topic": self.topic, "extension": extension})
        self._explained = True

    def _roster(self, *, make: bool = False) -> Roster | None:
        return self._gateway.rooms.roster(self, make=make)

    # ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def refresh(self, token: Any) -> None:
        """A new token: the policies are asked again. The same one, none, or a key changes nothing."""
        if not isinstance(token, str) or token.startswith("sb_"):
            return
        try:
            claims = await self._gateway.gatekeeper.claims(token)
            if claims is self.claims:
                return
            before, self.claims = self.claims.sub, claims
            self._gateway.rooms.index(self, before)
            await self.look_again()
            self._gateway.clock.arm(self)
        except Refused as refused:
            self.close(refused.text)

    async def look_again(self) -> None:
        """Ask the policies again, and end what they no longer allow. Raises Refused when they cannot be asked."""
        private, topic = self.place
        self.forget_voice()
        if not private or not self.open:
            return
        may = await self._gateway.authority.may_read(self.claims, topic)
        if not may.broadcast and not may.presence:
            self.close(unreadable(topic))
            return
        self.listens, self._may_see = may.broadcast, may.presence
        self.hears_presence = self.hears_presence and may.presence
        if self.shows_words() and await self._voice("presence") != "anything" and (roster := self._roster()):
            roster.remove(self)

    def forget_voice(self) -> None:
        """Ask again before the next word."""
        self._voices, self._explained = {}, False

    def shows_words(self) -> bool:
        """Whether it is present with more than a sign."""
        meta = roster.metas.get(self) if self.open and (roster := self._roster()) else None
        return meta is not None and not self._is_sign(meta.said)

    def _is_sign(self, said: dict[str, Any]) -> bool:
        return signs.is_presence(self._asked_key, said, self.claims.sub)


def unreadable(topic: str) -> str:
    """What somebody is told who may not read a topic."""
    return f"You do not have permissions to read from this Channel topic: {topic}"


def _read_presence(payload: msgspec.Raw) -> tuple[str, dict[str, Any]] | None:
    try:
        given = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event"), str):
        return None
    event, said = given["event"].lower(), given.get("payload")
    if event == "untrack":
        return event, {}
    return (event, said if said is not None else {}) if event == "track" and isinstance(said or {}, dict) else None
