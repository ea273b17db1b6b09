"""/v1/contacts: people outside the staff and their addresses."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, UnsetType

from app.db import contacts as db
from app.db.unit import Unit
from app.domain.channels import Channel
from app.domain.contacts import (
    AddressKind,
    ConsentRecorded,
    Contact,
    ContactBlock,
    ContactDetail,
    ContactKind,
    ContactPut,
    Erasure,
    ErasureReason,
    MergedContacts,
    Purpose,
)  # fmt: skip
from app.http.addresses import normalised
from app.http.deps import CallerUnit, existing, given
from app.http.types import (
    PAGE,
    Address,
    Cursor,
    Limit,
    Line,
    Listing,
    Locale,
    LongText,
    QueryAddress,
    Region,
    TimeZone,
    Word,
    cut,
    decode_cursor,
)  # fmt: skip

TAGS = ["contacts"]


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address: a phone number without country code is read in the tenant's home regions."""

    kind: AddressKind
    address: Address


class ContactPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of a contact; what is absent stays. Addresses are added."""

    kind: ContactKind | UnsetType = UNSET
    display_name: Line | UnsetType | None = UNSET
    company: Line | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET
    home_region: Region | UnsetType | None = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET
    identities: Annotated[list[Identity], msgspec.Meta(max_length=20)] | UnsetType = UNSET


class Merge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contact that is the same person."""

    loser_id: UUID


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether nothing is sent to the contact any more."""

    blocked: bool = True


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a contact is erased."""

    reason: ErasureReason


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a contact agreed to, or took back."""

    channel: Channel
    purpose: Purpose
    granted: bool
    wording: LongText | None = None
    source: Word = "staff"


@get("/contacts", summary="List contacts", tags=TAGS)
async def list_contacts(  # noqa: PLR0917
    unit: CallerUnit, kind: FromQuery[ContactKind | None] = None, blocked: FromQuery[bool | None] = None,
    address: QueryAddress = None,
    cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[Contact]:  # fmt: skip
    """Newest first; merged ones are left out."""
    if address is not None:
        address = await normalised(unit, "email" if "@" in address else "phone", address, "address")
    below = decode_cursor(cursor)
    found = await db.list_contacts(
        unit, below_id=below.id if below else None, kind=kind, blocked=blocked, address=address, limit=limit + 1
    )
    return cut(found, limit, "created_at")


@get("/contacts/{contact_id:uuid}", summary="One contact", tags=TAGS)
async def get_contact(unit: CallerUnit, contact_id: FromPath[UUID]) -> ContactDetail:
    """A contact with addresses, consents and whoever was merged into him."""
    return await existing(unit, await db.get_contact(unit, contact_id), "contact", contact_id, "get_contact")


@post("/contacts", summary="Make a contact", tags=TAGS)
async def create_contact(unit: CallerUnit, data: JSONBody[ContactPatch]) -> ContactPut:
    """A new contact. 409 when an address belongs to another."""
    return await db.put_contact(unit, None, await _fields(unit, data))


@patch("/contacts/{contact_id:uuid}", summary="Change a contact", tags=TAGS)
async def update_contact(unit: CallerUnit, contact_id: FromPath[UUID], data: JSONBody[ContactPatch]) -> ContactPut:
    """Change the named fields."""
    return await db.put_contact(unit, contact_id, await _fields(unit, data))


async def _fields(unit: Unit, data: ContactPatch) -> dict[str, Any]:
    fields = given(data)
    if data.identities is not UNSET:
        fields["identities"] = [
            {"kind": i.kind, "address": await normalised(unit, i.kind, i.address, "identities")}
            for i in data.identities
        ]
    return fields


@post("/contacts/{contact_id:uuid}/merge", status_code=200, summary="Merge two contacts", tags=TAGS)
async def merge_contacts(unit: CallerUnit, contact_id: FromPath[UUID], data: JSONBody[Merge]) -> MergedContacts:
    """The loser's addresses and conversations become this contact's; no message moves."""
    return await db.merge_contacts(unit, contact_id, data.loser_id)


@post("/contacts/{contact_id:uuid}/block", status_code=200, summary="Block or unblock", tags=TAGS)
async def block_contact(unit: CallerUnit, contact_id: FromPath[UUID], data: JSONBody[Block]) -> ContactBlock:
    """Nothing is sent to a blocked contact, and the AI does not answer him."""
    return await db.block_contact(unit, contact_id, blocked=data.blocked)


@post("/contacts/{contact_id:uuid}/erase", status_code=200, summary="Erase a contact for good", tags=TAGS)
async def erase_contact(unit: CallerUnit, contact_id: FromPath[UUID], data: JSONBody[Erase]) -> Erasure:
    """Texts, files, addresses and what was concluded from them go; tombstones keep order and counts. There is no way
    back. Small contacts are done at once; call it again to see how far a large one is."""
    return await db.erase_contact(unit, contact_id, data.reason)


@post("/contacts/{contact_id:uuid}/consents", status_code=201, summary="Record a consent", tags=TAGS)
async def record_consent(unit: CallerUnit, contact_id: FromPath[UUID], data: JSONBody[Consent]) -> ConsentRecorded:
    """Kept with who recorded it and when; the newest counts."""
    return await db.record_consent(
        unit, contact_id, channel=data.channel, purpose=data.purpose, granted=data.granted, wording=data.wording,
        source=data.source,
    )  # fmt: skip


router = Router(
    "/",
    route_handlers=[
        list_contacts,
        get_contact,
        create_contact,
        update_contact,
        merge_contacts,
        block_contact,
        erase_contact,
        record_consent,
    ],
)
