"""How much is read, how soon, and how long answers take, as the API shows it. No I/O."""

from datetime import date
from typing import Literal

import msgspec

Kind = Literal["direct", "group", "business"]


class ReadingRate(msgspec.Struct, frozen=True):
    """What one sort of reader had to read, of what was written on a day in one kind of conversation."""

    day: date
    kind: Kind
    channel: str
    reader: Literal["person", "staff"]
    readers: int | None
    readings: int
    read: int | None
    read_share: float | None
    timed: int | None
    read_p50_seconds: float | None
    read_p95_seconds: float | None


class ReadingRates(msgspec.Struct, frozen=True):
    """A span of days, both ends included (UTC), the newest first."""

    first_day: date
    last_day: date
    items: list[ReadingRate]


class AnswerTime(msgspec.Struct, frozen=True):
    """The answers one sort of writer gave on a day in one kind of conversation."""

    day: date
    kind: Kind
    channel: str
    answered_by: Literal["person", "customer", "agent", "ai"]
    conversations: int
    first_answers: int
    later_answers: int
    first_p50_seconds: float | None
    first_p95_seconds: float | None
    later_p50_seconds: float | None
    later_p95_seconds: float | None


class AnswerTimes(msgspec.Struct, frozen=True):
    """A span of days, both ends included (UTC), the newest first."""

    first_day: date
    last_day: date
    items: list[AnswerTime]
