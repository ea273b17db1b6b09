"""The operations of the marketplace, with examples from the same small world: Ann's boiler, and who repairs it."""

from datetime import UTC, date, datetime
from uuid import UUID

from app.domain.marketplace import Bid, BidCard, Booking, ConnectionFee, MarketRow, Project, Referral, ReferralMade
from app.http import bookings, marketplace
from app.http.openapi import world as w
from app.http.openapi.shown import Shown
from app.http.types import Listing


def _id(number: int) -> UUID:
    return UUID(f"0197a4c2-7d1e-7b3a-9c55-{number:012x}")


MADE, SOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC), datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
PROJECT, CARD, BID, BOOKING, FEE, REFERRAL, PROVIDER, NEWS = (_id(0x80 + number) for number in range(8))
REVIEW, VERDICT, MUTE = (_id(0x90 + number) for number in range(3))
NOTES = {"floor": "2"}
PROJECTS = Project(
    PROJECT, w.TENANT, w.CONTACT, "A leaking boiler", "It drips from below.", "heating", "Leeds", NOTES, "in_progress",
    SOON, MADE, SOON,
)  # fmt: skip
CARDS = BidCard(
    CARD, w.TENANT, w.CONTACT, PROJECT, "Repair the boiler", "It drips from below.", "heating", "Leeds", "80.00",
    "250.00", "GBP", LATER, NOTES, "awarded", BID, SOON, MADE, SOON,
)  # fmt: skip
BIDS = Bid(
    BID, w.TENANT, CARD, w.CONTACT, PROVIDER, "180.00", "GBP", "A new seal, one hour.", date(2026, 11, 24), 1,
    "accepted", SOON, MADE, SOON,
)  # fmt: skip
BOOKINGS = Booking(
    BOOKING, w.TENANT, "booking", w.CONTACT, PROVIDER, PROJECT, BID, "Repair the boiler", "Ring twice.", "Leeds", SOON,
    LATER, "180.00", "GBP", NOTES, "customer", "confirmed", MADE, MADE, MADE,
)  # fmt: skip
FEES = ConnectionFee(FEE, w.TENANT, BID, PROVIDER, "15.00", "GBP", "paid", "pi_4711", SOON, MADE)
REFERRALS = Referral(
    REFERRAL, w.TENANT, "7d1e7b3a9c550000", PROVIDER, w.CONTACT, "card", "10.00", "GBP", "joined", LATER, SOON, MADE
)
NEW = ("not_found", "rule_broken")


def _row(row_id: UUID, status: str, *, created: bool = False) -> MarketRow:
    return MarketRow(row_id, w.TENANT, status, created)


MARKET: dict[str, Shown] = {
    "list_projects": Shown(Listing([PROJECTS], w.CURSOR), problems=("bad_cursor",)),
    "create_project": Shown(
        _row(PROJECT, "open", created=True), None,
        marketplace.NewProject("A leaking boiler", PROJECT, "acme", w.CONTACT, "It drips from below.", "heating",
                               "Leeds", NOTES),
        ("forbidden", *NEW),
    ),
    "get_project": Shown(PROJECTS),
    "change_project": Shown(
        _row(PROJECT, "open"), None,
        marketplace.ProjectPatch("A leaking boiler", "It drips from below.", "heating", "Leeds", NOTES),
        ("forbidden", "rule_broken"),
    ),
    "set_project_status": Shown(
        _row(PROJECT, "completed"), None, marketplace.ProjectStep("completed"), ("forbidden", "refused_transition")
    ),
    "list_bid_cards": Shown(Listing([CARDS], w.CURSOR), problems=("bad_cursor",)),
    "create_bid_card": Shown(
        _row(CARD, "published", created=True), None,
        marketplace.NewBidCard("Repair the boiler", CARD, "acme", w.CONTACT, PROJECT, "It drips from below.",
                               "heating", "Leeds", "80.00", "250.00", "GBP", LATER, NOTES, publish=True),
        ("forbidden", "bids_closed", *NEW),
    ),
    "get_bid_card": Shown(CARDS),
    "change_bid_card": Shown(
        _row(CARD, "published"), None,
        marketplace.BidCardPatch("Repair the boiler", "It drips from below.", "heating", "Leeds", "80.00", "300.00",
                                 "GBP", LATER, NOTES),
        ("forbidden", "bids_closed", "rule_broken"),
    ),
    "set_bid_card_status": Shown(
        _row(CARD, "closed"), None, marketplace.BidCardStep("closed"), ("forbidden", "refused_transition")
    ),
    "list_bids": Shown(Listing([BIDS], w.CURSOR), problems=("bad_cursor",)),
    "submit_bid": Shown(
        _row(BID, "submitted", created=True), None,
        marketplace.NewBid("180.00", "GBP", "A new seal, one hour.", date(2026, 11, 24), 1, PROVIDER),
        ("bids_closed", "own_project", "rule_broken"),
    ),
    "get_bid": Shown(BIDS),
    "set_bid_status": Shown(
        _row(BID, "accepted"), None, marketplace.BidStep("accepted"),
        ("forbidden", "not_your_part", "refused_transition"),
    ),
    "list_bookings": Shown(Listing([BOOKINGS], w.CURSOR), problems=("bad_cursor",)),
    "create_booking": Shown(
        _row(BOOKING, "requested", created=True), None,
        bookings.NewBooking("Repair the boiler", BOOKING, "acme", "booking", w.CONTACT, PROVIDER, PROJECT, BID,
                            "Ring twice.", "Leeds", SOON, LATER, "180.00", "GBP", NOTES),
        ("forbidden", "booking_settled", *NEW),
    ),
    "get_booking": Shown(BOOKINGS),
    "change_booking": Shown(
        _row(BOOKING, "confirmed"), None,
        bookings.BookingPatch("Repair the boiler", "Ring twice.", "Leeds", SOON, LATER, "180.00", "GBP", NOTES),
        ("forbidden", "booking_settled", "rule_broken"),
    ),
    "set_booking_status": Shown(
        _row(BOOKING, "confirmed"), None, bookings.BookingStep("confirmed"),
        ("forbidden", "not_your_part", "refused_transition"),
    ),
    "list_connection_fees": Shown(Listing([FEES], w.CURSOR), problems=("bad_cursor",)),
    "put_connection_fee": Shown(
        _row(FEE, "pending", created=True), "manage", bookings.NewFee("15.00", "GBP"),
        ("not_accepted", "fee_exists", "rule_broken"),
    ),
    "set_connection_fee_status": Shown(
        _row(FEE, "paid"), "manage", bookings.FeeStep("paid", "pi_4711"), ("refused_transition",)
    ),
    "list_referrals": Shown(Listing([REFERRALS], w.CURSOR), problems=("bad_cursor",)),
    "create_referral": Shown(
        ReferralMade(REFERRAL, w.TENANT, "invited", created=True, code=REFERRALS.code, expires_at=LATER), None,
        bookings.NewReferral("acme", "card", PROVIDER, "10.00", "GBP", LATER), ("forbidden", *NEW),
    ),
    "claim_referral": Shown(
        _row(REFERRAL, "joined", created=True), None, bookings.ReferralCode(REFERRALS.code, "acme"),
        ("not_found", "referral_over", "referred_already", "address_not_verified", "linked_already"),
    ),
    "set_referral_status": Shown(
        _row(REFERRAL, "converted"), "manage", bookings.ReferralStep("converted"), ("refused_transition",)
    ),
    "put_profile": Shown(
        _row(PROVIDER, "saved"), None,
        bookings.ProfilePatch("acme", "Rob", "Rob & Sons", "en", "Europe/London", "GB", ["heating", "plumbing"]),
        NEW,
    ),
}  # fmt: skip
