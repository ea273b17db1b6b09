"""Calls of providers as the staff sees them: those nobody could read, and those that were refused."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec


class WebhookFailure(msgspec.Struct, frozen=True):
    """A call that could not be read; it is kept until somebody has it read again, or its retention ends."""

    webhook_id: UUID
    session_id: UUID
    channel: str
    provider: str
    event_id: str
    received_at: datetime
    size_bytes: int
    error: str


class WebhookRefusals(msgspec.Struct, frozen=True):
    """How often calls for an account were refused in the last day, and why."""

    session_id: UUID
    reason: Literal["signature", "stale", "malformed", "honeypot"]
    count: int
    first_at: datetime
    last_at: datetime


class WebhookTrouble(msgspec.Struct, frozen=True):
    """What is wrong with the calls of providers."""

    failures: list[WebhookFailure]
    refused: list[WebhookRefusals]


class WebhookRetried(msgspec.Struct, frozen=True):
    """A call that is read again."""

    webhook_id: UUID
    retried: bool
