"""How messages sound, and when a conversation needs a person."""

import pytest

from app.moderation import escalation as escalation_module
from app.moderation import judge
from app.moderation.escalation import URGENT, escalation, read, read_judged


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("positive", "Thank you so much, the kitchen looks amazing! We love it."),
        ("positive", "Great work, very happy with the result"),
        ("negative", "This is the worst service ever, I am very disappointed and angry."),
        ("negative", "The work is terrible and I hate it"),
        ("negative", "I am not happy, this is a bad and sad failure"),
        ("neutral", "The plumber comes on Monday at 9."),
        ("neutral", "We have two windows in the kitchen."),
    ],
)
def test_a_text_has_a_mood(label: str, text: str) -> None:
    """Good, bad or neither; the score has the same sign."""
    mood = judge(text).sentiment
    assert mood.label == label
    assert -1 <= mood.score <= 1


def test_a_calm_conversation_is_left_alone() -> None:
    """Dates, prices and thanks."""
    found = escalation(["Can you come on Monday?", "The price is fine.", "Thanks, see you then!"])
    assert found.score < URGENT
    assert found.reasons == ()


def test_a_conversation_going_wrong_is_told_with_reasons() -> None:
    """Worse and worse, with words that call for somebody."""
    found = escalation(
        [
            "Thank you, looking forward to it, great!",
            "Nobody showed up today, this is annoying",
            "Still waiting. This is the third time, I am very disappointed",
            "This is unacceptable. I want a refund or you hear from my lawyer",
        ]
    )
    assert found.score >= URGENT
    assert found.trend < 0
    assert {"legal_words", "money_back", "leaving"} <= set(found.reasons)


def test_asking_for_a_person_counts_at_once() -> None:
    """One message is enough to be a reason."""
    assert "asks_for_a_person" in escalation(["let me talk to a human"]).reasons


def test_what_was_long_ago_counts_less() -> None:
    """A quarrel that was settled is no reason to call somebody."""
    quarrel = "I want a refund or I call my lawyer"
    assert escalation([quarrel, *["Thanks, that works."] * 12]).score < escalation([quarrel]).score


def test_nothing_said_is_no_reason() -> None:
    """An empty conversation."""
    assert escalation([]).score == 0.0


def test_a_courtyard_is_no_court() -> None:
    """Words of the trade that begin like words for lawyers."""
    assert "legal_words" not in escalation(["The suede sofa stays in the courtyard, thanks for your courtesy"]).reasons


def test_any_conversation_is_judged_the_same_each_time() -> None:
    """Halves of pairs, floods and long texts; scores lie in their range."""
    messages = ["\ud800", "e\u0301" * 500, "WHY??? " * 900, "", "refund " * 50, "\u202e call my lawyer"]
    found = escalation(messages)
    assert found == escalation(messages)
    assert 0 <= found.score <= 1
    assert -1 <= found.mood <= 1
    assert -1 <= found.trend <= 1


@pytest.mark.parametrize("text", [
    "I want a refund or you hear from my lawyer!", "You idiot, I will kill you", "WHY IS NOBODY HERE???", "Thanks!", "",
    "I want to kill myself", "\ud800", "call me at 650-253-0000, this is unacceptable " * 50,
])  # fmt: skip
def test_a_text_reads_the_same_whether_it_was_judged_or_not(text: str) -> None:
    """What is taken from a verdict and what is looked for anew agree, so that no process remembers another reading."""
    escalation_module._known.clear()
    judged = read_judged(text, judge(text))
    escalation_module._known.clear()
    assert read(text) == judged


def test_no_words_are_remembered() -> None:
    """Readings are kept by the digest of their text, and there is an end to them."""
    read("somebody's own words")
    assert all(isinstance(key, bytes) and len(key) == 16 for key in escalation_module._known)
    for number in range(escalation_module.KEPT + 10):
        read(f"number {number}")
    assert len(escalation_module._known) <= escalation_module.KEPT
