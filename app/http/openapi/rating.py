"""How much is read and how long answers take: operations with examples, and what their fields mean."""

from datetime import date

from app.domain.rates import AnswerTime, AnswerTimes, ReadingRate, ReadingRates
from app.http.openapi.shown import Shown

FIRST, LAST, DAY = date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 23)
READ = ReadingRates(FIRST, LAST, [
    ReadingRate(DAY, "business", "in_app", "person", 118, 240, 213, 0.8875, 96, 74.0, 5400.5),
    ReadingRate(DAY, "group", "in_app", "person", 4, 12, None, None, None, None, None),
])  # fmt: skip
ANSWERED = AnswerTimes(FIRST, LAST, [
    AnswerTime(DAY, "business", "in_app", "agent", 61, 22, 75, 310.0, 2700.0, 95.5, 1800.0),
    AnswerTime(DAY, "business", "in_app", "ai", 80, 64, 31, 4.2, 9.8, 3.9, 8.1),
])  # fmt: skip

RATING: dict[str, Shown] = {
    "reading_rates": Shown(READ, "manage", problems=("bad_span", "bad_input")),
    "answer_times": Shown(ANSWERED, "manage", problems=("bad_span", "bad_input")),
}

_DAY = {
    "day": "The day (UTC) it was written.",
    "kind": "Between two people, in a group, or with the business itself.",
    "channel": "The channel it was written on.",
}
_FEW = "null between people where it would be of fewer than five"
RATING_FIELDS = {
    "ReadingRates.items": "The newest day first; what was not written has no item.",
    "ReadingRate.reader": "Those who take part (person), or the staff, who read what customers write.",
    "ReadingRate.readers": "How many had something to read; null of the staff, who read as one.",
    "ReadingRate.readings": "Messages times those who were to read each: who took part by then and still does.",
    "ReadingRate.read": f"How many of these have been read by now; {_FEW}.",
    "ReadingRate.read_share": "read of readings, 0 to 1.",
    "ReadingRate.timed": "How many times to read are known: of each reader in each conversation the newest; on "
                         f"WhatsApp of each message with a receipt; {_FEW}, and of the staff.",
    "ReadingRate.read_p50_seconds": "Half of these were read within so long; null where none is known or told.",
    "ReadingRate.read_p95_seconds": "95 of 100 were.",
    "AnswerTimes.items": "The newest day first; where nobody answered there is no item.",
    "AnswerTime.answered_by": "A person among people, or in a conversation with the business the customer, an agent or "
                              "the AI.",
    "AnswerTime.conversations": "How many conversations had such an answer.",
    "AnswerTime.first_answers": "Answers that were the first of their conversation.",
    "AnswerTime.later_answers": "All others: each time the side that writes changes.",
    "AnswerTime.first_p50_seconds": f"Half of the first answers took so long at most; {_FEW} conversations.",
    "AnswerTime.first_p95_seconds": "95 of 100 did.",
    "AnswerTime.later_p50_seconds": "Half of the others took so long at most.",
    "AnswerTime.later_p95_seconds": "95 of 100 did.",
    **{f"{shape}.{name}": text for shape in ("ReadingRate", "AnswerTime") for name, text in _DAY.items()},
}  # fmt: skip
