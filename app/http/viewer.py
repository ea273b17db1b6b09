"""/v1/viewer: conversations that are not the tenant's own, for admins, to read only, each look with its reason.

POST, because every look is written down.
"""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, post
from litestar.params import FromPath, JSONBody

from app.db import viewer as db
from app.domain.viewer import FoundConversations, ViewedThread, ViewFilter
from app.http.deps import CallerUnit
from app.http.files import Reason
from app.http.types import Line, Moment, Seq

TAGS = ["logs"]


class ViewSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By a person, or by what they are about; `before_at` and `before_id` of the last item lead to older ones."""

    reason: Reason
    contact_id: UUID | None = None
    context_kind: Literal["project", "bid_card", "job", "booking"] | None = None
    context_id: Line | None = None
    before_at: Moment | None = None
    before_id: UUID | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 50


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, and which page: the newest messages, or those before `before_seq`."""

    reason: Reason
    before_seq: Seq | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


@post("/viewer/conversations", status_code=200, summary="Find conversations between people", tags=TAGS)
async def find_conversations(unit: CallerUnit, data: JSONBody[ViewSearch]) -> FoundConversations:
    """Who, about what and when, newest first; no text. The search is in the audit log with its reason."""
    wanted = ViewFilter(data.contact_id, data.context_kind, data.context_id, data.before_at, data.before_id)
    return await db.find_conversations(unit, data.reason, wanted, data.limit)


@post(
    "/viewer/conversations/{thread_id:uuid}/messages", status_code=200, summary="Read a conversation between people",
    tags=TAGS,
)  # fmt: skip
async def view_conversation(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[View]) -> ViewedThread:
    """As it is, with what is held back. Each page is in the audit log with its reason."""
    return await db.read_thread(unit, thread_id, data.reason, before_seq=data.before_seq, limit=data.limit)


router = Router("/", route_handlers=[find_conversations, view_conversation])
