"""What is known about a thread as a whole: the CRM's view of a conversation. No I/O, no database."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from app.domain.deciding import Provider, Turn

SentimentLabel = Literal["negative", "neutral", "positive"]
FollowUpStatus = Literal["scheduled", "sent", "cancelled"]


class ThreadInsight(msgspec.Struct, frozen=True, kw_only=True):
    """A thread in a few sentences. `summary` (≤ 600 characters) and `next_step` are in the staff's language."""

    summary: str
    label: str
    """The dominant intent, e.g. `price`, `complaint`, `unknown`."""
    sentiment: float
    """-1 (angry) to 1 (happy), of the contact's latest messages."""
    sentiment_label: SentimentLabel
    next_step: str
    """One sentence in the imperative."""
    language: str
    """Of the contact."""
    follow_up_at: datetime | None = None
    follow_up_text: str | None = None
    """A courteous nudge in the contact's language; None where there are no rules for it."""


class Insight(msgspec.Struct, frozen=True):
    """What the CRM knows of a conversation; everything but the first two is null until it was read."""

    thread_id: UUID
    last_seq: int
    summary: str | None
    label: str | None
    sentiment: float | None
    sentiment_label: SentimentLabel | None
    next_step: str | None
    language: str | None
    follow_up_at: datetime | None
    follow_up_text: str | None
    follow_up_status: FollowUpStatus | None
    read_seq: int | None
    version: int | None
    model: str | None
    prompt_version: str | None
    updated_at: datetime | None


class InsightRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a summarizer is told: the newest turns, oldest first, over all channels of a thread."""

    turns: tuple[Turn, ...]
    locale: str
    """Of the staff, who reads it."""
    now: datetime
    time_zone: str = "UTC"
    ai_provider: Provider = "auto"
    tenant_id: str = ""
    case_id: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """An insight, and who wrote it."""

    insight: ThreadInsight
    model: str = "rules"
    prompt_version: str | None = None
    cost_usd: float = 0.0


class Summarizer(Protocol):
    """Reads a thread and sums it up. It never talks to anybody."""

    name: str

    async def summarize(self, request: InsightRequest) -> Summary:
        """The insight of a thread. Should not raise: there is always something to say about a thread."""
        ...
