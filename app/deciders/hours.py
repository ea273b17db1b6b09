"""A tenant's opening hours: open now, the next opening, one day's hours, and how to say it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.deciders.vocabulary import Format
from app.domain.deciding import OpeningHours, TenantKnowledge

_LOOK_AHEAD_DAYS = 60


class Interval(NamedTuple):
    """Minutes of the day, end exclusive; an end beyond 1440 runs past midnight."""

    opens: int
    closes: int


class Opening(NamedTuple):
    """The state at one moment, in local time. `closes` is None when open without end in sight."""

    is_open: bool
    closes: datetime | None
    next_opening: datetime | None


class Timetable:
    """Opening hours in the tenant's zone. Raises `ValueError` when the hours or the zone cannot be understood."""

    def __init__(self, knowledge: TenantKnowledge) -> None:
        try:
            self.zone = ZoneInfo(knowledge.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {knowledge.time_zone!r}") from error
        week: list[list[Interval]] = [[] for _ in range(7)]
        for row in knowledge.hours:
            week[_weekday(row)].append(_interval(row))
        self.week: tuple[tuple[Interval, ...], ...] = tuple(tuple(sorted(day)) for day in week)
        self.closed_dates = frozenset(knowledge.closed_dates)

    def local(self, moment: datetime) -> datetime:
        """The moment in the tenant's zone; a naive one is taken as UTC."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(self.zone)

    def on(self, day: date) -> tuple[Interval, ...]:
        """The intervals that begin on a date, closed dates heeded."""
        return () if day.isoformat() in self.closed_dates else self.week[day.weekday()]

    def at(self, moment: datetime) -> Opening:
        """Open or closed, until when, and the next opening within 60 days."""
        now = self.local(moment)
        closes = self._closing(now)
        if closes is not None:
            return Opening(True, None if closes - now.replace(tzinfo=None) > timedelta(days=2) else closes, None)
        return Opening(False, None, self._next(now))

    def _closing(self, now: datetime) -> datetime | None:
        """When the current opening ends (naive local time), adjoining intervals joined; None when closed."""
        wall = now.replace(tzinfo=None)
        end: datetime | None = None
        for offset in range(-1, 4):
            day = wall.date() + timedelta(days=offset)
            midnight = datetime.combine(day, time.min)
            for interval in self.on(day):
                begins = midnight + timedelta(minutes=interval.opens)
                ends = midnight + timedelta(minutes=interval.closes)
                reached = wall if end is None else end
                if begins <= reached < ends:
                    end = ends
        return end

    def _next(self, now: datetime) -> datetime | None:
        wall = now.replace(tzinfo=None)
        for offset in range(_LOOK_AHEAD_DAYS):
            day = wall.date() + timedelta(days=offset)
            for interval in self.on(day):
                begins = datetime.combine(day, time.min) + timedelta(minutes=interval.opens)
                if begins > wall:
                    return begins
        return None


def _weekday(row: OpeningHours) -> int:
    if not 0 <= row.weekday <= 6:
        raise ValueError(f"weekday {row.weekday} is not 0 to 6")
    return row.weekday


def _interval(row: OpeningHours) -> Interval:
    opens, closes = _minutes(row.opens), _minutes(row.closes)
    return Interval(opens, closes if closes > opens else closes + 1440)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    if not (hours.isdecimal() and minutes[:2].isdecimal() and len(hours) <= 2 and len(minutes) >= 2):
        raise ValueError(f"{clock!r} is not HH:MM")
    total = int(hours) * 60 + int(minutes[:2])
    if total > 1440 or int(minutes[:2]) > 59:
        raise ValueError(f"{clock!r} is not a time of day")
    return total


def clock(minutes: int) -> str:
    """`570` is `09:30`; midnight at the end of a day is `24:00`."""
    if minutes > 1440:
        minutes -= 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def say_times(intervals: Sequence[Interval], words: Format) -> str:
    """`09:00–12:00 and 13:00–18:00`, or the word for closed."""
    if not intervals:
        return words.closed
    return f" {words.and_} ".join(f"{clock(one.opens)}–{clock(one.closes)}" for one in intervals)


def say_week(table: Timetable, words: Format) -> str:
    """`Mon–Fri 09:00–18:00; Sat 10:00–14:00`; days that are closed all day are left out."""
    parts: list[str] = []
    day = 0
    while day < 7:
        last = day
        while last < 6 and table.week[last + 1] == table.week[day]:
            last += 1
        if table.week[day]:
            name = words.short[day] if day == last else f"{words.short[day]}–{words.short[last]}"
            parts.append(f"{name} {say_times(table.week[day], words)}")
        day = last + 1
    return "; ".join(parts)


def say_day(day: date, today: date, words: Format) -> str:
    """`today`, `tomorrow`, the weekday within a week, else weekday and ISO date."""
    ahead = (day - today).days
    if ahead == 0:
        return words.today
    if ahead == 1:
        return words.tomorrow
    return words.long[day.weekday()] if 0 < ahead < 7 else f"{words.long[day.weekday()]}, {day.isoformat()}"


def say_moment(moment: datetime, today: date, words: Format) -> str:
    """`tomorrow, 09:00`."""
    return f"{say_day(moment.date(), today, words)}, {moment:%H:%M}"
