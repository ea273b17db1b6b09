"""The review queue, mutes and trust as the API reads and changes them: one function per query of reviewing.sql."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param, rows_as
from app.domain.paging import Position
from app.domain.reviewing import (
    ClaimedReview,
    ContactMute,
    ContactTrust,
    MessageAppealed,
    MuteAnswered,
    MuteAppealed,
    MuteShow,
    Review,
    ReviewDecided,
    ReviewQueue,
    ReviewReleased,
    Standing,
)

QUERIES = load("reviewing")
_STATUS = {"open": "open", "free": "open", "mine": "open", "overdue": "open", "decided": "decided", "any": None}


async def list_reviews(
    unit: Unit, *, queue: ReviewQueue, kind: str | None, lane: str | None, origin: str | None, after: Position | None,
    limit: int,
) -> list[Review]:  # fmt: skip
    """Reviews by due date, after the one `after` names."""
    params = {
        "status": _STATUS[queue], "free": queue == "free", "late": queue == "overdue",
        "mine": queue == "mine", "kind": kind, "lane": lane, "origin": origin,
        "after_due": after and after.at, "after_id": after and after.id, "limit": limit,
    }  # fmt: skip
    return rows_as(Review, await unit.read(QUERIES["list_reviews"], params, keep_plan=False))


async def get_review(unit: Unit, review_id: UUID) -> Review | None:
    """One review, None when the caller sees no such."""
    rows = await unit.read(QUERIES["get_review"], {"review_id": review_id})
    return Review(*rows[0]) if rows else None


async def claim_review(unit: Unit, review_id: UUID, reason: str) -> ClaimedReview:
    """See `ClaimedReview`. Raises Conflict when a colleague has it, or it is over."""
    params = {"review_id": review_id, "reason": reason}
    return msgspec.convert(await unit.call(QUERIES["claim_review"], params), ClaimedReview)


async def release_review(unit: Unit, review_id: UUID) -> ReviewReleased:
    """See `ReviewReleased`."""
    return msgspec.convert(await unit.call(QUERIES["release_review"], {"review_id": review_id}), ReviewReleased)


async def decide_review(
    unit: Unit, review_id: UUID, *, digest: str, decision: str, reason: str, note: str | None,
    spans: Sequence[dict[str, Any]] | None,
) -> ReviewDecided:  # fmt: skip
    """See `ReviewDecided`. Raises Conflict when the text is another than the one that was read."""
    params = {
        "review_id": review_id, "digest": digest, "decision": decision, "reason": reason, "note": note,
        "spans": None if spans is None else json_param(list(spans)),
    }  # fmt: skip
    return msgspec.convert(await unit.call(QUERIES["decide_review"], params), ReviewDecided)


async def appeal_message(unit: Unit, message_id: UUID, text: str) -> MessageAppealed:
    """See `MessageAppealed`."""
    params = {"message_id": message_id, "text": text}
    return msgspec.convert(await unit.call(QUERIES["appeal_message"], params), MessageAppealed)


async def list_mutes(unit: Unit, *, show: MuteShow, before: Position | None, limit: int) -> list[ContactMute]:
    """Mutes, newest first."""
    params = {
        "active": {"active": True, "appealed": True, "ended": False, "any": None}[show], "appealed": show == "appealed",
        "before_at": before and before.at, "before_id": before and before.id, "limit": limit,
    }  # fmt: skip
    rows = await unit.read(QUERIES["list_mutes"], params, keep_plan=False)
    names = ContactMute.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), ContactMute) for row in rows]


async def lift_mute(unit: Unit, mute_id: UUID, reason: str) -> MuteAnswered:
    """See `MuteAnswered`. Raises Forbidden for anybody but admins."""
    params = {"mute_id": mute_id, "reason": reason}
    return msgspec.convert(await unit.call(QUERIES["lift_mute"], params), MuteAnswered)


async def keep_mute(unit: Unit, mute_id: UUID, reason: str) -> MuteAnswered:
    """See `MuteAnswered`. Raises Forbidden for anybody but admins."""
    params = {"mute_id": mute_id, "reason": reason}
    return msgspec.convert(await unit.call(QUERIES["keep_mute"], params), MuteAnswered)


async def contact_trust(unit: Unit, contact_id: UUID) -> ContactTrust:
    """See `ContactTrust`."""
    return msgspec.convert(await unit.call(QUERIES["contact_trust"], {"contact_id": contact_id}), ContactTrust)


async def my_standing(unit: Unit, tenant_slug: str | None) -> Standing:
    """See `Standing`."""
    return msgspec.convert(await unit.call(QUERIES["my_standing"], {"tenant_slug": tenant_slug}), Standing)


async def appeal_mute(unit: Unit, text: str, tenant_slug: str | None) -> MuteAppealed:
    """See `MuteAppealed`."""
    params = {"text": text, "tenant_slug": tenant_slug}
    return msgspec.convert(await unit.call(QUERIES["appeal_mute"], params), MuteAppealed)
