"""Apps on Apple's devices, over the Apple Push Notification service: HTTP/2, with a provider token.

Class N: Apple knows no idempotency key. `apns-id` only names a notification, and a collapse id only makes a newer one
replace a waiting one. Account: the address is the app's bundle id, `config.team_id` and `config.key_id` say whose key
the secret `key` (the .p8 file) is, and `config.environment` is `production` or `sandbox`. A device's address is
`apns:<bundle id>/<device token in hex>`.
"""

import base64
import hashlib
import re
import time
from functools import partial
from typing import Any

import jwt
import msgspec

from app.channels.http_api import AUTH_PAUSE_S, Answer, HttpApi, NoAnswerError, NotReachedError, member, text_of
from app.channels.push.shown import (
    KEPT_S,
    Push,
    account_of,
    badge,
    category,
    device,
    ending_at,
    fitting,
    of_message,
    told,
)
from app.channels.push.tokens import Token, Tokens
from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, Session
from app.settings import Settings

PROVIDER = "apns"
ended = partial(ending_at, PROVIDER)
TOKEN_S = 45 * 60
"""Apple takes a provider token for an hour, and no newer one within twenty minutes."""
GONE = {"BadDeviceToken", "Unregistered", "ExpiredToken"}
MEND = {
    "InvalidProviderToken", "MissingProviderToken", "ExpiredProviderToken", "Forbidden", "BadCertificate",
    "BadCertificateEnvironment", "BadEnvironmentKeyIdInToken", "BadEnvironmentKeyInToken", "UnrelatedKeyIdInToken",
    "BadTopic", "MissingTopic", "TopicDisallowed", "TopicMismatch",
}  # fmt: skip
"""The key, the team or the app is not what the account says: to be mended by the admin."""
NOBODY = "0" * 64
"""A device token no device has."""
_HEX = re.compile(r"[0-9a-f]{64,200}")
_BUNDLE = re.compile(r"[A-Za-z0-9.-]{1,155}")


class NotSetError(Exception):
    """The account lacks what Apple asks for."""


class Apns:
    """Sends for every account of this installation, over one connection to each of Apple's two services."""

    capabilities = Capabilities(
        provider=PROVIDER, channel="push", delivery_class="N", max_body_chars=20_000, direction="out",
        session_per_second=100.0, recipient_prefix="apns:{account}/", check_every_s=900.0,
        secret_rules={"key": r"\s*-----BEGIN (?:EC )?PRIVATE KEY-----[\s\S]*-----END (?:EC )?PRIVATE KEY-----\s*"},
    )  # fmt: skip

    def __init__(self, url: str, sandbox_url: str, *, answer_s: float = 30.0) -> None:
        self._apis = {
            "production": HttpApi(url, answer_s=answer_s, http2=True),
            "sandbox": HttpApi(sandbox_url, answer_s=answer_s, http2=True),
        }
        self._tokens = Tokens()

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Push one message."""
        return await self.push(of_message(dispatch), account_of(dispatch), before_send)

    async def push(self, push: Push, account: Session | None, before_send: BeforeSend) -> Outcome:
        """Push one notification. A provider token that has expired is renewed once."""
        try:
            phone = device(push.address)
        except ValueError as error:
            return ended("rejected", "bad_address", str(error))
        if account is None or phone.kind != PROVIDER or phone.app != account.address:
            return ended("rejected", "wrong_account", "The device has an app that is not this account's.")
        if not _HEX.fullmatch(phone.token):
            return ended("rejected", "bad_address", "A device token is hexadecimal.", gone=True)
        try:
            token = await self._token(account)
        except NotSetError as error:
            return ended("retry", "auth", str(error), pause_s=AUTH_PAUSE_S)
        await before_send()
        return await self._deliver(account, token, phone.token, headers(push), payload(push))

    async def check(self, session: Session) -> Health:
        """Push to a device there is not: Apple says so when it takes the account's word, and else what is wrong."""
        try:
            token = await self._token(session)
        except NotSetError as error:
            return Health(status="disconnected", reason=str(error))
        nobody = {"apns-push-type": "background", "apns-priority": "5"}
        outcome = await self._deliver(session, token, NOBODY, nobody, b'{"aps":{"content-available":1}}')
        if outcome.error_code == "BadDeviceToken":
            return Health(status="connected")
        reason = f"Apple: {outcome.error}"[:300]
        if outcome.error_code == "auth":
            return Health(status="disconnected", reason=reason)
        return Health(status="degraded", reason=reason)

    async def close(self) -> None:
        """Close pooled connections."""
        for api in self._apis.values():
            await api.close()

    async def _deliver(
        self, account: Session, token: str, phone: str, named: dict[str, str], content: bytes
    ) -> Outcome:
        """The call that delivers; again with a new provider token when this one is too old, for then nothing was."""
        api = self._apis[str(account.config.get("environment") or "production")]
        common = {**named, "apns-topic": account.address, "content-type": "application/json"}
        try:
            for again in (False, True):
                bearer = {"authorization": f"bearer {token}"}
                answer = await api.call("POST", f"/3/device/{phone}", headers=common | bearer, content=content)
                if again or said(answer) != "ExpiredProviderToken":
                    break
                token = await self._token(account, refused=token)
        except NotReachedError as error:
            return ended("retry", "connection", str(error))
        except NoAnswerError as error:
            return ended("unknown", "no_answer", str(error))
        return ending(answer)

    async def _token(self, account: Session, refused: str | None = None) -> str:
        """A provider token. Raises NotSetError."""
        key = account.secrets.get("key", "")
        ids = {name: str(account.config.get(name) or "") for name in ("team_id", "key_id")}
        lacks = [f"config.{name}" for name, value in ids.items() if not value] + ([] if key else ["the secret key"])
        if lacks:
            raise NotSetError(f"the account has no {' and no '.join(lacks)}")
        if not _BUNDLE.fullmatch(account.address):
            raise NotSetError("the account's address is no bundle id")
        if (account.config.get("environment") or "production") not in self._apis:
            raise NotSetError("config.environment is production or sandbox")

        async def make() -> Token:
            now = time.time()
            try:
                claims = {"iss": ids["team_id"], "iat": int(now)}
                return Token(jwt.encode(claims, key, "ES256", {"kid": ids["key_id"]}), now + TOKEN_S)
            except (jwt.PyJWTError, ValueError, TypeError) as error:
                raise NotSetError(f"the secret key is no key of Apple's: {type(error).__name__}") from error

        return await self._tokens.get(make, key, ids["team_id"], ids["key_id"], refused=refused)


def headers(push: Push) -> dict[str, str]:
    """How long it is kept, how urgent it is, and what replaces it while it waits."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(push.topic.encode()).digest()).decode()
    return {
        "apns-push-type": "alert", "apns-priority": "10" if push.urgent else "5",
        "apns-expiration": str(int(time.time()) + KEPT_S), "apns-collapse-id": digest,
    }  # fmt: skip


def payload(push: Push) -> bytes:
    """What Apple takes: the notification under `aps`, what the app is told beside it."""
    shown = push.shown
    alert = {"title": str(shown.get("title", "")), "body": str(shown.get("body", ""))}
    aps: dict[str, Any] = {"alert": alert, "sound": "default", "mutable-content": 1}
    beside = {"thread-id": str(shown.get("tag", "")), "category": category(shown), "badge": badge(shown)}
    aps |= {name: value for name, value in beside.items() if value not in (None, "")}
    document = {**told(shown), "aps": aps}
    alert["body"] = fitting(alert["body"], len(msgspec.json.encode(document)))
    return msgspec.json.encode(document)


def said(answer: Answer) -> str:
    """Apple's word for what is wrong."""
    return text_of(member(answer.document, "reason")) if answer.status >= 400 else ""


def ending(answer: Answer) -> Outcome:
    """How Apple's answer ends a send."""
    reason = said(answer)
    text = f"HTTP {answer.status} {reason}".strip()
    if answer.status == 200:
        name = answer.headers.get("apns-id")
        return ended("accepted", made=name) if name else ended("unknown", "no_answer", "an answer without apns-id")
    if answer.status == 410 or reason in GONE:
        return ended("rejected", reason or "410", text, gone=True)
    if answer.status == 403 or reason in MEND:
        return ended("retry", "auth", text, pause_s=AUTH_PAUSE_S)
    if answer.status in (429, 503):
        # Without a time it is this device that gets too much: neither the account waits nor its breaker counts.
        wait_s, busy = answer.retry_after_s, answer.status == 429
        code = ("429" if wait_s else f"429 {reason}") if busy else reason or "503"
        return ended("retry", code, text, pause_s=wait_s)
    if 400 <= answer.status < 500:
        return ended("rejected", reason or str(answer.status), text)
    return ended("unknown", reason or str(answer.status), text)


def create_adapter(settings: Settings) -> Apns:
    """The adapter of this process."""
    return Apns(settings.apns_url, settings.apns_sandbox_url)
