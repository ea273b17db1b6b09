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


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["4", "1", "5", "5", "5", "5", "0", "1", "9", "9"], "+14155550199"),
        (["41", "55", "55", "01", "99"], "+14155550199"),
        (["four", "one", "five", "five five", "five", "oh one", "nine nine"], "+14155550199"),
        (["numbers: 415555", "0199"], "+14155550199"),
        (["4155", "550199 there you go"], "+14155550199"),
        (["my insta is", "joplumbing77"], "joplumbing77"),
        (["find me on instagram", "jo_plumbing"], "jo_plumbing"),
        (["venmo", "@jo-plumb"], "@jo-plumb"),
        (["joplumbing", "dot com"], "joplumbing.com"),
        (["www.", "joplumbing", ".com"], "joplumbing.com"),
        (["4417", "Willow Bend Drive"], "4417 willow bend drive"),
    ],
)
def test_what_is_told_bit_by_bit_is_found_in_the_last(texts: list[str], value: str) -> None:
    """A digit a message; a name behind the platform; the end of a link; a house's number before its street."""
    found = [judge(text, earlier=texts[:place]).threats_detected for place, text in enumerate(texts)]
    assert [one.value for one in found[-1]] == [value]
    assert not any(found[:-1])


@pytest.mark.parametrize(
    "texts",
    [
        ["12", "350", "48", "1500", "60", "7"],
        ["gate 4471", "at 9", "around 1200"],
        ["see you at 5", "Oak Street is closed"],
        ["I saw your work on instagram", "nice tiles"],
        ["300 for the tiles", "415 for labor", "1200 in all"],
        ["36 inch", "48", "72"],
    ],
)
def test_figures_of_several_messages_are_figures(texts: list[str]) -> None:
    """Prices, sizes and times that are no number together."""
    assert not any(judge(text, earlier=texts[:place]).threats_detected for place, text in enumerate(texts))
