"""Labelled messages in many languages get the action and intent a person would choose."""

import time

import pytest
from deciding_support import Labelled, decide, labelled

TUNED = labelled("messages.tsv")
HELD_OUT = labelled("held_out.tsv")
ANSWERS = ("auto_reply", "follow_up")


@pytest.mark.parametrize("row", TUNED, ids=lambda row: f"{row.language}-{row.message[:40]}")
def test_a_labelled_message_gets_its_decision(row: Labelled) -> None:
    """Language, action and intent are those of the table."""
    decision = decide(row.message)
    got = Labelled(decision.language, decision.action, decision.intent, row.message)
    assert got == row, decision.reasons


def test_messages_from_outside_the_tuned_table_are_mostly_understood() -> None:
    """Of the second table at least nineteen of twenty actions are right."""
    right = sum(decide(row.message).action == row.action for row in HELD_OUT)
    assert right >= 0.95 * len(HELD_OUT)


def test_nothing_meant_for_a_person_is_answered_by_rules() -> None:
    """The costly mistake, an answer where silence or a person was due, does not happen in either table."""
    wrong = [row for row in TUNED + HELD_OUT if row.action not in ANSWERS and decide(row.message).action in ANSWERS]
    assert wrong == []


def test_a_typical_decision_takes_well_under_two_milliseconds() -> None:
    """The median over the tables, in time of the processor: a busy machine is not a slow decider."""
    taken: list[float] = []
    for row in TUNED + HELD_OUT:
        start = time.thread_time()
        decide(row.message)
        taken.append(time.thread_time() - start)
    assert sorted(taken)[len(taken) // 2] < 0.002


@pytest.mark.parametrize(
    "unit",
    [
        "a ",
        "when ",
        "are you open ",
        "> ",
        "1.",
        "ﷺ",
        "e\u0301",
        "\n",
        "not so very ",
        "a@",
        "{{",
        "d'",
        "on wrote:\n",
        "?!",
    ],
)
def test_hostile_text_does_not_slow_the_decider(unit: str) -> None:
    """A hundred times the text costs about the same: no pattern explodes."""
    start = time.thread_time()
    decide(unit * (400_000 // len(unit)))
    assert time.thread_time() - start < 0.25
