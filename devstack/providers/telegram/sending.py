"""What bots do to chats: send, edit, delete. Every refusal is an `ApiError` in Telegram's words."""

import hashlib
import itertools
import json
import math
import time
from collections.abc import Callable
from typing import Any

from devstack.providers.http import Part
from devstack.providers.telegram.bots import Bot, Chat, Json
from devstack.providers.telegram.text import EntityError, read_markdown_v2, utf16

TEXT_MOST, CAPTION_MOST = 4096, 1024
PHOTO_MOST, UPLOAD_MOST = 10 * 1024 * 1024, 50 * 1024 * 1024
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8")
Files = dict[str, Part]
_albums = itertools.count(1)


class ApiError(Exception):
    """A refusal: `{ok: false, error_code, description, parameters}`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def body(self) -> Json:
        """As Telegram writes it."""
        more = {"parameters": self.parameters} if self.parameters else {}
        return {"ok": False, "error_code": self.code, "description": self.description, **more}


def bad(description: str, **parameters: Any) -> ApiError:
    """400."""
    return ApiError(400, f"Bad Request: {description}", **parameters)


class Sender:
    """Does it, and keeps what was delivered, in order, in `deliveries`."""

    def __init__(self) -> None:
        self.deliveries: list[Json] = []
        self.methods: dict[str, Callable[[Bot, Json, Files], Any]] = {
            "sendmessage": self.send_message, "sendphoto": self._sends_file("photo"),
            "senddocument": self._sends_file("document"), "sendvoice": self._sends_file("voice"),
            "sendmediagroup": self.send_media_group, "editmessagetext": self.edit_message_text,
            "deletemessage": self.delete_message,
        }  # fmt: skip

    def send_message(self, bot: Bot, given: Json, _files: Files) -> Json:
        """sendMessage."""
        chat = _open_chat(bot, given)
        text = _formatted(given, "text", TEXT_MOST)
        return self._deliver(bot, chat, given, "sendMessage", text)

    def _sends_file(self, kind: str) -> Callable[[Bot, Json, Files], Json]:
        def send(bot: Bot, given: Json, files: Files) -> Json:
            chat = _open_chat(bot, given)
            held = _held(bot, kind, files.get(kind), chat)
            caption = _formatted(given, "caption", CAPTION_MOST) if given.get("caption") else {}
            return self._deliver(bot, chat, given, f"send{kind.capitalize()}", held | caption)

        return send

    def send_media_group(self, bot: Bot, given: Json, files: Files) -> list[Json]:
        """sendMediaGroup."""
        chat = _open_chat(bot, given)
        media = _object(given.get("media"), list)
        if not 2 <= len(media) <= 10:
            raise bad("wrong number of messages in the album")
        if len({one.get("type") for one in media} - {"photo", "video"}) > 1:
            raise bad("can't mix different types of media in an album")
        album = f"album{next(_albums)}"
        contents = []
        for one in media:
            part = files.get(str(one.get("media", "")).removeprefix("attach://"))
            caption = _formatted(one, "caption", CAPTION_MOST) if one.get("caption") else {}
            contents.append(_held(bot, str(one.get("type")), part, chat) | caption | {"media_group_id": album})
        return [self._deliver(bot, chat, given, "sendMediaGroup", content) for content in contents]

    def edit_message_text(self, bot: Bot, given: Json, _files: Files) -> Json:
        """editMessageText, of the bot's own messages."""
        message = _own_message(bot, given, "edit")
        text = _formatted(given, "text", TEXT_MOST)
        if message.get("text") == text["text"] and message.get("entities") == text.get("entities"):
            raise bad("message is not modified: specified new message content and reply markup are exactly the same as"
                      " a current content and reply markup of the message")  # fmt: skip
        message.pop("entities", None)
        message |= text | {"edit_date": int(time.time())}
        return message

    def delete_message(self, bot: Bot, given: Json, _files: Files) -> bool:
        """deleteMessage."""
        message = _own_message(bot, given, "delete")
        bot.chats[message["chat"]["id"]].messages.pop(message["message_id"])
        message["deleted"] = True
        return True

    def _deliver(self, bot: Bot, chat: Chat, given: Json, method: str, content: Json) -> Json:
        reply = _replied(chat, given)
        message: Json = {"message_id": next(chat.numbers), "from": bot.user(), "chat": chat.about,
                         "date": int(time.time())}  # fmt: skip
        message |= content | ({"reply_to_message": reply} if reply else {})
        chat.messages[message["message_id"]] = message
        self.deliveries.append({"bot": bot.id, "method": method, "at": time.time(), "message": message})
        return message


def _open_chat(bot: Bot, given: Json) -> Chat:
    """The chat to write to, once it may be written to."""
    chat = _find_chat(bot, given)
    if chat.refusal:
        raise ApiError(403, f"Forbidden: {chat.refusal}")
    if chat.moved_to:
        raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to)
    if wait := bot.take_turn(chat.id):
        seconds = max(1, math.ceil(wait))
        raise ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
    return chat


def _find_chat(bot: Bot, given: Json) -> Chat:
    if given.get("chat_id") in (None, ""):
        raise bad("chat_id is empty")
    try:
        return bot.chats[int(given["chat_id"])]
    except (ValueError, KeyError):
        raise bad("chat not found") from None


def _own_message(bot: Bot, given: Json, verb: str) -> Json:
    chat = _find_chat(bot, given)
    message = chat.messages.get(int(given.get("message_id") or 0))
    if message is None:
        raise bad(f"message to {verb} not found")
    if message["from"]["id"] != bot.id:
        raise bad(f"message can't be {'edited' if verb == 'edit' else 'deleted'}")
    return message


def _replied(chat: Chat, given: Json) -> Json | None:
    asked = _object(given.get("reply_parameters"), dict)
    if not asked:
        return None
    found = chat.messages.get(int(asked.get("message_id") or 0))
    if found is None and not asked.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    return {name: found[name] for name in ("message_id", "date", "chat", "from")} if found else None


def _formatted(given: Json, name: str, most: int) -> Json:
    """The text or caption with its entities."""
    text, mode = str(given.get(name) or ""), str(given.get("parse_mode") or "").lower()
    entities: list[Json] = []
    if mode == "markdownv2":
        try:
            text, entities = read_markdown_v2(text)
        except EntityError as error:
            raise bad(f"can't parse entities: {error}") from error
    elif mode:
        raise bad("unsupported parse_mode")
    if not text.strip():
        raise bad("message text is empty")
    if utf16(text) > most:
        raise bad("message is too long" if name == "text" else "message caption is too long")
    listed = {"entities" if name == "text" else "caption_entities": entities} if entities else {}
    return {name: text, **listed}


def _held(bot: Bot, kind: str, part: Part | None, chat: Chat) -> Json:
    """A file taken in, as a message shows it."""
    if part is None:
        raise bad(f"there is no {kind} in the request")
    if not part.data:
        raise bad("file must be non-empty")
    if len(part.data) > UPLOAD_MOST or (kind == "photo" and len(part.data) > PHOTO_MOST):
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo" and not part.data.startswith(_PICTURES):
        raise bad("IMAGE_PROCESS_FAILED")
    if kind == "voice" and chat.no_voice:
        raise bad("VOICE_MESSAGES_FORBIDDEN")
    digest = hashlib.sha256(part.data).hexdigest()
    file_id = f"sent-{digest[:24]}"
    about = {"file_id": file_id, "file_unique_id": digest[:12], "file_size": len(part.data)}
    bot.files[file_id] = (f"{kind}s/{digest[:12]}", part.data)
    if kind == "photo":
        return {"photo": [{**about, "width": 90, "height": 90}, {**about, "width": 800, "height": 800}]}
    named = {"file_name": part.filename} if kind == "document" else {"duration": 1}
    return {kind: {**about, **named, "mime_type": part.content_type}}


def _object(given: Any, kind: type) -> Any:
    """An argument that is JSON in a form, and itself in a JSON body."""
    if isinstance(given, str) and given:
        try:
            given = json.loads(given)
        except ValueError:
            raise bad("can't parse JSON object") from None
    if given and not isinstance(given, kind):
        raise bad("can't parse JSON object")
    return given or kind()
