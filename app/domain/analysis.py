"""What moderation's verdicts add up to, as the API and the report show it. No I/O."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Group = Literal["kind", "day", "contact", "bid_card", "rule"]
Lane = Literal["people", "agent", "ai", "template"]


class SecuritySummary(msgspec.Struct, frozen=True):
    """A tenant's security in a span of days, both ends included (UTC)."""

    first_day: date
    last_day: date
    texts: int
    approved: int
    filtered: int
    review: int
    blocked: int
    decided_by_people: int
    score: float | None
    reviewed: int
    overturned: int
    false_positive_rate: float | None
    reviews_late: int
    review_p50_seconds: float | None
    review_p95_seconds: float | None
    repeat_offenders: int
    evasions: int


class AnalysisItem(msgspec.Struct, frozen=True, kw_only=True):
    """Texts of one kind, day, contact or bid card, or the verdicts of one rule. What a group does not have is null."""

    kind: str | None = None
    day: date | None = None
    contact_id: UUID | None = None
    display_name: str | None = None
    bid_card_id: str | None = None
    policy_version: int | None = None
    action: Literal["mask", "hold", "block"] | None = None
    texts: int
    approved: int | None = None
    filtered: int | None = None
    review: int | None = None
    blocked: int | None = None
    last_stopped_at: datetime | None = None
    score: float | None = None
    reviewed: int | None = None
    overturned: int | None = None
    false_positive_rate: float | None = None


class Rank(msgspec.Struct, frozen=True):
    """A place in a list ordered by a number, the highest first, and a key."""

    number: int
    key: str


class AnalysisRow(msgspec.Struct, frozen=True):
    """An item and its place, as the database gives them."""

    item: AnalysisItem
    rank: Rank


def analysis_row(found: dict[str, Any]) -> AnalysisRow:
    """One member of what `security_analysis()` answers."""
    return AnalysisRow(msgspec.convert(found, AnalysisItem, strict=False), Rank(found["number"], found["key"]))
