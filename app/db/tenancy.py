"""Tenants, members, keys, knowledge and logs as the API reads and changes them: one typed function per query of
tenancy.sql."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.threads import Position
from app.db.unit import Unit, json_param, rows_as

QUERIES = load("tenancy")


class Tenant(msgspec.Struct, frozen=True):
    """The active tenant; `settings` as in the schema reference of tenant_settings."""

    id: UUID
    slug: str
    name: str
    status: str
    suspended_reason: str | None
    time_zone: str
    locale: str
    home_regions: list[str]
    sender_name: str | None
    sender_address: str | None
    created_at: datetime
    settings: dict[str, Any]


class Membership(msgspec.Struct, frozen=True):
    """A tenant the caller belongs to."""

    tenant_id: UUID
    role: str
    active: bool


class Member(msgspec.Struct, frozen=True):
    """One of the staff."""

    user_id: UUID
    role: str
    display_name: str | None
    created_at: datetime


class Invitation(msgspec.Struct, frozen=True):
    """An offer of membership that is still open."""

    id: UUID
    address: str
    role: str
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime


class ApiKey(msgspec.Struct, frozen=True):
    """A key without its secret."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class FaqEntry(msgspec.Struct, frozen=True):
    """A question the machine may answer."""

    id: UUID
    question: str
    keywords: list[str]
    answer: str
    language: str | None
    enabled: bool
    updated_at: datetime


class CannedReply(msgspec.Struct, frozen=True):
    """The tenant's own wording for an intent."""

    id: UUID
    intent: str
    body: str
    language: str | None
    enabled: bool
    updated_at: datetime


class AuditRow(msgspec.Struct, frozen=True):
    """Who did what to which object."""

    id: UUID
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str | None
    details: dict[str, Any]


class Denial(msgspec.Struct, frozen=True):
    """An attempt from outside on an object of the tenant."""

    id: UUID
    at: datetime
    surface: str
    action: str
    object_kind: str
    object_id: str


async def get_tenant(unit: Unit) -> Tenant:
    """The active tenant."""
    return Tenant(*(await unit.read(QUERIES["get_tenant"], {}))[0])


async def list_memberships(unit: Unit, user_id: UUID) -> list[Membership]:
    """The tenants a user belongs to."""
    rows = await unit.read(QUERIES["list_memberships"], {"user_id": user_id}, scope=None)
    return rows_as(Membership, rows)


async def call(unit: Unit, function: str, /, **params: Any) -> dict[str, Any]:
    """A client function of this chapter that answers with one object; `function` and `params` as in tenancy.sql.

    Dicts travel as jsonb.
    """
    values = {key: json_param(value) if isinstance(value, dict) else value for key, value in params.items()}
    return await unit.call(QUERIES[function], values)


async def list_members(unit: Unit) -> list[Member]:
    """The staff."""
    return rows_as(Member, await unit.read(QUERIES["list_members"], {}))


async def list_invitations(unit: Unit) -> list[Invitation]:
    """Open invitations. Raises Forbidden for anybody but admins."""
    return rows_as(Invitation, await unit.read(QUERIES["list_invitations"], {}, scope="admin"))


async def list_api_keys(unit: Unit) -> list[ApiKey]:
    """Keys, newest first. Raises Forbidden for anybody but admins."""
    return rows_as(ApiKey, await unit.read(QUERIES["list_api_keys"], {}, scope="admin"))


async def list_faq_entries(unit: Unit) -> list[FaqEntry]:
    """Questions and answers."""
    return rows_as(FaqEntry, await unit.read(QUERIES["list_faq_entries"], {}))


async def list_canned_replies(unit: Unit) -> list[CannedReply]:
    """The tenant's own wordings."""
    return rows_as(CannedReply, await unit.read(QUERIES["list_canned_replies"], {}))


async def list_audit(unit: Unit, *, below: Position | None, limit: int) -> list[AuditRow]:
    """The audit log, newest first. Raises Forbidden for anybody but admins."""
    params = {"below_at": below and below.at, "below_id": below and below.id, "limit": limit}
    return rows_as(AuditRow, await unit.read(QUERIES["list_audit"], params, scope="admin"))


async def list_denials(unit: Unit, *, below: Position | None, limit: int) -> list[Denial]:
    """Refused attempts, newest first. Raises Forbidden for anybody but admins."""
    params = {"below_at": below and below.at, "below_id": below and below.id, "limit": limit}
    return rows_as(Denial, await unit.read(QUERIES["list_denials"], params, scope="admin"))
