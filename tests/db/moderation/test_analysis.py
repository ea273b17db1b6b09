"""Figures of a span of days: bounds, groups, pages."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.db.helpers import World
from tests.db.moderation.verdicts import Verdicts, midnight

pytestmark = pytest.mark.usefixtures("in_one_day")

GROUPS = ("kind", "day", "contact", "bid_card", "rule")


@pytest.fixture
def verdicts(world: World) -> Verdicts:
    """Six contacts over six days and bid cards, each a text worse than the one before."""
    made = Verdicts(world)
    for n in range(6):
        sender, card = made.contact(f"p{n}"), f"card {n}"
        common: dict[str, Any] = {
            "sender_contact_id": sender,
            "context_kind": "bid_card",
            "context_id": card,
            "days": n,
        }
        made.give("approved", **common)
        for minutes in range(n):
            made.give("blocked", f"kind{n}", "phone", minutes=minutes, policy_version=1 + n % 2, **common)
    return made


def items(verdicts: Verdicts, group: str, *, first: int = 29, last: int = 0, **more: Any) -> list[dict[str, Any]]:
    """One page, between days ago."""
    values = [group, midnight().date() - timedelta(first), midnight().date() - timedelta(last), more.get("lane"), more.get("after"),
              more.get("limit", 50)]  # fmt: skip
    found: list[dict[str, Any]] = verdicts.ask("security_analysis(%s, %s, %s, %s, %s::jsonb, %s)", *values)["items"]
    return found


def test_groups_count_what_is_in_the_span(verdicts: Verdicts) -> None:
    """Both ends are included, nothing outside is."""
    days = items(verdicts, "day", first=3, last=2)
    assert [(item["day"], item["texts"], item["blocked"]) for item in days] == [
        (str(midnight().date() - timedelta(2)), 3, 2), (str(midnight().date() - timedelta(3)), 4, 3),
    ]  # fmt: skip
    kinds = items(verdicts, "kind", first=3, last=2)
    assert [(item["kind"], item["texts"]) for item in kinds] == [("phone", 5), ("kind3", 3), ("kind2", 2)]
    contacts = items(verdicts, "contact", first=3, last=2)
    assert [(item["display_name"], item["texts"], item["blocked"]) for item in contacts] == [("p3", 4, 3), ("p2", 3, 2)]
    assert [item["bid_card_id"] for item in items(verdicts, "bid_card", first=3, last=2)] == ["card 3", "card 2"]
    rules = items(verdicts, "rule", first=3, last=2)
    assert [(item["policy_version"], item["kind"], item["action"], item["texts"]) for item in rules] == [
        (2, "kind3", "block", 3), (2, "phone", "block", 3), (1, "kind2", "block", 2), (1, "phone", "block", 2),
    ]  # fmt: skip
    assert all(items(verdicts, group, lane="ai") == [] for group in GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_pages_make_the_whole(verdicts: Verdicts, group: str) -> None:
    """Page after page of two: every item once, in the order of the whole list."""
    whole, found = items(verdicts, group), []
    after: dict[str, Any] | None = None
    while page := items(verdicts, group, limit=2, after=psycopg.types.json.Jsonb(after) if after else None):
        found += page
        after = {"number": page[-1]["number"], "key": page[-1]["key"]}
    assert found == whole and len(whole) >= 6


def test_the_summary_adds_up(verdicts: Verdicts) -> None:
    """Texts are what became of them; who goes on is counted in the span."""
    verdicts.give("review", "scam", text="held")
    verdicts.give("approved", "scam", text="held", decider="person", minutes=5)
    verdicts.review(midnight(), due=60, decided=5)
    first, last = midnight().date() - timedelta(9), midnight().date()
    summary = verdicts.ask("security_summary(%s, %s)", first, last)
    assert summary.pop("score") < 50
    assert summary == {
        "first_day": str(first), "last_day": str(last), "texts": 23, "approved": 7, "filtered": 1, "review": 0,
        "blocked": 15, "decided_by_people": 1, "reviewed": 1, "overturned": 1, "false_positive_rate": 1.0,
        "reviews_late": 0, "review_p50_seconds": 300, "review_p95_seconds": 300, "repeat_offenders": 3, "evasions": 3,
    }  # fmt: skip
    nothing = verdicts.ask(
        "security_summary(%s, %s)", midnight().date() - timedelta(400), midnight().date() - timedelta(300)
    )
    assert (nothing["texts"], nothing["score"], nothing["false_positive_rate"]) == (0, None, None)


@pytest.mark.parametrize(
    "call",
    [
        "security_summary(current_date, current_date - 1)", "security_summary(current_date - 366, current_date)",
        "security_summary('-infinity', current_date)", "security_analysis('day', current_date, 'infinity')",
        "security_analysis('sender', current_date, current_date)",
        "security_analysis(null, current_date, current_date)",
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused(world: World, call: str) -> None:
    """Days the wrong way round, more than a year, no end, a group there is not."""
    verdicts = Verdicts(world)
    with pytest.raises(psycopg.Error) as refused:
        verdicts.ask(call)
    assert refused.value.sqlstate == "PT422"


def test_strangers_are_told_nothing(verdicts: Verdicts) -> None:
    """The staff of another tenant get their own figures; who works nowhere is refused."""
    other = Verdicts(verdicts.world)
    assert other.ask("security_summary(current_date - 9, current_date)")["texts"] == 0
    assert other.ask("security_analysis('contact', current_date - 9, current_date)")["items"] == []
    with pytest.raises(psycopg.Error) as refused:
        verdicts.world.rpc(verdicts.world.user(), verdicts.tenant, "security_summary(current_date, current_date)")
    assert refused.value.sqlstate == "PT403"
