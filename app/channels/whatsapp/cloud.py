"""The way out over Meta's Cloud API, class N: it knows no idempotency key, so one dispatch is one call that delivers.

A file is uploaded first, which delivers nothing. Every message carries our queue id, which its statuses repeat: a send
whose answer was lost is settled by the first of them. Account: `config.phone_number_id`, for its templates
`config.business_account_id`; secrets `access_token`, and for webhooks `app_secret` and `verify_token`.
"""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec

from app.channels.http_api import (
    AUTH_PAUSE_S,
    BYTES_PER_S,
    HttpApi,
    NoAnswerError,
    NotReachedError,
    host_and_path,
    member,
    text_of,
)
from app.channels.media import NotGivenError, fetch_file, given_out
from app.channels.whatsapp.errors import PROVIDER, ended, error_of, refusal
from app.channels.whatsapp.messages import (
    CAPTION_MOST,
    FILE_MOST,
    TEXT_MOST,
    UnsendableError,
    compose,
    refuse_unsendable,
)
from app.channels.whatsapp.templates import read_templates
from app.channels.whatsapp.webhooks import STATUSES, Media, read_call
from app.domain.channels import (
    ApprovedTemplate,
    BeforeSend,
    Capabilities,
    Dispatch,
    Health,
    Outcome,
    OutgoingFile,
    Session,
    Webhook,
    webhook_path,
)  # fmt: skip
from app.domain.inbound import ChannelEvent, InboundFile, InboundMessage
from app.settings import Settings

VERSION = "v23.0"
FUNCTION = "whatsapp-webhook"
CAPABILITIES = Capabilities(
    provider=PROVIDER,
    channel="whatsapp",
    address_kind="phone",
    webhook_secrets=frozenset({"app_secret", "verify_token"}),
    webhook_function=FUNCTION,
    delivery_class="N",
    max_body_chars=TEXT_MOST,
    max_attachment_bytes=FILE_MOST,
    max_attachments=1,
    max_caption_chars=CAPTION_MOST,
    captionless=frozenset({"audio"}),
    window_hours=24,
    session_per_second=80,
    recipient_interval_s=1,
    receipts=frozenset(STATUSES),
)
FETCHED_AT_ONCE = 4
CALLED_FIRST = ("phone_number", "whatsapp_business_account", "application")
"""Whose callback URL Meta calls: the first of these that has one."""


class CloudAdapter:
    """Sends for every number of this installation over one HTTP client."""

    capabilities = CAPABILITIES

    def __init__(self, url: str, *, max_attachment_bytes: int, answer_s: float = 30.0) -> None:
        self._api = HttpApi(url, answer_s=answer_s)
        self._most = max_attachment_bytes

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one message. Provider errors end as an `Outcome`; only what `before_send` raises is raised again."""
        number, token = phone_number_id(dispatch.session_config), dispatch.secrets.get("access_token", "").strip()
        if not number or not token.isascii() or not token:
            return ended("retry", "auth", "the account has no phone_number_id or no access_token", AUTH_PAUSE_S)
        try:
            refuse_unsendable(dispatch)
        except UnsendableError as error:
            return ended("rejected", error.code, str(error))
        media = await self._upload(number, token, dispatch.attachments[0]) if dispatch.attachments else None
        if isinstance(media, Outcome):
            return media
        message = compose(dispatch, media)
        await before_send()
        return await self._deliver(number, token, message)

    async def _deliver(self, number: str, token: str, message: dict[str, Any]) -> Outcome:
        """The one call that delivers."""
        try:
            answer = await self._api.call("POST", f"/{VERSION}/{number}/messages", headers=_bearer(token), json=message)
        except NotReachedError as error:
            return ended("retry", "connection", str(error))
        except NoAnswerError as error:
            return ended("unknown", "no_answer", str(error))
        if answer.status != 200:
            return refusal(answer)
        made = text_of(member(answer.document, "messages", 0, "id"))
        if not made:
            return ended("unknown", "no_answer", f"an answer without a message id: {answer.text[:200]}")
        return Outcome(kind="accepted", provider=PROVIDER, provider_message_id=made)

    async def _upload(self, number: str, token: str, file: OutgoingFile) -> str | Outcome:
        """The id of an uploaded file. An upload delivers nothing: what is unknown of it may simply be tried again."""
        try:
            answer = await self._api.call(
                "POST", f"/{VERSION}/{number}/media", headers=_bearer(token),
                data={"messaging_product": "whatsapp", "type": file.content_type},
                files={"file": (file.filename, file.data, file.content_type)},
            )  # fmt: skip
        except (NotReachedError, NoAnswerError) as error:
            return ended("retry", "connection", f"the file could not be uploaded: {error}")
        found = text_of(member(answer.document, "id"))
        if answer.status == 200 and found:
            return found
        refused = refusal(answer)
        return msgspec.structs.replace(refused, kind="retry") if refused.kind == "unknown" else refused

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """The events of one call, in its order, with the files of its messages. Raises ValueError for what is no call
        of WhatsApp's, or one for other numbers only."""
        try:
            call = json.loads(webhook.payload)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"no JSON: {error}") from error
        some = asyncio.Semaphore(FETCHED_AT_ONCE)

        async def whole(event: ChannelEvent, media: Media | None) -> ChannelEvent:
            if media is None or not isinstance(event, InboundMessage):
                return event
            async with some:
                file = await self._fetch(media, session)
            return msgspec.structs.replace(event, files=(file,))

        read = read_call(call, phone_number_id(session.config))
        return await asyncio.gather(*(whole(event, media) for event, media in read))

    async def _fetch(self, media: Media, session: Session) -> InboundFile:
        headers = _bearer(session.secrets.get("access_token", "").strip())

        async def get() -> bytes:
            about = await self._api.call("GET", f"/{VERSION}/{media.media_id}", headers=headers)
            given_out(about)
            url, size = text_of(member(about.document, "url")), member(about.document, "file_size")
            if isinstance(size, int) and size > self._most:
                raise NotGivenError(f"larger than {self._most} bytes")
            # The token goes over TLS, or to the host of the API itself.
            if not url.startswith(("https://", self._api.base + "/")):
                raise NotGivenError("its address leads elsewhere")
            wait_s = self._most / BYTES_PER_S
            return given_out(await self._api.call("GET", url, headers=headers, most=self._most + 1, wait_s=wait_s))

        return await fetch_file(media, get, self._most)

    async def check(self, session: Session) -> Health:
        """Ask Meta about the number, which must be the number of the account's address, and whether calls of its
        webhook come here."""
        health = await self._check_number(session)
        if health.status != "connected" or "app_secret" not in session.secrets:
            return health
        return await self._find_dead_webhook(session) or health

    async def _find_dead_webhook(self, session: Session) -> Health | None:
        """Why nothing can come in, where Meta says so. What Meta does not tell is no reason."""
        called = await self._look(session, phone_number_id(session.config), fields="webhook_configuration")
        places = [text_of(member(called, "webhook_configuration", one)) for one in CALLED_FIRST]
        url = next(filter(None, places), "")
        if url and not url.endswith(webhook_path(FUNCTION, session.session_id)):
            reason = f"WhatsApp calls {''.join(host_and_path(url))[:200]} instead of this account"
            return Health(status="disconnected", reason=reason)
        business = _number(session.config, "business_account_id")
        if not business:
            return None
        apps = member(await self._look(session, f"{business}/subscribed_apps"), "data")
        if apps == []:
            reason = "no app is subscribed to the WhatsApp Business Account: nothing comes in"
            return Health(status="disconnected", reason=reason)
        return None

    async def _look(self, session: Session, what: str, **params: str) -> Any:
        """What Meta says of something, None when it does not say."""
        headers = _bearer(session.secrets.get("access_token", "").strip())
        with contextlib.suppress(NotReachedError, NoAnswerError):
            answer = await self._api.call("GET", f"/{VERSION}/{what}", headers=headers, params=params)
            return answer.document if answer.status == 200 else None
        return None

    async def _check_number(self, session: Session) -> Health:
        number = phone_number_id(session.config)
        if not number:
            return Health(status="disconnected", reason="the account's config has no phone_number_id")
        try:
            answer = await self._api.call(
                "GET", f"/{VERSION}/{number}", headers=_bearer(session.secrets.get("access_token", "").strip()),
                params={"fields": "display_phone_number,quality_rating"},
            )  # fmt: skip
        except (NotReachedError, NoAnswerError) as error:
            return Health(status="degraded", reason=f"WhatsApp does not answer: {error}")
        if answer.status != 200:
            code, text = error_of(answer)
            refused = answer.status in (400, 401, 403, 404) and code is not None and refusal(answer).error_code != "429"
            said = f"{code} {text}" if code is not None else f"HTTP {answer.status}"
            return Health(status="disconnected" if refused else "degraded", reason=said[:300])
        shown = "+" + "".join(c for c in text_of(member(answer.document, "display_phone_number")) if c.isdigit())
        if shown not in ("+", session.address):
            reason = f"the phone_number_id is that of {shown}, the account is {session.address}"
            return Health(status="disconnected", reason=reason)
        if member(answer.document, "quality_rating") == "RED":
            return Health(status="degraded", reason="WhatsApp rates this number RED: it may lose its right to send")
        return Health(status="connected", proves_address=shown == session.address)

    async def templates(self, session: Session) -> list[ApprovedTemplate] | None:
        """What Meta has approved for the account's business. Raises TemplatesRefusedError."""
        business = _number(session.config, "business_account_id")
        token = session.secrets.get("access_token", "").strip()
        if not business or not token.isascii():
            return None
        return await read_templates(self._api, f"/{VERSION}/{business}/message_templates", _bearer(token))

    async def close(self) -> None:
        """Release pooled connections."""
        await self._api.close()


def phone_number_id(config: dict[str, object]) -> str:
    """Meta's id of the number, empty where the config has none."""
    return _number(config, "phone_number_id")


def _number(config: dict[str, object], name: str) -> str:
    found = str(config.get(name) or "")
    return found if found.isascii() and found.isdigit() else ""


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def create_adapter(settings: Settings) -> CloudAdapter:
    """The adapter of this process."""
    return CloudAdapter(settings.whatsapp_url, max_attachment_bytes=settings.max_attachment_bytes)
