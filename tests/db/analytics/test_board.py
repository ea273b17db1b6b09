"""The views of the board: times that are right, connections told once, and nobody else's figures."""

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from app.settings import process_environment
from tests.db.analytics.kit import count, settle
from tests.db.helpers import Row, Tenant, World

pytestmark = pytest.mark.usefixtures("in_one_hour")

VIEWS = (
    "volume", "deliveries", "attempts", "bins", "responses", "waits", "decisions", "moderation", "uploads", "people",
    "connections", "errors", "freshness", "queues", "connected", "threads",
)  # fmt: skip


def view(world: World, tenant: Tenant, name: str, user: Any = None, where: str = "true") -> list[Row]:
    """A view as its reader sees it."""
    with world.acting(user or tenant.people["owner"], tenant) as connection:
        return list(connection.execute(f"select * from public.board_{name} where {where}").fetchall())


def test_answer_times_are_of_what_people_waited_for(world: World) -> None:
    """From the first thing somebody wrote after the last answer; a person's and the AI's apart, first and following."""
    tenant = world.tenant("agent")
    first = settle(world, tenant)
    world.arrive(tenant)
    time.sleep(0.3)
    world.arrive(tenant)
    sent = world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'Hi')", first["thread_id"])
    (claim,) = (one for one in world.claim_out() if str(one["message_id"]) == sent["message_id"])
    world.finish(claim)
    for message, seconds in ((first["message_id"], 100), (sent["message_id"], 0.9)):
        world.owner.execute(
            "update public.dispatch_attempts as a set finished_at = m.created_at + make_interval(secs => %s)"
            " from public.et_outbound_queue as q, public.et_messages as m where q.message_id = %s and m.thread_id ="
            " q.thread_id and m.direction = 'inbound' and m.seq = %s and a.queue_id = q.id",
            [seconds, message, 1 if seconds == 100 else 4],
        )
    count(world)
    rows = {(row["answered_by"], row["turn"]): row for row in view(world, tenant, "responses", where="step = 'hour'")}
    assert set(rows) == {("ai", "first"), ("agent", "following")}
    assert {row["answers"] for row in rows.values()} == {1}
    assert 90 < rows["ai", "first"]["p50_seconds"] < 110
    assert rows["agent", "following"]["p95_seconds"] > 1.08, "the wait began with the first of the two"
    deliveries = view(world, tenant, "deliveries", where="step = 'day'")
    assert [(row["written"], row["sent"], float(row["success_rate"])) for row in deliveries] == [(2, 2, 1.0)]


def test_bins_add_up_to_percentiles(world: World) -> None:
    """A thousand times from a millisecond to a day: the middle and the tail at most a tenth off."""
    for low, high in ((0.001, 0.1), (1, 60), (60, 86400)):
        times = [low + (high - low) * (n / 999) for n in range(1000)]
        row = world.one(
            "with b as (select private.time_bin(s) as bin, count(*) as n from unnest(%s::float8[]) as s group by 1)"
            " select private.bin_seconds(array_agg(bin order by bin), array_agg(n order by bin), 0.5) as p50,"
            " private.bin_seconds(array_agg(bin order by bin), array_agg(n order by bin), 0.95) as p95 from b", times,
        )  # fmt: skip
        assert abs(row["p50"] / times[499] - 1) < 0.1 and abs(row["p95"] / times[949] - 1) < 0.1, row
    assert world.value("select private.bin_seconds('{3}', '{0}', 0.5)") is None
    assert world.one("select private.time_bin(0) as a, private.time_bin(-5) as b, private.time_bin(1e9) as c,"
                     " private.time_bin(null) as d") == {"a": 0, "b": 0, "c": 160, "d": None}  # fmt: skip


def test_connections_are_told_once(world: World) -> None:
    """Two gateways report; a report that is sent again changes nothing; the most there were at once is kept."""
    tenant = world.tenant()

    owner = tenant.people["owner"]

    def report(process: str, number: int, connections: int, **figures: Any) -> None:
        told = json.dumps({f"{owner}@{tenant.id}": {"connections": connections, **figures}, "x": {"connections": 1}})
        world.owner.execute("select private.report_connections(%s, %s, %s)", [process, number, told])

    other = world.tenant()

    for _ in range(2):
        report("a", 1, 5, opened=5, closed=0, broken=0, lasted=[])
        report("b", 1, 3, opened=3)
    report("a", 2, 1, opened=0, closed=3, broken=1, lasted=[1, 1, 1, 1])
    (now,) = view(world, tenant, "connected")
    assert (now["connections"], now["processes"]) == (4, 2)
    (row,) = view(world, tenant, "connections", where="step = 'hour'")
    assert (row["connections"], row["opened"], row["closed"], row["broken"]) == (8, 8, 3, 1)
    assert 0.8 < row["p50_seconds"] < 1.1
    forged = json.dumps({f"{other.people['owner']}@{tenant.id}": {"connections": 9}})
    world.owner.execute("select private.report_connections('c', 1, %s)", [forged])
    assert view(world, tenant, "connected")[0]["connections"] == 4
    assert view(world, other, "connected")[0]["connections"] == 9, "who is nobody there counts at home"
    world.owner.execute("update private.realtime_reports set reported_at = now() - interval '2 minutes'")
    (now,) = view(world, tenant, "connected")
    assert (now["connections"], now["processes"]) == (0, 0)


@pytest.fixture
def full(world: World) -> Tenant:
    """A tenant that every view has something of."""
    tenant = world.tenant("agent", "viewer")
    settle(world, tenant, "rejected")
    settle(world, tenant, "accepted", "bob@people.test")
    world.upload(tenant, tenant.people["agent"])
    told = json.dumps({f"{tenant.people['agent']}": {"connections": 1, "opened": 1, "closed": 1, "lasted": [2.5]}})
    world.owner.execute("select private.report_connections('a', 1, %s)", [told])
    world.owner.execute(
        "insert into public.rollups values (%s, 'moderation', 'hour', now(), '', 'approved:rules', -1, 1)", [tenant.id]
    )
    count(world)
    return tenant


def test_views_are_their_tenants(world: World, full: Tenant) -> None:
    """A viewer sees his tenant's; an owner of another, a forger, somebody signed in and one removed see nothing."""
    other = world.tenant()
    removed = world.member(full.id, "agent")
    world.owner.execute("delete from public.tenant_members where user_id = %s", [removed])
    for name in VIEWS:
        rows = view(world, full, name, full.people["viewer"])
        assert rows and {row["tenant_id"] for row in rows} == {full.id}, name
        theirs = view(world, other, name)
        assert {row["tenant_id"] for row in theirs} <= {other.id}, name
        for user in (other.people["owner"], world.user(), removed):
            assert view(world, full, name, user) == [], name


def test_live_figures_say_what_is_there(world: World, full: Tenant) -> None:
    """Conversations, what waits, what went wrong, and how old what was counted is."""
    world.arrive(full, "new@people.test")
    (threads,) = view(world, full, "threads")
    assert (threads["active_hour"], threads["active_day"], threads["open"], threads["unread"]) == (3, 3, 3, 3)
    queues = {row["queue"]: row for row in view(world, full, "queues")}
    assert queues["inbound"]["depth"] == 1 and queues["outbound"]["depth"] == 0 and len(queues) == 8
    errors = {row["component"]: row for row in view(world, full, "errors", where="step = 'hour'")}
    assert (errors["outbound:email"]["errors"], errors["outbound:email"]["of"]) == (1, 2)
    (fresh,) = view(world, full, "freshness")
    assert 0 <= fresh["age_seconds"] < 3600


def test_figures_of_the_database_are_for_operators(world: World) -> None:
    """Size, bloat and index use of the messaging tables; no client may ask."""
    names = [row["relation"] for row in world.worker.execute("select * from private.database_figures()").fetchall()]
    assert {"public.et_messages", "public.et_threads", "private.inbound_work"} <= set(names)
    for function in ("database_figures()", "check_rollups(timestamptz, timestamptz)", "count_rollups(integer)",
                     "rebuild_rollups(timestamptz, timestamptz)", "report_connections(text, bigint, jsonb)"):  # fmt: skip
        assert not world.value("select has_function_privilege('authenticated', %s, 'execute')", f"private.{function}")


def test_check_says_how_old_the_board_is(world: World, full: Tenant) -> None:
    """And fails where the hour before this one does not add up."""

    def check() -> tuple[int, str]:
        environment = {**process_environment(), "DATABASE_URL": world.database.url(), "PARLEY_HOME": "/nowhere"}
        command = [sys.executable, "-m", "app.cli", "check"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip().splitlines()[-1]

    world.owner.execute("delete from public.rollups where metric = 'moderation'")
    _, last = check()
    assert last.startswith("ok   board_adds_up") and "as of" in last, last
    world.owner.execute(
        "insert into public.rollups values (%s, 'attempts', 'hour', date_trunc('hour', now(), 'UTC') - interval '1 hour',"
        " 'email', 'accepted', -1, 1)", [full.id],
    )  # fmt: skip
    code, last = check()
    assert code == 1 and last.startswith("FAIL board_adds_up") and "1 figures differ" in last, last
    world.owner.execute(
        "delete from public.rollups where metric = 'attempts' and n = 1 and at < now() - interval '1 h'"
    )
