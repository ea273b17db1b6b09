"""Many Realtime clients in one process: `python -m bench.crowd`, told on stdin, answers on stdout.

The first line of stdin says whom to join as: {"port", "key", "people": [[topic, token], …]}. "ready" is printed once
all have joined; a second line ends it, and the moments at which each heard of each message are printed. The clients
are bare protocols: a crowd must not be slower than what it measures.
"""

import asyncio
import base64
import json
import os
import resource
import struct
import sys
import time
from typing import Any

AT_ONCE = 100
JOIN_TIMEOUT_S = 120.0
MARK = b'"message_id": "'
HEARTBEAT_S = 20.0


class Member(asyncio.Protocol):
    """One client: connects, joins, and notes when it hears of a message."""

    __slots__ = ("_buffer", "_crowd", "_join", "_transport", "joined")

    def __init__(self, crowd: "Crowd", topic: str, token: str) -> None:
        self._crowd = crowd
        self._buffer = b""
        payload = {"access_token": token, "config": {"private": True, "broadcast": {}, "presence": {}}}
        self._join = frame(json.dumps(["1", "1", f"realtime:{topic}", "phx_join", payload]).encode())
        self._transport: Any = None
        self.joined: asyncio.Future[None] = crowd.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        self._transport = transport
        self._transport.write(self._crowd.handshake)

    def data_received(self, data: bytes) -> None:
        """Take frames apart."""
        now = time.monotonic()
        self._buffer += data
        if self._join:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head[:40]:
                self._fail(head.decode(errors="replace")[:200])
                return
            self._transport.write(self._join)
            self._join, self._buffer = b"", rest
        while (taken := take(self._buffer)) is not None:
            payload, self._buffer = taken
            self._heard(payload, now)

    def _heard(self, payload: bytes, now: float) -> None:
        if payload[:1] == b"\x04":
            at = payload.find(MARK)
            if at >= 0 and b"message.new" in payload[:200]:
                start = at + len(MARK)
                self._crowd.heard.append((payload[start : start + 36].decode(), now))
        elif not self.joined.done():
            if b'"status":"ok"' in payload:
                self.joined.set_result(None)
            else:
                self._fail(payload.decode(errors="replace")[:200])

    def beat(self) -> None:
        """Say that one is still there."""
        self._transport.write(self._crowd.heartbeat)

    def connection_lost(self, exc: Exception | None) -> None:
        """It was hung up on."""
        self._crowd.lost += 1
        self._fail(f"hung up: {exc}")

    def _fail(self, why: str) -> None:
        if not self.joined.done():
            self.joined.set_exception(ConnectionError(why))


class Crowd:
    """All members of this process."""

    def __init__(self, port: int, key: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.port = port
        self.handshake = (
            f"GET /socket/websocket?vsn=2.0.0&apikey={key} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
        ).encode()
        self.heartbeat = frame(b'[null,"2","phoenix","heartbeat",{}]')
        self.heard: list[tuple[str, float]] = []
        self.members: list[Member] = []
        self.lost = 0

    async def gather(self, people: list[tuple[str, str]]) -> None:
        """Have everybody join, some at a time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def enter(topic: str, token: str) -> None:
            async with gate, asyncio.timeout(JOIN_TIMEOUT_S):
                _, member = await self.loop.create_connection(
                    lambda: Member(self, topic, token), "127.0.0.1", self.port
                )
                self.members.append(member)
                await member.joined

        await asyncio.gather(*(enter(topic, token) for topic, token in people))

    async def stay(self) -> None:
        """Send heartbeats, spread over time, until cancelled."""
        while True:
            share = max(1, len(self.members) // 200)
            for start in range(0, len(self.members), share):
                for member in self.members[start : start + share]:
                    member.beat()
                await asyncio.sleep(HEARTBEAT_S * share / len(self.members))


def frame(payload: bytes) -> bytes:
    """A client's frame: masked with zeros, which changes nothing."""
    size = len(payload)
    head = struct.pack(">BB", 0x81, 0x80 | size) if size < 126 else struct.pack(">BBH", 0x81, 0xFE, size)
    return head + b"\0\0\0\0" + payload


def take(buffer: bytes) -> tuple[bytes, bytes] | None:
    """(payload of the first frame, what follows it); None while it is not whole."""
    if len(buffer) < 2:
        return None
    size, at = buffer[1], 2
    if size == 126:
        if len(buffer) < 4:
            return None
        size, at = struct.unpack_from(">H", buffer, 2)[0], 4
    elif size == 127:
        if len(buffer) < 10:
            return None
        size, at = struct.unpack_from(">Q", buffer, 2)[0], 10
    if len(buffer) < at + size:
        return None
    return buffer[at : at + size], buffer[at + size :]


async def run() -> None:
    """Do what stdin says."""
    asked = json.loads(await asyncio.to_thread(sys.stdin.readline))
    crowd = Crowd(asked["port"], asked["key"])
    await crowd.gather(asked["people"])
    staying = asyncio.create_task(crowd.stay())
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    staying.cancel()
    print(json.dumps({"heard": crowd.heard, "lost": crowd.lost}), flush=True)
    os._exit(0)  # ten thousand goodbyes are nobody's business


if __name__ == "__main__":
    import uvloop

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(run())
