"""What people review, what they decide, and who may not write for a while. No I/O."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Lane = Literal["people", "agent", "ai", "template"]
Origin = Literal["verdict", "appeal"]
ReviewStatus = Literal["open", "decided", "superseded", "withdrawn"]
ReviewDecision = Literal["approved", "filtered", "blocked"]
Outcome = Literal["upheld", "overturned"]
StrikeReason = Literal["filtered", "blocked", "duplicates", "first_contacts", "harvesting", "evasion"]
MaskedKind = Literal[
    "email", "phone", "url", "meeting_link", "social_handle", "payment_handle", "address", "other"
]  # fmt: skip
"""What may be taken out of a text; readers see the word for it in brackets."""
ReviewQueue = Literal["open", "free", "mine", "overdue", "decided", "any"]
MuteShow = Literal["active", "appealed", "ended", "any"]


class Review(msgspec.Struct, frozen=True):
    """A message that waits for a person, or waited; never its text."""

    id: UUID
    message_id: UUID
    thread_id: UUID
    verdict_id: UUID
    origin: Origin
    status: ReviewStatus
    lane: Lane
    kinds: list[str]
    policy_version: int
    sender_contact_id: UUID | None
    urgent: bool
    appeal: str | None
    opened_at: datetime
    due_at: datetime
    overdue: bool
    claimed_by: str | None
    claim_until: datetime | None
    first_claimed_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    decision: ReviewDecision | None
    reason: str | None
    outcome: Outcome | None


class ReadAlong(msgspec.Struct, frozen=True):
    """A message of the same sender that was judged together with this one."""

    message_id: UUID
    body: str


class ClaimedReview(msgspec.Struct, frozen=True):
    """What a reviewer needs in order to decide; `digest` goes back with the decision."""

    review_id: UUID
    message_id: UUID
    thread_id: UUID
    origin: Origin
    digest: str
    subject: str | None
    body: str | None
    beside: str | None
    earlier: list[ReadAlong]
    lane: Lane
    stage: Literal["before", "after"]
    policy_version: int
    decision: Literal["approved", "filtered", "review", "blocked"]
    decider: Literal["rules", "model", "person"]
    kinds: list[str]
    confidence: float
    threats: list[dict[str, Any]]
    sender_contact_id: UUID | None
    appeal: str | None
    opened_at: datetime
    due_at: datetime
    claimed_by: str
    claim_until: datetime


class ReviewReleased(msgspec.Struct, frozen=True):
    """A review that is anybody's again."""

    review_id: UUID
    status: ReviewStatus
    claimed_by: str | None


class ReviewDecided(msgspec.Struct, frozen=True):
    """What a decision made of the message."""

    review_id: UUID
    message_id: UUID
    status: ReviewStatus
    decision: ReviewDecision
    outcome: Outcome | None
    moderation_status: Literal["pending", "approved", "filtered", "review", "blocked"]
    rev: int


class MessageAppealed(msgspec.Struct, frozen=True):
    """An appeal that waits for a person."""

    message_id: UUID
    review_id: UUID
    due_at: datetime
    may_appeal: bool
    status: ReviewStatus
    appealed_at: datetime
    outcome: Outcome | None
    answered_at: datetime | None


class Strike(msgspec.Struct, frozen=True):
    """One thing that speaks against a contact; `counts` is what is left of its weight."""

    reason: StrikeReason
    kind: str | None
    weight: float
    counts: float
    at: datetime
    verdict_id: UUID
    message_id: UUID


class ContactTrust(msgspec.Struct, frozen=True):
    """What speaks against a contact, and what follows from it."""

    contact_id: UUID
    score: float
    in_force: bool
    tighten_at: float
    mute_at: float
    sends_per_minute: float
    muted_until: datetime | None
    mute_id: UUID | None
    reasons: list[Strike]


class MuteReason(msgspec.Struct, frozen=True):
    """A strike a mute rests on."""

    reason: StrikeReason
    kind: str | None
    weight: float
    at: datetime
    verdict_id: UUID


class ContactMute(msgspec.Struct, frozen=True):
    """Somebody who may not write to other people for a while."""

    id: UUID
    contact_id: UUID
    reason: StrikeReason
    score: float
    reasons: list[MuteReason]
    muted_at: datetime
    until: datetime
    appeal: str | None
    appealed_at: datetime | None
    appeal_outcome: Outcome | None
    appeal_answered_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    end_reason: Literal["expired", "lifted", "strikes_withdrawn", "erased"] | None
    note: str | None


class MuteAnswered(msgspec.Struct, frozen=True):
    """What an admin made of a mute."""

    mute_id: UUID
    contact_id: UUID
    muted: bool
    until: datetime
    end_reason: Literal["expired", "lifted", "strikes_withdrawn", "erased"] | None
    appeal_outcome: Outcome | None


class OwnMute(msgspec.Struct, frozen=True):
    """A mute as the muted person sees it."""

    id: UUID
    reason: StrikeReason
    muted_at: datetime
    until: datetime
    may_appeal: bool
    appealed_at: datetime | None
    appeal_outcome: Outcome | None
    note: str | None


class Standing(msgspec.Struct, frozen=True):
    """Whether the caller may write to other people, and how fast."""

    muted: bool
    tightened: bool
    sends_per_minute: float
    mute: OwnMute | None


class MuteAppealed(msgspec.Struct, frozen=True):
    """A mute whose appeal waits for an admin."""

    mute: OwnMute
