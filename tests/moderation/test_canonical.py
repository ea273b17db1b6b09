"""A verdict is written in one way only."""

import json

import msgspec
import pytest

from app.moderation import Verdict, canonical, judge

TEXTS = [
    "",
    "see you on Monday",
    "call 510-574-7946 or jo at gmail dot com",
    'an "é", a tab\t, a null\x00, an emoji 👍🏽 and \u2028',
    "you are an idiot, I will kill you",
]


@pytest.mark.parametrize("text", TEXTS)
def test_equal_verdicts_are_the_same_bytes(text: str) -> None:
    """Written twice, and written again after having been read."""
    written = canonical(judge(text))
    assert written == canonical(judge(text))
    read = msgspec.json.decode(written, type=Verdict)
    assert read == judge(text)
    assert canonical(read) == written


def test_members_stand_in_the_order_of_the_contract() -> None:
    """Whoever reads it without a parser finds the same thing in the same place."""
    assert canonical(judge("mail jo@x.com")).startswith(
        b'{"decision":"filtered","threats_detected":[{"kind":"email","span":[5,13],"value":"jo@x.com","confidence":'
    )
    # `escalation` is there where a policy has rules for it.
    assert list(json.loads(canonical(judge("hello")))) == list(Verdict.__struct_fields__)[:-1]


@pytest.mark.parametrize("text", ["half \ud800 a pair", "\udc00", "see acme.com/\ud83d and more"])
def test_half_a_surrogate_pair_is_written_too(text: str) -> None:
    """No text breaks the writing; the half comes back as it was."""
    verdict = judge(text)
    assert json.loads(canonical(verdict))["filtered_content"] == verdict.filtered_content
