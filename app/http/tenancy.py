"""/v1/me, /v1/tenants, /v1/members and /v1/api-keys."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from app.db import tenancy as db
from app.domain.channels import Channel
from app.domain.deciding import Formality
from app.domain.files import MediaVisibility
from app.domain.tenancy import (
    ApiKey,
    ApiKeyMade,
    ApiKeyRevoked,
    Invitation,
    InvitationAccepted,
    InvitationMade,
    InvitationRevoked,
    Member,
    MemberLanguage,
    MemberRemoved,
    MemberRole,
    Membership,
    Role,
    Scope,
    Tenant,
    TenantChosen,
    TenantDeleted,
    TenantMade,
    TenantUpdated,
)  # fmt: skip
from app.domain.threads import ChatPolicy, ChatScope, LiveSigns, MarketWrites, PushShown, SearchPolicy
from app.http.addresses import normalised
from app.http.deps import CallerUnit, given
from app.http.types import (
    END,
    INT_MAX,
    NO_CONTROL,
    NO_NUL,
    Address,
    Hour,
    Line,
    Listing,
    Locale,
    Moment,
    Region,
    Slug,
    TimeZone,
    Word,
)  # fmt: skip

TAGS = ["tenancy"]


Signature = Annotated[str, Meta(min_length=1, max_length=300, pattern=rf"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*{END}")]
Avoided = Annotated[str, Meta(min_length=2, max_length=60, pattern=NO_CONTROL)]
Scopes = Annotated[list[Scope], Meta(min_length=1, max_length=4)]


class Me(msgspec.Struct, frozen=True):
    """Who is asking, as the token says, and where he belongs, as the database says."""

    user_id: UUID | None
    tenant_id: UUID | None
    memberships: list[Membership]


class NewTenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tenant to create; the caller becomes its owner."""

    name: Line
    slug: Slug
    time_zone: TimeZone = "UTC"
    locale: Locale = "en"


class OpeningHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When somebody is there on one day of the week, in the tenant's time zone; weekday 0 is Monday."""

    weekday: Annotated[int, Meta(ge=0, le=6)]
    opens: Hour
    closes: Hour


class SettingsPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings to change; what is absent stays."""

    ai_enabled: bool | UnsetType = UNSET
    ai_provider: Literal["auto", "rules", "anthropic"] | UnsetType = UNSET
    confidence_threshold: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    auto_replies_per_hour: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET
    sends_per_minute: Annotated[int, Meta(ge=1, le=100_000)] | UnsetType = UNSET
    daily_send_cap: Annotated[int, Meta(ge=1, le=INT_MAX)] | UnsetType | None = UNSET
    max_complaint_rate: Annotated[float, Meta(ge=0, le=1)] | UnsetType | None = UNSET
    search_policy: SearchPolicy | UnsetType = UNSET
    thread_scopes: dict[Channel, Literal["channel_contact", "email_reference"]] | UnsetType = UNSET
    media_visibility: MediaVisibility | UnsetType = UNSET
    media_days: Annotated[int, msgspec.Meta(ge=1, le=36500)] | UnsetType | None = UNSET
    moderation_days: Annotated[int, msgspec.Meta(ge=30, le=36500)] | UnsetType | None = UNSET
    chat_policy: ChatPolicy | UnsetType = UNSET
    chat_scope: ChatScope | UnsetType = UNSET
    push_shows: PushShown | UnsetType = UNSET
    push_delay_s: Annotated[int, Meta(ge=0, le=3600)] | UnsetType = UNSET
    market_writes: MarketWrites | UnsetType = UNSET
    live_signs: LiveSigns | UnsetType = UNSET
    business_hours: Annotated[list[OpeningHours], Meta(max_length=100)] | UnsetType = UNSET
    closed_dates: Annotated[list[date], Meta(max_length=400)] | UnsetType = UNSET
    quiet_hours_start: Hour | UnsetType | None = UNSET
    quiet_hours_end: Hour | UnsetType | None = UNSET
    tracking_enabled: bool | UnsetType = UNSET
    voice_tone: Line | UnsetType | None = UNSET
    voice_formality: Formality | UnsetType = UNSET
    voice_signature: Signature | UnsetType | None = UNSET
    voice_avoid: Annotated[list[Avoided], Meta(max_length=50)] | UnsetType = UNSET


class TenantPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; what is absent stays."""

    name: Line | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    home_regions: Annotated[list[Region], Meta(max_length=20)] | UnsetType = UNSET
    sender_name: Line | UnsetType | None = UNSET
    sender_address: Address | UnsetType | None = UNSET
    settings: SettingsPatch | UnsetType = UNSET


class Invite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite, and as what."""

    address: Address
    role: Role = "agent"


class Accept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of an invitation."""

    token: Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]


class SetRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member's new role."""

    role: Role


class SetLanguage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the caller reads; null for the tenant's own language."""

    language: Locale | None


class NewApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to create."""

    name: Word
    scopes: Scopes = msgspec.field(default_factory=lambda: ["read"])
    expires_at: Moment | None = None


@get("/me", summary="Who am I?", tags=TAGS)
async def get_me(unit: CallerUnit) -> Me:
    """The caller and his tenants."""
    memberships = await db.list_memberships(unit, unit.caller.user_id)
    return Me(unit.caller.user_id, unit.caller.tenant_id, memberships)


@put("/me/language", summary="Choose what you read", tags=TAGS)
async def set_language(unit: CallerUnit, data: JSONBody[SetLanguage]) -> MemberLanguage:
    """At the active tenant. Translations come in it, unless another language is asked for. A person's own."""
    return await db.call(unit, MemberLanguage, "set_language", language=data.language)


@post("/tenants", summary="Create a tenant", tags=TAGS)
async def create_tenant(unit: CallerUnit, data: JSONBody[NewTenant]) -> TenantMade:
    """The caller becomes its owner and works in it from his next token."""
    return await db.call(
        unit, TenantMade, "create_tenant", name=data.name, slug=data.slug, time_zone=data.time_zone, locale=data.locale
    )


@post("/tenants/{tenant_id:uuid}/switch", status_code=200, summary="Work in another tenant", tags=TAGS)
async def switch_tenant(unit: CallerUnit, tenant_id: FromPath[UUID]) -> TenantChosen:
    """The tenant of the caller's next token."""
    return await db.call(unit, TenantChosen, "switch_tenant", tenant_id=tenant_id)


@get("/tenant", summary="The active tenant", tags=TAGS)
async def get_tenant(unit: CallerUnit) -> Tenant:
    """The tenant the token names, with its settings."""
    return await db.get_tenant(unit)


@patch("/tenant", summary="Change the active tenant", tags=TAGS)
async def update_tenant(unit: CallerUnit, data: JSONBody[TenantPatch]) -> TenantUpdated:
    """Change the named fields. Admins."""
    fields = given(data)
    if data.sender_address:
        fields["sender_address"] = await normalised(unit, "email", data.sender_address, "sender_address")
    return await db.call(unit, TenantUpdated, "update_tenant", patch=fields)


@delete("/tenant", status_code=200, summary="Delete the active tenant", tags=TAGS)
async def delete_tenant(unit: CallerUnit) -> TenantDeleted:
    """Hidden from everybody at once; the rows stay for the retention period. Owners."""
    return await db.call(unit, TenantDeleted, "delete_tenant")


@get("/members", summary="List members", tags=TAGS)
async def list_members(unit: CallerUnit) -> Listing[Member]:
    """The staff."""
    return Listing(await db.list_members(unit))


@put("/members/{user_id:uuid}/role", summary="Change a role", tags=TAGS)
async def set_member_role(unit: CallerUnit, user_id: FromPath[UUID], data: JSONBody[SetRole]) -> MemberRole:
    """Admins; owners for owners."""
    return await db.call(unit, MemberRole, "set_member_role", user_id=user_id, role=data.role)


@delete("/members/{user_id:uuid}", status_code=200, summary="Remove a member, or leave", tags=TAGS)
async def remove_member(unit: CallerUnit, user_id: FromPath[UUID]) -> MemberRemoved:
    """Ends the membership at once."""
    return await db.call(unit, MemberRemoved, "remove_member", user_id=user_id)


@get("/invitations", summary="Open invitations", tags=TAGS)
async def list_invitations(unit: CallerUnit) -> Listing[Invitation]:
    """Admins."""
    return Listing(await db.list_invitations(unit))


@post("/invitations", summary="Invite a member", tags=TAGS)
async def invite_member(unit: CallerUnit, data: JSONBody[Invite]) -> InvitationMade:
    """The token is in this answer and nowhere else. Admins."""
    address = await normalised(unit, "email", data.address, "address")
    return await db.call(unit, InvitationMade, "invite_member", address=address, role=data.role)


@post("/invitations/accept", status_code=200, summary="Accept an invitation", tags=TAGS)
async def accept_invitation(unit: CallerUnit, data: JSONBody[Accept]) -> InvitationAccepted:
    """Good for the invited, confirmed address only."""
    return await db.call(unit, InvitationAccepted, "accept_invitation", token=data.token)


@delete("/invitations/{invitation_id:uuid}", status_code=200, summary="Take an invitation back", tags=TAGS)
async def revoke_invitation(unit: CallerUnit, invitation_id: FromPath[UUID]) -> InvitationRevoked:
    """Admins."""
    return await db.call(unit, InvitationRevoked, "revoke_invitation", invitation_id=invitation_id)


@get("/api-keys", summary="List API keys", tags=TAGS)
async def list_api_keys(unit: CallerUnit) -> Listing[ApiKey]:
    """Without their secrets. Admins."""
    return Listing(await db.list_api_keys(unit))


@post("/api-keys", summary="Create an API key", tags=TAGS)
async def create_api_key(unit: CallerUnit, data: JSONBody[NewApiKey]) -> ApiKeyMade:
    """The key is in this answer and nowhere else. Admins."""
    scopes: list[str] = list(data.scopes)
    return await db.call(unit, ApiKeyMade, "create_api_key", name=data.name, scopes=scopes, expires_at=data.expires_at)


@delete("/api-keys/{api_key_id:uuid}", status_code=200, summary="Revoke an API key", tags=TAGS)
async def revoke_api_key(unit: CallerUnit, api_key_id: FromPath[UUID]) -> ApiKeyRevoked:
    """It stops working at once. Admins."""
    return await db.call(unit, ApiKeyRevoked, "revoke_api_key", api_key_id=api_key_id)


router = Router(
    "/",
    route_handlers=[
        get_me, set_language, create_tenant, switch_tenant, get_tenant, update_tenant, delete_tenant, list_members,
        set_member_role, remove_member, list_invitations, invite_member, accept_invitation, revoke_invitation,
        list_api_keys, create_api_key, revoke_api_key,
    ],
)  # fmt: skip
