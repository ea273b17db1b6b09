"""What the security views count, on verdicts that can be counted by hand."""

import uuid
from datetime import timedelta

import pytest

from tests.db.helpers import World
from tests.db.moderation.verdicts import Verdicts, midnight

pytestmark = pytest.mark.usefixtures("in_one_day")

VIEWS = ("outcomes", "days", "threats", "contacts", "bid_cards", "scores", "offenders", "actions", "rules", "reviews",
         "evasions")  # fmt: skip


@pytest.fixture
def verdicts(world: World) -> Verdicts:
    """A tenant of its own."""
    return Verdicts(world)


def test_the_newest_word_of_a_person_stands(verdicts: Verdicts) -> None:
    """A text counts once, as people decided at last; an edit is another text; without people the rules' verdict stands."""
    verdicts.give("review", "scam", text="a")
    verdicts.give("blocked", "scam", text="a", decider="person")
    last = verdicts.give("approved", "scam", text="a", decider="person")
    edited = verdicts.give("filtered", "phone", text="a", decider="model")
    clean = verdicts.give("approved", text="b")
    assert sorted(verdicts.rows("security_outcomes", "verdict_id")) == [(last,), (edited,), (clean,)]
    assert verdicts.rows("security_days", "texts, approved, filtered, review, blocked, decided_by_people") == [
        (3, 2, 1, 0, 0, 1)
    ]


def test_texts_are_counted_by_day_lane_and_stage(verdicts: Verdicts) -> None:
    """A day is a UTC day, its last minute included."""
    verdicts.give("blocked", "phone", days=1, minutes=1439)
    verdicts.give("approved", days=1, lane="ai", stage="after")
    verdicts.give("review", "scam")
    day = midnight().date()
    assert verdicts.rows("security_days", "day, lane, stage, texts, approved, review, blocked", "order by 1, 2") == [
        (day - timedelta(1), "ai", "after", 1, 1, 0, 0), (day - timedelta(1), "people", "before", 1, 0, 0, 1),
        (day, "people", "before", 1, 0, 1, 0),
    ]  # fmt: skip


def test_threats_are_counted_by_kind_and_day(verdicts: Verdicts) -> None:
    """A text of two kinds is in both rows; what was allowed though it was found is approved; clean texts are in none."""
    verdicts.give("blocked", "phone", "scam")
    verdicts.give("filtered", "phone")
    verdicts.give("approved", "address")
    verdicts.give("approved")
    verdicts.give("blocked", "phone", days=3)
    found = verdicts.rows("security_threats", "kind, texts, approved, filtered, blocked", "order by day desc, kind")
    assert found == [("address", 1, 1, 0, 0), ("phone", 2, 0, 1, 1), ("scam", 1, 0, 0, 1), ("phone", 1, 0, 0, 1)]


def test_contacts_count_with_those_merged_into_them(verdicts: Verdicts) -> None:
    """Per sender what became of his texts; a merged contact's are the winner's; half a year back and no longer."""
    rob = verdicts.contact()
    twin = verdicts.contact("Rob again", merged_into=rob)
    verdicts.give("blocked", "phone", sender_contact_id=rob, days=2)
    verdicts.give("filtered", "phone", sender_contact_id=twin, days=1)
    verdicts.give("approved", sender_contact_id=twin)
    verdicts.give("blocked", "phone", sender_contact_id=rob, days=181)
    verdicts.give("blocked", "phone")
    found = verdicts.rows(
        "security_contacts", "contact_id, texts, approved, filtered, review, blocked, last_stopped_at"
    )
    assert found == [(rob, 3, 1, 1, 0, 1, midnight() - timedelta(1))]


def test_bid_cards_count_what_was_written_about_them(verdicts: Verdicts) -> None:
    """Other contexts are no bid cards."""
    verdicts.give("blocked", "phone", context_kind="bid_card", context_id="c1", days=200)
    verdicts.give("approved", context_kind="bid_card", context_id="c1")
    verdicts.give("blocked", "phone", context_kind="job", context_id="c1")
    found = verdicts.rows("security_bid_cards", "bid_card_id, texts, approved, blocked, last_stopped_at")
    assert found == [("c1", 2, 1, 1, midnight() - timedelta(200))]


def test_who_is_stopped_three_times_in_ninety_days_is_a_repeat_offender(verdicts: Verdicts) -> None:
    """Masked texts are told beside, do not make one; neither do two, nor what is long ago or was taken back."""
    rob, ann, old = (verdicts.contact(name) for name in ("Rob", "Ann", "Old"))
    elsewhere = verdicts.another_message("other@people.test")
    verdicts.give("blocked", "scam", "phone", sender_contact_id=rob, days=9)
    verdicts.give("blocked", "phone", sender_contact_id=rob, message_id=elsewhere, days=8)
    verdicts.give("blocked", "phone", sender_contact_id=rob)
    verdicts.give("filtered", "url", sender_contact_id=rob)
    for n in range(3):
        verdicts.give("blocked", "phone", text=f"ann {n}", sender_contact_id=ann)
        verdicts.give("blocked", "phone", sender_contact_id=old, days=95 - n * 2)
    verdicts.give("approved", "phone", text="ann 0", sender_contact_id=ann, decider="person")
    found = verdicts.rows("security_offenders", "contact_id, blocked, filtered, conversations, kinds, first_at")
    assert found == [(rob, 3, 1, 2, ["phone", "scam", "url"], midnight() - timedelta(9))]


def test_three_tries_within_minutes_are_an_evasion(verdicts: Verdicts) -> None:
    """One sender, one conversation, no gap over ten minutes; what passed, was let through or is still held is no try."""
    rob, ann = verdicts.contact(), verdicts.contact("Ann")
    for minutes in (0, 9, 19):
        verdicts.give("filtered", "phone", sender_contact_id=rob, minutes=minutes)
    verdicts.give("blocked", "phone", sender_contact_id=rob, minutes=25)
    for minutes in (36, 40):  # after eleven minutes, and only two
        verdicts.give("blocked", "phone", sender_contact_id=rob, minutes=minutes)
    verdicts.give("approved", sender_contact_id=rob, minutes=41)
    verdicts.give("review", "scam", sender_contact_id=rob, minutes=42)
    for n, decision in enumerate(("blocked", "blocked", "approved")):
        verdicts.give("blocked", "phone", text=f"ann {n}", sender_contact_id=ann, minutes=n)
        verdicts.give(decision, "phone", text=f"ann {n}", sender_contact_id=ann, minutes=n + 60, decider="person")
    found = verdicts.rows("security_evasions", "contact_id, attempts, blocked, messages, last_at")
    assert found == [(rob, 4, 1, 1, midnight() + timedelta(minutes=25))]


def test_a_rule_is_as_wrong_as_people_say(verdicts: Verdicts) -> None:
    """Per kind, action and policy version: how many people looked at, and how many of them they let through."""
    for n, ruling in enumerate(("approved", "blocked", "blocked", "filtered")):
        verdicts.give("review", "scam", text=f"held {n}")
        verdicts.give(ruling, "scam", text=f"held {n}", decider="person")
    verdicts.give("review", "scam", text="waits")
    verdicts.give("blocked", "scam", "phone", text="appeal", policy_version=2)
    verdicts.give("filtered", "scam", "phone", text="appeal", decider="person")
    verdicts.give("filtered", "phone", text="masked")
    columns = "policy_version, kind, action, texts, reviewed, overturned, false_positive_rate::float8"
    assert verdicts.rows("security_rules", columns, "order by 1, 2, 3") == [
        (1, "phone", "mask", 1, 0, 0, None), (1, "scam", "hold", 5, 4, 1, 0.25),
        (2, "phone", "block", 1, 1, 1, 1.0), (2, "scam", "block", 1, 1, 1, 1.0),
    ]  # fmt: skip


def test_reviews_take_as_long_as_their_senders_waited(verdicts: Verdicts) -> None:
    """From opened to decided, in seconds; what still waits has no time yet, and is late when it is due."""
    for minutes in (1, 2, 3):
        verdicts.review(midnight(), due=2, decided=minutes)
    verdicts.review(midnight(), due=-1440)
    verdicts.review(midnight() - timedelta(1), due=60, decided=61, origin="appeal", outcome="upheld")
    columns = "day - current_date as day, origin, opened, waiting, decided, late, p50_seconds"
    assert verdicts.rows("security_reviews", columns, "order by day desc") == [
        (0, "verdict", 4, 1, 3, 2, 120), (-1, "appeal", 1, 0, 1, 1, 3660),
    ]  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shows_staff_their_tenant_and_nobody_else_anything(verdicts: Verdicts, view: str) -> None:
    """Strangers, people of the chat, staff of another tenant and a token without a member: no row, in every view."""
    world, other = verdicts.world, Verdicts(verdicts.world)
    rob, user = verdicts.contact(), world.user(f"{view}@people.test")
    world.owner.execute(
        "insert into public.contact_identities (tenant_id, contact_id, kind, address)"
        " values (%s, %s, 'email', %s)", [verdicts.tenant.id, rob, f"{view}@people.test"],
    )  # fmt: skip
    world.owner.execute("update public.contacts set auth_user_id = %s where id = %s", [user, rob])
    for minutes in range(3):
        verdicts.give(
            "blocked", "phone", sender_contact_id=rob, context_kind="bid_card", context_id="c", minutes=minutes
        )
    verdicts.review(midnight(), due=60)
    assert {row[0] for row in verdicts.rows(f"security_{view}", "tenant_id")} == {verdicts.tenant.id}
    assert other.rows(f"security_{view}") == []
    for who, tenant in ((user, None), (user, verdicts.tenant), (world.user(), None), (other.tenant.people["owner"],
                        verdicts.tenant)):  # fmt: skip
        with world.acting(who, tenant) as connection:
            assert connection.execute(f"select * from public.security_{view}").fetchall() == [], (view, who)


def test_every_stop_is_on_record_once(verdicts: Verdicts) -> None:
    """The invariant finds a blocked verdict without its row in the log, and a row whose verdict blocked nothing."""
    world, tenant = verdicts.world, verdicts.tenant
    stopped, masked = verdicts.give("blocked", "phone"), verdicts.give("filtered", "phone")
    assert [row["verdict_id"] for row in world.violations(tenant)["blocked_is_on_record"]] == [stopped]
    log = (
        "insert into public.blocked_messages_log (tenant_id, message_id, verdict_id, thread_id, kinds, policy_version)"
        " select v.tenant_id, v.message_id, v.id, v.thread_id, v.kinds, 1 from public.moderation_verdicts as v"
        " where v.tenant_id = %s and v.id = %s"
    )
    world.owner.execute(log, [tenant.id, stopped])
    assert "blocked_is_on_record" not in world.violations(tenant)
    world.owner.execute(log, [tenant.id, masked])
    assert len(world.violations(tenant)["blocked_is_on_record"]) == 1


def test_the_log_of_a_bid_card_is_read_from_its_index(verdicts: Verdicts) -> None:
    """Newest first without a sort: what the index was made for."""
    world, tenant = verdicts.world, verdicts.tenant
    with world.acting(tenant.people["owner"], tenant) as connection:
        connection.execute("set local enable_seqscan = off")
        plan = connection.execute(
            "explain (costs off) select * from public.blocked_messages_log as b where b.tenant_id = %s"
            " and b.bid_card_id = %s order by b.blocked_at desc limit 50",
            [tenant.id, uuid.uuid4()],
        ).fetchall()
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "blocked_messages_log_tenant_id_bid_card_id_idx" in text and "Sort" not in text
