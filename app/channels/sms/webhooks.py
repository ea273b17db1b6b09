"""What Twilio's calls say: one message with the files it names, or what became of one of ours."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from app.channels import media
from app.channels.media import file_name, media_type
from app.domain.inbound import ChannelEvent, InboundMessage, OptedIn, OptedOut, Reachable, Receipt

STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed", "undelivered": "failed",
            "canceled": "failed"}  # fmt: skip
UNSUBSCRIBED = 21610
HARD = {30005, 30006, 21211, 21614}
"""Undelivered for good: no such number, or one that takes no SMS."""
STOP = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
START = {"start", "unstop", "yes"}
HELP = {"help", "info"}
FILES_MOST = 10
_ADDRESS = re.compile(r"\+[1-9]\d{6,14}")


class Media(media.Media, frozen=True, kw_only=True):
    """A file of a message; its bytes lie at `url`."""

    url: str


Read = tuple[tuple[ChannelEvent, ...], tuple[Media, ...]]
"""Events, and the files of the message among them."""


def read_call(payload: bytes, queue_id: str | None) -> Read:
    """What one call says. Raises ValueError for nonsense."""
    text = payload.decode("utf-8", "replace").replace("%00", "")
    said = {name: value.replace("\0", "") for name, value in parse_qsl(text, keep_blank_values=True)}
    sid = said.get("MessageSid") or said.get("SmsSid") or ""
    if not re.fullmatch(r"[A-Za-z0-9]{10,64}", sid):
        raise ValueError("no call of an SMS provider: it has no MessageSid")
    status = said.get("MessageStatus") or said.get("SmsStatus") or "received"
    if status in ("received", "receiving"):
        return _message(said, sid)
    kind = STATUSES.get(status)
    return ((), ()) if kind is None else (_receipts(said, sid, status, queue_id), ())


def _message(said: Mapping[str, str], sid: str) -> Read:
    sender = said.get("From", "").strip()
    if not _ADDRESS.fullmatch(sender):
        raise ValueError("a message whose sender has no phone number")
    body, word = said.get("Body", ""), _keyword(said)
    files = _files(said)
    facts = {name: said.get(name) for name in ("FromCountry", "FromCity", "OptOutType", "NumSegments")}
    message = InboundMessage(
        external_message_id=sid, sender_address=sender, body=body,
        message_type="text" if body or not files else _type(files[0]),
        # The carrier's own words are answered by the carrier. A bare YES may be an answer to a question of ours.
        auto_class="auto_reply" if word in ("STOP", "START", "HELP") else "none",
        metadata={name: value for name, value in {**facts, "message_id": sid}.items() if value},
    )  # fmt: skip
    wish: tuple[ChannelEvent, ...] = (Reachable(address=sender),)
    if word == "STOP":
        wish = (OptedOut(address=sender),)
    elif word in ("START", "YES"):
        wish = (OptedIn(address=sender),)
    return (*wish, message), files


def _keyword(said: Mapping[str, str]) -> str:
    """STOP, START, YES or HELP when the message is nothing but such a word, as carriers read it; else empty."""
    told, word = said.get("OptOutType", "").upper(), said.get("Body", "").strip().lower()
    if told in ("STOP", "START", "HELP"):
        return told
    if word in STOP:
        return "STOP"
    if word in HELP:
        return "HELP"
    return ("YES" if word == "yes" else "START") if word in START else ""


def _files(said: Mapping[str, str]) -> tuple[Media, ...]:
    count = int(said["NumMedia"]) if re.fullmatch(r"\d{1,3}", said.get("NumMedia", "")) else 0
    found = []
    for number in range(min(count, FILES_MOST)):
        content_type = media_type(said.get(f"MediaContentType{number}"))
        name = file_name("", f"media-{number + 1}", content_type)
        found.append(Media(filename=name, content_type=content_type, url=said.get(f"MediaUrl{number}", "")))
    return tuple(found)


def _type(file: Media) -> str:
    family = file.content_type.partition("/")[0]
    return family if family in ("image", "audio", "video") else "file"


def _receipts(said: Mapping[str, str], sid: str, status: str, queue_id: str | None) -> tuple[ChannelEvent, ...]:
    code = int(said["ErrorCode"]) if re.fullmatch(r"\d{1,6}", said.get("ErrorCode", "")) else 0
    kind = STATUSES[status]
    recipient = said.get("To", "").strip()
    known = recipient if _ADDRESS.fullmatch(recipient) else None
    receipt = Receipt(
        event_id=f"{sid}:{status}", kind="bounced_hard" if kind == "failed" and code in HARD else kind,
        external_message_id=sid, queue_id=queue_id, recipient=known, status_code=str(code) if code else None,
        diagnostic=said.get("ErrorMessage") or _WORDS.get(code),
    )  # fmt: skip
    if code == UNSUBSCRIBED and known:
        return (OptedOut(address=known), receipt)
    return (receipt,)


_WORDS = {
    30003: "The phone is switched off or out of reach.", 30004: "The number blocks messages from this sender.",
    30005: "There is no such number.", 30006: "A landline, or a carrier that takes no SMS.",
    30007: "The carrier took it for spam.", 30008: "The carrier gives no reason.", 21610: "The person said STOP.",
}  # fmt: skip
