"""Asks a ClamAV daemon about bytes, in the INSTREAM protocol: length-prefixed chunks over TCP or a Unix socket."""

import asyncio
import contextlib
import struct
from typing import Protocol

from app.errors import SetupError

CHUNK = 65_536
ANSWER_S = 60.0
CONNECT_S = 5.0


class ScannerAwayError(Exception):
    """No verdict: the scanner is down, busy, or does not take the file. Nothing follows about the file."""


class Scanner(Protocol):
    """Who can say whether bytes are malicious."""

    name: str

    async def scan(self, data: bytes) -> str | None:
        """The name of what was found; None for nothing. Raises ScannerAwayError."""
        ...


class Clamd:
    """clamd at `host:port` or at the path of a Unix socket. One connection a file, as clamd closes it anyway."""

    name = "clamd"

    def __init__(self, address: str) -> None:
        self._path = address if address.startswith("/") else None
        self._host, _, port = address.rpartition(":")
        if self._path is None and (not self._host or not port.isdigit()):
            raise SetupError(
                f"PARLEY_CLAMD_ADDRESS: {address} is no address of a clamd",
                remedy="host:port, or the path of its socket",
            )
        self._port = int(port) if self._path is None else 0

    async def scan(self, data: bytes) -> str | None:
        """The signature clamd knows the bytes by; None when it knows none."""
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await self._ask(data)
        except (OSError, TimeoutError) as error:
            raise ScannerAwayError(f"clamd does not answer: {type(error).__name__} {error}".strip()) from error
        return verdict(answer)

    async def _ask(self, data: bytes) -> bytes:
        async with asyncio.timeout(CONNECT_S):
            if self._path is not None:
                reader, writer = await asyncio.open_unix_connection(self._path)
            else:
                reader, writer = await asyncio.open_connection(self._host.strip("[]"), self._port)
        try:
            # A clamd that has had enough answers and hangs up while we still write: its answer counts.
            with contextlib.suppress(ConnectionError):
                writer.write(b"zINSTREAM\0")
                for start in range(0, len(data), CHUNK):
                    part = data[start : start + CHUNK]
                    writer.write(struct.pack("!I", len(part)) + part)
                    await writer.drain()
                writer.write(struct.pack("!I", 0))
                await writer.drain()
            return await reader.read(4096)
        finally:
            writer.close()


def verdict(answer: bytes) -> str | None:
    """`stream: OK` is None, `stream: NAME FOUND` the name. Raises ScannerAwayError for every other answer."""
    text = answer.rstrip(b"\0\r\n").decode(errors="replace")
    subject, _, word = text.rpartition(" ")
    if text == "stream: OK":
        return None
    if word == "FOUND" and subject.startswith("stream: "):
        return subject.removeprefix("stream: ")[:200]
    raise ScannerAwayError(f"clamd says: {text[:200]}" if text else "clamd hung up without an answer")


def create_scanner(address: str) -> Scanner | None:
    """The scanner at an address; None for an empty one. Raises SetupError for one that cannot be read."""
    return Clamd(address) if address else None
