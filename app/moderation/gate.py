"""The gate: what the database wants judged, to what it records. Pure; API, workers, simulator and replay judge by it."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from app.domain.judgement import Advice, Comment, Flagged, Inputs, Notice, Opinion, Record, SecondLook
from app.moderation.judging import COMMENTS, judge
from app.moderation.masking import mask
from app.moderation.opinions import tighten
from app.moderation.policy import Policy, policy_of
from app.moderation.raising import watch_of
from app.moderation.verdicts import KINDS, Verdict, canonical
from app.moderation.watching import readings_of, seen_by
from app.moderation.window import LAST

_KIND_OF = {comment: kind for kind, comment in COMMENTS.items()}
_ANSWERED = "answered"


def read_inputs(document: Mapping[str, Any]) -> Inputs:
    """What `private.moderation_inputs` answered. Raises msgspec.ValidationError."""
    return msgspec.convert(document, Inputs)


def judge_inputs(inputs: Inputs, opinion: Opinion | None = None) -> Record:
    """The judgement of one message: the rules', tightened by a model's opinion where one was asked for.

    Equal inputs and opinion give equal records. What waited when its lane ceased to be moderated passes as it is. Raises
    msgspec.ValidationError for a malformed policy document.
    """
    policy = policy_of(inputs.document, inputs.lane, inputs.stage) if inputs.is_moderated else None
    if policy is None:
        passed = Verdict(
            decision="approved", threats_detected=(), filtered_content=inputs.text, confidence_score=1.0, comments=()
        )
        return _record(inputs, passed, Policy(), None)
    by_rules = judge(inputs.text, region=inputs.regions, earlier=[one.body for one in _window(inputs)], policy=policy)
    watch = watch_of(inputs.document, inputs.lane, inputs.stage)
    readings = readings_of(watch, inputs.text, by_rules, [one.body for one in inputs.earlier]) if watch else []
    alone = seen_by(watch, by_rules, readings, inputs.blocked or 0) if watch else by_rules
    rules = _record(inputs, alone, policy, None)
    if opinion is None:
        return rules
    verdict = _weighed(inputs, by_rules, opinion, policy)
    verdict = seen_by(watch, verdict, readings, inputs.blocked or 0) if watch else verdict
    if opinion.outcome != _ANSWERED or verdict == alone:
        return _record(inputs, verdict, policy, opinion)
    both = _record(inputs, verdict, policy, opinion)
    return msgspec.structs.replace(both, decider="model", rules=msgspec.to_builtins(rules))


def second_look(inputs: Inputs, record: Record, tenant_id: str) -> SecondLook | None:
    """The question for a model, where the policy wants one asked about this judgement; None otherwise.

    What is blocked already can become no stricter.
    """
    wanted = inputs.document.get("second_opinion") or {}
    when = wanted.get("when", "never")
    asks = inputs.is_moderated and (when == "always" or (when == "review" and record.decision == "review"))
    if not asks or record.decision == "blocked":
        return None
    return SecondLook(
        tenant_id=tenant_id, case_id=inputs.thread_id, text=inputs.text,
        earlier=tuple(one.body for one in _window(inputs)), kinds=tuple(wanted.get("kinds") or KINDS),
    )  # fmt: skip


def _window(inputs: Inputs) -> list[Any]:
    size = int(inputs.document.get("window", LAST))
    return inputs.earlier[-size:] if size else []


def _read_along(inputs: Inputs) -> list[Any]:
    """The wider one of two windows: of what is judged with the text, and of what is watched with it."""
    watch = watch_of(inputs.document, inputs.lane, inputs.stage)
    size = max(int(inputs.document.get("window", LAST)), watch.messages - 1 if watch else 0)
    return inputs.earlier[-size:] if size else []


def _weighed(inputs: Inputs, verdict: Verdict, opinion: Opinion, policy: Policy) -> Verdict:
    """The verdict with a model's findings; without an answer the rules', or a person, as the policy says."""
    wanted = inputs.document.get("second_opinion") or {}
    kinds = wanted.get("kinds") or KINDS
    if opinion.outcome == _ANSWERED:
        return tighten(inputs.text, verdict, [one for one in opinion.findings if one.kind in kinds], policy)
    if wanted.get("otherwise") == "review" and verdict.decision in {"approved", "filtered"}:
        return msgspec.structs.replace(verdict, decision="review", filtered_content=None)
    return verdict


def notice(record: Record) -> Notice | None:
    """What the sender is told; None when the message passed as it was."""
    if record.decision == "approved":
        return None
    found = msgspec.json.decode(record.verdict, type=Verdict).threats_detected
    return Notice(
        comments=tuple(Advice(kind=one.kind, comment=one.comment) for one in record.comments),
        found=tuple(msgspec.convert({"kind": one.kind, "span": one.span}, Flagged) for one in found
                    if one.kind in record.kinds),
    )  # fmt: skip


def _record(inputs: Inputs, verdict: Verdict, policy: Policy, opinion: Opinion | None) -> Record:
    acted = [one for one in verdict.threats_detected if policy.action(one.kind, one.confidence) != "allow"]
    subject, body = _shown(inputs, verdict, policy)
    return Record(
        digest=inputs.digest, policy_version=inputs.policy_version, lane=inputs.lane, stage=inputs.stage,
        decider="rules", decision=verdict.decision, kinds=tuple(sorted({one.kind for one in acted})),
        confidence=verdict.confidence_score, verdict=document_of(verdict), inputs=_made_from(inputs, opinion),
        comments=tuple(Comment(visibility="sender", kind=_KIND_OF.get(one), comment=one) for one in verdict.comments),
        filtered_content=body, filtered_subject=UNSET if subject is None else subject,
        escalation=msgspec.to_builtins(seen) if (seen := verdict.escalation) and seen.raised else UNSET,
    )  # fmt: skip


def document_of(verdict: Verdict) -> str:
    """The verdict as it is kept: canonical, but for the readers' text, whose SHA-256 stands in its place."""
    shown = verdict.filtered_content
    digest = None if shown is None else hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()
    return canonical(msgspec.structs.replace(verdict, filtered_content=digest)).decode()


def _made_from(inputs: Inputs, opinion: Opinion | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "earlier": [{"message_id": one.message_id, "digest": one.digest} for one in _read_along(inputs)],
        "regions": inputs.regions,
    }
    if inputs.blocked is not None:
        made["blocked"] = inputs.blocked
    if opinion is not None:
        made["model"] = msgspec.to_builtins(opinion)
    return made


def _shown(inputs: Inputs, verdict: Verdict, policy: Policy) -> tuple[str | None, str | None]:
    """Subject and body as readers see them when the decision is `filtered`, else None and None.

    They were read as one text, so that a number may not hide half in the one and half in the other; each part of such a
    finding is masked where it stands.
    """
    if verdict.decision != "filtered":
        return None, None
    if not inputs.subject:
        return None, verdict.filtered_content
    masked = [one for one in verdict.threats_detected if policy.action(one.kind, one.confidence) == "mask"]
    end = len(inputs.subject)
    parts = []
    for start, stop in ((0, end), (end + 1, len(inputs.text))):
        inside = [
            msgspec.structs.replace(one, span=(max(one.span[0], start) - start, min(one.span[1], stop) - start))
            for one in masked if one.span[0] < stop and one.span[1] > start
        ]  # fmt: skip
        parts.append(mask(inputs.text[start:stop], inside))
    return parts[0], parts[1]
