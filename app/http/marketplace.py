"""/v1/projects, /v1/bid-cards, /v1/bids: what customers want done, and what providers offer for it."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, UnsetType

from app.db import marketplace as db
from app.domain.marketplace import Bid, BidCard, BidStatus, CardStatus, MarketFilter, MarketRow, Project, ProjectStatus
from app.http.deps import CallerUnit, existing, given
from app.http.types import (
    END,
    NO_CONTROL,
    NO_NUL,
    PAGE,
    Cursor,
    Limit,
    Line,
    Listing,
    Moment,
    Slug,
    Word,
    cut,
    decode_cursor,
)  # fmt: skip
from app.http.words import written

TAGS = ["marketplace"]
Prose = Annotated[str, msgspec.Meta(max_length=10_000, pattern=NO_NUL)]
Place = Annotated[str, msgspec.Meta(max_length=300, pattern=NO_CONTROL)]
Amount = Annotated[str, msgspec.Meta(pattern=rf"^[0-9]{{1,10}}(?:\.[0-9]{{1,2}})?{END}")]
Currency = Annotated[str, msgspec.Meta(pattern=rf"^[A-Z]{{3}}{END}")]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class NewProject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With `tenant_slug` one's own; without it for the contact `customer_id`, by an agent. `id` makes it repeatable."""

    title: Line
    id: UUID | None = None
    tenant_slug: Slug | None = None
    customer_id: UUID | None = None
    description: Prose | None = None
    category: Word | None = None
    location: Place | None = None
    attributes: dict[str, Any] = {}


class ProjectPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change."""

    title: Line | UnsetType = UNSET
    description: Prose | UnsetType | None = UNSET
    category: Word | UnsetType | None = UNSET
    location: Place | UnsetType | None = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET


class ProjectStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the project is to stand."""

    status: Literal["in_progress", "completed", "cancelled"]


class NewBidCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As a project is made; `publish` shows it to providers at once."""

    title: Line
    id: UUID | None = None
    tenant_slug: Slug | None = None
    customer_id: UUID | None = None
    project_id: UUID | None = None
    description: Prose | None = None
    category: Word | None = None
    location: Place | None = None
    budget_min: Amount | None = None
    budget_max: Amount | None = None
    currency: Currency = "USD"
    closes_at: Moment | None = None
    attributes: dict[str, Any] = {}
    publish: bool = False


class BidCardPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change, while no bid was accepted."""

    title: Line | UnsetType = UNSET
    description: Prose | UnsetType | None = UNSET
    category: Word | UnsetType | None = UNSET
    location: Place | UnsetType | None = UNSET
    budget_min: Amount | UnsetType | None = UNSET
    budget_max: Amount | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    closes_at: Moment | UnsetType | None = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET


class BidCardStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the request is to stand."""

    status: Literal["published", "closed", "completed", "cancelled"]


class NewBid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is offered; a second one changes the first. Agents name the provider."""

    amount: Amount
    currency: Currency | UnsetType = UNSET
    proposal: Prose | UnsetType | None = UNSET
    starts_on: date | UnsetType | None = UNSET
    days: Days | UnsetType | None = UNSET
    provider_id: UUID | UnsetType = UNSET


class BidStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer shortlists, accepts or rejects, the provider withdraws."""

    status: Literal["shortlisted", "accepted", "rejected", "withdrawn"]


def page(cursor: str | None, limit: int, status: str | None, parent: UUID | None = None) -> MarketFilter:
    """What a list of the marketplace asks for: one more than the page holds."""
    before = decode_cursor(cursor)
    return MarketFilter(status, parent, before.at if before else None, before.id if before else None, limit + 1)


def made(data: Any) -> dict[str, Any]:
    """The fields of something new but the tenant's slug, which says where."""
    return {name: value for name, value in given(data).items() if name != "tenant_slug" and value is not None}


@get("/projects", summary="List projects", tags=TAGS)
async def list_projects(
    unit: CallerUnit, project_status: FromQuery[ProjectStatus | None] = None, cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Listing[Project]:  # fmt: skip
    """Newest first: all of the tenant for its staff; one's own, and those of requests one sees, for others."""
    return cut(await db.list_projects(unit, page(cursor, limit, project_status)), limit, "created_at")


@post("/projects", summary="Begin a project", tags=TAGS)
async def create_project(unit: CallerUnit, data: JSONBody[NewProject]) -> MarketRow:
    """Repeated with the same `id` it is the same project. Customers, or agents for one."""
    return await written(unit, "project", "create_project", row=made(data), tenant_slug=data.tenant_slug)


@get("/projects/{project_id:uuid}", summary="One project", tags=TAGS)
async def get_project(unit: CallerUnit, project_id: FromPath[UUID]) -> Project:
    """For its customer, for providers who see a request or booking of it, for staff."""
    return await existing(unit, await db.get_project(unit, project_id), "project", project_id, "get_project")


@patch("/projects/{project_id:uuid}", summary="Change a project", tags=TAGS)
async def change_project(unit: CallerUnit, project_id: FromPath[UUID], data: JSONBody[ProjectPatch]) -> MarketRow:
    """The named fields. Its customer, or agents."""
    return await written(unit, "project", "change_project", id=project_id, row=given(data))


@post("/projects/{project_id:uuid}/status", status_code=200, summary="Bring a project on", tags=TAGS)
async def set_project_status(unit: CallerUnit, project_id: FromPath[UUID], data: JSONBody[ProjectStep]) -> MarketRow:
    """Conversations about it are told. Its customer, or agents."""
    return await db.change(unit, "set_project_status", id=project_id, status=data.status)


@get("/bid-cards", summary="List requests for bids", tags=TAGS)
async def list_bid_cards(
    unit: CallerUnit, bid_card_status: FromQuery[CardStatus | None] = None,
    project_id: FromQuery[UUID | None] = None, cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[BidCard]:  # fmt: skip
    """Newest first: providers see what is published and what they bid for, customers their own, staff all."""
    found = await db.list_bid_cards(unit, page(cursor, limit, bid_card_status, project_id))
    return cut(found, limit, "created_at")


@post("/bid-cards", summary="Ask for bids", tags=TAGS)
async def create_bid_card(unit: CallerUnit, data: JSONBody[NewBidCard]) -> MarketRow:
    """A draft, or published at once. Customers, or agents for one."""
    return await written(unit, "bid_card", "create_bid_card", row=made(data), tenant_slug=data.tenant_slug)


@get("/bid-cards/{bid_card_id:uuid}", summary="One request for bids", tags=TAGS)
async def get_bid_card(unit: CallerUnit, bid_card_id: FromPath[UUID]) -> BidCard:
    """For its customer, for providers while it is published or once they bid, for staff."""
    return await existing(unit, await db.get_bid_card(unit, bid_card_id), "bid_card", bid_card_id, "get_bid_card")


@patch("/bid-cards/{bid_card_id:uuid}", summary="Change a request for bids", tags=TAGS)
async def change_bid_card(unit: CallerUnit, bid_card_id: FromPath[UUID], data: JSONBody[BidCardPatch]) -> MarketRow:
    """The named fields. Its customer, or agents."""
    return await written(unit, "bid_card", "change_bid_card", id=bid_card_id, row=given(data))


@post("/bid-cards/{bid_card_id:uuid}/status", status_code=200, summary="Bring a request on", tags=TAGS)
async def set_bid_card_status(unit: CallerUnit, bid_card_id: FromPath[UUID], data: JSONBody[BidCardStep]) -> MarketRow:
    """It is awarded by accepting a bid, not here. Its customer, or agents."""
    return await db.change(unit, "set_bid_card_status", id=bid_card_id, status=data.status)


@get("/bids", summary="List bids", tags=TAGS)
async def list_bids(
    unit: CallerUnit, bid_status: FromQuery[BidStatus | None] = None, bid_card_id: FromQuery[UUID | None] = None,
    cursor: Cursor = None, limit: Limit = PAGE,
) -> Listing[Bid]:  # fmt: skip
    """Newest first: providers see their own alone, customers those for their requests, staff all."""
    return cut(await db.list_bids(unit, page(cursor, limit, bid_status, bid_card_id)), limit, "created_at")


@post("/bid-cards/{bid_card_id:uuid}/bids", summary="Bid", tags=TAGS)
async def submit_bid(unit: CallerUnit, bid_card_id: FromPath[UUID], data: JSONBody[NewBid]) -> MarketRow:
    """For a published request; who bid already changes his bid. Providers, or agents for one."""
    return await written(unit, "bid", "submit_bid", id=bid_card_id, row=given(data))


@get("/bids/{bid_id:uuid}", summary="One bid", tags=TAGS)
async def get_bid(unit: CallerUnit, bid_id: FromPath[UUID]) -> Bid:
    """For its provider, its customer and staff."""
    return await existing(unit, await db.get_bid(unit, bid_id), "bid", bid_id, "get_bid")


@post("/bids/{bid_id:uuid}/status", status_code=200, summary="Judge or withdraw a bid", tags=TAGS)
async def set_bid_status(unit: CallerUnit, bid_id: FromPath[UUID], data: JSONBody[BidStep]) -> MarketRow:
    """An accepted bid awards the request and turns the others down. Each side its part; agents either."""
    return await db.change(unit, "set_bid_status", id=bid_id, status=data.status)


router = Router(
    "/",
    route_handlers=[
        list_projects, create_project, get_project, change_project, set_project_status, list_bid_cards,
        create_bid_card, get_bid_card, change_bid_card, set_bid_card_status, list_bids, submit_bid, get_bid,
        set_bid_status,
    ],
)  # fmt: skip
