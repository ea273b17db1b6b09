"""Tenants, their staff, keys, knowledge and logs. No I/O."""

from datetime import date, datetime, time
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.domain.deciding import Formality
from app.domain.files import MediaVisibility
from app.domain.threads import ChatPolicy, ChatScope, LiveSigns, MarketWrites, PushShown, SearchPolicy

Role = Literal["owner", "admin", "agent", "viewer"]
Scope = Literal["read", "send", "manage", "admin"]
TenantStatus = Literal["active", "suspended", "deleted"]
Surface = Literal["api", "rpc", "storage", "realtime", "worker"]


class TenantSettings(msgspec.Struct, frozen=True):
    """How a tenant wants its messaging to behave: the columns of tenant_settings."""

    ai_enabled: bool
    ai_provider: str
    ai_budget_usd: float
    confidence_threshold: float
    auto_replies_per_hour: int
    sends_per_minute: int
    daily_send_cap: int | None
    upload_quota_bytes: int
    max_complaint_rate: float | None
    search_policy: SearchPolicy
    search_ready: bool
    thread_scopes: dict[str, Any]
    media_visibility: MediaVisibility
    media_days: int | None
    moderation_days: int | None
    chat_policy: ChatPolicy
    chat_scope: ChatScope
    push_shows: PushShown
    push_delay_s: int
    market_writes: MarketWrites
    live_signs: LiveSigns
    business_hours: list[dict[str, Any]]
    closed_dates: list[date]
    quiet_hours_start: time | None
    quiet_hours_end: time | None
    tracking_enabled: bool
    voice_tone: str | None
    voice_formality: Formality
    voice_signature: str | None
    voice_avoid: list[str]
    policy_version: int


class Tenant(msgspec.Struct, frozen=True):
    """The active tenant with its settings."""

    id: UUID
    slug: str
    name: str
    status: TenantStatus
    suspended_reason: str | None
    time_zone: str
    locale: str
    home_regions: list[str]
    sender_name: str | None
    sender_address: str | None
    created_at: datetime
    settings: TenantSettings


class TenantMade(msgspec.Struct, frozen=True):
    """A new tenant."""

    tenant_id: UUID
    slug: str


class FirstSteps(msgspec.Struct, frozen=True):
    """How far a tenant has come on the way to its first answered message."""

    has_account: bool
    mailbox: str | None
    has_knowledge: bool
    first_thread_id: UUID | None
    is_answered: bool


class TenantChosen(msgspec.Struct, frozen=True):
    """The tenant of the caller's next token, and how to get one."""

    tenant_id: UUID
    next_step: str


class TenantUpdated(msgspec.Struct, frozen=True):
    """The named fields are changed."""

    tenant_id: UUID
    updated: bool


class TenantDeleted(msgspec.Struct, frozen=True):
    """The tenant is hidden from everybody."""

    tenant_id: UUID
    deleted: bool


class Membership(msgspec.Struct, frozen=True):
    """A tenant the caller belongs to."""

    tenant_id: UUID
    role: Role
    active: bool
    language: str | None
    tenant_name: str | None


class Member(msgspec.Struct, frozen=True):
    """One of the staff."""

    user_id: UUID
    role: Role
    display_name: str | None
    language: str | None
    created_at: datetime


class MemberLanguage(msgspec.Struct, frozen=True):
    """What the caller reads at a tenant now; null: the tenant's own language."""

    user_id: UUID
    tenant_id: UUID
    language: str | None


class MemberRole(msgspec.Struct, frozen=True):
    """The role a member has now."""

    user_id: UUID
    role: Role


class MemberRemoved(msgspec.Struct, frozen=True):
    """A membership that ended."""

    user_id: UUID
    removed: bool


class Invitation(msgspec.Struct, frozen=True):
    """An offer of membership that is still open."""

    id: UUID
    address: str
    role: Role
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime


class InvitationMade(msgspec.Struct, frozen=True):
    """An invitation with its token, which is shown this once."""

    invitation_id: UUID
    token: str


class InvitationAccepted(msgspec.Struct, frozen=True):
    """The tenant that was joined, and as what."""

    tenant_id: UUID
    role: Role


class InvitationRevoked(msgspec.Struct, frozen=True):
    """An invitation that stopped working."""

    invitation_id: UUID
    revoked: bool


class ApiKey(msgspec.Struct, frozen=True):
    """A key without its secret."""

    id: UUID
    name: str
    hint: str
    scopes: list[Scope]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class ApiKeyMade(msgspec.Struct, frozen=True):
    """A key with its secret, which is shown this once."""

    api_key_id: UUID
    key: str
    scopes: list[Scope]


class ApiKeyRevoked(msgspec.Struct, frozen=True):
    """A key that stopped working."""

    api_key_id: UUID
    revoked: bool


class FaqEntry(msgspec.Struct, frozen=True):
    """A question the machine may answer."""

    id: UUID
    question: str
    keywords: list[str]
    answer: str
    language: str | None
    enabled: bool
    updated_at: datetime


class FaqPut(msgspec.Struct, frozen=True):
    """A question that was added (`created`) or changed."""

    faq_id: UUID
    created: bool


class FaqDeleted(msgspec.Struct, frozen=True):
    """A question the machine has forgotten."""

    faq_id: UUID
    deleted: bool


class CannedReply(msgspec.Struct, frozen=True):
    """The tenant's own wording for an intent."""

    id: UUID
    intent: str
    body: str
    language: str | None
    enabled: bool
    updated_at: datetime


class ReplyPut(msgspec.Struct, frozen=True):
    """A wording that is in force for an intent and language."""

    reply_id: UUID
    intent: str
    language: str | None


class ReplyDeleted(msgspec.Struct, frozen=True):
    """A wording that is gone."""

    reply_id: UUID
    deleted: bool


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
    surface: Surface
    action: str
    object_kind: str
    object_id: str


class LogFilter(msgspec.Struct, frozen=True):
    """Which rows of a log: null is any; `after` belongs to it, `before` does not."""

    actor: str | None = None
    action: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    after: datetime | None = None
    before: datetime | None = None
