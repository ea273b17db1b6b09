"""Postgres falls over under load, again and again: what was committed stays, and the workers go on by themselves."""

import shutil
import signal
import smtplib
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db import migrate as migrations
from devstack.bootstrap import bootstrap
from devstack.keys import ensure_keys
from devstack.ports import free_port
from devstack.postgres import Server
from tests.support.database import Cluster, Database
from tests.workers.harness import Room, someone, threads, wait_until, write_mail
from tests.workers.provider import Provider


@pytest.fixture
def own_server() -> Iterator[tuple[Server, Database]]:
    """A Postgres of this test's own, with its safety on: what it committed must survive."""
    folder = Path(tempfile.mkdtemp(prefix="parley-restart-"))
    folder.chmod(0o711)
    keys = ensure_keys(folder)
    server = Server(folder, port=free_port(), password=keys["pg_admin_password"])
    try:
        server.start()
        bootstrap(server.dsn(), passwords={"postgres": keys["pg_password"]})
        passwords = {role: keys[f"{key}_password"] for role, key in
                     (("postgres", "pg"), ("parley_api", "api"), ("parley_worker", "worker"),
                      ("parley_shadow", "shadow"), ("parley_ingress", "ingress"), ("parley_realtime", "realtime"))}  # fmt: skip
        database = Database(Cluster(server.dsn(), passwords), "postgres")
        migrations.migrate(database.settings())
        yield server, database
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(server.data_dir, ignore_errors=True)


def crash(server: Server) -> None:
    """What `pg_ctl restart -m immediate` does: no goodbye, no checkpoint, recovery at the start."""
    assert server.process is not None
    server.process.send_signal(signal.SIGQUIT)
    server.process.wait(60)
    server.start()


def run(server: Server, database: Database, home: Path, crashes: int, calm_s: float) -> dict[str, int]:
    """Mail keeps coming while the server crashes; the figures once all is calm."""
    accepted: set[str] = set()
    stop = threading.Event()
    with Provider() as provider:
        room = Room(database, home, smtp_url=f"smtp://127.0.0.1:{provider.port}?tls=none")
        tenant = room.tenant()
        room.lease(2)
        workers = room.start("receive", "inbound", "outbound", "insights")
        room.wait_for_listeners("inbound", "outbound", "insights")
        deferred = 0

        def send() -> None:
            nonlocal deferred
            while not stop.is_set():
                mail = write_mail(someone(), tenant.mailbox)
                while not stop.is_set():
                    try:
                        room.send(mail, tenant.mailbox)
                        accepted.add(str(mail["Message-ID"]).strip("<>"))
                        break
                    except (OSError, smtplib.SMTPException):
                        deferred += 1
                        time.sleep(0.05)
                time.sleep(0.01)

        try:
            with threads(send, send, send):
                for _ in range(crashes):
                    time.sleep(calm_s)
                    crash(server)
                before = len(accepted)
                wait_until(lambda: len(accepted) >= before + 10, 60, 0.05, room.logs)
                stop.set()
            room.world.close()
            room.world = type(room.world)(database)
            room.settle(60, "inbound", "outbound", "insights")
            assert all(worker.poll() is None for worker in workers), "a worker did not survive"
            stored = Counter(row["id"] for row in room.world.all(
                "select external_message_id as id from public.et_messages where direction = 'inbound'"))  # fmt: skip
            assert accepted <= set(stored), "accepted with 250 and lost"
            assert max(stored.values()) == 1
            kept = provider.counts()
            assert max(kept.values()) == 1, "a reply left twice"
            statuses: Counter[str] = Counter()
            for row in room.world.all(
                "select q.status, m.external_message_id as id from public.et_outbound_queue q join public.et_messages m"
                " on m.tenant_id = q.tenant_id and m.id = q.message_id"
            ):
                statuses[row["status"]] += 1
                assert kept[row["id"]] in {"sent": {1}, "dispatch_unknown": {0, 1}}[row["status"]], row
            assert sum(statuses.values()) == len(stored)
            assert room.violations() == []
            return {"accepted": len(accepted), "deferred": deferred, **statuses}
        finally:
            stop.set()
            room.close()


def test_five_crashes_of_postgres_lose_nothing(own_server: tuple[Server, Database], tmp_path: Path) -> None:
    """Every mail that got its 250 is there, decided once and answered once; every worker process is still the same."""
    print(run(*own_server, tmp_path, crashes=5, calm_s=1.0))


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_twenty_crashes_of_postgres_lose_nothing(own_server: tuple[Server, Database], tmp_path: Path) -> None:
    """The same, four times as often."""
    print(run(*own_server, tmp_path, crashes=20, calm_s=2.0))
