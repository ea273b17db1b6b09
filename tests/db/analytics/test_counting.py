"""What is counted is what the tables say: whoever is late, killed or beside another, and made again from nothing."""

import os
import signal
import subprocess
import sys

import psycopg
import pytest

from tests.db.analytics.kit import count, counted, differences, everything, settle
from tests.db.helpers import World
from workers import housekeeper as housekeeper_module
from workers.housekeeper import Housekeeper
from workers.loop import open_pool

pytestmark = pytest.mark.usefixtures("in_one_hour")

COUNTER = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    print("begun", flush=True)
    while True:
        connection.execute("select private.count_rollups(7)")
"""


def test_everything_is_counted_once(world: World) -> None:
    """Messages, decisions, tries, deliveries, verdicts, files, people and times; before, between and after it adds up."""
    tenant = world.tenant("agent")
    assert differences(world) == []
    settle(world, tenant)
    settle(world, tenant, "rejected", "bob@people.test")
    thread = world.answered(tenant, "eve@people.test")
    world.upload(tenant, tenant.people["agent"])
    assert differences(world) == [], "what waits to be counted is known"
    count(world)
    assert counted(world, tenant, "messages") == {"inbound:contact": 3, "outbound:ai": 3}
    assert counted(world, tenant, "decisions") == {"auto_reply": 3}
    assert counted(world, tenant, "attempts") == {"accepted": 1, "rejected": 1}
    assert counted(world, tenant, "deliveries") == {"sent": 1, "failed": 1}
    assert counted(world, tenant, "waits") == {"inbound": 3, "outbound": 1}
    assert counted(world, tenant, "responses") == {"ai:first": 1}
    assert counted(world, tenant, "people", "day") == {"contacts": 3}
    assert counted(world, tenant, "uploads").total() == 1
    assert counted(world, tenant, "messages", "day") == counted(world, tenant, "messages")
    assert differences(world) == [] and count(world) == 0
    world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'I am here')", thread["thread_id"])
    count(world)
    assert counted(world, tenant, "people", "day") == {"contacts": 3, "staff": 1}
    assert counted(world, tenant, "deliveries") == {"sent": 1, "failed": 1, "cancelled": 1}
    assert differences(world) == []


def test_a_late_receipt_is_counted_where_its_message_is(world: World) -> None:
    """A day later the hour of its writing knows that it arrived; nothing is counted in two places."""
    tenant = world.tenant()
    done = settle(world, tenant)
    count(world)
    hour = world.value("select at from public.rollups where tenant_id = %s and metric = 'deliveries' and step = 'hour'",
                       tenant.id)  # fmt: skip
    for kind in ("delivered", "delivered", "read"):
        world.receipt(tenant, kind, world.message(done["message_id"])["external_message_id"])
        count(world)
    assert counted(world, tenant, "deliveries") == {"read": 1}
    rows = world.all("select distinct at from public.rollups where tenant_id = %s and metric = 'deliveries' and n <> 0"
                     " and step = 'hour'", tenant.id)  # fmt: skip
    assert [row["at"] for row in rows] == [hour] and differences(world) == []


def test_who_commits_late_is_not_missed(world: World) -> None:
    """A transaction that began before counting and ends after it: counted then, and as_of does not pass it."""
    tenant = world.tenant()
    count(world)
    with world.database.connect("parley_worker", autocommit=False) as slow:
        slow.execute("select")
        world.deliver(tenant, "slow@people.test", connection=slow)
        began = world.value("select clock_timestamp()")
        for number in range(3):
            world.arrive(tenant, f"quick{number}@people.test")
            world.worker.execute("select private.count_rollups()")
        assert world.value("select as_of from private.rollup_state") < began
        assert differences(world) == []
        slow.commit()
    count(world)
    assert counted(world, tenant, "messages") == {"inbound:contact": 4} and differences(world) == []
    count(world)
    assert world.value("select as_of from private.rollup_state") > began


def test_many_count_at_once(world: World) -> None:
    """Four counters while mail is answered: each event once."""
    tenant = world.tenant()

    def work(connection: psycopg.Connection[dict[str, int]], number: int) -> None:
        for turn in range(15):
            if number == 0:
                world.deliver(tenant, f"p{turn}@people.test", connection=connection)
            else:
                connection.execute("select private.count_rollups(5)")

    world.together(4, work)
    for claim in world.claim(50):
        world.complete(claim)
    count(world, 4)
    assert counted(world, tenant, "messages") == {"inbound:contact": 15, "outbound:ai": 15}
    assert counted(world, tenant, "decisions") == {"auto_reply": 15} and differences(world) == []


def test_a_counter_that_is_killed_loses_and_doubles_nothing(world: World) -> None:
    """Killed again and again in the middle; made again from nothing, the buckets are the same."""
    tenant = world.tenant()
    for kill in range(6):
        begun = [sys.executable, "-c", COUNTER, world.database.dsn("parley_worker")]
        with subprocess.Popen(begun, stdout=subprocess.PIPE, text=True) as counter:
            assert counter.stdout and counter.stdout.readline() == "begun\n"
            for number in range(4):
                settle(world, tenant, "accepted" if number % 2 else "rejected", f"k{kill}{number}@people.test")
            os.kill(counter.pid, signal.SIGKILL)
            counter.wait()
        assert differences(world) == []
    count(world, 5)
    assert counted(world, tenant, "attempts") == {"accepted": 12, "rejected": 12}
    before = everything(world)
    world.owner.execute("delete from public.rollups where metric <> 'realtime'")
    world.owner.execute("delete from private.rollup_people")
    assert differences(world) != []
    world.owner.execute("select private.rebuild_rollups(now() - interval '3 days', now())")
    assert everything(world) == before and differences(world) == []


def test_what_waits_is_not_counted_twice_by_making_buckets_again(world: World) -> None:
    """Buckets are made again while something waits and more comes: afterwards it adds up, spoilt numbers included."""
    tenant = world.tenant()
    settle(world, tenant)
    count(world)
    world.owner.execute("update public.rollups set n = n + 5 where tenant_id = %s", [tenant.id])
    settle(world, tenant, "rejected", "bob@people.test")
    assert {row["metric"] for row in differences(world)} >= {"messages", "attempts", "people"}

    def work(connection: psycopg.Connection[dict[str, int]], number: int) -> None:
        if number == 0:
            connection.execute("select private.rebuild_rollups(now() - interval '1 hour', now())")
        else:
            for turn in range(10):
                world.deliver(tenant, f"m{turn}@people.test", connection=world.worker)

    world.together(2, work, role="postgres")
    assert differences(world) == []
    count(world)
    assert counted(world, tenant, "messages")["inbound:contact"] == 12 and differences(world) == []


def test_counting_goes_on_after_a_restore(world: World) -> None:
    """A new epoch begins at small transaction numbers again: what is left of the old one is counted, then the new."""
    tenant = world.tenant()
    world.arrive(tenant, "old@people.test")
    world.owner.execute("update private.feed_epochs set epoch = epoch + 1")
    world.arrive(tenant, "new@people.test")
    count(world, 1)
    count(world)
    count(world)
    assert counted(world, tenant, "messages") == {"inbound:contact": 2} and differences(world) == []


def test_one_transaction_with_many_messages_is_counted_whole(world: World) -> None:
    """However small the step, a transaction is not cut in two."""
    tenant = world.tenant()
    count(world)
    with world.database.connect("parley_worker", autocommit=False) as bulk:
        bulk.execute("select")
        for number in range(12):
            world.deliver(tenant, f"b{number}@people.test", connection=bulk)
        bulk.commit()
    world.arrive(tenant, "after@people.test")
    count(world, 3)
    assert counted(world, tenant, "messages") == {"inbound:contact": 13} and differences(world) == []


@pytest.mark.parametrize("old", ["hour", "people"])
def test_what_is_old_is_forgotten(world: World, old: str) -> None:
    """Hours after 400 days, their days never; who wrote after a month, how many never."""
    tenant = world.tenant()
    world.arrive(tenant)
    count(world)
    world.owner.execute("update public.rollups set at = at - interval '401 days' where tenant_id = %s", [tenant.id])
    world.owner.execute(
        "update private.rollup_people set day = day - interval '33 days' where tenant_id = %s", [tenant.id]
    )
    world.worker.execute("select private.sweep_rollups()")
    if old == "hour":
        assert counted(world, tenant, "messages", "hour") == {}
        assert counted(world, tenant, "messages", "day") == {"inbound:contact": 1}
    else:
        assert world.all("select 1 from private.rollup_people where tenant_id = %s", tenant.id) == []
        assert counted(world, tenant, "people", "day") == {"contacts": 1}


async def test_the_housekeeper_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its first round, and not again before its pause is over, which is five seconds."""
    assert housekeeper_module.COUNT_EVERY_S == 5
    monkeypatch.setattr(housekeeper_module, "COUNT_EVERY_S", 3600.0)
    tenant = world.tenant()
    world.arrive(tenant)
    world.let_others_finish()
    pool = open_pool(world.database.settings(), "housekeeper", size=1)
    await pool.open()
    try:
        housekeeper = Housekeeper(world.database.settings())
        await housekeeper.round(pool)
        assert counted(world, tenant, "messages") == {"inbound:contact": 1}
        assert await housekeeper._count(None) == 0  # type: ignore[arg-type]
        await housekeeper.storage.close()
    finally:
        await pool.close()


def test_an_idle_round_finds_nothing(world: World) -> None:
    """Nothing new is nothing counted, and how old it is stays known."""
    count(world)
    since = world.value("select as_of from private.rollup_state")
    rounds = [world.worker.execute("select private.count_rollups() as n").fetchone() for _ in range(10)]
    assert rounds == [{"n": 0}] * 10
    assert world.value("select as_of from private.rollup_state") >= since
