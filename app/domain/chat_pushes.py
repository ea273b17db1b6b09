"""What the devices of somebody show of a conversation he takes part in, in his language. No I/O."""

from typing import Any

import msgspec

KIND = "message"
SHOWN_CHARS = 120
"""How much of a message a locked screen shows, where the tenant lets it."""
TITLE_CHARS = 120


class ChatPush(msgspec.Struct, frozen=True, kw_only=True):
    """What is new in a conversation, on its way to one device; see `private.person_push_content`."""

    address: str
    account: dict[str, Any] | None = None
    """What an app is reached with: a `Session` with its secrets sealed."""
    unread: int
    """Messages he has not read in all his conversations with the tenant's people."""
    tenant_id: str
    tenant_name: str
    thread_id: str
    count: int
    """Messages he has not read in this one."""
    language: str
    message_type: str
    sender_name: str | None = None
    """Absent where nothing is to be shown; null for the business itself, and where nobody knows a name."""
    group_name: str | None = None
    preview: str | None = None
    """The newest message, where it may be shown; empty where it is but a file."""


class Words(msgspec.Struct, frozen=True):
    """What a device says in one language."""

    one: str
    many: str
    image: str
    video: str
    audio: str
    file: str


WORDS = {
    "en": Words("You have a new message", "{} new messages", "Photo", "Video", "Voice message", "File"),
    "de": Words("Neue Nachricht", "{} neue Nachrichten", "Foto", "Video", "Sprachnachricht", "Datei"),
    "es": Words("Nuevo mensaje", "{} mensajes nuevos", "Foto", "Vídeo", "Mensaje de voz", "Archivo"),
    "fr": Words("Nouveau message", "{} nouveaux messages", "Photo", "Vidéo", "Message vocal", "Fichier"),
    "it": Words("Nuovo messaggio", "{} nuovi messaggi", "Foto", "Video", "Messaggio vocale", "File"),
    "nl": Words("Nieuw bericht", "{} nieuwe berichten", "Foto", "Video", "Spraakbericht", "Bestand"),
    "pt": Words("Nova mensagem", "{} novas mensagens", "Foto", "Vídeo", "Mensagem de voz", "Arquivo"),
}
"""By the first part of a BCP 47 tag; every other language reads English."""


def shown_to_person(push: ChatPush, url: str, icon: str = "") -> dict[str, Any]:
    """What a device shows: title, body, tag, icon, badge, and data with where to go. A service worker hands it to
    showNotification() as it is; a newer one of the conversation takes the place of the older.

    `url` leads to a conversation, with `{thread_id}` in it.
    """
    language = push.language.partition("-")[0].lower()
    known = language if language in WORDS else "en"
    who = push.sender_name or push.tenant_name
    title = f"{who} · {push.group_name}" if push.group_name else who
    many = WORDS[known].many.format(push.count) if push.count > 1 else ""
    body = many or WORDS[known].one
    if push.preview is not None:
        title = f"{title} ({push.count})" if many else title
        body = _cut(push.preview, SHOWN_CHARS) or getattr(WORDS[known], push.message_type, WORDS[known].file)
    link = url.replace("{thread_id}", push.thread_id)
    document: dict[str, Any] = {
        "title": _cut(title, TITLE_CHARS), "body": body, "lang": known, "tag": f"{KIND}:{push.thread_id}", "url": link,
        "renotify": True, "badge": push.unread, "category": KIND,
        "data": {"url": link, "tenant_id": push.tenant_id, "kind": KIND, "thread_id": push.thread_id},
    }  # fmt: skip
    return document | ({"icon": icon} if icon else {})


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
