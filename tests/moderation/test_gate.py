"""What the database wants judged, and what it is told: pure, and the same every time."""

import hashlib
import json
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from app.domain.judgement import Finding, Inputs, Opinion
from app.moderation import judge
from app.moderation.gate import judge_inputs, read_inputs, second_look
from app.moderation.opinions import tighten
from app.moderation.policy import Policy, Rule
from app.moderation.verdicts import Verdict

RULES: dict[str, Any] = {"before": {}, "after": {"phone": {"action": "allow"}}}


def inputs(body: str, **more: Any) -> Inputs:
    """A message between people before they are connected."""
    document = {"lanes": {"people": RULES}} | more.pop("document", {})
    return read_inputs({
        "message_id": "m1", "thread_id": "t1", "lane": "people", "stage": "before", "policy_version": 3,
        "document": document, "body": body, "digest": "d1", "earlier": [], "regions": ["US"],
    } | more)  # fmt: skip


def opinion(*findings: Finding, outcome: str = "answered") -> Opinion:
    """What a model said."""
    return Opinion(outcome=outcome, model="m", prompt_version="p", findings=findings)


def test_a_record_is_the_verdict_with_what_it_rests_on() -> None:
    """Digest, policy version, lane and stage go back as they came, so that what moved meanwhile is noticed."""
    record = judge_inputs(inputs("call 510-574-7946"))
    assert (record.decision, record.filtered_content) == ("filtered", "call [phone removed]")
    assert (record.digest, record.policy_version, record.lane, record.stage) == ("d1", 3, "people", "before")
    assert (record.decider, record.kinds) == ("rules", ("phone",))
    assert [(one.visibility, one.kind) for one in record.comments] == [("sender", "phone")]


def test_the_stage_decides() -> None:
    """The same text after contact details were revealed."""
    assert judge_inputs(inputs("call 510-574-7946", stage="after")).decision == "approved"


def test_the_document_holds_no_readers_text() -> None:
    """Its digest stands there; every other member is the verdict's own."""
    record = judge_inputs(inputs("call 510-574-7946"))
    kept = json.loads(record.verdict)
    assert kept["filtered_content"] == hashlib.sha256(b"call [phone removed]").hexdigest()
    assert msgspec.convert(kept, Verdict).threats_detected == judge("call 510-574-7946").threats_detected


def test_equal_inputs_give_equal_bytes() -> None:
    """Whoever judges again, after a crash or years later, gets the same record."""
    one = inputs("7946", earlier=[
        {"message_id": "e1", "digest": "x1", "body": "510"}, {"message_id": "e2", "digest": "x2", "body": "574"},
    ])  # fmt: skip
    assert judge_inputs(one) == judge_inputs(one)
    assert judge_inputs(one).kinds == ("phone",)
    assert judge_inputs(one).inputs["earlier"] == [
        {"message_id": "e1", "digest": "x1"}, {"message_id": "e2", "digest": "x2"},
    ]  # fmt: skip


def test_the_window_is_the_policys() -> None:
    """A tenant that reads no earlier messages finds no number split over them."""
    earlier = [{"message_id": "e1", "digest": "x1", "body": "510 574"}]
    assert judge_inputs(inputs("7946", earlier=earlier)).decision == "filtered"
    alone = judge_inputs(inputs("7946", earlier=earlier, document={"window": 0}))
    assert (alone.decision, alone.inputs["earlier"]) == ("approved", [])


def test_what_waited_for_a_policy_that_is_gone_passes() -> None:
    """Nobody moderates its lane any more: it is shown as it is, and no model is asked."""
    gone = inputs("call 510-574-7946", is_moderated=False, document={"lanes": {}, "second_opinion": {"when": "always"}})
    record = judge_inputs(gone)
    assert (record.decision, record.kinds, record.filtered_content) == ("approved", (), None)
    assert second_look(gone, record, "tenant") is None


def test_a_subject_is_masked_too() -> None:
    """A number that begins in the subject and ends in the body is masked in both."""
    record = judge_inputs(inputs("574 7946 any time", subject="call me at 510"))
    assert record.filtered_subject == "call me at [phone removed]"
    assert record.filtered_content == "[phone removed] any time"
    plain = judge_inputs(inputs("call 510-574-7946", subject="Your kitchen"))
    assert (plain.filtered_subject, plain.filtered_content) == ("Your kitchen", "call [phone removed]")


def test_what_is_not_filtered_carries_no_text() -> None:
    """Approved stays as it is, held and blocked are shown to nobody."""
    for body in ("see you on Monday", "I will kill you and your family tonight", "x " * 5000):
        record = judge_inputs(inputs(body))
        assert record.decision != "filtered"
        assert (record.filtered_content, record.filtered_subject) == (None, UNSET)


def test_a_model_may_tighten() -> None:
    """What it sees and the rules do not is done about as the policy says."""
    text = inputs("meet me where the river bends, bring cash")
    record = judge_inputs(text, opinion(Finding(kind="scam", span=(0, 4), confidence=0.95)))
    assert (record.decider, record.decision, record.kinds) == ("model", "blocked", ("scam",))
    masked = judge_inputs(text, opinion(Finding(kind="address", span=(8, 29), confidence=0.9)))
    assert masked.filtered_content == "meet me [address removed], bring cash"
    assert json.loads(json.dumps(masked.inputs["model"]["findings"])) == [
        {"kind": "address", "span": [8, 29], "confidence": 0.9}
    ]


@pytest.mark.parametrize("outcome", ["answered", "too_slow"])
@pytest.mark.parametrize("kind", ["scam", "spam"])
def test_every_record_can_be_made_again_from_what_it_names(kind: str, outcome: str) -> None:
    """The model's with its answer, the rules' beside it without one: byte for byte."""
    one = inputs("meet me where the river bends", document={"second_opinion": {"when": "always", "kinds": ["scam"]}})
    record = judge_inputs(one, opinion(Finding(kind=kind, span=(0, 4), confidence=0.95), outcome=outcome))
    written = [msgspec.to_builtins(record)]
    if record.rules is not UNSET:
        written.append(record.rules)
    assert len(written) == (2 if (kind, outcome) == ("scam", "answered") else 1)
    for row in written:
        kept = json.loads(json.dumps(row["inputs"]))
        said = msgspec.convert(kept["model"], Opinion) if "model" in kept else None
        assert judge_inputs(one, said).verdict == row["verdict"]


@pytest.mark.parametrize("body", ["call 510-574-7946", "I will kill you and your family tonight", "you idiot"])
def test_a_model_never_loosens(body: str) -> None:
    """Silence and harmless findings leave the rules' verdict as it is, byte for byte."""
    rules = judge_inputs(inputs(body))
    for said in (opinion(), opinion(Finding(kind="spam", span=(0, 1), confidence=0.1)), opinion(outcome="refused")):
        record = judge_inputs(inputs(body), said)
        assert record.decision == rules.decision
        assert record.filtered_content == rules.filtered_content


def test_every_threat_of_the_rules_stays() -> None:
    """A model's findings come on top, whatever they overlap."""
    text = "call 510-574-7946 now"
    rules = judge(text)
    both = tighten(text, rules, [Finding(kind="phone", span=(0, 21), confidence=0.9)], Policy())
    assert set(rules.threats_detected) < set(both.threats_detected)
    assert both.filtered_content == "[phone removed]"


@pytest.mark.parametrize(
    "finding",
    [
        Finding(kind="nonsense", span=(0, 4), confidence=1.0),
        Finding(kind="phone", span=(0, 4000), confidence=1.0),
        Finding(kind="phone", span=(-3, 2), confidence=1.0),
        Finding(kind="phone", span=(3, 3), confidence=1.0),
    ],
)
def test_findings_of_nothing_are_ignored(finding: Finding) -> None:
    """An unknown kind, a place outside of the text: a model's noise."""
    assert tighten("see you", judge("see you"), [finding], Policy()) == judge("see you")


def test_a_tenants_own_values_may_be_said() -> None:
    """A model does not mask the tenant's own site."""
    policy = Policy(allowed_domains=frozenset({"acme.com"}), rules={"url": Rule("block")})
    text = "see www.acme.com"
    assert tighten(text, judge(text, policy=policy), [Finding(kind="url", span=(4, 16), confidence=1.0)],
                   policy).decision == "approved"  # fmt: skip


def test_who_is_asked_about_what() -> None:
    """Never, about what a person would have to read, or always; about what is blocked nobody is asked."""

    def asked(body: str, **wanted: Any) -> bool:
        one = inputs(body, document={"second_opinion": wanted})
        return second_look(one, judge_inputs(one), "tenant") is not None

    assert not asked("hello")
    assert not asked("hello", when="never")
    assert not asked("hello", when="review")
    assert asked("hello", when="always")
    assert asked("x " * 5000, when="review")
    assert not asked("I will kill you and your family tonight", when="always")


def test_a_model_raises_only_the_kinds_it_is_asked_about() -> None:
    """The policy may leave contact details to the rules."""
    one = inputs("hello there", document={"second_opinion": {"when": "always", "kinds": ["scam"]}})
    asked = second_look(one, judge_inputs(one), "tenant")
    assert asked is not None
    assert asked.kinds == ("scam",)
    assert judge_inputs(one, opinion(Finding(kind="threat", span=(0, 5), confidence=1.0))).decision == "approved"


def test_without_an_answer_the_rules_stand_or_a_person_looks() -> None:
    """As the policy says: by default a model that is away stops nobody."""
    away = opinion(outcome="too_slow")
    calm = inputs("hello", document={"second_opinion": {"when": "always"}})
    assert (judge_inputs(calm, away).decision, judge_inputs(calm, away).decider) == ("approved", "rules")
    strict = inputs("hello", document={"second_opinion": {"when": "always", "otherwise": "review"}})
    assert (judge_inputs(strict, away).decision, judge_inputs(strict, away).decider) == ("review", "rules")
    assert judge_inputs(strict, away).inputs["model"]["outcome"] == "too_slow"


def escalating(stage: str = "before", **rules: Any) -> dict[str, Any]:
    """A document with rules of escalation for what people write to each other."""
    return {"escalation": {"messages": 3, "people": {stage: rules}}}


def said(*bodies: str) -> list[dict[str, str]]:
    """What the sender had written before."""
    return [{"message_id": f"e{n}", "digest": f"x{n}", "body": body} for n, body in enumerate(bodies)]


ANGRY = "This is unacceptable. I want a refund or you hear from my lawyer!"
NOTIFY = {"on": "score", "threshold": 0.6, "action": "notify"}


def test_rules_of_escalation_see_the_conversation() -> None:
    """Which rules hold goes to the database; what was seen stays with the verdict, whether one holds or not."""
    record = judge_inputs(inputs(ANGRY, document=escalating(angry=NOTIFY)))
    assert not isinstance(record.escalation, UnsetType)
    assert [one["rule"] for one in record.escalation["raised"]] == ["angry"]
    assert json.loads(record.verdict)["escalation"]["reasons"][0] == "legal_words"
    calm = judge_inputs(inputs("Thank you!", document=escalating(angry=NOTIFY)))
    assert calm.escalation is UNSET
    assert json.loads(calm.verdict)["escalation"]["raised"] == []


def test_a_policy_without_rules_makes_the_verdicts_it_made() -> None:
    """Not a byte is different, for another stage either."""
    plain = judge_inputs(inputs(ANGRY))
    assert "escalation" not in plain.verdict
    assert judge_inputs(inputs(ANGRY, document=escalating("after", angry=NOTIFY))).verdict == plain.verdict


def test_the_window_of_escalation_is_on_record() -> None:
    """The wider of two windows: what a number is split over, and what is watched."""
    document = escalating(worse={"on": "trend", "threshold": -0.3, "action": "notify"}) | {"window": 1}
    one = inputs(
        "This is terrible, I hate it", document=document, earlier=said("Old news.", "Great, we love it!", "Good.")
    )
    record = judge_inputs(one)
    assert [earlier["message_id"] for earlier in record.inputs["earlier"]] == ["e1", "e2"]
    assert not isinstance(record.escalation, UnsetType)
    assert record.escalation["raised"][0]["rule"] == "worse"
    assert record.escalation["messages"] == 3


def test_a_trend_takes_three_messages() -> None:
    """Two are a difference, not a trend."""
    document = escalating(worse={"on": "trend", "threshold": -0.05, "action": "notify"})
    record = judge_inputs(inputs("This is terrible, I hate it", document=document, earlier=said("Great, we love it!")))
    assert record.escalation is UNSET


def test_what_was_blocked_is_counted_with_this_one() -> None:
    """Two before and this one are three; how many there were is on record."""
    document = escalating(trouble={"on": "blocked", "threshold": 3, "action": "label"})
    record = judge_inputs(inputs("I will kill you, you idiot", document=document, blocked=2))
    assert record.decision == "blocked"
    assert not isinstance(record.escalation, UnsetType)
    assert list(record.escalation["raised"]) == [{"rule": "trouble", "value": 3.0}]
    assert record.inputs["blocked"] == 2
    assert judge_inputs(inputs("Hello", document=document, blocked=9)).escalation is UNSET


def test_a_model_may_call_a_person() -> None:
    """What it finds counts as what the rules find; it takes nothing back."""
    document = escalating(help={"on": "kind", "kinds": ["self_harm"], "threshold": 0.5, "action": "notify"})
    document |= {"second_opinion": {"when": "always"}}
    one = inputs("I do not see a way out any more", document=document)
    assert judge_inputs(one).escalation is UNSET
    record = judge_inputs(one, opinion(Finding(kind="self_harm", span=(0, 31), confidence=0.9)))
    assert not isinstance(record.escalation, UnsetType)
    assert record.escalation["raised"][0]["rule"] == "help"


def test_a_rule_may_hold_the_message() -> None:
    """Its sender reads why; what is blocked already stays so."""
    document = escalating(angry=NOTIFY | {"action": "review"})
    record = judge_inputs(inputs(ANGRY, document=document))
    assert (record.decision, record.filtered_content) == ("review", None)
    assert [one.kind for one in record.comments] == ["escalated"]
    assert judge_inputs(inputs(ANGRY + " I will kill you, you idiot", document=document)).decision == "blocked"
