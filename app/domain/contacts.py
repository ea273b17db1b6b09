"""People and companies outside the staff. No I/O."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from app.domain.channels import NAME, Channel

ContactKind = Literal["unknown", "customer", "provider", "lead"]
AddressKind = Annotated[str, msgspec.Meta(pattern=NAME)]
"""email, phone, or the channel whose own ids these are: telegram, push, in_app …"""
Purpose = Literal["service", "notification", "marketing"]
ErasureReason = Literal["request", "retention", "mistake", "authority"]


class Contact(msgspec.Struct, frozen=True):
    """A person or company a tenant talks to."""

    id: UUID
    kind: ContactKind
    display_name: str | None
    company: str | None
    locale: str | None
    time_zone: str | None
    home_region: str | None
    auth_user_id: UUID | None
    merged_into: UUID | None
    blocked_at: datetime | None
    erased_at: datetime | None
    attributes: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class ContactIdentity(msgspec.Struct, frozen=True):
    """One address of a contact."""

    id: UUID
    kind: AddressKind
    address: str
    verified_at: datetime | None


class ContactConsent(msgspec.Struct, frozen=True):
    """What a contact agreed to, or took back, for one channel and purpose."""

    channel: Channel
    purpose: Purpose
    granted: bool
    source: str
    recorded_at: datetime


class ContactDetail(Contact, frozen=True):
    """A contact with his addresses, the newest consent per channel and purpose, and who was merged into him."""

    identities: list[ContactIdentity]
    consents: list[ContactConsent]
    merged: list[UUID]


class ContactPut(msgspec.Struct, frozen=True):
    """A contact that was made (`created`) or changed."""

    contact_id: UUID
    created: bool


class MergedContacts(msgspec.Struct, frozen=True):
    """Two records that became one: `merged` ended in `contact_id`."""

    contact_id: UUID
    merged: UUID


class ContactBlock(msgspec.Struct, frozen=True):
    """Since when nothing is sent to a contact; null when it is."""

    contact_id: UUID
    blocked_at: datetime | None


class ConsentRecorded(msgspec.Struct, frozen=True):
    """A consent, or its withdrawal, that is on record now."""

    contact_id: UUID
    consent_id: UUID
    granted: bool


class Erasure(msgspec.Struct, frozen=True):
    """How far a contact is erased: `done`, or `running` while the housekeeper empties what is left."""

    contact_id: UUID
    erasure_id: UUID
    status: Literal["running", "done"]
    reason: ErasureReason
    messages_erased: int
    sends_cancelled: int
    requested_at: datetime
    finished_at: datetime | None
