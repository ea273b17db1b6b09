"""The security score: what its formula says, on examples that can be computed by hand, and what it may never do."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.db.helpers import World
from tests.db.moderation.verdicts import Verdicts, midnight

pytestmark = pytest.mark.usefixtures("in_one_day")

THREATS = st.just(0.0) | st.floats(1e-3, 1e6)
TEXTS = st.floats(1e-3, 1e7)


def score(world: World, threats: float, texts: float) -> float | None:
    """The formula alone."""
    found = world.value("select private.security_score(%s, %s)", threats, texts)
    return None if found is None else float(found)


@pytest.mark.parametrize(
    ("threats", "texts", "expected"),
    [(0, 1, 100), (1, 1, 51.7), (3, 5, 18.9), (10, 980, 87.1), (50, 980, 50), (100, 980, 25), (49, 980, 50.7),
     (1000, 980, 0), (0.25, 980, 99.7), (0, 0, None), (5, 0, None)],
)  # fmt: skip
def test_examples(world: World, threats: float, texts: float, expected: float | None) -> None:
    """Halved by every 50 in 1,000, the 20 that are taken for granted among them; no texts, no score."""
    assert score(world, threats, texts) == expected


def test_it_never_leaves_its_bounds_and_falls_with_every_threat(module_world: World) -> None:
    """0 … 100, whatever comes; more threats in as many texts never raise it, more texts with as many never lower it."""

    @settings(max_examples=150)
    @given(THREATS, THREATS, TEXTS, TEXTS)
    def holds(threats: float, more: float, texts: float, others: float) -> None:
        base, worse = (score(module_world, one, texts) for one in (threats, threats + more))
        better = score(module_world, threats, texts + others)
        assert base is not None and worse is not None and better is not None
        assert 0 <= worse <= base <= better <= 100

    holds()


def today(verdicts: Verdicts) -> Any:
    """The tenant's score of today, as its view says."""
    rows = verdicts.rows("security_scores", "score::float8")
    return rows[0][0] if rows else None


def test_a_tenant_has_one_once_something_was_judged(world: World) -> None:
    """None at first; 100 with nothing but clean texts; worse with each that is stopped; masked counts a quarter."""
    verdicts = Verdicts(world)
    assert today(verdicts) is None
    verdicts.give("approved")
    seen = [today(verdicts)]
    for decision in ("review", "filtered", "blocked", "blocked"):
        verdicts.give(decision, "phone")
        seen.append(today(verdicts))
    # 0 of 21, 0 of 22, 0.25 of 23, 1.25 of 24, 2.25 of 25
    assert seen == [100, 100, 86.0, 48.6, 28.7]


def test_despair_is_no_threat(world: World) -> None:
    """Somebody whose words were held and stopped for signs of self-harm alone lowers nothing."""
    verdicts = Verdicts(world)
    verdicts.give("blocked", "self_harm")
    assert today(verdicts) == 100
    verdicts.give("blocked", "self_harm", "threat")
    assert today(verdicts) < 100


def test_what_people_take_back_does_not_count(world: World) -> None:
    """An appeal that is granted restores the score; a person's own block counts as any."""
    verdicts = Verdicts(world)
    verdicts.give("blocked", "scam", text="a")
    before = today(verdicts)
    verdicts.give("approved", "scam", text="a", decider="person")
    assert (before, today(verdicts)) == (51.7, 100)
    verdicts.give("blocked", text="a", decider="person")
    assert today(verdicts) == 51.7


def test_it_decays(world: World) -> None:
    """The same threat weighs half after 30 days, so the score recovers day by day; after 180 days it is forgotten."""
    weights = {
        row["age"]: row["weight"]
        for row in world.all("select current_date - day as age, weight from private.security_weights(current_date)")
    }
    assert len(weights) == 180 and [weights[age] for age in (0, 30, 60, 150)] == [1, 0.5, 0.25, 1 / 32]
    verdicts = Verdicts(world)
    for days in range(5):
        verdicts.give("blocked", "scam", days=days)
    verdicts.give("approved")
    seen = [
        verdicts.ask("security_summary(%s::date - 5, %s::date)", day, day)["score"]
        for day in (midnight().date() + timedelta(ahead) for ahead in (0, 1, 30, 60, 120, 178))
    ]
    assert seen == sorted(seen) and seen[0] < 10 < 90 < seen[-1]
    gone = midnight().date() + timedelta(181)
    assert verdicts.ask("security_summary(%s::date - 5, %s::date)", gone, gone)["score"] is None


def test_a_contact_has_one_of_his_own(world: World) -> None:
    """Only what he wrote counts, merged twins included; the function as of today agrees with the view."""
    verdicts = Verdicts(world)
    rob, ann = verdicts.contact(), verdicts.contact("Ann")
    twin = verdicts.contact("Rob again", merged_into=rob)
    for sender in (rob, twin):
        verdicts.give("blocked", "scam", sender_contact_id=sender)
    for n in range(3):
        verdicts.give("approved", sender_contact_id=rob, days=30 * n)
    verdicts.give("approved", sender_contact_id=ann, days=179)
    found = dict(verdicts.rows("security_contacts", "contact_id, score::float8"))
    assert found == {rob: 31.1, ann: 100}  # 2 threats in 2 + 1 + 0.5 + 0.25 texts, and 20
    items = verdicts.ask("security_analysis('contact', current_date - 179, current_date)")["items"]
    assert {item["contact_id"]: item["score"] for item in items} == {str(rob): 31.1, str(ann): 100}
