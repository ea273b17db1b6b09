"""A browser's push service on loopback: it decrypts as the browser does, answers as told, and has bad days on order."""

import base64
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devstack.providers.faults import Fault, Faults
from devstack.providers.http import Drop, Request, Response, Server
from devstack.providers.struck import answered

AUTH = b"0123456789abcdef"


def b64(data: bytes) -> str:
    """Base64url without padding, as subscriptions carry it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class PushService:
    """One browser's push service: keeps what it could decrypt, answers as told."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.status, self.headers = 201, {"Location": "https://push.test/m/1"}
        self.got: list[tuple[dict[str, str], Any]] = []
        """Headers and content of what the browser was shown, in order."""
        self.faults = Faults()
        self.calls: dict[str, int] = {}
        self.url = ""

    @property
    def address(self) -> str:
        """The browser's address as it is stored."""
        public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return f"{self.url}/send/1#p256dh={b64(public)}&auth={b64(AUTH)}"

    async def handle(self, request: Request) -> Response | Drop:
        """One push."""
        self.calls["push"] = self.calls.get("push", 0) + 1

        async def show() -> Response:
            plain = http_ece.decrypt(request.body, private_key=self.key, auth_secret=AUTH, version="aes128gcm")
            if self.status < 400:
                self.got.append((request.headers, json.loads(plain)))
            return Response(self.status, headers=self.headers)

        return await answered(self.faults, "push", request, show, self._instead)

    def _instead(self, fault: Fault) -> Response | None:
        if fault.kind == "limit":
            return Response(429, headers={"Retry-After": str(round(fault.seconds))})
        return Response(fault.status, fault.text.encode()) if fault.kind == "status" else None


@contextlib.asynccontextmanager
async def push_service(made: PushService | None = None) -> AsyncIterator[PushService]:
    """A push service on any port of 127.0.0.1, until the block ends."""
    made = made or PushService()
    async with Server(made.handle) as server:
        made.url = f"http://127.0.0.1:{server.port}"
        yield made
