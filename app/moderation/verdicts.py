"""What the detectors find and what a verdict says."""

import json
from bisect import bisect_right
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

CONTACT_KINDS = (
    "email", "phone", "url", "meeting_link", "social_handle", "payment_handle", "address",
)  # fmt: skip
"""Ways round the platform; found with a span, and masked by it."""

SAFETY_KINDS = ("threat", "harassment", "spam", "scam", "sexual", "self_harm")
"""What a message does to its reader; said of the whole message."""

KINDS = (*CONTACT_KINDS, *SAFETY_KINDS)

Decision = Literal["approved", "filtered", "blocked", "review"]

VERSION = 5
"""Of the rules and weights together. The same text, version and policy give the same verdict, byte for byte."""


class Threat(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found in a text."""

    kind: str
    """One of `KINDS`."""
    span: tuple[int, int]
    """Start and end in the original text, in code points, end excluded."""
    value: str
    """Normalised: E.164 for phones, lower case for e-mail, the link as typed without its disguise."""
    confidence: float
    """0 … 1, rounded to hundredths."""


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """How a text sounds."""

    label: Literal["negative", "neutral", "positive"] = "neutral"
    score: float = 0.0
    """-1 (bad) … 1 (good)."""


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the policy's escalation that a message fulfils."""

    rule: str
    """Its name."""
    value: float
    """What was measured: a score, mood or trend, how sure a kind is, or how many were blocked."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """How a conversation goes, by the last messages of one side, and which rules that fulfils."""

    score: float
    """0 … 1: how urgently a person should look."""
    trend: float
    mood: float
    """-1 … 1, as `trend`."""
    reasons: tuple[str, ...]
    """What speaks for it: names, in the order of their weight."""
    messages: int
    """How many were read together."""
    raised: tuple[Raised, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one message, and why."""

    decision: Decision
    threats_detected: tuple[Threat, ...]
    filtered_content: str | None
    """What readers may see: the text itself when approved, masked when filtered, None when it is held or stopped."""
    confidence_score: float
    """How sure the decision is: of the surest finding that led to it, or that there is none."""
    comments: tuple[str, ...]
    """One sentence a finding, for the sender: what it is about and what to do."""
    sentiment: Sentiment = Sentiment()
    version: int = VERSION
    escalation: Watched | UnsetType = UNSET
    """Where the policy has rules of escalation for it."""


def canonical(verdict: Verdict) -> bytes:
    """The one way a verdict is written: JSON in UTF-8, members in the order above, no spaces.

    Equal verdicts give equal bytes, in any process; `msgspec.json.decode` reads them back. Half a surrogate pair, which
    UTF-8 cannot hold, is written as its `\\uXXXX` escape.
    """
    plain = json.dumps(msgspec.to_builtins(verdict), ensure_ascii=False, separators=(",", ":"))
    return plain.encode("utf-8", "backslashreplace")


class Claims:
    """Spans that are taken, none overlapping another; asking costs the logarithm of how many there are."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, span: tuple[int, int]) -> bool:
        """Take a span; False when it is empty or one of its characters is taken already."""
        start, end = span
        place = bisect_right(self._starts, start)
        if start >= end or (place and self._ends[place - 1] > start):
            return False
        if place < len(self._starts) and self._starts[place] < end:
            return False
        self._starts.insert(place, start)
        self._ends.insert(place, end)
        return True
