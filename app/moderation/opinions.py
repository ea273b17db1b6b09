"""A model's findings beside the rules': they may tighten a verdict, never loosen it."""

from collections.abc import Sequence

import msgspec

from app.domain.judgement import Finding
from app.moderation.judging import COMMENTS, DECISIONS, SEVERITY
from app.moderation.masking import mask
from app.moderation.policy import Policy
from app.moderation.verdicts import CONTACT_KINDS, KINDS, Threat, Verdict

LEAST = 0.5
"""A model less sure than this has found nothing: what a policy does below a threshold is meant for surer finders."""


def tighten(text: str, verdict: Verdict, findings: Sequence[Finding], policy: Policy) -> Verdict:
    """The verdict of rules and model together: of each finding what the policy says, of all of them the strictest.

    Nothing the rules found is dropped, and no decision becomes milder: a model that is talked into silence changes
    nothing. Findings of unknown kinds, outside of the text, or less sure than `LEAST` are noise.
    """
    seen = {(one.kind, one.span) for one in verdict.threats_detected}
    more = [
        threat for one in findings if (threat := _threat(text, one, policy)) and (threat.kind, threat.span) not in seen
    ]
    if not more:
        return verdict
    found = sorted((*verdict.threats_detected, *more), key=lambda one: (one.span, one.kind))
    actions = [policy.action(one.kind, one.confidence) for one in found]
    worst = max(DECISIONS.index(verdict.decision), *(SEVERITY[action] for action in actions))
    masked = [one for one, action in zip(found, actions, strict=True) if action == "mask"]
    told = [COMMENTS[one.kind] for one, action in zip(found, actions, strict=True) if action != "allow"]
    led = [one.confidence for one, action in zip(found, actions, strict=True) if worst and SEVERITY[action] == worst]
    return msgspec.structs.replace(
        verdict, decision=DECISIONS[worst], threats_detected=tuple(found),
        filtered_content=mask(text, masked) if worst <= 1 else None,
        confidence_score=round(max(led, default=verdict.confidence_score), 2),
        comments=tuple(dict.fromkeys((*verdict.comments, *told))),
    )  # fmt: skip


def _threat(text: str, finding: Finding, policy: Policy) -> Threat | None:
    """A model's finding as one of ours; a safety finding is said of the whole message."""
    if finding.kind not in KINDS or finding.confidence < LEAST:
        return None
    start, end = finding.span if finding.kind in CONTACT_KINDS else (0, len(text))
    value = text[start:end].strip()
    if not 0 <= start < end <= len(text) or not value:
        return None
    if finding.kind not in CONTACT_KINDS:
        value = finding.kind
    elif value in policy.allowed_values or value.lower().endswith(tuple(policy.allowed_domains)):
        return None
    return Threat(kind=finding.kind, span=(start, end), value=value, confidence=round(finding.confidence, 2))
