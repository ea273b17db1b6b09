"""Apps reached over Firebase Cloud Messaging (HTTP v1): Android, and whatever else a tenant's Firebase project serves.

Class N: the API knows no idempotency key; a collapse key only makes a newer notification replace a waiting one.
Account: the address is the project's id, the secret `service_account` the JSON file of a service account that may send
there. A device's address is `fcm:<project>/<registration token>`.
"""

import re
import time
from functools import partial
from typing import Any
from urllib.parse import quote

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
    picture,
    told,
)  # fmt: skip
from app.channels.push.tokens import Token, Tokens
from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, Session
from app.settings import Settings

PROVIDER = "fcm"
ended = partial(ending_at, PROVIDER)
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EARLY_S = 120.0
BUSY_S = 60.0
"""What Google asks to wait after a quota is used up, where it does not say how long."""
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,40}")


class ServiceAccount(msgspec.Struct, frozen=True):
    """What of a service account's file is needed. Where tokens come from is the operator's word, not the file's."""

    client_email: str
    private_key: str
    private_key_id: str = ""


class NoTokenError(Exception):
    """No access token; nothing was sent."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error)
        self.outcome = outcome


class Fcm:
    """Sends for every account of this installation. `token_url`: Google's token server."""

    capabilities = Capabilities(
        provider=PROVIDER, channel="push", delivery_class="N", max_body_chars=20_000, direction="out",
        session_per_second=100.0, recipient_prefix="fcm:{account}/",
        secret_rules={"service_account": r"\s*\{[\s\S]*\}\s*"},
    )  # fmt: skip

    def __init__(self, url: str, token_url: str, *, answer_s: float = 30.0) -> None:
        self._api = HttpApi(url, answer_s=answer_s)
        self._google, self._token_url = HttpApi(token_url, answer_s=answer_s), token_url
        self._tokens = Tokens()

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Push one message."""
        return await self.push(of_message(dispatch), account_of(dispatch), before_send)

    async def push(self, push: Push, account: Session | None, before_send: BeforeSend) -> Outcome:
        """Push one notification. An access token that is refused is renewed once."""
        try:
            phone = device(push.address)
        except ValueError as error:
            return ended("rejected", "bad_address", str(error))
        if account is None or phone.kind != PROVIDER or phone.app != account.address:
            return ended("rejected", "wrong_account", "The device belongs to an app of another project.")
        try:
            token = await self._token(account)
            await before_send()
            return await self._deliver(account, token, {"message": message(phone.token, push)})
        except NoTokenError as error:
            return error.outcome

    async def check(self, session: Session) -> Health:
        """Let Google judge a notification that is sent to nobody."""
        nobody = {"topic": "parley-check", "notification": {"title": "check"}}
        try:
            token = await self._token(session)
            outcome = await self._deliver(session, token, {"validate_only": True, "message": nobody})
        except NoTokenError as error:
            outcome = error.outcome
        if outcome.kind == "accepted":
            return Health(status="connected")
        status = "disconnected" if outcome.error_code == "auth" else "degraded"
        return Health(status=status, reason=f"Firebase: {outcome.error}"[:300])  # type: ignore[arg-type]

    async def close(self) -> None:
        """Close pooled connections."""
        await self._api.close()
        await self._google.close()

    async def _deliver(self, account: Session, token: str, body: dict[str, Any]) -> Outcome:
        """The call that delivers; again with another token when this one is refused, for then nothing was."""
        path = f"/v1/projects/{quote(account.address, safe='')}/messages:send"
        try:
            answer = await self._call(path, token, body)
            if answer.status == 401 and said(answer) != "THIRD_PARTY_AUTH_ERROR":
                answer = await self._call(path, await self._token(account, refused=token), body)
        except NotReachedError as error:
            return ended("retry", "connection", str(error))
        except NoAnswerError as error:
            return ended("unknown", "no_answer", str(error))
        name = text_of(member(answer.document, "name"))
        if answer.status == 200:
            return ended("accepted", made=name) if name else ended("unknown", "no_answer", "an answer without a name")
        return refusal(answer)

    async def _call(self, path: str, token: str, body: dict[str, Any]) -> Answer:
        return await self._api.call("POST", path, headers={"Authorization": f"Bearer {token}"}, json=body)

    async def _token(self, account: Session, refused: str | None = None) -> str:
        """An access token. Raises NoTokenError."""
        secret = account.secrets.get("service_account", "")

        async def make() -> Token:
            return await self._make(account, secret)

        return await self._tokens.get(make, secret, refused=refused)

    async def _make(self, account: Session, secret: str) -> Token:
        if not secret or not _PROJECT.fullmatch(account.address):
            missing = "secret service_account" if not secret else "project id as its address"
            raise NoTokenError(ended("retry", "auth", f"the account has no {missing}", pause_s=AUTH_PAUSE_S))
        try:
            assertion = self._assertion(secret)
        except (msgspec.DecodeError, jwt.PyJWTError, ValueError, TypeError) as error:
            why = f"the secret service_account is no service account's file: {type(error).__name__}"
            raise NoTokenError(ended("retry", "auth", why, pause_s=AUTH_PAUSE_S)) from error
        form = {"grant_type": GRANT, "assertion": assertion}
        try:
            answer = await self._google.call("POST", self._token_url, data=form)
        except (NotReachedError, NoAnswerError) as error:
            raise NoTokenError(ended("retry", "connection", f"the token server does not answer: {error}")) from error
        return read_token(answer)

    def _assertion(self, secret: str) -> str:
        file, now = msgspec.json.decode(secret, type=ServiceAccount), int(time.time())
        claims = {"iss": file.client_email, "scope": SCOPE, "aud": self._token_url, "iat": now, "exp": now + 3600}
        return jwt.encode(claims, file.private_key, "RS256", {"kid": file.private_key_id})


def read_token(answer: Answer) -> Token:
    """The access token in an answer of Google's token server. Raises NoTokenError."""
    token, lasts = member(answer.document, "access_token"), member(answer.document, "expires_in")
    if answer.status == 200 and isinstance(token, str) and token.isascii() and token:
        return Token(token, time.time() + (lasts if isinstance(lasts, int) else 3600) - EARLY_S)
    told_why = text_of(member(answer.document, "error_description")) or text_of(member(answer.document, "error"))
    why = f"the token server answers {answer.status}: {told_why or 'nothing'}"
    if 400 <= answer.status < 500 and answer.status != 429:
        raise NoTokenError(ended("retry", "auth", why, pause_s=AUTH_PAUSE_S))
    raise NoTokenError(ended("retry", "token_server", why, pause_s=answer.retry_after_s))


def message(token: str, push: Push) -> dict[str, Any]:
    """What Firebase takes: the notification, what the app is told, and what Android and iOS want to know apart."""
    shown = push.shown
    note = {"title": str(shown.get("title", "")), "body": str(shown.get("body", "")), "image": picture(shown)}
    tag, number, buttons = str(shown.get("tag", "")), badge(shown), category(shown)
    aps: dict[str, Any] = {"thread-id": tag, "category": buttons, "badge": number}
    phone = {"tag": tag, "notification_count": number, "default_sound": push.urgent or None}
    document = {
        "notification": _some(note), "data": told(shown),
        "android": {"priority": "HIGH" if push.urgent else "NORMAL", "ttl": f"{KEPT_S}s",
                    "collapse_key": push.topic[:64], "notification": _some(phone)},
        "apns": {"headers": {"apns-priority": "10" if push.urgent else "5",
                             "apns-expiration": str(int(time.time()) + KEPT_S)},
                 "payload": {"aps": _some(aps) | {"mutable-content": 1, "sound": "default"}}},
    }  # fmt: skip
    note["body"] = fitting(note["body"], len(msgspec.json.encode(document)))
    return {"token": token, **document, "notification": _some(note)}


def _some(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "")}


def said(answer: Answer) -> str:
    """Firebase's own word for what is wrong; else that of Google's APIs in general."""
    details = member(answer.document, "error", "details")
    for detail in details if isinstance(details, list) else []:
        if code := text_of(member(detail, "errorCode")):
            return code
    return text_of(member(answer.document, "error", "status"))


def _is_about_token(answer: Answer) -> bool:
    """Google names the field, or says so in its message alone."""
    if "registration token" in text_of(member(answer.document, "error", "message")):
        return True
    details = member(answer.document, "error", "details")
    fields = [
        text_of(member(violation, "field"))
        for detail in (details if isinstance(details, list) else [])
        for violation in (member(detail, "fieldViolations") or [])
    ]
    return "message.token" in fields


def refusal(answer: Answer) -> Outcome:
    """How a send ends that Firebase did not take."""
    code = said(answer)
    text = f"HTTP {answer.status} {code}: {text_of(member(answer.document, 'error', 'message'))}"[:500]
    if code == "UNREGISTERED" or (code == "INVALID_ARGUMENT" and _is_about_token(answer)):
        return ended("rejected", code, text, gone=True)
    if answer.status in (429, 503):
        busy = answer.status == 429
        wait_s = answer.retry_after_s or (BUSY_S if busy else None)
        return ended("retry", "429" if busy else code or "503", text, pause_s=wait_s)
    if answer.status in (401, 403, 404) and code != "SENDER_ID_MISMATCH":
        return ended("retry", "auth", text, pause_s=AUTH_PAUSE_S)
    return ended("rejected" if 400 <= answer.status < 500 else "unknown", code or str(answer.status), text)


def create_adapter(settings: Settings) -> Fcm:
    """The adapter of this process."""
    return Fcm(settings.fcm_url, settings.fcm_oauth_url)
