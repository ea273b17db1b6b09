"""Workers die at random moments, all kinds at once, under load. Nothing is lost, nothing said twice, doubt is listed."""

import os
import random
import signal
import smtplib
import threading
import time
import uuid
from collections import Counter
from functools import partial

import pytest

from tests.db.helpers import Row, Tenant
from tests.support.database import Database
from tests.workers.harness import Room, kill_again_and_again, someone, threads, write_mail
from tests.workers.provider import Provider

ROUNDS = (("receive", "inbound", "insights"), ("outbound", "followups", "housekeeper"))
"""Who is killed together; the others stay alive meanwhile, so that there is work to be interrupted in."""
LONGEST_S = 0.6
"""How long a worker lives at most; half of that on average."""
KILLS = 50
"""Of each kind, in the suite; `make prove` does five hundred."""
PAUSE_S = 0.1
"""Between two people of one sender, on average."""
REMINDED_TWICE = """
select a.thread_id, a.seq, b.seq as again from public.et_messages as a
inner join public.et_messages as b on b.tenant_id = a.tenant_id and b.thread_id = a.thread_id and b.seq > a.seq
where a.cause_kind = 'follow_up' and b.cause_kind = 'follow_up' and not exists (
  select from public.et_messages as m where m.tenant_id = a.tenant_id and m.thread_id = a.thread_id
    and m.direction = 'inbound' and m.seq between a.seq and b.seq)
"""


MOST_CUT_OFF = """
select coalesce(max(n), 0) from (
  select count(*) as n from public.dispatch_attempts where error_code = 'lease_expired' group by queue_id) as a
"""


class Senders:
    """People's mail servers: they deliver until they hear 250, then go on to the next mail."""

    def __init__(self, room: Room, tenants: list[Tenant], pause_s: float) -> None:
        self.room, self.tenants, self.pause_s = room, tenants, pause_s
        self.stop = threading.Event()
        self.accepted: dict[str, str] = {}
        self.tries = 0

    def run(self) -> None:
        """Send new mails from new people until told to stop."""
        chance = random.Random(uuid.uuid4().int)
        while not self.stop.is_set():
            mailbox = chance.choice(self.tenants).mailbox
            sender = someone()
            for text in ("Hello, how much does a visit cost?",) * chance.choice((1, 1, 1, 2)):
                mail = write_mail(sender, mailbox, text)
                self.accepted[str(mail["Message-ID"]).strip("<>")] = self.deliver(mail, mailbox)
            time.sleep(chance.uniform(0, 2 * self.pause_s))

    def deliver(self, mail: object, mailbox: str) -> str:
        """Try until it is taken."""
        while True:
            self.tries += 1
            try:
                return self.room.send(mail, mailbox)  # type: ignore[arg-type]
            except (OSError, smtplib.SMTPException):
                time.sleep(0.02)


def make_follow_ups_due(room: Room, stop: threading.Event) -> None:
    """Time passes for everybody who was promised to hear from us."""
    with room.database.connect() as owner:
        while not stop.wait(0.1):
            owner.execute(
                "update public.et_thread_insights set follow_up_at = clock_timestamp()"
                " where (tenant_id, thread_id) in (select tenant_id, thread_id from public.et_thread_insights"
                " where follow_up_status = 'scheduled' and follow_up_at > clock_timestamp() for update skip locked)"
            )


def run_chaos(room: Room, provider: Provider, *, kills: int, lease_s: float) -> Senders:
    """Kill every kind `kills` times while mail keeps coming; answers who sent what once all is calm."""
    tenants = [room.tenant(auto_replies_per_hour=5) for _ in range(3)]
    for tenant in tenants:
        room.world.owner.execute(
            "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%s, 'What does a visit"
            " cost?', '{price,cost,how much}', 'A visit costs $89.')", [tenant.id],
        )  # fmt: skip
    room.lease(lease_s)
    senders = Senders(room, tenants, PAUSE_S)
    try:
        alive = {kind: room.fork(kind).pid for victims in ROUNDS for kind in victims}

        def kill(kind: str) -> None:
            busy = (lambda: provider.waiting > 0) if kind == "outbound" else None
            os.kill(alive[kind], signal.SIGKILL)
            alive[kind] = kill_again_and_again(room, kind, kills, LONGEST_S, busy=busy)

        with threads(senders.run, senders.run, lambda: make_follow_ups_due(room, senders.stop)):
            try:
                for victims in ROUNDS:
                    with threads(*(partial(kill, kind) for kind in victims)):
                        pass
            finally:
                senders.stop.set()
        # A row that many workers died with rests up to sixteen leases before it is tried again.
        room.settle(120 + 20 * lease_s, "inbound", "outbound", "insights")
    finally:
        room.end_all()
    return senders


def attempts_of(room: Room, row: Row) -> list[Row]:
    """The ledger of one queue row, to explain a failure."""
    return room.world.all(
        "select a.number, a.outcome, a.error_code, a.error, a.send_started_at is not null as started"
        " from public.dispatch_attempts a join public.et_outbound_queue q on q.tenant_id = a.tenant_id and q.id = a.queue_id"
        " join public.et_messages m on m.tenant_id = q.tenant_id and m.id = q.message_id where m.external_message_id = %s"
        " order by a.number", row["id"],
    )  # fmt: skip


def check_everything(room: Room, provider: Provider, senders: Senders) -> dict[str, int]:
    """What must hold whatever happened; answers the figures."""
    world = room.world
    rows = world.all("select external_message_id as id, delivery_status from public.et_messages where direction = 'inbound'")  # fmt: skip
    stored = Counter(row["id"] for row in rows)
    assert set(senders.accepted) <= set(stored), "accepted with 250 and lost"
    assert max(stored.values()) == 1
    assert {row["delivery_status"] for row in rows} <= {"inbound_ai_replied", "inbound_human_takeover"}
    kept = provider.counts()
    assert not [name for name, times in kept.items() if times > 1], "a message left twice"
    queue = world.all(
        "select q.status, q.thread_id, q.purpose, m.external_message_id as id from public.et_outbound_queue q"
        " join public.et_messages m on m.tenant_id = q.tenant_id and m.id = q.message_id"
    )
    by_status: Counter[str] = Counter()
    for row in queue:
        by_status[row["status"]] += 1
        allowed = {"sent": {1}, "dispatch_unknown": {0, 1}, "cancelled": {0}}
        assert kept[row["id"]] in allowed.get(row["status"], set()), (row, kept[row["id"]], attempts_of(room, row))
    assert set(kept) <= {row["id"] for row in queue}
    unknown = [row["id"] for row in queue if row["status"] == "dispatch_unknown"]
    follow_ups = Counter(row["thread_id"] for row in queue if row["purpose"] == "follow_up")
    assert world.all(REMINDED_TWICE) == [], "somebody was reminded twice without having written"
    assert room.violations() == []
    assert world.value("select count(*) from public.et_messages where delivery_status in ('received', 'inbound_processing', 'queued', 'sending')") == 0  # fmt: skip
    return {
        "mails": len(senders.accepted), "deliveries tried": senders.tries, "sent": by_status["sent"],
        "cancelled": by_status["cancelled"], "unknown": len(unknown),
        "unknown but delivered": sum(kept[name] for name in unknown), "follow-ups": sum(follow_ups.values()),
        "sends cut off": world.value("select count(*) from public.dispatch_attempts where error_code = 'lease_expired'"),
        "most for one send": world.value(MOST_CUT_OFF),
    }  # fmt: skip


@pytest.fixture
def provider() -> Provider:
    """A mail server that is slow on both sides of keeping a mail, so that a kill can hit the moment of doubt."""
    chance = random.Random()
    return Provider(before=lambda: chance.uniform(0, 0.01), after=lambda: chance.uniform(0, 0.15))


def test_fifty_kills_of_every_worker_lose_and_double_nothing(database: Database, tmp_path: object, provider: Provider) -> None:  # fmt: skip
    """Receiver, inbound, outbound, insights, follow-ups and housekeeper are each killed again and again under mail.

    Every mail that got a 250 has one row and one decision; every reply is `sent` and kept once by the provider, or
    `dispatch_unknown` and kept once or not at all.
    """
    with provider:
        room = Room(database, tmp_path, smtp_url=f"smtp://127.0.0.1:{provider.port}?tls=none")  # type: ignore[arg-type]
        try:
            senders = run_chaos(room, provider, kills=KILLS, lease_s=1)
            figures = check_everything(room, provider, senders)
        finally:
            room.close()
    print(figures)
    assert figures["mails"] >= KILLS
    assert figures["unknown"] > 0, "no kill hit a send under way: the test proved nothing"


@pytest.mark.prove
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lease_s", [1, 2])
def test_five_hundred_kills_of_every_worker_lose_and_double_nothing(database: Database, tmp_path: object, provider: Provider, lease_s: float) -> None:  # fmt: skip
    """The same, ten times as long: with short leases more of them are lost, with longer ones more work is under one."""
    with provider:
        room = Room(database, tmp_path, smtp_url=f"smtp://127.0.0.1:{provider.port}?tls=none")  # type: ignore[arg-type]
        try:
            senders = run_chaos(room, provider, kills=500, lease_s=lease_s)
            figures = check_everything(room, provider, senders)
        finally:
            room.close()
    print(figures)
    assert figures["mails"] >= 500
    assert figures["unknown"] > 0
    assert figures["sends cut off"] > 50
