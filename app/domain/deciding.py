"""The decider port: what a decider is told, and what it may answer. No I/O, no database."""

from datetime import datetime
from typing import Literal, Protocol

import msgspec

Action = Literal["auto_reply", "follow_up", "human_takeover", "no_reply"]
"""`no_reply` closes automated mail, thanks and spam: nothing to answer and nobody to call."""

Provider = Literal["auto", "rules", "anthropic"]
"""Whether a tenant wants a model: where there is one, never, or explicitly."""


class Faq(msgspec.Struct, frozen=True, kw_only=True):
    """One question a tenant answers itself. `keywords` match whole words, case and accents folded."""

    id: str
    question: str
    keywords: tuple[str, ...]
    answer: str
    language: str | None = None


class CannedReply(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's own wording for an intent.

    `{{variables}}`: contact_name, tenant_name, signature, business_hours, next_opening, subject;
    `{{contact_name|there}}` names what to say when the value is empty.
    """

    id: str
    intent: str
    body: str
    language: str | None = None


class OpeningHours(msgspec.Struct, frozen=True, kw_only=True):
    """One opening interval, local time of the tenant. `weekday` 0 is Monday; times are `HH:MM`, end exclusive."""

    weekday: int
    opens: str
    closes: str


Formality = Literal["neutral", "formal", "informal"]


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """How a tenant wants to sound. It changes the wording of a reply, never what is done or what may be said."""

    tone: str | None = None
    formality: Formality = "neutral"
    signature: str | None = None
    avoid: tuple[str, ...] = ()
    """Words and phrases that stand in no reply a model drafts."""


class TenantKnowledge(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant lets a decider use."""

    tenant_name: str
    locale: str = "en"
    time_zone: str = "UTC"
    hours: tuple[OpeningHours, ...] = ()
    closed_dates: tuple[str, ...] = ()
    """ISO dates."""
    faqs: tuple[Faq, ...] = ()
    canned: tuple[CannedReply, ...] = ()
    ai_enabled: bool = True
    ai_provider: Provider = "auto"
    confidence_threshold: float = 0.6
    voice: Voice = Voice()
    policy_version: int = 1


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One earlier message of the thread, as its readers may see it."""

    sender: Literal["contact", "ai", "human", "system"]
    text: str
    at: datetime


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the burst to decide on."""

    id: str
    text: str
    subject: str | None = None
    auto_class: str = "none"
    spam_score: float = 0.0
    unsubscribe_request: bool = False
    has_attachments: bool = False


class DecisionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a decider may know. `burst` holds one or more messages that get ONE decision.

    `tenant_id` and `case_id` (the thread) are for accounts and caches: no decider shows them to a model.
    """

    channel: str
    now: datetime
    burst: tuple[Incoming, ...]
    knowledge: TenantKnowledge
    history: tuple[Turn, ...] = ()
    """Oldest first, at most the last 20."""
    contact_name: str | None = None
    contact_locale: str | None = None
    tenant_id: str = ""
    case_id: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a burst. `reply` is set for `auto_reply` and `follow_up` alone."""

    action: Action
    intent: str
    confidence: float
    """0 to 1."""
    language: str
    reasons: tuple[str, ...]
    """Plain sentences, most important first: shown by `parley explain`."""
    reply: str | None = None
    follow_up_in_s: int | None = None
    labels: tuple[str, ...] = ()
    sentiment: float = 0.0
    """-1 (angry) to 1 (happy)."""
    suppress_contact: bool = False
    """The contact asked not to be written to."""
    decider: str = "rules"
    model: str | None = None
    prompt_version: str | None = None
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0


class Decider(Protocol):
    """Decides on a burst. May be slow; the worker imposes the deadline."""

    name: str

    async def decide(self, request: DecisionRequest) -> Decision:
        """What to do about a burst of messages. May raise: a broken decider makes a person take over."""
        ...
