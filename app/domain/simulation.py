"""History judged again: by a candidate policy, or as it was judged. Shapes only."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from app.domain.judgement import Lane


class Written(msgspec.Struct, frozen=True):
    """A message as its sender wrote it: a row of `private.moderation_history`."""

    thread_id: Any
    seq: int
    message_id: Any
    lane: Lane | Literal["customers"]
    """`customers` for what they write to the business: it is watched, not judged."""
    sender: str
    subject: str | None
    body: str
    fixed_chars: int
    """So many characters at the end of `body` are not the message's own: names of files, values of a template."""
    now_is: str
    """Its moderation_status."""
    decider: str | None
    """Who decided that; None where nobody had to."""
    was_kinds: list[str] | None
    is_wanted: bool
    """In the span, and readable; others are read for the windows of those that are."""
    completes: bool
    """Whether a later message may complete a number that is begun here."""
    is_after: bool
    written_at: datetime


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One message that would fare otherwise."""

    tenant: str
    thread_id: str
    message_id: str
    seq: int
    lane: Lane | Literal["customers"]
    stage: str
    now: str
    then: str
    rules: tuple[str, ...]
    """What in the candidate leads to it, e.g. `people.before.phone.mask`."""
    text: str | None = None


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose messages would fare otherwise."""

    tenant: str
    sender: str
    changed: int


class RuleCount(msgspec.Struct, kw_only=True):
    """How often one rule of the candidate acts, and in how many messages that changes something."""

    acts_on: int = 0
    changed: int = 0


class RuleCalls(msgspec.Struct, kw_only=True):
    """For how many messages a rule of escalation holds, and how often it calls somebody: once in its cool-down."""

    holds: int = 0
    calls: int = 0


class SimulationReport(msgspec.Struct, kw_only=True):
    """What a candidate policy would have made of a span of history. Changes are `now→then` and how many."""

    complete: bool = True
    """False when it was ended before the span was."""
    messages: int = 0
    """Judged."""
    changed: int = 0
    decided_by_people: int = 0
    """Of the changed ones, how many a person had decided: no policy changes that."""
    model_questions: int = 0
    """How many the model would have been asked about; it is not asked here."""
    changes: dict[str, int] = msgspec.field(default_factory=dict)
    unchanged: dict[str, int] = msgspec.field(default_factory=dict)
    by_kind: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    by_tenant: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    by_rule: dict[str, RuleCount] = msgspec.field(default_factory=dict)
    escalations: dict[str, RuleCalls] = msgspec.field(default_factory=dict)
    """By rule (`people.before.angry`): whom the candidate would have called."""
    by_sender: list[Sender] = msgspec.field(default_factory=list)
    """The twenty with most changes."""
    other_senders: int = 0
    """Changes of senders that came when ten thousand were counted already."""
    samples: list[Sample] = msgspec.field(default_factory=list)
    seconds: float = 0.0


class Unequal(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict that came out otherwise."""

    tenant: str
    verdict_id: str
    recorded: str
    replayed: str


class ReplayReport(msgspec.Struct, kw_only=True):
    """What became of verdicts that were made again. `identical` is byte for byte."""

    complete: bool = True
    verdicts: int = 0
    identical: int = 0
    different: int = 0
    gone: int = 0
    """Their text, or one of their window, was erased or taken back."""
    by_people: int = 0
    """Decided by a person, or held because nothing could judge it."""
    other_version: int = 0
    """Made by other rules than this version's: see `app.moderation.verdicts.VERSION`."""
    differences: list[Unequal] = msgspec.field(default_factory=list)
    """At most a hundred."""
    seconds: float = 0.0
