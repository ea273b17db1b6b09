"""/v1/moderation, and what belongs to a message there: what becomes of a text, what became of a message, and why."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from app.db import moderation_api as db
from app.domain.judgement import Escalated, Lane, MessageComment, MessageModeration, Original, Stage, Visibility
from app.http.deps import CallerUnit, existing
from app.http.files import Reason
from app.http.types import PAGE, Cursor, Limit, Listing, Region, Text, cut, decode_cursor
from app.moderation import Policy, Verdict, canonical, judge, policy_of
from app.moderation.raising import watch_of
from app.moderation.watching import readings_of, seen_by
from app.moderation.window import LAST

TAGS = ["moderation"]


class JudgeText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text to judge as if it were sent: by the policy in force for a lane and stage, without one by the defaults.

    `earlier` are the sender's messages before it, oldest first; `region` his home countries instead of the policy's.
    """

    text: Text
    region: Region | Annotated[list[Region], Meta(max_length=20)] | None = None
    earlier: Annotated[list[Text], Meta(max_length=12)] = []
    lane: Lane = "people"
    stage: Stage = "before"


class ReadOriginal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is read."""

    reason: Reason


@post("/moderation/judge", status_code=200, summary="Judge a text", tags=TAGS)
async def judge_text(unit: CallerUnit, data: JSONBody[JudgeText]) -> Response[Verdict]:
    """The verdict it would get now, byte for byte as `parley moderate` and `app.moderation.judge` write it. Nothing is
    kept, and no model is asked."""
    document, home = await db.policy_in_force(unit)
    document = document or {}
    policy = policy_of(document, data.lane, data.stage) or Policy()
    window = int(document.get("window", LAST))
    verdict = judge(
        data.text, region=data.region or document.get("regions") or home,
        earlier=data.earlier[-window:] if window else (), policy=policy,
    )  # fmt: skip
    if watch := watch_of(document, data.lane, data.stage):
        verdict = seen_by(watch, verdict, readings_of(watch, data.text, verdict, data.earlier))
    written: Any = canonical(verdict)
    return Response(written, media_type="application/json")


@get("/messages/{message_id:uuid}/moderation", summary="What became of your message", tags=TAGS)
async def my_message_moderation(unit: CallerUnit, message_id: FromPath[UUID]) -> MessageModeration:
    """For its sender: whether it is being checked, shown, shown masked or held back, and what to change."""
    return await db.my_message_moderation(unit, message_id)


@post("/messages/{message_id:uuid}/original", status_code=200, summary="Read what was written", tags=TAGS)
async def read_original(unit: CallerUnit, message_id: FromPath[UUID], data: JSONBody[ReadOriginal]) -> Original:
    """Before it was masked or stopped. Each look is in the audit log with its reason."""
    return await db.read_original(unit, message_id, data.reason)


@get("/messages/{message_id:uuid}/comments", summary="What is said beside a message", tags=TAGS)
async def list_comments(
    unit: CallerUnit, message_id: FromPath[UUID], visibility: FromQuery[Visibility | None] = None
) -> Listing[MessageComment]:
    """To its sender, to its recipients or among staff, each only for whom it is meant; staff see all."""
    found = await db.list_comments(unit, message_id, visibility)
    return Listing(await existing(unit, found, "message", message_id, "list_comments"))


@get("/threads/{thread_id:uuid}/escalations", summary="Whom a conversation called", tags=TAGS)
async def list_escalations(
    unit: CallerUnit, thread_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = PAGE
) -> Listing[Escalated]:
    """When a rule of the policy called a person, by which message and why, newest first. No word of what was said."""
    found = await db.list_escalations(unit, thread_id, below=decode_cursor(cursor), limit=limit + 1)
    return cut(await existing(unit, found, "thread", thread_id, "list_escalations"), limit, "created_at")


router = Router(
    "/", route_handlers=[judge_text, my_message_moderation, read_original, list_comments, list_escalations]
)  # fmt: skip
