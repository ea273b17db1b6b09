"""What a message is judged by, and what comes out of it. Shapes only: no I/O, no rules."""

from typing import Any, Literal, Protocol

import msgspec

Lane = Literal["people", "agent", "ai", "template"]
Stage = Literal["before", "after"]
Decided = Literal["approved", "filtered", "review", "blocked"]
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
    trust: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """What is read, and what spans count in: the subject, a line feed, the body; the body alone without one."""
        return f"{self.subject}\n{self.body}" if self.subject else self.body


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

    visibility: Literal["sender", "recipient", "staff"]
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
    filtered_subject: str | None = None
    decided_by: str | None = None


class SecondReader(Protocol):
    """Gives second opinions."""

    name: str

    async def read(self, question: SecondLook) -> Opinion:
        """What a model sees, or why there is no answer. Never raises, and is done within its deadline."""
        ...

    async def close(self) -> None:
        """Give back what is held open."""
        ...
