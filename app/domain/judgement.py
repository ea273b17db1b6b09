"""What a message is judged by, and what comes out of it. Shapes only: no I/O, no rules."""

from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

Lane = Literal["people", "agent", "ai", "template"]
Stage = Literal["before", "after"]
Decided = Literal["approved", "filtered", "review", "blocked"]
ModerationStatus = Literal["pending", "approved", "filtered", "review", "blocked"]
Visibility = Literal["sender", "recipient", "staff"]
Kind = Literal[
    "email", "phone", "url", "meeting_link", "social_handle", "payment_handle", "address",
    "threat", "harassment", "spam", "scam", "sexual", "self_harm",
]  # fmt: skip
"""What is looked for: `app.moderation.verdicts.KINDS`."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """One of the sender's messages before this one, as he wrote it."""

    message_id: str
    digest: str
    body: str


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a judgement depends on: see `private.moderation_inputs`."""

    message_id: str
    thread_id: str
    lane: Lane
    stage: Stage
    policy_version: int
    document: dict[str, Any]
    """The policy in force, whole."""
    body: str
    digest: str
    """Of what is judged; goes back with the verdict, so that a text that moved meanwhile is judged again."""
    subject: str | None = None
    earlier: list[Earlier] = []
    """Oldest first."""
    regions: list[str] = []
    is_moderated: bool = True
    """False: the policy changed while it waited, and names its lane no more."""
    trust: dict[str, Any] = {}
    blocked: int | None = None
    """How many other messages of the sender were stopped in the conversation lately; None where no rule asks."""

    @property
    def text(self) -> str:
        """What is read, and what spans count in: the subject, a line feed, the body; the body alone without one."""
        return f"{self.subject}\n{self.body}" if self.subject else self.body


class WordRules(msgspec.Struct, frozen=True):
    """By what the words of a row are judged that others read."""

    document: dict[str, Any]
    """The policy in force."""
    policy_version: int
    stage: Stage
    """`before` or `after` contact details were revealed between the two it is about."""
    regions: list[str] | None
    """Home countries."""


class WordInputs(msgspec.Struct, frozen=True, kw_only=True):
    """Words that are held beside their row, and what they are judged by."""

    kind: str
    """project, bid_card, bid, booking, profile or group."""
    words: dict[str, Any]
    """By the column they are to stand in."""
    digests: dict[str, str]
    """Of each; they go back with what was found, so that words that moved meanwhile are judged again."""
    rules: WordRules | None = None
    """None: the policy changed while they waited, and nobody judges them any more."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something a model sees in a text: a kind, and where."""

    kind: str
    span: tuple[int, int]
    confidence: float


class SecondLook(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is asked: whether a text holds any of `kinds`."""

    tenant_id: str
    case_id: str
    text: str
    earlier: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What a model found, or why it found nothing: `outcome` is `answered`, or what went wrong."""

    outcome: str
    model: str
    prompt_version: str
    findings: tuple[Finding, ...] = ()


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about a message beside it."""

    visibility: Visibility
    kind: str | None
    comment: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement as `private.record_verdict` takes it."""

    digest: str
    policy_version: int
    lane: Lane
    stage: Stage
    decider: Literal["rules", "model"]
    decision: Decided
    kinds: tuple[str, ...]
    confidence: float
    verdict: str
    """The canonical verdict, its readers' text replaced by a digest."""
    inputs: dict[str, Any]
    """What it was made from: ids and digests, never texts."""
    comments: tuple[Comment, ...] = ()
    filtered_content: str | None = None
    """The body readers see, when the decision is `filtered`."""
    filtered_subject: str | UnsetType = UNSET
    escalation: dict[str, Any] | UnsetType = UNSET
    """What rules of escalation saw, where one of them holds: see `app.moderation.verdicts.Watched`."""
    rules: dict[str, Any] | UnsetType = UNSET
    """Of a model's record, what the rules alone had said: the same members."""


class SecondReader(Protocol):
    """Gives second opinions."""

    name: str

    async def read(self, question: SecondLook) -> Opinion:
        """What a model sees, or why there is no answer. Never raises, and is done within its deadline."""
        ...

    async def close(self) -> None:
        """Give back what is held open."""
        ...


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What `private.record_verdict` did: `stale` when text, policy or stage moved meanwhile, `lost` with the lease."""

    result: Literal["recorded", "stale", "lost"]
    moderation_status: ModerationStatus | None = None
    rev: int | None = None


class Flagged(msgspec.Struct, frozen=True, kw_only=True):
    """Where something stands that is not let through as it is: characters of the text that was sent, end excluded."""

    kind: Kind
    span: tuple[int, int]


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender is told to change."""

    kind: str | None
    comment: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What its sender is told of a message that did not pass as it was. `body` is what readers see, null while nobody
    does; spans count in the text as it was sent (with a subject: subject, line feed, body)."""

    comments: tuple[Advice, ...]
    found: tuple[Flagged, ...]
    body: str | None = None


class MessageComment(msgspec.Struct, frozen=True):
    """What is said about a message beside it: by rules, a model or a person (`created_by`)."""

    id: UUID
    visibility: Visibility
    kind: str | None
    comment: str
    created_by: str
    created_at: datetime


class Written(msgspec.Struct, frozen=True):
    """A text as its sender wrote it."""

    subject: str | None
    body: str


class MessageModeration(msgspec.Struct, frozen=True):
    """What became of a message, for its sender. `body` is the message as it stands: while nobody sees it what he wrote,
    masked what others read; `original` is then what he wrote."""

    message_id: UUID
    thread_id: UUID
    rev: int
    moderation_status: ModerationStatus
    subject: str | None
    body: str
    original: Written | None
    kinds: list[str]
    decided_at: datetime | None
    comments: list[Advice]
    appeal: dict[str, Any] | None = None


class Escalated(msgspec.Struct, frozen=True):
    """A person was called to a conversation: by which rule, because of which message, and what was measured."""

    id: UUID
    thread_id: UUID
    message_id: UUID
    lane: Literal["people", "customers"]
    stage: Stage
    rule: str
    policy_version: int
    signal: Literal["score", "mood", "trend", "kind", "blocked"]
    value: float
    reasons: list[str]
    action: Literal["notify", "handover", "task", "label", "review"]
    task_id: UUID | None
    created_at: datetime
    until: datetime


class WrittenOriginal(Written, frozen=True):
    """The text that was judged last, with its digest."""

    digest: str


class KeptText(Written, frozen=True):
    """An earlier text of a message, kept because it was masked, replaced or withdrawn; what was decided about it."""

    digest: str
    kept_at: datetime
    decision: Decided | None


class Original(msgspec.Struct, frozen=True):
    """A message as readers see it beside what was written, for staff with a reason."""

    message_id: UUID
    thread_id: UUID
    moderation_status: ModerationStatus
    subject: str | None
    body: str
    original: WrittenOriginal
    kept: list[KeptText]
