"""Bots, the people and groups they talk with, and the updates that wait for them."""

import asyncio
import itertools
import json
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from devstack.providers.limits import Bucket

TOKEN = re.compile(r"(\d{1,20}):[A-Za-z0-9_-]{20,100}")
UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds of update that are only given when asked for by name."""
KEPT_S = 86_400.0
Json = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """How much a bot may send: calls a second with how many at once, in one chat and overall."""

    chat_per_second: float = 1.0
    chat_burst: int = 3
    bot_per_second: float = 30.0
    bot_burst: int = 30


@dataclass
class Chat:
    """A private chat or a group, as one bot sees it. `refusal` is the 403 every send gets; `moved_to` its new id."""

    id: int
    about: Json
    messages: dict[int, Json] = field(default_factory=dict)
    refusal: str | None = None
    moved_to: int | None = None
    no_voice: bool = False
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))


class Conflict(Exception):
    """Another getUpdates or a webhook ended this one."""


class Bot:
    """One bot with what waits for it."""

    def __init__(self, token: str, username: str, limits: Limits) -> None:
        self.token, self.username = token, username
        self.id = int(token.partition(":")[0])
        self.limits = limits
        self.revoked = False
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.updates: deque[tuple[float, Json]] = deque()
        self.confirmed = 0
        self.conflicts = 0
        self.webhook: Json = {}
        self.allowed: frozenset[str] | None = None
        self.news = asyncio.Event()
        self._ids = itertools.count(100_000_001)
        self._poll: asyncio.Future[None] | None = None
        self._buckets: dict[int, Bucket] = {}

    def user(self) -> Json:
        """What getMe says."""
        return {
            "id": self.id, "is_bot": True, "first_name": self.username, "username": self.username,
            "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False,
        }  # fmt: skip

    def chat(self, about: Json) -> Chat:
        """The chat of that id, made at first sight."""
        known = self.chats.get(about["id"])
        if known is None:
            known = self.chats[about["id"]] = Chat(about["id"], about)
        return known

    # ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────

    def add_update(self, kind: str, said: Json) -> int | None:
        """Put an update in the queue; its id, or None when this bot does not ask for such."""
        if kind not in self.allowed if self.allowed is not None else kind in UNASKED:
            return None
        number = next(self._ids)
        self.updates.append((time.monotonic(), {"update_id": number, kind: said}))
        self.news.set()
        return number

    def ask_for(self, kinds: Any) -> None:
        """Which kinds of update are given from now on, as a list or its JSON; nothing: as before, an empty one: the
        usual."""
        if kinds is not None:
            names = frozenset(json.loads(kinds) if isinstance(kinds, str) else kinds)
            self.allowed = names or None

    def confirm_below(self, offset: int) -> None:
        """Forget what an offset confirms, and what is a day old."""
        if offset < 0:
            while len(self.updates) > -offset:
                self.updates.popleft()
        while self.updates and self.updates[0][1]["update_id"] < offset:
            self.updates.popleft()
            self.confirmed += 1
        while self.updates and time.monotonic() - self.updates[0][0] > KEPT_S:
            self.updates.popleft()

    async def poll(self, limit: int, timeout_s: float, disconnected: asyncio.Event) -> list[Json]:
        """At most `limit` updates, waited for. Raises Conflict when another poll or a webhook takes over."""
        self.end_poll()
        mine = self._poll = asyncio.get_running_loop().create_future()
        deadline = time.monotonic() + timeout_s
        gone = asyncio.ensure_future(disconnected.wait())
        try:
            while not self.updates and (left := deadline - time.monotonic()) > 0 and not gone.done():
                self.news.clear()
                news = asyncio.ensure_future(self.news.wait())
                try:
                    await asyncio.wait({mine, news, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    news.cancel()
                if mine.done():
                    raise Conflict
            return [update for _, update in itertools.islice(self.updates, limit)]
        finally:
            gone.cancel()
            if self._poll is mine:
                self._poll = None

    def end_poll(self) -> None:
        """Whoever polls gets his Conflict."""
        if self._poll is not None and not self._poll.done():
            self.conflicts += 1
            self._poll.set_result(None)

    # ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────

    def take_turn(self, chat: int) -> float:
        """0 when a send may go, else the seconds to wait."""
        now, limits = time.monotonic(), self.limits
        here = self._buckets.setdefault(chat, Bucket(limits.chat_per_second, limits.chat_burst, limits.chat_burst, now))
        every = self._buckets.setdefault(0, Bucket(limits.bot_per_second, limits.bot_burst, limits.bot_burst, now))
        wait = here.take()
        if wait:
            return wait
        if wait := every.take():
            here.left += 1
        return wait
