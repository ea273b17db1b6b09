"""What a tenant wants done about each kind of finding."""

from typing import Literal

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


DEFAULT = Policy()

assert set(_DEFAULTS) == {*CONTACT_KINDS, *SAFETY_KINDS}
