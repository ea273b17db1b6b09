"""What an update of the Bot API says, as values of the core. Pure: webhooks and polling share it, and no update,
however strange, makes it raise.

| update | what becomes of it |
|---|---|
| `message` | a message; service messages (joins, titles, pins, …), bots and posts of channels are left out |
| `edited_message` | an edit of the message it changes |
| `my_chat_member` | who blocked the bot is noticed at the next send (403); who lets it in again is reachable again |
| anything else | nothing: not asked for, or not known yet |
"""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.channels import media
from app.domain.inbound import ChannelEvent, InboundMessage, MessageEdit, Reachable

log = logging.getLogger("parley.telegram")
ASKED_FOR = ["message", "edited_message", "my_chat_member"]
"""The kinds of update that are read."""
_ANONYMOUS_ADMIN = 1087968824
_ID = re.compile(r"(?P<session>[^:]+):(?P<chat>-?\d{1,20}):(?P<number>\d{1,20})")
_MIME = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")
_EXTENSIONS = {"image/jpeg": "jpg", "audio/ogg": "ogg", "audio/mpeg": "mp3", "video/mp4": "mp4"}

Json = Mapping[str, Any]


class Media(media.Media, frozen=True, kw_only=True):
    """One file of a message, not yet fetched."""

    file_id: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one update says; `media` are the files of the message in it."""

    events: tuple[ChannelEvent, ...] = ()
    media: tuple[Media, ...] = ()


def qualify(session_id: str, chat: int, number: int) -> str:
    """A message's id as the core keeps it: Telegram's own is unique in one chat of one bot only."""
    return f"{session_id}:{chat}:{number}"


def split_id(qualified: str) -> tuple[str, int, int] | None:
    """(session, chat, number) of an id made by `qualify`."""
    found = _ID.fullmatch(qualified)
    return (found["session"], int(found["chat"]), int(found["number"])) if found else None


def read_update(update: Json, session_id: str) -> Reading:
    """What an update says. What cannot be read is left out with a line in the log."""
    update = _clean(update)
    try:
        for kind, read in _KINDS.items():
            said = update.get(kind)
            if isinstance(said, dict):
                return read(said, session_id)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        shown = {"update_id": update.get("update_id"), "reason": f"{type(error).__name__}: {error}"}
        log.warning("an update that cannot be read is left out", extra=shown)
    return Reading()


def _read_message(message: Json, session_id: str) -> Reading:
    content = _content(message)
    sender = _sender(message)
    if content is None or sender is None:
        log.debug("a message without anything for us", extra={"members": sorted(message)})
        return Reading()
    chat = int(message["chat"]["id"])
    private = message["chat"].get("type") == "private"
    body, message_type, files = content
    address, name = sender
    key = qualify(session_id, chat, int(message["message_id"]))
    read = InboundMessage(
        external_message_id=key,
        sender_address=address,
        sender_name=name or None,
        body=body,
        reference_ids=_replied(message, session_id, chat),
        message_type=message_type,
        # Telegram itself writes /start when somebody opens the bot: answering it would be answering a button.
        auto_class="auto_reply" if private and re.fullmatch(r"/start( \S{0,64})?", body) else "none",
        occurred_at=_time(message["date"]),
        metadata=_facts(message, key) | ({} if str(chat) == address else {"reply_to": str(chat)}),
    )
    return Reading(events=(Reachable(address=str(chat)), read), media=files)


def _read_edit(message: Json, session_id: str) -> Reading:
    content = _content(message)
    if content is None or _sender(message) is None:
        return Reading()
    key = qualify(session_id, int(message["chat"]["id"]), int(message["message_id"]))
    at = _time(message.get("edit_date") or message["date"])
    return Reading(events=(MessageEdit(external_message_id=key, body=content[0], edited_at=at),))


def _read_membership(change: Json, _session_id: str) -> Reading:
    if change["new_chat_member"]["status"] in ("member", "administrator", "creator"):
        return Reading(events=(Reachable(address=str(int(change["chat"]["id"]))),))
    return Reading()


_KINDS: dict[str, Callable[[Json, str], Reading]] = {
    "message": _read_message, "edited_message": _read_edit, "my_chat_member": _read_membership,
}  # fmt: skip


# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sender(message: Json) -> tuple[str, str] | None:
    """(address, name) of who wrote: a person, or a group whose admin hides behind it. None: nobody to talk to."""
    if message["chat"].get("type") not in ("private", "group", "supergroup") or message.get("is_automatic_forward"):
        return None
    user = message.get("from")
    if isinstance(user, dict) and (not user.get("is_bot")):
        names = (str(user.get(part) or "") for part in ("first_name", "last_name"))
        return str(int(user["id"])), _line(" ".join(filter(None, names)))
    hidden = message.get("sender_chat")
    if isinstance(hidden, dict) and isinstance(user, dict) and user.get("id") == _ANONYMOUS_ADMIN:
        return str(int(hidden["id"])), _line(str(hidden.get("title") or ""))
    return None


def _facts(message: Json, key: str) -> dict[str, Any]:
    """The channel's facts of a message; `message_id` is what an answer refers to."""
    user, chat = message.get("from") or {}, message["chat"]
    facts = {
        "message_id": key,
        "username": user.get("username"),
        "language_code": user.get("language_code"),
        "chat_type": None if chat.get("type") == "private" else chat.get("type"),
        "chat_title": chat.get("title"),
        "topic_id": message.get("message_thread_id"),
        "album_id": message.get("media_group_id"),
        "forwarded_from": _origin(message),
        "edited_before": True if message.get("edit_date") else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _origin(message: Json) -> str | None:
    """Where a forwarded message comes from, in words; None for one's own."""
    origin = message.get("forward_origin")
    if not isinstance(origin, dict):
        old = ("forward_from", "forward_from_chat", "forward_sender_name", "forward_date")
        return "unknown" if any(name in message for name in old) else None
    for place in ("sender_user", "sender_chat", "chat"):
        if isinstance(origin.get(place), dict):
            there = origin[place]
            return _line(str(there.get("title") or there.get("first_name") or there.get("id")))
    return _line(str(origin.get("sender_user_name") or "unknown"))


def _replied(message: Json, session_id: str, chat: int) -> tuple[str, ...]:
    answered = message.get("reply_to_message")
    if isinstance(answered, dict) and isinstance(answered.get("message_id"), int):
        return (qualify(session_id, chat, answered["message_id"]),)
    return ()


# ── what ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

Content = tuple[str, str, tuple[Media, ...]]
"""Text, message type, files."""


def _content(message: Json) -> Content | None:
    """What a message holds; None for a service message."""
    if isinstance(message.get("text"), str):
        return message["text"], "text", ()
    caption = str(message.get("caption") or "")
    if sizes := message.get("photo"):
        largest = max(sizes, key=lambda size: (size.get("width", 0) * size.get("height", 0), size.get("file_size", 0)))
        return caption, "image", (_media({**largest, "mime_type": "image/jpeg"}, "photo"),)
    for kind, message_type in _FILES.items():
        if isinstance(message.get(kind), dict):
            return caption, message_type, (_media(message[kind], kind),)
    for kind, tell in _TOLD.items():
        if isinstance(message.get(kind), dict):
            return tell(message[kind]), "location" if kind in ("venue", "location") else "text", ()
    return None


# An animation comes with a document of the same file; the more telling kind goes first.
_FILES = {
    "animation": "video", "video": "video", "video_note": "video", "voice": "audio", "audio": "audio",
    "document": "file",
}  # fmt: skip
_DEFAULT_TYPES = {"voice": "audio/ogg", "audio": "audio/mpeg", "video": "video/mp4", "video_note": "video/mp4",
                  "animation": "video/mp4"}  # fmt: skip


def _media(file: Json, kind: str) -> Media:
    given = str(file.get("mime_type") or _DEFAULT_TYPES.get(kind, "")).lower()
    content_type = given if _MIME.fullmatch(given) else "application/octet-stream"
    unique = re.sub(r"\W", "", str(file.get("file_unique_id") or ""))[:40]
    made_up = f"{kind}-{unique or 'file'}.{_EXTENSIONS.get(content_type, 'bin')}"
    size = file.get("file_size")
    return Media(
        file_id=str(file["file_id"]), filename=_filename(str(file.get("file_name") or "")) or made_up,
        content_type=content_type, size_bytes=size if isinstance(size, int) and size > 0 else 0,
    )  # fmt: skip


def _filename(given: str) -> str:
    name = re.sub(r"[\x00-\x1f\x7f-\x9f/\\]", "_", given).strip()
    stem, dot, ending = name.rpartition(".")
    return name if len(name) <= 200 else f"{(stem or name)[:180]}{dot}{ending[:19]}"[:200]


def _place(place: Json) -> str:
    return f"{float(place['latitude']):.6f}, {float(place['longitude']):.6f}"


def _venue(venue: Json) -> str:
    lines = (str(venue.get("title") or ""), str(venue.get("address") or ""), _place(venue["location"]))
    return "\n".join(filter(None, lines))


def _contact(contact: Json) -> str:
    names = (str(contact.get(part) or "") for part in ("first_name", "last_name"))
    return f"Contact: {' '.join(filter(None, names))} {contact.get('phone_number') or ''}".strip()


def _poll(poll: Json) -> str:
    options = (f"- {option.get('text', '')}" for option in poll.get("options") or ())
    return "\n".join((f"Poll: {poll.get('question', '')}", *options))


_TOLD: dict[str, Callable[[Json], str]] = {
    # A venue comes with a location of its own; the more telling kind goes first.
    "venue": _venue,
    "location": _place,
    "contact": _contact,
    "sticker": lambda sticker: str(sticker.get("emoji") or "[sticker]"),
    "dice": lambda dice: f"{dice.get('emoji', '[dice]')} {dice.get('value', '')}".strip(),
    "poll": _poll,
    "story": lambda _: "[story]",
    "checklist": lambda checklist: f"[checklist] {checklist.get('title', '')}".strip(),
    "game": lambda game: f"[game] {game.get('title', '')}".strip(),
    "paid_media": lambda _: "[paid media]",
}


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _time(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", text).strip()[:200]


def _clean(value: Any) -> Any:
    """`value` without what Postgres cannot hold: zeros and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {str(name): _clean(member) for name, member in value.items()}
    return [_clean(member) for member in value] if isinstance(value, list) else value
