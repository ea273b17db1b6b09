"""What a provider said is written down, whatever the database is doing meanwhile."""

import time
from pathlib import Path

from tests.support.database import Database
from tests.workers.harness import Room, wait_until
from tests.workers.provider import Provider

CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name like 'outbound:%' and application_name not like '%:listen'
"""


def test_an_answer_that_comes_while_connections_break_is_kept(database: Database, tmp_path: Path) -> None:
    """Every connection of the router is cut again and again while the mail server answers: the send is `sent` all the
    same, within its lease, and nobody has to ask what became of it."""
    with Provider(after=lambda: 0.5) as provider:
        room = Room(database, tmp_path, smtp_url=f"smtp://127.0.0.1:{provider.port}?tls=none")
        try:
            tenant = room.tenant()
            room.start("outbound")
            room.wait_for_listeners("outbound")
            sent = room.world.enqueue(room.world.arrive(tenant))
            wait_until(lambda: provider.mails, what=room.logs)
            answered = 0.0
            with database.connect("admin") as admin:
                while not answered or time.monotonic() < answered + 1:
                    answered = answered or (0.0 if provider.waiting else time.monotonic())
                    admin.execute(CUT)
            wait_until(lambda: room.world.status(sent["message_id"]) == "sent", what=room.logs)
            attempts = "select outcome from public.dispatch_attempts where queue_id = %s"
            assert room.world.all(attempts, sent["queue_id"]) == [{"outcome": "accepted"}]
            assert room.violations() == []
        finally:
            room.close()
