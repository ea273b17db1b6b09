"""The marketplace as the API reads and changes it: queries of marketplace.sql."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import asdict

from app.db.queries import Query, load
from app.db.unit import Connection, Row, Then, Unit, json_param, rows_as
from app.domain.judgement import WordRules
from app.domain.marketplace import (
    Bid,
    BidCard,
    Booking,
    ConnectionFee,
    MarketFilter,
    MarketRow,
    Project,
    Referral,
)

QUERIES = load("marketplace")
S = TypeVar("S", bound=msgspec.Struct)


async def _list(unit: Unit, query: Query, wanted: MarketFilter) -> list[Row]:
    # The tenant the caller works in, so that an index is found; what he may see is the policies' to say.
    return await unit.read(query, asdict(wanted) | {"tenant_id": unit.caller.tenant_id}, scope=None, keep_plan=False)


async def _get(unit: Unit, query: Query, row_id: UUID) -> list[Row]:
    return await unit.read(query, {"id": row_id}, scope=None)


async def list_projects(unit: Unit, wanted: MarketFilter) -> list[Project]:
    """Projects the caller may see, newest first."""
    return rows_as(Project, await _list(unit, QUERIES["list_projects"], wanted))


async def list_bid_cards(unit: Unit, wanted: MarketFilter) -> list[BidCard]:
    """Requests for bids the caller may see, newest first; `parent_id` is their project."""
    return rows_as(BidCard, await _list(unit, QUERIES["list_bid_cards"], wanted))


async def list_bids(unit: Unit, wanted: MarketFilter) -> list[Bid]:
    """Bids the caller may see, newest first; `parent_id` is their card."""
    return rows_as(Bid, await _list(unit, QUERIES["list_bids"], wanted))


async def list_bookings(unit: Unit, wanted: MarketFilter) -> list[Booking]:
    """Bookings the caller may see, newest first; `parent_id` is their project."""
    return rows_as(Booking, await _list(unit, QUERIES["list_bookings"], wanted))


async def list_connection_fees(unit: Unit, wanted: MarketFilter) -> list[ConnectionFee]:
    """Fees the caller may see, newest first; `parent_id` is their bid."""
    return rows_as(ConnectionFee, await _list(unit, QUERIES["list_connection_fees"], wanted))


async def list_referrals(unit: Unit, wanted: MarketFilter) -> list[Referral]:
    """Referrals the caller may see, newest first."""
    return rows_as(Referral, await _list(unit, QUERIES["list_referrals"], wanted))


async def get_project(unit: Unit, row_id: UUID) -> Project | None:
    """One project, None when the caller sees no such project."""
    rows = await _get(unit, QUERIES["get_project"], row_id)
    return Project(*rows[0]) if rows else None


async def get_bid_card(unit: Unit, row_id: UUID) -> BidCard | None:
    """One request, None when the caller sees no such request."""
    rows = await _get(unit, QUERIES["get_bid_card"], row_id)
    return BidCard(*rows[0]) if rows else None


async def get_bid(unit: Unit, row_id: UUID) -> Bid | None:
    """One bid, None when the caller sees no such bid."""
    rows = await _get(unit, QUERIES["get_bid"], row_id)
    return Bid(*rows[0]) if rows else None


async def get_booking(unit: Unit, row_id: UUID) -> Booking | None:
    """One booking, None when the caller sees no such booking."""
    rows = await _get(unit, QUERIES["get_booking"], row_id)
    return Booking(*rows[0]) if rows else None


async def call(unit: Unit, shape: type[S], name: str, /, **params: Any) -> S:
    """What a client function of the marketplace answers with, as `shape`; dicts travel as jsonb. Raises NotFound for
    its 404."""
    return msgspec.convert(await unit.call(QUERIES[name], _plain(params)), shape)


async def change(unit: Unit, name: str, /, **params: Any) -> MarketRow:
    """`call` for the many that answer with the row's state."""
    return await call(unit, MarketRow, name, **params)


async def write(unit: Unit, name: str, then: Then, /, **params: Any) -> MarketRow:
    """`change`, but `then` has a say before it commits."""
    return msgspec.convert(await unit.call_then(QUERIES[name], _plain(params), then), MarketRow)


async def rules_for_words(connection: Connection, kind: str, tenant_id: str, row_id: str) -> WordRules | None:
    """By what the caller's words in a row he has just written are judged, for the `then` of `write`. None where nobody
    judges them. The rest of the transaction is the login role's."""
    async with connection.pipeline():
        await connection.execute("reset role")
        values = {"kind": kind, "tenant_id": tenant_id, "id": row_id}
        cursor = await connection.execute(QUERIES["rules_for_words"].sql, values)
    row = await cursor.fetchone()
    return msgspec.convert(row[0], WordRules) if row and row[0] is not None else None


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {key: json_param(value) if isinstance(value, dict) else value for key, value in params.items()}
