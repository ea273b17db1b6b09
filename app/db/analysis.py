"""What moderation's verdicts add up to: queries of analysis.sql."""

from datetime import date

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param
from app.domain.analysis import AnalysisRow, Rank, SecuritySummary, analysis_row

QUERIES = load("analysis")


async def security_summary(unit: Unit, first_day: date, last_day: date) -> SecuritySummary:
    """See `SecuritySummary`. Raises BadInput for days that are no span of at most a year."""
    params = {"first_day": first_day, "last_day": last_day}
    rows = await unit.read(QUERIES["security_summary"], params)
    return msgspec.convert(rows[0][0], SecuritySummary, strict=False)


async def security_analysis(
    unit: Unit, group: str, first_day: date, last_day: date, *, lane: str | None, after: Rank | None, limit: int
) -> list[AnalysisRow]:  # fmt: skip
    """At most `limit` items of a group, those first of which there is most. Raises BadInput as above."""
    params = {
        "group": group, "first_day": first_day, "last_day": last_day, "lane": lane,
        "after": json_param(after) if after else None, "limit": limit,
    }  # fmt: skip
    rows = await unit.read(QUERIES["security_analysis"], params)
    return [analysis_row(found) for found in rows[0][0]["items"]]
