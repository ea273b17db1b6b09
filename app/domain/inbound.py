"""What a channel tells the core: messages, changes to them, receipts. Pure data; stored by `app.db.receiving`."""

import hashlib
from datetime import datetime
from typing import Any, Literal

import msgspec


class InboundFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a message. `data` is empty when `refused` names why the file was not kept."""

    filename: str
    content_type: str
    size_bytes: int
    data: bytes = b""
    sha256: str | None = None
    inline: bool = False
    content_id: str | None = None
    refused: str | None = None


class InboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One received message, normalised. `external_message_id` must be unique per tenant and channel: qualify it with
    the account and chat where the provider's ids are not (`session:chat:id`)."""

    external_message_id: str
    sender_address: str
    """Normalised: lower-case mail, E.164 number, the provider's user id."""
    body: str
    sender_name: str | None = None
    contact_id: str | None = None
    """The contact who wrote, where the channel knows him by more than an address."""
    subject: str | None = None
    content_digest: bytes | None = None
    """32 bytes telling a reused id from a repeated delivery; None where the provider's ids can be trusted."""
    reference_ids: tuple[str, ...] = ()
    message_type: str = "text"
    auto_class: str = "none"
    spam_score: float = 0.0
    occurred_at: datetime | None = None
    metadata: dict[str, Any] = {}
    """Channel facts; `reply_to` is the address an answer goes to when it is not the sender's (a chat id)."""
    files: tuple[InboundFile, ...] = ()
    html: str | None = None
    """How it was laid out, beside the text that was read from it; at most 100,000 characters."""


class MessageEdit(msgspec.Struct, frozen=True, kw_only=True):
    """The sender changed a message, or took it back (`body` None)."""

    external_message_id: str
    body: str | None
    edited_at: datetime


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message we sent. `event_id` is unique per provider: a repeated event counts once."""

    event_id: str
    kind: str
    """sent, delivered, read, delayed, failed, bounced_hard, bounced_soft, complained, unsubscribed, opened, clicked."""
    external_message_id: str | None = None
    queue_id: str | None = None
    """Our own id, where the provider was given it to repeat: settles sends whose answer was lost."""
    recipient: str | None = None
    status_code: str | None = None
    diagnostic: str | None = None
    machine: bool = False
    """A mail proxy or scanner opened or followed it, not the person."""
    occurred_at: datetime | None = None


class Reachable(msgspec.Struct, frozen=True, kw_only=True):
    """Who could not be reached before wrote, or let us in again: his suppression as bounced ends. Only from providers
    that vouch for the sender; anybody can write an e-mail in somebody's name."""

    address: str


class OptedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody told the provider that he wants nothing from us on this channel. Only from providers that vouch for the
    sender."""

    address: str
    scope: Literal["all", "automatic"] = "all"
    """`automatic`: answers to what he writes himself are still welcome."""


class OptedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who had opted out lets us in again. No consent to marketing follows from it."""

    address: str


ChannelEvent = InboundMessage | MessageEdit | Receipt | Reachable | OptedOut | OptedIn


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Where an inbound message is now; `new` is False when it was there already."""

    message_id: str
    thread_id: str
    new: bool


def digest(data: bytes) -> str:
    """SHA-256 as hex, as attachments keep it."""
    return hashlib.sha256(data).hexdigest()
