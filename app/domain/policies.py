"""Versions of a tenant's moderation policy, and reveals of contact details. Shapes only."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class PolicyVersion(msgspec.Struct, frozen=True):
    """One version, without its document."""

    version: int
    note: str | None
    created_by: str
    created_at: datetime
    activated_by: str | None
    activated_at: datetime | None


class ModerationPolicy(msgspec.Struct, frozen=True):
    """One version with its document."""

    version: int
    document: dict[str, Any]
    note: str | None
    created_by: str
    created_at: datetime
    activated_by: str | None
    activated_at: datetime | None


class PolicyInForce(msgspec.Struct, frozen=True):
    """What a step did: the version it was about, and which counts now."""

    version: int | None
    active_version: int | None
    previous_version: int | None


class PolicyDifference(msgspec.Struct, frozen=True):
    """What one path of two documents says; null where one says nothing."""

    path: str
    first: Any = msgspec.field(name="from")
    second: Any = msgspec.field(name="to")


class PolicyDifferences(msgspec.Struct, frozen=True):
    """What differs between two versions."""

    from_version: int
    to_version: int
    changes: list[PolicyDifference]


class Revealed(msgspec.Struct, frozen=True):
    """Since when the staff lets the people of a conversation share contact details."""

    thread_id: UUID
    created: bool
    revealed_at: datetime
