"""Several copies of a worker share the work, stop politely, and serve every tenant."""

import signal
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.db.helpers import Tenant
from tests.support.database import Database
from tests.workers.harness import QUESTION, Room, wait_until
from tests.workers.provider import Provider

FLOOD = """
insert into public.et_messages (
  tenant_id, channel, channel_session_id, direction, delivery_status, sender_kind, sender, sender_address, body,
  external_message_id, content_digest, metadata)
select %(tenant)s, 'email', %(session)s, 'inbound', 'received', 'contact', '', 'p' || n || '-' || %(mark)s || '@flood.test',
  %(body)s, n || '-' || %(mark)s || '@flood.test', sha256((n || %(mark)s)::bytea),
  jsonb_build_object('message_id', n || '-' || %(mark)s || '@flood.test')
from generate_series(1, %(count)s) as n
"""


SHARED = ("inbound_decisions", "dispatch_attempts")


def flood(room: Room, tenant: Tenant, count: int, body: str = QUESTION) -> None:
    """That many messages of as many people, committed together."""
    mark = uuid.uuid4().hex[:12]
    with room.database.connect("parley_worker", autocommit=False) as connection:
        connection.execute("select set_config('parley.tenant_id', %s, true)", [str(tenant.id)])
        connection.execute(FLOOD, {"tenant": tenant.id, "session": tenant.session, "count": count, "body": body, "mark": mark})  # fmt: skip


@pytest.fixture
def provider_room(database: Database, tmp_path: Path) -> Iterator[tuple[Room, Provider]]:
    """A room whose mail leaves to a provider in this process."""
    with Provider() as provider:
        made = Room(database, tmp_path, smtp_url=f"smtp://127.0.0.1:{provider.port}?tls=none")
        try:
            yield made, provider
        finally:
            made.close()


def test_three_copies_of_each_worker_share_the_work_and_double_nothing(provider_room: tuple[Room, Provider]) -> None:
    """Messages by the hundred, three inbound and three outbound workers: everyone works, every reply leaves once."""
    room, provider = provider_room
    tenants = [room.tenant() for _ in range(3)]
    try:
        for kind in ("inbound", "outbound"):
            for _ in range(3):
                room.fork(kind)
            wait_until(lambda kind=kind: len(room.listeners(kind)) == 3)  # type: ignore[misc]

        def shares(table: str) -> Counter[str]:
            return Counter(row["worker"] for row in room.world.all(f"select worker from public.{table}"))

        sent = 0
        while sent == 0 or (
            sent < 3000 and min(map(len, map(shares, SHARED))) < 3
        ):  # one may have slept through the first
            for tenant in tenants:
                flood(room, tenant, 100)
            sent += 300
            room.settle()
        assert provider.counts().total() == len(provider.counts()) == sent
        assert room.world.value("select count(*) from public.et_outbound_queue where status = 'sent'") == sent
        for table in SHARED:
            print(table, sorted(shares(table).values()))
            assert (len(shares(table)), shares(table).total()) == (3, sent)
        assert room.violations() == []
    finally:
        room.end_all()


def test_sigterm_lets_the_mail_at_hand_leave_and_ends_with_0(provider_room: tuple[Room, Provider]) -> None:
    """Stopped in the middle of DATA: the outcome is recorded, nothing is left under a lease, nothing is doubtful."""
    room, provider = provider_room
    provider.after = lambda: 2.5
    tenant = room.tenant()
    room.start("inbound")
    flood(room, tenant, 6)
    room.settle(60, "inbound")
    (outbound,) = room.start("outbound")  # six replies wait for it: they leave side by side
    wait_until(lambda: provider.waiting >= 4, what=room.logs)
    outbound.send_signal(signal.SIGTERM)
    assert outbound.wait(60) == 0, room.logs()
    statuses = Counter(row["status"] for row in room.world.all("select status from public.et_outbound_queue"))
    assert set(statuses) <= {"sent", "queued"}, statuses
    assert statuses["sent"] == len(provider.mails)
    assert room.world.value("select count(*) from private.outbound_work where lease_until is not null") == 0


def test_sigterm_in_the_middle_of_a_flood_leaves_no_lease_behind(room: Room) -> None:
    """Each worker stops within its grace, with exit code 0, and what it had claimed is done or free for the next."""
    room.start("catcher")
    tenant = room.tenant()
    workers = room.start("inbound", "outbound", "insights", "followups", "housekeeper")
    room.wait_for_listeners("inbound", "outbound", "insights")
    flood(room, tenant, 300)
    wait_until(lambda: room.world.value("select count(*) from public.inbound_decisions") > 20, what=room.logs)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(60) for worker in workers] == [0] * 5, room.logs()
    for table in ("inbound_work", "outbound_work", "insight_work"):
        assert room.world.value(f"select count(*) from private.{table} where lease_until is not null") == 0, table
    assert room.world.value("select count(*) from public.et_messages where delivery_status = 'inbound_processing'") == 0
    assert room.violations() == []


def passed_by(room: Room, tenant: Tenant, other: Tenant) -> list[int]:
    """For each decided message of a tenant, how many of the other's were decided between its coming and its decision."""
    rows = room.world.all(
        "select (select count(*) from public.inbound_decisions o where o.tenant_id = %s"
        "   and o.created_at >= m.created_at and o.created_at < d.created_at)::int as n from public.inbound_decisions d"
        " join public.et_messages m on m.tenant_id = d.tenant_id and m.thread_id = d.thread_id and m.seq = d.last_seq"
        " where d.tenant_id = %s", other.id, tenant.id,
    )  # fmt: skip
    return [row["n"] for row in rows]


def test_a_flood_of_one_tenant_does_not_delay_another(provider_room: tuple[Room, Provider]) -> None:
    """2,000 messages of one tenant are waiting; hardly a tenth of them is decided before one of the other that came late."""
    room, _ = provider_room
    noisy, quiet = room.tenant(), room.tenant()
    room.start("inbound")
    room.wait_for_listeners("inbound")
    before = room.tenant()
    for number in range(25):
        room.world.arrive(before, f"q{number}@quiet.test", QUESTION)
    room.settle(60, "inbound")
    room.world.owner.execute("analyze")  # the flood's plans are those of a database that has been there for a minute
    flooding = threading.Thread(target=flood, args=(room, noisy, 2000))
    flooding.start()
    wait_until(lambda: passed_by(room, noisy, quiet))
    for number in range(25):
        room.world.arrive(quiet, f"q{number}@quiet.test", QUESTION)
        time.sleep(0.06)
    passed = wait_until(lambda: len(found := passed_by(room, quiet, noisy)) == 25 and found)
    left = room.world.value("select count(*) from private.inbound_work where tenant_id = %s", noisy.id)
    flooding.join()
    room.settle(60, "inbound")
    print(f"passed by: {sorted(passed)}; {left} still waited")
    assert len(passed_by(room, noisy, quiet)) == 2000
    assert left > 0, "the flood was over before the other was done: nothing was proved"
    assert statistics.quantiles(passed, n=20)[-1] <= 200
