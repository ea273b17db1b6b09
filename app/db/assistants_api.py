"""Suggestions and translations as the API asks for them: one typed function per query of assistants_api.sql."""

from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit

QUERIES = load("assistants_api")


class Asked(msgspec.Struct, frozen=True):
    """A request for suggestions that is under way."""

    request_id: UUID
    thread_id: UUID
    status: str


class DraftRow(msgspec.Struct, frozen=True):
    """A reply that may be sent, and where its words come from: model, canned, faq, hours or rules."""

    body: str
    source: str


class SuggestionState(msgspec.Struct, frozen=True):
    """What became of a request. `status` is waiting, done, unavailable or failed."""

    request_id: UUID
    thread_id: UUID
    status: str
    reason: str | None
    decider: str | None
    model: str | None
    cost_usd: float
    drafts: list[DraftRow]


class TranslationState(msgspec.Struct, frozen=True):
    """A message in another language. `status` is none, waiting, done, unavailable or failed."""

    message_id: UUID
    language: str
    status: str
    reason: str | None
    text: str | None
    model: str | None
    cost_usd: float


async def suggest_replies(unit: Unit, thread_id: UUID) -> Asked:
    """Ask for drafts. Raises NotFound, Forbidden, RateLimited."""
    return msgspec.convert(await unit.call(QUERIES["suggest_replies"], {"thread_id": thread_id}), Asked)


async def read_suggestions(unit: Unit, request_id: UUID) -> SuggestionState:
    """What became of a request. Raises NotFound."""
    return msgspec.convert(await unit.call(QUERIES["read_suggestions"], {"request_id": request_id}), SuggestionState)


async def translate_message(unit: Unit, message_id: UUID, language: str | None) -> TranslationState:
    """The translation there is, or a request for one. Raises NotFound, Forbidden, BadInput, RateLimited."""
    params = {"message_id": message_id, "language": language}
    return msgspec.convert(await unit.call(QUERIES["translate_message"], params), TranslationState)


async def read_translation(unit: Unit, message_id: UUID, language: str | None) -> TranslationState:
    """The translation there is. Raises NotFound, BadInput."""
    params = {"message_id": message_id, "language": language}
    return msgspec.convert(await unit.call(QUERIES["read_translation"], params), TranslationState)
