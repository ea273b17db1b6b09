"""A candidate policy tried on history: what would have become of each message. Pure; rows in, a report out."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from app.domain.simulation import RuleCount, Sample, Sender, SimulationReport, Written
from app.moderation.calling import Calls
from app.moderation.escalation import read
from app.moderation.judging import judge
from app.moderation.policy import Policy, policy_of
from app.moderation.raising import Watch, holds_for_review, watched, watches_of
from app.moderation.verdicts import Verdict, Watched
from app.moderation.watching import readings_of
from app.moderation.window import LAST, MOST

MOST_SENDERS = 10_000
EVENTS = ("bid_accepted", "connection_fee_paid", "staff")
"""What reveals contact details where a document does not say."""
LISTED_SENDERS = 20


class Case(NamedTuple):
    """One message to judge."""

    text: str
    earlier: tuple[str, ...]
    lane: str
    stage: str
    fixed_chars: int


class Fate(NamedTuple):
    """What a candidate makes of it: the decision, the kinds and rules that act, whether a model would be asked."""

    decision: str
    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    is_asked: bool = False
    raised: tuple[str, ...] = ()
    """Rules of escalation that hold, but for those on what was blocked."""


class Candidate:
    """A policy document, ready to judge many messages."""

    def __init__(self, document: Mapping[str, Any], regions: Sequence[str] = ()) -> None:
        self.regions = tuple(document.get("regions", regions))
        self.window = int(document.get("window", LAST))
        self.policies = {
            (lane, stage): policy_of(document, lane, stage)
            for lane in ("people", "agent", "ai", "template") for stage in ("before", "after")
        }  # fmt: skip
        self.watches = watches_of(document)
        self.asks = (document.get("second_opinion") or {}).get("when", "never")

    def judge(self, case: Case) -> Fate:
        """What becomes of one message; approved where its lane is not moderated."""
        watch = self.watches.get((case.lane, case.stage))
        if case.lane == "customers":
            return Fate("approved", raised=_names(_seen(case, watch, None)))
        policy = self.policies[case.lane, case.stage]
        if policy is None:
            return Fate("approved")
        earlier = case.earlier[-self.window :] if self.window else ()
        verdict = judge(case.text, region=self.regions, earlier=earlier, policy=policy)
        acting = [
            (one.kind, action) for one in verdict.threats_detected
            if (action := policy.action(one.kind, one.confidence)) != "allow"
        ]  # fmt: skip
        decision = _settled(case, verdict, policy)
        seen = _seen(case, watch, verdict)
        if watch and seen and decision in {"approved", "filtered"} and holds_for_review(watch, seen):
            decision = "review"
        return Fate(
            decision,
            tuple(dict.fromkeys(kind for kind, _ in acting)),
            tuple(dict.fromkeys(f"{case.lane}.{case.stage}.{kind}.{action}" for kind, action in acting)),
            decision != "blocked" and (self.asks == "always" or (self.asks == "review" and decision == "review")),
            _names(seen),
        )


def _seen(case: Case, watch: Watch | None, verdict: Verdict | None) -> Watched | None:
    """What the rules of escalation see; without a verdict, in what a customer wrote."""
    if watch is None:
        return None
    if verdict:
        readings = readings_of(watch, case.text, verdict, case.earlier)
    else:
        readings = [read(text) for text in (*case.earlier[-(watch.messages - 1) :], case.text)]
    return watched(watch, readings, dict(readings[-1].kinds))


def _names(seen: Watched | None) -> tuple[str, ...]:
    return tuple(one.rule for one in seen.raised) if seen else ()


def _settled(case: Case, verdict: Verdict, policy: Policy) -> str:
    """The decision as `private.record_verdict` takes it: what cannot be masked is held."""
    if verdict.decision != "filtered" or not (case.fixed_chars or case.lane == "template"):
        return verdict.decision
    own = len(case.text) - case.fixed_chars
    beyond = any(
        one.span[1] > own for one in verdict.threats_detected if policy.action(one.kind, one.confidence) == "mask"
    )
    return "review" if beyond or case.lane == "template" else "filtered"


class Windows:
    """The last messages of each sender of the thread that is read, as they were: rows come by thread and seq."""

    def __init__(self) -> None:
        self.thread: Any = None
        self.said: dict[tuple[str, bool], deque[str]] = {}

    def case(self, row: Written) -> Case:
        """A row with what its sender had written before."""
        if row.thread_id != self.thread:
            self.thread, self.said = row.thread_id, {}
        said = self.said.setdefault((row.sender, row.lane == "people"), deque(maxlen=MOST))
        text = f"{row.subject}\n{row.body}" if row.subject and row.lane != "customers" else row.body
        made = Case(text, tuple(said), row.lane, "after" if row.is_after else "before", row.fixed_chars)
        if row.completes:
            said.append(row.body)
        return made


def wanted(windows: Windows, page: Sequence[Written]) -> tuple[list[Written], list[Case]]:
    """The rows of a page that are judged, each with its window; the others only fill the windows."""
    rows: list[Written] = []
    cases: list[Case] = []
    for row in page:
        case = windows.case(row)
        if row.is_wanted:
            rows.append(row)
            cases.append(case)
    return rows, cases


def reads_customers(document: Mapping[str, Any]) -> bool:
    """Whether a document has rules for what customers write to the business."""
    return ("customers", "after") in watches_of(document)


def events_of(document: Mapping[str, Any]) -> list[str]:
    """What reveals contact details under a document."""
    return list(document.get("reveal_on", EVENTS))


class Tally:
    """Counts what would change; its size does not grow with the history's."""

    def __init__(self, samples: int = 5, document: Mapping[str, Any] | None = None) -> None:
        self.report = SimulationReport()
        self.calls = Calls(document or {})
        self.samples = samples
        self.taken: Counter[str] = Counter()
        self.senders: Counter[tuple[str, str]] = Counter()
        self.kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.tenants: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, tenant: str, row: Written, case: Case, fate: Fate) -> None:
        """Count one message; messages come by conversation, oldest first."""
        self.calls.add(row, case.stage, fate.decision, fate.raised)
        if row.lane == "customers":
            return
        report = self.report
        report.messages += 1
        report.model_questions += fate.is_asked
        is_changed = row.now_is != fate.decision
        for name in fate.rules:
            rule = report.by_rule.setdefault(name, RuleCount())
            rule.acts_on += 1
            rule.changed += is_changed
        if is_changed:
            self._changed(tenant, row, case, fate)
        else:
            report.unchanged[row.now_is] = report.unchanged.get(row.now_is, 0) + 1

    def _changed(self, tenant: str, row: Written, case: Case, fate: Fate) -> None:
        change = f"{row.now_is}→{fate.decision}"
        self.report.changed += 1
        self.report.decided_by_people += row.decider == "person"
        self.report.changes[change] = self.report.changes.get(change, 0) + 1
        self.tenants[tenant][change] += 1
        for kind in {*fate.kinds, *(row.was_kinds or ())}:
            self.kinds[kind][change] += 1
        if (tenant, row.sender) in self.senders or len(self.senders) < MOST_SENDERS:
            self.senders[tenant, row.sender] += 1
        else:
            self.report.other_senders += 1
        if self.taken[change] < self.samples:
            self.taken[change] += 1
            self.report.samples.append(
                Sample(
                    tenant=tenant, thread_id=str(row.thread_id), message_id=str(row.message_id), seq=row.seq,
                    lane=row.lane, stage=case.stage, now=row.now_is, then=fate.decision, rules=fate.rules,
                    text=case.text or None,
                )
            )  # fmt: skip

    def finished(self, *, complete: bool, seconds: float) -> SimulationReport:
        """The report, most frequent first."""
        report = self.report
        report.complete, report.seconds = complete, round(seconds, 2)
        report.changes = dict(Counter(report.changes).most_common())
        report.by_kind = {name: dict(count.most_common()) for name, count in sorted(self.kinds.items())}
        report.by_tenant = {name: dict(count.most_common()) for name, count in sorted(self.tenants.items())}
        report.escalations = dict(sorted(self.calls.found.items(), key=lambda one: -one[1].holds))
        report.by_rule = dict(sorted(report.by_rule.items(), key=lambda one: -one[1].acts_on))
        report.by_sender = [
            Sender(tenant=tenant, sender=sender, changed=count)
            for (tenant, sender), count in self.senders.most_common(LISTED_SENDERS)
        ]
        return report


def judge_all(candidate: Candidate, cases: Iterable[Case]) -> list[Fate]:
    """The fates of many messages."""
    return [candidate.judge(case) for case in cases]
