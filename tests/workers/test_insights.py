"""What the CRM knows of a thread: written when it moved and never otherwise; and who is reminded, once."""

from typing import Any

import pytest

from tests.db.helpers import Row, Tenant
from tests.support.database import Database
from tests.workers.harness import Room, someone, wait_until


@pytest.fixture(scope="module")
def reading(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A room with the insights and follow-up workers, and no other: the tests decide and send themselves."""
    made = Room(module_database, tmp_path_factory.mktemp("reading"))
    made.start("insights", "followups")
    made.wait_for_listeners("insights")
    yield made
    made.close()


@pytest.fixture
def tenant(reading: Room) -> Tenant:
    """A tenant of this test's own."""
    return reading.tenant()


def insight(room: Room, thread_id: Any) -> Row | None:
    """What is known of a thread."""
    rows = room.world.all("select * from public.et_thread_insights where thread_id = %s", thread_id)
    return rows[0] if rows else None


def insight_of(room: Room, thread_id: Any, read_seq: int) -> Row:
    """What is known of a thread once it was read up to `read_seq`."""

    def found() -> Row | None:
        row = insight(room, thread_id)
        return row if row and row["read_seq"] >= read_seq else None

    return dict(wait_until(found, what=room.logs))


def answered(room: Room, tenant: Tenant, sender: str, body: str = "How much does a visit cost?") -> Row:
    """A question that was answered with a question, and the answer that was sent."""
    arrived = room.world.arrive(tenant, sender, body)
    (claim,) = [row for row in room.world.claim() if row["thread_id"] == arrived["thread_id"]]
    done = room.world.complete(claim, reply="A visit costs $89. Would you like to book one?")
    done |= {"thread_id": arrived["thread_id"]}
    (claim,) = [row for row in room.world.claim_out() if str(row["message_id"]) == done["message_id"]]
    room.world.finish(claim)
    return done


def make_due(room: Room, thread_id: Any) -> None:
    """The day of the follow-up has come."""
    assert room.world.owner.execute(
        "update public.et_thread_insights set follow_up_at = clock_timestamp()"
        " where thread_id = %s and follow_up_status = 'scheduled'", [thread_id],
    ).rowcount == 1, insight(room, thread_id)  # fmt: skip


def outcome(room: Room, thread_id: Any) -> str:
    """What became of a follow-up that was due."""

    def done() -> str | None:
        row = insight(room, thread_id)
        return row["follow_up_status"] if row and row["follow_up_status"] != "scheduled" else None

    return str(wait_until(done, what=room.logs))


def test_a_thread_that_moved_is_read_and_summed_up(reading: Room, tenant: Tenant) -> None:
    """Summary, label, mood, language and what comes next, as of the last message."""
    done = answered(reading, tenant, someone())
    row = insight_of(reading, done["thread_id"], 2)
    assert "cost" in row["summary"]
    assert row["label"] == "price"
    assert row["sentiment_label"] == "neutral"
    assert row["language"] == "en"
    assert row["next_step"]
    assert row["model"] == "rules"


def test_a_thread_that_did_not_move_is_left_alone(reading: Room, tenant: Tenant) -> None:
    """A wake-up without a new message changes nothing: not the version, not the time."""
    done = answered(reading, tenant, someone())
    before = insight_of(reading, done["thread_id"], 2)
    reading.settle(60, "insights")
    before = insight_of(reading, done["thread_id"], 2)
    for _ in range(3):
        reading.world.owner.execute("select private.note_thread_moved(%s, %s)", [tenant.id, done["thread_id"]])
        reading.settle(60, "insights")
    assert insight(reading, done["thread_id"]) == before


def test_every_earlier_insight_is_kept(reading: Room, tenant: Tenant) -> None:
    """Each new reading puts the one before into history, in order and without gaps."""
    ann = someone()
    done = answered(reading, tenant, ann)
    insight_of(reading, done["thread_id"], 2)
    for number in range(3):
        before = reading.world.thread(done["thread_id"])["last_seq"]
        reading.world.answered(tenant, ann, body=f"And what would {number + 2} visits cost?")
        insight_of(reading, done["thread_id"], before + 2)
    reading.settle(60, "insights")
    now = insight(reading, done["thread_id"])
    assert now is not None
    old = reading.world.all(
        "select version, read_seq from public.thread_insight_versions where thread_id = %s order by version",
        done["thread_id"],
    )
    assert [row["version"] for row in old] == list(range(1, now["version"]))
    read = [row["read_seq"] for row in old] + [now["read_seq"]]
    assert read == sorted(set(read)), "a version was written without the thread having moved"


def test_a_due_follow_up_is_one_message(reading: Room, tenant: Tenant) -> None:
    """The contact did not answer: he is reminded once, in the thread, and never again by itself."""
    done = answered(reading, tenant, someone())
    insight_of(reading, done["thread_id"], 2)
    reading.settle(60, "insights")
    make_due(reading, done["thread_id"])
    assert outcome(reading, done["thread_id"]) == "sent"
    row = insight(reading, done["thread_id"])
    assert row is not None
    queued = reading.world.queue(row["follow_up_message_id"])
    assert (queued["purpose"], queued["status"], queued["recipient"]) == ("follow_up", "queued", reading.world.queue(done["message_id"])["recipient"])  # fmt: skip
    (claim,) = [one for one in reading.world.claim_out() if one["queue_id"] == queued["id"]]
    assert reading.world.finish(claim) == "sent"
    reading.world.owner.execute("select private.note_thread_moved(%s, %s)", [tenant.id, done["thread_id"]])
    reading.settle(60, "insights")
    later = insight(reading, done["thread_id"])
    assert later is not None
    if later["follow_up_status"] == "scheduled":
        make_due(reading, done["thread_id"])
        assert outcome(reading, done["thread_id"]) == "cancelled"
    assert reading.world.value(
        "select count(*) from public.et_outbound_queue where thread_id = %s and purpose = 'follow_up'", done["thread_id"]
    ) == 1  # fmt: skip


def test_whoever_answered_or_is_in_a_persons_hands_is_not_reminded(reading: Room, tenant: Tenant) -> None:
    """The contact wrote before the day came, or somebody of the team took over: what was planned is cancelled."""
    ann = someone()
    wrote, taken = answered(reading, tenant, ann), answered(reading, tenant, someone())
    for done in (wrote, taken):
        insight_of(reading, done["thread_id"], 2)
    reading.settle(60, "insights")
    reading.world.rpc(tenant.people["owner"], tenant, "take_over_thread(%s)", taken["thread_id"])
    with reading.world.owner.transaction():
        make_due(reading, taken["thread_id"])
        make_due(reading, wrote["thread_id"])
        reading.world.arrive(tenant, ann, "I will take it, thank you.")
    assert outcome(reading, wrote["thread_id"]) == "cancelled"
    assert outcome(reading, taken["thread_id"]) == "cancelled"


def test_a_follow_up_queued_for_later_is_cancelled_when_the_contact_writes(reading: Room, tenant: Tenant) -> None:
    """What a decision scheduled for next day stays at home once the contact has written."""
    ann = someone()
    arrived = reading.world.arrive(tenant, ann)
    (claim,) = [row for row in reading.world.claim() if row["thread_id"] == arrived["thread_id"]]
    done = reading.world.complete(claim, "follow_up", follow_up_in_s=3600)
    reading.world.arrive(tenant, ann, "Never mind.")
    reading.world.owner.execute("update private.outbound_work set run_at = clock_timestamp() where queue_id = %s", [done["queue_id"]])  # fmt: skip
    assert reading.world.claim_out() == []
    row = reading.world.queue(done["message_id"])
    assert (row["status"], row["status_reason"]) == ("cancelled", "superseded")


def test_nothing_was_broken_on_the_way(reading: Room) -> None:
    """After all of the above every invariant holds and nobody waits for an insight."""
    reading.settle(60, "insights")
    assert reading.violations() == []
