"""The operations of the security analysis, with examples from the same small world."""

from datetime import date

from app.domain.analysis import AnalysisItem, SecuritySummary
from app.http.openapi import market
from app.http.openapi import world as w
from app.http.openapi.shown import Shown
from app.http.types import Listing

SUMMARY = SecuritySummary(
    first_day=date(2026, 11, 1), last_day=date(2026, 11, 30), texts=1200, approved=1110, filtered=60, review=4,
    blocked=26, decided_by_people=31, score=67.1, reviewed=33, overturned=5, false_positive_rate=0.1515, reviews_late=1,
    review_p50_seconds=340.0, review_p95_seconds=2150.5, repeat_offenders=2, evasions=3,
)  # fmt: skip
ITEM = AnalysisItem(
    kind="phone", day=date(2026, 11, 23), contact_id=market.PROVIDER, display_name="Rob", bid_card_id=str(market.CARD),
    policy_version=4, action="block", texts=31, approved=12, filtered=9, review=1, blocked=9,
    last_stopped_at=market.LATER, score=41.3, reviewed=6, overturned=1, false_positive_rate=0.1667,
)  # fmt: skip

ANALYSING: dict[str, Shown] = {
    "security_summary": Shown(SUMMARY, "read", problems=("bad_span", "bad_input")),
    "security_analysis": Shown(Listing([ITEM], w.CURSOR), "read", problems=("bad_span", "bad_cursor", "bad_input")),
}
"""What an admin watches moderation with."""
