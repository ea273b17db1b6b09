"""Contacts as the API reads and changes them: one typed function per query of contacts.sql."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param, rows_as

QUERIES = load("contacts")


class Contact(msgspec.Struct, frozen=True):
    """A person or company a tenant talks to."""

    id: UUID
    kind: str
    display_name: str | None
    company: str | None
    locale: str | None
    time_zone: str | None
    home_region: str | None
    auth_user_id: UUID | None
    merged_into: UUID | None
    blocked_at: datetime | None
    attributes: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class ContactDetail(Contact, frozen=True):
    """A contact with his addresses, the newest consent per channel and purpose, and who was merged into him."""

    identities: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    merged: list[UUID]


async def list_contacts(
    unit: Unit, *, below_id: UUID | None, kind: str | None, blocked: bool | None, address: str | None, limit: int
) -> list[Contact]:
    """Contacts that go on, newest first."""
    params = {"below_id": below_id, "kind": kind, "blocked": blocked, "address": address, "limit": limit}
    return rows_as(Contact, await unit.read(QUERIES["list_contacts"], params, keep_plan=False))


async def get_contact(unit: Unit, contact_id: UUID) -> ContactDetail | None:
    """One contact, None when the caller sees no such contact."""
    rows = await unit.read(QUERIES["get_contact"], {"contact_id": contact_id})
    return ContactDetail(*rows[0]) if rows else None


async def put_contact(unit: Unit, contact_id: UUID | None, contact: dict[str, Any]) -> dict[str, Any]:
    """Make a contact (None) or change fields of one: {"contact_id", "created"}."""
    return await unit.call(QUERIES["put_contact"], {"contact_id": contact_id, "contact": json_param(contact)})


async def merge_contacts(unit: Unit, winner_id: UUID, loser_id: UUID) -> dict[str, Any]:
    """Merge the loser into the winner: {"contact_id", "merged"}."""
    return await unit.call(QUERIES["merge_contacts"], {"winner_id": winner_id, "loser_id": loser_id})


async def block_contact(unit: Unit, contact_id: UUID, *, blocked: bool) -> dict[str, Any]:
    """Block a contact or let him in again: {"contact_id", "blocked_at"}."""
    return await unit.call(QUERIES["block_contact"], {"contact_id": contact_id, "blocked": blocked})


async def record_consent(
    unit: Unit, contact_id: UUID, *, channel: str, purpose: str, granted: bool, wording: str | None, source: str
) -> dict[str, Any]:
    """Record a consent or its withdrawal: {"contact_id", "consent_id", "granted"}."""
    params = {
        "contact_id": contact_id, "channel": channel, "purpose": purpose, "granted": granted, "wording": wording,
        "source": source,
    }  # fmt: skip
    return await unit.call(QUERIES["record_consent"], params)


async def home_regions(unit: Unit) -> list[str]:
    """Regions in which the tenant's local phone numbers are read."""
    rows = await unit.read(QUERIES["home_regions"], {}, scope=None)
    return list(rows[0][0]) if rows else []
