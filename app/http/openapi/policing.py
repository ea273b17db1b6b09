"""The operations of moderation policies, with examples from the same small world."""

from typing import Any

from app.domain.policies import (
    ModerationPolicy,
    PolicyDifference,
    PolicyDifferences,
    PolicyInForce,
    PolicyVersion,
    Revealed,
)
from app.domain.simulation import RuleCalls, RuleCount, Sample, Sender, SimulationReport
from app.http import policies
from app.http.openapi import market
from app.http.openapi import world as w
from app.http.openapi.shown import Shown
from app.http.types import Listing

DOCUMENT: dict[str, Any] = {
    "regions": ["GB"],
    "window": 10,
    "lanes": {
        "people": {
            "before": {"phone": {"action": "block", "threshold": 0.85, "below": "mask"}},
            "after": {"phone": {"action": "allow"}},
        }
    },
    "allowed_domains": ["acme.example"],
    "reveal_on": ["bid_accepted", "staff"],
}
NOTE = "Phone numbers stop the message while nothing is agreed."
BY = f"user:{w.OWNER}"
VERSION = PolicyVersion(3, NOTE, BY, market.MADE, BY, market.SOON)
POLICY = ModerationPolicy(3, DOCUMENT, NOTE, BY, market.MADE, BY, market.SOON)
CHANGE = "filtered→blocked"
REPORT = SimulationReport(
    complete=True, messages=1840, changed=12, decided_by_people=1, model_questions=3, changes={CHANGE: 12},
    unchanged={"approved": 1790, "filtered": 38}, by_kind={"phone": {CHANGE: 12}}, by_tenant={"acme": {CHANGE: 12}},
    by_rule={"people.before.phone.block": RuleCount(acts_on=12, changed=12)},
    escalations={"people.before.angry": RuleCalls(holds=9, calls=4)},
    by_sender=[Sender(tenant="acme", sender=f"user:{w.AGENT}", changed=4)], other_senders=0,
    samples=[
        Sample(
            tenant="acme", thread_id=str(w.THREAD), message_id=str(w.QUESTION), seq=4, lane="people", stage="before",
            now="filtered", then="blocked", rules=("people.before.phone.block",),
        )
    ],
    seconds=0.7,
)  # fmt: skip

POLICING: dict[str, Shown] = {
    "list_moderation_policies": Shown(Listing([VERSION], w.CURSOR), "read"),
    "active_moderation_policy": Shown(POLICY, "read", problems=("not_found",)),
    "get_moderation_policy": Shown(POLICY, "read"),
    "diff_moderation_policies": Shown(
        PolicyDifferences(1, 3, [PolicyDifference("lanes.people.before.phone.action", "mask", "block")]), "read"
    ),
    "put_moderation_policy": Shown(
        PolicyInForce(3, 3, 2), "admin", policies.NewPolicy(DOCUMENT, NOTE, activate=True, expected_version=None),
        ("bad_policy", "policy_moved"),
    ),
    "activate_moderation_policy": Shown(
        PolicyInForce(3, 3, 4), "admin", policies.ActivatePolicy(expected_version=None), ("policy_moved",)
    ),
    "switch_moderation_off": Shown(PolicyInForce(None, None, 3), "admin", problems=("policy_moved",)),
    "reveal_contacts": Shown(
        Revealed(w.THREAD, created=True, revealed_at=market.SOON), "manage",
        policies.RevealContacts("They met at our fair and want to phone."),
        ("reason_missing", "not_between_people", "not_revealing", "merged"),
    ),
    "simulate_moderation": Shown(
        REPORT, "admin", policies.Simulate(DOCUMENT, market.MADE, market.LATER, w.THREAD, "Complaint 4711.", 2000, 5),
        ("bad_policy", "not_found", "rate_limited", "reason_missing"),
    ),
}  # fmt: skip
