"""/v1/operations/board, series and filing: what the tenant's machinery did, and what waits now.

Moments are rounded down to whole hours or days (UTC), which is how they are counted; `as_of` says how far counting is.
"""

from datetime import datetime
from typing import Annotated

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from app.db import analytics as db
from app.domain.analytics import Filing, Metric, OperationsBoard, OperationsSeries, Step
from app.http.deps import CallerUnit
from app.http.types import Listing, QueryChannel, zoned

TAGS = ["operations"]
Begin = Annotated[datetime | None, QueryParameter(name="from")]


@get("/operations/board", summary="The operations board in one object", tags=TAGS)
async def operations_board(
    unit: CallerUnit, from_: Begin = None, to: FromQuery[datetime | None] = None, step: FromQuery[Step | None] = None
) -> OperationsBoard:
    """Volume, deliveries, response times, hand-overs, queues, moderation, files, people, connections and errors of a
    span: the day up to now unless said. At most a hundred days, eight by the hour. `as_of` is how far counting is;
    queues, conversations and connections are as of now."""
    return await db.operations_board(unit, zoned("from", from_), zoned("to", to), step)


@get("/operations/series", summary="One metric of the board in time", tags=TAGS)
async def operations_series(  # noqa: PLR0917 - one per parameter
    unit: CallerUnit, metric: FromQuery[Metric], from_: Begin = None, to: FromQuery[datetime | None] = None,
    step: FromQuery[Step | None] = None, channel: QueryChannel = None,
) -> OperationsSeries:  # fmt: skip
    """By hour or day, channel and label, oldest first; at most 2,000 items. Labels: the guide of analytics."""
    return await db.operations_series(
        unit, metric, zoned("from", from_), zoned("to", to), step=step, channel=channel
    )  # fmt: skip


@get("/operations/filing", summary="How often the spam detector was wrong", tags=TAGS)
async def list_filing(unit: CallerUnit) -> Listing[Filing]:
    """The staff's words against the detector's, by its folder, the class of mail and a tenth of the score. Only
    conversations somebody spoke about are counted, so these are no rates."""
    return Listing(await db.list_filing(unit))


router = Router("/", route_handlers=[operations_board, operations_series, list_filing])
