"""A tenant's accounts as clients see them, and what their changes answer. No I/O."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from app.domain.channels import Channel, SessionStatus


class ChannelSession(msgspec.Struct, frozen=True):
    """One connected account of a tenant."""

    id: UUID
    channel: Channel
    provider: str
    name: str
    address: str
    status: SessionStatus
    status_reason: str | None
    verified_at: datetime | None
    sender_name: str | None
    sender_address: str | None
    warm_up_from: date | None
    config: dict[str, Any]
    last_heartbeat_at: datetime | None
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    can_pair: bool
    created_at: datetime


class SessionState(msgspec.Struct, frozen=True):
    """What a change left an account in."""

    session_id: UUID
    status: SessionStatus


class SessionMade(msgspec.Struct, frozen=True):
    """A new account and the address it is reached at."""

    session_id: UUID
    status: SessionStatus
    address: str


class SessionTested(msgspec.Struct, frozen=True):
    """The message that was sent over an account to try it."""

    session_id: UUID
    thread_id: UUID
    message_id: UUID


class Pairing(msgspec.Struct, frozen=True):
    """Where pairing a phone with an account stands; `code` is what to show as a QR code, while there is one."""

    session_id: UUID
    status: SessionStatus
    reason: str | None
    code: str | None
    expires_at: datetime | None


class FormLink(msgspec.Struct, frozen=True):
    """A link by which a contact answers on a page; `link_id` is the right to. `url` where the server knows its own."""

    link_id: UUID
    contact_id: UUID
    expires_at: datetime
    url: str | None = None


class SecretSet(msgspec.Struct, frozen=True):
    """Which secret of which account was set. Its value is never given out."""

    session_id: UUID
    name: str
