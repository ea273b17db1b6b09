"""Calling webhooks as providers do: several at a time, again until they answer 2xx, and on this machine only."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from devstack.providers.faults import Faults
from devstack.providers.http import Drop, Request, Response, Server

AT_ONCE = 8
PAUSE_S = 0.2
PAUSE_MOST_S = 5.0
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Push:
    """One call to be made. The address is the one its receiver knows itself by."""

    url: str
    body: bytes
    headers: Mapping[str, str]


def local(url: str, reach: Mapping[str, str]) -> str:
    """Where on this machine an address ends. Raises ValueError for one that leads elsewhere."""
    for public, here in reach.items():
        if url.startswith(public + "/"):
            return here + url.removeprefix(public)
    if urlsplit(url).hostname not in LOOPBACK:
        raise ValueError("this provider reaches 127.0.0.1 only")
    return url


class Pusher:
    """Calls that wait for their turn. `reach` says where on this machine a public address ends: what a proxy with the
    certificate of that name would do."""

    def __init__(self) -> None:
        self.reach: dict[str, str] = {}
        self.answers: dict[int, int] = {}
        """Status → how often it was answered; 0 for no answer."""
        self._pending = 0
        self._queue: asyncio.Queue[Push] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._client: httpx.AsyncClient | None = None

    def start(self) -> None:
        """Begin to call."""
        self._client = httpx.AsyncClient(timeout=10, trust_env=False)
        self._workers = [asyncio.create_task(self._work()) for _ in range(AT_ONCE)]

    async def stop(self) -> None:
        """Call nobody any more."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    @property
    def pending(self) -> int:
        """Calls not yet answered with 2xx, those to be made later included."""
        return self._pending

    def push(self, make: Callable[[], Push], delay_s: float = 0.0) -> None:
        """Call after a while. `make` is asked when it is time."""
        self._pending += 1
        asyncio.get_running_loop().call_later(delay_s, lambda: self._queue.put_nowait(make()))

    def local(self, url: str) -> str:
        """Where a call to this address goes. Raises ValueError for one that leads off this machine."""
        return local(url, self.reach)

    async def _work(self) -> None:
        while True:
            push = await self._queue.get()
            pause = PAUSE_S
            while not await self._try(push):
                await asyncio.sleep(pause)
                pause = min(PAUSE_MOST_S, pause * 2)
            self._pending -= 1

    async def _try(self, push: Push) -> bool:
        assert self._client is not None
        try:
            answer = await self._client.post(self.local(push.url), content=push.body, headers=push.headers)
            status = answer.status_code
        except (httpx.HTTPError, ValueError):
            status = 0
        self.answers[status] = self.answers.get(status, 0) + 1
        return 200 <= status < 300


class PushingProvider(ABC):
    """A provider that tells webhooks what happens. `async with provider.serving(port)` listens on 127.0.0.1."""

    ident = ""

    def __init__(self, seed: int) -> None:
        self.faults = Faults(seed)
        self.pusher = Pusher()
        self.deliveries: list[dict[str, Any]] = []
        """What people got, in order."""
        self.calls: dict[str, int] = {}
        """Kind of call → how often it was made."""
        self.url = ""

    @contextlib.asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Yields the base URL."""
        async with Server(self.handle, port) as server:
            self.url = f"http://127.0.0.1:{server.port}"
            self.pusher.start()
            try:
                yield self.url
            finally:
                await self.pusher.stop()

    @abstractmethod
    async def handle(self, request: Request) -> Response | Drop:
        """Any request."""

    def about(self) -> dict[str, Any]:
        """What it is, and what it has still to tell."""
        return {"provider": self.ident, "pending": self.pusher.pending, "answers": self.pusher.answers,
                "unanswered": self.faults.happened.get("lost", 0)}  # fmt: skip
