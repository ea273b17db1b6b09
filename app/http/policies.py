"""/v1/moderation/policies and /v1/moderation/simulations: what a tenant lets through, and what another policy would."""

import asyncio
import time
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter, QueryParameter

from app.db import policies as db
from app.db.unit import Unit, missing
from app.domain.policies import ModerationPolicy, PolicyDifferences, PolicyInForce, PolicyVersion, Revealed
from app.domain.simulation import SimulationReport, Written
from app.http.deps import CallerUnit
from app.http.files import Reason
from app.http.types import INT_MAX, NO_CONTROL, PAGE, Limit, Listing, Moment
from app.moderation.documents import check
from app.moderation.simulation import (
    Candidate,
    Case,
    Tally,
    Windows,
    events_of,
    judge_all,
    reads_customers,
    wanted,
)

TAGS = ["moderation"]
MOST_MESSAGES = 2000
LONGEST_S = 10.0
BATCH = 100
Version = Annotated[int, PathParameter(ge=1, le=INT_MAX)]
QueryVersion = Annotated[int | None, QueryParameter(ge=0, le=INT_MAX)]
Expected = Annotated[int, msgspec.Meta(ge=0, le=INT_MAX)]
Note = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=NO_CONTROL)]


class NewPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document, in force at once unless `activate` is false; only if `expected_version` (0: none) is in force."""

    document: dict[str, Any]
    note: Note | None = None
    activate: bool = True
    expected_version: Expected | None = None


class ActivatePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Only if `expected_version` (0: none) is in force."""

    expected_version: Expected | None = None


class RevealContacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why they may know how to reach each other."""

    reason: Reason


class Simulate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A candidate, and what of the tenant's history to try it on: the first so many messages of the span.

    One conversation (`thread_id`) needs a `reason`.
    """

    document: dict[str, Any]
    since: Moment | None = None
    until: Moment | None = None
    thread_id: UUID | None = None
    reason: Reason | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_MESSAGES)] = MOST_MESSAGES
    samples: Annotated[int, msgspec.Meta(ge=0, le=20)] = 5


@get("/moderation/policies", summary="List versions of the policy", tags=TAGS)
async def list_moderation_policies(
    unit: CallerUnit, before_version: QueryVersion = None, limit: Limit = PAGE
) -> Listing[PolicyVersion]:
    """Newest first, without the documents; `activated_at` is set for the one in force."""
    return Listing(await db.list_policies(unit, before_version, limit))


@get("/moderation/policy", summary="The policy in force", tags=TAGS)
async def active_moderation_policy(unit: CallerUnit) -> ModerationPolicy:
    """404 while nothing is moderated."""
    return _existing(await db.get_policy(unit, None))


@get("/moderation/policies/{version:int}", summary="One version of the policy", tags=TAGS)
async def get_moderation_policy(unit: CallerUnit, version: Version) -> ModerationPolicy:
    """With its document."""
    return _existing(await db.get_policy(unit, version))


@get("/moderation/policies/{version:int}/changes", summary="Compare two versions of the policy", tags=TAGS)
async def diff_moderation_policies(
    unit: CallerUnit, version: Version, from_version: FromQuery[Annotated[int, QueryParameter(ge=1, le=INT_MAX)]]
) -> PolicyDifferences:
    """What differs from another version, by path; null where one of them says nothing."""
    return await db.call(
        unit, PolicyDifferences, "diff_moderation_policies", version=version, from_version=from_version
    )


@post("/moderation/policies", summary="Put a policy", tags=TAGS)
async def put_moderation_policy(unit: CallerUnit, data: JSONBody[NewPolicy]) -> PolicyInForce:
    """The next version. What is not exactly a policy is refused with the field's path."""
    return await db.call(unit, PolicyInForce, "put_moderation_policy", **msgspec.structs.asdict(data))


@post(
    "/moderation/policies/{version:int}/activate", status_code=200, summary="Put a version in force", tags=TAGS
)  # fmt: skip
async def activate_moderation_policy(
    unit: CallerUnit, version: Version, data: JSONBody[ActivatePolicy]
) -> PolicyInForce:
    """From the next message on: back to an older version, or on to a draft."""
    return await db.call(
        unit, PolicyInForce, "activate_moderation_policy", version=version, expected_version=data.expected_version
    )


@delete("/moderation/policy", status_code=200, summary="Switch moderation off", tags=TAGS)
async def switch_moderation_off(unit: CallerUnit, expected_version: QueryVersion = None) -> PolicyInForce:
    """From the next message on nothing is moderated; the versions stay. What waits is still judged."""
    return await db.call(unit, PolicyInForce, "switch_moderation_off", expected_version=expected_version)


@post("/threads/{thread_id:uuid}/reveal", status_code=200, summary="Let people share contact details", tags=TAGS)
async def reveal_contacts(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[RevealContacts]) -> Revealed:
    """In a conversation between people, from now on, with a reason that is audited; where the policy allows it."""
    return await db.call(unit, Revealed, "reveal_contacts", thread_id=thread_id, reason=data.reason)


@post("/moderation/simulations", status_code=200, summary="Try a policy on history", tags=TAGS)
async def simulate_moderation(unit: CallerUnit, data: JSONBody[Simulate]) -> SimulationReport:
    """What it would have made of the span's first messages; nothing is changed, and no text is shown.

    `complete` is false where the span goes on. For larger spans there is `parley moderation simulate`.
    """
    started = time.monotonic()
    check(data.document)
    tenant, rows, cases, complete = await _written(unit, data)
    candidate = Candidate(data.document, tenant.get("home_regions", ()))
    tally = Tally(data.samples, data.document)
    for start in range(0, len(cases), BATCH):
        if time.monotonic() - started > LONGEST_S:
            complete = False
            break
        # A thread, and a batch at a time: others' requests go on meanwhile.
        fates = await asyncio.to_thread(judge_all, candidate, cases[start : start + BATCH])
        for row, case, fate in zip(rows[start:], cases[start:], fates, strict=False):
            tally.add(tenant["slug"], row, case._replace(text=""), fate)
    return tally.finished(complete=complete, seconds=time.monotonic() - started)


async def _written(unit: Unit, data: Simulate) -> tuple[dict[str, Any], list[Written], list[Case], bool]:
    """The tenant, the first messages of the span, and whether these are all."""
    tenant: dict[str, Any] = {"slug": ""}
    rows: list[Written] = []
    cases: list[Case] = []
    windows = Windows()
    span = {"thread_id": data.thread_id, "since": data.since, "until": data.until, "reason": data.reason}
    read = {"customers": reads_customers(data.document), **span}
    history = db.history(unit, data.document, events_of(data.document), **read)  # type: ignore[arg-type]
    async with aclosing(history) as pages:
        async for found, page in pages:
            tenant = found
            more = wanted(windows, page)
            rows += more[0]
            cases += more[1]
            if len(rows) > data.limit:
                break
    return tenant, rows[: data.limit], cases[: data.limit], len(rows) <= data.limit


def _existing(policy: ModerationPolicy | None) -> ModerationPolicy:
    if policy is None:
        raise missing("moderation_policy")
    return policy


router = Router(
    "/",
    route_handlers=[
        list_moderation_policies, active_moderation_policy, get_moderation_policy, diff_moderation_policies,
        put_moderation_policy, activate_moderation_policy, switch_moderation_off, reveal_contacts,
        simulate_moderation,
    ],
)  # fmt: skip
