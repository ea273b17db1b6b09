"""Insights run again exactly when a thread moved; follow-ups leave once, or not at all."""

import threading
import time
from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, Tenant, World


def claim(world: World) -> list[Row]:
    """Claim insight work."""
    return list(world.worker.execute("select * from private.claim_insights('i', 10)").fetchall())


def complete(world: World, row: Row, read_seq: int | None, **more: Any) -> str:
    """Record an insight, or close the work with none."""
    insight = None if read_seq is None else {"summary": "s", "model": "m", "read_seq": read_seq, **more}
    return world.record_insight(row, insight)


def scheduled(world: World, tenant: Tenant, **more: Any) -> Row:
    """A thread whose insight wants a follow-up now."""
    message = world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    (work,) = [row for row in claim(world) if row["thread_id"] == message["thread_id"]]
    more = {"follow_up_at": "2020-01-01T00:00:00Z", "follow_up_text": "Still interested?", **more}
    assert complete(world, work, 1, **more) == "recorded"
    return message


def due(world: World) -> list[Row]:
    """Run what is due."""
    return list(world.worker.execute("select * from private.run_follow_ups(10)").fetchall())


def test_a_thread_that_moved_is_run_again(world: World) -> None:
    """A message after read_seq keeps the work row; without one it goes; versions are kept."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    (first,) = claim(world)
    world.arrive(tenant)
    assert complete(world, first, 1) == "recorded"
    (second,) = claim(world)
    assert complete(world, first, 2) == "lost"
    assert complete(world, second, 2) == "recorded" and claim(world) == []
    versions = world.all(
        "select version from public.thread_insight_versions where thread_id = %s", message["thread_id"]
    )
    assert [row["version"] for row in versions] == [1]


def test_nothing_moved_closes_the_work_unless_it_did(world: World) -> None:
    """An empty completion deletes the row only when the insight has read everything."""
    tenant = world.tenant()
    thread = world.arrive(tenant)["thread_id"]
    world.complete(world.claim()[0], "no_reply")
    complete(world, claim(world)[0], 1)
    world.owner.execute("select private.note_thread_moved(%s, %s)", [tenant.id, thread])
    (work,) = claim(world)
    world.arrive(tenant)
    assert complete(world, work, None) == "recorded"
    (work,) = claim(world)
    complete(world, work, 2)
    world.owner.execute("select private.note_thread_moved(%s, %s)", [tenant.id, thread])
    assert complete(world, claim(world)[0], None) == "recorded" and claim(world) == []


def test_a_move_beside_a_completion_is_not_lost(world: World) -> None:
    """A thread that moves while its insight is being recorded has work afterwards."""
    tenant = world.tenant()
    for turn in range(1, 9):
        thread = world.arrive(tenant)["thread_id"]
        world.complete(world.claim()[0], "no_reply")
        (work,) = claim(world)
        gate = threading.Barrier(2)

        def act(
            connection: psycopg.Connection[Row], number: int, turn: int = turn, thread: Any = thread, work: Row = work,
            gate: threading.Barrier = gate,
        ) -> None:  # fmt: skip
            gate.wait(60)
            if number:
                with connection.transaction():
                    world.deliver(tenant, connection=connection)
                    connection.execute("select private.note_thread_moved(%s, %s), pg_sleep(0.02)", [tenant.id, thread])
                return
            time.sleep(0.01)
            complete(world, work, 2 * turn - 1)

        world.together(2, act, "postgres")
        (work,) = claim(world)
        assert complete(world, work, 2 * turn) == "recorded"
        world.complete(world.claim()[0], "no_reply")
        (work,) = claim(world)
        assert complete(world, work, 2 * turn) == "recorded"


def test_a_due_follow_up_leaves_once(world: World) -> None:
    """One outbound row under the fence; nothing at the next run; not a second nudge before the contact writes."""
    tenant = world.tenant()
    message = scheduled(world, tenant)
    (done,) = due(world)
    assert done["outcome"] == "sent" and due(world) == []
    row = world.message(done["message_id"])
    assert (row["sender_kind"], row["cause_kind"], row["based_on_seq"]) == ("ai", "follow_up", 1)
    assert world.queue(done["message_id"])["purpose"] == "follow_up"
    world.owner.execute("update public.et_thread_insights set follow_up_status = 'scheduled' where thread_id = %s",
                        [message["thread_id"]])  # fmt: skip
    assert [row["outcome"] for row in due(world)] == ["cancelled"]
    assert world.violations(tenant) == {}


@pytest.mark.parametrize("why", ["answered", "taken", "closed", "empty", "switched_off"])
def test_what_cancels_a_follow_up(world: World, why: str) -> None:
    """The contact wrote, a person took over, the thread or all answering was closed, or there is nothing to say."""
    tenant = world.tenant("agent")
    message = scheduled(world, tenant, **({"follow_up_text": None} if why == "empty" else {}))
    if why == "answered":
        world.arrive(tenant)
    elif why == "switched_off":
        world.configure(tenant, ai_enabled=False)
    elif why in ("taken", "closed"):
        call = {"taken": "take_over_thread(%s)", "closed": "close_thread(%s)"}[why]
        world.rpc(tenant.people["agent"], tenant, call, message["thread_id"])
    assert [row["outcome"] for row in due(world)] == ["cancelled"]


def test_one_follow_up_without_an_address_does_not_stop_the_others(world: World) -> None:
    """The one nobody can be reached by is cancelled; the rest leave."""
    bad, good = world.tenant(), world.tenant()
    lost = scheduled(world, bad)
    scheduled(world, good)
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute("update public.et_messages set sender_address = null where id = %s", [lost["id"]])
        admin.execute("delete from public.contact_identities where tenant_id = %s", [bad.id])
    outcomes = {row["tenant_id"]: row["outcome"] for row in due(world)}
    assert outcomes == {bad.id: "cancelled", good.id: "sent"}


def test_the_next_follow_up_is_known(world: World) -> None:
    """The worker learns when to wake up."""
    tenant = world.tenant()
    scheduled(world, tenant, follow_up_at="2099-01-01T00:00:00Z")
    assert due(world) == []
    row = world.worker.execute("select private.next_follow_up() as t").fetchone()
    assert row is not None and row["t"].year in (2098, 2099)


def fail(world: World, row: Row, error: str | None = "ValueError: odd") -> str:
    """The handler failed on a claimed thread (or only gives it back)."""
    done = world.worker.execute(
        "select private.fail_insight(%s, %s, %s, %s) as r", [row["tenant_id"], row["thread_id"], row["fence"], error]
    ).fetchone()
    return str(done["r"])  # type: ignore[index]


def test_a_poison_thread_is_set_aside_until_it_moves(world: World) -> None:
    """Eight errors with growing pauses, then no more tries; the next message gives it another chance."""
    tenant = world.tenant()
    world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    for number in range(8):
        (row,) = claim(world)
        assert fail(world, row) == ("retry" if number < 7 else "set_aside")
        assert fail(world, row) == "lost"
        world.owner.execute("update private.insight_work set run_at = now() where run_at < 'infinity'")
    assert claim(world) == []
    assert world.value("select error from private.insight_work where tenant_id = %s", tenant.id) == "ValueError: odd"
    world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    (again,) = claim(world)
    assert again["attempts"] == 0 and complete(world, again, 2) == "recorded"


def test_a_polite_stop_does_not_count_as_a_try(world: World) -> None:
    """Given back it may run at once, as often as workers are restarted."""
    tenant = world.tenant()
    world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    for _ in range(12):
        (row,) = claim(world)
        assert fail(world, row, None) == "released"
    assert claim(world)[0]["attempts"] == 0


def test_a_thread_that_kills_workers_is_set_aside(world: World) -> None:
    """Eight lost leases in a row are enough; errors and deaths are counted apart."""
    tenant = world.tenant()
    world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    for _ in range(8):
        assert len(claim(world)) == 1
        world.expire_leases("insight_work")
    assert claim(world) == []
    row = world.one("select attempts, error from private.insight_work where tenant_id = %s", tenant.id)
    assert row["attempts"] == 0 and "died" in row["error"]
