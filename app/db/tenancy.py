"""Tenants, members, keys, knowledge and logs as the API reads and changes them: one typed function per query of
tenancy.sql."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param, rows_as
from app.domain.tenancy import (
    ApiKey,
    CannedReply,
    FaqEntry,
    FirstSteps,
    Invitation,
    Member,
    Membership,
    Tenant,
    TenantSettings,
)  # fmt: skip

QUERIES = load("tenancy")
S = TypeVar("S", bound=msgspec.Struct)


async def get_tenant(unit: Unit) -> Tenant:
    """The active tenant."""
    row = (await unit.read(QUERIES["get_tenant"], {}))[0]
    tenant = Tenant(*row)
    return msgspec.structs.replace(tenant, settings=msgspec.convert(tenant.settings, TenantSettings))


async def first_steps(unit: Unit) -> FirstSteps:
    """How far the active tenant has come on the way to its first answered message."""
    return rows_as(FirstSteps, await unit.read(QUERIES["first_steps"], {}))[0]


async def list_memberships(unit: Unit, user_id: UUID | None) -> list[Membership]:
    """The tenants a user belongs to; none for None, which an API key is."""
    rows = await unit.read(QUERIES["list_memberships"], {"user_id": user_id}, scope=None)
    return rows_as(Membership, rows)


async def call(unit: Unit, shape: type[S], function: str, /, **params: Any) -> S:
    """A client function of this chapter that answers with one object, as a Struct; `function` and `params` as in
    tenancy.sql.

    Dicts travel as jsonb.
    """
    values = {key: json_param(value) if isinstance(value, dict) else value for key, value in params.items()}
    return msgspec.convert(await unit.call(QUERIES[function], values), shape)


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
