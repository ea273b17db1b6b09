"""What is known about a thread as a whole: the CRM's view of a conversation. No I/O, no database."""

from datetime import datetime
from typing import Literal

import msgspec

SentimentLabel = Literal["negative", "neutral", "positive"]


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
