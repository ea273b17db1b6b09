"""A browser and its push service on a loopback port: decrypts as a browser does."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUTH = b"0123456789abcdef"


def b64(data: bytes) -> str:
    """Base64url without padding, as subscriptions carry it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class PushService:
    """One browser's push service: keeps what it could decrypt, answers as told."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.status, self.headers = 201, "Location: https://push.test/m/1\r\n"
        self.got: list[tuple[dict[str, str], Any]] = []
        self.url = ""
        self.drip = b""
        """What it answers again and again without an end."""

    @property
    def address(self) -> str:
        """The browser's address as it is stored."""
        public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return f"{self.url}/send/1#p256dh={b64(public)}&auth={b64(AUTH)}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        if self.status == 0:
            writer.close()
            return
        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=AUTH, version="aes128gcm")
        self.got.append((headers, json.loads(plain)))
        if self.drip:
            await self.go_on(writer)
            return
        writer.write(
            f"HTTP/1.1 {self.status} x\r\n{self.headers}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        writer.close()

    async def go_on(self, writer: asyncio.StreamWriter) -> None:
        """An answer that never ends."""
        writer.write(f"HTTP/1.1 {self.status} x\r\n{self.headers}\r\n".encode())
        with contextlib.suppress(OSError):
            while not writer.is_closing():
                writer.write(self.drip)
                await writer.drain()
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """A push service, until the block ends."""
    made = PushService()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()
