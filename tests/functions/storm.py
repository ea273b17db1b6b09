"""Many requests at once, and bodies with one thing wrong."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Iterator

from tests.functions.kit import Edge

AT_ONCE = 40
Outcome = tuple[int, float]
"""Status and seconds of one request."""
Requests = Iterator[tuple[str, bytes, dict[str, str]]]
"""Path, body and headers of each; a path with a method before it is not posted to."""


def storm(edge: Edge, requests: Requests, at_once: int = AT_ONCE) -> list[Outcome]:
    """Make all requests over so many connections at once; a request nobody answered counts as 599.

    Bare sockets: a full client would be slower than what it measures.
    """
    outcomes: list[Outcome] = []

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.room.functions_port)
        for path, body, headers in requests:
            verb, _, target = path.rpartition(" ")
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"{verb or 'POST'} /functions/v1{target} HTTP/1.1\r\nhost: edge.test\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
            started = time.perf_counter()
            try:
                writer.write(head.encode("latin-1") + body)
                status = await asyncio.wait_for(answered(reader), 30)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                status = 599
                reader, writer = await asyncio.open_connection("127.0.0.1", edge.room.functions_port)
            outcomes.append((status, time.perf_counter() - started))
        writer.close()

    async def run() -> None:
        await asyncio.gather(*(work() for _ in range(at_once)))

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
