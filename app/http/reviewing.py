"""/v1/reviews, /v1/mutes, /v1/standing and the appeal of a message: where people decide what rules cannot."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.db import reviewing as db
from app.domain.reviewing import (
    ClaimedReview,
    ContactMute,
    ContactTrust,
    Lane,
    MaskedKind,
    MessageAppealed,
    MuteAnswered,
    MuteAppealed,
    MuteShow,
    Origin,
    Review,
    ReviewDecided,
    ReviewDecision,
    ReviewQueue,
    ReviewReleased,
    Standing,
)
from app.http.deps import CallerUnit, existing
from app.http.files import Reason
from app.http.types import NO_NUL, PAGE, Cursor, Limit, Listing, QueryLine, QueryWord, Slug, cut, decode_cursor

TAGS = ["moderation"]
Why = Annotated[str, msgspec.Meta(min_length=5, max_length=500, pattern=NO_NUL)]
Appealing = Annotated[str, msgspec.Meta(min_length=5, max_length=1000, pattern=NO_NUL)]
StaffNote = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=NO_NUL)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Place = Annotated[int, msgspec.Meta(ge=0, le=200_000)]


class ClaimReview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the caller reads it; for the audit log."""

    reason: Reason


class MaskedSpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is taken out of the text: characters of subject, line feed and body, the end excluded."""

    kind: MaskedKind
    span: Annotated[list[Place], msgspec.Meta(min_length=2, max_length=2)]


class DecideReview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reason` is for the sender, `note` for the staff. `filtered` shows the message without `spans`, or without what
    was found in it."""

    digest: Digest
    decision: ReviewDecision
    reason: Why
    note: StaffNote | None = None
    spans: Annotated[list[MaskedSpan], msgspec.Meta(min_length=1, max_length=200)] | None = None


class AppealMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it should be shown as it is."""

    text: Appealing


class AnswerMute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; the muted person reads it."""

    reason: Why


class AppealMute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the mute is wrong; `tenant_slug` where the caller is a contact of several businesses."""

    text: Appealing
    tenant_slug: Slug | None = None


@get("/reviews", summary="What waits for a person", tags=TAGS)
async def list_reviews(  # noqa: PLR0917
    unit: CallerUnit, queue: FromQuery[ReviewQueue] = "open", kind: QueryWord = None,
    lane: FromQuery[Lane | None] = None, origin: FromQuery[Origin | None] = None, cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Listing[Review]:  # fmt: skip
    """By due date, without any text: `free` is open and nobody's, `mine` the caller's, `overdue` open and late."""
    found = await db.list_reviews(
        unit, queue=queue, kind=kind, lane=lane, origin=origin, after=decode_cursor(cursor), limit=limit + 1
    )
    return cut(found, limit, "due_at")


@get("/reviews/{review_id:uuid}", summary="One review", tags=TAGS)
async def get_review(unit: CallerUnit, review_id: FromPath[UUID]) -> Review:
    """Where it stands; the text is read by claiming it."""
    return await existing(unit, await db.get_review(unit, review_id), "moderation_review", review_id, "get_review")


@post("/reviews/{review_id:uuid}/claim", status_code=200, summary="Take a review and read it", tags=TAGS)
async def claim_review(unit: CallerUnit, review_id: FromPath[UUID], data: JSONBody[ClaimReview]) -> ClaimedReview:
    """For a while it is the caller's alone. The look is in the audit log with its reason. Agents."""
    return await db.claim_review(unit, review_id, data.reason)


@post("/reviews/{review_id:uuid}/release", status_code=200, summary="Give a review back", tags=TAGS)
async def release_review(unit: CallerUnit, review_id: FromPath[UUID]) -> ReviewReleased:
    """One's own; admins also a colleague's. Agents."""
    return await db.release_review(unit, review_id)


@post("/reviews/{review_id:uuid}/decide", status_code=200, summary="Decide on a message", tags=TAGS)
async def decide_review(unit: CallerUnit, review_id: FromPath[UUID], data: JSONBody[DecideReview]) -> ReviewDecided:
    """On the text the caller read, which `digest` names. The sender is told. Agents."""
    spans = None if data.spans is None else [msgspec.to_builtins(span) for span in data.spans]
    return await db.decide_review(
        unit, review_id, digest=data.digest, decision=data.decision, reason=data.reason, note=data.note, spans=spans
    )


@post("/messages/{message_id:uuid}/appeal", summary="Ask for a person", tags=TAGS)
async def appeal_message(
    unit: CallerUnit, message_id: FromPath[UUID], data: JSONBody[AppealMessage]
) -> MessageAppealed:  # fmt: skip
    """For the sender of a stopped or masked message, once a text."""
    return await db.appeal_message(unit, message_id, data.text)


@get("/mutes", summary="Who may not write for a while", tags=TAGS)
async def list_mutes(
    unit: CallerUnit, show: FromQuery[MuteShow] = "active", cursor: Cursor = None, limit: Limit = PAGE
) -> Listing[ContactMute]:  # fmt: skip
    """Newest first, each with the strikes it rests on."""
    found = await db.list_mutes(unit, show=show, before=decode_cursor(cursor), limit=limit + 1)
    return cut(found, limit, "muted_at")


@post("/mutes/{mute_id:uuid}/lift", status_code=200, summary="End a mute", tags=TAGS)
async def lift_mute(unit: CallerUnit, mute_id: FromPath[UUID], data: JSONBody[AnswerMute]) -> MuteAnswered:
    """Its strikes are forgotten. Admins."""
    return await db.lift_mute(unit, mute_id, data.reason)


@post("/mutes/{mute_id:uuid}/keep", status_code=200, summary="Answer the appeal of a mute: it stays", tags=TAGS)
async def keep_mute(unit: CallerUnit, mute_id: FromPath[UUID], data: JSONBody[AnswerMute]) -> MuteAnswered:
    """It ends when its time is over. Admins."""
    return await db.keep_mute(unit, mute_id, data.reason)


@get("/contacts/{contact_id:uuid}/trust", summary="What speaks against a contact", tags=TAGS)
async def contact_trust(unit: CallerUnit, contact_id: FromPath[UUID]) -> ContactTrust:
    """Strike by strike, with the verdict each comes from, and what follows from their sum."""
    return await db.contact_trust(unit, contact_id)


@get("/standing", summary="Whether you may write to others", tags=TAGS)
async def my_standing(unit: CallerUnit, tenant_slug: QueryLine = None) -> Standing:
    """How fast, and until when not."""
    return await db.my_standing(unit, tenant_slug)


@post("/standing/appeal", status_code=200, summary="Say why your mute is wrong", tags=TAGS)
async def appeal_mute(unit: CallerUnit, data: JSONBody[AppealMute]) -> MuteAppealed:
    """Once a mute; an admin reads it."""
    return await db.appeal_mute(unit, data.text, data.tenant_slug)


router = Router(
    "/",
    route_handlers=[
        list_reviews, get_review, claim_review, release_review, decide_review, appeal_message, list_mutes, lift_mute,
        keep_mute, contact_trust, my_standing, appeal_mute,
    ],
)  # fmt: skip
