"""What readers see: exactly the findings gone, and nothing left to find."""

from app.moderation import Policy, judge
from app.moderation.masking import mask
from app.moderation.policy import Rule
from app.moderation.verdicts import CONTACT_KINDS, Threat


def test_exactly_the_spans_are_replaced() -> None:
    """The words around a finding stay as they were, disguise and punctuation included."""
    verdict = judge("Hi Jo, call (5l0) 574-7946 — or jo@x.com… ok?")
    assert verdict.filtered_content == "Hi Jo, call [phone removed] — or [email removed]… ok?"
    assert verdict.decision == "filtered"


def test_spans_count_characters_of_the_original() -> None:
    """Invisible characters, emoji and ligatures before and inside a finding do not shift it."""
    text = "ﬁne 👍🏽\u200b, call 5\u200b10\ufe0f-574-7946!"
    (one,) = judge(text).threats_detected
    assert text[one.span[0] : one.span[1]] == "5\u200b10\ufe0f-574-7946"


def test_what_is_written_as_a_code_is_masked_whole() -> None:
    """A character of a web page is several of the text; none of them is left."""
    assert judge("mail jo&#64;gmail&#46;com!").filtered_content == "mail [email removed]!"
    assert judge("&#53;&#49;&#48; 574 794&#54; &amp; more").filtered_content == "[phone removed] &amp; more"


def test_masking_twice_is_masking_once() -> None:
    """What stands in place of a finding is no finding."""
    text = "510-574-7946, jo@x.com, acme.com, venmo @jo-1, 12 Main Street, zoom.us/j/1, insta: jo_1"
    policy = Policy(rules={"spam": Rule("allow"), "scam": Rule("allow")})
    once = judge(text, policy=policy).filtered_content
    assert once is not None
    assert once.count(" removed]") == 7
    again = judge(once, policy=policy)
    assert again.filtered_content == once
    assert {one.kind for one in again.threats_detected} <= {"spam", "scam"}


def test_overlapping_spans_are_masked_as_one() -> None:
    """Two findings over the same characters leave one word."""
    found = [
        Threat(kind="url", span=(2, 8), value="a", confidence=0.9),
        Threat(kind="phone", span=(5, 10), value="b", confidence=0.9),
    ]
    assert mask("0123456789ab", found) == "01[link removed]ab"


def test_a_policy_decides_by_kind() -> None:
    """The same message is shown, masked, held or stopped, as the tenant says."""
    text = "I live at 12 Main Street, call 510-574-7946"
    assert (
        judge(text, policy=Policy(rules={"address": Rule("allow")})).filtered_content
        == "I live at 12 Main Street, call [phone removed]"
    )
    assert judge(text, policy=Policy(rules={"phone": Rule("hold")})).decision == "review"
    stopped = judge(text, policy=Policy(rules={"phone": Rule("block")}))
    assert (stopped.decision, stopped.filtered_content) == ("blocked", None)


def test_own_domains_and_numbers_may_be_said() -> None:
    """Links to the tenant's own site and its hotline are nobody's way out."""
    policy = Policy(allowed_domains=frozenset({"acme.com"}), allowed_values=frozenset({"+15105747946"}))
    text = "It is on help.acme.com/faq, otherwise Jo helps: jo@acme.com, 510-574-7946"
    assert {one.kind for one in judge(text, policy=policy).threats_detected} & set(CONTACT_KINDS) == set()
    assert judge("see notacme.com", policy=policy).decision == "filtered"


def test_a_finding_less_sure_than_the_threshold_goes_below() -> None:
    """A rule's threshold parts what is masked from what a person looks at."""
    policy = Policy(rules={"phone": Rule("mask", 0.95, "hold")})
    assert judge("call +1 510 574 7946", policy=policy).decision == "filtered"
    assert judge("510 574 79 46", policy=policy).decision == "review"


def test_what_is_too_long_to_read_is_never_approved() -> None:
    """Beyond the limit a person looks."""
    verdict = judge("fine " * 2_000)
    assert (verdict.decision, verdict.filtered_content) == ("review", None)
