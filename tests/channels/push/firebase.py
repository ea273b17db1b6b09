"""Firebase Cloud Messaging and Google's token server on loopback: it checks assertions and access tokens as Google does,
knows its devices, and has bad days on order. Written from Google's FCM HTTP v1 reference and "Using OAuth 2.0 for Server
to Server Applications"."""

import contextlib
import functools
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from devstack.providers.faults import Fault, Faults
from devstack.providers.http import Drop, Request, Response, Server, as_json
from devstack.providers.struck import answered

PROJECT, EMAIL = "acme-desk", "push@acme-desk.iam.gserviceaccount.com"
PHONE = "cXyZ_1:APA91bH" + "q" * 120
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@functools.cache
def rsa_key() -> rsa.RSAPrivateKey:
    """One key for all tests: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def wrong(status: int, name: str, code: str | None = None, field: str | None = None) -> dict[str, Any]:
    """An error as Google's APIs write it."""
    details: list[Any] = [{"@type": FCM_ERROR, "errorCode": code}] if code else []
    if field:
        details.append({"@type": BAD_REQUEST, "fieldViolations": [{"field": field, "description": "Invalid"}]})
    return {"error": {"code": status, "message": f"{name} it is", "status": name, "details": details}}


class Firebase:
    """One project's devices. `devices`: token → None, or the error it is refused with."""

    def __init__(self) -> None:
        self.devices: dict[str, dict[str, Any] | None] = {PHONE: None}
        self.got: list[dict[str, Any]] = []
        """Messages that devices show, in order."""
        self.issued: list[str] = []
        self.revoked: set[str] = set()
        self.permitted = True
        self.lasts_s = 3599
        self.headers: dict[str, str] = {}
        self.faults = Faults()
        self.calls: dict[str, int] = {}
        self.url = ""

    @property
    def oauth_url(self) -> str:
        """Where access tokens come from."""
        return f"{self.url}/token"

    @property
    def service_account(self) -> str:
        """The file an admin uploads; where it says tokens come from is not where they are asked for."""
        pem = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return json.dumps({
            "type": "service_account", "project_id": PROJECT, "private_key_id": "k1", "private_key": pem,
            "client_email": EMAIL, "token_uri": "http://evil.test/token",
        })  # fmt: skip

    async def handle(self, request: Request) -> Response | Drop:
        """One request of either server."""
        call, do = ("token", self._token) if request.path == "/token" else ("send", self._send)
        self.calls[call] = self.calls.get(call, 0) + 1

        async def done() -> Response:
            return do(request)

        return await answered(self.faults, call, request, done, self._instead)

    def _token(self, request: Request) -> Response:
        form, _ = request.form()
        try:
            claims = jwt.decode(form["assertion"], rsa_key().public_key(), ["RS256"], audience=self.oauth_url,
                                issuer=EMAIL, options={"require": ["iat", "exp"]})  # fmt: skip
        except (jwt.PyJWTError, KeyError) as error:
            return as_json({"error": "invalid_grant", "error_description": f"Invalid JWT Signature. {error}"}, 400)
        if (
            form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer"
            or "firebase.messaging" not in claims["scope"]
        ):
            return as_json({"error": "invalid_scope"}, 400)
        self.issued.append(f"ya29.{len(self.issued)}")
        return as_json({"access_token": self.issued[-1], "expires_in": self.lasts_s, "token_type": "Bearer"})

    def _send(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.issued or token in self.revoked:
            return as_json(wrong(401, "UNAUTHENTICATED"), 401)
        if not self.permitted:
            return as_json(wrong(403, "PERMISSION_DENIED"), 403)
        if request.path != f"/v1/projects/{PROJECT}/messages:send":
            return as_json(wrong(404, "NOT_FOUND"), 404)
        body = json.loads(request.body)
        message = body["message"]
        texts = message.get("data", {})
        if not all(isinstance(value, str) for value in texts.values()):
            return as_json(wrong(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.data"), 400)
        if len(json.dumps({**message, "token": ""}, ensure_ascii=False).encode()) > 4096 + 200:
            return as_json(wrong(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message"), 400)
        missing = wrong(404, "NOT_FOUND", "UNREGISTERED")
        error = None if "topic" in message else self.devices.get(message.get("token"), missing)
        if error is not None:
            return as_json(error, error["error"]["code"], **self.headers)
        if not body.get("validate_only"):
            self.got.append(message)
        return as_json({"name": f"projects/{PROJECT}/messages/0:{len(self.got)}"})

    def _instead(self, fault: Fault) -> Response | None:
        if fault.kind == "limit":
            return as_json(
                wrong(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), 429, retry_after=str(round(fault.seconds))
            )
        return as_json(wrong(fault.status, "INTERNAL", "INTERNAL"), fault.status) if fault.kind == "status" else None


@contextlib.asynccontextmanager
async def firebase(made: Firebase | None = None) -> AsyncIterator[Firebase]:
    """Firebase on any port of 127.0.0.1, until the block ends."""
    made = made or Firebase()
    async with Server(made.handle) as server:
        made.url = f"http://127.0.0.1:{server.port}"
        yield made
