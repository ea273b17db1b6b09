"""Many requests at once, and bodies with one thing wrong."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Iterator

from tests.functions.kit import Edge

AT_ONCE = 40
COPIES = 50
"""How often the same is said at once."""
Outcome = tuple[int, float]
"""Status and seconds of one request."""
Request = tuple[str, bytes, dict[str, str]]
"""Path, body and headers; a path with a method before it is not posted to."""
Requests = Iterator[Request]


class Connection:
    """A bare socket to the functions: a full client would be slower than what it measures."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> None:
        """Connect, also once more."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, request: Request) -> Outcome:
        """Make one request; one that nobody answered counts as 599."""
        path, body, headers = request
        verb, _, target = path.rpartition(" ")
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{verb or 'POST'} /functions/v1{target} HTTP/1.1\r\nhost: edge.test\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
        started = time.perf_counter()
        try:
            self._writer.write(head.encode("latin-1") + body)
            status = await asyncio.wait_for(answered(self._reader), 60)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            status = 599
            self._writer.close()
            await self.open()
        return status, time.perf_counter() - started

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def connect(edge: Edge, count: int) -> list[Connection]:
    """So many connections, all open."""
    made = [Connection(edge.room.functions_port) for _ in range(count)]
    await asyncio.gather(*(one.open() for one in made))
    return made


def storm(edge: Edge, requests: Requests, at_once: int = AT_ONCE) -> list[Outcome]:
    """Make all requests over so many connections at once, each as soon as a connection is free."""
    outcomes: list[Outcome] = []

    async def work(connection: Connection) -> None:
        for request in requests:
            outcomes.append(await connection.ask(request))
        connection.close()

    async def run() -> None:
        await asyncio.gather(*(work(one) for one in await connect(edge, at_once)))

    asyncio.run(run())
    return outcomes


def volleys(edge: Edge, requests: Requests, copies: int = COPIES) -> list[Outcome]:
    """Say each so often at once, over a connection each: no copy is answered before all are sent, so all race."""
    outcomes: list[Outcome] = []

    async def run() -> None:
        connections = await connect(edge, copies)
        for request in requests:
            outcomes.extend(await asyncio.gather(*(one.ask(request) for one in connections)))
        for one in connections:
            one.close()

    asyncio.run(run())
    return outcomes


async def answered(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = re.search(r"content-length: (\d+)", head)
    if length:
        await reader.readexactly(int(length[1]))
    elif "transfer-encoding: chunked" in head:
        await reader.readuntil(b"0\r\n\r\n")
    return int(head.split(" ", 2)[1])


def slowest(outcomes: list[Outcome], share: float = 1.0) -> float:
    """Seconds that this share of the requests stayed below."""
    times = sorted(seconds for _, seconds in outcomes)
    return times[min(len(times) - 1, int(len(times) * share))]


def mutate(chance: random.Random, body: bytes) -> bytes:
    """The body with one thing changed; never the same."""
    at = chance.randrange(len(body))
    ways: list[Callable[[], bytes]] = [
        lambda: body[:at], lambda: body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :],
        lambda: body[:at] + chance.randbytes(chance.randrange(1, 40)) + body[at:], lambda: body + body,
        lambda: body[at:] + body[:at] + b" ", lambda: b'{"a":' * 5000 + body, lambda: b"\x00" + body, lambda: b"",
    ]  # fmt: skip
    while True:
        made = chance.choice(ways)()
        if made != body:
            return made
