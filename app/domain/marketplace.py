"""Projects, requests for bids, bids, bookings, fees and referrals. No I/O.

Amounts are decimal texts, such as 1250.00.
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

ProjectStatus = Literal["open", "in_progress", "completed", "cancelled"]
CardStatus = Literal["draft", "published", "closed", "awarded", "completed", "cancelled"]
BidStatus = Literal["submitted", "shortlisted", "accepted", "rejected", "withdrawn"]
BookingKind = Literal["booking", "job"]
BookingStatus = Literal["requested", "confirmed", "declined", "in_progress", "completed", "no_show", "cancelled"]
FeeStatus = Literal["pending", "paid", "failed", "waived", "refunded"]
ReferralStatus = Literal["invited", "joined", "converted", "expired"]


class Project(msgspec.Struct, frozen=True):
    """What a customer wants done."""

    id: UUID
    tenant_id: UUID
    customer_id: UUID
    title: str
    description: str | None
    category: str | None
    location: str | None
    attributes: dict[str, Any]
    status: ProjectStatus
    status_changed_at: datetime
    created_at: datetime
    updated_at: datetime


class BidCard(msgspec.Struct, frozen=True):
    """A request for bids."""

    id: UUID
    tenant_id: UUID
    customer_id: UUID
    project_id: UUID | None
    title: str
    description: str | None
    category: str | None
    location: str | None
    budget_min: str | None
    budget_max: str | None
    currency: str
    closes_at: datetime | None
    attributes: dict[str, Any]
    status: CardStatus
    awarded_bid_id: UUID | None
    status_changed_at: datetime
    created_at: datetime
    updated_at: datetime


class Bid(msgspec.Struct, frozen=True):
    """What a provider offers."""

    id: UUID
    tenant_id: UUID
    bid_card_id: UUID
    customer_id: UUID
    provider_id: UUID
    amount: str
    currency: str
    proposal: str | None
    starts_on: date | None
    days: int | None
    status: BidStatus
    status_changed_at: datetime
    created_at: datetime
    updated_at: datetime


class Booking(msgspec.Struct, frozen=True):
    """Work two parties agree on, with its time."""

    id: UUID
    tenant_id: UUID
    kind: BookingKind
    customer_id: UUID
    provider_id: UUID
    project_id: UUID | None
    bid_id: UUID | None
    title: str
    description: str | None
    location: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    price: str | None
    currency: str
    attributes: dict[str, Any]
    requested_by: Literal["customer", "provider", "staff"]
    status: BookingStatus
    status_changed_at: datetime
    created_at: datetime
    updated_at: datetime


class ConnectionFee(msgspec.Struct, frozen=True):
    """What a provider owes for an introduction."""

    id: UUID
    tenant_id: UUID
    bid_id: UUID
    provider_id: UUID
    amount: str
    currency: str
    status: FeeStatus
    payment_reference: str | None
    status_changed_at: datetime
    created_at: datetime


class Referral(msgspec.Struct, frozen=True):
    """An invitation of one contact to another person, and what came of it."""

    id: UUID
    tenant_id: UUID
    code: str
    referrer_id: UUID
    referred_id: UUID | None
    source: str | None
    reward_amount: str | None
    currency: str
    status: ReferralStatus
    expires_at: datetime
    status_changed_at: datetime
    created_at: datetime


class MarketRow(msgspec.Struct, frozen=True):
    """A row of the marketplace after a change, and whether it was made by it."""

    id: UUID
    tenant_id: UUID
    status: str
    created: bool


class ReferralMade(MarketRow, frozen=True):
    """A new invitation with its code."""

    code: str
    expires_at: datetime


class MarketFilter(msgspec.Struct, frozen=True):
    """Which rows of a list: in a state, of a parent, below a place."""

    status: str | None
    parent_id: UUID | None
    before_at: datetime | None
    before_id: UUID | None
    limit: int
