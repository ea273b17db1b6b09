"""What is known of the promises of the core, tenant by tenant. No I/O."""

from datetime import datetime

import msgspec


class Invariant(msgspec.Struct, frozen=True):
    """A promise: how many of the tenant's rows broke it when somebody last looked."""

    name: str
    claim: str
    violations: int
    checked_at: datetime | None
