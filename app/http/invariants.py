"""/v1/operations/invariants: whether the promises of the core are kept, as far as somebody has looked."""

from litestar import Router, get

from app.db import invariants as db
from app.domain.invariants import Invariant
from app.http.deps import CallerUnit
from app.http.types import Listing


@get("/operations/invariants", summary="Which promises are kept", tags=["operations"])
async def list_invariants(unit: CallerUnit) -> Listing[Invariant]:
    """How many of the tenant's rows break each, and when that was looked at. 0 is as it has to be; null: nobody has."""
    return Listing(await db.list_invariants(unit))


router = Router("/", route_handlers=[list_invariants])
