"""Floors for what is found in texts of the bench's own grammar: a step back shows here before it shows there."""

import random

from app.moderation import judge
from bench.written import LATE_MAILS, LATE_PHONES, Case, card, harmless, hidden_mail, hidden_phone, plain_phone

SEED = 31
TEXTS = 400


def found(cases: list[Case]) -> tuple[float, float]:
    """(share of the contacts found by their value, share of what was found that was there)."""
    hits = right = 0
    for case in cases:
        kinds = [one for one in judge(case.text, region=case.region).threats_detected if one.kind == case.kind]
        hits += len(kinds)
        right += any(one.value == case.value for one in kinds)
    return right / len(cases), right / max(hits, 1)


def test_plain_numbers_of_any_country_are_found() -> None:
    """In the national form at home, in the international one anywhere."""
    dice = random.Random(SEED)
    recall, precision = found([plain_phone(dice) for _ in range(TEXTS)])
    assert recall >= 0.99
    assert precision >= 0.99


def test_hidden_numbers_are_found() -> None:
    """In ways that were looked at, and in those that were invented last."""
    dice = random.Random(SEED)
    recall, precision = found([hidden_phone(dice) for _ in range(TEXTS)])
    assert recall >= 0.97
    assert precision >= 0.98
    assert found([hidden_phone(dice, LATE_PHONES) for _ in range(TEXTS)])[0] >= 0.93


def test_hidden_mailboxes_are_found() -> None:
    """In ways that were looked at, and in those that were invented last."""
    dice = random.Random(SEED)
    recall, precision = found([hidden_mail(dice) for _ in range(TEXTS)])
    assert recall >= 0.97
    assert precision >= 0.97
    assert found([hidden_mail(dice, LATE_MAILS) for _ in range(TEXTS)])[0] >= 0.75


def test_what_looks_like_a_contact_is_left_alone() -> None:
    """Prices, sizes, parts, dates and cards: at most one in two hundred."""
    dice = random.Random(SEED)
    texts = [harmless(dice).text for _ in range(2 * TEXTS)]
    assert sum(bool(judge(text).threats_detected) for text in texts) <= 4
    assert not any(one.kind == "phone" for _ in range(TEXTS) for one in judge(card(dice).text).threats_detected)


def test_masked_texts_hold_nothing_more() -> None:
    """What was found is gone when the masked text is judged again, and so is its neighbour."""
    dice = random.Random(SEED)
    for _ in range(TEXTS):
        case = dice.choice((plain_phone, hidden_phone, hidden_mail))(dice)
        masked = judge(case.text, region=case.region).filtered_content
        if masked is not None:
            again = judge(masked, region=case.region)
            assert {one.kind for one in again.threats_detected} & {"phone", "email"} == set(), masked
