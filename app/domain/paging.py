"""Places in lists. No I/O."""

from datetime import datetime
from uuid import UUID

import msgspec


class Position(msgspec.Struct, frozen=True):
    """A place in a list ordered by time and id."""

    at: datetime
    id: UUID
