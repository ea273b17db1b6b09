"""What a policy document says of escalation: when a person is called, and how. Rules in, the names of those that hold.

What is done about a rule is the database's: see `private.escalate()`. The same documents are refused there.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from app.moderation.escalation import Escalation, Reading, weigh
from app.moderation.verdicts import Raised, Watched

MESSAGES = 5
"""How many messages are read together where a document does not say."""
LEAST_FOR_TREND = 3
"""With fewer messages a trend is the difference of two."""
MOST_RULES = 20
BLOCKED_HOURS = 24
LANES: dict[str, tuple[str, ...]] = {"people": ("before", "after"), "customers": ("after",)}
"""Whose messages are watched, and in which stages: what people write to each other, what customers write to the tenant."""

On = Literal["score", "mood", "trend", "kind", "blocked"]
Does = Literal["notify", "handover", "task", "label", "review"]
SafetyKind = Literal["threat", "harassment", "spam", "scam", "sexual", "self_harm"]
Minutes = Annotated[int, Meta(ge=1, le=43_200)]

BOUNDS: dict[On, tuple[float, float]] = {
    "score": (0.05, 1), "mood": (-1, -0.05), "trend": (-1, -0.05), "kind": (0, 1), "blocked": (2, 100),
}  # fmt: skip
"""Of `threshold`. Moods and trends fall below theirs, everything else reaches it."""
ONLY_WITH: dict[str, tuple[str, str]] = {
    "kinds": ("on", "kind"), "hours": ("on", "blocked"), "to": ("action", "notify"),
    "due_minutes": ("action", "task"), "label": ("action", "label"),
}  # fmt: skip
"""Members that are read where another one says so."""
NOT_FOR: dict[str, dict[str, str]] = {
    "people": {"handover": "nobody's AI speaks between people"},
    "customers": {
        "review": "what customers write to the business is not held", "blocked": "nothing of theirs is blocked",
    },
}  # fmt: skip


class EscalationRule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a person is called, and how; again in one conversation only when `cool_down_minutes` have passed."""

    on: On
    threshold: float
    action: Does
    kinds: Annotated[list[SafetyKind], Meta(min_length=1, max_length=6)] | UnsetType = UNSET
    hours: Annotated[int, Meta(ge=1, le=720)] | UnsetType = UNSET
    """Within which what was blocked counts; 24 when left out."""
    to: Literal["staff", "agents", "admins", "owners"] | UnsetType = UNSET
    """Who is told; everybody of the staff when left out."""
    due_minutes: Minutes | UnsetType = UNSET
    """60 when left out."""
    label: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_:-]{0,39}\Z")] | UnsetType = UNSET
    """`priority` when left out."""
    cool_down_minutes: Minutes = 240


class EscalationPart(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`escalation` of a policy document: rules by name, for each side and stage."""

    messages: Annotated[int, Meta(ge=2, le=7)] = MESSAGES
    people: dict[str, Any] | UnsetType = UNSET
    customers: dict[str, Any] | UnsetType = UNSET


class Watch(NamedTuple):
    """The rules for one side and stage."""

    rules: dict[str, EscalationRule]
    messages: int

    @property
    def counts_blocked(self) -> bool:
        """Whether a rule asks how much of the sender was blocked."""
        return any(rule.on == "blocked" for rule in self.rules.values())

    @property
    def blocked_hours(self) -> int:
        """The longest time a rule on what was blocked looks back."""
        return max((rule.hours or BLOCKED_HOURS for rule in self.rules.values() if rule.on == "blocked"), default=0)


def watches_of(document: Mapping[str, Any]) -> dict[tuple[str, str], Watch]:
    """All that a checked document has watched, by lane and stage."""
    places = [(lane, stage) for lane, stages in LANES.items() for stage in stages]
    return {place: watch for place in places if (watch := watch_of(document, *place))}


def watch_of(document: Mapping[str, Any], lane: str, stage: str) -> Watch | None:
    """What a checked document has watched of a lane and stage; None where that is nothing."""
    part = document.get("escalation")
    rules = ((part.get(lane) or {}).get(stage) or {}) if part else {}
    return watch_rules(rules, part.get("messages", MESSAGES)) if part and rules else None


def watch_rules(rules: Mapping[str, Any], messages: int) -> Watch:
    """Rules as a document has them. Raises msgspec.ValidationError."""
    return Watch({name: msgspec.convert(rules[name], EscalationRule) for name in sorted(rules)}, messages)


def watched(
    watch: Watch, readings: Sequence[Reading], kinds: Mapping[str, float], blocked: int = 0
) -> Watched:  # fmt: skip
    """What the last messages of one side, oldest first, come to, and which rules that fulfils.

    `kinds`: what was found in the newest, and how sure; `blocked`: how many of his were stopped in the conversation, where
    the newest is one of them.
    """
    recent = readings[-watch.messages :]
    signs = weigh(recent)
    measured = {
        name: value for name, rule in watch.rules.items()
        if (value := _measure(rule, signs, len(recent), kinds, blocked)) is not None and _holds(rule, value)
    }  # fmt: skip
    return Watched(
        score=signs.score, trend=signs.trend, mood=signs.mood, reasons=signs.reasons, messages=len(recent),
        raised=tuple(Raised(rule=name, value=value) for name, value in measured.items()),
    )  # fmt: skip


def _measure(
    rule: EscalationRule, signs: Escalation, messages: int, kinds: Mapping[str, float], blocked: int
) -> float | None:  # fmt: skip
    if rule.on == "kind":
        found = [kinds[kind] for kind in rule.kinds or () if kind in kinds]
        return max(found, default=None)
    if rule.on == "blocked":
        return float(blocked)
    if rule.on == "trend" and messages < LEAST_FOR_TREND:
        return None
    return float(getattr(signs, rule.on))


def _holds(rule: EscalationRule, value: float) -> bool:
    return value <= rule.threshold if rule.on in {"mood", "trend"} else value >= rule.threshold


def holds_for_review(watch: Watch, found: Watched) -> bool:
    """Whether one of the rules that hold wants a person to read the message before anybody else does."""
    return any(watch.rules[one.rule].action == "review" for one in found.raised)
