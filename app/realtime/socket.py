"""One client's connection: what waits to be sent to it, and the end of it when it does not read."""

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any

from app.realtime.limits import Limits, Meter

if TYPE_CHECKING:
    from app.realtime.channel import Channel

Send = Callable[[dict[str, Any]], Awaitable[None]]
log = logging.getLogger("parley.realtime")


class Socket:
    """A WebSocket with a bounded outbox. `push()` never waits: it sends at once where the network takes it."""

    __slots__ = (
        "_bytes", "_limits", "_outbox", "_send", "_sending", "begun_at", "broken", "channels", "closed", "events",
        "heard_at", "key", "party", "version",
    )  # fmt: skip

    def __init__(self, send: Send, version: int, key: str, limits: Limits) -> None:
        self._send = send
        self._limits = limits
        self._outbox: deque[str | bytes] | None = None
        self._bytes = 0
        self._sending: asyncio.Task[None] | None = None
        self.version = version
        self.key = sys.intern(key)
        self.channels: dict[str, Channel] = {}
        self.closed = False
        self.events = Meter(limits.events_per_s)
        self.heard_at = self.begun_at = time.monotonic()
        self.party: str | None = None
        self.broken = False

    def push(self, frame: str | bytes) -> None:
        """Send a frame, or keep it until the client has read what came before."""
        if self.closed:
            return
        if self._outbox is not None:
            self._keep(frame)
            return
        coroutine = self._send(_event(frame))
        assert isinstance(coroutine, Coroutine)
        try:
            waits_for = coroutine.send(None)
        except StopIteration:
            return
        except (OSError, RuntimeError):  # it left meanwhile
            self.closed = True
            return
        self._outbox = deque()
        self._sending = asyncio.create_task(self._send_the_rest(_Begun(coroutine, waits_for)))

    def _keep(self, frame: str | bytes) -> None:
        outbox = self._outbox
        assert outbox is not None
        outbox.append(frame)
        self._bytes += len(frame)
        if self._bytes > self._limits.outbox_bytes or len(outbox) > self._limits.outbox_frames:
            log.warning("a client that does not read was cut off", extra={"waiting_frames": len(outbox)})
            self.abort()

    async def _send_the_rest(self, first: Awaitable[None]) -> None:
        try:
            await first
            while self._outbox:
                frame = self._outbox.popleft()
                self._bytes -= len(frame)
                await self._send(_event(frame))
        except (OSError, RuntimeError):
            self.closed = True
        finally:
            self._outbox, self._bytes, self._sending = None, 0, None

    def abort(self) -> None:
        """End the connection at once, whatever it still had to read."""
        self.closed = self.broken = True
        if self._outbox is not None:
            self._outbox.clear()
        # A server says goodbye before it hangs up, and this client would not hear it. ASGI has no word for that.
        transport = getattr(getattr(self._send, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()
        elif self._sending is not None:
            self._sending.cancel()

    async def close(self, code: int) -> None:
        """Say goodbye."""
        if not self.closed:
            self.closed = True
            try:
                async with asyncio.timeout(1.0):
                    await self._send({"type": "websocket.close", "code": code})
            except (OSError, RuntimeError, TimeoutError):
                self.abort()


class _Begun:
    """The rest of a coroutine that was run up to where it had to wait."""

    __slots__ = ("_coroutine", "_waits_for")

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        try:
            while True:
                yield waits_for
                waits_for = self._coroutine.send(None)
        except StopIteration:
            return
        finally:
            self._coroutine.close()


def _event(frame: str | bytes) -> dict[str, Any]:
    if isinstance(frame, bytes):
        return {"type": "websocket.send", "bytes": frame}
    return {"type": "websocket.send", "text": frame}
