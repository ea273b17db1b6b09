"""What is known of the promises of the core: queries of invariants.sql."""

import msgspec

from app.db.queries import load
from app.db.unit import Unit
from app.domain.invariants import Invariant

QUERIES = load("invariants")


async def list_invariants(unit: Unit) -> list[Invariant]:
    """Every promise, as it stands for the active tenant."""
    rows = await unit.read(QUERIES["list_invariants"], {})
    return msgspec.convert(rows[0][0]["items"], list[Invariant])
