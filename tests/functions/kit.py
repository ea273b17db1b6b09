"""Providers as the edge meets them: each signs real requests with keys of its own."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg.types.json import Jsonb

from app.channels.registry import create_adapters
from app.secrets import Vault
from tests.db.helpers import Row, Tenant
from tests.functions.aws import TOPIC, Amazon, notification, said
from tests.workers.harness import Room

Signed = tuple[bytes, dict[str, str]]
PUBLIC = "https://parley.example.com"
"""What the functions are told to be reached at."""


class Edge:
    """The functions at work on a room's database; `post` and `get` go to them over HTTP."""

    def __init__(self, room: Room, amazon: Amazon | None = None) -> None:
        self.room = room
        self.world = room.world
        self.vault = Vault(room.settings.secret_keys())
        self.amazon = amazon
        self.world.declare_adapters(create_adapters(room.settings).values())
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{room.functions_port}/functions/v1", timeout=60)

    def account(
        self, tenant: Tenant, channel: str, provider: str, webhook: Row | None = None, **secrets: str
    ) -> uuid.UUID:
        """A connected account with sealed secrets; `webhook` is what its config says of the provider's calls."""
        address = f"{uuid.uuid4().hex[:10]}@{provider}.test" if channel == "email" else phone() if channel in ("sms", "whatsapp") else uuid.uuid4().hex  # fmt: skip
        made: uuid.UUID = self.world.value(
            "insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status, config)"
            " values (%s, %s, %s, 'Desk', %s, 'connected', %s) returning id",
            tenant.id, channel, provider, address, Jsonb({"webhook": webhook or {}}),
        )  # fmt: skip
        for name, secret in secrets.items():
            self.world.owner.execute(
                "select private.put_channel_secret(%s, %s, %s, %s)", [tenant.id, made, name, self.vault.seal(secret)]
            )
        return made

    def rows(self, session_id: Any) -> list[Row]:
        """The calls kept of an account."""
        return self.world.all("select * from private.webhook_events where session_id = %s order by id", session_id)

    def refusals(self, session_id: Any) -> dict[str, int]:
        """How many calls of an account were refused, by reason."""
        rows = self.world.all(
            "select reason, sum(count)::int as count from private.webhook_rejections where session_id = %s"
            " group by reason", session_id,
        )  # fmt: skip
        return {row["reason"]: row["count"] for row in rows}

    def close(self) -> None:
        """Hang up."""
        self.http.close()


def phone() -> str:
    """A number nobody else in the run has."""
    return f"+1555{uuid.uuid4().int % 10**7:07d}"


@dataclass
class Caller:
    """One provider with one account: `sign` gives a body the headers the provider would."""

    name: str
    function: str
    session: uuid.UUID
    sign: Callable[[bytes], dict[str, str]]
    body: Callable[[str], bytes]
    """A call that makes sense, made of an id."""
    nonsense: tuple[bytes, ...] = (b"", b"null", b"[", b'{"update_id": "x"}', b"\xff\xfe", b'"text"', b"{}")
    """Bodies no event can be found in, however well they are signed."""
    type: str = "application/json"
    signed: Callable[[bytes], Any] = bytes
    """What of a body the signature is about: another body that says the same is the same call."""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the provider was told to call."""
        return f"/{self.function}/{self.session}"

    def call(self, event: str) -> Signed:
        """The body and headers of one event."""
        body = self.body(event)
        return body, self.headers(body)

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers of a body, signed."""
        return {"content-type": self.type, **self.extra, **self.sign(body)}

    def post(self, edge: Edge, event: str) -> httpx.Response:
        """Call."""
        body, headers = self.call(event)
        return edge.http.post(self.path, content=body, headers=headers)


def telegram(edge: Edge, tenant: Tenant) -> Caller:
    """A bot with a secret token."""
    token = uuid.uuid4().hex
    session = edge.account(tenant, "telegram", "telegram", webhook_secret=token)

    def body(event: str) -> bytes:
        number = int(hashlib.sha256(event.encode()).hexdigest()[:12], 16)
        return json.dumps({"update_id": number, "message": {"text": "hi"}}).encode()

    return Caller("telegram", "telegram-webhook", session, lambda _: {"X-Telegram-Bot-Api-Secret-Token": token}, body)


def whatsapp(edge: Edge, tenant: Tenant) -> Caller:
    """An app with its secret."""
    secret = uuid.uuid4().hex
    session = edge.account(tenant, "whatsapp", "whatsapp_cloud", app_secret=secret, verify_token="verify-" + secret)

    def sign(body: bytes) -> dict[str, str]:
        return {"X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"}

    return Caller("whatsapp", "whatsapp-webhook", session, sign, lambda event: json.dumps({"object": "w", "entry": [{"id": event}]}).encode())  # fmt: skip


def form_fields(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, each pair once, in order."""
    return sorted(set(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)))


def twilio_signature(token: str, url: str, body: bytes) -> str:
    """As Twilio computes it: the address, then every field by name."""
    text = url + "".join(name + value for name, value in form_fields(body))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), "sha1").digest()).decode()


def sms(edge: Edge, tenant: Tenant) -> Caller:
    """A Twilio number."""
    token = uuid.uuid4().hex
    session = edge.account(tenant, "sms", "twilio", auth_token=token)
    url = f"{PUBLIC}/functions/v1/sms-webhook/{session}"

    def body(event: str) -> bytes:
        sid = "SM" + hashlib.sha256(event.encode()).hexdigest()[:32]
        return urlencode(
            {"MessageSid": sid, "SmsStatus": "received", "From": "+15550001111", "Body": "Grüße & mehr"}
        ).encode()

    return Caller("sms", "sms-webhook", session, lambda body: {"X-Twilio-Signature": twilio_signature(token, url, body)},
                  body, (b"", b"Body=hi", b"MessageSid=%00%00&SmsStatus=received", b"MessageSid=SM12345678901&SmsStatus=Not%20One"),
                  "application/x-www-form-urlencoded", form_fields)  # fmt: skip


def svix(secret: bytes, event: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers of Standard Webhooks as Svix names them."""
    moment = str(int(time.time() if at is None else at))
    mac = hmac.new(secret, f"{event}.{moment}.".encode() + body, "sha256").digest()
    return {"svix-id": event, "svix-timestamp": moment, "svix-signature": f"v1,{base64.b64encode(mac).decode()}"}


def resend(edge: Edge, tenant: Tenant) -> Caller:
    """A Resend account; the event's id is in the headers only, so the body carries it for the test."""
    secret = uuid.uuid4().bytes
    session = edge.account(tenant, "email", "resend", webhook_secret="whsec_" + base64.b64encode(secret).decode())

    def sign(body: bytes) -> dict[str, str]:
        return svix(secret, f"msg_{hashlib.sha256(body).hexdigest()[:20]}", body)

    return Caller("resend", "email-events", session, sign, lambda event: json.dumps({"type": "email.sent", "data": {"email_id": event}}).encode())  # fmt: skip


def sendgrid(edge: Edge, tenant: Tenant) -> Caller:
    """A SendGrid account with signed events."""
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    session = edge.account(tenant, "email", "smtp", {"kind": "sendgrid", "public_key": base64.b64encode(spki).decode()})

    def sign(body: bytes) -> dict[str, str]:
        moment = str(int(time.time()))
        signature = key.sign(moment.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {"X-Twilio-Email-Event-Webhook-Timestamp": moment,
                "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode()}  # fmt: skip

    return Caller("sendgrid", "email-events", session, sign, lambda event: json.dumps([{"event": "open", "sg_event_id": event}]).encode())  # fmt: skip


def sparkpost(edge: Edge, tenant: Tenant) -> Caller:
    """A SparkPost account with basic authentication."""
    secret = f"parley:{uuid.uuid4().hex}"
    session = edge.account(tenant, "email", "sparkpost", webhook_secret=secret)
    login = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    return Caller("sparkpost", "email-events", session, lambda _: login, lambda event: json.dumps([{"msys": {"e": event}}]).encode())  # fmt: skip


def ses(edge: Edge, tenant: Tenant) -> Caller:
    """Amazon SES over SNS: the signature is a part of the body, and no header has a secret."""
    amazon = edge.amazon
    assert amazon is not None, "these functions know no Amazon"
    session = edge.account(tenant, "email", "smtp", {"kind": "ses", "topic_arn": TOPIC})
    unnamed = tuple(amazon.sign(notification("x", MessageId=one)) for one in ("", "no id", "\x00"))
    return Caller("ses", "email-events", session, lambda _: {}, lambda event: amazon.sign(notification(event)),
                  (b"", b"null", b"[", b"{}", *unnamed), "text/plain; charset=UTF-8", said)  # fmt: skip


KINDS: dict[str, Callable[[Edge, Tenant], Caller]] = {
    "telegram": telegram, "whatsapp": whatsapp, "sms": sms, "resend": resend, "sendgrid": sendgrid,
    "sparkpost": sparkpost,
}  # fmt: skip
"""Providers whose signature stands in a header."""
SENDERS = {**KINDS, "ses": ses}
