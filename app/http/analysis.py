"""/v1/moderation/summary, /v1/moderation/analysis: what moderation's verdicts add up to.

Days are whole and named, so the same question has the same answer, and its ETag saves sending it again.
"""

import base64
import binascii
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from app.db import analysis as db
from app.domain.analysis import AnalysisItem, Group, Lane, Rank, SecuritySummary
from app.errors import BadInput
from app.http.deps import CallerUnit
from app.http.types import BIGINT_MAX, PAGE, Limit, Listing

TAGS = ["moderation"]
MONTH = timedelta(29)
RankCursor = Annotated[str | None, QueryParameter(max_length=1000)]


def span(first_day: date | None, last_day: date | None) -> tuple[date, date]:
    """The days asked for: thirty where one end is left out, the last thirty where both are."""
    if first_day and not last_day:
        return first_day, min(first_day, date.max - MONTH) + MONTH
    last = last_day or datetime.now(UTC).date()
    return first_day or max(last, date.min + MONTH) - MONTH, last


def encode_rank(rank: Rank) -> str:
    """An opaque cursor for a place in a list ordered by number and key."""
    return base64.urlsafe_b64encode(f"{rank.number}|{rank.key}".encode()).decode().rstrip("=")


def decode_rank(cursor: str | None) -> Rank | None:
    """The place a cursor stands for. Raises BadInput for one that is none of ours."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        number, bar, key = raw.partition("|")
        rank = Rank(int(number), key)
        if not bar or abs(rank.number) > BIGINT_MAX or "\0" in key:
            raise ValueError("no place")
    except (ValueError, binascii.Error) as error:
        raise BadInput(
            "This cursor is not one of ours.", code="bad_cursor", field="cursor", remedy="start again without it"
        ) from error
    return rank


@get("/moderation/summary", summary="Security in one object", tags=TAGS)
async def security_summary(
    unit: CallerUnit, first_day: FromQuery[date | None] = None, last_day: FromQuery[date | None] = None
) -> SecuritySummary:
    """What became of what was written, the security score as of the last day, how often people disagreed with the
    rules, how long senders waited for them, and how many go on and on. Without days: the last thirty."""
    first, last = span(first_day, last_day)
    return await db.security_summary(unit, first, last)


@get("/moderation/analysis", summary="Security by kind, day, contact, bid card or rule", tags=TAGS)
async def security_analysis(  # noqa: PLR0917 - one per parameter
    unit: CallerUnit, group: FromQuery[Group] = "kind", first_day: FromQuery[date | None] = None,
    last_day: FromQuery[date | None] = None, lane: FromQuery[Lane | None] = None, cursor: RankCursor = None,
    limit: Limit = PAGE,
) -> Listing[AnalysisItem]:  # fmt: skip
    """Contacts and bid cards of which most was masked or stopped come first, days and rules from the newest on."""
    first, last = span(first_day, last_day)
    found = await db.security_analysis(
        unit, group, first, last, lane=lane, after=decode_rank(cursor), limit=limit + 1
    )  # fmt: skip
    more = encode_rank(found[limit - 1].rank) if len(found) > limit else None
    return Listing([row.item for row in found[:limit]], more)


router = Router("/", route_handlers=[security_summary, security_analysis])
