"""Apple's push service on loopback, over HTTP/2: it checks provider tokens as Apple does, knows its devices, and has bad
days on order. Written from Apple's "Sending notification requests to APNs" and "Handling notification responses"."""

import contextlib
import json
import ssl
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.channels.http_api import member
from devstack.providers.faults import Fault, Faults
from devstack.providers.http import Drop, Request, Response, as_json
from devstack.providers.struck import answered
from tests.support.http2 import Server2

TEAM, KEY_ID, BUNDLE = "TEAM123456", "KEY1234567", "com.acme.desk"
PHONE = "ab" * 32


class Apple:
    """One app's devices. `devices`: token → None, or the status and reason it is refused with."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.devices: dict[str, tuple[int, str] | None] = {PHONE: None}
        self.got: list[tuple[dict[str, str], Any]] = []
        """Headers and payload of what devices show, in order."""
        self.tokens: list[str] = []
        """Provider tokens it saw, in order, each once."""
        self.expired: set[str] = set()
        self.headers: dict[str, str] = {}
        self.faults = Faults()
        self.calls: dict[str, int] = {}
        self.url, self.server = "", Server2(self.handle)

    @property
    def pem(self) -> str:
        """The .p8 file."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def config(self) -> dict[str, str]:
        """Of an account that is set up."""
        return {"team_id": TEAM, "key_id": KEY_ID}

    async def handle(self, request: Request) -> Response | Drop:
        """One request."""
        self.calls["push"] = self.calls.get("push", 0) + 1

        async def show() -> Response:
            refused = self._judge(request)
            if refused is not None:
                status, reason = refused
                return as_json({"reason": reason}, status, **self.headers)
            self.got.append((request.headers, json.loads(request.body)))
            return Response(200, headers={"apns-id": str(uuid.uuid4())})

        return await answered(self.faults, "push", request, show, self._instead)

    def _judge(self, request: Request) -> tuple[int, str] | None:
        """Status and reason, in the order Apple looks at things."""
        refused = self._judge_token(request.headers.get("authorization", ""))
        prefix, _, phone = request.path.rpartition("/")
        if request.method != "POST" or prefix != "/3/device":
            return 404, "BadPath"
        if refused:
            return 403, refused
        if request.headers.get("apns-topic") != BUNDLE:
            return 400, "TopicDisallowed"
        if len(request.headers.get("apns-collapse-id", "").encode()) > 64:
            return 400, "BadCollapseId"
        if request.headers.get("apns-push-type") not in ("alert", "background"):
            return 400, "InvalidPushType"
        if len(request.body) > 4096:
            return 413, "PayloadTooLarge"
        if not isinstance(member(json.loads(request.body), "aps"), dict):
            return 400, "PayloadEmpty"
        return self.devices.get(phone, (400, "BadDeviceToken"))

    def _judge_token(self, authorization: str) -> str | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return "MissingProviderToken"
        if token not in self.tokens:
            self.tokens.append(token)
        try:
            kid = jwt.get_unverified_header(token)["kid"]
            claims = jwt.decode(token, self.key.public_key(), ["ES256"], options={"require": ["iss", "iat"]})
        except (jwt.PyJWTError, KeyError):
            return "InvalidProviderToken"
        if (kid, claims["iss"]) != (KEY_ID, TEAM):
            return "InvalidProviderToken"
        return "ExpiredProviderToken" if token in self.expired or claims["iat"] < time.time() - 3600 else None

    def _instead(self, fault: Fault) -> Response | None:
        if fault.kind == "limit":
            return as_json({"reason": "TooManyRequests"}, 429, retry_after=str(round(fault.seconds)))
        return as_json({"reason": "InternalServerError"}, fault.status) if fault.kind == "status" else None


@contextlib.asynccontextmanager
async def apple(made: Apple | None = None, tls: ssl.SSLContext | None = None) -> AsyncIterator[Apple]:
    """Apple on any port of 127.0.0.1, until the block ends."""
    made = made or Apple()
    async with Server2(made.handle, tls) as made.server:
        made.url = f"{'https' if tls else 'http'}://127.0.0.1:{made.server.port}"
        yield made
