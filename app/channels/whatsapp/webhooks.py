"""What Meta's webhooks say: pure mapping of one call to events, and which files are to be fetched for them.

A call is a batch: entries, in them changes, in them messages and statuses. A status that cannot be read is left out
with a line in the log. A message whose id or sender cannot be read makes the whole call one that a person has to look
at: leaving it out would lose it.
"""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from app.channels import media
from app.channels.http_api import member, text_of
from app.channels.media import file_name, media_type
from app.channels.whatsapp.errors import MARKETING_STOPPED
from app.domain.inbound import ChannelEvent, InboundMessage, MessageEdit, OptedIn, OptedOut, Reachable, Receipt

log = logging.getLogger("parley.whatsapp")
KINDS = {"image": "image", "sticker": "image", "video": "video", "audio": "audio", "document": "file"}
STATUSES = {"sent", "delivered", "read", "failed"}
_NUMBER = re.compile(r"[1-9]\d{6,14}")
Json = dict[str, Any]


class Media(media.Media, frozen=True, kw_only=True):
    """A file a message names; its bytes are fetched by id."""

    media_id: str


Read = tuple[ChannelEvent, Media | None]


def read_call(call: Any, phone_number_id: str) -> list[Read]:
    """Every event of a call that is for this number. Raises ValueError for what is no call of WhatsApp's, for a message
    nobody could answer, and for a call that is for other numbers alone: they lack an address of their own."""
    if not isinstance(member(call, "entry"), list):
        raise ValueError("no call of WhatsApp's: it has no entry")
    found: list[Read] = []
    others: set[str] = set()
    changes = [change for entry in _list(call, "entry") for change in _list(entry, "changes")]
    for value in (_clean(member(change, "value")) for change in changes):
        if not isinstance(value, dict):
            continue
        named = text_of(member(value, "metadata", "phone_number_id"))
        if named and phone_number_id and named != phone_number_id:
            others.add(named)
            continue
        for read in (_messages, _statuses, _preferences):
            found += read(value)
    if others and not found:
        raise ValueError(f"a call for the phone number id {', '.join(sorted(others))}: give it a webhook of its own")
    if others:
        log.warning("a call is for other numbers too", extra={"phone_number_ids": sorted(others)})
    return found


def _each(value: Json, name: str, read: Callable[[Json], list[Read]]) -> Iterator[Read]:
    for one in _list(value, name):
        try:
            yield from read(one)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            shown = {"what": name, "id": text_of(member(one, "id")), "reason": f"{type(error).__name__}: {error}"}
            log.warning("a part of a call that cannot be read is left out", extra=shown)


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _messages(value: Json) -> list[Read]:
    names = {
        text_of(member(person, "wa_id")): text_of(member(person, "profile", "name"))[:200]
        for person in _list(value, "contacts")
    }

    def read(message: Json) -> list[Read]:
        sender = _number(message["from"])
        return [(Reachable(address=sender), None), _message(message, sender, names.get(sender[1:]) or None)]

    try:
        return [one for message in _list(value, "messages") for one in read(message)]
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"a message without id or sender: {type(error).__name__} {error}") from error


def _message(message: Json, sender: str, name: str | None) -> Read:
    kind = text_of(message.get("type")) or "unknown"
    given = message.get(kind)
    about: Json = given if isinstance(given, dict) else {}
    at = _moment(message.get("timestamp"))
    changed = text_of(about.get("original_message_id"))
    if kind in ("revoke", "edit") and changed:
        text = member(about, "message", "text", "body") if kind == "edit" else None
        return MessageEdit(external_message_id=changed, body=text, edited_at=at or datetime.now(UTC)), None
    file = _media(kind, about)
    answered = text_of(about.get("message_id") if kind == "reaction" else member(message, "context", "id"))
    return (
        InboundMessage(
            external_message_id=_id(message),
            sender_address=sender,
            sender_name=name,
            body=_TEXTS.get(kind, _text_of_media if file else _text_unknown)(about),
            message_type="location" if kind == "location" else KINDS.get(kind, "text"),
            # A thumb under our message and news of the system ask for no answer.
            auto_class="auto_reply" if kind in ("reaction", "system") else "none",
            reference_ids=(answered,) if answered else (),
            occurred_at=at,
            metadata=_facts(kind, about, message),
        ),
        file,
    )


def _facts(kind: str, about: Json, message: Json) -> Json:
    """The channel's facts of a message; `message_id` is what an answer refers to."""
    facts = {
        "message_id": _id(message),
        "whatsapp_type": kind,
        "forwarded": any(member(message, "context", name) for name in ("forwarded", "frequently_forwarded")),
        "voice": about.get("voice") is True,
        "payload": text_of(about.get("payload")) or text_of(member(about, "button_reply", "id"))
        or text_of(member(about, "list_reply", "id")),
        "errors": [code for one in _list(message, "errors") if isinstance(code := member(one, "code"), int)],
        "referral": text_of(member(message, "referral", "source_url")),
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value}


def _media(kind: str, about: Json) -> Media | None:
    media_id = text_of(about.get("id"))
    if kind not in KINDS or not re.fullmatch(r"[A-Za-z0-9_-]{1,200}", media_id):
        return None
    content_type = media_type(about.get("mime_type"))
    return Media(media_id=media_id, filename=file_name(about.get("filename"), kind, content_type),
                 content_type=content_type)  # fmt: skip


def _location(about: Json) -> str:
    named = [text_of(about.get(part)) for part in ("name", "address")]
    place = f"{float(about['latitude']):.6f}, {float(about['longitude']):.6f}"
    return "\n".join(filter(None, (*named, place)))


def _contacts(_: Json) -> str:
    return "[contact]"


def _interactive(about: Json) -> str:
    reply = member(about, "button_reply", "title") or member(about, "list_reply", "title")
    return text_of(reply) or f"[{text_of(about.get('type')) or 'interactive'}]"


def _text_of_media(about: Json) -> str:
    return str(about.get("caption") or "")


def _text_unknown(_: Json) -> str:
    """What Parley or WhatsApp does not know is kept where everybody sees it."""
    return "[unsupported message]"


_TEXTS: dict[str, Callable[[Json], str]] = {
    "text": lambda about: str(about.get("body") or ""),
    "reaction": lambda about: text_of(about.get("emoji")) or "[reaction removed]",
    "button": lambda about: str(about.get("text") or ""),
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "order": lambda about: f"[order] {text_of(about.get('text'))}".strip(),
    "system": lambda about: text_of(about.get("body")) or "[system]",
}


# ── what became of our messages, and what people want ────────────────────────────────────────────────────────────────


def _statuses(value: Json) -> list[Read]:
    return list(_each(value, "statuses", _status))


def _status(status: Json) -> list[Read]:
    kind = text_of(status.get("status"))
    if kind not in STATUSES:
        return []
    error = member(status, "errors", 0)
    code = member(error, "code")
    words = text_of(member(error, "error_data", "details")) or text_of(
        member(error, "message") or member(error, "title")
    )
    number = text_of(status.get("recipient_id")).lstrip("+")
    recipient = f"+{number}" if _NUMBER.fullmatch(number) else None
    read: list[Read] = []
    if code == MARKETING_STOPPED and recipient:
        read.append((OptedOut(address=recipient, scope="automatic"), None))
    receipt = Receipt(
        event_id=f"{_id(status)}:{kind}",
        kind=kind,
        external_message_id=_id(status),
        queue_id=text_of(status.get("biz_opaque_callback_data")) or None,
        recipient=recipient,
        status_code=str(code) if isinstance(code, int) else None,
        diagnostic=words[:500] or None,
        occurred_at=_moment(status.get("timestamp")),
    )
    return [*read, (receipt, None)]


def _preferences(value: Json) -> list[Read]:
    """Who stops or resumes marketing messages in WhatsApp's own menu."""

    def read(wish: Json) -> list[Read]:
        address = _number(wish["wa_id"])
        if wish.get("category") != "marketing_messages" or wish.get("value") not in ("stop", "resume"):
            return []
        stops = wish["value"] == "stop"
        return [(OptedOut(address=address, scope="automatic") if stops else OptedIn(address=address), None)]

    return list(_each(value, "user_preferences", read))


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _list(value: Any, name: str) -> list[Any]:
    found = member(value, name)
    return found if isinstance(found, list) else []


def _id(one: Json) -> str:
    found = one["id"]
    if not isinstance(found, str) or not 1 <= len(found) <= 250:
        raise ValueError("no id")
    return found


def _number(given: Any) -> str:
    digits = str(given).lstrip("+")
    if not _NUMBER.fullmatch(digits):
        raise ValueError("no phone number")
    return f"+{digits}"


def _moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _clean(value: Any) -> Any:
    """`value` without what Postgres cannot hold: zeros and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {str(name): _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value
