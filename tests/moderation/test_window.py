"""Contacts that are split over several messages of one sender."""

import pytest

from app.moderation import judge


@pytest.mark.parametrize(
    ("earlier", "text", "value"),
    [
        (["510", "574"], "7946", "+15105747946"),
        (["call me", "510-574"], "79 46 ok?", "+15105747946"),
        (["my number starts with 510", "I'll be there at noon, see you then", "574"], "7946", "+15105747946"),
        (["five one zero", "five seven four"], "seven nine four six", "+15105747946"),
        (["jo.smith"], "@gmail.com", "jo.smith@gmail.com"),
        (["mail me: jo.smith at"], "gmail dot com", "jo.smith@gmail.com"),
    ],
)
def test_the_last_piece_gives_it_away(earlier: list[str], text: str, value: str) -> None:
    """No piece is a contact, together they are: found in the message that completes it, and masked there."""
    assert all(judge(piece).threats_detected == () for piece in earlier)
    verdict = judge(text, earlier=earlier)
    assert value in {one.value for one in verdict.threats_detected}
    assert verdict.decision == "filtered"
    assert all(0 <= one.span[0] < one.span[1] <= len(text) for one in verdict.threats_detected)


@pytest.mark.parametrize(
    ("earlier", "text"),
    [
        (["I need 3 windows", "and 2 doors"], "about 4500 is my budget"),
        (["5 rooms"], "Monday at 10 works"),
        (["the invoice is 20391"], "paid on 10/12/2025"),
        (["510 574 7946"], "thanks!"),
    ],
)
def test_ordinary_figures_do_not_add_up(earlier: list[str], text: str) -> None:
    """Amounts, times and dates of several messages are no number; what an earlier message said alone is not found again."""
    assert judge(text, earlier=earlier).threats_detected == ()
