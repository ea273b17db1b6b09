"""/v1/reading-rates, /v1/answer-times: how much is read, how soon, and how long answers take.

Counted when asked, over whole days; of conversations between people nothing is told about fewer than five.
"""

from datetime import date

from litestar import Router, get
from litestar.params import FromQuery

from app.db import rates as db
from app.domain.rates import AnswerTimes, ReadingRates
from app.http.analysis import span
from app.http.deps import CallerUnit

TAGS = ["messages"]


@get("/reading-rates", summary="How much is read, and how soon", tags=TAGS)
async def reading_rates(
    unit: CallerUnit, first_day: FromQuery[date | None] = None, last_day: FromQuery[date | None] = None
) -> ReadingRates:
    """Of what was written in a span of days: how often it was to be read, how often it has been, and how long that
    took, by day, kind of conversation, channel and reader. Without days: the last thirty."""
    first, last = span(first_day, last_day)
    return await db.reading_rates(unit, first, last)


@get("/answer-times", summary="How long answers take", tags=TAGS)
async def answer_times(
    unit: CallerUnit, first_day: FromQuery[date | None] = None, last_day: FromQuery[date | None] = None
) -> AnswerTimes:
    """From the first message that waited to the answer, for first answers and those that followed, by day, kind of
    conversation, channel and who answered: people, customers, agents or the AI. Without days: the last thirty."""
    first, last = span(first_day, last_day)
    return await db.answer_times(unit, first, last)


router = Router("/", route_handlers=[reading_rates, answer_times])
