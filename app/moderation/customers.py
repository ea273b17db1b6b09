"""What customers write to the business itself is not judged, but watched: whether a rule of the policy calls a person.

It is read where it is decided on, not where it arrives: whoever decides has the words before him.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from app.moderation.escalation import read
from app.moderation.raising import watch_rules, watched


def watch_burst(context: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the customer's last messages come to, with the rules that hold (`raised`); None where nothing is watched.

    `context` is what `private.decision_context` answered. Mail that machines wrote, and who is blocked, call nobody.
    Raises msgspec.ValidationError for a document that `moderation_policies` would not have taken.
    """
    asked = context.get("escalation")
    burst = [one["text"] for one in context["burst"] if one["auto_class"] == "none"]
    if not asked or not burst or context["contact_blocked"]:
        return None
    watch = watch_rules(asked["rules"], asked["messages"])
    before = [turn["text"] for turn in context["history"] if turn["sender"] == "contact"]
    readings = [read(text) for text in [*before, *burst][-max(watch.messages, len(burst)) :]]
    kinds: dict[str, float] = {}
    for reading in readings[-len(burst) :]:
        for kind, sure in reading.kinds:
            kinds[kind] = max(sure, kinds.get(kind, 0.0))
    found: dict[str, Any] = msgspec.to_builtins(watched(watch, readings, kinds))
    return {"policy_version": asked["policy_version"], **found}
