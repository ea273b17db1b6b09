"""/v1/faq and /v1/canned-replies: what a tenant lets the machine say."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from app.db import tenancy as db
from app.domain.tenancy import CannedReply, FaqDeleted, FaqEntry, FaqPut, ReplyDeleted, ReplyPut
from app.http.deps import CallerUnit, given
from app.http.types import Line, Listing, Locale, LongText, Word

TAGS = ["knowledge"]
Keywords = Annotated[list[Word], msgspec.Meta(min_length=1, max_length=30)]


class NewFaq(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, the words it is recognised by, and its answer."""

    question: Line
    keywords: Keywords
    answer: LongText
    language: Locale | None = None
    enabled: bool = True


class FaqPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change."""

    question: Line | UnsetType = UNSET
    keywords: Keywords | UnsetType = UNSET
    answer: LongText | UnsetType = UNSET
    language: Locale | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tenant's wording for an intent; without language for all of them. {{variables}} are filled in."""

    intent: Word
    body: LongText
    language: Locale | None = None
    enabled: bool = True


@get("/faq", summary="List questions", tags=TAGS)
async def list_faq(unit: CallerUnit) -> Listing[FaqEntry]:
    """Questions and answers."""
    return Listing(await db.list_faq_entries(unit))


@post("/faq", summary="Add a question", tags=TAGS)
async def create_faq(unit: CallerUnit, data: JSONBody[NewFaq]) -> FaqPut:
    """A question the machine may answer from now on."""
    return await db.call(unit, FaqPut, "put_faq_entry", faq_id=None, entry=msgspec.structs.asdict(data))


@patch("/faq/{faq_id:uuid}", summary="Change a question", tags=TAGS)
async def update_faq(unit: CallerUnit, faq_id: FromPath[UUID], data: JSONBody[FaqPatch]) -> FaqPut:
    """Change the named fields."""
    return await db.call(unit, FaqPut, "put_faq_entry", faq_id=faq_id, entry=given(data))


@delete("/faq/{faq_id:uuid}", status_code=200, summary="Delete a question", tags=TAGS)
async def delete_faq(unit: CallerUnit, faq_id: FromPath[UUID]) -> FaqDeleted:
    """The machine forgets the answer."""
    return await db.call(unit, FaqDeleted, "delete_faq_entry", faq_id=faq_id)


@get("/canned-replies", summary="List wordings", tags=TAGS)
async def list_canned_replies(unit: CallerUnit) -> Listing[CannedReply]:
    """The tenant's own wordings."""
    return Listing(await db.list_canned_replies(unit))


@put("/canned-replies", summary="Set a wording", tags=TAGS)
async def put_canned_reply(unit: CallerUnit, data: JSONBody[Wording]) -> ReplyPut:
    """Replaces an earlier one of the same intent and language."""
    return await db.call(
        unit,
        ReplyPut,
        "put_canned_reply",
        intent=data.intent,
        body=data.body,
        language=data.language,
        enabled=data.enabled,
    )


@delete("/canned-replies/{reply_id:uuid}", status_code=200, summary="Delete a wording", tags=TAGS)
async def delete_canned_reply(unit: CallerUnit, reply_id: FromPath[UUID]) -> ReplyDeleted:
    """Back to the decider's own wording."""
    return await db.call(unit, ReplyDeleted, "delete_canned_reply", reply_id=reply_id)


router = Router(
    "/",
    route_handlers=[
        list_faq,
        create_faq,
        update_faq,
        delete_faq,
        list_canned_replies,
        put_canned_reply,
        delete_canned_reply,
    ],
)
