"""The gateway: everything its connections share, and what it does by itself.

`ready()` opens pool, clock, feed and the ear for evictions; the ASGI lifespan calls it, or the first connection where
a host passes no lifespan on.
"""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from app.db.listen import listen
from app.db.pool import make_pool
from app.domain.realtime import May, Message
from app.realtime import frames, joining
from app.realtime.authority import Authority
from app.realtime.channel import Channel, unreadable
from app.realtime.claims import Claims, Gatekeeper, KeyResolver, Refused
from app.realtime.clock import Clock
from app.realtime.connections import Connections
from app.realtime.eviction import Evictions
from app.realtime.feed.source import Feed
from app.realtime.limits import Limits, Meter
from app.realtime.meters import Meters
from app.realtime.rooms import Rooms
from app.realtime.socket import Socket
from app.settings import Settings
from app.tokens import Verifier

log = logging.getLogger("parley.realtime")
POOL_SIZE = 8
TICK_S = 0.5
AGAIN_S = 0.5
IDLE_CHECK_TICKS = 20
EVERYTHING = May(broadcast=True, presence=True)


class Gateway:
    """One process's gateway."""

    def __init__(
        self, settings: Settings, resolve_key: KeyResolver | None, limits: Limits,
        public_keys: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.limits = limits
        self._private_only = settings.realtime_channels == "private"
        self.rooms = Rooms()
        self.clock = Clock()
        self.sockets: dict[Socket, None] = {}
        self.joins = Meter(limits.joins_per_s)
        self.presences = Meter(limits.presence_per_s)
        self.http_messages = Meter(limits.http_messages_per_s)
        self._pool = make_pool(settings.realtime_database_url, size=POOL_SIZE, name="realtime")
        verifier = Verifier(settings.supabase_jwt_secret, settings.supabase_jwks_url, public_keys)
        self.gatekeeper = Gatekeeper(verifier, resolve_key, limits.token_bytes)
        self.authority = Authority(self._pool)
        self.meters = Meters(self.sockets)
        self.connections = Connections(self._pool)
        self.feed = Feed(settings, self.deliver)
        self._evictions = Evictions(self.rooms)
        self._url = settings.realtime_database_url
        self._tasks: list[asyncio.Task[None]] = []
        self._opening: asyncio.Task[None] | None = None

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ready(self) -> None:
        """Open what is not open yet."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        await asyncio.shield(self._opening)

    async def _open(self) -> None:
        # Ten thousand connections are millions of objects that stay: looking through all of them stops the world.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 1000)
        await self._pool.open()
        works = (self._tick, self._evictions.run, self.feed.run, self._listen, self.connections.run)
        self._tasks = [asyncio.create_task(_kept(work)) for work in works]

    async def _listen(self) -> None:
        await listen(self._url, ("et_realtime",), self._evictions.all, "realtime", self._heard)

    async def close(self) -> None:
        """Say goodbye to everybody, and stop."""
        await asyncio.gather(*(socket.close(1012) for socket in tuple(self.sockets)))
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._opening is not None:
            await self.connections.report()
            await self._pool.close()
        self._tasks, self._opening = [], None

    async def _tick(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            for channel in self.clock.take_due(time.time()):
                channel.due = None
                channel.close("Token has expired")
            ticks += 1
            if ticks % IDLE_CHECK_TICKS == 0:
                silent = time.monotonic() - self.limits.idle_s
                for socket in [socket for socket in self.sockets if socket.heard_at < silent]:
                    socket.broken = True
                    await socket.close(1000)

    def _heard(self, what: str) -> None:
        if what:
            self._evictions.heard(what)
        else:
            self.feed.hint()

    # ── rows of the database ─────────────────────────────────────────────────────────────────────────────────────

    def deliver(self, message: Message) -> None:
        """Hand a row of realtime.messages to its room."""
        if not self.rooms.hears(message.private, message.topic):
            return
        sent = frames.Broadcast(message.event, message.payload, message.is_json, message.id)
        try:
            self.rooms.publish(message.private, message.topic, sent)
            self.meters.told(message.committed_at)
        except Exception:  # one row must not end the stream of all
            log.exception("a row could not be told", extra={"row": message.id})

    # ── frames of a client ───────────────────────────────────────────────────────────────────────────────────────

    async def take(self, socket: Socket, frame: frames.Incoming) -> None:
        """Do what a frame asks for. What nobody knows is dropped."""
        if frame.event == "heartbeat" and frame.topic == "phoenix":
            socket.push(frames.reply(socket.version, frame, "ok", {}))
        elif frame.event == "phx_join":
            await self._join(socket, frame)
        elif (channel := socket.channels.get(frame.topic)) is None:
            if frame.event == "phx_leave":
                socket.push(frames.reply(socket.version, frame, "ok", {}))
        elif frame.event == "phx_leave":
            socket.push(frames.reply(socket.version, frame, "ok", {}))
            channel.close()
        elif frame.join_ref is not None and frame.join_ref != channel.join_ref:
            return  # meant for a channel this one has replaced
        elif frame.event == "broadcast":
            await channel.broadcast(frame)
        elif frame.event == "presence":
            await channel.presence(frame)
        elif frame.event == "access_token":
            await channel.refresh(joining.read_token(frame.payload))

    async def _join(self, socket: Socket, frame: frames.Incoming) -> None:
        asked = joining.read(frame.payload)
        if (before := socket.channels.get(frame.topic)) is not None:
            before.close()
        await self.feed.begun()  # who has joined misses nothing, also while the gateway starts
        words = self._evictions.words
        try:
            topic = self._topic(frame.topic)
            self._admit(socket, asked)
            claims = await self._claims(socket, asked.token)
            may = await self._may_read(claims, topic) if asked.private else EVERYTHING
            _check_replay(asked, may, topic)
        except Refused as refused:
            answer = frames.reply(socket.version, frame, "error", {"reason": str(refused)})
            asyncio.get_running_loop().call_later(self.limits.join_backoff_s, socket.push, answer)
            return
        if asked.private:
            self.connections.joined(socket, claims)
        channel = Channel(self, socket, topic, asked, claims)
        channel.enter(frame, asked, may)
        if words != self._evictions.words:  # rights ended while this one was being judged
            self._evictions.add([channel])
        if asked.replay_since_ms is not None:
            await channel.replay(asked.replay_since_ms, asked.replay_limit)

    def _topic(self, name: str) -> str:
        topic = name.removeprefix(frames.PREFIX)
        if topic == name or not topic or "\x00" in topic:
            raise Refused("TopicNameRequired", "You must provide a topic name")
        if len(name.encode()) > frames.MAX_NAME_BYTES:
            raise Refused("TopicNameRequired", "The topic name is longer than 246 bytes")
        return topic

    def _admit(self, socket: Socket, asked: joining.Asked) -> None:
        self.refuse_public(asked.private)
        if not socket.events.take() or not self.joins.take():
            raise Refused("ClientJoinRateLimitReached", "Too many joins per second", 429)
        if len(socket.channels) >= self.limits.channels_per_connection:
            raise Refused("ChannelRateLimitReached", "Too many channels", 429)

    def refuse_public(self, private: bool) -> None:
        """Raise Refused for a public room where only private ones are allowed."""
        if self._private_only and not private:
            raise Refused("PrivateOnly", "This project only allows private channels", 403)

    async def _claims(self, socket: Socket, token: str | None) -> Claims:
        if token is None or token.startswith("sb_"):
            return await self.gatekeeper.claims(socket.key)
        return await self.gatekeeper.claims(token)

    async def _may_read(self, claims: Claims, topic: str) -> May:
        may = await self.authority.may_read(claims, topic)
        if not may.broadcast and not may.presence:
            await self.authority.denied(claims, topic, "join")
            raise Refused("Unauthorized", unreadable(topic), 403)
        return may


async def _kept(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do `work` for ever: a mistake in it must not leave a gateway that answers and does half of what it should."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("a part of the gateway failed, and begins again", extra={"part": work.__qualname__})
        await asyncio.sleep(AGAIN_S)


def _check_replay(asked: joining.Asked, may: May, topic: str) -> None:
    """Raise Refused where what was said before is asked for, and is not kept or not to be read."""
    if asked.replay_since_ms is None:
        return
    if not asked.private:
        raise Refused("UnableToReplayMessages", "Replay is not allowed for public channels", 403)
    if not may.broadcast:
        raise Refused("Unauthorized", unreadable(topic), 403)
