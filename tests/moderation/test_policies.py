"""A tenant's document and the policy that counts for one message."""

import msgspec
import pytest

from app.moderation import DEFAULT, Policy, judge, policy_of
from app.moderation.policy import Rule

DOCUMENT = {
    "regions": ["US"],
    "lanes": {
        "people": {"before": {"phone": {"action": "block", "threshold": 0.8, "below": "hold"}}, "after": {}},
        "agent": {"after": {"phone": {"action": "allow"}, "email": {"action": "allow"}}},
    },
    "allowed_domains": ["acme.com"],
    "allowed_values": ["+15105747946"],
}


def test_each_lane_and_stage_has_its_own_rules() -> None:
    """What is stopped between people before they are connected, an agent may write."""
    before = policy_of(DOCUMENT, "people", "before")
    agent = policy_of(DOCUMENT, "agent", "after")
    assert before is not None
    assert agent is not None
    assert before.rule("phone") == Rule("block", 0.8, "hold")
    assert agent.rule("phone") == Rule("allow")
    assert judge("call 650-253-0000", policy=before).decision == "blocked"
    assert judge("call 650-253-0000", policy=agent).decision == "approved"


def test_a_kind_that_is_not_named_follows_the_defaults() -> None:
    """A policy says what differs."""
    after = policy_of(DOCUMENT, "people", "after")
    assert after is not None
    assert after.rule("email") == DEFAULT.rule("email")


def test_a_stage_that_is_not_named_follows_the_defaults() -> None:
    """A lane that is moderated is moderated at every stage."""
    assert policy_of({"lanes": {"people": {}}}, "people", "before") == Policy()


def test_a_lane_that_is_not_named_is_not_moderated() -> None:
    """There is no policy for it, not an empty one."""
    assert policy_of(DOCUMENT, "ai", "after") is None
    assert policy_of({}, "people", "before") is None


def test_allow_lists_count_in_every_lane() -> None:
    """The tenant's own site and hotline are nobody's way out."""
    after = policy_of(DOCUMENT, "people", "after")
    assert after is not None
    assert judge("see acme.com or call 510-574-7946", policy=after).decision == "approved"


def test_a_malformed_document_is_an_error_and_no_policy() -> None:
    """Nothing is judged by rules that were misread."""
    with pytest.raises(msgspec.ValidationError):
        policy_of({"lanes": {"people": {"before": {"phone": {"action": "shout"}}}}}, "people", "before")


def test_below_its_threshold_a_finding_gets_the_milder_answer() -> None:
    """From the threshold on the action, under it what `below` says."""
    policy = Policy(rules={"phone": Rule("block", 0.8, "mask")})
    assert policy.action("phone", 0.8) == "block"
    assert policy.action("phone", 0.79) == "mask"
