"""The way out over the Bot API, class N: Telegram knows no idempotency key, so one dispatch is one call that delivers.

What does not fit into one call is refused before it is made. A second call is made only after Telegram clearly refused
the first: formatting it cannot read is sent as plain text, a picture it cannot show as a document, and a group that
became a supergroup is written to under its new id.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.channels.http_api import AUTH_PAUSE_S, NoAnswerError, NotReachedError
from app.channels.telegram import hooks
from app.channels.telegram.api import TOKEN, BotApi, Files, RefusedError
from app.channels.telegram.files import fetch_files
from app.channels.telegram.markdown import to_markdown_v2
from app.channels.telegram.updates import qualify, read_update, split_id
from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, OutgoingFile, Session, Webhook
from app.domain.inbound import ChannelEvent
from app.settings import Settings

TEXT_MOST = 4096
CAPTION_MOST = 1024
PHOTO_MOST = 10 * 1024 * 1024
FILES_MOST = 10
CAPABILITIES = Capabilities(
    provider="telegram",
    channel="telegram",
    webhook_secrets=frozenset({"webhook_secret"}),
    webhook_function=hooks.FUNCTION,
    delivery_class="N",
    max_body_chars=TEXT_MOST,
    counts_utf16=True,
    max_attachment_bytes=50 * 1024 * 1024,
    max_attachments=FILES_MOST,
    max_caption_chars=CAPTION_MOST,
    session_per_second=30,
    recipient_interval_s=1,
    secret_rules={"webhook_secret": hooks.TAKEN},
)
_PHOTOS = {"image/jpeg", "image/png", "image/webp"}
_VOICES = {"audio/ogg", "audio/opus"}
_UNREADABLE = "can't parse entities"
_NOT_AS_SUCH = ("PHOTO_INVALID_DIMENSIONS", "IMAGE_PROCESS_FAILED", "VOICE_MESSAGES_FORBIDDEN")
_GONE = (
    "chat not found", "user not found", "peer_id_invalid", "user is deactivated", "blocked by the user",
    "can't initiate conversation", "bot was kicked", "not a member", "chat was deactivated", "chat was deleted",
)  # fmt: skip


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request that delivers one message (or one album)."""

    method: str
    fields: dict[str, Any]
    files: Files = {}
    written: str = ""
    """The text as its author wrote it, without any escaping."""


class TelegramAdapter:
    """Sends for every bot of this installation over one HTTP client. `url`: where the API is; `place`: where Telegram
    reaches us, empty for nowhere."""

    capabilities = CAPABILITIES

    def __init__(self, url: str, *, max_attachment_bytes: int, answer_s: float = 30.0, place: str = "") -> None:
        self._api = BotApi(url, answer_s=answer_s)
        self._most = max_attachment_bytes
        self.webhook_place = place

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one message. Provider errors end as an `Outcome`; only what `before_send` raises is raised again."""
        token = dispatch.secrets.get("token", "")
        if not TOKEN.fullmatch(token):
            return _ended("retry", "auth", "the account has no bot token", AUTH_PAUSE_S)
        try:
            call = compose(dispatch)
        except UnsendableError as error:
            return _ended("rejected", error.code, str(error))
        await before_send()
        return await self._deliver(dispatch, token, call, tries=3)

    async def _deliver(self, dispatch: Dispatch, token: str, call: Call, tries: int) -> Outcome:
        try:
            result = await self._api.call(token, call.method, call.fields, call.files)
        except NotReachedError as error:
            return _ended("retry", "connection", str(error))
        except NoAnswerError as error:
            return _ended("unknown", "no_answer", str(error))
        except RefusedError as error:
            other = _otherwise(call, error) if tries > 1 else None
            return await self._deliver(dispatch, token, other, tries - 1) if other else _refusal(error)
        first = result[0] if isinstance(result, list) and result else result
        number = first.get("message_id") if isinstance(first, dict) else None
        if not isinstance(number, int):
            return _ended("unknown", "no_answer", "an answer without a message id")
        chat = call.fields["chat_id"]
        return Outcome(kind="accepted", provider="telegram",
                       provider_message_id=qualify(dispatch.session_id, chat, number))  # fmt: skip

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """The events of one pushed update, with its files. Raises ValueError for a call that makes no sense."""
        try:
            update = msgspec.json.decode(webhook.payload)
        except msgspec.DecodeError as error:
            raise ValueError(f"no JSON: {error}") from error
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            raise ValueError("no update of the Bot API")
        reading = read_update(update, session.session_id)
        return await fetch_files(self._api, session.secrets.get("token", ""), reading, self._most)

    async def check(self, session: Session) -> Health:
        """Ask Telegram whose token this is, and of an account with a webhook whether it is called."""
        return await check(self._api, session)

    async def set_webhook(self, session: Session) -> Health:
        """Have Telegram call this account."""
        return await hooks.set_webhook(self._api, self.webhook_place, session)

    async def remove_webhook(self, session: Session) -> Health:
        """Have Telegram call this account no more."""
        return await hooks.remove_webhook(self._api, session)

    async def close(self) -> None:
        """Release pooled connections."""
        await self._api.close()


class UnsendableError(Exception):
    """A message Telegram would not take, or not in one call."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def create_adapter(settings: Settings) -> TelegramAdapter:
    """The adapter of this process."""
    return TelegramAdapter(
        settings.telegram_url, max_attachment_bytes=settings.max_attachment_bytes,
        place=settings.functions_place(settings.telegram_url),
    )  # fmt: skip


async def check(api: BotApi, session: Session) -> Health:
    """What getMe says of an account: its token must be the token of its address; of its webhook, getWebhookInfo.
    Raises nothing for an answer."""
    token = session.secrets.get("token", "")
    try:
        me = await api.call(token, "getMe")
        info = await api.call(token, "getWebhookInfo") if hooks.is_pushed(session) else None
    except (RefusedError, NotReachedError, NoAnswerError) as error:
        return hooks.why(error)
    bot = str(me.get("id")) if isinstance(me, dict) else ""
    if bot != session.address:
        return Health(status="disconnected", reason=f"the token is that of bot {bot}, the account is {session.address}")
    return hooks.judge(info, session) if hooks.is_pushed(session) else Health(status="connected", proves_address=True)


def compose(dispatch: Dispatch) -> Call:
    """The one call that sends a dispatch. Raises UnsendableError."""
    try:
        chat = int(dispatch.recipient)
    except ValueError:
        raise UnsendableError("bad_recipient", f"{dispatch.recipient!r} is no chat id") from None
    fields: dict[str, Any] = {"chat_id": chat, **_quoting(dispatch, chat)}
    body, files = dispatch.body, dispatch.attachments
    most = CAPTION_MOST if files else TEXT_MOST
    if utf16_length(body) > most:
        raise UnsendableError("too_long", f"{utf16_length(body)} UTF-16 units, Telegram takes {most}"
                              + (" beside files: send the text by itself" if files else ""))  # fmt: skip
    if not files:
        if not body.strip():
            raise UnsendableError("empty", "Telegram takes no empty message")
        return Call(method="sendMessage", fields=fields | _formatted("text", body), written=body)
    if len(files) > FILES_MOST:
        raise UnsendableError("too_many_files", f"an album has at most {FILES_MOST} files: send the rest by itself")
    if any(not file.data for file in files):
        raise UnsendableError("empty_file", "Telegram takes no empty file")
    return _single(fields, body, files[0]) if len(files) == 1 else _album(fields, body, files)


def utf16_length(text: str) -> int:
    """Telegram counts in UTF-16 units: most emojis are two."""
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def _quoting(dispatch: Dispatch, chat: int) -> dict[str, Any]:
    """Answers quote what they answer, when it was said in this chat to this account."""
    asked = split_id(dispatch.in_reply_to or "") if dispatch.purpose == "reply" else None
    if asked is None or asked[:2] != (dispatch.session_id, chat):
        return {}
    return {"reply_parameters": {"message_id": asked[2], "allow_sending_without_reply": True}}


def _formatted(name: str, body: str) -> dict[str, Any]:
    marked = to_markdown_v2(body)
    return {name: body} if marked is None else {name: marked, "parse_mode": "MarkdownV2"}


def _single(fields: dict[str, Any], body: str, file: OutgoingFile) -> Call:
    kind = "document"
    if file.content_type in _PHOTOS and len(file.data) <= PHOTO_MOST:
        kind = "photo"
    elif file.content_type in _VOICES:
        kind = "voice"
    caption = _formatted("caption", body) if body.strip() else {}
    return Call(method=f"send{kind.capitalize()}", fields=fields | caption, files={kind: _part(file)}, written=body)


def _album(fields: dict[str, Any], body: str, files: Sequence[OutgoingFile]) -> Call:
    """Several files in one call: pictures as pictures, anything mixed as documents."""
    pictures = all(file.content_type in _PHOTOS and len(file.data) <= PHOTO_MOST for file in files)
    media = [{"type": "photo" if pictures else "document", "media": f"attach://file{n}"} for n in range(len(files))]
    if body.strip():
        media[0] |= _formatted("caption", body)
    parts = {f"file{n}": _part(file) for n, file in enumerate(files)}
    return Call(method="sendMediaGroup", fields=fields | {"media": media}, files=parts, written=body)


def _part(file: OutgoingFile) -> tuple[str, bytes, str]:
    return (file.filename, file.data, file.content_type)


def _otherwise(call: Call, error: RefusedError) -> Call | None:
    """Another call that may do, now that it is certain that this one did nothing."""
    if error.code == 400 and error.migrate_to is not None and call.fields["chat_id"] != error.migrate_to:
        moved = {name: value for name, value in call.fields.items() if name != "reply_parameters"}
        return msgspec.structs.replace(call, fields=moved | {"chat_id": error.migrate_to})
    if error.code == 400 and _UNREADABLE in error.text:
        return _plain(call)
    if error.code == 400 and any(word in error.text for word in _NOT_AS_SUCH) and len(call.files) == 1:
        (part,) = call.files.values()
        if call.method != "sendDocument":
            return msgspec.structs.replace(call, method="sendDocument", files={"document": part})
    return None


def _plain(call: Call) -> Call | None:
    fields = {name: value for name, value in call.fields.items() if name != "parse_mode"}
    if call.method == "sendMediaGroup":
        media = [{name: value for name, value in one.items() if name != "parse_mode"} for one in fields["media"]]
        fields["media"] = [{**media[0], "caption": call.written}, *media[1:]]
    else:
        fields["text" if call.method == "sendMessage" else "caption"] = call.written
    return msgspec.structs.replace(call, fields=fields) if fields != call.fields else None


def _refusal(error: RefusedError) -> Outcome:
    """A clear no: nothing was delivered."""
    said = error.text.lower()
    if error.code == 429:
        return _ended("retry", "429", error.text, error.retry_after_s)
    if error.code in (401, 404):
        return _ended("retry", "auth", error.text, AUTH_PAUSE_S)
    if 300 <= error.code < 400:
        return _ended("retry", "redirect", error.text, AUTH_PAUSE_S)
    gone = error.code in (400, 403) and any(word in said for word in _GONE)
    return Outcome(kind="rejected", provider="telegram", error_code=str(error.code), error=error.text,
                   suppress_recipient=gone)  # fmt: skip


def _ended(kind: Any, code: str, text: str, retry_after_s: float | None = None) -> Outcome:
    return Outcome(kind=kind, provider="telegram", error_code=code, error=text, retry_after_s=retry_after_s)
