"""Places in lists. No I/O."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

NEVER = datetime.max.replace(tzinfo=UTC)
"""The time of what has none, in a list where that comes last."""


class Position(msgspec.Struct, frozen=True):
    """A place in a list ordered by time and id."""

    at: datetime
    id: UUID
