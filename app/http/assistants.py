"""/v1/…/suggestions and /v1/…/translation: what an assistant prepares for a person. Asking answers at once; the work is
done by a worker, and nothing of it is sent.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.db import assistants_api as db
from app.domain.assisting import REMEDIES, Asked, DraftRow, TranslationState
from app.http.deps import CallerUnit

TAGS = ["assistants"]
POLL_MS = 700
LanguageCode = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(?:-[A-Z][a-z]{3})?\Z", examples=["en"])]


class Request(msgspec.Struct, frozen=True):
    """Where to ask for the drafts, and how soon."""

    request_id: UUID
    thread_id: UUID
    status: str
    next_poll_ms: int = POLL_MS


class Suggestions(msgspec.Struct, frozen=True):
    """Up to three drafts once `status` is done. Else `reason` and `remedy` say what is missing."""

    request_id: UUID
    thread_id: UUID
    status: str
    drafts: list[DraftRow]
    decider: str | None
    model: str | None
    cost_usd: float
    reason: str | None
    remedy: str | None
    next_poll_ms: int | None


class Translate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The language wanted (ISO 639, with a script where there are several); without it the one the caller reads: his
    own, else the tenant's."""

    language: LanguageCode | None = None


class Translation(msgspec.Struct, frozen=True):
    """The message in the other language once `status` is done. Else `reason` and `remedy` say what is missing."""

    message_id: UUID
    language: str
    status: str
    text: str | None
    model: str | None
    cost_usd: float
    reason: str | None
    remedy: str | None
    next_poll_ms: int | None


@post("/threads/{thread_id:uuid}/suggestions", status_code=202, summary="Ask for drafts of a reply", tags=TAGS)
async def suggest(unit: CallerUnit, thread_id: FromPath[UUID]) -> Request:
    """Up to three drafts are written by a worker; nothing is sent."""
    asked: Asked = await db.suggest_replies(unit, thread_id)
    return Request(asked.request_id, asked.thread_id, asked.status)


@get("/suggestions/{suggestion_id:uuid}", summary="Drafts that were asked for", tags=TAGS)
async def suggestions(unit: CallerUnit, suggestion_id: FromPath[UUID]) -> Suggestions:
    """Ask again after `next_poll_ms` while the status is waiting."""
    state = await db.read_suggestions(unit, suggestion_id)
    return Suggestions(
        state.request_id, state.thread_id, state.status, state.drafts, state.decider, state.model, state.cost_usd,
        state.reason, REMEDIES.get(state.reason or ""), POLL_MS if state.status == "waiting" else None,
    )  # fmt: skip


@post("/messages/{message_id:uuid}/translation", status_code=200, summary="Ask for a translation", tags=TAGS)
async def translate(unit: CallerUnit, message_id: FromPath[UUID], data: JSONBody[Translate]) -> Response[Translation]:
    """200 with the text when it is there already, else 202: a worker translates it, once for everybody."""
    state = await db.translate_message(unit, message_id, data.language)
    return Response(_shown(state), status_code=200 if state.status == "done" else 202)


@get("/messages/{message_id:uuid}/translation", summary="A translation that was asked for", tags=TAGS)
async def translation(
    unit: CallerUnit, message_id: FromPath[UUID],
    language: FromQuery[LanguageCode | None] = None,
) -> Translation:  # fmt: skip
    """`none` when nobody asked for it yet. Without a language: the one the caller reads."""
    return _shown(await db.read_translation(unit, message_id, language))


def _shown(state: TranslationState) -> Translation:
    return Translation(
        state.message_id, state.language, state.status, state.text, state.model, state.cost_usd, state.reason,
        REMEDIES.get(state.reason or ""), POLL_MS if state.status == "waiting" else None,
    )  # fmt: skip


router = Router("/", route_handlers=[suggest, suggestions, translate, translation])
