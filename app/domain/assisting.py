"""What the staff may ask for: drafts of a reply, a message in another language. No I/O, no database."""

from typing import Literal, Protocol
from uuid import UUID

import msgspec

from app.domain.deciding import DecisionRequest, Provider

Source = Literal["model", "canned", "faq", "hours", "rules"]
REMEDIES = {
    "no_model": "Set ANTHROPIC_API_KEY for the workers, or have the message translated elsewhere.",
    "not_wanted": "An admin of the tenant can set ai_provider to auto.",
    "budget": "The budget of this month is used up: the platform can raise ai_budget_usd, or wait for the next month.",
    "model_failed": "Ask again in a few minutes.",
    "opted_out": "The contact asked not to be written to.",
    "no_message": "Nobody has written yet.",
    "nothing_known": "Write the reply yourself, and add what it says to the FAQ.",
    "gone": "The message is not there any more.",
    "errors": "Ask again; the worker's log says what went wrong.",
}
"""Reason → what to do about it, for people."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A reply somebody may send, and where its words come from."""

    body: str
    source: Source


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """Up to three drafts. `reason` says why there are none, or why they are the rules' own."""

    drafts: tuple[Draft, ...] = ()
    reason: str | None = None
    decider: str = "rules"
    model: str | None = None
    prompt_version: str | None = None
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0


class TranslationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A message and the language it is wanted in (ISO 639)."""

    text: str
    language: str
    subject: str | None = None
    ai_provider: Provider = "auto"
    tenant_id: str = ""
    case_id: str = ""


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """The text in the other language, or None with the reason."""

    text: str | None = None
    reason: str | None = None
    model: str | None = None
    prompt_version: str | None = None
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0


class Assistant(Protocol):
    """Helps a person answer. What it writes is sent by nobody but that person."""

    name: str

    async def suggest(self, request: DecisionRequest) -> Suggestions:
        """Drafts of a reply to a burst."""
        ...

    async def translate(self, request: TranslationRequest) -> Translation:
        """A message in another language."""
        ...


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
