"""How much is read, and how long answers take: queries of rates.sql."""

from datetime import date

import msgspec

from app.db.queries import load
from app.db.unit import Unit
from app.domain.rates import AnswerTimes, ReadingRates

QUERIES = load("rates")


async def reading_rates(unit: Unit, first_day: date, last_day: date) -> ReadingRates:
    """See `ReadingRates`. Raises BadInput for days that are no span of at most a year."""
    rows = await unit.read(QUERIES["reading_rates"], {"first_day": first_day, "last_day": last_day})
    return msgspec.convert(rows[0][0], ReadingRates, strict=False)


async def answer_times(unit: Unit, first_day: date, last_day: date) -> AnswerTimes:
    """See `AnswerTimes`. Raises BadInput as above."""
    rows = await unit.read(QUERIES["answer_times"], {"first_day": first_day, "last_day": last_day})
    return msgspec.convert(rows[0][0], AnswerTimes, strict=False)
