"""Suggestions and translations as the API asks for them: one typed function per query of assistants_api.sql."""

from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit
from app.domain.assisting import Asked, SuggestionState, TranslationState

QUERIES = load("assistants_api")


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
