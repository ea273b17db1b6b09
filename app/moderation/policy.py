"""What a tenant wants done about each kind of finding."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from app.moderation.verdicts import CONTACT_KINDS, SAFETY_KINDS

Action = Literal["allow", "mask", "hold", "block"]


class Rule(msgspec.Struct, frozen=True):
    """What is done about one kind: `action` from `threshold` on, and something milder below it.

    `below` is what happens to a finding less sure than the threshold; findings less sure than the detectors report do
    not come here.
    """

    action: Action
    threshold: float = 0.6
    below: Action = "allow"


_MASKED = Rule("mask")
_DEFAULTS = dict.fromkeys(CONTACT_KINDS, _MASKED) | {
    "threat": Rule("block", 0.85, "hold"),
    "harassment": Rule("block", 0.97, "hold"),
    "spam": Rule("block", 0.9, "hold"),
    "scam": Rule("block", 0.9, "hold"),
    "sexual": Rule("block", 0.9, "hold"),
    "self_harm": Rule("hold", 0.5, "hold"),
}


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How findings of one tenant, at one stage, are answered. A kind that `rules` leaves out follows `DEFAULT`."""

    rules: dict[str, Rule] = {}
    allowed_domains: frozenset[str] = frozenset()
    """Links and addresses of these domains (and below) are nobody's way out: the tenant's own site."""
    allowed_values: frozenset[str] = frozenset()
    """Normalised values that may be said: the tenant's own hotline."""

    def rule(self, kind: str) -> Rule:
        """The rule for one kind."""
        return self.rules.get(kind) or _DEFAULTS[kind]

    def action(self, kind: str, confidence: float) -> Action:
        """What is done about a finding of so much confidence."""
        rule = self.rule(kind)
        return rule.action if confidence >= rule.threshold else rule.below


DEFAULT = Policy()


def policy_of(document: Mapping[str, Any], lane: str, stage: str) -> Policy | None:
    """The part of a policy document (see docs/moderation.md) that counts for one lane and stage.

    None where the document does not moderate that lane. A stage it does not name follows `DEFAULT`, with the tenant's
    allow-lists. Raises msgspec.ValidationError for a document that `moderation_policies` would not have taken.
    """
    stages = document.get("lanes", {}).get(lane)
    if stages is None:
        return None
    named = {name: value for name in ("allowed_domains", "allowed_values") if (value := document.get(name)) is not None}
    return msgspec.convert({"rules": stages.get(stage) or {}, **named}, Policy)


assert set(_DEFAULTS) == {*CONTACT_KINDS, *SAFETY_KINDS}
