"""/v1/bookings, /v1/connection-fees, /v1/referrals, /v1/profile: what was agreed, what it costs, who brought whom."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, UnsetType

from app.db import marketplace as db
from app.domain.marketplace import (
    Booking,
    BookingKind,
    BookingStatus,
    ConnectionFee,
    FeeStatus,
    MarketRow,
    Referral,
    ReferralMade,
    ReferralStatus,
)  # fmt: skip
from app.http.deps import CallerUnit, existing, given
from app.http.marketplace import Amount, Currency, Place, Prose, made, page
from app.http.types import (
    PAGE,
    Cursor,
    Limit,
    Line,
    Listing,
    Locale,
    Moment,
    Region,
    Slug,
    TimeZone,
    Word,
    cut,
)  # fmt: skip
from app.http.words import written

TAGS = ["marketplace"]


class NewBooking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A customer names the provider, a provider the customer and his bid (both with `tenant_slug`), an agent both."""

    title: Line
    id: UUID | None = None
    tenant_slug: Slug | None = None
    kind: BookingKind = "booking"
    customer_id: UUID | None = None
    provider_id: UUID | None = None
    project_id: UUID | None = None
    bid_id: UUID | None = None
    description: Prose | None = None
    location: Place | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    price: Amount | None = None
    currency: Currency = "USD"
    attributes: dict[str, Any] = {}


class BookingPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change, until it is settled."""

    title: Line | UnsetType = UNSET
    description: Prose | UnsetType | None = UNSET
    location: Place | UnsetType | None = UNSET
    starts_at: Moment | UnsetType | None = UNSET
    ends_at: Moment | UnsetType | None = UNSET
    price: Amount | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET


class BookingStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Confirmed or declined by whoever did not ask for it."""

    status: Literal["confirmed", "declined", "in_progress", "completed", "no_show", "cancelled"]


class NewFee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the introduction costs; in the bid's currency unless another is named."""

    amount: Amount
    currency: Currency | None = None


class FeeStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a fee, and how the payment is called where it was made."""

    status: Literal["paid", "failed", "waived", "refunded"]
    payment_reference: Line | None = None


class NewReferral(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With `tenant_slug` one's own invitation; the rest is for agents, who name the referrer."""

    tenant_slug: Slug | None = None
    source: Word | None = None
    referrer_id: UUID | None = None
    reward_amount: Amount | None = None
    currency: Currency | None = None
    expires_at: Moment | None = None


class ReferralCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code somebody came by."""

    code: Word
    tenant_slug: Slug


class ReferralStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of a referral."""

    status: Literal["converted", "expired"]


class ProfilePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says of himself at a tenant."""

    tenant_slug: Slug
    display_name: Line | UnsetType | None = UNSET
    company: Line | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET
    time_zone: TimeZone | UnsetType | None = UNSET
    home_region: Region | UnsetType | None = UNSET
    capabilities: Annotated[list[Word], msgspec.Meta(max_length=50)] | UnsetType = UNSET


@get("/bookings", summary="List bookings and jobs", tags=TAGS)
async def list_bookings(
    unit: CallerUnit, booking_status: FromQuery[BookingStatus | None] = None,
    project_id: FromQuery[UUID | None] = None, cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[Booking]:  # fmt: skip
    """Newest first: one's own, of either side; all of the tenant for its staff."""
    return cut(await db.list_bookings(unit, page(cursor, limit, booking_status, project_id)), limit, "created_at")


@post("/bookings", summary="Ask for a booking", tags=TAGS)
async def create_booking(unit: CallerUnit, data: JSONBody[NewBooking]) -> MarketRow:
    """Begins the two parties' conversation if they have none. Either party, or agents."""
    return await written(unit, "booking", "create_booking", row=made(data), tenant_slug=data.tenant_slug)


@get("/bookings/{booking_id:uuid}", summary="One booking", tags=TAGS)
async def get_booking(unit: CallerUnit, booking_id: FromPath[UUID]) -> Booking:
    """For its parties and staff."""
    return await existing(unit, await db.get_booking(unit, booking_id), "booking", booking_id, "get_booking")


@patch("/bookings/{booking_id:uuid}", summary="Change a booking", tags=TAGS)
async def change_booking(unit: CallerUnit, booking_id: FromPath[UUID], data: JSONBody[BookingPatch]) -> MarketRow:
    """Another time is told in the conversation. Its parties, or agents."""
    return await written(unit, "booking", "change_booking", id=booking_id, row=given(data))


@post("/bookings/{booking_id:uuid}/status", status_code=200, summary="Bring a booking on", tags=TAGS)
async def set_booking_status(unit: CallerUnit, booking_id: FromPath[UUID], data: JSONBody[BookingStep]) -> MarketRow:
    """The conversation is told. Each side its part; agents any."""
    return await db.change(unit, "set_booking_status", id=booking_id, status=data.status)


@get("/connection-fees", summary="List fees for introductions", tags=TAGS)
async def list_connection_fees(
    unit: CallerUnit, fee_status: FromQuery[FeeStatus | None] = None, bid_id: FromQuery[UUID | None] = None,
    cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[ConnectionFee]:  # fmt: skip
    """Newest first: a provider's own; all of the tenant for its staff."""
    return cut(await db.list_connection_fees(unit, page(cursor, limit, fee_status, bid_id)), limit, "created_at")


@post("/bids/{bid_id:uuid}/connection-fee", summary="Charge for an introduction", tags=TAGS)
async def put_connection_fee(unit: CallerUnit, bid_id: FromPath[UUID], data: JSONBody[NewFee]) -> MarketRow:
    """Of an accepted bid, once. Payment is made elsewhere. Agents."""
    return await db.change(unit, "put_connection_fee", id=bid_id, amount=data.amount, currency=data.currency)


@post("/connection-fees/{fee_id:uuid}/status", status_code=200, summary="Say what became of a fee", tags=TAGS)
async def set_connection_fee_status(unit: CallerUnit, fee_id: FromPath[UUID], data: JSONBody[FeeStep]) -> MarketRow:
    """As the payment provider said. Agents."""
    return await db.change(
        unit, "set_connection_fee_status", id=fee_id, status=data.status, payment_reference=data.payment_reference
    )


@get("/referrals", summary="List referrals", tags=TAGS)
async def list_referrals(
    unit: CallerUnit, referral_status: FromQuery[ReferralStatus | None] = None, cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Listing[Referral]:  # fmt: skip
    """Newest first: one's own invitations; all of the tenant for its staff."""
    return cut(await db.list_referrals(unit, page(cursor, limit, referral_status)), limit, "created_at")


@post("/referrals", summary="Invite somebody", tags=TAGS)
async def create_referral(unit: CallerUnit, data: JSONBody[NewReferral]) -> ReferralMade:
    """A code that is good for one person. Customers and providers, or agents for one."""
    return await db.call(unit, ReferralMade, "create_referral", row=made(data), tenant_slug=data.tenant_slug)


@post("/referrals/claim", status_code=200, summary="Say by which code you came", tags=TAGS)
async def claim_referral(unit: CallerUnit, data: JSONBody[ReferralCode]) -> MarketRow:
    """Once for each person. Needs a confirmed e-mail address."""
    return await db.change(unit, "claim_referral", code=data.code, tenant_slug=data.tenant_slug)


@post("/referrals/{referral_id:uuid}/status", status_code=200, summary="Say what came of a referral", tags=TAGS)
async def set_referral_status(
    unit: CallerUnit, referral_id: FromPath[UUID], data: JSONBody[ReferralStep]
) -> MarketRow:  # fmt: skip
    """The reward was earned, or the code is over. Agents."""
    return await db.change(unit, "set_referral_status", id=referral_id, status=data.status)


@put("/profile", summary="Say who you are", tags=TAGS)
async def put_profile(unit: CallerUnit, data: JSONBody[ProfilePatch]) -> MarketRow:
    """One's own contact at a tenant: name, company, what one can do. Customers and providers."""
    row = {name: value for name, value in given(data).items() if name != "tenant_slug"}
    return await written(unit, "contact", "put_profile", row=row, tenant_slug=data.tenant_slug)


router = Router(
    "/",
    route_handlers=[
        list_bookings, create_booking, get_booking, change_booking, set_booking_status, list_connection_fees,
        put_connection_fee, set_connection_fee_status, list_referrals, create_referral, claim_referral,
        set_referral_status, put_profile,
    ],
)  # fmt: skip
