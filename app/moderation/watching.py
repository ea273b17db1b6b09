"""A verdict with what the policy's rules of escalation see in the conversation it belongs to."""

from collections.abc import Sequence

import msgspec

from app.moderation.escalation import Reading, read, read_judged
from app.moderation.judging import COMMENTS
from app.moderation.raising import Watch, holds_for_review, watched
from app.moderation.verdicts import Verdict


def readings_of(watch: Watch, text: str, by_rules: Verdict, earlier: Sequence[str]) -> list[Reading]:
    """The sender's last messages, oldest first, up to this one, as they read: a window like that of split numbers."""
    return [*(read(one) for one in earlier[-(watch.messages - 1) :]), read_judged(text, by_rules)]


def seen_by(watch: Watch, verdict: Verdict, readings: Sequence[Reading], blocked: int = 0) -> Verdict:
    """The verdict with what rules see (`escalation`); one of them may have a person look before anybody else does.

    `blocked`: how many other messages of the sender were stopped in the conversation lately.
    """
    kinds: dict[str, float] = {}
    for one in verdict.threats_detected:
        kinds[one.kind] = max(one.confidence, kinds.get(one.kind, 0.0))
    found = watched(watch, readings, kinds, blocked + 1 if verdict.decision == "blocked" else 0)
    verdict = msgspec.structs.replace(verdict, escalation=found)
    if verdict.decision in {"approved", "filtered"} and holds_for_review(watch, found):
        comments = (*verdict.comments, COMMENTS["escalated"])
        return msgspec.structs.replace(verdict, decision="review", filtered_content=None, comments=comments)
    return verdict
