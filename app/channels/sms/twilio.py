"""The way out over Twilio's Messages API, class N: it knows no idempotency key, so one dispatch is one call.

Status callbacks come to the `sms-webhook` function at an address that carries our queue id (`q`), so that they settle
sends whose answer was lost. Account: `config.account_sid`, and `messaging_service_sid` to send from a pool,
`max_segments` to bound what a message may cost; secret `auth_token`. Files are fetched by Twilio from the function
`media`, so they go out only where `public_url` is known.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from app.channels import outside
from app.channels.http_api import (
    AUTH_PAUSE_S,
    BYTES_PER_S,
    Answer,
    HttpApi,
    NoAnswerError,
    NotReachedError,
    member,
    text_of,
)
from app.channels.media import NotGivenError, fetch_file, given_out
from app.channels.sms.segments import segments
from app.channels.sms.webhooks import STATUSES, UNSUBSCRIBED, Media, read_call
from app.domain.channels import (
    BeforeSend,
    Capabilities,
    Dispatch,
    Health,
    Outcome,
    OutcomeKind,
    Session,
    Webhook,
    webhook_path,
)
from app.domain.inbound import ChannelEvent, InboundFile, InboundMessage
from app.settings import Settings

PROVIDER = "twilio"
FUNCTION = "sms-webhook"
BODY_MOST = 1600
CAPABILITIES = Capabilities(
    provider=PROVIDER,
    channel="sms",
    address_kind="phone",
    webhook_secrets=frozenset({"auth_token"}),
    webhook_function=FUNCTION,
    delivery_class="N",
    max_body_chars=BODY_MOST,
    session_per_second=10,
    receipts=frozenset(),
)
FILES_MOST = 10
REACHED = {
    "max_attachments": FILES_MOST, "max_attachment_bytes": 5 * 1024 * 1024, "fetches_files": True,
    "receipts": frozenset({"bounced_hard", *STATUSES.values()}),
}  # fmt: skip
"""What else is possible where Twilio can reach us."""
API = "/2010-04-01/Accounts"
_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_POOL = re.compile(r"MG[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"\+[0-9]{5,15}")
_NOT_FOUND = 20404
_BESIDE_PLACE = re.compile(r"^\w+://(?:[^/?#]*@)?|[?#].*$")
"""What an address has beside host and path, a password among it."""
_GONE = {21211, 21214, 21217, 21614}
"""No such number, or one that takes no SMS."""
_LATER = {20429, 14107, 30001, 30022}
_MEND = {20003, 20005, 20006, 20008, 21606, 21212, 21603, 21408, 21659, 21703, 30002}
"""Credentials, a suspended account, a sender that may not send there: to be mended by the admin."""


class TwilioAdapter:
    """Sends for every account of this installation over one HTTP client. `public_url`: where callbacks reach us."""

    def __init__(
        self, url: str, *, public_url: str, max_attachment_bytes: int, answer_s: float = 30.0,
        private_hosts: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._api = HttpApi(url, answer_s=answer_s)
        self._public_url = public_url.rstrip("/")
        self.capabilities = msgspec.structs.replace(CAPABILITIES, **REACHED) if public_url else CAPABILITIES
        self._most = max_attachment_bytes
        self._private_hosts = private_hosts

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one message. Provider errors end as an `Outcome`; only what `before_send` raises is raised again."""
        login = credentials(dispatch.session_config, dispatch.secrets)
        if login is None:
            return ended("retry", "auth", "the account has no account_sid or no auth_token", AUTH_PAUSE_S)
        refused = _unsendable(dispatch)
        if refused is not None:
            return refused
        fields = self._fields(dispatch)
        await before_send()
        return await self._deliver(login, fields)

    async def _deliver(self, login: tuple[str, str], fields: dict[str, str | list[str]]) -> Outcome:
        """The one call that delivers."""
        try:
            answer = await self._api.call("POST", f"{API}/{login[0]}/Messages.json", auth=login, data=fields)
        except NotReachedError as error:
            return ended("retry", "connection", str(error))
        except NoAnswerError as error:
            return ended("unknown", "no_answer", str(error))
        if answer.status not in (200, 201):
            return refusal(answer)
        made = text_of(member(answer.document, "sid"))
        if not made:
            return ended("unknown", "no_answer", f"an answer without sid: {answer.text[:200]}")
        return Outcome(kind="accepted", provider=PROVIDER, provider_message_id=made)

    def _fields(self, dispatch: Dispatch) -> dict[str, str | list[str]]:
        fields: dict[str, str | list[str]] = {"To": dispatch.recipient}
        if dispatch.body.strip():
            fields["Body"] = dispatch.body
        if dispatch.attachments:
            fields["MediaUrl"] = [file.url for file in dispatch.attachments]
        pool = pool_of(dispatch.session_config)
        fields |= {"MessagingServiceSid": pool} if pool else {"From": dispatch.session_address}
        if self._public_url:
            query = urlencode({"q": dispatch.queue_id})
            place = self._public_url + webhook_path(FUNCTION, quote(dispatch.session_id))
            fields["StatusCallback"] = f"{place}?{query}"
        return fields

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """One message with its files, or what became of one of ours. Raises ValueError for nonsense."""
        events, media = read_call(webhook.payload, webhook.headers.get("queue-id"))
        if not media:
            return events
        files = await asyncio.gather(*(self._fetch(one, session) for one in media))
        return [
            msgspec.structs.replace(event, files=tuple(files)) if isinstance(event, InboundMessage) else event
            for event in events
        ]

    async def _fetch(self, media: Media, session: Session) -> InboundFile:
        async def get() -> bytes:
            if not media.url.startswith(self._api.base + "/"):
                raise NotGivenError("not a file of the provider's")
            login = credentials(session.config, session.secrets)
            wait_s = self._most / BYTES_PER_S
            answer = await self._api.call("GET", media.url, auth=login, most=self._most + 1, wait_s=wait_s)
            if answer.status in (301, 302, 303, 307, 308):
                # The bytes lie with somebody else, who gets no credentials of ours.
                return await self._elsewhere(answer.headers.get("location", ""))
            return given_out(answer)

        return await fetch_file(media, get, self._most)

    async def _elsewhere(self, url: str) -> bytes:
        async with outside.client(self._private_hosts) as visit:
            try:
                answer = await outside.fetch(visit, "GET", url, most=self._most + 1)
            except outside.Refused as error:
                raise NotGivenError(str(error)) from error
            except (outside.Lost, OSError, TimeoutError, *outside.ERRORS) as error:
                raise NoAnswerError(f"{type(error).__name__} for a file") from error
        return given_out(Answer(status=answer.status, headers=answer.headers, body=answer.body))

    async def check(self, session: Session) -> Health:
        """Ask Twilio about the account, and whether the address is one of its numbers and tells its messages here."""
        login = credentials(session.config, session.secrets)
        if login is None:
            return Health(status="disconnected", reason="the account has no account_sid or no auth_token")
        try:
            answer = await self._api.call("GET", f"{API}/{login[0]}.json", auth=login)
        except (NotReachedError, NoAnswerError) as error:
            return Health(status="degraded", reason=f"Twilio does not answer: {error}")
        state = text_of(member(answer.document, "status"))
        if answer.status == 200 and state in ("active", ""):
            return await self._check_number(session, login)
        if answer.status in (200, 401, 403, 404):
            reason = f"the account is {state}" if answer.status == 200 else "Twilio refuses the token"
            return Health(status="disconnected", reason=reason)
        return Health(status="degraded", reason=f"HTTP {answer.status}")

    async def _check_number(self, session: Session, login: tuple[str, str]) -> Health:
        """What Twilio's list of numbers says of the address; what it does not say is no reason, and names and short
        codes are not on it."""
        unjudged = Health(status="connected")
        if not _NUMBER.fullmatch(session.address):
            return unjudged
        url, wanted = f"{API}/{login[0]}/IncomingPhoneNumbers.json", {"PhoneNumber": session.address}
        try:
            answer = await self._api.call("GET", url, auth=login, params=wanted)
        except (NotReachedError, NoAnswerError):
            return unjudged
        numbers = member(answer.document, "incoming_phone_numbers")
        if answer.status == 200 and isinstance(numbers, list):
            return judge(numbers, session)
        # Only Twilio's own word means that there is none: a provider of the same shape may know no such list.
        return judge([], session) if member(answer.document, "code") == _NOT_FOUND else unjudged

    async def close(self) -> None:
        """Release pooled connections."""
        await self._api.close()


def credentials(config: dict[str, object], secrets: dict[str, str]) -> tuple[str, str] | None:
    """Account and token, None when one is missing or cannot be one."""
    sid, token = str(config.get("account_sid") or ""), secrets.get("auth_token", "").strip()
    return (sid, token) if _SID.fullmatch(sid) and token.isascii() and token else None


def pool_of(config: dict[str, object]) -> str:
    """The messaging service to send from; empty where the number itself sends."""
    pool = str(config.get("messaging_service_sid") or "")
    return pool if _POOL.fullmatch(pool) else ""


def judge(numbers: list[Any], session: Session) -> Health:
    """An account by those of its numbers that look like its address. Where a messaging service or an application stands
    between, the number does not tell whom messages reach."""
    pool = pool_of(session.config)
    number = next((one for one in numbers if member(one, "phone_number") == session.address), None)
    if number is None and not pool:
        reason = f"{session.address} is not a number of this account at Twilio"
        return Health(status="disconnected", reason=reason)
    if number is None or pool or member(number, "sms_application_sid"):
        return Health(status="connected", proves_address=number is not None)
    called = _BESIDE_PLACE.sub("", text_of(member(number, "sms_url")))
    if not called.endswith(webhook_path(FUNCTION, session.session_id)):
        reason = f"Twilio calls {called[:200]} instead of this account" if called else "nobody is called"
        return Health(status="disconnected", reason=f"{reason} when {session.address} gets a message")
    return Health(status="connected", proves_address=True)


def _unsendable(dispatch: Dispatch) -> Outcome | None:
    """What Twilio would refuse, or charge more for than the account wants."""
    if any(not file.url for file in dispatch.attachments):
        return ended("rejected", "no_files", "Twilio fetches files: PARLEY_PUBLIC_URL says where")
    if len(dispatch.attachments) > FILES_MOST:
        return ended("rejected", "too_many_files", f"an MMS has at most {FILES_MOST} files: send the rest by itself")
    if not dispatch.attachments and not dispatch.body.strip():
        return ended("rejected", "empty", "there is nothing to send")
    if len(dispatch.body) > BODY_MOST:
        return ended("rejected", "too_long", f"Twilio takes {BODY_MOST} characters")
    most, cost = dispatch.session_config.get("max_segments"), segments(dispatch.body)
    if isinstance(most, int) and cost.count > most > 0 and not dispatch.attachments:
        return ended("rejected", "too_long", f"{cost.count} segments ({cost.encoding}), the account allows {most}")
    return None


def refusal(answer: Answer) -> Outcome:
    """What an answer that is no success means. Codes count first."""
    code = member(answer.document, "code")
    known = code if isinstance(code, int) else None
    said = f"{known} {text_of(member(answer.document, 'message'))}" if known else f"HTTP {answer.status}"
    if known == UNSUBSCRIBED:
        outcome = ended("rejected", str(known), said)
        return msgspec.structs.replace(outcome, opted_out=True)
    if known in _GONE:
        outcome = ended("rejected", str(known), said)
        return msgspec.structs.replace(outcome, suppress_recipient=True)
    kind, name, pause_s = _meaning(answer.status, known)
    return ended(kind, name, said, pause_s if name == "auth" else answer.retry_after_s or pause_s)


def _meaning(status: int, code: int | None) -> tuple[OutcomeKind, str, float | None]:
    if status == 429 or code in _LATER:
        return "retry", "429", None
    if code in _MEND or status in (401, 403):
        return "retry", "auth", AUTH_PAUSE_S
    if 300 <= status < 400:
        return "retry", "redirect", AUTH_PAUSE_S
    if status >= 500 or code is None:
        return "unknown", "no_answer", None
    return "rejected", str(code), None


def ended(kind: OutcomeKind, code: str, text: str, after_s: float | None = None) -> Outcome:
    """An outcome of this provider."""
    return Outcome(kind=kind, provider=PROVIDER, error_code=code, error=text[:500], retry_after_s=after_s)


def create_adapter(settings: Settings) -> TwilioAdapter:
    """The adapter of this process."""
    return TwilioAdapter(
        settings.twilio_url, public_url=settings.public_url, max_attachment_bytes=settings.max_attachment_bytes,
        private_hosts=frozenset(settings.private_host_names()),
    )  # fmt: skip
