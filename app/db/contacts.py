"""Contacts as the API reads and changes them: one typed function per query of contacts.sql."""

from typing import Any
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param, rows_as
from app.domain.contacts import (
    ConsentRecorded,
    Contact,
    ContactBlock,
    ContactConsent,
    ContactDetail,
    ContactIdentity,
    ContactPut,
    Erasure,
    MergedContacts,
)  # fmt: skip

QUERIES = load("contacts")


async def list_contacts(
    unit: Unit, *, below_id: UUID | None, kind: str | None, blocked: bool | None, address: str | None, limit: int
) -> list[Contact]:
    """Contacts that go on, newest first."""
    params = {"below_id": below_id, "kind": kind, "blocked": blocked, "address": address, "limit": limit}
    return rows_as(Contact, await unit.read(QUERIES["list_contacts"], params, keep_plan=False))


async def get_contact(unit: Unit, contact_id: UUID) -> ContactDetail | None:
    """One contact, None when the caller sees no such contact."""
    rows = await unit.read(QUERIES["get_contact"], {"contact_id": contact_id})
    if not rows:
        return None
    row = rows[0]
    contact = ContactDetail(*row)
    return msgspec.structs.replace(
        contact, identities=msgspec.convert(contact.identities, list[ContactIdentity]),
        consents=msgspec.convert(contact.consents, list[ContactConsent]),
    )  # fmt: skip


async def put_contact(unit: Unit, contact_id: UUID | None, contact: dict[str, Any]) -> ContactPut:
    """Make a contact (None) or change fields of one."""
    return msgspec.convert(
        await unit.call(QUERIES["put_contact"], {"contact_id": contact_id, "contact": json_param(contact)}), ContactPut
    )


async def merge_contacts(unit: Unit, winner_id: UUID, loser_id: UUID) -> MergedContacts:
    """Merge the loser into the winner."""
    return msgspec.convert(
        await unit.call(QUERIES["merge_contacts"], {"winner_id": winner_id, "loser_id": loser_id}), MergedContacts
    )


async def block_contact(unit: Unit, contact_id: UUID, *, blocked: bool) -> ContactBlock:
    """Block a contact or let him in again."""
    return msgspec.convert(
        await unit.call(QUERIES["block_contact"], {"contact_id": contact_id, "blocked": blocked}), ContactBlock
    )


async def erase_contact(unit: Unit, contact_id: UUID, reason: str) -> Erasure:
    """Forget a contact, or learn how far that is."""
    return msgspec.convert(
        await unit.call(QUERIES["erase_contact"], {"contact_id": contact_id, "reason": reason}), Erasure
    )


async def record_consent(
    unit: Unit, contact_id: UUID, *, channel: str, purpose: str, granted: bool, wording: str | None, source: str
) -> ConsentRecorded:
    """Record a consent or its withdrawal."""
    params = {
        "contact_id": contact_id, "channel": channel, "purpose": purpose, "granted": granted, "wording": wording,
        "source": source,
    }  # fmt: skip
    return msgspec.convert(await unit.call(QUERIES["record_consent"], params), ConsentRecorded)


async def home_regions(unit: Unit) -> list[str]:
    """Regions in which the tenant's local phone numbers are read."""
    rows = await unit.read(QUERIES["home_regions"], {}, scope=None)
    return list(rows[0][0]) if rows else []
